package sigma

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/pattern"
)

// maker of random rules and records from few words, so that they meet.
type dice struct{ *rand.Rand }

func (d dice) pick(list ...string) string { return list[d.IntN(len(list))] }

func (d dice) word() string {
	return d.pick("a", "b", "A", "ab", "Ba", "", "ß", "K", "k", "ſ", "S", "-a", "/b", "—k", "a-b", " -a", `\`, `a\b`, "*", "?", `"`, "\n", "é", "É", "😀",
		"5", "5.0", "-3", "1e2", "true", "null", "10.0.0.1", "::1", "::ffff:10.0.0.2", "2030-01-02T23:04:05Z", "YQ==", "a\u0000b\u0000")
}

func (d dice) text() string {
	s := ""
	for range 1 + d.IntN(3) {
		s += d.word()
	}
	return s
}

// value is a random JSON value.
func (d dice) json(depth int) string {
	switch n := d.IntN(12); {
	case n < 5:
		b, _ := json.Marshal(d.pick(d.word(), d.text()))
		return string(b)
	case n < 7:
		return d.pick("5", "5.0", "50e-1", "-3", "0", "100", "12345678901234567890", "1e2", "true", "false", "null")
	case depth > 3:
		return "null"
	case n < 9:
		var list []string
		for range d.IntN(3) {
			list = append(list, d.json(depth+1))
		}
		return "[" + strings.Join(list, d.pick(",", " , ")) + "]"
	}
	var members []string
	for range d.IntN(4) {
		members = append(members, `"`+d.pick("a", "b", "c", "a.b", "b.c", "a.b.c", `\u0061`)+`":`+d.pick("", " ")+d.json(depth+1))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (d dice) record() string {
	var members []string
	for range d.IntN(5) {
		members = append(members, `"`+d.pick("a", "b", "c", "a.b", "eventName", "eventSource")+`":`+d.json(0))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (d dice) field() string {
	return d.pick("a", "b", "c", "a.b", "a.c", "b.a", "a.b.c", "eventName", "eventSource", "eventName")
}

// line is a random line of a selection.
func (d dice) line() (key string, value any) {
	mods := d.pick("", "", "", "|contains", "|startswith", "|endswith", "|cased", "|contains|cased", "|re", "|re|i", "|re|i|s", "|re|m", "|re|startswith", "|re|endswith",
		"|cidr", "|exists", "|lt", "|lte", "|gt", "|gte", "|neq", "|contains|neq", "|fieldref", "|fieldref|contains", "|startswith|fieldref", "|fieldref|neq", "|fieldref|cased",
		"|base64", "|base64offset|contains", "|wide|base64", "|utf16|base64", "|utf16be|base64offset|contains", "|windash", "|windash|contains", "|wide", "|hour", "|hour|gte", "|week", "|day|lt", "|year")
	if d.IntN(6) == 0 {
		mods += "|all"
	}
	one := func() any {
		switch first, _, _ := strings.Cut(strings.TrimPrefix(mods, "|"), "|"); {
		case first == "exists":
			return d.IntN(2) == 0
		case first == "cidr":
			return d.pick("10.0.0.0/8", "10.0.0.1", "::/0", "0.0.0.0/0", "::1")
		case first == "lt" || first == "lte" || first == "gt" || first == "gte":
			return json.Number(d.pick("5", "-3", "4.9", "1e2"))
		case strings.Contains(mods, "fieldref"):
			return d.field()
		case first == "hour" || first == "week" || first == "day":
			return d.IntN(24)
		case first == "year":
			return 2030
		case first == "re":
			return d.pick("a", "^b", "a.b", "[0-9]+", "b$", ".", "A|k", `\\`, "s+", `"a":`)
		}
		switch d.IntN(8) {
		case 0:
			return json.Number(d.pick("5", "5.0", "-3", "100", "12345678901234567890"))
		case 1:
			return nil
		case 2:
			return d.IntN(2) == 0
		case 3:
			return d.pick("*", "?", `\*`) + d.word()
		case 4:
			return d.word() + d.pick("*", "?", `\?`) + d.word()
		case 5:
			return d.text()
		}
		return d.word()
	}
	key = d.field() + mods
	if d.IntN(12) == 0 && (mods == "" || strings.HasPrefix(mods, "|contains") || strings.HasPrefix(mods, "|re")) {
		key = d.pick("|contains", "|all", "|cased", "|re", "|neq")
	}
	if d.IntN(3) > 0 || strings.HasPrefix(mods, "|exists") {
		return key, one()
	}
	var list []any
	for range d.pick("1", "22", "333", "999999999") {
		list = append(list, one())
	}
	return key, list
}

func (d dice) selection() any {
	fields := func() any {
		m := map[string]any{}
		for range 1 + d.IntN(2) {
			k, v := d.line()
			m[k] = v
		}
		return m
	}
	switch d.IntN(6) {
	case 0:
		return []any{fields(), fields()}
	case 1:
		return []any{d.word(), d.text()}
	}
	return fields()
}

func (d dice) condition(depth int) string {
	switch n := d.IntN(9); {
	case depth > 3 || n < 2:
		return d.pick("s1", "s2", "t", "_u", "1 of s*", "all of s*", "1 of them", "all of them", "any of _*")
	case n < 4:
		return "not " + d.condition(depth+1)
	case n < 6:
		return d.condition(depth+1) + " and " + d.condition(depth+1)
	case n < 8:
		return d.condition(depth+1) + " or " + d.condition(depth+1)
	}
	return "(" + d.condition(depth+1) + ")"
}

func (d dice) rule() []byte {
	b, err := json.Marshal(map[string]any{
		"title": "t", "logsource": map[string]string{"product": "aws", "service": "cloudtrail"},
		"detection": map[string]any{"s1": d.selection(), "s2": d.selection(), "t": d.selection(), "_u": d.selection(), "condition": d.condition(0)},
	})
	if err != nil {
		panic(err)
	}
	return b
}

func TestDifferential(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(1, 2))}
	rules, matches := 0, 0
	reasons := map[string]int{}
	for range 800 {
		text := d.rule()
		r, err := Parse("test.yml", text)
		if err != nil {
			reasons[err.Error()]++
			continue
		}
		rules++
		second, set := newNaive(text), NewSet(r)
		for range 20 {
			event := d.record()
			rec := record(t, event)
			want, got := second.match([]byte(event)), r.Match(rec)
			if want {
				matches++
			}
			if got != want {
				t.Fatalf("want %t, got %t\n%s\n%s", want, got, text, event)
			}
			if len(slices.Collect(set.Match(rec))) == 1 != want {
				t.Fatalf("a set differs: want %t\n%s\n%s", want, text, event)
			}
		}
	}
	t.Logf("%d rules, %d matches", rules, matches)
	if rules < 300 || matches < 1000 {
		t.Errorf("only %d rules, %d matches; refused: %v", rules, matches, reasons)
	}
}

// realLines are lines over the fields of real records, for every kind of modifier.
func realLines() []string {
	return []string{
		`sourceIPAddress|cidr: [10.0.0.0/8, 192.168.0.0/16, '2600::/12', 52.0.0.0/8]`,
		`eventTime|hour|gte: 12`, `eventTime|week: [1, 30, 40]`, `eventTime|year|lt: 2023`,
		`userAgent|contains|all: [aws, os]`, `userAgent|startswith: [aws-cli, '[boto']`, `userAgent|endswith: amazonaws.com`,
		`userAgent|re|i: 'PYTHON|terraform'`, `requestParameters|contains: ['"Effect":"Allow"', '"Allow"', '*']`,
		`responseElements|contains: true`, `requestParameters|re: '"[a-z]+Id":"'`, `resources.ARN|contains: ':s3:::'`,
		`resources.accountId|exists: true`, `requestParameters.tagSpecificationSet.items.tags.key: '*'`, `errorCode: null`, `errorCode|neq: AccessDenied`,
		`userIdentity.accountId|fieldref: recipientAccountId`, `userIdentity.arn|contains|fieldref: userIdentity.userName`, `readOnly: true`,
		`eventVersion: 1.08`, `requestParameters.maxResults|gt: 5`, `eventName|cased: [DescribeInstances, getuser]`, `userIdentity.invokedBy|exists: false`,
		`requestParameters.userData|base64offset|contains: curl`, `userAgent|windash|contains: ' -x'`, `'|all': [AccessDenied, assumed-role]`, `'|cased': '"type":"Root"'`,
		`eventSource: ['?3.amazonaws.com', '*m.amazonaws.com']`,
	}
}

func TestCorpusDifferential(t *testing.T) {
	dir := corpus(t)
	var rules []*Rule
	var seconds []*naive
	add := func(text []byte) {
		rules = append(rules, parse(t, string(text)))
		seconds = append(seconds, newNaive(text))
	}
	files, err := filepath.Glob(filepath.Join(dir, "sigma", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		add(text)
	}
	for _, line := range realLines() {
		add([]byte(ruleText("s:\n  " + line + "\ncondition: s")))
	}
	set := NewSet(rules...)
	matches := make([]int, len(rules))
	events := 0
	for _, event := range corpusEvents(t, dir) {
		events++
		rec := record(t, string(event))
		var want []int
		for i, second := range seconds {
			if i >= len(files) && events%8 > 0 {
				// The second evaluator is slow, and some of the events will do for these.
				if rules[i].Match(rec) {
					want = append(want, i)
					matches[i]++
				}
				continue
			}
			if second.match(event) {
				want = append(want, i)
				matches[i]++
			}
		}
		var alone []int
		for i, r := range rules {
			if r.Match(rec) {
				alone = append(alone, i)
			}
		}
		if got := slices.Collect(set.Match(rec)); !slices.Equal(want, got) || !slices.Equal(want, alone) {
			t.Errorf("want %v, got %v of the set and %v alone: %.300s", want, got, alone, event)
		}
	}
	t.Logf("%d events, %d rules; matches of each: %v", events, len(rules), matches)
	for i, line := range realLines() {
		if n := matches[len(files)+i]; n == 0 && !strings.Contains(line, "base64") && !strings.Contains(line, "windash") {
			t.Errorf("%s matches nothing", line)
		}
	}
}

func corpusEvents(t testing.TB, dir string) [][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "events", "*.ndjson"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var all [][]byte
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				all = append(all, line)
			}
		}
	}
	return all
}

// pattern.Record is reused in programs: so it is here.
func TestRecordsAreReused(t *testing.T) {
	r := parse(t, ruleText("s:\n  userAgent: a\ncondition: s"))
	var rec pattern.Record
	for i, event := range []string{value(`"a"`), value(`"b"`), value(`"A"`)} {
		if err := rec.Reset([]byte(event)); err != nil {
			t.Fatal(err)
		}
		if got, want := r.Match(&rec), i != 1; got != want {
			t.Errorf("%s: want %t, got %t", event, want, got)
		}
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	set := NewSet(
		parse(t, ruleText("s:\n  eventSource: iam.amazonaws.com\n  eventName: [createuser, x*]\nf:\n  errorCode: null\ncondition: s and f")),
		parse(t, ruleText("s:\n  sourceIPAddress|startswith: '192.'\n  eventTime|hour|lt: 5\ncondition: s")),
		parse(t, ruleText("s:\n  userAgent: [a, b, c, d, e, f, g, h, aws-cli/2.30]\n  requestParameters|contains: bob\ncondition: s")),
		parse(t, ruleText("s:\n  userIdentity.userName|fieldref: requestParameters.userName\ncondition: not s")),
		parse(t, ruleText("s: [ann]\ncondition: s")),
	)
	rec := record(t, call("iam", "CreateUser", `"requestParameters":{"userName":"bob"}`))
	matches := 0
	allocs := testing.AllocsPerRun(100, func() {
		matches = 0
		for range set.Match(rec) {
			matches++
		}
	})
	if matches != 5 || allocs != 0 {
		t.Errorf("want 5 matches and no allocations, got %d and %v", matches, allocs)
	}
}
