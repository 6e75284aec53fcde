package pattern

import (
	"bytes"
	"strings"
)

// field is one entry of a space-delimited pattern.
type field struct {
	name  string // or empty
	rest  bool   // "...": any number of fields
	expr  *expr  // or nil
	begun bool   // while it is read: a condition was seen
}

// delimited reads [ … ].
func (c *cursor) delimited() ([]field, error) {
	c.i++
	var all []field
	names := map[string]bool{}
	rest := false
	for {
		c.space()
		start := c.i
		f, err := c.entry()
		switch {
		case err != nil:
			return nil, err
		case f.rest && rest:
			return nil, c.errorAt(start, `at most one "..."`)
		case f.name != "" && names[f.name]:
			return nil, c.errorAt(start, "a name that no other field has")
		}
		rest = rest || f.rest
		names[f.name] = true
		all = append(all, f)
		c.space()
		if c.take("]") {
			return all, nil
		}
		if !c.take(",") {
			return nil, c.error(`"&&", "||", "," or "]"`)
		}
	}
}

func (c *cursor) entry() (field, error) {
	var f field
	if c.take("...") {
		f.rest = true
		return f, nil
	}
	if c.at(',') || c.at(']') {
		return f, nil
	}
	start := c.i
	name := c.run(nameByte)
	if c.space(); name != "" && (c.at(',') || c.at(']')) {
		f.name = name
		return f, nil
	}
	c.i = start
	c.field = &f
	var err error
	f.expr, err = c.joined(or)
	c.field = nil
	f.begun = false
	return f, err
}

// fieldCondition reads one condition of a field. The first one names the field; the others repeat that name, or have
// none.
func (c *cursor) fieldCondition() (*expr, error) {
	start := c.i
	e := &expr{}
	e.cond.field = c.run(nameByte)
	switch f := c.field; {
	case !f.begun:
		f.name, f.begun = e.cond.field, true
	case e.cond.field != "" && e.cond.field != f.name:
		return nil, c.errorAt(start, "the name of the same field")
	}
	c.space()
	if c.end() || strings.IndexByte("=!<>", c.text[c.i]) < 0 {
		if e.cond.field == "" {
			return nil, c.error(`a name, a condition or "..."`)
		}
		return nil, c.error(`an operator, "," or "]"`)
	}
	var err error
	e.cond.op, e.cond.value, err = c.compare(func(b byte) bool { return b == ',' || b == ']' })
	return e, err
}

// matchFields reports whether the text has the fields and they meet the conditions.
func matchFields(fields []field, text []byte) bool {
	limit := len(fields)
	for _, f := range fields {
		if f.rest {
			limit = -1
		}
	}
	values := split(text, limit)
	if limit < 0 {
		if len(values) < len(fields)-1 {
			return false
		}
	} else if len(values) != len(fields) {
		return false
	}
	at := 0
	for i, f := range fields {
		if f.rest {
			at = len(values) - (len(fields) - i - 1)
			continue
		}
		if f.expr != nil && !f.expr.holdsText(values[at]) {
			return false
		}
		at++
	}
	return true
}

func (e *expr) holdsText(text []byte) bool {
	if e.join == single {
		return e.cond.value.holds(e.cond.op, text, false)
	}
	for _, kid := range e.kids {
		if kid.holdsText(text) == (e.join == or) {
			return e.join == or
		}
	}
	return e.join == and
}

// split takes text apart at blanks. What stands between double quotes or brackets is one field, without them. If limit
// is not negative, the field of that number, counted from 1, has the rest of the text.
func split(text []byte, limit int) [][]byte {
	var all [][]byte
	for {
		text = bytes.TrimLeft(text, " \t\r\n")
		if len(text) == 0 {
			return all
		}
		value, rest := next(text)
		if len(all) == limit-1 {
			if text = bytes.TrimRight(text, " \t\r\n"); len(bytes.TrimLeft(rest, " \t\r\n")) > 0 {
				value = text
			}
			return append(all, value)
		}
		all = append(all, value)
		text = rest
	}
}

// next returns the field that text begins with, and what is after it.
func next(text []byte) (value, rest []byte) {
	closing := byte(0)
	switch text[0] {
	case '"':
		closing = '"'
	case '[':
		closing = ']'
	default:
		if end := bytes.IndexAny(text, " \t\r\n"); end >= 0 {
			return text[:end], text[end:]
		}
		return text, nil
	}
	end := bytes.IndexByte(text[1:], closing)
	if end < 0 {
		return text[1:], nil
	}
	return text[1 : end+1], text[end+2:]
}
