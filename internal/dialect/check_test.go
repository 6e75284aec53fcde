package dialect_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/dialect"
	"github.com/trailseal/trailseal/internal/dialect/dialecttest"
)

// portable are queries that both engines read alike. Each runs on DuckDB as it stands.
var portable = map[string]string{
	"plain":              `SELECT event_id FROM events`,
	"alias of a table":   `SELECT e.event_id, e.* FROM events e WHERE e.read_only = false`,
	"alias with AS":      `SELECT e.event_id FROM events AS e ORDER BY 1 OFFSET 1 LIMIT 2`,
	"name of the table":  `SELECT events.event_id FROM events`,
	"with":               `WITH a AS (SELECT event_id AS i FROM events), b (j, n) AS (SELECT i, count(*) FROM a GROUP BY 1) SELECT b.j, a.i FROM a JOIN b ON a.i = b.j LEFT JOIN events e ON e.event_id = b.j`,
	"union":              `SELECT event_id FROM events UNION ALL SELECT event_name FROM events`,
	"values":             `SELECT t.x FROM (VALUES ('a', 1), ('b', 2)) AS t(x, n) WHERE t.n IN (1, 2)`,
	"join by comma":      `SELECT a.event_id FROM events a, events b WHERE a.event_id = b.event_id`,
	"casts":              `SELECT CAST(log_record AS decimal(10, 2)), TRY_CAST(event_version AS double), CAST(event_time AS varchar) FROM events`,
	"intervals":          `SELECT event_time - INTERVAL '7' DAY, date_add('day', -7, event_time) FROM events`,
	"window":             `SELECT row_number() OVER (PARTITION BY account ORDER BY event_time, event_id) AS n, lag(event_time) OVER () FROM events`,
	"aggregates":         `SELECT count(*) FILTER (WHERE read_only), count_if(read_only), array_join(array_agg(DISTINCT event_name ORDER BY event_name), ', ') FROM events`,
	"extract":            `SELECT extract(hour FROM event_time), trim(event_name), substring(event_name, 1, 2) FROM events`,
	"distinct from":      `SELECT 1 FROM events WHERE event_name IS DISTINCT FROM error_code AND event_id IS NOT DISTINCT FROM event_name`,
	"json":               `SELECT json_extract_scalar(request_parameters, '$.a.items[0]["x-y"]') FROM events`,
	"words in strings":   `SELECT 'QUALIFY :: ILIKE', "event_name", event_name AS "My name" FROM events -- EXCLUDE ::` + "\n/* QUALIFY; */ WHERE event_name LIKE '%it''s%' ORDER BY \"My name\"",
	"exists":             `SELECT 1 FROM events e WHERE NOT EXISTS (SELECT 1 FROM events f WHERE f.event_id = e.event_id)`,
	"case":               `SELECT CASE WHEN event_name = 'a' THEN 'b' ELSE 'c' END, CASE event_name WHEN 'x' THEN 1 END FROM events`,
	"column named date":  `SELECT date, region FROM events WHERE date BETWEEN '2026-01-01' AND '2026-01-02' AND event_time >= TIMESTAMP '2026-01-01 00:00:00'`,
	"cidr":               `SELECT 1 FROM events WHERE ip_in_cidr(source_ip_address, '10.0.0.0/8')`,
	"set without member": `SELECT 1 FROM events WHERE event_name IN (SELECT '' WHERE FALSE)`,
	"subquery in from":   `SELECT t.n FROM (SELECT count(*) AS n FROM events) t`,
	"parameters":         `SELECT date_add('day', -1, TIMESTAMP '2026-01-01 00:00:00'), regexp_replace(event_name, '[0-9]$') FROM events`,
	"functions":          `SELECT concat(event_name, ':', event_id), greatest(1, 2), regexp_replace(event_name, 'a', '-'), try(CAST(from_iso8601_timestamp(session_creation_date) AS timestamp)) FROM events WHERE event_name <> ''`,
}

func TestCheckAccepts(t *testing.T) {
	db := dialecttest.Open(t, []map[string]any{{"event_id": "1", "event_name": "a", "read_only": true, "event_time": "2026-01-01T00:00:00Z"}})
	for name, sql := range portable {
		t.Run(name, func(t *testing.T) {
			if err := dialect.Check(sql); err != nil {
				t.Fatal(err)
			}
			result, err := db.Ask(t.Context(), sql)
			if err != nil {
				t.Fatal(err)
			}
			dialecttest.All(t, result)
		})
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, c := range map[string]struct{ sql, want string }{
		"empty":               {" -- nothing\n", "line 1, column 1: the query is empty"},
		"another statement":   {`DROP TABLE events`, "line 1, column 1: a query begins with SELECT or WITH"},
		"from first":          {`FROM events SELECT event_id`, "begins with SELECT"},
		"two statements":      {`SELECT 1; SELECT 2`, "line 1, column 9: a query is one statement"},
		"qualify":             {"SELECT event_id\nFROM events\n  QUALIFY row_number() OVER () = 1", "line 3, column 3: QUALIFY is not in both engines: use row_number()"},
		"ilike":               {`SELECT 1 FROM events WHERE event_name ILIKE 'a%'`, "line 1, column 39: ILIKE is not in both engines: use lower(x) LIKE"},
		"double colon":        {`SELECT event_time::varchar FROM events`, `column 18: "::" is not in both engines: use CAST(x AS type)`},
		"exclude":             {`SELECT * EXCLUDE (raw) FROM events`, "EXCLUDE"},
		"replace":             {`SELECT * REPLACE (1 AS raw) FROM events`, "REPLACE"},
		"group by all":        {`SELECT account, count(*) FROM events GROUP BY ALL`, "BY ALL"},
		"order by all":        {`SELECT account FROM events ORDER BY ALL`, "BY ALL"},
		"distinct on":         {`SELECT DISTINCT ON (account) account FROM events`, "DISTINCT ON"},
		"string_agg":          {`SELECT string_agg(event_name, ',') FROM events`, `the function "string_agg" is not in both engines: use array_join`},
		"list function":       {`SELECT list_distinct(array_agg(event_name)) FROM events`, "array_agg"},
		"unknown function":    {`SELECT foo(event_name) FROM events`, `the function "foo" is not in both engines`},
		"anti join":           {`SELECT 1 FROM events a ANTI JOIN events b ON a.event_id = b.event_id`, "ANTI JOIN"},
		"struct dots":         {`SELECT request_parameters.bucketName FROM events`, "json_extract_scalar"},
		"three dots":          {`SELECT e.request_parameters.bucketName FROM events e`, "json_extract_scalar"},
		"schema":              {`SELECT 1 FROM main.events`, `"main" is not a table`},
		"quotes as string":    {`SELECT 1 FROM events WHERE user_identity_type = "Root"`, `column 49: double quotes hold the name of a column, and "Root" is none: use single quotes`},
		"other table":         {`SELECT 1 FROM duckdb_settings`, `there is no table "duckdb_settings"`},
		"table function":      {`SELECT 1 FROM read_parquet('x')`, "read_parquet"},
		"file":                {`SELECT 1 FROM 'x.parquet'`, "a file is no table"},
		"file after a comma":  {`SELECT 1 FROM events, 'x.parquet'`, "a file is no table"},
		"file in a join":      {`SELECT 1 FROM events JOIN 'x' ON true`, "a file is no table"},
		"escape string":       {`SELECT E'\n' FROM events`, "a string cannot follow"},
		"hex string":          {`SELECT x'00' FROM events`, "a string cannot follow"},
		"string as alias":     {`SELECT event_id 'id' FROM events`, "a string cannot follow"},
		"list in brackets":    {`SELECT [1, 2] FROM events`, "is not read alike"},
		"subscript":           {`SELECT split(event_name, '.')[1] FROM events`, "element_at"},
		"struct":              {`SELECT {'a': 1} FROM events`, "both engines"},
		"arrow":               {`SELECT request_parameters ->> '$.a' FROM events`, "json_extract_scalar"},
		"interval of number":  {`SELECT event_time - INTERVAL 7 DAY FROM events`, "INTERVAL '7' DAY"},
		"interval of words":   {`SELECT event_time - INTERVAL '7 days' FROM events`, "INTERVAL '7' DAY"},
		"interval of weeks":   {`SELECT event_time - INTERVAL '1' WEEK FROM events`, "needs a unit"},
		"interval parameter":  {`SELECT event_time - INTERVAL :n DAY FROM events`, "date_add"},
		"type":                {`SELECT CAST(event_name AS text) FROM events`, `the type "text"`},
		"json type":           {`SELECT CAST(event_name AS json) FROM events`, "json_parse"},
		"array type":          {`SELECT CAST(event_name AS varchar[]) FROM events`, "both engines"},
		"path with wildcard":  {`SELECT json_extract_scalar(resources, '$[*].ARN') FROM events`, `the path "$[*].ARN"`},
		"path with a dash":    {`SELECT json_extract_scalar(resources, '$.x-y') FROM events`, `$["x-amz-acl"]`},
		"path from column":    {`SELECT json_extract_scalar(resources, event_name) FROM events`, "a path in quotes"},
		"block from column":   {`SELECT ip_in_cidr('1.2.3.4', event_name) FROM events`, "a block in quotes"},
		"limit then offset":   {`SELECT 1 FROM events LIMIT 1 OFFSET 2`, "OFFSET comes before LIMIT"},
		"limit percent":       {`SELECT 1 FROM events LIMIT 10 %`, "percent"},
		"comma at the end":    {`SELECT 1, FROM events`, "a comma with nothing after it"},
		"sample":              {`SELECT 1 FROM events USING SAMPLE 10`, "sample"},
		"unnest":              {`SELECT unnest(split(event_name, '.')) FROM events`, "both engines"},
		"now":                 {`SELECT now() FROM events`, "the parameter :to"},
		"current_date":        {`SELECT current_date FROM events`, "the parameter :to"},
		"open string":         {"SELECT 'a\nb", "line 1, column 8: a string without its closing quote"},
		"open name":           {`SELECT "a`, "a name without its closing quote"},
		"open comment":        {`SELECT 1 /* a`, "a comment without its end"},
		"nested comment":      {`SELECT 1 /* /* */ */`, "a comment in a comment"},
		"open parenthesis":    {`SELECT count(1`, "column 13: a parenthesis without its end"},
		"closed parenthesis":  {`SELECT 1) FROM events`, "a parenthesis that nothing opens"},
		"question mark":       {`SELECT ? FROM events`, "is not a parameter"},
		"alias before":        {`SELECT x : 1 FROM events`, "is not a parameter"},
		"dollar quotes":       {`SELECT $$a$$ FROM events`, "is not a parameter"},
		"hexadecimal":         {`SELECT 0x1f FROM events`, `"0x1f" is no number`},
		"no columns":          {`SELECT FROM events`, "SELECT without columns"},
		"with alone":          {`WITH a AS (SELECT 1)`, "the query ends early"},
		"with then delete":    {`WITH a AS (SELECT 1) DELETE FROM events`, `"DELETE" is not a question`},
		"NUL":                 {"SELECT \x00", "column 8: a NUL byte"},
		"not UTF-8":           {"SELECT '\xff'", "not UTF-8"},
		"too long":            {"SELECT " + strings.Repeat("1", 300<<10), "longer than"},
		"dollar in a replace": {`SELECT regexp_replace(event_name, 'a', '$1') FROM events`, "groups in a replacement"},
		"characters count":    {`SELECT 'ä', now() FROM events`, "line 1, column 13"},
		"filtered distinct":   {`SELECT approx_distinct(event_name) FILTER (WHERE read_only) FROM events`, "count(DISTINCT x)"},
		"replace by a column": {`SELECT regexp_replace(event_name, 'a', event_id) FROM events`, "groups in a replacement"},
		"value after a name":  {`SELECT event_id :a FROM events`, `a parameter cannot follow "event_id"`},
		"value after a value": {`SELECT :a :b FROM events`, `a parameter cannot follow ":a"`},
		"day of the week":     {`SELECT extract(dow FROM event_time) FROM events`, "day_of_week"},
		"unit":                {`SELECT date_trunc('decade', event_time) FROM events`, `column 19: the unit "decade"`},
		"unit of a column":    {`SELECT date_add(event_name, 1, event_time) FROM events`, "its unit in quotes"},
		"deep":                {"SELECT " + strings.Repeat("(", 101) + strings.Repeat(")", 101), "deeper than 100"},
		"carriage return":     {"SELECT 1 -- a\r; SELECT 2", "one statement"},
	} {
		t.Run(name, func(t *testing.T) {
			err := dialect.Check(c.sql)
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q, want %q", err, c.want)
			}
			if e := new(dialect.Error); errors.As(err, &e) && (e.Line < 1 || e.Column < 1) {
				t.Errorf("line %d, column %d", e.Line, e.Column)
			}
		})
	}
}

// TestCheckParameters: a parameter is no keyword, whatever its name.
func TestCheckParameters(t *testing.T) {
	for _, sql := range []string{
		`SELECT date_add('day', -:days, :to), coalesce(:where, :from) FROM events WHERE :group.empty OR account IN :limit LIMIT :limit`,
		`SELECT 1 FROM events WHERE event_time >= :from AND ip_in_cidr(source_ip_address, :ip)`,
	} {
		if err := dialect.Check(sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
