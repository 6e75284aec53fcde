package sinktest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Shown wants a text that a person will see to be UTF-8 without characters that could hide or reorder others: controls
// other than line feed, and the directions and separators of Unicode. place names it in what is reported.
func Shown(t *testing.T, place, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s is not UTF-8: %.80q", place, text)
	}
	for i, c := range text {
		if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c) && c != '\u200d' || c == '\u2028' || c == '\u2029') {
			t.Errorf("%s shows %U: %.80q", place, c, text[max(0, i-20):])
			return
		}
	}
}

var (
	awsService = regexp.MustCompile(`(^|[ \n(])[a-z0-9]+\.amazonaws\.com`)
	aLink      = regexp.MustCompile(`://|[\pL\pN]\.\pL`)
)

// Linkless wants no client to find a URL, a host or an e-mail address in a text that a person will see, but for the names
// of AWS services.
func Linkless(t *testing.T, place, text string) {
	t.Helper()
	if link := aLink.FindString(awsService.ReplaceAllString(text, "")); link != "" {
		t.Errorf("%s has a link at %q: %.200q", place, link, text)
	}
}

// Golden compares got with the file testdata/name, or writes it.
func Golden(t *testing.T, update bool, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) == string(want) {
		return
	}
	a, b := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("%s, line %d:\n got %s\nwant %s\n(-update rewrites it)", file, i+1, a[i], b[i])
		}
	}
	t.Fatalf("%s has %d lines, got %d (-update rewrites it)", file, len(b), len(a))
}

// Indent lays out JSON for a golden file.
func Indent(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
	return b.Bytes()
}
