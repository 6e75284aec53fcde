package dialect

import (
	"fmt"
	"strings"
)

// word looks at a keyword, a name or a function.
func (c *checker) word(i int) error {
	t, before, after := c.all[i], c.at(i-1), c.at(i+1)
	if before.is(".") {
		return nil // a column, whatever it is called
	}
	if before.is("as") && c.frames[len(c.frames)-1].isCast() {
		return c.cast(i)
	}
	if after.is("(") && !c.before[t.key] && !c.frames[len(c.frames)-1].columns && !c.isColumns(i+1) {
		return c.function(i)
	}
	if err := c.statement(i); err != nil {
		return err
	}
	return c.clause(i)
}

func (f frame) isCast() bool { return f.before == "cast" || f.before == "try_cast" }

// statement refuses the words that only one engine gives a meaning.
func (c *checker) statement(i int) error {
	t, before, after := c.all[i], c.at(i-1), c.at(i+1)
	next := strings.ToUpper(t.text)
	switch t.key {
	case "qualify", "ilike", "glob", "pivot", "unpivot", "into", "unnest":
		return c.refuse(i, next+" is not in both engines", c.instead[t.key])
	case "exclude":
		if before.is("*") {
			return c.refuse(i, "EXCLUDE is not in both engines", c.instead[t.key])
		}
	case "anti", "semi", "asof", "positional":
		if after.is("join") {
			return c.refuse(i, next+" JOIN is not in both engines", c.instead[t.key])
		}
	case "similar":
		if after.is("to") {
			return c.refuse(i, "SIMILAR TO is not in both engines", c.instead[t.key])
		}
	case "sample", "tablesample":
		if before.is("using") || t.key == "tablesample" {
			return c.refuse(i, "a sample differs from run to run", "row_number()")
		}
	case "all":
		if before.is("by") {
			return c.refuse(i, "BY ALL is not in both engines", "a list of columns, or their positions as in GROUP BY 1, 2")
		}
	case "on":
		if before.is("distinct") {
			return c.refuse(i, "DISTINCT ON is not in both engines", c.instead["qualify"])
		}
	case "current_timestamp", "current_date", "current_time", "localtime", "localtimestamp":
		return c.refuse(i, next+" gives another answer each time", "the parameter :to")
	case "insert", "update", "delete", "merge":
		if before.is(")") && c.frames[len(c.frames)-1].clause == "with" {
			return c.refuse(i, fmt.Sprintf("%q is not a question", short(t.text)), "SELECT")
		}
	case "interval":
		return c.interval(i)
	case "array", "row":
		if after.is("[") {
			return c.refuse(i, "lists in brackets are not read alike by both engines", "IN ('a', 'b')")
		}
	}
	return nil
}

func (c *checker) interval(i int) error {
	value, unit := c.at(i+1), c.at(i+2)
	if value.is("-") || value.is("+") {
		value, unit = c.at(i+2), c.at(i+3)
	}
	switch {
	case value.kind == param:
		return c.refuse(i, "an interval cannot be a parameter", "date_add('day', :n, x)")
	case value.kind != text:
		if value.kind == number || value.is("(") {
			return c.refuse(i, "an interval is a whole number in quotes and a unit", "INTERVAL '7' DAY")
		}
		return nil // a column of that name
	case unit.kind != word || !c.units[unit.key]:
		return c.refuse(i, "an interval needs a unit: YEAR, MONTH, DAY, HOUR, MINUTE or SECOND", "INTERVAL '7' DAY")
	}
	return nil
}

// clause follows the clauses of a SELECT.
func (c *checker) clause(i int) error {
	t, before, top := c.all[i], c.at(i-1), &c.frames[len(c.frames)-1]
	switch t.key {
	case "select", "where", "having", "order", "group", "window", "union", "intersect", "except", "with":
		if t.key == "select" && top.clause != "" && top.clause != "with" && top.clause != "union" && top.clause != "intersect" && top.clause != "except" {
			return c.refuse(i, "a SELECT within a SELECT needs parentheses", "")
		}
		if (t.key == "group" || t.key == "order") && !c.at(i+1).is("by") {
			return nil
		}
		if t.key == "window" && top.clause == "select" {
			return nil // a column of that name
		}
		top.clause = t.key
	case "limit":
		if top.clause == "offset" || !c.at(i+1).is("all") && c.at(i+1).kind != number && c.at(i+1).kind != param {
			return c.refuseLimit(i, top.clause)
		}
		if c.at(i+2).is("%") || c.at(i+2).is("percent") {
			return c.refuse(i, "a limit in percent is not in both engines", "a number of rows")
		}
		top.clause = "limit"
	case "offset":
		if top.clause == "limit" {
			return c.refuse(i, "OFFSET comes before LIMIT in Trino", "OFFSET n LIMIT m, which DuckDB reads too")
		}
		top.clause = "offset"
	case "from":
		if top.before == "extract" || top.before == "trim" || top.before == "substring" || before.is("distinct") && (c.at(i-2).is("is") || c.at(i-2).is("not")) {
			return nil
		}
		if top.clause != "select" {
			return c.refuse(i, "FROM without SELECT before it", "SELECT columns FROM events")
		}
		if before.is("select") {
			return c.refuse(i, "SELECT without columns", "a list of columns")
		}
		top.clause, top.table = "from", true
	case "join":
		top.table = true
	case "on", "using":
		top.clause = "on"
	}
	return nil
}

func (c *checker) refuseLimit(i int, clause string) error {
	if clause == "offset" {
		return nil
	}
	return c.refuse(i, "a limit is a number or a parameter", "LIMIT 100")
}

// function looks at a call.
func (c *checker) function(i int) error {
	t := c.all[i]
	if !c.functions[t.key] {
		return c.refuse(i, fmt.Sprintf("the function %q is not in both engines", short(t.text)), c.other(t.key))
	}
	args := c.arguments(i + 1)
	switch t.key {
	case "replace":
		if c.at(i - 1).is("*") {
			return c.refuse(i, "REPLACE after * is not in both engines", "a list of columns")
		}
	case "json_extract_scalar", "json_extract":
		if len(args) != 2 || len(args[1]) != 1 || args[1][0].kind != text {
			return c.refuse(i, fmt.Sprintf("%s takes a value and a path in quotes", t.key), t.key+"(request_parameters, '$.bucketName')")
		}
		if path := args[1][0]; !isPath(path.key) {
			return place(c.sql, path.at, fmt.Sprintf("the path %q is not read alike by both engines", short(path.key)), "names and positions, as in $.items[0].name or $[\"x-amz-acl\"], or LIKE for what may be anywhere")
		}
	case "regexp_replace":
		if len(args) > 2 && (len(args[2]) != 1 || args[2][0].kind != text || strings.ContainsAny(args[2][0].key, `$\`)) {
			return c.refuse(i, "groups in a replacement are written differently by the engines", "regexp_extract")
		}
	case "ip_in_cidr":
		if len(args) != 2 || len(args[1]) != 1 || args[1][0].kind != text && args[1][0].kind != param {
			return c.refuse(i, "ip_in_cidr takes an address and a block in quotes", "ip_in_cidr(source_ip_address, '10.0.0.0/8')")
		}
	case "date_trunc", "date_diff", "date_add":
		if len(args) == 0 || len(args[0]) != 1 || args[0][0].kind != text {
			return c.refuse(i, fmt.Sprintf("%s takes its unit in quotes, first", t.key), t.key+"('day', ...)")
		}
		if unit := args[0][0]; !c.units[strings.ToLower(unit.key)] && unit.key != "week" && unit.key != "quarter" {
			return place(c.sql, unit.at, fmt.Sprintf("the unit %q is not in both engines", short(unit.key)), "second, minute, hour, day, week, month, quarter or year")
		}
	case "extract":
		if len(args) != 1 || len(args[0]) < 3 || !args[0][1].is("from") || !c.units[args[0][0].key] && !args[0][0].is("quarter") && !args[0][0].is("week") {
			return c.refuse(i, "extract takes a unit that both engines read alike", "extract(hour FROM event_time), or day_of_week")
		}
	case "greatest", "least":
		if len(args) != 2 {
			return c.refuse(i, fmt.Sprintf("%s takes two values", t.key), "one within the other")
		}
	case "concat":
		if len(args) < 2 || len(args) > 4 {
			return c.refuse(i, "concat takes two to four values", "||")
		}
	case "approx_distinct":
		if len(args) != 1 || c.at(c.close(i+1)+1).is("filter") {
			return c.refuse(i, "approx_distinct takes one value, and no FILTER", "count(DISTINCT x)")
		}
	case "count":
		if len(args) > 1 {
			return c.refuse(i, "count takes one value", "count(DISTINCT a || ' ' || b)")
		}
	}
	return nil
}

// arguments are those of the call whose parenthesis is at i.
func (c *checker) arguments(i int) [][]token {
	var args [][]token
	end, start := c.close(i), i+1
	for j := start; j <= end; j++ {
		switch t := c.all[j]; {
		case t.is("("):
			j = c.close(j)
		case t.is(","), j == end && (j > start || len(args) > 0):
			args = append(args, c.all[start:j])
			start = j + 1
		}
	}
	return args
}

// cast looks at the type that a CAST names.
func (c *checker) cast(i int) error {
	t := c.all[i]
	switch {
	case t.key == "json":
		return c.refuse(i, "a cast to JSON makes a string of JSON in Trino", "json_parse")
	case !c.types[t.key]:
		return c.refuse(i, fmt.Sprintf("the type %q is not in both engines", short(t.text)), "varchar, boolean, integer, bigint, double, decimal, date or timestamp")
	}
	return nil
}
