package alert

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
)

func open(t *testing.T, home string) *Store {
	t.Helper()
	s, err := Open(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// reopen proves that what is read has been on disk.
func reopen(t *testing.T, s *Store) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, filepath.Dir(s.Path()))
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var noon = time.Date(2024, 3, 2, 12, 0, 0, 0, time.UTC)

// found is a finding of an event that came some minutes after noon.
func found(detection, event string, minutes float64, change ...func(*Finding)) Finding {
	f := Finding{
		Match: finding.Match{Detection: detection, Severity: finding.High, Event: finding.Event{
			ID: event, Time: noon.Add(time.Duration(minutes * float64(time.Minute))), Account: "111122223333", Region: "eu-west-1",
			Source: "log-1.json.gz", Record: 3, State: "pending", SHA256: "aa", Service: "iam.amazonaws.com", Name: "CreateUser",
		}},
		Title: "Title of " + detection, What: "What it means.", Criteria: []string{"soc2/CC7.2"}, Steps: []string{"Look."},
		Actor: finding.Actor{Principal: "arn:aws:iam::111122223333:role/deploy", IPs: []string{"198.51.100.7"}, Agents: []string{"cli"}},
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

func by(principal string) func(*Finding) {
	return func(f *Finding) { f.Actor.Principal = principal }
}

func in(account string) func(*Finding) { return func(f *Finding) { f.Match.Account = account } }

func from(source, sum, state string) func(*Finding) {
	return func(f *Finding) { f.Match.Source, f.Match.SHA256, f.Match.State = source, sum, state }
}

func severe(s finding.Severity) func(*Finding) { return func(f *Finding) { f.Match.Severity = s } }

func suppressed(why string) func(*Finding) {
	return func(f *Finding) {
		f.Match.Suppressed = &finding.Suppression{Detection: f.Match.Detection, Who: "ann", Why: why, Until: noon.AddDate(1, 0, 0)}
	}
}

// everywhere sends all alerts to sinks.
func everywhere(sinks ...string) []Route { return []Route{{To: sinks}} }

// record records findings at a time some minutes after noon.
func record(t *testing.T, s *Store, routes []Route, findings ...Finding) Recorded {
	t.Helper()
	return must[Recorded](t)(s.Record(t.Context(), Batch{Findings: findings, Routes: routes, At: noon.Add(2 * time.Hour)}))
}

func list(t *testing.T, s *Store, f Filter) []Item {
	t.Helper()
	return must[[]Item](t)(s.List(t.Context(), f))
}

// outbox is each delivery as "kind sink state", in the order of queuing; ids of alerts are left out.
func outbox(t *testing.T, s *Store) []string {
	t.Helper()
	out := []string{}
	for _, d := range must[[]Delivery](t)(all(s.Deliveries(t.Context(), DeliveryFilter{}))) {
		out = append(out, strings.Join([]string{strings.TrimPrefix(d.Notice, d.Alert+"-"), d.Sink, string(d.State)}, " "))
	}
	return out
}

// ear is a sink that takes down what it is sent, and answers as say says.
type ear struct {
	mu    sync.Mutex
	heard []notice.Notice
	at    []time.Time
	say   func(n int, v notice.Notice) (notice.Receipt, error) // n from 1; nil: it takes all
}

func (e *ear) Send(ctx context.Context, n notice.Notice) (notice.Receipt, error) {
	e.mu.Lock()
	e.heard = append(e.heard, n)
	e.at = append(e.at, time.Now())
	count := len(e.heard)
	e.mu.Unlock()
	if e.say == nil {
		return notice.Receipt{Status: "200 OK", ID: fmt.Sprint("r", count)}, nil
	}
	return e.say(count, n)
}

func (e *ear) keys() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := []string{}
	for _, n := range e.heard {
		out = append(out, n.Key)
	}
	return out
}
