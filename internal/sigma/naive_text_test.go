package sigma

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"go.yaml.in/yaml/v3"
)

// within returns the texts that are looked for something in an object: its own as compact JSON, and all strings in it.
func within(v any) []string {
	texts := []string{compact(v)}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case []member:
			for _, m := range v {
				walk(m.value)
			}
		}
	}
	walk(v)
	return texts
}

func compact(v any) string {
	switch v := v.(type) {
	case string:
		s := naiveQuotes.Replace(v)
		return `"` + naiveControls.ReplaceAllStringFunc(s, func(c string) string { return fmt.Sprintf(`\u%04x`, c[0]) }) + `"`
	case nil:
		return "null"
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, compact(e))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case []member:
		var parts []string
		for _, m := range v {
			parts = append(parts, compact(m.name)+":"+compact(m.value))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	return fmt.Sprint(v)
}

type naivePattern struct {
	re     *regexp.Regexp
	inside bool
}

func (x *naive) compile(s string) *regexp.Regexp {
	if x.compiled[s] == nil {
		x.compiled[s] = regexp.MustCompile(s)
	}
	return x.compiled[s]
}

// patterns returns regular expressions for a value, of which one has to match.
func (x *naive) patterns(words []string, n *yaml.Node) []naivePattern {
	has := func(list ...string) bool {
		return slices.ContainsFunc(list, func(w string) bool { return slices.Contains(words, w) })
	}
	key := fmt.Sprintf("%p %v", n, words)
	if all, ok := x.patternsOf[key]; ok {
		return all
	}
	if has("re") {
		flags := "U"
		for flag, names := range map[string][]string{"i": {"i", "ignorecase"}, "m": {"m", "multiline"}, "s": {"s", "dotall"}} {
			if has(names...) {
				flags += flag
			}
		}
		s := "(?" + flags + ":" + n.Value + ")"
		if has("startswith") {
			s = `\A` + s
		}
		if has("endswith") {
			s += `\z`
		}
		return []naivePattern{{x.compile(s), !has("startswith", "endswith")}}
	}
	texts := []string{n.Value}
	for _, word := range words {
		var next []string
		for _, s := range texts {
			next = append(next, transform(word, s)...)
		}
		texts = next
	}
	flags := "(?s)"
	if !has("cased") {
		flags = "(?si)"
	}
	var all []naivePattern
	for _, s := range texts {
		front, back := has("contains", "endswith"), has("contains", "startswith")
		inside := (front || strings.HasPrefix(s, "*")) && (back || naiveStar.MatchString(s))
		s = naivePieces.ReplaceAllStringFunc(s, func(t string) string {
			switch {
			case t == "*":
				return ".*"
			case t == "?":
				return "."
			case len(t) == 2 && t[0] == '\\':
				return regexp.QuoteMeta(t[1:])
			}
			return regexp.QuoteMeta(t)
		})
		if front {
			s = ".*" + s
		}
		if back {
			s += ".*"
		}
		all = append(all, naivePattern{x.compile(flags + `\A` + s + `\z`), inside})
	}
	x.patternsOf[key] = all
	return all
}

var (
	naiveStar     = regexp.MustCompile(`(^|[^\\])(\\\\)*\*$`)
	naivePieces   = regexp.MustCompile(`\\[\\*?]|\*|\?|[^*?\\]+|\\`)
	naiveControls = regexp.MustCompile("[\x00-\x1f]")
	naiveDecimal  = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$`)
	naiveQuotes   = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\b", `\b`, "\f", `\f`, "\n", `\n`, "\r", `\r`, "\t", `\t`)
)

// transform applies an encoding to a text with escapes.
func transform(word, s string) []string {
	plain := regexp.MustCompile(`\\([\\*?])`).ReplaceAllString(s, "$1")
	escape := func(s string) string { return regexp.MustCompile(`[\\*?]`).ReplaceAllString(s, `\$0`) }
	switch word {
	case "windash":
		loc := regexp.MustCompile(`(^|[^\p{L}\p{Nd}_])([-/–—―])[\p{L}\p{Nd}_]`).FindStringSubmatchIndex(s)
		if loc == nil {
			return []string{s}
		}
		var all []string
		for _, rest := range transform(word, "x"+s[loc[5]:]) {
			for _, d := range "-/–—―" {
				all = append(all, s[:loc[4]]+string(d)+rest[1:])
			}
		}
		return all
	case "wide", "utf16le", "utf16be", "utf16":
		var b []byte
		for _, u := range utf16.Encode([]rune(map[bool]string{true: "\ufeff"}[word == "utf16"] + plain)) {
			if word == "utf16be" {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		return []string{escape(string(b))}
	case "base64":
		return []string{base64.StdEncoding.EncodeToString([]byte(plain))}
	case "base64offset":
		// What does not change whatever stands before and behind.
		var all []string
		for shift := range 3 {
			var codes [2]string
			for i, c := range []string{"\x00", "\xff"} {
				codes[i] = base64.StdEncoding.EncodeToString([]byte(strings.Repeat(c, shift) + plain + strings.Repeat(c, 3)))
			}
			from := (shift*8 + 5) / 6
			to := (shift + len(plain)) * 8 / 6
			if codes[0][from:to] != codes[1][from:to] {
				panic("base64offset: the middle changes")
			}
			all = append(all, codes[0][from:to])
		}
		return all
	}
	return []string{s}
}
