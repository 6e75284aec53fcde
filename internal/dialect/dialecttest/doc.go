// Package dialecttest gives tests a table of events, made from rows that a test writes, and the engine that users get to
// ask: package duckdb, with its walls, over a view as the lake makes it.
//
// It promises the columns and types of event.Columns, and fails the test on a column that does not exist. It is for tests
// only: the rows lie in memory.
package dialecttest
