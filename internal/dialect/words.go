package dialect

import "strings"

// list is the set of the words in s.
func list(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// vocabulary is what both engines know.
type vocabulary struct {
	reserved  map[string]bool // no names, in Trino: https://trino.io/docs/current/language/reserved.html
	before    map[string]bool // may stand before a parenthesis without being a function
	functions map[string]bool // with the same results on both, given Prelude
	types     map[string]bool // of CAST
	units     map[string]bool // of INTERVAL
	literals  map[string]bool // may stand before a string
	instead   map[string]string
	symbols   map[string]bool
}

func newVocabulary() vocabulary {
	reserved := list(`alter and as between by case cast constraint create cross cube current_date current_time
		current_timestamp current_user deallocate delete describe distinct drop else end escape except execute exists
		extract false for from full group grouping having in inner insert intersect into is join left like listagg natural
		normalize not null on or order outer prepare recursive right rollup select skip table then trim true uescape union
		unnest using values when where with`)
	return vocabulary{
		reserved: reserved,
		before: list(`select distinct all from join on where and or not in exists over filter as by having values when then
			else case end limit offset between like is union intersect except interval using partition sets rollup cube with
			within escape current row preceding following`),
		functions: list(`count count_if sum avg min max max_by min_by bool_and bool_or array_agg approx_distinct stddev variance
			row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value
			lower upper length substr substring trim ltrim rtrim replace reverse strpos split split_part starts_with concat
			regexp_like regexp_extract regexp_replace
			json_extract_scalar json_extract json_parse json_format json_array_length
			cardinality element_at array_join contains
			date_trunc date_diff date_add year quarter month day hour minute second day_of_week day_of_month day_of_year extract
			from_iso8601_timestamp to_unixtime
			abs ceil ceiling floor round sqrt power ln log10 exp mod sign greatest least
			coalesce nullif if cast try_cast try exists ip_in_cidr`),
		types:    list(`varchar boolean tinyint smallint integer int bigint real double decimal date time timestamp`),
		units:    list(`year month day hour minute second`),
		literals: list(`timestamp date time interval like escape and or not in is case when then else between select distinct all where having on by from`),
		symbols:  list(`( ) , . * + - / % = <> != < > <= >= ||`),
		instead: map[string]string{
			"qualify": "row_number() in a subquery, and WHERE around it", "ilike": "lower(x) LIKE 'text'",
			"exclude": "a list of columns", "anti": "LEFT JOIN ... WHERE y IS NULL, or NOT EXISTS",
			"semi": "EXISTS", "asof": "a window function", "positional": "row_number() and JOIN",
			"pivot": "sum(x) FILTER (WHERE ...)", "unpivot": "UNION ALL", "glob": "LIKE or regexp_like",
			"similar": "regexp_like", "columns": "a list of columns", "summarize": "SELECT", "sample": "row_number()",
			"unnest": "json_extract_scalar, LIKE or regexp_like", "into": "SELECT alone",
			"::": "CAST(x AS type)", "->": "json_extract", "->>": "json_extract_scalar", "=>": "positions", ":=": "AS",
			"==": "=", "**": "power", "//": "/ between whole numbers", "~": "regexp_like", "!~": "NOT regexp_like",
			"^": "power", "^@": "starts_with", "&&": "AND", "[": "element_at, or json_extract_scalar", "{": "columns",
			"string_agg": "array_join(array_agg(x ORDER BY x), ', ')", "listagg": "array_join(array_agg(x ORDER BY x), ', ')",
			"group_concat": "array_join(array_agg(x ORDER BY x), ', ')", "list": "array_agg",
			"regexp_matches": "regexp_like", "json_extract_string": "json_extract_scalar", "json": "json_parse",
			"approx_count_distinct": "approx_distinct", "approx_quantile": "avg or max", "len": "length or cardinality",
			"array_length": "cardinality", "array_to_string": "array_join", "epoch": "to_unixtime",
			"strftime": "date_trunc, or CAST(x AS varchar)", "date_format": "date_trunc, or CAST(x AS varchar)",
			"date_part": "extract", "datediff": "date_diff", "date_sub": "date_diff", "dateadd": "date_add",
			"isodow": "day_of_week", "dayofweek": "day_of_week", "dayofyear": "day_of_year", "arg_max": "max_by",
			"arg_min": "min_by", "any_value": "min, max or max_by", "arbitrary": "min, max or max_by",
			"first": "min_by", "last": "max_by", "ifnull": "coalesce", "now": "the parameter :to",
			"current_timestamp": "the parameter :to", "current_date": "the parameter :to", "today": "the parameter :to",
			"contains_cidr": "ip_in_cidr", "instr": "strpos", "string_split": "split", "median": "avg",
		},
	}
}

// other says what to use in the place of a word of DuckDB's.
func (v vocabulary) other(name string) string {
	if s := v.instead[name]; s != "" {
		return s
	}
	switch {
	case strings.HasPrefix(name, "list_"), strings.HasPrefix(name, "array_"):
		return "array_agg, array_join, element_at, cardinality or contains"
	case strings.HasPrefix(name, "struct_"), strings.HasPrefix(name, "map_"):
		return "columns"
	case strings.HasPrefix(name, "read_"):
		return "the table events"
	}
	return ""
}
