package catalog_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/dialect"
)

const right = `-- title: Use of the root user
-- question: When was root used,
--   and from where?
-- criteria: soc2/CC6.1, soc2/CC6.3
-- window: period
-- param: accounts list = 'a, b'  -- only these accounts
-- param: who text = 'it''s'  -- a name
-- param: since time  -- the first moment
-- param: limit int = 10  -- rows at most
-- param: all bool = false  -- more of them
-- columns: event_time, event_id
-- engines: duckdb

-- A comment. Then the question.
SELECT event_time, event_id
FROM events
WHERE account IN :accounts AND principal = :who AND event_time >= :since AND (:all OR read_only)
LIMIT :limit
`

func load(files map[string]string) ([]catalog.Query, error) {
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return catalog.LoadQueries(tree)
}

func TestLoadQueries(t *testing.T) {
	got, err := load(map[string]string{"root-use.sql": right, "more/another-one.sql": strings.ReplaceAll(right, "-- engines: duckdb\n", ""), "README.md": "not a query"})
	if err != nil {
		t.Fatal(err)
	}
	_, sql, _ := strings.Cut(right, "\n\n")
	want := catalog.Query{
		ID: "root-use", Title: "Use of the root user", Question: "When was root used, and from where?", Criteria: []string{"soc2/CC6.1", "soc2/CC6.3"},
		Window: catalog.Period, Columns: []string{"event_time", "event_id"}, Engines: []catalog.Engine{catalog.DuckDB}, SQL: sql, File: "root-use.sql",
		Params: []catalog.Param{
			{Name: "accounts", Type: dialect.List, Default: []string{"a", "b"}, Doc: "only these accounts"},
			{Name: "who", Type: dialect.Text, Default: "it's", Doc: "a name"},
			{Name: "since", Type: dialect.Time, Doc: "the first moment"},
			{Name: "limit", Type: dialect.Int, Default: int64(10), Doc: "rows at most"},
			{Name: "all", Type: dialect.Bool, Default: false, Doc: "more of them"},
		},
	}
	another := want
	another.ID, another.File, another.Engines = "another-one", "more/another-one.sql", []catalog.Engine{catalog.DuckDB, catalog.Trino}
	if diff := cmp.Diff([]catalog.Query{another, want}, got); diff != "" {
		t.Errorf("queries (-want +got):\n%s", diff)
	}
}

func TestLoadQueriesRefuses(t *testing.T) {
	change := func(old, new string) string {
		if !strings.Contains(right, old) {
			t.Fatalf("there is no %q to change", old)
		}
		return strings.Replace(right, old, new, 1)
	}
	for name, c := range map[string]struct{ file, text, want string }{
		"unknown word":           {"a.sql", change("-- title:", "-- name:"), `a.sql:1: "name" is no word of a header`},
		"no word":                {"a.sql", change("-- title: Use", "-- Use"), `a.sql:1: "-- Use of the root user" is no line of a header`},
		"missing title":          {"a.sql", change("-- title: Use of the root user\n", ""), `a.sql:1: "title" is missing`},
		"missing question":       {"a.sql", change("-- question: When was root used,\n--   and from where?\n", ""), `"question" is missing`},
		"missing criteria":       {"a.sql", change("-- criteria: soc2/CC6.1, soc2/CC6.3\n", ""), `"criteria" is missing`},
		"missing window":         {"a.sql", change("-- window: period\n", ""), `"window" is missing`},
		"missing columns":        {"a.sql", change("-- columns: event_time, event_id\n", ""), `"columns" is missing`},
		"empty title":            {"a.sql", change("Use of the root user", ""), `a.sql:1: "title" is empty`},
		"twice":                  {"a.sql", change("-- window: period", "-- window: period\n-- window: all"), `a.sql:6: "window" stands in line 5 already`},
		"criterion":              {"a.sql", change("soc2/CC6.3", "CC6.3"), `a.sql:4: the criterion "CC6.3"`},
		"window":                 {"a.sql", change("window: period", "window: year"), `a.sql:5: the window "year"`},
		"engine":                 {"a.sql", change("engines: duckdb", "engines: spark"), `a.sql:12: the engine "spark"`},
		"column twice":           {"a.sql", change("event_time, event_id", "event_id, event_id"), `a.sql:11: the column "event_id"`},
		"column with capitals":   {"a.sql", change("columns: event_time", "columns: eventTime"), `the column "eventTime"`},
		"continues nothing":      {"a.sql", "--   x\n" + right, `a.sql:1: a line that continues nothing`},
		"param without doc":      {"a.sql", change("  -- rows at most", ""), `a.sql:9: the parameter "limit int = 10" is not of the form`},
		"param without type":     {"a.sql", change("limit int = 10", "limit = 10"), `is not of the form`},
		"param of another type":  {"a.sql", change("since time", "since date"), `a.sql:8: the parameter "since" has the type "date"`},
		"param's default":        {"a.sql", change("int = 10", "int = ten"), `a.sql:9: the default of the parameter "limit": "ten" is not a whole number`},
		"number in quotes":       {"a.sql", change("int = 10", "int = '10'"), `a.sql:9: the default of the parameter "limit": a text`},
		"text without quotes":    {"a.sql", change("text = 'it''s'", "text = its"), `a.sql:7: the default of the parameter "who": a text`},
		"param twice":            {"a.sql", change("who text = 'it''s'", "limit text = ''"), `a.sql:9: the parameter "limit" stands twice`},
		"from declared":          {"a.sql", change("since time", "from time"), `every query has the parameter "from"`},
		"param's name":           {"a.sql", change("since time", "Since time"), `the parameter "Since" has a name`},
		"used, not declared":     {"a.sql", change("-- param: since time  -- the first moment\n", ""), `a.sql:16: the parameter "since" is used, but not declared`},
		"declared, not used":     {"a.sql", change(" AND principal = :who", ""), `a.sql:7: the parameter "who" is declared, but not used`},
		"all without time":       {"a.sql", strings.Replace(strings.ReplaceAll(change("window: period", "window: all"), ":since", "event_time"), "-- param: since time  -- the first moment\n", "", 1), `a.sql:5: a query of the window all`},
		"DuckDB's own":           {"a.sql", change("read_only)", "read_only::boolean)"), `a.sql:17: line 17, column 96: "::" is not in both engines`},
		"two statements":         {"a.sql", right + "; SELECT 1", `a.sql:19: line 19, column 1: a query is one statement`},
		"no SELECT":              {"a.sql", strings.SplitAfter(right, "\n\n")[0], `the query is empty`},
		"empty file":             {"a.sql", "", `a.sql:1: "title" is missing`},
		"too long":               {"a.sql", right + strings.Repeat(" ", 64<<10), `longer than 65536 bytes`},
		"file with capitals":     {"Root.sql", right, `Root.sql:1: the name of the file`},
		"file with underscore":   {"a_b.sql", right, `a_b.sql:1: the name of the file`},
		"parameter in a comment": {"a.sql", strings.Replace(change("account IN :accounts AND ", ""), "-- A comment.", "-- A comment: :accounts.", 1), `a.sql:6: the parameter "accounts" is declared, but not used`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := load(map[string]string{c.file: c.text})
			if err == nil {
				t.Fatalf("no error, but %+v", got)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q, want %q", err, c.want)
			}
		})
	}
}

func TestLoadQueriesNamesEachThatIsWrong(t *testing.T) {
	_, err := load(map[string]string{"a.sql": "x", "b.sql": right, "c/b.sql": right, "d.sql": "y"})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"a.sql:1: ", "c/b.sql:1: the query \"b\" is in b.sql too", "d.sql:1: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want %q", err, want)
		}
	}
}

func TestFindQuery(t *testing.T) {
	q, err := catalog.FindQuery("root-usage")
	if err != nil || q.ID != "root-usage" {
		t.Errorf("%q, error %v", q.ID, err)
	}
	if _, err := catalog.FindQuery("root"); !errors.Is(err, catalog.ErrNoQuery) {
		t.Errorf("error %v", err)
	}
}

func TestValues(t *testing.T) {
	all, err := load(map[string]string{"a.sql": right})
	if err != nil {
		t.Fatal(err)
	}
	q := all[0]
	got, err := q.Values(map[string]string{"since": "2026-01-02", "accounts": "1, 2", "all": "true"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]dialect.Value{"since": time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), "accounts": []string{"1", "2"}, "all": true, "who": "it's", "limit": int64(10)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	for typed, want := range map[string]string{
		"":        `query "a": the parameter "since" is missing (the first moment)`,
		"limit=x": `query "a": parameter "limit": "x" is not a whole number`,
		"lmit=1":  `query "a": there is no parameter "lmit": it has accounts, who, since, limit, all`,
	} {
		values := map[string]string{}
		if name, v, ok := strings.Cut(typed, "="); ok {
			values["since"], values[name] = "2026-01-02", v
		}
		if _, err := q.Values(values); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %q", typed, err, want)
		}
	}
}

// FuzzQueryHeader: no text panics, and a query that loads has all that it needs, and is bound by its defaults.
func FuzzQueryHeader(f *testing.F) {
	f.Add("a.sql", right)
	f.Add("a.sql", "")
	f.Add("a.sql", "-- title: x")
	f.Add("A.sql", "-- title:\n--   x\n\nSELECT 1")
	f.Add("a.sql", "-- title: t\n-- question: q\n-- criteria: a/b\n-- window: period\n-- columns: a\n\nSELECT 1 AS a")
	f.Add("a.sql", "-- title: t\n-- question: q\n-- criteria: a/b\n-- window: all\n-- param: a text = '  -- '  -- x\n-- columns: a\n\nSELECT :a AS a WHERE :from = :to")
	f.Fuzz(func(t *testing.T, name, text string) {
		if name == "" || strings.ContainsAny(name, "/\x00") || name == "." || name == ".." {
			return
		}
		all, err := load(map[string]string{name: text})
		if err != nil {
			return
		}
		for _, q := range all {
			if q.ID == "" || q.Title == "" || q.Question == "" || len(q.Criteria) == 0 || len(q.Columns) == 0 || len(q.Engines) == 0 {
				t.Errorf("%+v", q)
			}
			values, err := q.Values(required(q))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := q.Bind(from, to, values); err != nil && !strings.Contains(err.Error(), "empty") {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}
