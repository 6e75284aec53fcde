package dialect

import _ "embed"

//go:embed prelude.sql
var prelude string

// Prelude returns the statements that give a connection to DuckDB the functions of Trino, with Trino's results. They
// need Settings, and nothing outside the database.
func Prelude() string { return prelude }

// Settings returns the statements that a DuckDB database needs once, before its configuration is locked: times are UTC,
// and whole numbers divide to whole numbers, as in Trino.
func Settings() string {
	return "SET GLOBAL TimeZone = 'UTC'; SET GLOBAL integer_division = true;"
}
