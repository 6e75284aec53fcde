package duckdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/answer"
)

const secret = "hunter2hunter2"

var tables = []string{"events", "log_files"}

// sealed is a database with the tables, sealed, that may read dir.
func sealed(t *testing.T, dir string) *DB {
	t.Helper()
	d, err := Open(t.Context(), Options{Dirs: []string{dir}, Temp: filepath.Join(t.TempDir(), "spill"), Memory: 128 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	for _, q := range []string{
		"CREATE TABLE events AS SELECT TIMESTAMP '2026-03-02 10:00:00' AS event_time, '2026-03-02' AS date, 'a' AS account, 1 AS n",
		"CREATE TABLE log_files (log_file VARCHAR)",
	} {
		if err := d.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func all(r answer.Result) (out [][]any, err error) {
	for row, err := range r.Rows {
		if err != nil {
			return out, err
		}
		out = append(out, append([]any(nil), row...))
	}
	return out, nil
}

// escapes are texts that try to get out. Each must fail at the first wall, the parser, and at those behind it alone.
func escapes(dir, outside string) map[string]string {
	return map[string]string{
		"read a file":                   "SELECT * FROM read_text('" + outside + "')",
		"read a file as a table":        "SELECT * FROM '" + outside + "'",
		"read a CSV":                    "SELECT * FROM read_csv('" + outside + "')",
		"read a CSV, sniffed":           "SELECT * FROM sniff_csv('" + outside + "')",
		"read JSON":                     "SELECT * FROM read_json_auto('" + outside + "')",
		"read a blob":                   "SELECT * FROM read_blob('" + outside + "')",
		"read Parquet":                  "SELECT * FROM read_parquet('" + outside + "')",
		"read Parquet metadata":         "SELECT * FROM parquet_metadata('" + outside + "')",
		"list files":                    "SELECT * FROM glob('" + filepath.Dir(outside) + "/*')",
		"in a subquery":                 "SELECT (SELECT content FROM read_text('" + outside + "')) FROM events",
		"in a WITH":                     "WITH q AS (SELECT * FROM read_text('" + outside + "')) SELECT * FROM q",
		"in a join":                     "SELECT * FROM events JOIN read_text('" + outside + "') ON true",
		"in a lateral join":             "SELECT * FROM events, LATERAL (SELECT * FROM read_text('" + outside + "'))",
		"in a union":                    "SELECT 'x' UNION ALL SELECT content FROM read_text('" + outside + "')",
		"in EXISTS":                     "SELECT 1 WHERE EXISTS (SELECT * FROM read_text('" + outside + "'))",
		"in ORDER BY":                   "SELECT 1 ORDER BY (SELECT content FROM read_text('" + outside + "'))",
		"in a window":                   "SELECT sum(1) OVER (ORDER BY (SELECT content FROM read_text('" + outside + "')))",
		"in VALUES":                     "VALUES ((SELECT content FROM read_text('" + outside + "')))",
		"in DESCRIBE":                   "DESCRIBE SELECT * FROM read_text('" + outside + "')",
		"in SUMMARIZE":                  "SUMMARIZE SELECT * FROM read_text('" + outside + "')",
		"by query()":                    "SELECT * FROM query('SELECT * FROM read_text(''" + outside + "'')')",
		"by query_table()":              "SELECT * FROM query_table('events')",
		"by a serialized statement":     "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
		"write a file":                  "COPY (SELECT 1) TO '" + outside + ".out'",
		"write into the lake":           "COPY (SELECT 1) TO '" + filepath.Join(dir, "out.parquet") + "'",
		"read into a table":             "COPY events FROM '" + outside + "'",
		"export":                        "EXPORT DATABASE '" + filepath.Join(dir, "x") + "'",
		"import":                        "IMPORT DATABASE '" + dir + "'",
		"attach":                        "ATTACH '" + outside + ".db'",
		"attach to read":                "ATTACH '" + outside + "' (READ_ONLY)",
		"detach":                        "DETACH memory",
		"use":                           "USE memory",
		"install":                       "INSTALL httpfs",
		"load":                          "LOAD httpfs",
		"load a file":                   "LOAD '" + outside + "'",
		"network":                       "SELECT * FROM 'https://203.0.113.1/x.parquet'",
		"network by function":           "SELECT * FROM read_csv('https://203.0.113.1/x.csv')",
		"S3":                            "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
		"a setting":                     "SET memory_limit = '100GB'",
		"a setting back":                "RESET memory_limit",
		"unlock":                        "SET lock_configuration = false",
		"open access":                   "SET enable_external_access = true",
		"a pragma":                      "PRAGMA database_list",
		"a pragma that sets":            "PRAGMA threads=99",
		"a pragma as a table":           "SELECT * FROM pragma_database_list()",
		"settings":                      "SELECT * FROM duckdb_settings()",
		"secrets":                       "SELECT * FROM duckdb_secrets()",
		"a secret":                      "CREATE SECRET s (TYPE s3)",
		"functions":                     "SELECT * FROM duckdb_functions()",
		"the catalog":                   "SELECT * FROM information_schema.tables",
		"the schema":                    "SELECT * FROM sqlite_master",
		"another schema":                "SELECT * FROM main.events",
		"another catalog":               "SELECT * FROM system.information_schema.columns",
		"the environment":               "SELECT getenv('HOME')",
		"a setting's value":             "SELECT current_setting('temp_directory')",
		"a table that is not there":     "SELECT * FROM secrets",
		"create":                        "CREATE TABLE x AS SELECT 1",
		"create a macro":                "CREATE MACRO f() AS 1",
		"create a view":                 "CREATE OR REPLACE VIEW log_files AS SELECT 1",
		"insert":                        "INSERT INTO events SELECT * FROM events",
		"update":                        "UPDATE events SET n = 2",
		"delete":                        "DELETE FROM events",
		"truncate":                      "TRUNCATE events",
		"drop":                          "DROP TABLE events",
		"alter":                         "ALTER TABLE events ADD COLUMN x INTEGER",
		"a transaction":                 "BEGIN",
		"checkpoint":                    "CHECKPOINT",
		"vacuum":                        "VACUUM",
		"call":                          "CALL pragma_version()",
		"prepare":                       "PREPARE p AS SELECT 1",
		"execute":                       "EXECUTE p",
		"explain analyze of a write":    "EXPLAIN ANALYZE COPY (SELECT 1) TO '" + outside + ".out'",
		"two statements":                "SELECT 1; COPY (SELECT 1) TO '" + outside + ".out'",
		"two behind a comment":          "SELECT 1 /* ; */; DROP TABLE events",
		"nothing":                       "",
		"a comment":                     "-- nothing",
		"a NUL":                         "SELECT 1\x00; DROP TABLE events",
		"a dollar quote":                "SELECT * FROM $$" + outside + "$$",
		"a WITH of the name of a file":  "WITH a AS (SELECT 1) SELECT * FROM '" + outside + "'",
		"a name that only WITH gives":   "SELECT * FROM (WITH q AS (SELECT 1) SELECT * FROM q), q",
		"a sequence":                    "SELECT nextval('s')",
		"a log":                         "SELECT write_log('x')",
		"a function of another catalog": "SELECT system.main.getenv('HOME')",
	}
}

func TestNoTextGetsOut(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(outside, []byte("a,b\n"+secret+",2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := sealed(t, dir)
	for name, text := range escapes(dir, outside) {
		s, err := d.Parse(t.Context(), text, tables)
		if err == nil {
			t.Errorf("%s: the parser let it pass: %q reads %v", name, text, s.Tables)
		} else if !errors.Is(err, ErrRefused) && !errors.Is(err, ErrSQL) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(fmt.Sprint(err), secret) {
			t.Errorf("%s: the error tells what is in the file: %v", name, err)
		}
	}
	// What the walls behind the parser must hold without it: nothing outside is read or written.
	for name, text := range escapes(dir, outside) {
		r, err := d.run(t.Context(), text)
		if err != nil {
			continue
		}
		rows, err := all(r)
		if err == nil && strings.Contains(fmt.Sprint(rows), secret) {
			t.Errorf("%s: %q reads the file behind the parser", name, text)
		}
	}
	for _, left := range []string{outside + ".out", outside + ".db", filepath.Join(dir, "out.parquet")} {
		if _, err := os.Stat(left); err == nil {
			t.Errorf("%s was written", left)
		}
	}
	r, err := d.run(t.Context(), "SELECT n FROM events")
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := all(r); err != nil || len(rows) != 1 || rows[0][0] != int64(1) {
		t.Errorf("after all that the table holds %v, %v", rows, err)
	}
}

func TestQuestionsAreLetThrough(t *testing.T) {
	d := sealed(t, t.TempDir())
	for text, want := range map[string]string{
		"SELECT n FROM events": "[events]",
		"select N from EVENTS as e where e.account like 'a%' escape '!'":                              "[events]",
		"FROM events SELECT count(*)":                                                                 "[events]",
		"WITH q AS (SELECT * FROM events) SELECT * FROM q JOIN log_files ON true":                     "[events log_files]",
		"WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 3) SELECT * FROM r": "[]",
		"SELECT * FROM range(3), unnest([1, 2])":                                                      "[]",
		"SELECT max(n) OVER (PARTITION BY account) FROM events":                                       "[events]",
		"DESCRIBE events": "[events]",
		"SELECT json_extract_scalar('{\"a\":1}', '$.a'), ip_in_cidr('10.0.0.1', '10.0.0.0/8')": "[]",
		"SELECT 'DROP TABLE events; read_text'":                                                "[]",
		"SELECT n FROM events;":                                                                "[events]",
	} {
		s, err := d.Parse(t.Context(), text, tables)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := fmt.Sprint(s.Tables); got != want {
			t.Errorf("%q reads %s, want %s", text, got, want)
		}
		r, err := d.Select(t.Context(), s)
		if err == nil {
			_, err = all(r)
		}
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	d, err := Open(t.Context(), Options{Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := d.run(t.Context(), "SELECT list(i::VARCHAR || repeat('x', 100)) FROM range(10000000) t(i)")
	if err == nil {
		_, err = all(r)
	}
	if !errors.Is(err, ErrMemory) {
		t.Errorf("%v, want ErrMemory", err)
	}
}

func TestTimeIsBounded(t *testing.T) {
	d := sealed(t, t.TempDir())
	ctx, cancel := newDeadline(t)
	defer cancel()
	r, err := d.run(ctx, "SELECT count(*) FROM range(100000000000) a(i), range(1000) b(j) WHERE hash(i + j) % 7 = 8")
	if err == nil {
		_, err = all(r)
	}
	if !errors.Is(err, errLate) {
		t.Errorf("%v, want the deadline's cause", err)
	}
	if r, err = d.run(t.Context(), "SELECT 1"); err != nil {
		t.Fatalf("after an interrupt: %v", err)
	}
	if rows, err := all(r); err != nil || len(rows) != 1 {
		t.Errorf("after an interrupt: %v, %v", rows, err)
	}
}

func TestBounds(t *testing.T) {
	d := sealed(t, t.TempDir())
	columns := []string{"event_time", "date", "account"}
	for text, want := range map[string]string{
		"SELECT * FROM events":                                                                                 "[map[]] true",
		"SELECT * FROM events WHERE date = '2026-03-02'":                                                       "[map[date:{2026-03-02 2026-03-02 []}]] true",
		"SELECT * FROM events e WHERE e.date >= '2026-03-02' AND '2026-03-05' > e.date":                        "[map[date:{2026-03-02 2026-03-05 []}]] true",
		"SELECT * FROM events WHERE event_time BETWEEN TIMESTAMP '2026-03-02' AND '2026-03-03 10:00:00'":       "[map[event_time:{2026-03-02 2026-03-03 10:00:00 []}]] true",
		"SELECT * FROM events WHERE account IN ('a', 'b') AND n = 1":                                           "[map[account:{  [a b]}]] true",
		"SELECT * FROM events WHERE date = '2026-03-02' OR n = 1":                                              "[map[]] true",
		"SELECT * FROM events WHERE NOT date = '2026-03-02'":                                                   "[map[]] true",
		"SELECT * FROM events WHERE date = account":                                                            "[map[]] true",
		"SELECT * FROM events WHERE upper(date) = '2026-03-02'":                                                "[map[]] true",
		"SELECT * FROM events WHERE x.date = '2026-03-02'":                                                     "[map[]] true",
		"SELECT * FROM events WHERE date = '2026-03-02' UNION SELECT * FROM events WHERE account = 'a'":        "[map[date:{2026-03-02 2026-03-02 []}] map[account:{a a []}]] true",
		"SELECT * FROM events JOIN log_files ON true WHERE date = '2026-03-02'":                                "[] false",
		"SELECT * FROM events e WHERE date = '2026-03-02' AND EXISTS (SELECT 1 FROM events f WHERE f.n = e.n)": "[map[date:{2026-03-02 2026-03-02 []}] map[]] true",
		"WITH events AS (SELECT 1 AS n) SELECT * FROM events WHERE date = '2026-03-02'":                        "[] true",
		"WITH q AS (SELECT * FROM events WHERE date > '2026-03-01') SELECT * FROM q WHERE date = '2026-03-02'": "[map[date:{2026-03-01  []}]] true",
		"SELECT * FROM log_files": "[] true",
	} {
		s, err := d.Parse(t.Context(), text, tables)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		found, ok := s.Bounds("events", columns)
		if got := fmt.Sprint(found, ok); got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}
