package sigma

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const abc = `
sel_a:
  userAgent|contains: a
sel_b:
  userAgent|contains: b
filter:
  userAgent|contains: f
_other:
  userAgent|contains: o
condition: `

func TestConditions(t *testing.T) {
	for _, tt := range []struct {
		condition string
		yes, no   []string
	}{
		{"sel_a", []string{"a", "ab"}, []string{"b", ""}},
		{"sel_a and sel_b", []string{"ab"}, []string{"a", "b"}},
		{"sel_a or sel_b", []string{"a", "b"}, []string{"f"}},
		{"not sel_a", []string{"", "b"}, []string{"a"}},
		{"not not sel_a", []string{"a"}, []string{"b"}},
		{"sel_a and not filter", []string{"a"}, []string{"af", "b"}},
		{"sel_a or sel_b and filter", []string{"a", "bf"}, []string{"b", "f"}},
		{"(sel_a or sel_b) and filter", []string{"af", "bf"}, []string{"a", "b", "f"}},
		{"not sel_a and sel_b", []string{"b"}, []string{"", "ab"}},
		{"not (sel_a and sel_b)", []string{"a", "b", ""}, []string{"ab"}},
		{"not sel_a or sel_b", []string{"", "ab"}, []string{"a"}},
		{"1 of sel_*", []string{"a", "b"}, []string{"f", "o"}},
		{"any of sel_*", []string{"a", "b"}, []string{"f"}},
		{"all of sel_*", []string{"ab"}, []string{"a", "b"}},
		{"1 of them", []string{"a", "f"}, []string{"o", ""}},
		{"all of them", []string{"abf"}, []string{"abo"}},
		{"1 of *l*", []string{"a", "f"}, []string{"o"}},
		{"1 of *", []string{"a"}, []string{"o"}},
		{"1 of _*", []string{"o"}, []string{"a"}},
		{"_other", []string{"o"}, []string{"a"}},
		{"1 of filter", []string{"f"}, []string{"a"}},
		{"1 of sel_* and not 1 of filter*", []string{"a"}, []string{"af"}},
		{"not 1 of sel_*", []string{"f"}, []string{"a"}},
		{"NOT (sel_a OR 1 Of filter*) AND sel_b", []string{"b"}, []string{"ab", "bf"}},
		{"(((sel_a)))", []string{"a"}, []string{"b"}},
		{"[sel_a, sel_b and filter]", []string{"a", "bf"}, []string{"b"}},
		{"|\n  sel_a and\n  not filter", []string{"a"}, []string{"af"}},
	} {
		t.Run(tt.condition, func(t *testing.T) {
			text := ruleText(abc + tt.condition)
			for _, s := range tt.yes {
				hold(t, text, value(`"`+s+`"`), true)
			}
			for _, s := range tt.no {
				hold(t, text, value(`"`+s+`"`), false)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	for _, tt := range []struct {
		name, detection string
		want            []string
	}{
		{"nothing to warn of", "s:\n  eventName: x\n  requestParameters.any: y\ncondition: s", nil},
		{"unused", "s:\n  eventName: x\nt:\n  eventName: y\ncondition: s", []string{`line 6: the selection "t" is not used by the condition`}},
		{"used by a pattern", "s:\n  eventName: x\nt:\n  eventName: y\ncondition: 1 of *", nil},
		{"an unknown field", "s:\n  src_ip: x\ncondition: s", []string{`line 5: no record of CloudTrail is known to have the field "src_ip"`}},
		{"names that differ by case", "s:\n  eventID: x\n  eventId: x\ncondition: s", nil},
		{"all of one", "s:\n  eventName|contains|all: [x]\ncondition: s", []string{`line 5: "eventName|contains|all" has one value, of which all is the same as one`}},
		{"null by leaving it out", "s:\n  eventName:\ncondition: s", []string{`line 5: the field "eventName" has no value here, which is null`}},
		{"a field as a text", "s:\n  eventName|contains: userIdentity.arn\ncondition: s", []string{`line 5: "userIdentity.arn" is compared as a text: fieldref makes it the name of a field`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, parse(t, ruleText(tt.detection)).Warnings); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPins(t *testing.T) {
	for _, tt := range []struct {
		name, detection string
		names, sources  []string
	}{
		{"both", "s:\n  eventName: [B, a, b]\n  eventSource: S3.amazonaws.com\ncondition: s", []string{"a", "b"}, []string{"s3.amazonaws.com"}},
		{"of two selections", "s:\n  eventName: a\nt:\n  eventSource: b\ncondition: s and t", []string{"a"}, []string{"b"}},
		{"or", "s:\n  eventName: a\nt:\n  eventName: b\ncondition: 1 of *", []string{"a", "b"}, nil},
		{"or something else", "s:\n  eventName: a\nt:\n  eventSource: b\ncondition: s or t", nil, nil},
		{"a list of maps", "s:\n  - eventName: a\n  - eventName: b\ncondition: s", []string{"a", "b"}, nil},
		{"a filter pins nothing", "s:\n  eventName: a\nt:\n  eventName: b\ncondition: s and not t", []string{"a"}, nil},
		{"the fewest", "s:\n  eventName: [a, b]\nt:\n  eventName: b\ncondition: s and t", []string{"b"}, nil},
		{"wildcards", "s:\n  eventName: a*\ncondition: s", nil, nil},
		{"contains", "s:\n  eventName|contains: a\ncondition: s", nil, nil},
		{"null", "s:\n  eventName: [a, null]\ncondition: s", nil, nil},
		{"neq", "s:\n  eventName|neq: a\ncondition: s", nil, nil},
		{"a number", "s:\n  eventName: 5\ncondition: s", nil, nil},
		{"cased", "s:\n  eventName|cased: Aſ\ncondition: s", []string{"as"}, nil},
		{"escaped", "s:\n  eventName: 'a\\*'\ncondition: s", []string{"a*"}, nil},
		{"all", "s:\n  eventName|all: [a, '*b']\ncondition: s", []string{"a"}, nil},
		{"exists", "s:\n  eventName|exists: true\ncondition: s", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := parse(t, ruleText(tt.detection))
			if diff := cmp.Diff(tt.names, r.Pins("eventName")); diff != "" {
				t.Errorf("eventName (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.sources, r.Pins("eventSource")); diff != "" {
				t.Errorf("eventSource (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSet(t *testing.T) {
	var rules []*Rule
	for _, detection := range []string{
		"s:\n  eventName: a\ncondition: s",
		"s:\n  eventSource: k.amazonaws.com\ncondition: s",
		"s:\n  userAgent: x\ncondition: s",
		"s:\n  eventName: [B, A]\n  userAgent: x\ncondition: s",
		"s:\n  eventName: '5'\ncondition: s",
		"s:\n  eventName: null\ncondition: s",
	} {
		rules = append(rules, parse(t, ruleText(detection)))
	}
	s := NewSet(rules...)
	for event, want := range map[string][]int{
		`{"eventName":"A","eventSource":"K.amazonaws.com","userAgent":"x"}`: {0, 1, 2, 3},
		`{"eventName":"b","userAgent":"x"}`:                                 {2, 3},
		`{"eventName":"A","eventSource":"\u212a.amazonaws.com"}`:            {0, 1},
		`{"eventName":5}`:         {4},
		`{"eventName":["x","a"]}`: {0},
		`{"eventName":"z"}`:       nil,
		`{"userAgent":"x"}`:       {2, 5},
		`[]`:                      nil,
	} {
		rec := record(t, "{}")
		if err := rec.Reset([]byte(event)); (err != nil) != (event == "[]") {
			t.Fatal(err)
		}
		var got []int
		for i := range s.Match(rec) {
			got = append(got, i)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", event, diff)
		}
	}
}
