package catalog_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/pattern"
)

const rightDetection = `# A comment.
id: root-use
title: The root user was used
severity: high
description: >-
  Somebody acted as
  the root user.
criteria: [soc2/CC7.2, cis-aws-3.0.0/4.3, securityhub/CloudWatch.1]
attack: [T1078, T1078.004]
citation: 'CIS: 4.3'
steps:
  - Ask who it was.
blind_spots: [Services.]
false_alarms:
  - Tasks of root.
pattern: '{ ($.userIdentity.type = "Root") && ($.x != "it''s") }'
alarm: {name: Own-RootUse, metric: RootUse}
cases:
  - name: root
    event: {userIdentity: {type: Root, accountId: "012345678901"}, eventTime: 2026-03-01T10:00:00Z, x: 'a', n: 1.50, big: 12345678901234567890,
      yes: yes, b: true, none: null, empty: '', list: [1, "1", 0x1F, 007, ~], html: <a&b>, last: {}}
    want: match
  - {name: a user, event: {userIdentity: {type: IAMUser}}, want: none}
`

const rightCount = `id: many
title: Many
severity: low
description: Many of them.
criteria: [soc2/CC7.2]
citation: None
steps: [Look.]
pattern: '{ $.eventName = "A" }'
count:
  at_least: 3
  by: [userIdentity.arn, $.awsRegion]
  of: requestParameters.id
  within: 10m
cases:
  - name: three
    events:
      - {eventTime: 2026-03-01T09:00:00Z, eventID: first}
      - times: 2
        every: 90s
        vary: [requestParameters.id]
        event: {eventTime: 2026-03-01T10:00:00Z, eventName: A, eventID: e, requestParameters: {id: x, n: 1}}
    want: 1
  - {name: none, event: {eventName: B}, want: 0}
`

func loadDetections(files map[string]string) ([]catalog.Detection, error) {
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return catalog.LoadDetections(tree)
}

func path(t *testing.T, text string) pattern.Path {
	t.Helper()
	p, err := pattern.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func raw(texts ...string) []json.RawMessage {
	var all []json.RawMessage
	for _, s := range texts {
		all = append(all, json.RawMessage(s))
	}
	return all
}

func TestLoadDetections(t *testing.T) {
	got, err := loadDetections(map[string]string{"own/root-use.yaml": rightDetection, "many.yaml": rightCount, "README.md": "no detection"})
	if err != nil {
		t.Fatal(err)
	}
	id := path(t, "requestParameters.id")
	want := []catalog.Detection{{
		ID: "many", File: "many.yaml", Title: "Many", Severity: finding.Low, Description: "Many of them.", Criteria: []string{"soc2/CC7.2"}, Citation: "None", Steps: []string{"Look."},
		Pattern: `{ $.eventName = "A" }`,
		Count:   &catalog.Count{AtLeast: 3, By: []pattern.Path{path(t, "userIdentity.arn"), path(t, "awsRegion")}, Of: &id, Within: 10 * time.Minute},
		Cases: []catalog.Case{
			{Name: "three", Want: 1, Events: raw(
				`{"eventTime":"2026-03-01T09:00:00Z","eventID":"first"}`,
				`{"eventTime":"2026-03-01T10:00:00Z","eventName":"A","eventID":"e-1","requestParameters":{"id":"x-1","n":1}}`,
				`{"eventTime":"2026-03-01T10:01:30Z","eventName":"A","eventID":"e-2","requestParameters":{"id":"x-2","n":1}}`)},
			{Name: "none", Events: raw(`{"eventName":"B"}`)},
		},
	}, {
		ID: "root-use", File: "own/root-use.yaml", Title: "The root user was used", Severity: finding.High, Description: "Somebody acted as the root user.",
		Criteria: []string{"soc2/CC7.2", "cis-aws-3.0.0/4.3", "securityhub/CloudWatch.1"}, Attack: []string{"T1078", "T1078.004"}, Citation: "CIS: 4.3",
		Steps: []string{"Ask who it was."}, BlindSpots: []string{"Services."}, FalseAlarms: []string{"Tasks of root."},
		Pattern: `{ ($.userIdentity.type = "Root") && ($.x != "it's") }`, Alarm: &catalog.Alarm{Name: "Own-RootUse", Metric: "RootUse"},
		Cases: []catalog.Case{
			{Name: "root", Want: 1, Events: raw(`{"userIdentity":{"type":"Root","accountId":"012345678901"},"eventTime":"2026-03-01T10:00:00Z","x":"a","n":1.50,"big":12345678901234567890,` +
				`"yes":"yes","b":true,"none":null,"empty":"","list":[1,"1","0x1F","007","~"],"html":"<a&b>","last":{}}`)},
			{Name: "a user", Events: raw(`{"userIdentity":{"type":"IAMUser"}}`)},
		},
	}}
	paths := cmp.Comparer(func(a, b pattern.Path) bool { return a.String() == b.String() })
	text := cmp.Transformer("text", func(r json.RawMessage) string { return string(r) })
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(catalog.Detection{}, "Match"), paths, text); diff != "" {
		t.Errorf("detections (-want +got):\n%s", diff)
	}
	for _, d := range got {
		if d.Match == nil || d.Match.Match(d.Cases[len(d.Cases)-1].Events[0]) {
			t.Errorf("%s: the pattern %v", d.ID, d.Match)
		}
	}
}

func TestLoadDetectionsTakesSequencesAndFirstSeen(t *testing.T) {
	then := strings.Replace(rightCount, "count:\n  at_least: 3\n  by: [userIdentity.arn, $.awsRegion]\n  of: requestParameters.id\n  within: 10m\n",
		"then:\n  pattern: '{ $.eventName = \"B\" }'\n  by: [userIdentity.arn]\n  within: 24h\n", 1)
	first := strings.Replace(rightCount, "count:\n  at_least: 3\n  by: [userIdentity.arn, $.awsRegion]\n  of: requestParameters.id\n  within: 10m\n",
		"first_seen:\n  of: [awsRegion]\n  by: [userIdentity.arn]\n  within: 400d\n", 1)
	got, err := loadDetections(map[string]string{"many.yaml": then})
	if err != nil || got[0].Then.Pattern != `{ $.eventName = "B" }` || !got[0].Then.Match.Match([]byte(`{"eventName":"B"}`)) || got[0].Then.Within != 24*time.Hour || got[0].Count != nil {
		t.Errorf("%+v, error %v", got, err)
	}
	got, err = loadDetections(map[string]string{"many.yaml": first})
	if err != nil || got[0].FirstSeen.Within != 400*24*time.Hour || got[0].FirstSeen.Of[0].String() != "awsRegion" || got[0].FirstSeen.By[0].String() != "userIdentity.arn" {
		t.Errorf("%+v, error %v", got, err)
	}
}

func TestLoadDetectionsRefuses(t *testing.T) {
	changed := func(text string) func(old, new string) string {
		return func(old, new string) string {
			if !strings.Contains(text, old) {
				t.Fatalf("there is no %q to change", old)
			}
			return strings.Replace(text, old, new, 1)
		}
	}
	change, count := changed(rightDetection), changed(rightCount)
	for name, c := range map[string]struct{ file, text, want string }{
		"file with capitals":   {"Root-use.yaml", rightDetection, `Root-use.yaml:1: the name of the file`},
		"file with underscore": {"root_use.yaml", rightDetection, `root_use.yaml:1: the name of the file`},
		"file .yml":            {"root-use.yml", rightDetection, `root-use.yml:1: the name of a detection's file ends in .yaml`},
		"another id":           {"root-usage.yaml", rightDetection, `root-usage.yaml:2: the id "root-use" is not the name of the file, "root-usage"`},
		"empty file":           {"a.yaml", "", `a.yaml:1: the file is empty`},
		"only a comment":       {"a.yaml", "# nothing\n", `a.yaml:1: the file is empty`},
		"no mapping":           {"a.yaml", "- a\n", `a.yaml:1: a detection is a list, want a mapping`},
		"no YAML":              {"a.yaml", "id: a\ntitle: [\n", `a.yaml:2: did not find`},
		"not UTF-8":            {"a.yaml", "id: \xff\n", `a.yaml:1: `},
		"too long":             {"a.yaml", rightDetection + "#" + strings.Repeat(" ", 64<<10), `a.yaml:1: longer than 65536 bytes`},
		"two documents":        {"root-use.yaml", rightDetection + "---\nid: b\n", `root-use.yaml:24: a second document`},
		"a second, broken":     {"root-use.yaml", rightDetection + "---\n[\n", `root-use.yaml:`},
		"unknown member":       {"root-use.yaml", change("severity:", "level:"), `root-use.yaml:4: "level" is no member of a detection: it has id, title, severity,`},
		"member twice":         {"root-use.yaml", change("severity: high", "title: b"), `root-use.yaml:4: "title" stands in line 3 already`},
		"member twice, inside": {"root-use.yaml", change("b: true", "n: true"), `"n" stands in line 20 already`},
		"missing":              {"root-use.yaml", change("citation: 'CIS: 4.3'\n", ""), `root-use.yaml:2: "citation" is missing`},
		"anchor":               {"root-use.yaml", change("title: The", "title: &a The"), `root-use.yaml:3: anchors and aliases`},
		"alias":                {"root-use.yaml", change("name: root\n", "name: &a root\n    want: *a\n"), `anchors and aliases`},
		"tag":                  {"root-use.yaml", change("title: The", "title: !!binary The"), `root-use.yaml:3: the tag "!!binary"`},
		"own tag":              {"root-use.yaml", change("title: The", "title: !x The"), `root-use.yaml:3: the tag "!x"`},
		"merge key":            {"root-use.yaml", change("b: true", "<<: {a: 1}"), `merge keys are not allowed`},
		"a list as a name":     {"root-use.yaml", change("b: true", "[b]: true"), `a name that is a list`},
		"too many levels":      {"root-use.yaml", change("last: {}", "last: "+strings.Repeat("[", 50)+strings.Repeat("]", 50)), `more than 40 levels`},
		"title is a number":    {"root-use.yaml", change("title: The root user was used", "title: 5"), `root-use.yaml:3: a number where a text is wanted`},
		"title is empty":       {"root-use.yaml", change("title: The root user was used", "title:"), `root-use.yaml:3: empty where a text is wanted`},
		"title is blank":       {"root-use.yaml", change("title: The root user was used", "title: ' '"), `root-use.yaml:3: an empty text`},
		"title with an escape": {"root-use.yaml", change("title: The root user was used", `title: "\e[31m"`), `root-use.yaml:3: a text with the character U+001B`},
		"title turned around":  {"root-use.yaml", change("title: The root user was used", `title: "\u202ex"`), `U+202E`},
		"several paragraphs":   {"root-use.yaml", change("description: >-\n  Somebody acted as\n", "description: |\n  Somebody acted as\n"), `root-use.yaml:5: a text with the character U+000A`},
		"severity":             {"root-use.yaml", change("severity: high", "severity: High"), `root-use.yaml:4: severity "High": want critical, high,`},
		"steps is a text":      {"root-use.yaml", change("steps:\n  - Ask who it was.", "steps: Ask."), `root-use.yaml:11: a text where a list`},
		"no steps":             {"root-use.yaml", change("steps:\n  - Ask who it was.", "steps: []"), `an empty list where a list of texts is wanted`},
		"step is a mapping":    {"root-use.yaml", change("- Ask who it was.", "- Ask: who"), `root-use.yaml:12: a mapping where a text is wanted`},
		"criterion":            {"root-use.yaml", change("soc2/CC7.2", "CC7.2"), `root-use.yaml:8: the criterion "CC7.2" is not of the form soc2/CC7.2`},
		"criterion twice":      {"root-use.yaml", change("cis-aws-3.0.0/4.3", "soc2/CC7.2"), `root-use.yaml:8: the criterion "soc2/CC7.2" stands twice`},
		"technique":            {"root-use.yaml", change("T1078.004", "T1078.4"), `root-use.yaml:9: the technique "T1078.4" is not of the form T1078.004`},
		"pattern":              {"root-use.yaml", change(`"Root")`, `"Root"`), `root-use.yaml:16: the pattern, column `},
		"pattern too long":     {"root-use.yaml", change(`it''s`, strings.Repeat("x", 1024)), `root-use.yaml:16: the pattern, column 1025`},
		"asterisk inside":      {"root-use.yaml", change(`it''s`, `a*b`), `root-use.yaml:16: the pattern, column `},
		"pattern with a line":  {"root-use.yaml", change("pattern: '{ ($.userIdentity.type = \"Root\") && ($.x != \"it''s\") }'", "pattern: >\n  { $.a = 1 }"), `a pattern with blanks or a line's end around it`},
		"pattern with blanks":  {"root-use.yaml", change("'{ (", "' { ("), `a pattern with blanks`},
		"pattern is a mapping": {"root-use.yaml", change("'{ ($.userIdentity.type = \"Root\") && ($.x != \"it''s\") }'", "{a: b}"), `root-use.yaml:16: a mapping where a text is wanted`},
		"alarm's name":         {"root-use.yaml", change("Own-RootUse", `"Own:RootUse"`), `root-use.yaml:17: the name "Own:RootUse"`},
		"alarm's metric":       {"root-use.yaml", change("metric: RootUse", "metric: Root*"), `root-use.yaml:17: the name "Root*"`},
		"alarm without metric": {"root-use.yaml", change(", metric: RootUse", ""), `root-use.yaml:17: "metric" is missing`},
		"alarm and count":      {"many.yaml", count("count:", "alarm: {name: A, metric: A}\ncount:"), `many.yaml:1: an alarm cannot say what count`},
		"count and first_seen": {"many.yaml", count("count:", "first_seen: {of: [a], by: [b], within: 1h}\ncount:"), `many.yaml:1: at most one of count, then and first_seen`},
		"count of one":         {"many.yaml", count("at_least: 3", "at_least: 1"), `many.yaml:10: want a whole number from 2 to 100000`},
		"count is a text":      {"many.yaml", count("at_least: 3", `at_least: "3"`), `many.yaml:10: want a whole number`},
		"by is a text":         {"many.yaml", count("by: [userIdentity.arn, $.awsRegion]", "by: userIdentity.arn"), `many.yaml:11: a text where a list`},
		"no path":              {"many.yaml", count("userIdentity.arn", "userIdentity..arn"), `many.yaml:11: field "userIdentity..arn"`},
		"too many fields":      {"many.yaml", count("userIdentity.arn", "a, b, c, d, e, f, g, h, i, j, k"), `more than 10 fields`},
		"of is no path":        {"many.yaml", count("of: requestParameters.id", "of: $$"), `many.yaml:12: field "$$"`},
		"no time":              {"many.yaml", count("within: 10m", "within: 10"), `many.yaml:13: a number where a text is wanted`},
		"time without a unit":  {"many.yaml", count("within: 10m", "within: '10'"), `many.yaml:13: the time "10": want one such as 10m, 24h or 30d`},
		"no time at all":       {"many.yaml", count("within: 10m", "within: 0s"), `many.yaml:13: the time "0s"`},
		"401 days":             {"many.yaml", count("within: 10m", "within: 401d"), `many.yaml:13: the time "401d"`},
		"half a day":           {"many.yaml", count("within: 10m", "within: 1.5d"), `many.yaml:13: the time "1.5d"`},
		"cases is a mapping":   {"many.yaml", "id: many\ncases: {}\n", `many.yaml:2: cases are a list`},
		"no cases":             {"root-use.yaml", rightDetection[:strings.Index(rightDetection, "cases:")] + "cases: []\n", `root-use.yaml:2: the cases need one at least that matches`},
		"none that matches":    {"root-use.yaml", change("want: match", "want: none"), `the cases need one at least that matches`},
		"all match":            {"root-use.yaml", change("want: none", "want: 2"), `and one that does not`},
		"case twice":           {"root-use.yaml", change("name: a user", "name: root"), `root-use.yaml:23: the case "root" stands twice`},
		"want":                 {"root-use.yaml", change("want: none", "want: maybe"), `root-use.yaml:23: want match, none or a number of matches`},
		"event and events":     {"root-use.yaml", change("want: none", "events: [], want: none"), `root-use.yaml:23: a case has either event or events`},
		"neither":              {"root-use.yaml", change("event: {userIdentity: {type: IAMUser}}, ", ""), `a case has either event or events`},
		"event is a list":      {"root-use.yaml", change("event: {userIdentity: {type: IAMUser}}", "event: []"), `root-use.yaml:23: an event is an empty list, want a mapping`},
		"account is a number":  {"root-use.yaml", change(`"012345678901"`, `112345678901`), `root-use.yaml:20: the accountId 112345678901 is a number: put it in quotes`},
		"another account":      {"root-use.yaml", change("n: 1.50", "requestParameters: {targetAccountId: 112345678901}"), `the targetAccountId 112345678901 is a number`},
		"time is a number":     {"root-use.yaml", change("2026-03-01T10:00:00Z", "20260301"), `root-use.yaml:20: the event is none of CloudTrail's`},
		"time is a date":       {"root-use.yaml", change("2026-03-01T10:00:00Z", "2026-03-01"), `root-use.yaml:20: the event is none of CloudTrail's`},
		"version is a number":  {"root-use.yaml", change("n: 1.50", "eventVersion: 1.08"), `the event is none of CloudTrail's`},
		"name of another case": {"root-use.yaml", change("n: 1.50", "EventName: a"), `the event is none of CloudTrail's`},
		"nothing":              {"root-use.yaml", change("empty: ''", "empty: "), `root-use.yaml:21: nothing: write null or ''`},
		"events is a mapping":  {"many.yaml", count("event: {eventName: B}", "events: {eventName: B}"), `events is a mapping, want a list`},
		"events is empty":      {"many.yaml", count("event: {eventName: B}", "events: []"), `events is an empty list, want a list`},
		"an event is a text":   {"many.yaml", count("event: {eventName: B}", "events: [B]"), `an event is a text, want a mapping`},
		"no time to move":      {"many.yaml", count("event: {eventName: B}", "events: [{eventName: B}]"), `an event of several has an eventTime`},
		"a time of no form":    {"many.yaml", count("event: {eventName: B}", "events: [{eventTime: noon}]"), `the eventTime "noon" is not of the form`},
		"out of order":         {"many.yaml", count("09:00:00Z", "11:00:00Z"), `many.yaml:18: events are in the order of time`},
		"times without every":  {"many.yaml", count("        every: 90s\n", ""), `many.yaml:18: "every" is missing`},
		"too many times":       {"many.yaml", count("times: 2", "times: 1001"), `many.yaml:18: want a whole number from 1 to 1000`},
		"no id to vary":        {"many.yaml", count("eventID: e, ", ""), `there is no "eventID" to vary`},
		"nothing to vary":      {"many.yaml", count("vary: [requestParameters.id]", "vary: [requestParameters.x]"), `there is no "x" to vary`},
		"an object to vary":    {"many.yaml", count("vary: [requestParameters.id]", "vary: [requestParameters]"), `a mapping where a text is wanted`},
		"too much to vary":     {"many.yaml", count("vary: [requestParameters.id]", "vary: [a, b, c, d, e, f, g, h, i, j, k]"), `more than 10 fields`},
		"too many bytes": {"many.yaml", strings.Replace(count("times: 2", "times: 1000"), "id: x,", "id: x, y: "+strings.Repeat("y", 5000)+",", 1),
			`or 4194304 bytes in a case`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := loadDetections(map[string]string{c.file: c.text})
			if err == nil {
				t.Fatalf("no error, but %+v", got)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q, want %q", err, c.want)
			}
		})
	}
}

func TestLoadDetectionsNamesEachThatIsWrong(t *testing.T) {
	_, err := loadDetections(map[string]string{"a.yaml": "x", "many.yaml": rightCount, "c/many.yaml": rightCount, "d.yaml": "id: [", "e.yml": ""})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"a.yaml:1: ", "d.yaml:1: ", `many.yaml:1: the detection "many" is in c/many.yaml too`, "e.yml:1: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want %q", err, want)
		}
	}
}

// TestSpecDetection holds that the example of docs/spec/detections.md is one.
func TestSpecDetection(t *testing.T) {
	page, err := os.ReadFile("../docs/spec/detections.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), "<!-- example:")
	_, after, _ = strings.Cut(after, "```yaml\n")
	text, _, found := strings.Cut(after, "```\n")
	if !found {
		t.Fatal("no example")
	}
	all, err := loadDetections(map[string]string{"own-secrets-read-in-bulk.yaml": text})
	if err != nil {
		t.Fatal(err)
	}
	if d := all[0]; d.Pattern != `{ ($.eventSource = "secretsmanager.amazonaws.com") && ($.eventName = "GetSecretValue") }` || len(d.Cases[0].Events) != 5 {
		t.Errorf("%+v", d)
	}
}

// FuzzLoadDetections: no text panics, and a detection that loads has all that it needs, and events that are JSON.
func FuzzLoadDetections(f *testing.F) {
	f.Add(rightDetection)
	f.Add(rightCount)
	f.Add("")
	f.Add("id: a\nid: a")
	f.Add("a: &a [*a]")
	f.Add("? {a: b}\n: c")
	f.Add("{id: a, cases: [{name: a, want: 1, events: [{times: 1000, every: 400d, event: {eventTime: 9999-12-31T23:59:59Z, eventID: [a]}}]}]}")
	f.Add("--- |\n x\n--- !!x\n...\n")
	f.Add("<<: {id: x}")
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"root-use.yaml", "many.yaml"} {
			all, err := loadDetections(map[string]string{name: text})
			if err != nil {
				if !strings.HasPrefix(err.Error(), name+":") {
					t.Errorf("error without a place: %v", err)
				}
				continue
			}
			for _, d := range all {
				if d.ID == "" || d.Title == "" || len(d.Steps) == 0 || d.Match == nil || len(d.Cases) < 2 {
					t.Errorf("%+v", d)
				}
				for _, c := range d.Cases {
					for _, e := range c.Events {
						if !json.Valid(e) {
							t.Errorf("%s is no JSON", e)
						}
					}
				}
			}
		}
	})
}
