package web

import (
	"fmt"
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible spells out every character of s that a reader could not see or that could reorder its neighbours: control
// and bidi characters, zero-width and odd spaces, private and unassigned code points, bytes that are no UTF-8.
func Visible(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	spell(s, func(text, code string) { b.WriteString(text); b.WriteString(code) })
	return b.String()
}

// vis is Visible as escaped HTML, with the spelled-out characters marked so that they differ from the same letters
// written by somebody.
func vis(s string) template.HTML {
	if plain(s) {
		return template.HTML(template.HTMLEscapeString(s))
	}
	var b strings.Builder
	spell(s, func(text, code string) {
		b.WriteString(template.HTMLEscapeString(text))
		if code != "" {
			b.WriteString(`<span class="esc">` + code + `</span>`)
		}
	})
	return template.HTML(b.String())
}

// plain reports whether s is printable ASCII, the common case.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// spell cuts s into printable text, each followed by the code of one character that is not ("" at the end).
func spell(s string, emit func(text, code string)) {
	from := 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		code := ""
		switch {
		case r == utf8.RuneError && n == 1:
			code = fmt.Sprintf(`\x%02x`, s[i])
		case r == '\n':
			code = `\n`
		case r == '\t':
			code = `\t`
		case r == '\r':
			code = `\r`
		case !seen(r) && r > 0xffff:
			code = fmt.Sprintf(`\U%08x`, r)
		case !seen(r):
			code = fmt.Sprintf(`\u%04x`, r)
		}
		if code != "" {
			emit(s[from:i], code)
			from = i + n
		}
		i += n
	}
	emit(s[from:], "")
}

// seen reports whether r leaves ink. unicode.IsPrint leaves out controls, formats and every space but U+0020; some
// letters and symbols have no ink either.
func seen(r rune) bool {
	return unicode.IsPrint(r) && r != '\u2800' &&
		!unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// short is the visible form of s, cut to n characters for a label whose full text stands elsewhere.
func short(s string, n int) string {
	r := []rune(Visible(s))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n-1]) + "…"
}
