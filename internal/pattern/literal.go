package pattern

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// form is how a value is written.
type form byte

const (
	bare form = iota
	quoted
	regex
)

// literal is the right side of a comparison, or a term.
type literal struct {
	form form
	raw  string // as written, between its quotes or percent signs

	// What follows from them.
	text        string // without escapes and wildcards
	front, back bool   // wildcards
	any         bool   // nothing but wildcards
	number      decimal
	isNumber    bool
	re          *regexp.Regexp
}

type operator byte

const (
	equal operator = iota
	unequal
	less
	atMost
	greater
	atLeast
)

func (o operator) String() string {
	return [...]string{"=", "!=", "<", "<=", ">", ">="}[o]
}

// compare reads an operator and a value. Bytes for which stop reports true end a value without quotes.
func (c *cursor) compare(stop func(byte) bool) (operator, literal, error) {
	var op operator
	switch {
	case c.take("!="):
		op = unequal
	case c.take("<="):
		op = atMost
	case c.take("<"):
		op = less
	case c.take(">="):
		op = atLeast
	case c.take(">"):
		op = greater
	case c.take("="):
		op = equal
	default:
		return op, literal{}, c.error("an operator, = != < <= > or >=")
	}
	c.space()
	start := c.i
	l, err := c.value(stop)
	if err == nil && op > unequal && !l.isNumber {
		err = c.errorAt(start, "a number without quotes after "+op.String())
	}
	return op, l, err
}

// value reads the value of a comparison.
func (c *cursor) value(stop func(byte) bool) (literal, error) {
	if c.at('%') {
		return c.regex()
	}
	start := c.i
	var l literal
	if c.at('"') {
		var err error
		if l, err = c.quoted(); err != nil {
			return l, err
		}
	} else {
		l.raw = c.run(func(b byte) bool { return bareByte(b) && !stop(b) })
		if l.raw == "" {
			return l, c.error("a value, in double quotes if it has other characters than letters, digits and _")
		}
		l.text = l.raw
		l.number, l.isNumber = parseDecimal([]byte(l.raw), true)
	}
	l.wildcards()
	if at := strings.IndexByte(l.text, '*'); at >= 0 {
		c.warn(start, `"*" is a wildcard only at the beginning and at the end of a value`)
	}
	return l, nil
}

func bareByte(b byte) bool {
	return b > ' ' && b < 0x7f && strings.IndexByte(`()&|{}"=!<>@$\`, b) < 0
}

// wildcards takes the asterisks at the ends off the text.
func (l *literal) wildcards() {
	l.text, l.front = strings.CutPrefix(l.text, "*")
	l.text, l.back = strings.CutSuffix(l.text, "*")
	l.any = l.text == "" && (l.front || l.back)
}

// quoted reads a string in double quotes, in which \" and \\ stand for " and \.
func (c *cursor) quoted() (literal, error) {
	c.i++
	start := c.i
	for !c.end() {
		switch c.text[c.i] {
		case '"':
			l := literal{form: quoted, raw: c.text[start:c.i]}
			l.text = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(l.raw)
			c.i++
			return l, nil
		case '\\':
			if c.i+1 < len(c.text) && (c.text[c.i+1] == '"' || c.text[c.i+1] == '\\') {
				c.i++
			}
		}
		c.i++
	}
	return literal{}, c.error(`a closing double quote`)
}

// regex reads %…%.
// Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html.
func (c *cursor) regex() (literal, error) {
	open := c.i
	if c.regexes++; c.regexes > MaxRegexes {
		return literal{}, c.error("at most " + strconv.Itoa(MaxRegexes) + " regular expressions")
	}
	c.i++
	start := c.i
	var b strings.Builder // in Go's syntax
	class := false
	for ; !c.at('%'); c.i++ {
		if c.end() {
			return literal{}, c.error("a closing %")
		}
		ch := c.text[c.i]
		switch {
		case ch == '\\':
			n := c.escape()
			if n == 0 {
				return literal{}, c.errorAt(c.i+1, `d, D, s, S, w, W, x and two hexadecimal digits, or an operator after "\"`)
			}
			b.WriteString(c.text[c.i : c.i+n])
			c.i += n - 1
			continue
		case ch == '[' && class:
			return literal{}, c.error(`"\[" between brackets`)
		case ch == '[':
			class = true
		case ch == ']' && class:
			class = false
		case ch == '{' && !class && strings.HasPrefix(c.text[c.i:], "{,"):
			b.WriteString("{0")
			continue
		case !letter(ch) && !digit(ch) && strings.IndexByte(":_#=@/;,- "+operators, ch) < 0:
			return literal{}, c.error("letters, digits, blanks, : _ # = @ / ; , - and operators of a regular expression")
		}
		b.WriteByte(ch)
	}
	l := literal{form: regex, raw: c.text[start:c.i]}
	if l.raw == "" {
		return l, c.error("a regular expression")
	}
	re, err := regexp.Compile(b.String())
	if err != nil {
		return l, &Error{c.column(open), "a regular expression", err.Error()}
	}
	l.re = re
	c.i++
	return l, nil
}

// operators are those of a regular expression.
const operators = `^$?[]{}|\*+.`

// escape returns the length of the escape at the cursor, or 0 if there is none that is allowed.
func (c *cursor) escape() int {
	rest := c.text[c.i+1:]
	switch {
	case rest == "":
		return 0
	case strings.IndexByte("dDsSwW:#=@/;,-"+operators, rest[0]) >= 0:
		return 2
	case rest[0] == 'x' && len(rest) >= 3 && hexadecimal(rest[1]) && hexadecimal(rest[2]):
		return 4
	}
	return 0
}

func hexadecimal(b byte) bool { return digit(b) || 'a' <= b|0x20 && b|0x20 <= 'f' }

// equal reports whether the literal equals a scalar with that text; number says that it is a JSON number.
func (l *literal) equal(text []byte, number bool) bool {
	switch {
	case l.re != nil:
		return l.re.Match(text)
	case l.any:
		return true
	case l.front && l.back:
		return bytes.Contains(text, []byte(l.text))
	case l.front:
		return len(text) >= len(l.text) && string(text[len(text)-len(l.text):]) == l.text
	case l.back:
		return len(text) >= len(l.text) && string(text[:len(l.text)]) == l.text
	}
	if string(text) == l.text {
		return true
	}
	if !l.isNumber {
		return false
	}
	d, ok := parseDecimal(text, number)
	return ok && d.compare(l.number) == 0
}

// holds reports whether a scalar with that text stands in the relation to the literal.
func (l *literal) holds(op operator, text []byte, number bool) bool {
	switch op {
	case equal:
		return l.equal(text, number)
	case unequal:
		return !l.equal(text, number)
	}
	d, ok := parseDecimal(text, number)
	if !ok {
		return false
	}
	switch n := d.compare(l.number); op {
	case less:
		return n < 0
	case atMost:
		return n <= 0
	case greater:
		return n > 0
	}
	return d.compare(l.number) >= 0
}

// print writes the literal as a pattern has it.
func (l *literal) print(b *strings.Builder) {
	mark := [...]string{"", `"`, "%"}[l.form]
	b.WriteString(mark + l.raw + mark)
}
