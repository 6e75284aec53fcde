package pattern

import (
	"bytes"
	"encoding/json"
	"io"
	"math/big"
	"regexp"
	"strings"
)

// naive is a second evaluator of JSON patterns: over maps, with big rationals, slowly, from the raw values of the
// expression and nothing that Parse derived from them.
func naive(e *expr, root any) bool {
	if e.join == single {
		return naiveCondition(&e.cond, root)
	}
	for _, kid := range e.kids {
		if naive(kid, root) != (e.join == and) {
			return e.join == or
		}
	}
	return e.join == and
}

// parseNaive reads one JSON object; numbers stay as they are written.
func parseNaive(event []byte) (map[string]any, bool) {
	dec := json.NewDecoder(bytes.NewReader(event))
	dec.UseNumber()
	var root any
	if dec.Decode(&root) != nil {
		return nil, false
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, false
	}
	m, ok := root.(map[string]any)
	return m, ok
}

func naiveCondition(c *condition, root any) bool {
	found := []any{root}
	for _, s := range c.selector {
		var next []any
		for _, v := range found {
			switch s.kind {
			case named:
				if m, ok := v.(map[string]any); ok {
					if member, ok := m[s.name]; ok {
						next = append(next, member)
					}
				}
			case indexed:
				if a, ok := v.([]any); ok && s.index < len(a) {
					next = append(next, a[s.index])
				}
			case elements:
				if a, ok := v.([]any); ok {
					next = append(next, a...)
				}
			case members:
				if m, ok := v.(map[string]any); ok {
					for _, member := range m {
						next = append(next, member)
					}
				}
			}
		}
		found = next
	}
	if c.test == absent {
		return len(found) == 0
	}
	for _, v := range found {
		if naiveValue(c, v) {
			return true
		}
	}
	return false
}

func naiveValue(c *condition, v any) bool {
	switch c.test {
	case isNull:
		return v == nil
	case isTrue:
		return v == true
	case isFalse:
		return v == false
	}
	var text string
	var n *big.Rat
	switch v := v.(type) {
	case string:
		text = v
		if regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$`).MatchString(v) {
			n, _ = new(big.Rat).SetString(v)
		}
	case json.Number:
		text = v.String()
		n, _ = new(big.Rat).SetString(text)
	case bool:
		return c.op == equal && c.value.form != regex && strings.Trim(c.value.raw, "*") == "" && c.value.raw != "" && len(c.value.raw) <= 2
	default:
		return false
	}
	same := naiveEqual(c.value, text, n)
	switch c.op {
	case equal:
		return same
	case unequal:
		return !same
	}
	limit, _ := new(big.Rat).SetString(c.value.raw)
	if n == nil {
		return false
	}
	sign := n.Cmp(limit)
	return c.op == less && sign < 0 || c.op == atMost && sign <= 0 || c.op == greater && sign > 0 || c.op == atLeast && sign >= 0
}

func naiveEqual(l literal, text string, n *big.Rat) bool {
	raw := l.raw
	switch l.form {
	case regex:
		return regexp.MustCompile(strings.ReplaceAll(raw, "{,", "{0,")).MatchString(text)
	case quoted:
		raw = regexp.MustCompile(`\\(["\\])`).ReplaceAllString(raw, "$1")
	case bare:
		if regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`).MatchString(raw) {
			want, _ := new(big.Rat).SetString(raw)
			return text == raw || n != nil && n.Cmp(want) == 0
		}
	}
	// Wildcards as a regular expression.
	begin, end := "^", "$"
	if strings.HasPrefix(raw, "*") {
		begin, raw = "", raw[1:]
	}
	if strings.HasSuffix(raw, "*") {
		end, raw = "", raw[:len(raw)-1]
	}
	return regexp.MustCompile(`(?s)` + begin + regexp.QuoteMeta(raw) + end).MatchString(text)
}
