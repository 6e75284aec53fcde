package sigma

import (
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/pattern"
)

// ruleText is a rule with a detection, whose lines begin at the margin.
func ruleText(detection string) string {
	return "title: t\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  " +
		strings.ReplaceAll(strings.TrimSpace(detection), "\n", "\n  ") + "\n"
}

func parse(t testing.TB, text string) *Rule {
	t.Helper()
	r, err := Parse("test.yml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return r
}

func record(t testing.TB, event string) *pattern.Record {
	t.Helper()
	var r pattern.Record
	if err := r.Reset([]byte(event)); err != nil {
		t.Fatalf("%v: %s", err, event)
	}
	return &r
}

// hold holds a rule to an event, and the second evaluator to the same.
func hold(t *testing.T, text, event string, want bool) {
	t.Helper()
	if got := parse(t, text).Match(record(t, event)); got != want {
		t.Errorf("want %t, got %t\n%s%s", want, got, text, event)
	}
	if got := newNaive([]byte(text)).match([]byte(event)); got != want {
		t.Errorf("the second evaluator: want %t, got %t\n%s%s", want, got, text, event)
	}
}

// value is an event whose eventName, or whatever it is, is JSON.
func value(json string) string { return `{"userAgent":` + json + `}` }

func TestValues(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		yes, no    []string // JSON of userAgent
	}{
		{"case does not matter", `userAgent: 'aBc'`, []string{`"abc"`, `"ABC"`}, []string{`"abcd"`, `"ab"`, `""`, `null`}},
		{"Unicode folds simply", `userAgent: 'STRASSE ſk Σ'`, []string{`"strasse Sk ς"`}, []string{`"straße sk σ"`}},
		{"JSON's escapes are read", `userAgent: 'a"b'`, []string{`"a\"b"`, `"\u0041\u0022b"`}, []string{`"a\\\"b"`}},
		{"the empty text", `userAgent: ''`, []string{`""`}, []string{`" "`, `null`, `[]`, `{}`}},
		{"null is absent or null", `userAgent: null`, []string{`null`, `[null]`}, []string{`""`, `"null"`, `[]`, `{}`, `false`}},
		{"* is any characters", `userAgent: 'a*c'`, []string{`"ac"`, `"abbc"`, `"a\nc"`}, []string{`"acd"`, `"bac"`}},
		{"* does not use characters twice", `userAgent: 'ab*ba'`, []string{`"abba"`, `"ab--ba"`}, []string{`"aba"`}},
		{"* many times", `userAgent: '*a*b*c'`, []string{`"abc"`, `"xaxbxcxc"`}, []string{`"acb"`, `"abcx"`}},
		{"? is one character", `userAgent: 'a?c'`, []string{`"abc"`, `"aüc"`, `"a?c"`}, []string{`"ac"`, `"abbc"`}},
		{"? before the end", `userAgent: '*a??'`, []string{`"aüx"`, `"aabc"`}, []string{`"abcd"`, `"ab"`}},
		{"* alone is any text, and no null", `userAgent: '*'`, []string{`""`, `"x"`, `0`, `false`, `{}`}, []string{`null`, `[]`}},
		{"a list is or", `userAgent: [a, b]`, []string{`"a"`, `"B"`}, []string{`"c"`}},
		{"a long list is or", `userAgent: [a, b, c, d, e, f, g, h, i, ſ]`, []string{`"S"`, `"A"`}, []string{`"j"`, `"aa"`, `""`}},
		{"a list with null", `userAgent: [a, null]`, []string{`"a"`, `null`}, []string{`"b"`}},
		{"elements of arrays", `userAgent: a`, []string{`["b","a"]`, `[["x"],["a"]]`}, []string{`[]`, `["b"]`, `{"a":"a"}`}},
		{"a number equals its like", `userAgent: 443`, []string{`443`, `443.0`, `4.43e2`, `"443"`, `"443.00"`}, []string{`44`, `"4.43e2"`, `"x"`, `true`}},
		{"long numbers are exact", `userAgent: 12345678901234567890`, []string{`12345678901234567890`}, []string{`12345678901234567891`}},
		{"a number in quotes is a text", `userAgent: '443'`, []string{`443`, `"443"`}, []string{`443.0`}},
		{"a boolean", `userAgent: true`, []string{`true`, `"TRUE"`}, []string{`false`, `1`}},
		{"a boolean in quotes", `userAgent: 'false'`, []string{`false`, `"False"`}, []string{`true`, `0`, `null`}},
		{"an object equals nothing", `userAgent: '{}'`, nil, []string{`{}`}},
		{"a date is a text", `userAgent: 2030-01-02`, []string{`"2030-01-02"`}, []string{`"2030-01-03"`}},
	} {
		t.Run(tt.name, func(t *testing.T) { try(t, tt.line, tt.yes, tt.no) })
	}
	hold(t, ruleText("s:\n  userAgent: null\ncondition: s"), `{}`, true)
}

// try holds a selection of one line to JSON values.
func try(t *testing.T, line string, yes, no []string) {
	t.Helper()
	text := ruleText("s:\n  " + line + "\ncondition: s")
	for _, json := range yes {
		hold(t, text, value(json), true)
	}
	for _, json := range no {
		hold(t, text, value(json), false)
	}
}

// The examples of the specification's section on escaping.
func TestEscapes(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		yes, no    []string
	}{
		{"a single backslash", `a\b`, []string{`"a\\b"`}, []string{`"ab"`, `"a\\\\b"`}},
		{"a double backslash is one", `a\\b`, []string{`"a\\b"`}, []string{`"a\\\\b"`}},
		{"a plain asterisk", `a\*`, []string{`"a*"`}, []string{`"ab"`, `"a\\b"`}},
		{"a plain question mark", `a\?`, []string{`"a?"`}, []string{`"ab"`}},
		{"a backslash and a wildcard", `a\\*`, []string{`"a\\"`, `"a\\bc"`}, []string{`"a*"`, `"ab"`}},
		{"a backslash and a plain asterisk", `a\\\*`, []string{`"a\\*"`}, []string{`"a\\b"`, `"a*"`}},
		{"three are two", `a\\\b`, []string{`"a\\\\b"`}, []string{`"a\\b"`}},
		{"four are two", `a\\\\b`, []string{`"a\\\\b"`}, []string{`"a\\b"`}},
		{"one at the end", `a\`, []string{`"a\\"`}, []string{`"a"`}},
	} {
		t.Run(tt.name, func(t *testing.T) { try(t, "userAgent: '"+tt.text+"'", tt.yes, tt.no) })
	}
}

func TestModifiers(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		yes, no    []string
	}{
		{"contains", `userAgent|contains: bc`, []string{`"ABCD"`, `"bc"`, `["x","bc"]`}, []string{`"b c"`, `null`}},
		{"contains a number", `userAgent|contains: 44`, []string{`443`, `"x44"`}, []string{`4`}},
		{"contains looks into objects", `userAgent|contains: '"b":["c"'`, []string{`{"a": {"b" : [ "c", 1 ]}}`, `{"a":{"\u0062":["c"]}}`}, []string{`{"b":"c"}`, `"\"b\": [\"c\""`}},
		{"contains looks into strings in objects", `userAgent|contains: '"Allow"'`, []string{`{"p":"{\"Effect\":\"Allow\"}"}`, `[{"p":["x",{"q":"\"allow\""}]}]`}, []string{`{"p":"Allowed"}`, `{"Allow ":1}`}},
		{"* at both ends is contains", `userAgent: '*Suspended*'`, []string{`{"v":{"Status":"Suspended"}}`, `"suspended"`}, []string{`{"v":"Enabled"}`}},
		{"contains *", `userAgent|contains: '*'`, []string{`"x"`, `{}`, `["x"]`}, []string{`null`, `[]`}},
		{"contains with * in it", `userAgent|contains: 'a*c?e'`, []string{`"xxabcdexx"`}, []string{`"ace"`}},
		{"startswith", `userAgent|startswith: ab`, []string{`"ABC"`, `"ab"`}, []string{`"cab"`, `{"ab":1}`}},
		{"endswith", `userAgent|endswith: ab`, []string{`"cAB"`}, []string{`"abc"`}},
		{"all", `userAgent|contains|all: [a, b]`, []string{`"b a"`, `["a","b"]`, `{"a":"b"}`}, []string{`"a"`, `["a"]`}},
		{"all of texts wants arrays", `userAgent|all: [a, b]`, []string{`["b","a"]`}, []string{`"a"`}},
		{"cased", `userAgent|cased: aB`, []string{`"aB"`}, []string{`"ab"`}},
		{"cased contains", `userAgent|contains|cased: aB`, []string{`"xaBx"`}, []string{`"xabx"`, `"aK"`}},
		{"cased in a long list", `userAgent|cased: [A, b, c, d, e, f, g, h, i]`, []string{`"A"`}, []string{`"a"`}},
		{"neq", `userAgent|neq: a`, []string{`"b"`, `null`, `[]`}, []string{`"A"`, `["b","a"]`}},
		{"neq of several is none of them", `userAgent|neq: [a, 5]`, []string{`"b"`, `6`}, []string{`"A"`, `5.0`}},
		{"neq null", `userAgent|neq: null`, []string{`"b"`, `[]`}, []string{`null`}},
		{"re is looked for anywhere, and cased", `userAgent|re: 'b.c'`, []string{`"abxcd"`}, []string{`"aBxc"`, `"b\nc"`}},
		{"re i", `userAgent|re|i: 'B.C'`, []string{`"abxcd"`}, []string{`"bc"`}},
		{"re m", `userAgent|re|m: '^b$'`, []string{`"a\nb\nc"`}, []string{`"a b"`}},
		{"re s", `userAgent|re|s: 'b.c'`, []string{`"b\nc"`}, []string{`"bc"`}},
		{"re ignorecase dotall", `userAgent|re|ignorecase|dotall: 'B.C'`, []string{`"b\nc"`}, []string{`"bc"`}},
		{"re startswith", `userAgent|re|startswith: 'a|b'`, []string{`"bx"`}, []string{`"xb"`, `{"a":"b"}`}},
		{"re endswith", `userAgent|re|endswith: 'a|b'`, []string{`"xb"`}, []string{`"bx"`}},
		{"re of numbers and booleans", `userAgent|re: '^(4|t)'`, []string{`44`, `true`}, []string{`false`, `null`}},
		{"re has no wildcards", `userAgent|re: '^a\\?$'`, []string{`"a"`, `"a\\"`}, []string{`"ab"`}},
		{"re looks into objects", `userAgent|re: '"a":[0-9]'`, []string{`{"a": 1}`}, []string{`{"a":"1"}`}},
		{"re looks at strings in objects", `userAgent|re: '^a$'`, []string{`{"b":["a"]}`}, []string{`{"a":"b"}`}},
		{"cidr", `userAgent|cidr: 10.0.0.0/8`, []string{`"10.1.2.3"`, `"::ffff:10.1.2.3"`, `["x","10.0.0.0"]`}, []string{`"11.0.0.0"`, `"AWS Internal"`, `"10.1.2"`, `10.1`, `"s3.amazonaws.com"`}},
		{"cidr of IPv6", `userAgent|cidr: '2001:db8::/32'`, []string{`"2001:DB8:1::1"`}, []string{`"2001:db9::1"`, `"10.0.0.1"`}},
		{"cidr of one address", `userAgent|cidr: [192.0.2.1, '::1']`, []string{`"192.0.2.1"`, `"::1"`}, []string{`"192.0.2.2"`}},
		{"exists", `userAgent|exists: true`, []string{`"x"`, `null`, `[]`, `{}`, `""`}, nil},
		{"exists not", `userAgent|exists: false`, nil, []string{`null`, `[]`}},
		{"lt", `userAgent|lt: 10`, []string{`9.99`, `"9"`, `-1e9`}, []string{`10`, `"x"`, `true`, `null`}},
		{"lte", `userAgent|lte: 1.5`, []string{`1.50`}, []string{`1.51`}},
		{"gt", `userAgent|gt: -1`, []string{`0`, `[-5,0]`}, []string{`-1`}},
		{"gte", `userAgent|gte: 1e3`, []string{`1000`, `"1000.0"`}, []string{`999`, `"1e4"`}},
		{"base64", `userAgent|base64|cased: 'foo'`, []string{`"Zm9v"`}, []string{`"zm9v"`, `"foo"`}},
		{"base64 of an escaped wildcard", `userAgent|base64|contains: 'a\*'`, []string{`"x YSo= x"`}, []string{`"YSo"`}},
		{"base64offset at every place", `userAgent|base64offset|contains: 'http://'`, []string{`"aHR0cDovL2E="`, `"eGh0dHA6Ly9h"`, `"eHhodHRwOi8vYQ=="`}, []string{`"aHR0cHM6Ly9h"`}},
		{"wide base64offset", `userAgent|wide|base64offset|contains: 'cmd'`, []string{`"YwBtAGQA"`, `"eGMAbQBkAHg="`}, []string{`"Y21k"`}},
		{"utf16 base64", `userAgent|utf16|base64: 'cmd'`, []string{`"//5jAG0AZAA="`}, []string{`"YwBtAGQA"`}},
		{"utf16be base64", `userAgent|utf16be|base64: 'cmd'`, []string{`"AGMAbQBk"`}, []string{`"YwBtAGQA"`}},
		{"utf16le of more than ASCII", `userAgent|utf16le|base64: 'ü'`, []string{`"/AA="`}, []string{`"w7w="`}},
		{"wide alone", `userAgent|wide: 'cmd'`, []string{`"c\u0000m\u0000d\u0000"`}, []string{`"cmd"`}},
		{"windash", `userAgent|windash|contains: ' -a --b'`, []string{`"x /a -–b"`, `"x ―a -/b"`}, []string{`"x a --b"`, `"x -a /-b"`}},
		{"windash within words stays", `userAgent|windash: '-a-b'`, []string{`"/a-b"`}, []string{`"-a/b"`}},
		{"windash behind contains", `userAgent|contains|windash: '-a'`, []string{`"x —a"`}, []string{`"xa"`}},
		{"windash base64", `userAgent|windash|base64: '-a'`, []string{`"LWE="`, `"L2E="`}, []string{`"-a"`}},
		{"hour", `userAgent|hour: 23`, []string{`"2030-01-02T23:04:05Z"`, `"2030-01-02T23:04:05.5+02:00"`}, []string{`"2030-01-02T22:04:05Z"`, `"23"`, `23`}},
		{"hour gte", `userAgent|hour|gte: 22`, []string{`"2030-01-02T22:00:00Z"`}, []string{`"2030-01-02T21:59:59Z"`}},
		{"minute", `userAgent|minute: 4`, []string{`"2030-01-02T23:04:05Z"`}, []string{`"2030-01-02T04:05:04Z"`}},
		{"day", `userAgent|day: [1, 2]`, []string{`"2030-01-02T23:04:05Z"`}, []string{`"2030-01-03T23:04:05Z"`}},
		{"week", `userAgent|week: 53`, []string{`"2027-01-01T00:00:00Z"`}, []string{`"2027-01-04T00:00:00Z"`}},
		{"month", `userAgent|month: 1`, []string{`"2030-01-02T23:04:05Z"`}, []string{`"2030-02-01T01:01:01Z"`}},
		{"year", `userAgent|year|lt: 2030`, []string{`"2029-12-31T23:59:59Z"`}, []string{`"2030-01-01T00:00:00Z"`}},
	} {
		t.Run(tt.name, func(t *testing.T) { try(t, tt.line, tt.yes, tt.no) })
	}
}

func TestAbsentFields(t *testing.T) {
	for line, want := range map[string]bool{
		`errorCode|exists: true`:        false,
		`errorCode|exists: false`:       true,
		`errorCode|neq: x`:              true,
		`errorCode|contains: '*'`:       false,
		`errorCode|lt: 5`:               false,
		`errorCode|fieldref: userAgent`: false,
		`errorCode: [x, null]`:          true,
		`errorCode|all: [x, null]`:      false,
	} {
		hold(t, ruleText("s:\n  "+line+"\ncondition: s"), `{"userAgent":"x"}`, want)
	}
}
