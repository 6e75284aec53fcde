-- Trino's functions for DuckDB, with Trino's results. Each is TEMP: it belongs to a connection and comes before DuckDB's
-- function of the same name. Values come from logs, so none may fail on one: text that is not JSON gives NULL.
-- Source: https://trino.io/docs/current/functions.html

-- JSON. A scalar only: an object, a list and null give NULL. Trino's $["a-b"] is DuckDB's $."a-b".
CREATE OR REPLACE TEMP MACRO trino_path(p) AS system.main.regexp_replace(p, '\["([^"]*)"\]', '."\1"', 'g');
CREATE OR REPLACE TEMP MACRO json_extract_scalar(j, p) AS json_extract_string(TRY(json_value(j, trino_path(p))), '$');
CREATE OR REPLACE TEMP MACRO json_extract(j, p) AS TRY(system.main.json_extract(j, trino_path(p)));
CREATE OR REPLACE TEMP MACRO json_parse(s) AS TRY(json(s));
CREATE OR REPLACE TEMP MACRO json_format(j) AS CAST(j AS VARCHAR);
CREATE OR REPLACE TEMP MACRO json_array_length(j) AS
  CASE WHEN TRY(json_type(j)) = 'ARRAY' THEN CAST(TRY(system.main.json_array_length(j)) AS BIGINT) END;

-- Text.
CREATE OR REPLACE TEMP MACRO regexp_like(s, p) AS regexp_matches(s, p);
CREATE OR REPLACE TEMP MACRO regexp_extract(s, p) AS
  CASE WHEN regexp_matches(s, p) THEN system.main.regexp_extract(s, p) END,
  (s, p, g) AS CASE WHEN regexp_matches(s, p) THEN system.main.regexp_extract(s, p, g) END;
CREATE OR REPLACE TEMP MACRO regexp_replace(s, p) AS system.main.regexp_replace(s, p, '', 'g'),
  (s, p, r) AS system.main.regexp_replace(s, p, r, 'g');
CREATE OR REPLACE TEMP MACRO split_part(s, d, i) AS
  CASE WHEN i <= len(string_split(s, d)) THEN system.main.split_part(s, d, i) END;
CREATE OR REPLACE TEMP MACRO concat(a, b) AS a || b,
  (a, b, c) AS a || b || c,
  (a, b, c, d) AS a || b || c || d;

-- Lists.
CREATE OR REPLACE TEMP MACRO cardinality(l) AS len(l);
CREATE OR REPLACE TEMP MACRO element_at(l, i) AS list_extract(l, i);
CREATE OR REPLACE TEMP MACRO array_join(l, d) AS array_to_string(l, d),
  (l, d, n) AS array_to_string(list_transform(l, lambda x: coalesce(CAST(x AS VARCHAR), n)), d);

-- Numbers. greatest and least are NULL when one of theirs is.
CREATE OR REPLACE TEMP MACRO approx_distinct(x) AS approx_count_distinct(x);
CREATE OR REPLACE TEMP MACRO greatest(a, b) AS
  CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN system.main.greatest(a, b) END;
CREATE OR REPLACE TEMP MACRO least(a, b) AS
  CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN system.main.least(a, b) END;

-- Time. date_diff counts whole units between its two, not the boundaries that lie between them; Monday is day 1.
CREATE OR REPLACE TEMP MACRO date_diff(u, a, b) AS date_sub(u, a, b);
CREATE OR REPLACE TEMP MACRO date_add(u, n, t) AS t + n * CASE lower(u)
  WHEN 'second' THEN INTERVAL '1' SECOND WHEN 'minute' THEN INTERVAL '1' MINUTE WHEN 'hour' THEN INTERVAL '1' HOUR
  WHEN 'day' THEN INTERVAL '1' DAY WHEN 'week' THEN INTERVAL '7' DAY WHEN 'month' THEN INTERVAL '1' MONTH
  WHEN 'quarter' THEN INTERVAL '3' MONTH WHEN 'year' THEN INTERVAL '1' YEAR END;
CREATE OR REPLACE TEMP MACRO day_of_week(t) AS isodow(t);
CREATE OR REPLACE TEMP MACRO day_of_month(t) AS day(t);
CREATE OR REPLACE TEMP MACRO day_of_year(t) AS dayofyear(t);
CREATE OR REPLACE TEMP MACRO from_iso8601_timestamp(s) AS TRY_CAST(s AS TIMESTAMPTZ);
CREATE OR REPLACE TEMP MACRO to_unixtime(t) AS epoch(t);
