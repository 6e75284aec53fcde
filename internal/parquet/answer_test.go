package parquet_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/trailseal/trailseal/internal/parquet"
)

// The kinds that only answers have are read by DuckDB as what they are.
func TestNumbersOfAnswers(t *testing.T) {
	var b bytes.Buffer
	w := parquet.NewWriter(&b, []parquet.Column{{Name: "n", ID: 1, Kind: parquet.Int64}, {Name: "x", ID: 2, Kind: parquet.Double}})
	const rows = 70000
	w.Group(rows)
	w.Int64(func(row int) (int64, bool) { return int64(row) << 33, row%3 != 0 })
	w.Double(func(row int) (float64, bool) { return float64(row) / 4, row%5 != 0 })
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var types string
	var n, x, wrong int
	err = db.QueryRowContext(t.Context(), `SELECT any_value(typeof(n) || ' ' || typeof(x)), count(n), count(x),
		count(*) FILTER (WHERE n <> i * 8589934592 OR x <> i / 4 OR (n IS NULL) <> (i % 3 = 0) OR (x IS NULL) <> (i % 5 = 0))
		FROM (SELECT n, x, file_row_number AS i FROM read_parquet(?, file_row_number = true))`, path).Scan(&types, &n, &x, &wrong)
	if err != nil {
		t.Fatal(err)
	}
	if types != "BIGINT DOUBLE" || n != rows-(rows+2)/3 || x != rows-rows/5 || wrong != 0 {
		t.Errorf("%s, %d and %d values, %d wrong", types, n, x, wrong)
	}
}
