// Package lake keeps CloudTrail events as Parquet files that DuckDB, Athena, Trino, Spark and ClickHouse read, and answers
// SQL over them with DuckDB in this process.
//
// It promises that an event is one row however often it was delivered, that nothing received is dropped, that a load
// that is killed leaves the lake as it was or as it should be, and that SQL from people reads the lake and nothing else.
// docs/spec/lake.md describes the files.
//
// It does not decide which log files to read, and it does not judge them: their state comes with their rows.
package lake
