package post

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/sinktest"
)

func TestLine(t *testing.T) {
	for _, c := range []struct {
		name, text string
		limit      int
		want       string
	}{
		{"short", "abc", 3, "abc"},
		{"one too long", "abcd", 3, "ab…"},
		{"room for one", "ab", 1, "…"},
		{"no room", "ab", 0, ""},
		{"nothing", "", 0, ""},
		{"white space", " a\r\n\tb\u00a0c\u2028d ", 20, "a   b c d"},
		{"controls", "a\x00\x1b[31m\u009bb\x7f", 20, "a\ufffd\ufffd[31m\ufffdb\ufffd"},
		{"directions and what has no width", "a\u202eb\u200bc\ufeffd\u2066e\u00adf", 20, "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf"},
		{"not UTF-8", "a\xffb\xed\xa0\x80", 20, "a\ufffdb\ufffd\ufffd\ufffd"},
		{"two units fit", "\U0001f512", 2, "\U0001f512"},
		{"two units do not fit", "a\U0001f512", 2, "a…"},
		{"two units are not halved", "\U0001f512\U0001f512", 3, "\U0001f512…"},
	} {
		if got := Line(c.text, c.limit); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFit(t *testing.T) {
	ten := strings.Split(strings.TrimSpace(strings.Repeat("0123456789 ", 10)), " ")
	for _, c := range []struct {
		name  string
		lines []string
		total int
		limit int
		want  string
	}{
		{"nothing", nil, 0, 100, ""},
		{"nothing of five", nil, 5, 100, ""},
		{"all", []string{"a", "b"}, 0, 100, "a\nb"},
		{"two of seven", []string{"a", "b"}, 7, 100, "a\nb\n… and 5 more"},
		{"what fits of ten", ten, 10, 60, "0123456789\n0123456789\n0123456789\n… and 7 more"},
		{"what fits of a hundred", ten, 100, 60, "0123456789\n0123456789\n0123456789\n… and 97 more"},
		{"a first line that is too long", []string{strings.Repeat("x", 50), "b"}, 2, 30, strings.Repeat("x", 29) + "…"},
	} {
		if got := Fit(c.lines, c.total, c.limit); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDefang(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "",
		"https://evil.example/a.html?b=c.d":  "https[:]//evil[.]example/a[.]html?b=c[.]d",
		"ana@example.com":                    "ana@example[.]com",
		"http://198.51.100.7:80/":            "http[:]//198.51.100.7:80/",
		"198.51.100.7 aws-cli/2.17.0 a. b .": "198.51.100.7 aws-cli/2.17.0 a. b .",
		"evil.\u4f8b\u3048 x.xn--p1ai":       "evil[.]\u4f8b\u3048 x[.]xn--p1ai",
		"..a...b":                            ".[.]a..[.]b",
		"iam.amazonaws.com":                  "iam.amazonaws.com",
		"a iam.amazonaws.com (s3.amazonaws.com), x": "a iam.amazonaws.com (s3.amazonaws.com), x",
		"evil.s3.amazonaws.com":                     "evil[.]s3[.]amazonaws[.]com",
		"iam.amazonaws.com.evil.example":            "iam[.]amazonaws[.]com[.]evil[.]example",
		"iam.amazonaws.com/evil":                    "iam[.]amazonaws[.]com/evil",
		"evil-iam.amazonaws.com":                    "evil-iam[.]amazonaws[.]com",
		".amazonaws.com":                            "[.]amazonaws[.]com",
		"amazonaws.com":                             "amazonaws[.]com",
		".com":                                      "[.]com",
		"arn:aws:iam::111122223333:role/a":          "arn:aws:iam::111122223333:role/a",
		"10:02:00://://":                            "10:02:00[:]//[:]//",
	} {
		if got := Defang(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if again := Defang(Defang(text)); again != want {
			t.Errorf("%q, twice: %q, want %q", text, again, want)
		}
	}
}

func TestLink(t *testing.T) {
	for text, want := range map[string]string{
		"https://x.example/a?b=c&d=e#f":         "https://x.example/a?b=c&d=e#f",
		"http://wiki.internal/a":                "http://wiki.internal/a",
		"https://x.example/a|b":                 "https://x.example/a%7Cb",
		"https://x.example/?a=<b>|c":            "https://x.example/?a=%3Cb%3E%7Cc",
		"":                                      "",
		"javascript:alert(1)":                   "",
		"data:text/html,x":                      "",
		"//x.example":                           "",
		"https:///a":                            "",
		"https://x.example/\u202e":              "https://x.example/%E2%80%AE",
		"https://x.example/?\u202e":             "",
		"https://x.example/a\nb":                "",
		"https://x/" + strings.Repeat("a", 100): "",
	} {
		if got := Link(text, 100); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Each kind of notice has words of its own, and none is empty or too long, whatever the alert holds.
func TestWords(t *testing.T) {
	heads, leads := map[string]bool{}, map[string]bool{}
	for _, kind := range sinktest.Kinds() {
		n := sinktest.Ordinary(kind)
		heads[Headline(n, 100)], leads[Lead(n, 1000)] = true, true
	}
	if len(heads) != 6 || len(leads) != 6 {
		t.Errorf("headlines %v, leads %v, want six each", heads, leads)
	}
	n := sinktest.Ordinary(notice.Opened)
	n.Alert.Test = true
	if got := Headline(n, 100); !strings.HasPrefix(got, "TEST, nothing happened. ") {
		t.Errorf("headline of a test: %q", got)
	}
	for _, c := range sinktest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			texts := []string{Headline(c.Notice, 150), Lead(c.Notice, 500)}
			facts := Facts(c.Notice)
			if len(facts) != 10 {
				t.Errorf("%d facts", len(facts))
			}
			for _, f := range facts {
				texts = append(texts, f.Label, f.Value)
			}
			lists := append(append(append(Chain(c.Notice), Steps(c.Notice)...), Events(c.Notice)...), Around(c.Notice)...)
			if len(lists) > 300 {
				t.Errorf("%d lines", len(lists))
			}
			for i, s := range append(texts, lists...) {
				if s == "" || Length(s) > 520 || strings.Contains(s, "\n") {
					t.Errorf("text %d has %d characters: %.100q", i, Length(s), s)
				}
				sinktest.Shown(t, fmt.Sprint("text ", i), s)
			}
		})
	}
}

func FuzzLine(f *testing.F) {
	for i, s := range sinktest.HostileTexts() {
		f.Add(s, i*7)
	}
	f.Add("\U0001f512\U0001f512\u202e\xff", 3)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		got := Line(text, limit)
		if Length(got) > max(limit, 0) || !utf8.ValidString(got) {
			t.Errorf("%q has %d units, of at most %d", got, Length(got), limit)
		}
		for _, c := range got {
			if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == '\u2028' || c == '\u2029' {
				t.Errorf("%q holds %U", got, c)
			}
		}
		if again := Line(got, limit); again != strings.TrimSpace(got) {
			t.Errorf("%q becomes %q", got, again)
		}
		if link := Link(text, 200); link != "" && (strings.ContainsAny(link, "<>|\"' \n") && !strings.Contains(text, "'") || len(link) > 200) {
			t.Errorf("link %q", link)
		}
		defanged := Defang(text)
		if back := strings.NewReplacer("[:]", ":", "[.]", ".").Replace(defanged); !strings.Contains(text, "[") && back != text || strings.Contains(defanged, "://") {
			t.Errorf("%q is defanged to %q", text, defanged)
		}
		lines := strings.Split(got, " ")
		if fit := Fit(lines, 1000, limit); limit > 40 && Length(fit) > limit {
			t.Errorf("%d units of at most %d: %q", Length(fit), limit, fit)
		}
	})
}
