//go:build cgo

package parquet_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/google/go-cmp/cmp"

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
func compareDuck(t *testing.T, db *sql.DB, from string, table []values) {
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
	rows, err := db.Query("SELECT " + strings.Join(list, ", ") + " FROM " + from)
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

// TestDuckDB reads the files with DuckDB, as the lake's queries do.
func TestDuckDB(t *testing.T) {
	all := tables()
	delete(all, "extreme numbers") // beyond what DuckDB can show as a time
	all["a day of events"] = cloudTrail(10_000, 2)
	db := duck(t)
	for name, table := range all {
		t.Run(name, func(t *testing.T) {
			path := saved(t, file(t, table, 7_000))
			for _, byID := range []bool{false, true} {
				compareDuck(t, db, sqlOf(path, columnsOf(table), byID), table)
			}
		})
	}
}

// TestDuckDBLarge reads 200,000 rows in several groups of several pages.
func TestDuckDBLarge(t *testing.T) {
	const rows = 200_000
	rnd := rand.New(rand.NewPCG(5, 5))
	table := []values{
		texts("plain", 1, false, repeat(rows, func(int) string { return strings.Repeat("x", rnd.IntN(100)) + fmt.Sprint(rnd.Uint64()) })...),
		texts("dictionary", 2, true, repeat(rows, func(int) string { return []string{"NULL", "", "a", "bb"}[rnd.IntN(4)] })...),
		{Column: parquet.Column{Name: "time", ID: 3, Kind: parquet.Timestamp}},
	}
	for row := range rows {
		table[2].numbers = append(table[2].numbers, rnd.Int64N(1<<51)-1<<50)
		table[2].null = append(table[2].null, row%1000 == 0)
	}
	b := file(t, table, 90_000)
	compareDuck(t, duck(t), sqlOf(saved(t, b), columnsOf(table), true), table)
	got, err := read(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := differ(table, got); d != "" {
		t.Error(d)
	}
}

// answer returns the one value that a query has, as text.
func answer(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	var s sql.NullString
	if err := db.QueryRow(query).Scan(&s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if !s.Valid {
		return "NULL"
	}
	return s.String
}

// TestDuckDBSchema holds what types the columns have, and that one that a file lacks or calls otherwise is no matter.
func TestDuckDBSchema(t *testing.T) {
	path := saved(t, file(t, small(), 4))
	db := duck(t)
	const types = "SELECT string_agg(column_type, ' ') FROM (DESCRIBE FROM %s)"
	if d := cmp.Diff("VARCHAR VARCHAR TIMESTAMP INTEGER BOOLEAN", answer(t, db, fmt.Sprintf(types, sqlOf(path, nil, false)))); d != "" {
		t.Error(d)
	}
	columns := []parquet.Column{{Name: "absent", ID: 77, Kind: parquet.Timestamp}, {Name: "renamed", ID: 2, Kind: parquet.Bytes}}
	from := sqlOf(path, columns, true)
	for query, want := range map[string]string{
		fmt.Sprintf(types, from):                                       "TIMESTAMP VARCHAR",
		"SELECT string_agg(renamed, '') FROM " + from:                  "xyxyx",
		"SELECT count(*) FROM " + from + " WHERE absent IS NULL":       "6",
		"SELECT count(*) FROM " + from + " WHERE renamed IS NULL":      "1",
		"SELECT min(time) FROM " + sqlOf(path, nil, false):             "1970-01-01T00:00:00Z",
		"SELECT count(*) FROM parquet_kv_metadata('" + path + "')":     "0",
		"SELECT created_by FROM parquet_file_metadata('" + path + "')": "trailseal version 1",
	} {
		if d := cmp.Diff(want, answer(t, db, query)); d != "" {
			t.Errorf("%s: %s", query, d)
		}
	}
}

// TestDuckDBBounds filters on the columns whose bounds let DuckDB skip groups: it must find what is there.
func TestDuckDBBounds(t *testing.T) {
	long := strings.Repeat("p", 63)
	list := []string{"NULL", "alpha", "beta", "beta", // the first group
		long + "éa", long + "éz", long + "~a", long + "~b", // the second: bounds are cut
		"NULL", "NULL", "NULL", "NULL",
		"\U0010FFFF" + long, "\x7f" + long, "", "z"}
	table := []values{texts("plain", 1, false, list...), texts("dictionary", 2, true, list...), numbers("time", 3, parquet.Timestamp), numbers("n", 4, parquet.Int32)}
	for i := range list {
		for c := 2; c < 4; c++ {
			table[c].numbers, table[c].null = append(table[c].numbers, int64(i/4*1000+i)), append(table[c].null, i/4 == 2)
		}
	}
	path := saved(t, file(t, table, 4))
	db := duck(t)
	count := func(where string) int {
		n, err := strconv.Atoi(answer(t, db, "SELECT count(*) FROM "+sqlOf(path, columnsOf(table), true)+" WHERE "+where))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, name := range []string{"plain", "dictionary"} {
		for i, v := range append(list, "beta ", long, long+"é", long+"éaa", long+"~", "alpha\x00", "zz") {
			for _, op := range []string{"=", "<", "<=", ">", ">="} {
				want := 0
				for _, x := range list {
					c := strings.Compare(x, v)
					if x != "NULL" && (c < 0 && op[0] == '<' || c > 0 && op[0] == '>' || c == 0 && op[len(op)-1] == '=') {
						want++
					}
				}
				if v == "NULL" {
					continue
				}
				if got := count(fmt.Sprintf("%s %s decode(unhex('%x'))", name, op, v)); got != want {
					t.Errorf("%s %s value %d %q: %d rows, want %d", name, op, i, v, got, want)
				}
			}
		}
		if got := count(name + " IS NULL"); got != 5 {
			t.Errorf("%s IS NULL: %d rows, want 5", name, got)
		}
	}
	for where, want := range map[string]int{
		"n = 1005": 1, "n < 0": 0, "n > 3015": 0, "n >= 3015": 1, "n BETWEEN 1004 AND 1006": 3, "n IS NULL": 4,
		"epoch_us(time) = 1005": 1, "time = make_timestamp(1005)": 1, "time < make_timestamp(0)": 0, "time > make_timestamp(3014)": 1,
	} {
		if got := count(where); got != want {
			t.Errorf("%s: %d rows, want %d", where, got, want)
		}
	}
	stats := answer(t, db, "SELECT string_agg(concat_ws(' ', coalesce(stats_null_count::VARCHAR, '-'), coalesce(stats_min_value, '-'), coalesce(stats_max_value, '-'), min_is_exact, max_is_exact), '\n' ORDER BY column_id, row_group_id) FROM parquet_metadata('"+path+"') WHERE path_in_schema = 'dictionary' OR path_in_schema = 'n'")
	want := strings.Join([]string{
		"1 alpha beta true true",
		"0 " + long + "~ " + strings.Repeat("p", 62) + "q false false",
		"4 - -",
		"0  \U0010FFFF" + strings.Repeat("p", 59) + "q true false",
		"0 0 3 true true",
		"0 1004 1007 true true",
		"4 - -",
		"0 3012 3015 true true",
	}, "\n")
	if d := cmp.Diff(want, stats); d != "" {
		t.Error(d)
	}
}
