package dialect_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/dialect"
	"github.com/trailseal/trailseal/internal/dialect/dialecttest"
)

func TestBind(t *testing.T) {
	at := time.Date(2026, 1, 2, 4, 4, 5, 6789, time.FixedZone("", 3600))
	for name, c := range map[string]struct {
		sql    string
		values map[string]dialect.Value
		want   string
	}{
		"text":              {`SELECT :a`, map[string]dialect.Value{"a": "it's -- x"}, `SELECT 'it''s -- x'`},
		"time":              {`SELECT :a`, map[string]dialect.Value{"a": at}, `SELECT TIMESTAMP '2026-01-02 03:04:05.000006'`},
		"whole second":      {`SELECT :a`, map[string]dialect.Value{"a": at.Truncate(time.Second)}, `SELECT TIMESTAMP '2026-01-02 03:04:05'`},
		"negative number":   {`SELECT 1 -:a`, map[string]dialect.Value{"a": -5}, `SELECT 1 - (-5)`},
		"least number":      {`SELECT :a`, map[string]dialect.Value{"a": int64(math.MinInt64)}, `SELECT (-9223372036854775807 - 1)`},
		"truth":             {`SELECT :a`, map[string]dialect.Value{"a": true}, `SELECT TRUE`},
		"list":              {`x IN :a`, map[string]dialect.Value{"a": []string{"b", "c'"}}, `x IN ('b', 'c''')`},
		"empty list":        {`:a.empty OR x IN :a`, map[string]dialect.Value{"a": []string{}}, `TRUE OR x IN (SELECT '' WHERE FALSE)`},
		"full list":         {`(:a.empty)`, map[string]dialect.Value{"a": []string{"b"}}, `(FALSE)`},
		"empty text":        {`:a.empty`, map[string]dialect.Value{"a": ""}, `TRUE`},
		"from unused":       {`:a`, map[string]dialect.Value{"a": 1, "from": at, "to": at}, `1`},
		"not in a string":   {`':a' ":a" /* :a */ :a -- :a`, map[string]dialect.Value{"a": 1}, `':a' ":a" /* :a */ 1 -- :a`},
		"not a cast":        {`x::a :a`, map[string]dialect.Value{"a": 1}, `x::a 1`},
		"beside a string":   {`'x':a'y'`, map[string]dialect.Value{"a": "z"}, `'x' 'z' 'y'`},
		"beside a letter":   {`E:a`, map[string]dialect.Value{"a": `\'`}, `E '\'''`},
		"longer name":       {`:ab :a`, map[string]dialect.Value{"a": 1, "ab": 2}, `2 1`},
		"name before dot":   {`:a.emptyx`, map[string]dialect.Value{"a": 1}, `1 .emptyx`},
		"value like a name": {`:a :b`, map[string]dialect.Value{"a": ":b", "b": 1}, `':b' 1`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := dialect.Bind(c.sql, c.values)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("bound (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBindRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		sql    string
		values map[string]dialect.Value
		want   string
	}{
		"missing":          {"SELECT\n :account", nil, `line 2, column 2: the parameter "account" has no value`},
		"unknown":          {`SELECT 1`, map[string]dialect.Value{"acount": 1}, `the query has no parameter "acount"`},
		"NUL":              {`:a`, map[string]dialect.Value{"a": "x\x00"}, `parameter "a": it holds a NUL byte`},
		"NUL in a list":    {`:a`, map[string]dialect.Value{"a": []string{"x", "\x00"}}, `item 1: it holds a NUL byte`},
		"not UTF-8":        {`:a`, map[string]dialect.Value{"a": "\xff"}, `not UTF-8`},
		"too long":         {`:a`, map[string]dialect.Value{"a": strings.Repeat("x", 1<<17)}, `longer than`},
		"year":             {`:a`, map[string]dialect.Value{"a": time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, `the year 10000`},
		"type":             {`:a`, map[string]dialect.Value{"a": 1.5}, `a float64 cannot be a value`},
		"nothing":          {`:a`, map[string]dialect.Value{"a": nil}, `cannot be a value`},
		"emptiness of int": {`:a.empty`, map[string]dialect.Value{"a": 1}, `only a list or a text can be empty`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := dialect.Bind(c.sql, c.values)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q, error %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		typ  dialect.Type
		in   string
		want dialect.Value
	}{
		"text":              {dialect.Text, " x ", " x "},
		"list":              {dialect.List, " a, b,,c ", []string{"a", "b", "c"}},
		"empty list":        {dialect.List, "", []string{}},
		"int":               {dialect.Int, "-7", int64(-7)},
		"time":              {dialect.Time, "2026-01-02T01:00:00+02:00", time.Date(2026, 1, 1, 23, 0, 0, 0, time.UTC)},
		"day":               {dialect.Time, "2026-01-02", time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)},
		"bool":              {dialect.Bool, "true", true},
		"no int":            {dialect.Int, "7.5", nil},
		"too great int":     {dialect.Int, "9223372036854775808", nil},
		"no time":           {dialect.Time, "yesterday", nil},
		"no bool":           {dialect.Bool, "yes", nil},
		"no such type":      {"float", "1", nil},
		"time without zone": {dialect.Time, "2026-01-02T01:00:00", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.typ.Parse(c.in)
			if (err == nil) != (c.want != nil) {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParams(t *testing.T) {
	got, err := dialect.Params(`SELECT :b, :a.empty, ':c', :b -- :d`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, got); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

// TestLiteralOnDuckDB: what a literal was made of comes back.
func TestLiteralOnDuckDB(t *testing.T) {
	db := dialecttest.Open(t, nil)
	for _, v := range []dialect.Value{
		"", "it's", `\'; DROP TABLE events; --`, "a\nb\t", `E'\x00'`, "$$", "ä\U0001F600", "''", true, false, int64(-1), int64(math.MinInt64),
		int64(math.MaxInt64), time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		literal, err := dialect.Literal(v)
		if err != nil {
			t.Fatal(err)
		}
		result, err := db.Ask(t.Context(), "SELECT "+literal)
		if err != nil {
			t.Fatalf("%s: %v", literal, err)
		}
		if diff := cmp.Diff([][]any{{v}}, dialecttest.All(t, result)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", literal, diff)
		}
	}
}

// FuzzBind: whatever a value holds, it stays one value. The text is looked up again by the engine's own reading.
func FuzzBind(f *testing.F) {
	for _, sql := range []string{`SELECT :a`, `SELECT ':a', :a, :a.empty -- :a`, `'x':a'y'`, `/* :a`, `E:a`, `::a`, `:a:a`, "-:a", "SELECT:a''", "SELECT 1 \r :a", "SELECT event_id FROM events WHERE account = :a AND event_name IN (:a, 'b') AND NOT :a.empty"} {
		for _, value := range []string{"", "x", "'", `\'`, "--", "/*", ":a", "\x00", "\xff", "';SELECT 1;'"} {
			f.Add(sql, value)
		}
	}
	f.Fuzz(func(t *testing.T, sql, value string) {
		before, err := dialect.Params(sql)
		if err != nil {
			return
		}
		values := map[string]dialect.Value{}
		for _, name := range before {
			values[name] = value
		}
		bound, err := dialect.Bind(sql, values)
		if err != nil {
			return
		}
		after, err := dialect.Params(bound)
		if err != nil {
			t.Fatalf("bound %q: %v", bound, err)
		}
		if len(after) > 0 {
			t.Errorf("bound %q still has parameters %q", bound, after)
		}
		// A limit is a number, and the values here are not.
		if dialect.Check(sql) == nil && dialect.Check(bound) != nil && !strings.Contains(strings.ToLower(sql), "limit") && !strings.Contains(strings.ToLower(sql), "offset") {
			t.Errorf("%q is right, but not %q: %v", sql, bound, dialect.Check(bound))
		}
		if len(before) == 0 && bound != sql {
			t.Errorf("%q without parameters became %q", sql, bound)
		}
	})
}

// FuzzCheck: no text panics, and what passes has its parameters bound and is written for Trino without a fault.
func FuzzCheck(f *testing.F) {
	for _, sql := range portable {
		f.Add(sql)
	}
	for _, sql := range []string{"", "(", ")", "SELECT", "SELECT ((((", "WITH", "FROM", "SELECT 1 FROM", "SELECT a.b.c.d", "SELECT ip_in_cidr(", "SELECT ip_in_cidr()", "SELECT ip_in_cidr(,'1')", "SELECT 1 FROM events,"} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if dialect.Check(sql) != nil {
			return
		}
		names, err := dialect.Params(sql)
		if err != nil {
			t.Fatal(err)
		}
		if len(names) > 0 {
			return
		}
		if _, err := dialect.Trino(sql, `"a"."b"`); err != nil && !strings.Contains(err.Error(), "CIDR") {
			t.Errorf("%q: %v", sql, err)
		}
	})
}
