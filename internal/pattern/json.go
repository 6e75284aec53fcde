package pattern

import (
	"strconv"
	"strings"
)

// expr is an expression of a JSON pattern: a condition, or several expressions joined by one operator, none of which
// is joined by the same operator itself.
type expr struct {
	join join
	kids []*expr   // when joined
	cond condition // when not
}

type join byte

const (
	single join = iota
	and
	or
)

// condition is what one selector's values, or one field, are asked.
type condition struct {
	selector selector
	field    string // in a space-delimited pattern: its name as written, or empty
	test     test
	op       operator // of a comparison
	value    literal  // of a comparison
}

type test byte

const (
	compares test = iota
	isNull
	isTrue
	isFalse
	absent
)

func (t test) String() string {
	return [...]string{"", "IS NULL", "IS TRUE", "IS FALSE", "NOT EXISTS"}[t]
}

// selector is a path from the root of a record.
type selector []step

type step struct {
	kind  stepKind
	name  string
	slot  uint8 // of the name in a record's table
	quote bool  // the name is written in brackets
	index int
}

type stepKind byte

const (
	named    stepKind = iota // .name or ['name']
	indexed                  // [n]
	elements                 // [*]
	members                  // .*
)

// json reads { … }.
func (c *cursor) json() (*expr, error) {
	c.i++
	e, err := c.joined(or)
	if err != nil {
		return nil, err
	}
	if !c.take("}") {
		return nil, c.error(`"&&", "||" or "}"`)
	}
	return e, nil
}

// joined reads expressions joined by j, and the blanks around them. The depth of the recursion is bounded by the
// length of the text.
func (c *cursor) joined(j join) (*expr, error) {
	mark := "||"
	if j == and {
		mark = "&&"
	}
	e := &expr{join: j}
	for {
		var kid *expr
		var err error
		if j == or {
			kid, err = c.joined(and)
		} else {
			kid, err = c.primary()
		}
		if err != nil {
			return nil, err
		}
		if kid.join == j {
			e.kids = append(e.kids, kid.kids...)
		} else {
			e.kids = append(e.kids, kid)
		}
		if c.space(); !c.take(mark) {
			break
		}
	}
	if len(e.kids) == 1 {
		return e.kids[0], nil
	}
	return e, nil
}

func (c *cursor) primary() (*expr, error) {
	c.space()
	if c.take("(") {
		e, err := c.joined(or)
		if err == nil && !c.take(")") {
			err = c.error(`"&&", "||" or ")"`)
		}
		return e, err
	}
	if c.field != nil {
		return c.fieldCondition()
	}
	var e expr
	var err error
	e.cond.selector, err = c.selector()
	if err != nil {
		return nil, err
	}
	apart := c.space()
	if apart && c.keyword("IS") {
		c.space()
		switch {
		case c.keyword("NULL"):
			e.cond.test = isNull
		case c.keyword("TRUE"):
			e.cond.test = isTrue
		case c.keyword("FALSE"):
			e.cond.test = isFalse
		default:
			return nil, c.error("NULL, TRUE or FALSE after IS")
		}
		return &e, nil
	}
	if apart && c.keyword("NOT") {
		if c.space(); !c.keyword("EXISTS") {
			return nil, c.error("EXISTS after NOT")
		}
		e.cond.test = absent
		return &e, nil
	}
	if !c.end() && strings.IndexByte("=!<>", c.text[c.i]) < 0 {
		return nil, c.error("= != < <= > >=, or a blank and IS NULL, IS TRUE, IS FALSE or NOT EXISTS")
	}
	e.cond.op, e.cond.value, err = c.compare(never)
	return &e, err
}

func never(byte) bool { return false }

func (c *cursor) selector() (selector, error) {
	var s selector
	if !c.take("$") {
		return nil, c.error(`a selector, which begins with "$", or "("`)
	}
	wild := false
	for {
		start := c.i
		var st step
		switch {
		case c.take(".['"), c.take("['"):
			end := strings.IndexByte(c.text[c.i:], '\'')
			if end <= 0 {
				return nil, c.error("a name and a single quote")
			}
			st.name, st.quote = c.text[c.i:c.i+end], true
			if c.i += end + 1; !c.take("]") {
				return nil, c.error(`"]"`)
			}
		case c.take(".*"):
			st.kind = members
		case c.take("."):
			if st.name = c.run(nameByte); st.name == "" {
				return nil, c.error("a name of letters, digits, _ and -, or one in brackets and single quotes, or *")
			}
		case c.at('[') && len(s) == 0:
			return nil, c.errorAt(c.i+1, "a name in single quotes: an index follows a property")
		case c.take("[*"):
			st.kind = elements
			if !c.take("]") {
				return nil, c.error(`"]"`)
			}
		case c.take("["):
			var err error
			st.kind = indexed
			n := c.run(digit)
			if st.index, err = strconv.Atoi(n); err != nil || len(n) > maxIndexDigits {
				return nil, c.errorAt(start+1, `a name in single quotes, an index or *`)
			}
			if !c.take("]") {
				return nil, c.error(`"]"`)
			}
		case len(s) == 0:
			return nil, c.error(`"." and a name after "$"`)
		default:
			return s, nil
		}
		if st.kind == elements || st.kind == members {
			if c.wildcards++; wild {
				return nil, c.errorAt(start, "at most one wildcard in a selector")
			} else if c.wildcards > MaxWildcards {
				return nil, c.errorAt(start, "at most "+strconv.Itoa(MaxWildcards)+" wildcard selectors")
			}
			wild = true
		}
		if st.kind == named {
			st.slot = slot(st.name)
		}
		s = append(s, st)
	}
}

// maxIndexDigits bounds an index: no record has as many elements.
const maxIndexDigits = 9
