// Package dialecttest gives tests a DuckDB in memory with a table of events made from rows that a test writes, with the
// functions of package dialect.
//
// It promises the columns and types of event.Columns, and fails the test on a column that does not exist. It is for tests
// only: it holds all rows of an answer in memory.
package dialecttest
