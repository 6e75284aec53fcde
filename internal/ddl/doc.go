// Package ddl writes the statements with which Amazon Athena and Trino come to see events: the lake's Parquet as a table,
// and AWS's own log files as a table with a view over it that has the lake's columns, so that one text of a query runs
// over either.
//
// It promises that every column of event.Columns is in each of them, once, in order; that nothing in its input reaches
// a statement that is not a valid name of AWS, so that a statement cannot be led to do something else; and that the
// same input gives the same text. It runs nothing, and the tables it describes are external: to drop one leaves its
// files as they are.
//
// The partitions of a table for Athena are projected: they are computed from the table's properties and never loaded.
// An account, a region or a day that the properties do not name is not seen by any query, without an error. Sources:
// https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html,
// https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table.html and
// https://trino.io/docs/current/connector/hive.html.
package ddl
