package pagerduty

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/post"
	"github.com/trailseal/trailseal/internal/sink/sinktest"
)

var update = flag.Bool("update", false, "write the golden files")

const key = "R0123456789abcdefghijklmnopqrstu"

func start(t *testing.T, url string, w *sinktest.World) notice.Sink {
	t.Helper()
	w.Set("env:KEY", key)
	s, err := New(sinktest.Section("{routing-key: env:KEY, url: '"+url+"/v2/enqueue'}"), w.Env)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func accepted(w http.ResponseWriter, d sinktest.Delivery) {
	var e struct {
		Dedup string `json:"dedup_key"`
	}
	_ = json.Unmarshal(d.Body, &e)
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintf(w, `{"status":"success","message":"Event processed","dedup_key":%q}`, e.Dedup)
}

func TestContract(t *testing.T) {
	sinktest.Run(t, sinktest.Options{New: start, Accept: accepted, Renews: true, Check: check})
}

func TestGolden(t *testing.T) {
	for _, kind := range sinktest.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			body, err := json.Marshal(render(sinktest.Ordinary(kind), key))
			if err != nil {
				t.Fatal(err)
			}
			sinktest.Golden(t, *update, string(kind)+".json", sinktest.Indent(t, body))
		})
	}
}

func TestReceipt(t *testing.T) {
	url, target := sinktest.HTTP(t, accepted)
	n := sinktest.Ordinary(notice.Opened)
	got, err := start(t, url, sinktest.NewWorld(t)).Send(t.Context(), n)
	if want := (notice.Receipt{Status: "202 Accepted", ID: post.Line(n.Alert.Key, 100)}); got != want || err != nil {
		t.Errorf("receipt %+v, %v, want %+v", got, err, want)
	}
	if d := target.Deliveries(); len(d) != 1 || d[0].Target != "/v2/enqueue" {
		t.Errorf("deliveries %+v", d)
	}
}

func TestActions(t *testing.T) {
	for _, c := range []struct {
		kind   notice.Kind
		status finding.Status
		want   string
	}{
		{notice.Opened, finding.Open, "trigger"},
		{notice.Rising, finding.Open, "trigger"},
		{notice.Rising, finding.Closed, "trigger"},
		{notice.Verified, finding.Open, "trigger"},
		{notice.Verified, finding.Acknowledged, "trigger"},
		{notice.Verified, finding.Closed, "resolve"},
		{notice.Disputed, finding.Open, "trigger"},
		{notice.Disputed, finding.Closed, "trigger"},
		{notice.Acknowledged, finding.Acknowledged, "acknowledge"},
		{notice.Closed, finding.Closed, "resolve"},
	} {
		n := sinktest.Ordinary(c.kind)
		n.Alert.Status = c.status
		if got := render(n, key).Action; got != c.want {
			t.Errorf("%s while %s: %s, want %s", c.kind, c.status, got, c.want)
		}
	}
}

func TestSeverities(t *testing.T) {
	got := map[string]string{}
	for _, kind := range []notice.Kind{notice.Opened, notice.Disputed} {
		for _, s := range finding.Severities {
			n := sinktest.Ordinary(kind)
			n.Alert.Severity = s
			got[fmt.Sprint(kind, " ", s)] = render(n, key).Payload.Severity
		}
	}
	want := map[string]string{
		"opened critical": "critical", "opened high": "error", "opened medium": "warning", "opened low": "info", "opened informational": "info",
		"disputed critical": "critical", "disputed high": "error", "disputed medium": "error", "disputed low": "error", "disputed informational": "error",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// All notices of an alert have one dedup_key, those of another alert another one, whatever a log file makes of the key.
func TestDedupKey(t *testing.T) {
	long := strings.Repeat("x", 300)
	seen := map[string]string{}
	for _, alert := range []string{"d|a|1", strings.Repeat("x", 255), long, long + "y", "", "d|\n|1", "d|\x00|1", "d|é|1"} {
		n := sinktest.Ordinary(notice.Opened)
		n.Alert.Key = alert
		first := render(n, key).Dedup
		n.Kind = notice.Closed
		if last := render(n, key).Dedup; first != last || len(first) > 255 || first == "" {
			t.Errorf("alert %.20q: dedup_key %q when opened, %q when closed", alert, first, last)
		}
		if other, ok := seen[first]; ok {
			t.Errorf("alerts %.20q and %.20q share %q", alert, other, first)
		}
		seen[first] = alert
		if short := len(alert) > 0 && len(alert) <= 255 && alert == post.Line(alert, 255) && !strings.Contains(alert, "é"); short != (first == alert) {
			t.Errorf("alert %.20q: dedup_key %q", alert, first)
		}
	}
}

func TestConfiguration(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no key", "{}", "routing-key is missing"},
		{"a key that is written down", "routing-key: " + key, "not the name of a secret"},
		{"no such region", "{routing-key: env:K, region: ap}", `region "ap"`},
		{"region and url", "{routing-key: env:K, region: eu, url: 'https://x.example'}", "not both"},
		{"an address that is not encrypted", "{routing-key: env:K, url: 'http://x.example'}", "want https"},
		{"an unknown name", "{routing-key: env:K, service: x}", "service"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(sinktest.Section(c.text), notice.Env{})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), key) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
	for region, want := range map[string]string{"": "events.pagerduty.com", "us": "events.pagerduty.com", "eu": "events.eu.pagerduty.com"} {
		s, err := New(sinktest.Section("{routing-key: env:K, region: '"+region+"'}"), notice.Env{})
		if err != nil || s.(*sink).to.String() != "https://"+want+"/v2/enqueue" {
			t.Errorf("region %q: %v, %v", region, s, err)
		}
	}
}

func TestKeyThatIsNone(t *testing.T) {
	url, target := sinktest.HTTP(t, accepted)
	for _, text := range []string{"", "short", key + "x", strings.Repeat("é", 16), key[:31] + "\""} {
		w := sinktest.NewWorld(t)
		s := start(t, url, w)
		w.Set("env:KEY", text)
		if _, err := s.Send(t.Context(), sinktest.Ordinary(notice.Opened)); !notice.IsPermanent(err) || !strings.Contains(err.Error(), "env:KEY") || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("key %q: error %v, want a permanent one that does not hold it", text, err)
		}
	}
	if d := target.Deliveries(); len(d) != 0 {
		t.Errorf("%d deliveries, want none", len(d))
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name      string
		status    int
		body      string
		permanent bool
		want      string
	}{
		{"an event that is refused", 400, `{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect"]}`, true, "400 Bad Request: Event object is invalid: Length of 'routing_key' is incorrect"},
		{"a refusal that repeats the key", 400, `{"message":"no such key ` + key + `"}`, true, "400 Bad Request: no such key [secret]"},
		{"too many", 429, `{"status":"throttle exceeded","message":"Requests for this service are arriving too quickly."}`, false, "429 Too Many Requests: Requests for this service are arriving too quickly."},
		{"trouble at PagerDuty", 503, `oops`, false, "503 Service Unavailable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, _ := sinktest.HTTP(t, func(w http.ResponseWriter, _ sinktest.Delivery) {
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			_, err := start(t, url, sinktest.NewWorld(t)).Send(t.Context(), sinktest.Ordinary(notice.Opened))
			var r *notice.Refusal
			if !errors.As(err, &r) || r.Permanent != c.permanent || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("error %v, want permanent %v, ending in %q", err, c.permanent, c.want)
			}
		})
	}
}

func FuzzRender(f *testing.F) {
	for i, text := range sinktest.HostileTexts() {
		f.Add(text, i)
	}
	f.Fuzz(func(t *testing.T, text string, kind int) {
		kinds := sinktest.Kinds()
		n := sinktest.Hostile(kinds[uint(kind)%uint(len(kinds))], text)
		body, err := json.Marshal(render(n, key))
		if err != nil {
			t.Fatal(err)
		}
		check(t, n, sinktest.Delivery{Method: http.MethodPost, Target: "/v2/enqueue", Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Body: body})
	})
}

// check holds an event against the documented schema.
func check(t *testing.T, n notice.Notice, d sinktest.Delivery) {
	if d.Method != http.MethodPost || d.Target != "/v2/enqueue" || !strings.HasPrefix(d.Header.Get("Content-Type"), "application/json") {
		t.Errorf("%s %s %v", d.Method, d.Target, d.Header)
	}
	if len(d.Body) > 512000 {
		t.Errorf("%d bytes, PagerDuty takes 512 KB", len(d.Body))
	}
	dec := json.NewDecoder(strings.NewReader(string(d.Body)))
	dec.DisallowUnknownFields()
	var e struct {
		RoutingKey string `json:"routing_key"`
		Action     string `json:"event_action"`
		Dedup      string `json:"dedup_key"`
		Payload    *struct {
			Summary, Source, Severity, Component, Group, Class string
			Timestamp                                          *time.Time
			Details                                            map[string]any `json:"custom_details"`
		}
		Images    []any
		Links     []struct{ Href, Text string }
		Client    string
		ClientURL string `json:"client_url"`
	}
	if err := dec.Decode(&e); err != nil {
		t.Fatal(err)
	}
	if e.RoutingKey != key || e.Dedup == "" || len(e.Dedup) > 255 {
		t.Errorf("routing_key %q, dedup_key %q", e.RoutingKey, e.Dedup)
	}
	switch e.Action {
	case "acknowledge", "resolve":
		if e.Payload != nil || e.Links != nil {
			t.Errorf("%s with a payload", e.Action)
		}
		return
	case "trigger":
	default:
		t.Fatalf("event_action %q", e.Action)
	}
	p := e.Payload
	if p == nil {
		t.Fatal("a trigger without payload")
	}
	for _, f := range []struct {
		name, text  string
		least, most int
	}{
		{"summary", p.Summary, 1, 1024}, {"source", p.Source, 1, 255}, {"component", p.Component, 0, 255},
		{"group", p.Group, 0, 255}, {"class", p.Class, 0, 255},
	} {
		if l := post.Length(f.text); l < f.least || l > f.most {
			t.Errorf("%s has %d characters, want %d to %d", f.name, l, f.least, f.most)
		}
		sinktest.Shown(t, f.name, f.text)
	}
	if !strings.Contains(" critical error warning info ", " "+p.Severity+" ") {
		t.Errorf("severity %q", p.Severity)
	}
	if p.Timestamp == nil != n.At.IsZero() || p.Timestamp != nil && !p.Timestamp.Equal(n.At) {
		t.Errorf("timestamp %v, want %v", p.Timestamp, n.At)
	}
	for _, l := range e.Links {
		if l.Href != n.Alert.Link || l.Text == "" || e.ClientURL != l.Href {
			t.Errorf("link %+v, client_url %q, want %q", l, e.ClientURL, n.Alert.Link)
		}
	}
	if len(e.Links) == 0 && n.Alert.Link != "" {
		t.Error("no link")
	}
	details := p.Details
	if details["alert"] != n.Alert.ID || details["notice"] != n.Key || len(details) > 12 {
		t.Errorf("custom_details %v", details)
	}
	shown(t, "custom_details", details)
}

func shown(t *testing.T, place string, v any) {
	t.Helper()
	switch v := v.(type) {
	case string:
		sinktest.Shown(t, place, v)
	case []any:
		for _, e := range v {
			shown(t, place, e)
		}
	case map[string]any:
		for k, e := range v {
			shown(t, place+"."+k, e)
		}
	}
}
