// Package dialect holds the words for the SQL that DuckDB and Trino (and so Amazon Athena) share: what a query may use,
// how values enter it, and what each engine needs so that the same text gives the same rows.
//
// It promises that a text that passes Check and Bind is one SELECT that DuckDB with Prelude runs and Trino parses, that
// no value can become SQL, and that hostile text ends in an error with its place, never in a panic. A value from a log
// that is not what a function expects (text that is not JSON, a service's name for an IP address) gives NULL.
//
// It does not parse SQL: it reads tokens, so a misspelt column or a missing comma is the engine's to find. It does not
// translate other dialects into this one, and runs nothing.
package dialect
