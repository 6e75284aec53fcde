package post

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns text as one line of at most limit UTF-16 units, which is the most that any vendor can count for it: white
// space becomes a blank, other controls and what has no width or turns the direction become U+FFFD, and "…" stands for
// what is left out.
func Line(text string, limit int) string {
	var b strings.Builder
	used := 0
	ends := 0 // where b is cut when the text turns out too long
	text = strings.TrimSpace(text)
	for i := 0; i < len(text); {
		c, n := utf8.DecodeRuneInString(text[i:])
		i += n
		switch {
		case unicode.IsSpace(c) || c == '\u2028' || c == '\u2029':
			c = ' '
		case unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || unicode.Is(unicode.Co, c):
			c = utf8.RuneError
		}
		if used += units(c); used > limit {
			if limit < 1 {
				return ""
			}
			return b.String()[:ends] + "…"
		}
		b.WriteRune(c)
		if used < limit {
			ends = b.Len()
		}
	}
	return b.String()
}

func units(c rune) int {
	if c > 0xFFFF {
		return 2
	}
	return 1
}

// Length counts text as Line does.
func Length(text string) int {
	n := 0
	for _, c := range text {
		n += units(c)
	}
	return n
}

// Fit joins lines with line feeds to at most limit UTF-16 units, and says how many were left out. total is how many
// there are in all; lines may be the first ones only.
func Fit(lines []string, total, limit int) string {
	const more = "… and %d more"
	var b strings.Builder
	used := 0
	for i, line := range lines {
		n := Length(line) + 1
		if used+n > limit-len(more)-10 {
			total = max(total, len(lines))
			if i == 0 {
				return Line(line, limit)
			}
			fmt.Fprintf(&b, "\n"+more, total-i)
			return b.String()
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(line)
		used += n
	}
	if left := total - len(lines); left > 0 && len(lines) > 0 {
		fmt.Fprintf(&b, "\n"+more, left)
	}
	return b.String()
}

// Defang writes what a client might take for a link as security people write it: "://" as "[:]//", and a dot before a letter
// as "[.]", so that https://evil.example is https[:]//evil[.]example. The names of AWS services, as in iam.amazonaws.com,
// and what has digits after its dots, such as an address, stay.
func Defang(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch rest := text[i:]; {
		case strings.HasPrefix(rest, "://"):
			b.WriteString("[:]")
		case rest[0] == '.' && letter(rest[1:]) && !service(text, i):
			b.WriteString("[.]")
		default:
			b.WriteByte(rest[0])
		}
	}
	return b.String()
}

func letter(text string) bool {
	c, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLetter(c)
}

// service reports whether the dot at i is one of NAME.amazonaws.com that stands alone: x.s3.amazonaws.com is somebody's
// bucket, and iam.amazonaws.com.evil.example is somebody's host.
func service(text string, i int) bool {
	const suffix = ".amazonaws.com"
	start := i
	if strings.HasPrefix(text[i:], ".com") {
		if start = i - len(".amazonaws"); start < 0 {
			return false
		}
	}
	if !strings.HasPrefix(text[start:], suffix) {
		return false
	}
	name := start
	for name > 0 && strings.IndexByte("abcdefghijklmnopqrstuvwxyz0123456789", text[name-1]) >= 0 {
		name--
	}
	end := start + len(suffix)
	return name < start && (name == 0 || strings.IndexByte(" (", text[name-1]) >= 0) &&
		(end == len(text) || strings.IndexByte(" ),", text[end]) >= 0)
}

// Link returns text where it is a URL of http or https that a vendor may be given, at most limit bytes; else it is empty.
func Link(text string, limit int) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	if s := strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", "\"", "%22", " ", "%20").Replace(u.String()); len(s) <= limit && Line(s, limit) == s {
		return s
	}
	return ""
}
