package sigma

import (
	"github.com/trailseal/trailseal/internal/pattern"
)

// inside reports whether an object satisfies a test that looks into objects.
func (g *group) inside(v pattern.Value) bool {
	globs, regexps := false, false
	for i := range g.tests {
		if t := &g.tests[i]; t.inside {
			globs, regexps = globs || t.kind == isText, regexps || t.kind == isRegexp
		}
	}
	if !globs && !regexps {
		return false
	}
	if globs {
		// What a regular expression sees leaves the stack, so it gets another copy.
		var space [2048]byte
		if g.globs(appendCompact(space[:0], v)) {
			return true
		}
	}
	return regexps && g.regexps(appendCompact(nil, v)) || g.within(v)
}

// globs asks the texts that are looked for inside, and regexps the regular expressions.
func (g *group) globs(text []byte) bool {
	for i := range g.tests {
		if t := &g.tests[i]; t.inside && t.kind == isText && t.glob.matches(text) {
			return true
		}
	}
	return false
}

func (g *group) regexps(text []byte) bool {
	for i := range g.tests {
		if t := &g.tests[i]; t.inside && t.kind == isRegexp && t.searches(text) {
			return true
		}
	}
	return false
}

// within asks them about every string in a value.
func (g *group) within(v pattern.Value) bool {
	holds := false
	v.Each(func(_ []byte, inner pattern.Value) bool {
		if inner.Type() == pattern.String {
			text := inner.Text()
			holds = g.globs(text) || g.regexps(text)
		} else {
			holds = g.within(inner)
		}
		return !holds
	})
	return holds
}

// appendCompact appends a value as JSON without blanks, where strings have no escapes but those that they need.
func appendCompact(dst []byte, v pattern.Value) []byte {
	open, end := byte('{'), byte('}')
	switch v.Type() {
	case pattern.String:
		return appendQuoted(dst, v.Text())
	case pattern.Array:
		open, end = '[', ']'
	case pattern.Object:
	default:
		return append(dst, v.Text()...)
	}
	dst = append(dst, open)
	first := true
	v.Each(func(name []byte, inner pattern.Value) bool {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if end == '}' {
			dst = append(appendQuoted(dst, name), ':')
		}
		dst = appendCompact(dst, inner)
		return true
	})
	return append(dst, end)
}

func appendQuoted(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i, c := range text {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(append(dst, text[from:i]...), '\\')
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, c)
		case '\b':
			dst = append(dst, 'b')
		case '\f':
			dst = append(dst, 'f')
		case '\n':
			dst = append(dst, 'n')
		case '\r':
			dst = append(dst, 'r')
		case '\t':
			dst = append(dst, 't')
		default:
			dst = append(dst, 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, text[from:]...), '"')
}
