package sigma

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestRefusedLines(t *testing.T) {
	for line, want := range map[string]string{
		`eventName|foo: x`:                                       `modifier "foo" is not known`,
		`eventName|: x`:                                          `a modifier is missing`,
		`eventName|expand: '%x%'`:                                `"expand" is not supported`,
		`eventName|contains|contains: x`:                         `stands twice`,
		`eventName|contains|startswith: x`:                       `stands beside another of contains`,
		`eventName|contains|base64: x`:                           `has to stand before contains`,
		`eventName|base64|wide: x`:                               `cannot stand behind base64`,
		`eventName|wide|utf16: x`:                                `cannot stand behind wide`,
		`eventName|base64: 'x*'`:                                 `cannot have wildcards before base64`,
		`eventName|base64offset: abc`:                            `needs contains`,
		`eventName|base64offset|contains: a`:                     `too short`,
		`eventName|utf16: abc`:                                   `byte order mark`,
		`eventName|wide: ü`:                                      `only ASCII`,
		`eventName|windash|base64: '-a -b -c -d -e'`:             `too many dashes`,
		`eventName|contains|re: x`:                               `"re" has to stand first`,
		`eventName|re: '(?=x)'`:                                  `regular expression`,
		`eventName|re: 'x)('`:                                    `regular expression`,
		`eventName|re|startswith: 'x)|(?:y'`:                     `regular expression`,
		`eventName|re: null`:                                     `null is no value`,
		`eventName|i: x`:                                         `has to stand behind re`,
		`eventName|re|neq|i: x`:                                  `has to stand behind re`,
		`eventName|re|i|ignorecase: x`:                           `says the same`,
		`eventName|re|cased: x`:                                  `says nothing of a regular expression`,
		`eventName|re|cidr: x`:                                   `cannot stand beside`,
		`eventName|wide|re: x`:                                   `takes texts only`,
		`sourceIPAddress|cidr: 10.0.0.1/8`:                       `is no network`,
		`sourceIPAddress|cidr: 10.0.0.*`:                         `is no network`,
		`sourceIPAddress|cidr: '::ffff:10.0.0.0/104'`:            `is no network`,
		`sourceIPAddress|cidr: 'fe80::1%eth0'`:                   `is no network`,
		`sourceIPAddress|cidr|contains: 10.0.0.0/8`:              `texts only`,
		`eventName|exists: yes`:                                  `exists takes true or false`,
		`eventName|exists: [true, false]`:                        `exists takes one value`,
		`eventName|exists|neq: true`:                             `stands alone`,
		`eventName|fieldref: 'a*'`:                               `is no name of a field`,
		`eventName|fieldref: EventSource`:                        `case matters in names`,
		`eventName|lt: x`:                                        `is no number`,
		`eventName|lt: '5'`:                                      `is no number`,
		`eventName|lt|gt: 5`:                                     `another comparison`,
		`eventName|lt|neq: 5`:                                    `"neq" cannot stand beside`,
		`eventName|lt|contains: 5`:                               `texts only`,
		`eventTime|hour: 24`:                                     `a number from 0 to 23`,
		`eventTime|hour: 2.0`:                                    `is no number`,
		`eventTime|hour|day: 2`:                                  `another part`,
		`eventName: 010`:                                         `leading zeros`,
		`eventName: 0x10`:                                        `leading zeros`,
		`eventName: 1_000`:                                       `leading zeros`,
		`eventName: .inf`:                                        `leading zeros`,
		`eventName|contains: ''`:                                 `an empty text is in every text`,
		`eventName|contains: null`:                               `null is no value`,
		`eventName|cased: null`:                                  `null is no value`,
		`eventName: []`:                                          `has no values`,
		`eventName: {a: b}`:                                      `a map as its value`,
		`eventName: [[a]]`:                                       `a list or a map among its values`,
		`eventName: !!binary aGk=`:                               `the tag "!!binary"`,
		`eventName: &a x`:                                        `anchors`,
		`'': x`:                                                  `a field without a name`,
		`'|exists': true`:                                        `without a field`,
		`'|startswith': x`:                                       `no beginning and no end`,
		`'|all': [x, '']`:                                        `an empty text`,
		`'|contains': null`:                                      `null is no value`,
		`EventName: x`:                                           `the name of the member is "eventName"`,
		`'resources[0].ARN': x`:                                  `arrays are looked through`,
		`'requestParameters..a': x`:                              `want names with dots`,
		`' eventName': x`:                                        `want names with dots`,
		`requestParameters.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a: x`: `more than 16 names`,
		`? [a] : x`:                                              `a name that is no text`,
		`<<: {a: b}`:                                             `a name that is no text`,
	} {
		refused(t, ruleText("s:\n  userAgent: x\n  "+line+"\ncondition: s"), 6, want)
	}
	refused(t, ruleText("s:\n  userAgent: x\n  userAgent: y\ncondition: s"), 6, `"userAgent" stands in line 5 already`)
}

func refused(t *testing.T, text string, line int, want string) {
	t.Helper()
	r, err := Parse("dir/test.yml", []byte(text))
	var e *Error
	if !errors.As(err, &e) || r != nil {
		t.Errorf("want an *Error with %q, got %v\n%s", want, err, text)
		return
	}
	if e.File != "dir/test.yml" || line != 0 && e.Line != line || !strings.Contains(e.Reason, want) {
		t.Errorf("want line %d and %q, got %v\n%s", line, want, err, text)
	}
	if !strings.HasPrefix(err.Error(), "dir/test.yml:") || strings.Contains(err.Error(), "%!") {
		t.Errorf("the message is %q", err)
	}
}

func TestRefusedDetections(t *testing.T) {
	for _, tt := range []struct {
		detection string
		line      int
		want      string
	}{
		{"s:\n  eventName: x", 4, "no condition"},
		{"s: x\ncondition: s", 4, "neither a map nor a list"},
		{"s: []\ncondition: s", 4, `the selection "s" is empty`},
		{"s: {}\ncondition: s", 4, "a map without fields"},
		{"s: [[x]]\ncondition: s", 4, "a list in the list"},
		{"s: [null]\ncondition: s", 4, "null is no value"},
		{"a b: [x]\ncondition: s", 4, "want a name of letters"},
		{"and: [x]\ncondition: s", 4, "a word of conditions"},
		{"s: [x]\ntimeframe: 5m\ncondition: s", 5, "timeframe is not supported"},
		{"s: [x]\ncondition: []", 5, "the condition is empty"},
		{"s: [x]\ncondition: 5", 5, "the condition is no text"},
		{"s: [x]\ncondition: [s, [s]]", 5, "the condition is no text"},
		{"s: [x]\ncondition: ''", 5, "want a selection, found the end"},
		{"s: [x]\ncondition: t", 5, `no selection is called "t"`},
		{"s: [x]\ncondition: 1 of t*", 5, `no selection is called "t*"`},
		{"_s: [x]\ncondition: 1 of them", 5, `no selection is called "*"`},
		{"s: [x]\ncondition: 2 of s*", 5, `want "1 of", "any of" or "all of", found "2"`},
		{"s: [x]\ncondition: 1 of", 5, `want "them" or a pattern`},
		{"s: [x]\ncondition: 1 of and", 5, `want "them" or a pattern`},
		{"s: [x]\ncondition: 1 s", 5, `want "of", found "s"`},
		{"s: [x]\ncondition: s s", 5, `want and, or, or the end, found "s"`},
		{"s: [x]\ncondition: s*", 5, `want a selection, found "s*"`},
		{"s: [x]\ncondition: s and", 5, "want a selection, found the end"},
		{"s: [x]\ncondition: (s", 5, `want ")", found the end`},
		{"s: [x]\ncondition: s)", 5, `found ")"`},
		{"s: [x]\ncondition: not", 5, "want a selection"},
		{"s: [x]\ncondition: s && s", 5, `found "&"`},
		{"s: [x]\ncondition: s | count() > 5", 5, `"| count() > 5": aggregations`},
		{"s: [x]\ncondition: s | near s", 5, "near"},
		{"s: [x]\ncondition: s near s", 5, `found "near"`},
		{"s: [x]\ncondition: " + strings.Repeat("(", 200) + "s" + strings.Repeat(")", 200), 5, "more than 100 levels"},
		{"s: [x]\ncondition: " + strings.Repeat("not ", 200) + "s", 5, "more than 100 levels"},
		{"s: [x]\ncondition: s" + strings.Repeat(" or s", 1000), 5, "longer than"},
	} {
		refused(t, ruleText(tt.detection), tt.line, tt.want)
	}
}

func TestRefusedRules(t *testing.T) {
	const rest = "\ndetection: {s: [x], condition: s}\n"
	const source = "\nlogsource: {product: aws, service: cloudtrail}"
	const good = "title: t" + source + rest
	for _, tt := range []struct {
		text string
		line int
		want string
	}{
		{"", 1, "no rule"},
		{"---\n---\n", 1, "no rule"},
		{"# nothing", 1, "no rule"},
		{"a: [", 0, "did not find"},
		{"x", 1, "a rule is a map"},
		{"\xff", 1, "no UTF-8"},
		{strings.Repeat("#", maxFile+1), 1, "longer than"},
		{"logsource: {product: windows, category: process_creation}\ntitle: t" + rest, 1, "not for CloudTrail: want product aws and service cloudtrail, found category \"process_creation\", product \"windows\""},
		{"title: t\nlogsource: {product: aws}" + rest, 2, `found product "aws"`},
		{"title: t\nlogsource: {product: AWS, service: cloudtrail}" + rest, 2, "not for CloudTrail"},
		{"title: t\nlogsource: {}" + rest, 2, "found neither"},
		{"title: t\nlogsource: aws" + rest, 2, "want a map"},
		{"title: t" + rest, 1, `"logsource" is missing`},
		{"author: a" + source + rest, 1, `"title" is missing`},
		{"title: ' '" + source + rest, 1, "title: empty"},
		{"title: [t]" + source + rest, 1, "title: want a text"},
		{"title: t" + source, 1, `"detection" is missing`},
		{"title: t" + source + "\ndetection: [s]", 3, "detection is no map"},
		{"id: 5\n" + good, 1, "is no UUID"},
		{"level: severe\n" + good, 1, `level: "severe": want informational`},
		{"status: new\n" + good, 1, `status: "new": want stable`},
		{"taxonomy: ecs\n" + good, 1, "taxonomy"},
		{"tags: {a: b}\n" + good, 1, "tags: want a list"},
		{"references: [[x]]\n" + good, 1, "references: want a list"},
		{"title: u\n" + good, 2, `"title" stands in line 1 already`},
		{"title: t\ncorrelation: {type: event_count}\n", 2, "correlation rules are not supported"},
		{good + "---\naction: global\n", 0, "action documents"},
		{"title: t" + source + "\nfilter: {rules: any}\n", 3, "filters for other rules"},
		{good + "---\n" + good, 5, "a second rule"},
		{good + "---\ntitle: t\n", 5, `"logsource" is missing`},
		{strings.Repeat(good+"---\n", maxDocuments+1), 0, "more than 100 rules"},
	} {
		refused(t, tt.text, tt.line, tt.want)
	}
}

func TestRule(t *testing.T) {
	const first = `title: Something happened
id: 929A690E-bef0-4204-a928-ef5e620d6fcc
status: unsupported
description: |
  Two
  lines
author: A, B
date: 2030-01-02
tags:
  - attack.persistence
  - attack.t1078.004
  - attack.T1098
  - attack.t1078.004
  - cve.2030.1
logsource:
  product: aws
  service: cloudtrail
  definition: all of it
detection:
  s:
    eventName: x
  condition: s
falsepositives: None
references: [https://example.com/a, https://example.com/b]
level: high
anything: else
`
	const second = "\n# a comment\ntitle: u\nlogsource: {product: aws, service: cloudtrail}\ndetection: {s: [x], condition: s}\n"
	rules, err := ParseAll("a/some_rule.yml", []byte("---\n"+first+"---\n"+second+"---\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Rule{{
		ID: "929A690E-bef0-4204-a928-ef5e620d6fcc", Name: "some_rule", Title: "Something happened", Description: "Two\nlines\n",
		Level: "high", Status: "unsupported", Author: "A, B", Attack: []string{"T1078.004", "T1098"},
		Tags:           []string{"attack.persistence", "attack.t1078.004", "attack.T1098", "attack.t1078.004", "cve.2030.1"},
		FalsePositives: []string{"None"}, References: []string{"https://example.com/a", "https://example.com/b"},
		File: "a/some_rule.yml", Line: 2, Warnings: []string{"line 4: its author calls the rule unsupported: it cannot be used as it is"},
	}, {Name: "some_rule-2", Title: "u", File: "a/some_rule.yml", Line: 31}}
	var got []Rule
	for _, r := range rules {
		c := *r
		c.match = expr{}
		got = append(got, c)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Rule{}, expr{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoad(t *testing.T) {
	file := func(id, title string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("title: " + title + "\nid: " + id + "\nlogsource: {product: aws, service: cloudtrail}\ndetection: {s: [x], condition: s}\n")}
	}
	const a, b, c = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b", "00000000-0000-4000-8000-00000000000c"
	tree := fstest.MapFS{
		"z.yml": file(a, "z"), "sub/a.yaml": file(b, "a"), "README.md": {Data: []byte("x")},
	}
	rules, err := Load(tree)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range rules {
		names = append(names, r.Name)
	}
	if diff := cmp.Diff([]string{"a", "z"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	tree["sub/wrong.yml"] = &fstest.MapFile{Data: []byte("title: x\n")}
	tree["sub/windows.yml"] = &fstest.MapFile{Data: []byte("title: x\nlogsource: {product: windows}\n")}
	tree["sub/z2.yml"] = file(strings.ToUpper(a), "again")
	tree["sub/z.yml"] = file(c, "the same name")
	tree["sub/long.yml"] = &fstest.MapFile{Data: []byte(strings.Repeat("#", maxFile+1))}
	rules, err = Load(tree)
	if rules != nil || err == nil {
		t.Fatalf("want no rules and an error, got %d and %v", len(rules), err)
	}
	for _, want := range []string{
		`sub/wrong.yml:1: "logsource" is missing`, "sub/windows.yml:2: logsource: the rule is not for CloudTrail",
		"z.yml:1: the rule with the id " + a + " is in sub/z2.yml:1 too", "z.yml:1: the rule with the name z is in sub/z.yml:1 too",
		"sub/long.yml:1: longer than",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in\n%v", want, err)
		}
	}
}
