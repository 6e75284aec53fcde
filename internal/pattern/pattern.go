package pattern

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The service's limits (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html and
// FilterAndPatternSyntax.html).
const (
	MaxLength    = 1024 // characters of a pattern
	MaxRegexes   = 2    // %…% in a pattern
	MaxWildcards = 3    // [*] and .* in a pattern; one in a selector
)

// Kind is which of the languages a pattern is in. Its first character that is no blank says it.
type Kind byte

// The kinds of pattern.
const (
	All       Kind = iota // a blank pattern: it matches everything
	JSON                  // { … }
	Delimited             // [ … ]
	Terms                 // anything else
)

// Pattern is a parsed filter pattern. It does not change, and may be used by any number of goroutines.
type Pattern struct {
	kind     Kind
	expr     *expr   // JSON
	rule     *rule   // JSON: expr, compiled
	fields   []field // Delimited
	terms    []term  // Terms
	warnings []Warning
}

// Warning says what about a valid pattern may not be what its author means.
type Warning struct {
	Column int // of the character, from 1
	Text   string
}

// Error says where a text stops being a filter pattern, and what was expected there.
type Error struct {
	Column   int // of the character, from 1
	Expected string
	Found    string
}

func (e *Error) Error() string {
	return fmt.Sprintf("column %d: expected %s, found %s", e.Column, e.Expected, e.Found)
}

// Parse reads a filter pattern. The error is an *Error, also for what exceeds the service's limits.
func Parse(text string) (*Pattern, error) {
	c := &cursor{text: text}
	if n := utf8.RuneCountInString(text); n > MaxLength {
		return nil, &Error{MaxLength + 1, "at most " + strconv.Itoa(MaxLength) + " characters", strconv.Itoa(n)}
	}
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) {
			return nil, c.errorAt(i, "valid UTF-8")
		}
	}
	c.space()
	p := &Pattern{}
	var err error
	switch {
	case c.end():
		return p, nil
	case c.at('{'):
		p.kind = JSON
		p.expr, err = c.json()
	case c.at('['):
		p.kind = Delimited
		p.fields, err = c.delimited()
	default:
		p.kind = Terms
		p.terms, err = c.terms()
	}
	if err != nil {
		return nil, err
	}
	if c.space(); !c.end() {
		return nil, c.error("the end of the pattern")
	}
	p.warnings = c.warnings
	if p.kind == JSON {
		p.rule = compile(p.expr)
	}
	return p, nil
}

// Kind returns the language that the pattern is in.
func (p *Pattern) Kind() Kind { return p.kind }

// Warnings returns what about the pattern is valid and may surprise, in the order of the text.
func (p *Pattern) Warnings() []Warning { return p.warnings }

// Match reports whether the pattern matches a log event, which may be any text. Where several patterns look at one
// event, MatchRecord parses it once.
func (p *Pattern) Match(event []byte) bool {
	if p.kind != JSON {
		return p.matchText(event)
	}
	var r Record
	return r.Reset(event) == nil && p.rule.holds(&r)
}

// MatchRecord reports whether the pattern matches the record. It allocates nothing, unless a string that is looked at
// has escapes or the pattern is space-delimited.
func (p *Pattern) MatchRecord(r *Record) bool {
	if p.kind != JSON {
		return p.matchText(r.raw)
	}
	return len(r.nodes) > 0 && p.rule.holds(r)
}

func (p *Pattern) matchText(event []byte) bool {
	switch p.kind {
	case Delimited:
		return matchFields(p.fields, event)
	case Terms:
		return matchTerms(p.terms, event)
	}
	return true
}
