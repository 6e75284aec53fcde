package pattern

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// cursor reads a pattern's text and counts what the service limits.
type cursor struct {
	text      string
	i         int
	regexes   int
	wildcards int
	warnings  []Warning
	field     *field // of a space-delimited pattern, when in one
}

func (c *cursor) end() bool { return c.i == len(c.text) }

func (c *cursor) at(b byte) bool { return c.i < len(c.text) && c.text[c.i] == b }

// take passes over s if it is next.
func (c *cursor) take(s string) bool {
	if !strings.HasPrefix(c.text[c.i:], s) {
		return false
	}
	c.i += len(s)
	return true
}

// space passes over blanks and reports whether there were any.
func (c *cursor) space() bool {
	start := c.i
	for !c.end() && blank(c.text[c.i]) {
		c.i++
	}
	return c.i > start
}

// run passes over the bytes that ok accepts and returns them.
func (c *cursor) run(ok func(byte) bool) string {
	start := c.i
	for !c.end() && ok(c.text[c.i]) {
		c.i++
	}
	return c.text[start:c.i]
}

// keyword passes over word, which is in upper case, in any case. It is not the beginning of a longer word.
func (c *cursor) keyword(word string) bool {
	end := c.i + len(word)
	if end > len(c.text) || !strings.EqualFold(c.text[c.i:end], word) || end < len(c.text) && nameByte(c.text[end]) {
		return false
	}
	c.i = end
	return true
}

func (c *cursor) error(expected string) error { return c.errorAt(c.i, expected) }

func (c *cursor) errorAt(i int, expected string) error {
	found := "the end"
	if i < len(c.text) {
		r, n := utf8.DecodeRuneInString(c.text[i:])
		if r == utf8.RuneError && n == 1 {
			found = "byte " + strconv.Itoa(int(c.text[i]))
		} else {
			found = strconv.QuoteToASCII(string(r))
		}
	}
	return &Error{c.column(i), expected, found}
}

func (c *cursor) column(i int) int { return utf8.RuneCountInString(c.text[:i]) + 1 }

func (c *cursor) warn(i int, text string) {
	c.warnings = append(c.warnings, Warning{c.column(i), text})
}

func blank(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

func digit(b byte) bool { return '0' <= b && b <= '9' }

func letter(b byte) bool { return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' }

func nameByte(b byte) bool { return letter(b) || digit(b) || b == '_' || b == '-' }

func wordByte(b byte) bool { return letter(b) || digit(b) || b == '_' }
