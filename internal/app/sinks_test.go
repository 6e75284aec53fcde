package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/config"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/secret"
)

// allSinks has one sink of every kind, named as its kind.
const allSinks = `alerts:
  sinks:
    email: {email: {host: smtp.example.com, from: alerts@example.com, to: [oncall@example.com]}}
    pagerduty: {pagerduty: {routing-key: env:PD_KEY}}
    slack: {slack: {webhook: env:SLACK_WEBHOOK}}
    sns: {sns: {topic: "arn:aws:sns:eu-west-1:111122223333:alerts"}}
    stdout: {stdout: {}}
    teams: {teams: {webhook: env:TEAMS_WEBHOOK}}
    webhook: {webhook: {url: "https://alerts.example.com/in", secrets: [env:HOOK_SECRET]}}
  routes:
    - {to: [email, pagerduty, slack, sns, stdout, teams, webhook]}
`

func parseAlerts(t *testing.T, text string) config.Alerts {
	t.Helper()
	f, err := config.Parse("c.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f.Alerts
}

func TestEveryKindOfSinkIsMade(t *testing.T) {
	sinks, err := newApp(t).sinks(parseAlerts(t, allSinks))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(slices.Sorted(maps.Keys(sinkKinds())), slices.Sorted(maps.Keys(sinks))); d != "" {
		t.Errorf("a kind has no sink in this test: %s", d)
	}
	var folders []string
	list, err := os.ReadDir("../sink")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.IsDir() && f.Name() != "post" && f.Name() != "sinktest" {
			folders = append(folders, f.Name())
		}
	}
	if d := cmp.Diff(folders, slices.Sorted(maps.Keys(sinkKinds()))); d != "" {
		t.Errorf("the list of kinds differs from the folders (go generate ./internal/app): %s", d)
	}
}

func TestWrongSinksAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ section, want string }{
		"unknown kind":  {"{sluck: {}}", `c.yaml:3: sink "x": there is no such kind of sink; did you mean "slack"?`},
		"foreign kind":  {"{opsgenie: {}}", `c.yaml:3: sink "x": there is no such kind of sink; want email, pagerduty, slack, sns, stdout, teams or webhook`},
		"unknown name":  {"{slack: {webhok: env:A}}", `c.yaml:3: alerts.sinks.x.slack: unknown name "webhok"; did you mean "webhook"?`},
		"secret itself": {"{slack: {webhook: https://hooks.slack.com/services/T0/B0/hunter2}}", `c.yaml:3: alerts.sinks.x.slack.webhook: not the name of a secret`},
		"missing topic": {"{sns: {}}", `c.yaml:3: sink "x": sns: topic is missing`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newApp(t).sinks(parseAlerts(t, "alerts:\n  sinks:\n    x: "+c.section+"\n"))
			var p *Problem
			if !errors.As(err, &p) || p.Kind != Usage || p.Hint == "" || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%+v\nwant %q", err, c.want)
			}
		})
	}
}

func TestOfflineTellsNobody(t *testing.T) {
	asked := false
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer s.Close()
	a := newApp(t)
	env := a.sinkEnv()
	if _, err := env.HTTP.Get(s.URL); err == nil || !strings.Contains(err.Error(), "--offline") {
		t.Errorf("HTTP: %v", err)
	}
	if _, err := env.Dial(t.Context(), "tcp", s.Listener.Addr().String()); err == nil || !strings.Contains(err.Error(), "--offline") {
		t.Errorf("other protocols: %v", err)
	}
	if _, err := env.AWS(t.Context()); err == nil || !strings.Contains(err.Error(), "--offline") {
		t.Errorf("AWS: %v", err)
	}
	if _, err := env.Secret(t.Context(), secret.Reference{Scheme: secret.SecretsManager, Name: "x"}); err == nil || !strings.Contains(err.Error(), "--offline") {
		t.Errorf("AWS Secrets Manager: %v", err)
	}
	if asked {
		t.Error("a request was made")
	}
}

func TestRedirectsAreAnswers(t *testing.T) {
	followed := false
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if followed = r.URL.Path == "/there"; !followed {
			http.Redirect(w, r, "/there", http.StatusTemporaryRedirect)
		}
	}))
	defer s.Close()
	a := New(Config{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	answer, err := a.sinkEnv().HTTP.Post(s.URL, "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusTemporaryRedirect || followed {
		t.Errorf("%s, followed: %v", answer.Status, followed)
	}
}

// TestSinkOfTheConfiguration sends a notice with a secret of a file, through all that stands between.
func TestSinkOfTheConfiguration(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("whsec_aHVudGVyMi1jb3JyZWN0LWhvcnNlLWJhdHRlcnk=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var got []byte
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got, _ = io.ReadAll(r.Body)
	}))
	defer s.Close()
	a := New(Config{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	env := a.sinkEnv()
	var out bytes.Buffer
	env.Stdout = &out
	sinks, err := makeSinks(parseAlerts(t, fmt.Sprintf("alerts:\n  sinks:\n    own: {webhook: {url: %q, secrets: [%q]}}\n    line: {stdout: }\n", s.URL, "file:"+key)), env)
	if err != nil {
		t.Fatal(err)
	}
	n := notice.Notice{Key: "k3v9x2m4p7qa-opened", Kind: notice.Opened, Alert: finding.Alert{ID: "k3v9x2m4p7qa", Title: "a title"}}
	for name, sink := range sinks {
		if _, err := sink.Send(t.Context(), n); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for name, text := range map[string]string{"webhook": string(got), "stdout": out.String()} {
		if !strings.Contains(text, n.Key) || !strings.Contains(text, "a title") || strings.Contains(text, "aHVudGVy") {
			t.Errorf("%s: %q", name, text)
		}
	}
}

func TestAlertsThroughSNSOnMoto(t *testing.T) {
	m := newMoto(t)
	made := m.query("sns", "Action=CreateTopic&Version=2010-03-31&Name=alerts")
	_, rest, ok := strings.Cut(made, "<TopicArn>")
	topic, _, _ := strings.Cut(rest, "</TopicArn>")
	if !ok {
		t.Fatalf("no topic: %s", made)
	}
	sinks, err := motoApp(t, m).sinks(parseAlerts(t, fmt.Sprintf("alerts:\n  sinks:\n    a: {sns: {topic: %q}}\n", topic)))
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := sinks["a"].Send(t.Context(), notice.Notice{Key: "k-opened", Kind: notice.Opened, Alert: finding.Alert{ID: "k"}})
	if err != nil || receipt.ID == "" {
		t.Errorf("%+v, %v", receipt, err)
	}
}

// query asks a service of AWS's query protocol.
func (m moto) query(service, form string) string {
	m.t.Helper()
	r, err := http.NewRequestWithContext(m.t.Context(), http.MethodPost, m.url+"/", strings.NewReader(form))
	if err != nil {
		m.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260302/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	out, err := http.DefaultClient.Do(r)
	if err != nil {
		m.t.Fatal(err)
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	if err != nil || out.StatusCode >= 300 {
		m.t.Fatalf("%s: %s, %v", out.Status, text, err)
	}
	return string(text)
}
