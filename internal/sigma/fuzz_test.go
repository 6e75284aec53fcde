package sigma

import (
	"errors"
	"math/rand/v2"
	"testing"
	"unicode/utf8"

	"github.com/trailseal/trailseal/internal/pattern"
)

// seedRules are rules for the fuzzer to begin with.
func seedRules() []string {
	all := []string{
		ruleText(abc + "1 of sel_* and not (filter or _other)"),
		ruleText("s:\n  eventName: [a, b*, null]\n  sourceIPAddress|cidr: 10.0.0.0/8\nk: [x, 'y?']\ncondition: [s, 'all of them']"),
		ruleText("s:\n  userAgent|fieldref|contains: errorCode\n  eventTime|hour|gte: 5\n  a.b|base64offset|contains: abc\ncondition: not s"),
		"title: t\ncorrelation: {}\n---\naction: global\n",
		"a: &x [*x]\n",
	}
	for _, line := range realLines() {
		all = append(all, ruleText("s:\n  "+line+"\ncondition: s"))
	}
	return all
}

func FuzzParse(f *testing.F) {
	for _, text := range seedRules() {
		f.Add([]byte(text))
	}
	rec := record(f, call("iam", "CreateUser", `"a":{"b":["x",1,null,{"c":"2030-01-02T03:04:05Z"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, err := ParseAll("x.yml", text)
		if err != nil {
			var e *Error
			if rules != nil || !errors.As(err, &e) || e.File != "x.yml" || e.Line < 1 || e.Reason == "" {
				t.Errorf("%d rules and %#v", len(rules), err)
			}
			return
		}
		set := NewSet(rules...)
		var want, got []int
		for i, r := range rules {
			if r.Match(rec) {
				want = append(want, i)
			}
		}
		for i := range set.Match(rec) {
			got = append(got, i)
		}
		if len(want) != len(got) {
			t.Errorf("want %v, got %v", want, got)
		}
	})
}

// FuzzMatch compares with the second evaluator.
func FuzzMatch(f *testing.F) {
	d := dice{rand.New(rand.NewPCG(3, 4))}
	for _, text := range seedRules() {
		f.Add([]byte(text), d.record())
		f.Add(d.rule(), call("iam", "CreateUser"))
	}
	f.Fuzz(func(t *testing.T, text []byte, event string) {
		r, err := Parse("x.yml", text)
		var rec pattern.Record
		// encoding/json repairs what is no UTF-8, and so knows less than there is.
		if err != nil || !utf8.ValidString(event) || rec.Reset([]byte(event)) != nil {
			return
		}
		if got, want := r.Match(&rec), newNaive(text).match([]byte(event)); got != want {
			t.Errorf("want %t, got %t\n%s\n%s", want, got, text, event)
		}
	})
}
