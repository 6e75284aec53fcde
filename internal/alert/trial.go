package alert

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
)

// Trial is a test of the way to one sink.
type Trial struct {
	Sink     string // its name
	To       notice.Sink
	Severity finding.Severity // empty: Informational
	Link     func(finding.Alert) string
	Timeout  time.Duration    // 0: 30 s
	Now      func() time.Time // nil: time.Now
}

// TestDetection is what alerts of tests are said to be from.
const TestDetection = "trailseal-test"

// Test sends an alert of a test to one sink, now and once, and returns what is on record of it: the attempt's error is
// there, too. The alert is closed from the start, and told to nobody else. The error is a fault of the file.
func (s *Store) Test(ctx context.Context, t Trial) (Delivery, error) {
	d, err := s.test(ctx, t)
	if err != nil {
		return Delivery{}, fmt.Errorf("alerts: test of sink %q: %w", t.Sink, err)
	}
	return d, nil
}

func (s *Store) test(ctx context.Context, t Trial) (Delivery, error) {
	o := DeliverOptions{Timeout: t.Timeout, Now: t.Now}
	o.fill()
	now := o.Now()
	if t.Severity == "" {
		t.Severity = finding.Informational
	}
	f := Finding{
		Match: finding.Match{Detection: TestDetection, Severity: t.Severity, Event: finding.Event{
			ID: "test-" + rand.Text(), Time: now, Account: "000000000000", Region: "us-east-1", Source: "trailseal alerts test", Service: "trailseal", Name: "Test",
		}},
		Title: "Test: nothing happened", What: "Somebody tests that alerts arrive here.", Criteria: []string{}, Steps: []string{"Do nothing."},
		Actor: finding.Actor{Principal: "trailseal alerts test", Kind: "unknown"}, AroundGap: "this is a test", Test: true,
	}
	var j job
	var id string
	err := s.tx(ctx, func(w *work) error {
		k, err := w.take(ctx, &Batch{Findings: []Finding{f}, Link: t.Link, At: now})
		if err != nil {
			return err
		}
		r := k.rows[0]
		id = r.ID
		if _, err := w.queue(ctx, note{r: r, kind: notice.Opened, at: micros(now), sinks: []string{t.Sink}, alone: true}); err != nil {
			return err
		}
		if _, err := w.one(ctx, "SELECT id, notice FROM delivery WHERE alert = ?", []any{r.number}, &j.delivery, &j.notice); err != nil {
			return err
		}
		j.number, j.sink, j.begun = 1, t.Sink, micros(now)
		if _, _, err := w.exec(ctx, "UPDATE delivery SET attempts = 1, since = ? WHERE id = ?", j.begun, j.delivery); err != nil {
			return err
		}
		r.Status = finding.Closed
		if err := w.save(ctx, r); err != nil {
			return err
		}
		return w.act(ctx, r, micros(now), string(notice.Closed), Decision{By: "trailseal", Why: "a test"})
	})
	if err != nil {
		return Delivery{}, err
	}
	out := s.send(ctx, j, t.To, &o)
	state := Dead
	if out.Result == Taken {
		state = Delivered
	}
	// What happened goes on record, even if ctx is done meanwhile.
	ctx = context.WithoutCancel(ctx)
	if err := s.tx(ctx, func(w *work) error {
		if err := w.attempt(ctx, out); err != nil {
			return err
		}
		_, _, err := w.exec(ctx, "UPDATE delivery SET state = ? WHERE id = ?", state.number(), j.delivery)
		return err
	}); err != nil {
		return Delivery{}, err
	}
	list, err := all(s.Deliveries(ctx, DeliveryFilter{Alert: id}))
	if err != nil {
		return Delivery{}, err
	}
	return list[0], nil
}
