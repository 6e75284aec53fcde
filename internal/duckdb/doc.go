// Package duckdb opens DuckDB in memory, closes every way out of it, and reads what it answers.
//
// It promises that once a database is sealed, a text from a person can do no more than one SELECT over the tables that it
// was told of: no file, no network, no extension, no attached database, no setting and no COPY can be reached, by three
// walls one behind the other: the statement is parsed and only what is known to be harmless is let through; it is
// prepared and must be a SELECT; and DuckDB itself has no access to anything but the folders it was given, with its
// settings locked. Memory and time are bounded.
//
// It knows nothing of events.
package duckdb
