package sigma

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A text is a value of a rule as characters, and these in their place.
const (
	many rune = -1 - iota // *: any characters, none too
	one                   // ?: any character
	dash                  // one of the dashes
)

// dashes are the characters that windash makes interchangeable.
const dashes = "-/–—―"

// unescape reads a value with its wildcards. A backslash makes *, ? and \ plain; before anything else it is itself.
func unescape(s string) []rune {
	var out []rune
	escaped := false
	for _, r := range s {
		switch {
		case escaped:
			if r != '*' && r != '?' && r != '\\' {
				out = append(out, '\\')
			}
			out = append(out, r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '*':
			out = append(out, many)
		case r == '?':
			out = append(out, one)
		default:
			out = append(out, r)
		}
	}
	if escaped {
		out = append(out, '\\')
	}
	return out
}

// plain returns a text without wildcards.
func plain(text []rune) (string, bool) {
	var b strings.Builder
	for _, r := range text {
		if r < 0 {
			return "", false
		}
		b.WriteRune(r)
	}
	return b.String(), true
}

// front puts * before a text that does not begin with it, back puts it behind.
func front(text []rune) []rune {
	if len(text) > 0 && text[0] == many {
		return text
	}
	return append([]rune{many}, text...)
}

func back(text []rune) []rune {
	if len(text) > 0 && text[len(text)-1] == many {
		return text
	}
	return append(text[:len(text):len(text)], many)
}

// windash makes the dashes before a word, at the beginning or after what is no word, interchangeable.
func windash(text []rune) []rune {
	word := func(i int) bool {
		return 0 <= i && i < len(text) && text[i] >= 0 && (text[i] == '_' || unicode.IsLetter(text[i]) || unicode.IsDigit(text[i]))
	}
	out := append([]rune(nil), text...)
	for i, r := range text {
		if r >= 0 && strings.ContainsRune(dashes, r) && !word(i-1) && word(i+1) {
			out[i] = dash
		}
	}
	return out
}

// glob is a text made ready to be compared.
type glob struct {
	cased bool
	parts [][]rune // what stands between the *, folded unless cased; one part only without *
}

func newGlob(text []rune, cased bool) glob {
	g := glob{cased: cased}
	part := []rune{}
	for i, r := range text {
		switch {
		case r == many && i > 0 && text[i-1] == many:
		case r == many:
			g.parts = append(g.parts, part)
			part = []rune{}
		case r >= 0 && !cased:
			part = append(part, fold(r))
		default:
			part = append(part, r)
		}
	}
	g.parts = append(g.parts, part)
	return g
}

// open reports whether a text is looked for anywhere: it begins and ends with *.
func (g *glob) open() bool {
	return len(g.parts) > 1 && len(g.parts[0]) == 0 && len(g.parts[len(g.parts)-1]) == 0
}

// exact returns the one text, folded, that equals the value, but for case.
func (g *glob) exact() (string, bool) {
	if len(g.parts) > 1 {
		return "", false
	}
	s, ok := plain(g.parts[0])
	return string(Fold(nil, []byte(s))), ok
}

// matches reports whether all of b is what the value says.
func (g *glob) matches(b []byte) bool {
	at := g.prefix(g.parts[0], b, 0)
	if at < 0 {
		return false
	}
	if len(g.parts) == 1 {
		return at == len(b)
	}
	last := g.parts[len(g.parts)-1]
	for _, part := range g.parts[1 : len(g.parts)-1] {
		if at = g.find(part, b, at); at < 0 {
			return false
		}
	}
	// The last part's place is as many characters before the end as it has.
	start := len(b)
	for range last {
		if start <= at {
			return false
		}
		if b[start-1] < utf8.RuneSelf {
			start--
			continue
		}
		_, n := utf8.DecodeLastRune(b[:start])
		start -= n
	}
	return start >= at && g.prefix(last, b, start) == len(b)
}

// find returns the position after the first place of a part in b from a position on, or -1.
func (g *glob) find(part []rune, b []byte, at int) int {
	if len(part) == 0 {
		return at
	}
	first := part[0]
	for at < len(b) {
		if c := b[at]; c < utf8.RuneSelf {
			if rune(c) == first || first < 0 || !g.cased && rune(lower(c)) == first {
				if end := g.prefix(part, b, at); end >= 0 {
					return end
				}
			}
			at++
			continue
		}
		if end := g.prefix(part, b, at); end >= 0 {
			return end
		}
		_, n := utf8.DecodeRune(b[at:])
		at += n
	}
	return -1
}

// prefix returns the position after a part that stands at a position of b, or -1. A byte that is no UTF-8 is one
// character, U+FFFD.
func (g *glob) prefix(part []rune, b []byte, at int) int {
	for _, want := range part {
		if at == len(b) {
			return -1
		}
		r, n := rune(b[at]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(b[at:])
		}
		at += n
		if r == want {
			continue
		}
		switch {
		case want == one:
		case want == dash:
			if !strings.ContainsRune(dashes, r) {
				return -1
			}
		case g.cased || fold(r) != want:
			return -1
		}
	}
	return at
}
