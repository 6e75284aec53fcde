package duckdb

import (
	"maps"
	"slices"
	"time"
)

// Bounds are what a statement says of a column wherever it reads a table: between Low and High (both inclusive, as texts;
// empty: open), or one of In (empty: any).
type Bounds struct {
	Low, High string
	In        []string
}

// Bounds returns what holds of columns of a table at one reading of it, one entry for each reading that is nothing but
// "FROM table WHERE a AND b …". The second result is false when any reading is of another kind: then nothing is known.
//
// Only comparisons with constants count. They can be relied upon to leave files out, never to leave rows in.
func (s Statement) Bounds(table string, columns []string) ([]map[string]Bounds, bool) {
	b := bounder{table: table, columns: columns}
	b.visit(s.root, nil)
	return b.found, !b.open
}

type bounder struct {
	table   string
	columns []string
	found   []map[string]Bounds
	open    bool
}

func (b *bounder) visit(v any, ctes []string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			b.visit(x, ctes)
		}
	case node:
		ctes = append(slices.Clip(ctes), withNames(v)...)
		from, _ := v["from_table"].(node)
		direct := v["type"] == "SELECT_NODE" && b.is(from, ctes)
		if direct {
			alias := lower(from["alias"])
			if alias == "" {
				alias = b.table
			}
			bounds := map[string]Bounds{}
			b.where(v["where_clause"], alias, bounds)
			b.found = append(b.found, bounds)
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			x := v[key]
			if direct && key == "from_table" {
				continue
			}
			if n, ok := x.(node); ok && b.is(n, ctes) {
				b.open = true
			}
			b.visit(x, ctes)
		}
	}
}

// is reports whether a node is a reading of the table.
func (b *bounder) is(v node, ctes []string) bool {
	return v != nil && v["type"] == "BASE_TABLE" && lower(v["table_name"]) == b.table && !slices.Contains(ctes, b.table)
}

// where collects what each part of a conjunction says.
func (b *bounder) where(v any, alias string, to map[string]Bounds) {
	n, ok := v.(node)
	if !ok {
		return
	}
	switch n["type"] {
	case "CONJUNCTION_AND":
		children, _ := n["children"].([]any)
		for _, c := range children {
			b.where(c, alias, to)
		}
	case "COMPARE_EQUAL", "COMPARE_GREATERTHAN", "COMPARE_GREATERTHANOREQUALTO", "COMPARE_LESSTHAN", "COMPARE_LESSTHANOREQUALTO":
		kind, _ := n["type"].(string)
		column, value := b.column(n["left"], alias), constant(n["right"])
		if column == "" {
			column, value = b.column(n["right"], alias), constant(n["left"])
			kind = map[string]string{"COMPARE_GREATERTHAN": "COMPARE_LESSTHAN", "COMPARE_GREATERTHANOREQUALTO": "COMPARE_LESSTHANOREQUALTO",
				"COMPARE_LESSTHAN": "COMPARE_GREATERTHAN", "COMPARE_LESSTHANOREQUALTO": "COMPARE_GREATERTHANOREQUALTO"}[kind]
			if kind == "" {
				kind = "COMPARE_EQUAL"
			}
		}
		if column == "" || value == "" {
			return
		}
		switch kind {
		case "COMPARE_EQUAL":
			to[column] = to[column].with(value, value)
		case "COMPARE_GREATERTHAN", "COMPARE_GREATERTHANOREQUALTO":
			to[column] = to[column].with(value, "")
		default:
			to[column] = to[column].with("", value)
		}
	case "COMPARE_BETWEEN":
		if column := b.column(n["input"], alias); column != "" {
			to[column] = to[column].with(constant(n["lower"]), constant(n["upper"]))
		}
	case "COMPARE_IN":
		children, _ := n["children"].([]any)
		if len(children) < 2 {
			return
		}
		column := b.column(children[0], alias)
		if column == "" || to[column].In != nil {
			return
		}
		var in []string
		for _, c := range children[1:] {
			value := constant(c)
			if value == "" {
				return
			}
			in = append(in, value)
		}
		x := to[column]
		x.In = in
		to[column] = x
	}
}

// with narrows b. Texts of one form are compared: what is of another form is left to the caller to understand.
func (b Bounds) with(low, high string) Bounds {
	if low != "" && (b.Low == "" || len(low) == len(b.Low) && low > b.Low) {
		b.Low = low
	}
	if high != "" && (b.High == "" || len(high) == len(b.High) && high < b.High) {
		b.High = high
	}
	return b
}

// Allows reports whether a value can be within the bounds.
func (b Bounds) Allows(v string) bool {
	return (b.Low == "" || v >= b.Low) && (b.High == "" || v <= b.High) && (len(b.In) == 0 || slices.Contains(b.In, v))
}

// column is the name of one of the columns asked for, if v is it.
func (b *bounder) column(v any, alias string) string {
	n, ok := v.(node)
	if !ok || n["type"] != "COLUMN_REF" {
		return ""
	}
	names, _ := n["column_names"].([]any)
	var name string
	switch len(names) {
	case 1:
		name = lower(names[0])
	case 2:
		if lower(names[0]) != alias {
			return ""
		}
		name = lower(names[1])
	}
	if !slices.Contains(b.columns, name) {
		return ""
	}
	return name
}

// constant is the text of a constant, of a text that is cast to a date or a time, too. Everything else is empty.
func constant(v any) string {
	n, ok := v.(node)
	if !ok {
		return ""
	}
	switch n["type"] {
	case "VALUE_CONSTANT":
		value, _ := n["value"].(node)
		text, _ := value["value"].(string)
		return text
	case "OPERATOR_CAST":
		to, _ := n["cast_type"].(node)
		if id := to["id"]; id == "TIMESTAMP" || id == "DATE" {
			return constant(n["child"])
		}
	}
	return ""
}

// Time reads a constant as DuckDB reads a TIMESTAMP without a zone; false where it is of another form.
func Time(text string) (time.Time, bool) {
	for _, layout := range []string{time.DateOnly, time.DateTime, "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
