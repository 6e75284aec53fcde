package duckdb

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Statement is a SELECT that was taken apart and may be asked.
type Statement struct {
	SQL    string
	Tables []string // those of ours that it reads, in lower case, in order
	root   node
}

// node is a part of what json_serialize_sql makes of a statement
// (https://duckdb.org/docs/stable/data/json/sql_to_and_from_json).
type node = map[string]any

// harmless are the functions that may stand where a table stands.
var harmless = []string{"unnest", "range", "generate_series"}

// forbidden are functions that tell of this machine, or run texts, or change what later questions see. DuckDB keeps them
// from reaching further; here they are refused by name.
var forbidden = []string{
	"getenv", "current_setting", "query", "query_table", "json_execute_serialized_sql", "getvariable", "nextval", "currval",
	"current_query", "write_log", "pg_size_pretty", "txid_current", "add_parquet_key", "get_current_timestamp_ns",
}

// Parse takes a text apart. It refuses everything but one SELECT (or DESCRIBE) that reads from the named tables, from its
// own WITH, and from nothing else. Errors wrap ErrSQL or ErrRefused.
func (d *DB) Parse(ctx context.Context, text string, tables []string) (Statement, error) {
	const most = 1 << 20
	if len(text) > most {
		return Statement{}, fmt.Errorf("%w: it is longer than %d bytes", ErrRefused, most)
	}
	if strings.ContainsRune(text, 0) {
		return Statement{}, fmt.Errorf("%w: it holds a NUL byte", ErrSQL)
	}
	var tree string
	if err := d.conn.QueryRowContext(ctx, "SELECT json_serialize_sql(CAST(? AS VARCHAR))::VARCHAR", text).Scan(&tree); err != nil {
		return Statement{}, classify(ctx, err)
	}
	var out struct {
		Error      bool   `json:"error"`
		Message    string `json:"error_message"`
		Statements []struct {
			Node node `json:"node"`
		} `json:"statements"`
	}
	if err := json.Unmarshal([]byte(tree), &out); err != nil {
		return Statement{}, fmt.Errorf("%w: %w", ErrSQL, err)
	}
	switch {
	case out.Error && strings.HasPrefix(out.Message, "Only SELECT"):
		return Statement{}, fmt.Errorf("%w: only a SELECT can be asked", ErrRefused)
	case out.Error:
		return Statement{}, fmt.Errorf("%w: %s", ErrSQL, short(out.Message))
	case len(out.Statements) != 1:
		return Statement{}, fmt.Errorf("%w: one SELECT at a time, and there are %d statements", ErrRefused, len(out.Statements))
	}
	s := Statement{SQL: text, root: out.Statements[0].Node}
	w := walker{tables: tables}
	if err := w.visit(s.root, nil); err != nil {
		return Statement{}, err
	}
	slices.Sort(w.seen)
	s.Tables = slices.Compact(w.seen)
	return s, nil
}

type walker struct {
	tables []string
	seen   []string
}

// visit looks at everything below v. ctes are the names that WITH gives there.
func (w *walker) visit(v any, ctes []string) error {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if err := w.visit(x, ctes); err != nil {
				return err
			}
		}
	case node:
		ctes = append(slices.Clip(ctes), withNames(v)...)
		if err := w.look(v, ctes); err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(v)) { // so that of several refusals the same one is told
			if err := w.visit(v[key], ctes); err != nil {
				return err
			}
		}
	}
	return nil
}

// withNames are the names of a node's WITH, in lower case.
func withNames(v node) []string {
	with, _ := v["cte_map"].(node)
	entries, _ := with["map"].([]any)
	var names []string
	for _, e := range entries {
		if e, ok := e.(node); ok {
			names = append(names, lower(e["key"]))
		}
	}
	if v["type"] == "RECURSIVE_CTE_NODE" || v["type"] == "CTE_NODE" {
		names = append(names, lower(v["cte_name"]))
	}
	return names
}

func (w *walker) look(v node, ctes []string) error {
	switch v["type"] {
	case "BASE_TABLE":
		name := lower(v["table_name"])
		if lower(v["catalog_name"]) != "" || lower(v["schema_name"]) != "" {
			return fmt.Errorf("%w: there is no table %q: a question reads %s", ErrRefused, lower(v["schema_name"])+"."+name, strings.Join(w.tables, ", "))
		}
		switch {
		case slices.Contains(ctes, name):
		case slices.Contains(w.tables, name):
			w.seen = append(w.seen, name)
		default:
			return fmt.Errorf("%w: there is no table %q: a question reads %s", ErrRefused, name, strings.Join(w.tables, ", "))
		}
	case "TABLE_FUNCTION":
		f, _ := v["function"].(node)
		if name := lower(f["function_name"]); !slices.Contains(harmless, name) {
			return fmt.Errorf("%w: %s() reads what is not the lake", ErrRefused, name)
		}
	case "SHOW_REF":
		if v["query"] == nil {
			return fmt.Errorf("%w: only DESCRIBE of a table or a SELECT", ErrRefused)
		}
	}
	if v["class"] == "FUNCTION" {
		name := lower(v["function_name"])
		if slices.Contains(forbidden, name) || strings.HasPrefix(name, "read_") || strings.HasPrefix(name, "pg_") {
			return fmt.Errorf("%w: %s() has no place in a question", ErrRefused, name)
		}
		// The parser itself names some operators, such as LIKE … ESCAPE, with the schema main.
		if c, m := lower(v["catalog"]), lower(v["schema"]); c != "" && c != "system" || m != "" && m != "main" {
			return fmt.Errorf("%w: functions go by their name alone: %s", ErrRefused, name)
		}
	}
	return nil
}

func lower(v any) string {
	s, _ := v.(string)
	return strings.ToLower(s)
}
