package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/secret"
)

const whole = `# where everything is
home: /var/lib/trailseal
account: [012345678901, "111122223333"]
offline: no
alerts:
  link: https://wiki.example.com/runbooks/{detection}?a={account}#{id}
  window: 1h30m
  sinks:
    oncall:   {pagerduty: {routing-key: env:PD_KEY}}
    security:
      slack:
        webhook: aws-secretsmanager:alerts/slack#url
    console: {stdout: }
  routes:
    - {severity: high, to: [oncall, security]}
    - {detection: [cis-*, own], account: ["123456789012", 012345678901], to: [security]}
suppressions:
  - detection: cis-security-group-changes
    account: 012345678901
    actor: arn:aws:iam::012345678901:role/terraform*
    where: '{ $.sourceIPAddress = "198.51.100.*" }'
    who: ana@example.com
    why: Terraform changes them every night
    until: 2026-12-31
  - {detection: "*", who: bo, why: test, until: 2026-12-31T20:00:00+02:00}
`

func TestParse(t *testing.T) {
	got, err := Parse("c.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	want := File{
		Flags: map[string]string{"home": "/var/lib/trailseal", "account": "012345678901,111122223333", "offline": "no"},
		Lines: map[string]int{"home": 2, "account": 3, "offline": 4},
		Alerts: Alerts{
			Link:   "https://wiki.example.com/runbooks/{detection}?a={account}#{id}",
			Window: 90 * time.Minute,
			Sinks: []Sink{{Name: "oncall", Kind: "pagerduty", Where: "c.yaml:9"}, {Name: "security", Kind: "slack", Where: "c.yaml:10"},
				{Name: "console", Kind: "stdout", Where: "c.yaml:13"}},
			Routes: []Route{{Severity: finding.High, To: []string{"oncall", "security"}, Where: "c.yaml:15"},
				{Detections: []string{"cis-*", "own"}, Accounts: []string{"123456789012", "012345678901"}, To: []string{"security"}, Where: "c.yaml:16"}},
		},
		Suppressions: []finding.Suppression{
			{Detection: "cis-security-group-changes", Account: "012345678901", Actor: "arn:aws:iam::012345678901:role/terraform*",
				Where: `{ $.sourceIPAddress = "198.51.100.*" }`, Who: "ana@example.com", Why: "Terraform changes them every night",
				Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
			{Detection: "*", Who: "bo", Why: "test", Until: time.Date(2026, 12, 31, 18, 0, 0, 0, time.UTC)},
		},
		Warnings: []string{`c.yaml:13: no route leads to sink "console": nothing is told there`},
	}
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(Sink{}, "Section")); d != "" {
		t.Error(d)
	}
	var slack struct {
		Webhook secret.Reference `yaml:"webhook"`
	}
	if err := got.Alerts.Sinks[1].Section.Decode(&slack); err != nil || slack.Webhook != (secret.Reference{Scheme: secret.SecretsManager, Name: "alerts/slack", Field: "url"}) {
		t.Errorf("%+v, %v", slack, err)
	}
	if err := got.Alerts.Sinks[2].Section.Decode(&struct{}{}); err != nil {
		t.Errorf("a section without settings: %v", err)
	}
	if err := got.Alerts.Sinks[0].Section.Decode(&slack); err == nil || err.Error() != `c.yaml:9: alerts.sinks.oncall.pagerduty: unknown name "routing-key"; want webhook` {
		t.Errorf("%v", err)
	}
	for id, want := range map[string]string{
		"cis-root":    "https://wiki.example.com/runbooks/cis-root?a=1%2F2%263#id",
		"a/b?c#d&e=f": "https://wiki.example.com/runbooks/a%2Fb%3Fc%23d%26e%3Df?a=1%2F2%263#id",
		"{id} {x}":    "https://wiki.example.com/runbooks/%7Bid%7D%20%7Bx%7D?a=1%2F2%263#id",
	} {
		if got := got.Alerts.LinkTo("id", id, "1/2&3"); got != want {
			t.Errorf("link %q, want %q", got, want)
		}
	}
	if got := (Alerts{}).LinkTo("a", "b", "c"); got != "" {
		t.Errorf("link %q where none is named", got)
	}
}

// TestFlags has the cases that the command line has relied on since before there were sections.
func TestFlags(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want map[string]string
		err  string
	}{
		"values as written":           {"account: 012345678901\noffline: yes\nfrom: 2026-03-02\n", map[string]string{"account": "012345678901", "offline": "yes", "from": "2026-03-02"}, ""},
		"list":                        {"region: [a, b]\n", map[string]string{"region": "a,b"}, ""},
		"empty":                       {"", map[string]string{}, ""},
		"comments":                    {"# nothing\n---\n", map[string]string{}, ""},
		"no value":                    {"home:\n", map[string]string{"home": ""}, ""},
		"sections without content":    {"alerts:\nsuppressions: []\n", map[string]string{}, ""},
		"bytes before the first line": {"\ufeffhome: x\n", map[string]string{"home": "x"}, ""},
		"nested":                      {"aws:\n  x: y\n", nil, "f:2: aws: want a value or a list of values"},
		"nested list":                 {"region: [[a]]\n", nil, "f:1: region: want a list of values"},
		"no mapping":                  {"- a\n", nil, "f:1: want a mapping"},
		"alias":                       {"a: &x 1\nb: *x\n", nil, "f:1: a: want a value: anchors and aliases are not taken"},
		"tag":                         {"a: !!str 1\n", nil, "f:1: a: want a value without a tag"},
		"merge":                       {"a: 1\n<<: {b: 2}\n", nil, "f:2: want a name"},
		"name twice":                  {"a: 1\nb: 2\na: 3\n", nil, `f:3: the name "a" is there twice, first in line 1`},
		"name that is a list":         {"[a]: 1\n", nil, "f:1: want a name"},
		"name that is null":           {"a: 1\n~: 1\n", nil, "f:2: want a name"},
		"two documents":               {"a: 1\n---\nb: 2\n", nil, "f:2: want one document"},
		"no YAML":                     {"a: 1\nb: [\n", nil, "f:"},
		"tab":                         {"a:\n\tb: 1\n", nil, "f:2: no YAML"},
		"not UTF-8":                   {"a: \xff\n", nil, "f: the file is not UTF-8"},
		"too long":                    {"a: 1\n#" + strings.Repeat("x", mostBytes), nil, "f: the file is longer than 1048576 bytes"},
		"too deep":                    {"a: " + strings.Repeat("[", 20) + strings.Repeat("]", 20), nil, "f:1: a[0][0][0][0][0][0][0][0][0][0][0]: too many levels"},
		"much too deep":               {"a: " + strings.Repeat("[", 500000), nil, "f:"},
		"almost alerts":               {"alert: {sinks: {}}\n", nil, `f:1: alert: want a value or a list of values; did you mean "alerts"?`},
		"almost suppressions":         {"supressions: [{who: x}]\n", nil, `f:1: supressions: want a list of values; did you mean "suppressions"?`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse("f", []byte(c.in))
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.HasPrefix(err.Error(), c.err)) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			if d := cmp.Diff(c.want, got.Flags); err == nil && d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWrongSectionsAreNamed(t *testing.T) {
	const sinks = "  sinks:\n    oncall: {stdout: {}}\n"
	for name, c := range map[string]struct{ in, want string }{
		"alerts":            {"alerts: yes\n", "f:1: alerts: want a mapping with link, window, sinks and routes"},
		"unknown name":      {"alerts:\n  route: []\n", `f:2: alerts: unknown name "route"; did you mean "routes"?`},
		"unlike anything":   {"alerts:\n  colour: []\n", `f:2: alerts: unknown name "colour"; want link, window, sinks or routes`},
		"sinks":             {"alerts:\n  sinks: [a]\n", "f:2: alerts.sinks: want a mapping of names to sinks"},
		"sink's name":       {"alerts:\n  sinks:\n    \"on call\": {stdout: {}}\n", "f:3: alerts.sinks.…: want a name of at most 64"},
		"two kinds":         {"alerts:\n  sinks:\n    a: {stdout: {}, slack: {}}\n", "f:3: alerts.sinks.a: want one kind of sink and its settings"},
		"no kind":           {"alerts:\n  sinks:\n    a:\n", "f:3: alerts.sinks.a: want one kind of sink and its settings"},
		"sink twice":        {"alerts:\n  sinks:\n    a: {stdout: {}}\n    a: {stdout: {}}\n", `f:4: alerts.sinks: the name "a" is there twice, first in line 3`},
		"window":            {"alerts: {window: 1}\n", "f:1: alerts.window: want a span of time from 1m to 168h"},
		"short window":      {"alerts: {window: 1s}\n", "f:1: alerts.window: want a span of time from 1m to 168h"},
		"link":              {"alerts: {link: wiki}\n", "f:1: alerts.link: want an http or https URL"},
		"script":            {"alerts: {link: 'javascript:alert({id})'}\n", "f:1: alerts.link: want an http or https URL"},
		"host of an alert":  {"alerts: {link: 'https://{account}.example.com/'}\n", "f:1: alerts.link: want an http or https URL"},
		"unknown word":      {"alerts: {link: 'https://example.com/{actor}'}\n", "f:1: alerts.link: want {id}, {detection} or {account}"},
		"password":          {"alerts: {link: 'https://a:hunter2@example.com/'}\n", "f:1: alerts.link: want a URL without a user"},
		"routes":            {"alerts:\n  routes: {to: [a]}\n", "f:2: alerts.routes: want a list of routes"},
		"route":             {"alerts:\n  routes:\n    - oncall\n", "f:3: alerts.routes[0]: want a mapping"},
		"no sink":           {"alerts:\n" + sinks + "  routes:\n    - {severity: high}\n", "f:5: alerts.routes[0]: want to: the names of one or more sinks"},
		"null route":        {"alerts:\n" + sinks + "  routes:\n    -\n", "f:5: alerts.routes[0]: want to: the names of one or more sinks"},
		"unknown sink":      {"alerts:\n" + sinks + "  routes:\n    - {to: [onc1ll]}\n", `f:5: alerts.routes[0]: to: there is no sink "onc1ll"; did you mean "oncall"?`},
		"foreign sink":      {"alerts:\n" + sinks + "  routes:\n    - {to: [nobody]}\n", `f:5: alerts.routes[0]: to: there is no sink "nobody" among`},
		"sink named twice":  {"alerts:\n" + sinks + "  routes:\n    - {to: [oncall, oncall]}\n", `f:5: alerts.routes[0]: to: sink "oncall" is named twice`},
		"no list":           {"alerts:\n" + sinks + "  routes:\n    - {to: oncall}\n", "f:5: alerts.routes[0].to: want a list, as in [a, b]"},
		"severity":          {"alerts:\n" + sinks + "  routes:\n    - {severity: hihg, to: [oncall]}\n", `f:5: alerts.routes[0].severity: severity "hihg": want critical`},
		"account":           {"alerts:\n" + sinks + "  routes:\n    - {account: [12], to: [oncall]}\n", `f:5: alerts.routes[0].account[0]: account "12": want 12 digits`},
		"empty detection":   {"alerts:\n" + sinks + "  routes:\n    - {detection: ['']}\n", "f:5: alerts.routes[0].detection[0]: want a text that is not empty"},
		"detections":        {"alerts:\n" + sinks + "  routes:\n    - {detections: [a]}\n", `f:5: alerts.routes[0]: unknown name "detections"; did you mean "detection"?`},
		"suppressions":      {"suppressions: {who: x}\n", "f:1: suppressions: want a list of suppressions"},
		"null suppression":  {"suppressions: [~]\n", "f:1: suppressions[0]: want a mapping"},
		"no detection":      {"suppressions:\n  - {who: a, why: b, until: 2026-01-01}\n", "f:2: suppressions[0]: detection is missing"},
		"nobody":            {"suppressions:\n  - {detection: a, why: b, until: 2026-01-01}\n", "f:2: suppressions[0]: who is missing"},
		"no reason":         {"suppressions:\n  - {detection: a, who: b, until: 2026-01-01}\n", "f:2: suppressions[0]: why is missing"},
		"blank reason":      {"suppressions:\n  - {detection: a, who: b, why: ' ', until: 2026-01-01}\n", "f:2: suppressions[0].why: want a text"},
		"for ever":          {"suppressions:\n  - {detection: a, who: b, why: c}\n", "f:2: suppressions[0]: until is missing: want when it ends"},
		"no such day":       {"suppressions:\n  - {detection: a, who: b, why: c, until: 2026-02-30}\n", `f:2: suppressions[0].until: "2026-02-30": want a date`},
		"time without zone": {"suppressions:\n  - {detection: a, who: b, why: c, until: 2026-02-03 10:00}\n", `f:2: suppressions[0].until: "2026-02-03 10:00": want a date`},
		"bad pattern":       {"suppressions:\n  - detection: a\n    where: '{ $.a == 1 }'\n", "f:3: suppressions[0].where: "},
		"blank pattern":     {"suppressions:\n  - detection: a\n    where: ''\n", "f:3: suppressions[0].where: want a filter pattern"},
		"misspelt":          {"suppressions:\n  - detection: a\n    untill: 2026-01-01\n", `f:3: suppressions[0]: unknown name "untill"; did you mean "until"?`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f", []byte(c.in))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("error %v\nwant %q", err, c.want)
			}
		})
	}
}

// sink has every type that a sink's settings may have.
type sink struct {
	URL     string           `yaml:"url"`
	Secret  secret.Reference `yaml:"secret"`
	Text    secret.String    `yaml:"text"`
	Port    int              `yaml:"port"`
	Small   int8             `yaml:"small"`
	TLS     bool             `yaml:"tls"`
	Timeout time.Duration    `yaml:"timeout"`
	To      []string         `yaml:"to"`
	Keys    []secret.Reference
	Headers map[string]secret.Reference `yaml:"headers"`
	More    *struct {
		Name string `yaml:"name"`
	} `yaml:"more"`
	In     inner  `yaml:",inline"`
	Hidden string `yaml:"-"`
	own    string
}

type inner struct {
	Deep string `yaml:"deep"`
}

func TestSection(t *testing.T) {
	section := func(text string) Section {
		t.Helper()
		s, err := ParseSection("f", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var got sink
	err := section(`url: 0123
secret: env:A
port: 587
small: -128
tls: true
timeout: 90s
to: [a, 007]
keys: ["env:B", file:/c#d]
headers: {X-Token: env:E}
more: {name: n}
deep: d
`).Decode(&got)
	want := sink{URL: "0123", Secret: secret.Reference{Scheme: "env", Name: "A"}, Port: 587, Small: -128, TLS: true, Timeout: 90 * time.Second, To: []string{"a", "007"},
		Keys:    []secret.Reference{{Scheme: "env", Name: "B"}, {Scheme: "file", Name: "/c", Field: "d"}},
		Headers: map[string]secret.Reference{"X-Token": {Scheme: "env", Name: "E"}}, More: &struct {
			Name string `yaml:"name"`
		}{"n"}, In: inner{"d"}}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(sink{})); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
	if err := section("").Decode(&got); err != nil || got.Port != 587 {
		t.Errorf("an empty section changes %+v, %v", got, err)
	}
	const key = "hunter2hunter2hunter2hunter2hunt"
	for in, want := range map[string]string{
		"secret: " + key:                         "f:1: secret: not the name of a secret",
		"\nsecret: https://e.com/" + key:         "f:2: secret: not the name of a secret",
		"text: " + key:                           "f:1: text: a secret is named, not written",
		"text: env:A":                            "f:1: text: a secret is named, not written",
		"keys: [env:A, " + key + "]":             "f:1: keys[1]: not the name of a secret",
		"headers: {X-Token: " + key + "}":        "f:1: headers.X-Token: not the name of a secret",
		"headers: {" + key + ": {}}":             "f:1: headers.…: want one value",
		"{" + key + ": 1}":                       "f:1: unknown name; want url, secret,",
		"{https://e.com/" + key + ": }":          "f:1: unknown name; want url, secret,",
		"secret: {" + key + ": 1}":               "f:1: secret: want one value",
		"more: {" + key + ": 1}":                 "f:1: more: unknown name; want name",
		"port: " + key:                           "f:1: port: want a whole number",
		"port: 99999999999999999999":             "f:1: port: want a whole number",
		"port: [1]":                              "f:1: port: want a whole number",
		"port:":                                  "f:1: port: want a whole number",
		"small: 128":                             "f:1: small: want a whole number",
		"tls: yes":                               "f:1: tls: want true or false",
		"tls: " + key:                            "f:1: tls: want true or false",
		"timeout: 10":                            "f:1: timeout: want a span of time",
		"url: [a]":                               "f:1: url: want a text",
		"url:":                                   "f:1: url: want a text",
		"to: " + key:                             "f:1: to: want a list",
		"headers: [a]":                           "f:1: headers: want a mapping",
		"more: " + key:                           "f:1: more: want a mapping",
		"hidden: " + key:                         `f:1: unknown name "hidden"; want url`,
		"own: " + key:                            `f:1: unknown name "own"; want url`,
		"in: {deep: " + key + "}":                `f:1: unknown name "in"`,
		"prot: 1":                                `f:1: unknown name "prot"; did you mean "port"?`,
		key:                                      "f:1: want a mapping",
		"- " + key:                               "f:1: want a mapping",
		"url: a\n" + key + ": 1\n" + key + ": 2": "f:3: the name here is there twice",
	} {
		s, err := ParseSection("f", []byte(in))
		if err == nil {
			err = s.Decode(new(sink))
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), key) {
			t.Errorf("%q: error %v, want %q and not the value", in, err, want)
		}
	}
	if got.own != "" || got.Hidden != "" {
		t.Errorf("%+v has what no file can name", got)
	}
	if got := section("\n\na: b").Where(); got != "f:3" {
		t.Errorf("it stands at %q", got)
	}
	if err := section("a: b").Decode(&struct {
		A float64 `yaml:"a"`
	}{}); err == nil {
		t.Error("a type that is not read is no error")
	}
	if err := section("a: b").Decode(sink{}); err == nil {
		t.Error("what cannot be filled is no error")
	}
}

func TestNearest(t *testing.T) {
	known := []string{"routing-key", "region", "url"}
	for in, want := range map[string]string{"routing_key": "routing-key", "Region": "region", "rgion": "region", "ulr": "url", "urls": "url", "colour": "", "": "", strings.Repeat("r", 100): ""} {
		if got := Nearest(in, known); got != want {
			t.Errorf("%q is near %q, want %q", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("alerts: {sinks: {a: {slack: {webhook: hunter2}}}, routes: [{to: [a]}]}"))
	f.Add([]byte("suppressions:\n- {detection: a, who: b, why: c, until: 2026-02-03, where: '{ $.a = 1 }'}\n"))
	f.Add([]byte("a: &x [1]\nb: *x\n<<: *x\n? [a]\n: b\n"))
	f.Add([]byte("%YAML 1.2\n---\na: !!binary |\n  aGk=\n...\n---\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		file, err := Parse("f", in)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("error %q does not name the file", err)
			}
			return
		}
		names := map[string]bool{}
		for _, s := range file.Alerts.Sinks {
			if names[s.Name] || !sinkName.MatchString(s.Name) {
				t.Errorf("sink %q", s.Name)
			}
			names[s.Name] = true
			var into sink
			if err := s.Section.Decode(&into); err != nil && !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("error %q does not name the file", err)
			}
		}
		for _, r := range file.Alerts.Routes {
			if len(r.To) == 0 {
				t.Error("a route leads nowhere")
			}
			for _, to := range r.To {
				if !names[to] {
					t.Errorf("a route leads to %q", to)
				}
			}
		}
		for _, s := range file.Suppressions {
			if s.Detection == "" || s.Who == "" || s.Why == "" || s.Until.IsZero() {
				t.Errorf("suppression %+v", s)
			}
		}
		if len(file.Flags) != len(file.Lines) {
			t.Errorf("%d flags in %d lines", len(file.Flags), len(file.Lines))
		}
	})
}
