package dialect

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The parameters that every query has: the window, from From on, before To.
const (
	From = "from"
	To   = "to"
)

// Params returns the names of the parameters that sql uses, each once, in order of the alphabet.
func Params(sql string) ([]string, error) {
	all, err := tokens(sql)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, t := range all {
		if t.kind == param {
			names[t.key] = true
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// Bind writes values in the places of the parameters: the literal of name for `:name`, and for `:name.empty`, of a list
// or a text, TRUE or FALSE. What stands in strings, quoted names and comments is left as it is. A parameter without a
// value is an error that names it, and so is a value without a parameter, but From and To may be unused.
func Bind(sql string, values map[string]Value) (string, error) {
	all, err := tokens(sql)
	if err != nil {
		return "", err
	}
	used := map[string]bool{}
	var out strings.Builder
	done := 0
	for _, t := range all {
		if t.kind != param {
			continue
		}
		v, ok := values[t.key]
		if !ok {
			return "", place(sql, t.at, fmt.Sprintf("the parameter %q has no value", t.key), "")
		}
		used[t.key] = true
		literal, err := bound(t, v)
		if err != nil {
			return "", fmt.Errorf("parameter %q: %w", t.key, err)
		}
		// Blanks around it, so that it cannot join what stands beside it: 'a':b is not one string.
		out.WriteString(sql[done:t.at])
		if t.at > 0 && !strings.ContainsRune(" \t\r\n(,", rune(sql[t.at-1])) {
			out.WriteByte(' ')
		}
		out.WriteString(literal)
		if e := t.end(); e < len(sql) && !strings.ContainsRune(" \t\r\n),", rune(sql[e])) {
			out.WriteByte(' ')
		}
		done = t.end()
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !used[name] && name != From && name != To {
			return "", fmt.Errorf("the query has no parameter %q", name)
		}
	}
	out.WriteString(sql[done:])
	return out.String(), nil
}

func bound(t token, v Value) (string, error) {
	if !strings.HasSuffix(t.text, empty) {
		return Literal(v)
	}
	switch v := v.(type) {
	case string:
		return Literal(v == "")
	case []string:
		return Literal(len(v) == 0)
	}
	return "", fmt.Errorf("only a list or a text can be empty")
}
