package dialect_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/dialect"
	"github.com/trailseal/trailseal/internal/dialect/dialecttest"
)

// TestPrelude: DuckDB gives what Trino's documentation says, for NULL and for hostile text too.
func TestPrelude(t *testing.T) {
	db := dialecttest.Open(t, nil)
	for expr, want := range map[string]any{
		`json_extract_scalar('{"a":{"b":"x"}}', '$.a.b')`:                 "x",
		`json_extract_scalar('{"a":1}', '$.a')`:                           "1",
		`json_extract_scalar('{"a":12345678901234567890}', '$.a')`:        "12345678901234567890",
		`json_extract_scalar('{"a":true}', '$.a')`:                        "true",
		`json_extract_scalar('{"a":null}', '$.a')`:                        nil,
		`json_extract_scalar('{"a":{}}', '$.a')`:                          nil,
		`json_extract_scalar('{"a":[1]}', '$.a')`:                         nil,
		`json_extract_scalar('{"a":[1]}', '$.a[0]')`:                      "1",
		`json_extract_scalar('{"a":1}', '$.b')`:                           nil,
		`json_extract_scalar('{"x-amz-acl":["p"]}', '$["x-amz-acl"][0]')`: "p",
		`json_extract_scalar('{"a:b":"p"}', '$.a:b')`:                     "p",
		`json_extract_scalar('"text"', '$')`:                              "text",
		`json_extract_scalar('not JSON', '$.a')`:                          nil,
		`json_extract_scalar('', '$.a')`:                                  nil,
		`json_extract_scalar('{"a":1', '$.a')`:                            nil,
		`json_extract_scalar(NULL, '$.a')`:                                nil,
		`json_format(json_extract('{"a":[1, 2]}', '$.a'))`:                "[1,2]",
		`json_extract('not JSON', '$.a')`:                                 nil,
		`json_parse('not JSON')`:                                          nil,
		`json_array_length('[1, 2]')`:                                     int64(2),
		`json_array_length('{}')`:                                         nil,
		`json_array_length('not JSON')`:                                   nil,
		`json_array_length(json_extract('{"a":[1]}', '$.a'))`:             int64(1),
		`regexp_like('abc', 'B')`:                                         false,
		`regexp_like('abc', '(?i)B')`:                                     true,
		`regexp_like(NULL, 'a')`:                                          nil,
		`regexp_extract('abc', 'b(.)', 1)`:                                "c",
		`regexp_extract('abc', 'z')`:                                      nil,
		`regexp_extract('abc', 'z(.)', 1)`:                                nil,
		`regexp_replace('a1b2', '[0-9]', '-')`:                            "a-b-",
		`regexp_replace('a1b2', '[0-9]')`:                                 "ab",
		`split_part('a/b', '/', 2)`:                                       "b",
		`split_part('a/b', '/', 3)`:                                       nil,
		`split_part(NULL, '/', 1)`:                                        nil,
		`concat('a', NULL)`:                                               nil,
		`concat('a', 'b', 'c')`:                                           "abc",
		`cardinality(split('a,b', ','))`:                                  int64(2),
		`element_at(split('a,b', ','), 2)`:                                "b",
		`element_at(split('a,b', ','), -1)`:                               "b",
		`element_at(split('a,b', ','), 3)`:                                nil,
		`(SELECT array_join(array_agg(x ORDER BY x), '+') FROM (VALUES ('b'), (NULL), ('a')) t(x))`:      "a+b",
		`(SELECT array_join(array_agg(x ORDER BY x), '+', '?') FROM (VALUES ('b'), (NULL), ('a')) t(x))`: "a+b+?",
		`(SELECT approx_distinct(x) FROM (VALUES ('b'), (NULL), ('b')) t(x))`:                            int64(1),
		`(SELECT max_by(x, y) FROM (VALUES ('b', 1), ('a', 2)) t(x, y))`:                                 "a",
		`greatest(1, NULL)`: nil,
		`greatest(1, 2)`:    int64(2),
		`least(1, 2)`:       int64(1),
		`5 / 2`:             int64(2),
		`date_diff('hour', TIMESTAMP '2026-01-01 00:59:00', TIMESTAMP '2026-01-01 01:00:00')`:  int64(0),
		`date_diff('hour', TIMESTAMP '2026-01-01 00:59:00', TIMESTAMP '2026-01-01 01:59:00')`:  int64(1),
		`date_diff('month', TIMESTAMP '2026-01-31 00:00:00', TIMESTAMP '2026-02-27 00:00:00')`: int64(0),
		`date_add('day', -1, TIMESTAMP '2026-01-01 00:00:00')`:                                 time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC),
		`date_add('week', 1, TIMESTAMP '2026-01-01 00:00:00')`:                                 time.Date(2026, 1, 8, 0, 0, 0, 0, time.UTC),
		`date_add('quarter', 1, TIMESTAMP '2026-01-31 00:00:00')`:                              time.Date(2026, 4, 30, 0, 0, 0, 0, time.UTC),
		`date_trunc('day', TIMESTAMP '2026-01-01 10:00:00')`:                                   time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		`day_of_week(TIMESTAMP '2026-11-22 10:00:00')`:                                         int64(7), // a Sunday
		`day_of_month(TIMESTAMP '2026-11-22 10:00:00')`:                                        int64(22),
		`CAST(from_iso8601_timestamp('2026-11-22T10:00:00Z') AS timestamp)`:                    time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
		`try(from_iso8601_timestamp('yesterday'))`:                                             nil,
		`to_unixtime(TIMESTAMP '1970-01-01 00:00:01')`:                                         1.0,
		`ip_in_cidr('10.1.2.3', '10.0.0.0/8')`:                                                 true,
		`ip_in_cidr('s3.amazonaws.com', '10.0.0.0/8')`:                                         nil,
		`ip_in_cidr(NULL, '10.0.0.0/8')`:                                                       nil,
		`1 IN (SELECT 1 WHERE FALSE)`:                                                          false,
		`TRY_CAST('x' AS integer)`:                                                             nil,
	} {
		result, err := db.Ask(t.Context(), "SELECT "+expr)
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		if diff := cmp.Diff([][]any{{want}}, dialecttest.All(t, result)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", expr, diff)
		}
	}
}

// TestPreludeOnRows: one row of hostile text takes nothing from the rows beside it.
func TestPreludeOnRows(t *testing.T) {
	var rows []map[string]any
	want := [][]any{}
	for i := range 3000 {
		text, value := `{"a":"x"}`, any("x")
		if i%7 == 0 {
			text, value = `{"a":`, nil
		}
		rows = append(rows, map[string]any{"request_parameters": text, "log_record": i})
		want = append(want, []any{value})
	}
	db := dialecttest.Open(t, rows)
	result, err := db.Ask(t.Context(), `SELECT json_extract_scalar(request_parameters, '$.a') FROM events ORDER BY log_record`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, dialecttest.All(t, result)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestInCIDR(t *testing.T) {
	for name, c := range map[string]struct {
		ip, cidr string
		in       bool
		address  bool // whether ip is one
	}{
		"inside":            {"10.1.2.3", "10.0.0.0/8", true, true},
		"outside":           {"11.1.2.3", "10.0.0.0/8", false, true},
		"host bits":         {"10.1.2.3", "10.9.9.9/8", true, true},
		"single":            {"10.1.2.3", "10.1.2.3", true, true},
		"single, another":   {"10.1.2.4", "10.1.2.3", false, true},
		"IPv6":              {"2001:db8::1", "2001:db8::/32", true, true},
		"IPv4 in all IPv6":  {"10.1.2.3", "::/0", false, true},
		"mapped address":    {"::ffff:10.1.2.3", "10.0.0.0/8", true, true},
		"mapped block":      {"10.1.2.3", "::ffff:10.0.0.0/104", true, true},
		"service":           {"s3.amazonaws.com", "10.0.0.0/8", false, false},
		"internal":          {"AWS Internal", "10.0.0.0/8", false, false},
		"empty":             {"", "10.0.0.0/8", false, false},
		"zone":              {"fe80::1%eth0", "fe80::/10", false, false},
		"octal":             {"010.1.2.3", "10.0.0.0/8", false, false},
		"trailing line end": {"10.1.2.3\n", "10.0.0.0/8", false, false},
	} {
		in, err := dialect.InCIDR(c.ip, c.cidr)
		if in != c.in || (err == nil) != c.address || err != nil && !errors.Is(err, dialect.ErrNotAddress) {
			t.Errorf("%s: %v, %v", name, in, err)
		}
	}
	for _, cidr := range []string{"", "office", "10.0.0.0/33", "10.0.0/8", "fe80::1%eth0", "10.0.0.0/8/8"} {
		if _, err := dialect.InCIDR("10.1.2.3", cidr); err == nil || errors.Is(err, dialect.ErrNotAddress) {
			t.Errorf("block %q: error %v", cidr, err)
		}
	}
}
