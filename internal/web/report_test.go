package web

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/verdict"
)

var update = flag.Bool("update", false, "write the golden files")

var options = ReportOptions{Generated: time.Date(2026, 3, 16, 9, 30, 0, 0, time.UTC), Version: "v0.1.0"}

func render(t *testing.T, r verdict.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Report(&b, r, options); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func renderSVG(t *testing.T, c []verdict.Coverage) string {
	t.Helper()
	var b bytes.Buffer
	if err := CoverageSVG(&b, c, SVGOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		a, b := strings.Split(got, "\n"), strings.Split(string(want), "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Fatalf("%s, line %d:\n got %s\nwant %s\n(-update rewrites it)", file, i+1, a[i], b[i])
			}
		}
		t.Fatalf("%s: got %d lines, want %d (-update rewrites it)", file, len(a), len(b))
	}
}

func TestReportGolden(t *testing.T) {
	incomplete := good()
	incomplete.Result, incomplete.Logs = verdict.Incomplete, "none"
	incomplete.LogFiles = verdict.LogCounts{Unchecked: 8064}
	for name, r := range map[string]verdict.Report{"pass": good(), "fail": mixed(), "incomplete": incomplete, "empty": {}} {
		t.Run(name, func(t *testing.T) {
			got := render(t, r)
			if got != render(t, r) {
				t.Error("two renderings differ")
			}
			wellFormed(t, got)
			selfContained(t, got)
			golden(t, name+".golden.html", got)
		})
	}
}

func TestCoverageSVGGolden(t *testing.T) {
	got := renderSVG(t, mixed().Coverage)
	wellFormed(t, got)
	selfContained(t, strings.Replace(got, ` xmlns="http://www.w3.org/2000/svg"`, "", 1))
	golden(t, "coverage.golden.svg", got)
	wellFormed(t, renderSVG(t, nil))
}

// wellFormed fails unless every element is closed, every link on the page has its target and no id is used twice.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict = strings.HasPrefix(page, "<svg") // a file of its own is XML, a page is HTML
	d.AutoClose = []string{"meta", "br"}
	ids := map[string]bool{}
	var links []string
	depth := 0
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch e := tok.(type) {
		case xml.EndElement:
			depth--
		case xml.StartElement:
			depth++
			for _, a := range e.Attr {
				switch {
				case a.Name.Local == "id" && ids[a.Value]:
					t.Errorf("id %q is used twice", a.Value)
				case a.Name.Local == "id":
					ids[a.Value] = true
				case a.Name.Local == "href" && strings.HasPrefix(a.Value, "#"):
					links = append(links, a.Value[1:])
				}
			}
		}
	}
	if depth != 0 {
		t.Errorf("%d elements are not closed", depth)
	}
	for _, l := range links {
		if !ids[l] {
			t.Errorf("link to #%s leads nowhere", l)
		}
	}
}

var (
	address = regexp.MustCompile(`(?i)[a-z]+://[^"' <>)]*`)
	active  = regexp.MustCompile(`(?i)<(script|link|iframe|object|embed|img|image|use|base|form|video|audio|foreignObject|animate|set)\b|<[^>]*\s(src|srcset|xlink:href|action|on[a-z]+)\s*=|javascript:|@import|@font-face`)
	loads   = regexp.MustCompile(`(?i)url\(([^)]*)\)`)
	hrefs   = regexp.MustCompile(`href="([^"]*)"`)
)

// selfContained fails if the page could load anything or run anything.
func selfContained(t *testing.T, page string) {
	t.Helper()
	for _, m := range active.FindAllString(page, -1) {
		t.Errorf("active content: %.80q", m)
	}
	for _, m := range loads.FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "#") {
			t.Errorf("loads %s", m[0])
		}
	}
	for _, m := range hrefs.FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "#") && !strings.HasPrefix(m[1], "https://docs.aws.amazon.com/") {
			t.Errorf("links to %s", m[1])
		}
	}
	for _, m := range address.FindAllString(page, -1) {
		if !strings.HasPrefix(m, "https://docs.aws.amazon.com/") && !strings.HasPrefix(m, "s3://") {
			t.Errorf("names the address %s", m)
		}
	}
}

func TestPolicyComesBeforeStyle(t *testing.T) {
	page := render(t, good())
	policy := strings.Index(page, `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`)
	if style := strings.Index(page, "<style"); policy < 0 || style < policy {
		t.Errorf("policy at %d, style at %d", policy, style)
	}
}

const hostile = "A</title></script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{.}}`${1}\u202egnp\u2066\u200b\x00\x1b[31m\n\xff\u00a0\U000e0041\ufe0f]]>&amp;Z"

// infect puts the hostile text into every string below v.
func infect(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(hostile)
	case reflect.Pointer:
		infect(v.Elem())
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[time.Time]() {
			for i := range v.NumField() {
				infect(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			infect(v.Index(i))
		}
	}
}

// spelledOut fails the test where a page shows the hostile text as anything but text that a person can read.
func spelledOut(t *testing.T, page string) {
	t.Helper()
	wellFormed(t, page)
	for _, c := range page { // invalid UTF-8 reads as U+FFFD
		if c == '\ufffd' || c != '\n' && !seen(c) {
			t.Fatalf("the page holds the character %U", c)
		}
	}
	for _, want := range []string{`\u202e`, `\u2066`, `\u200b`, `\u0000`, `\u001b`, `\n`, `\xff`, `\u00a0`, `\U000e0041`, `\ufe0f`} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is not spelled out", want)
		}
	}
	for _, m := range regexp.MustCompile(`(?i)<(script|img|/script)`).FindAllString(page, -1) {
		t.Errorf("unescaped %s", m)
	}
}

func TestHostileText(t *testing.T) {
	r := mixed()
	infect(reflect.ValueOf(&r))
	known := mixed() // hostile text, but known kinds, results and severities
	infect(reflect.ValueOf(&known))
	known.Result, known.Logs = verdict.Fail, "sample="+hostile
	for i := range known.Faults {
		known.Faults[i].Kind, known.Faults[i].Severity = mixed().Faults[i].Kind, mixed().Faults[i].Severity
	}
	var version bytes.Buffer
	if err := Report(&version, known, ReportOptions{Version: hostile}); err != nil {
		t.Fatal(err)
	}
	var svg bytes.Buffer
	if err := CoverageSVG(&svg, r.Coverage, SVGOptions{Title: hostile}); err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string]string{"all": render(t, r), "known": version.String(), "svg": svg.String()} {
		t.Run(name, func(t *testing.T) {
			spelledOut(t, page)
		})
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "Zoë/日本": "Zoë/日本", "a\u202eb": `a\u202eb`, "\x80": `\x80`, "\ufffd": "\ufffd",
		"\u3164\u2800\u115f": `\u3164\u2800\u115f`, "a\tb\r\n": `a\tb\r\n`, "\u00ad": `\u00ad`, "\U000f0000": `\U000f0000`,
	} {
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
}

// Every fault, gap, unsealed digest and warning is on the page, folded or not.
func TestNothingDropped(t *testing.T) {
	r := big()
	for i := range 1000 {
		r.Gaps = append(r.Gaps, integrity.Gap{Cause: "cause"})
		r.Unsealed = append(r.Unsealed, "unsealed")
		r.Warnings = append(r.Warnings, "warning")
		r.Faults[i].Kind = "new_kind"
	}
	page := render(t, r)
	wellFormed(t, page)
	for what, want := range map[string]int{
		`<div class="key raw">`: len(r.Faults), `<td class="why">cause</td>`: 1000,
		`<li class="key raw">unsealed</li>`: 1000, `<li>warning</li>`: 1000, "aws cloudtrail validate-logs": 51,
	} {
		if got := strings.Count(page, what); got != want {
			t.Errorf("%s: %d times, want %d", what, got, want)
		}
	}
}

func TestBig(t *testing.T) {
	r := big()
	start := time.Now()
	page := render(t, r)
	t.Logf("%d bytes in %v", len(page), time.Since(start))
	if len(page) > 15<<20 {
		t.Errorf("%d bytes", len(page))
	}
}

// With no fault at all the size of the map must hold too, when no two hours are alike.
func TestBigMap(t *testing.T) {
	r := good()
	r.Coverage = nil
	for i := range 51 {
		r.Coverage = append(r.Coverage, row("111122223333", "us-east-1", 60, func(d, h int) integrity.State {
			return integrity.States[(i+d+h)%len(integrity.States)]
		}))
	}
	if page := render(t, r); len(page) > 15<<20 {
		t.Errorf("%d bytes", len(page))
	}
}

type failing struct{ after int }

func (f *failing) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, errDisk
	}
	return len(p), nil
}

var errDisk = errors.New("disk full")

func TestWriteErrorsReachTheCaller(t *testing.T) {
	r := big()
	for _, after := range []int{0, 1 << 17, 1 << 20} {
		if err := Report(&failing{after}, r, options); !errors.Is(err, errDisk) {
			t.Errorf("Report after %d bytes: %v", after, err)
		}
		if err := CoverageSVG(&failing{after / 8}, r.Coverage, SVGOptions{}); !errors.Is(err, errDisk) {
			t.Errorf("CoverageSVG after %d bytes: %v", after/8, err)
		}
	}
}
