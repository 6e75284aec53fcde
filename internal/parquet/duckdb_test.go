package parquet_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/trailseal/trailseal/internal/parquet"
)

func duck(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// sqlOf returns how to read a file in DuckDB: with the schema by field ids, or as the file says.
func sqlOf(path string, columns []parquet.Column, byID bool) string {
	if !byID {
		return fmt.Sprintf("read_parquet('%s')", path)
	}
	var fields []string
	for _, c := range columns {
		kind := map[parquet.Kind]string{parquet.Bytes: "VARCHAR", parquet.Timestamp: "TIMESTAMP", parquet.Bool: "BOOLEAN", parquet.Int32: "INTEGER"}[c.Kind]
		fields = append(fields, fmt.Sprintf("%d: {name: '%s', type: '%s', default_value: NULL}", c.ID, c.Name, kind))
	}
	return fmt.Sprintf("read_parquet('%s', schema = MAP {%s})", path, strings.Join(fields, ", "))
}

func saved(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.parquet")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// compareDuck reads a file with DuckDB and compares every value.
func compareDuck(t *testing.T, from string, table []values) {
	t.Helper()
	var list []string
	for _, c := range table {
		switch c.Kind {
		case parquet.Timestamp:
			list = append(list, fmt.Sprintf("epoch_us(%q)", c.Name))
		case parquet.Bool:
			list = append(list, fmt.Sprintf("%q::BIGINT", c.Name))
		default:
			list = append(list, fmt.Sprintf("%q", c.Name))
		}
	}
	rows, err := duck(t).Query("SELECT " + strings.Join(list, ", ") + " FROM " + from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	texts, numbers := make([]sql.NullString, len(table)), make([]sql.NullInt64, len(table))
	into := make([]any, len(table))
	for i := range table {
		into[i] = &numbers[i]
		if table[i].Kind == parquet.Bytes {
			into[i] = &texts[i]
		}
	}
	n := 0
	for ; rows.Next(); n++ {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i := range table {
			c := &table[i]
			if c.Kind == parquet.Bytes {
				if texts[i].Valid != (c.text[n] != nil) || texts[i].String != string(c.text[n]) {
					t.Fatalf("%s, row %d: got %.80q (%v), want %.80q (%v)", c.Name, n, texts[i].String, texts[i].Valid, c.text[n], c.text[n] != nil)
				}
			} else if numbers[i].Valid == c.null[n] || numbers[i].Valid && numbers[i].Int64 != c.numbers[n] {
				t.Fatalf("%s, row %d: got %+v, want %d (NULL %v)", c.Name, n, numbers[i], c.numbers[n], c.null[n])
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if want := table[0].len(); n != want {
		t.Errorf("%d rows, want %d", n, want)
	}
}

func TestDuckDB(t *testing.T) {
	table := cloudTrail(20_000, 2)
	path := saved(t, file(t, table, 7_000))
	for _, byID := range []bool{false, true} {
		compareDuck(t, sqlOf(path, columnsOf(table), byID), table)
	}
}
