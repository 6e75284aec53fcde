package pattern

import (
	"bytes"
	"strings"
)

// term is one term of a pattern for text without structure.
type term struct {
	mode    mode
	literal literal
}

type mode byte

const (
	required mode = iota
	optional
	excluded
)

// terms reads terms up to the end.
func (c *cursor) terms() ([]term, error) {
	var all []term
	counts := [3]int{}
	for c.space(); !c.end(); {
		start := c.i
		var t term
		switch {
		case c.take("?"):
			t.mode = optional
		case c.take("-"):
			t.mode = excluded
			c.space() // the documentation has an example
		}
		var err error
		switch {
		case c.at('%'):
			t.literal, err = c.regex()
		case c.at('"'):
			t.literal, err = c.quoted()
		default:
			t.literal.raw = c.run(wordByte)
			t.literal.text = t.literal.raw
			if t.literal.raw == "" {
				err = c.error("a term of letters, digits and _, or one in double quotes")
			}
		}
		if err != nil {
			return nil, err
		}
		if !c.space() && !c.end() {
			return nil, c.error("a blank after the term: terms with other characters than letters, digits and _ stand in double quotes")
		}
		if t.mode == optional && len(all) > counts[optional] || t.mode != optional && counts[optional] > 0 {
			c.warn(start, `terms with "?" are ignored beside terms without it`)
		}
		counts[t.mode]++
		all = append(all, t)
	}
	return all, nil
}

// matchTerms reports whether text has the required terms and none of those excluded; or, if there are optional ones
// only, whether it has one of them.
func matchTerms(terms []term, text []byte) bool {
	only, found := true, false
	for i := range terms {
		t := &terms[i]
		if t.mode == optional {
			found = found || only && t.occursIn(text)
			continue
		}
		if only = false; t.occursIn(text) == (t.mode == excluded) {
			return false
		}
	}
	return !only || found
}

func (t *term) occursIn(text []byte) bool {
	if t.literal.re != nil {
		return t.literal.re.Match(text)
	}
	// Blanks in quotes match everything, as the documentation has it.
	return strings.TrimSpace(t.literal.text) == "" || bytes.Contains(text, []byte(t.literal.text))
}
