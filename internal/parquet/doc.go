// Package parquet writes the Parquet files of the lake, and reads them again, whole or a page at a time.
//
// The writer knows four kinds of column, all optional, and is fast: what it costs is little more than zstd. Its files are
// for a lake of many thousands of small ones, where a query reads every footer: a footer holds what readers need to find
// columns by field id and to skip groups by their bounds, and nothing else. A column that is NULL in a whole file is to be
// left out by the caller; readers fill it in.
//
// It promises that NULL and the empty text stay different, that equal calls give equal bytes, and that DuckDB, Trino
// (Athena), Spark and Arrow read what it writes: data pages v1, encodings PLAIN, RLE_DICTIONARY, DELTA_LENGTH_BYTE_ARRAY
// and DELTA_BINARY_PACKED, zstd, a CRC-32 in every page. Bounds are of at most 64 bytes, right when they
// were cut, and said to be inexact then.
//
// The reader reads those files only. Of a damaged or hostile file it returns an error, and never holds more than the
// documented bounds; a change of anything but the footer is found, by the checksums and by counting.
//
// It writes no nested columns, page indexes, Bloom filters or key-value metadata, and does not sort.
//
// Sources: https://github.com/apache/parquet-format (README.md, Encodings.md, LogicalTypes.md and
// src/main/thrift/parquet.thrift).
package parquet
