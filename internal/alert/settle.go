package alert

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sqlite"
)

// Log is a log file as it was read when something was found in it.
type Log struct {
	Source string // its object key or file, as in finding.Event
	SHA256 string // of its content, in hex; empty where that was not taken down
}

// Settled is how many alerts validation has spoken of.
type Settled struct {
	Proven   int
	Disputed int
	Notices  int // that were queued
}

// Waiting are the log files that alerts have events from and that no digest has been seen for yet, in the order in which
// they came.
func (s *Store) Waiting(ctx context.Context) ([]Log, error) {
	q := s.query("log files that wait for a digest", "SELECT source, sha256 FROM log WHERE state = 'pending' ORDER BY id")
	return sqlite.All(ctx, q, func(r *sql.Rows) (g Log, err error) {
		err = r.Scan(&g.Source, &g.SHA256)
		return g, err
	})
}

// Settle takes what validation says of log files: event.Verified, event.Failed, event.Unlisted, or event.Pending, which
// changes nothing. Log files that no alert knows are passed over. An alert is proven when all its log files are verified, and
// disputed when one is failed or unlisted. People are told of either once.
func (s *Store) Settle(ctx context.Context, states map[Log]string, at time.Time) (Settled, error) {
	var out Settled
	err := s.tx(ctx, func(w *work) error {
		out = Settled{}
		var changed []int64
		for g, state := range states {
			if !slices.Contains(event.States[:], state) {
				return fmt.Errorf("log file %q: state %q is none", g.Source, state)
			}
			if state == event.Pending {
				continue
			}
			var number int64
			found, err := w.one(ctx, "SELECT id FROM log WHERE source = ? AND sha256 = ? AND state <> ?", []any{g.Source, g.SHA256, state}, &number)
			if err != nil {
				return err
			}
			if !found {
				continue
			}
			if _, _, err := w.exec(ctx, "UPDATE log SET state = ? WHERE id = ?", state, number); err != nil {
				return err
			}
			changed = append(changed, number)
		}
		alerts, err := w.withLogs(ctx, changed)
		if err != nil {
			return err
		}
		for _, number := range alerts {
			if err := w.settle(ctx, number, micros(at), &out); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Settled{}, fmt.Errorf("alerts: settle what validation says: %w", err)
	}
	if out.Notices > 0 {
		s.ring()
	}
	return out, nil
}

func (w *work) settle(ctx context.Context, number, at int64, out *Settled) error {
	r, err := load(ctx, w, number)
	if err != nil {
		return err
	}
	was := r.Verified
	if err := w.judge(ctx, r); err != nil || r.Verified == was {
		return err
	}
	if err := w.save(ctx, r); err != nil {
		return err
	}
	switch r.Verified {
	case finding.Proven:
		out.Proven++
	case finding.Disputed:
		out.Disputed++
	}
	sinks, err := w.sinks(ctx, r, nil)
	if err != nil {
		return err
	}
	queued, err := w.queueLogs(ctx, r, was, at, sinks)
	if queued {
		out.Notices++
	}
	return err
}

// withLogs are the alerts that have events from log files, each once, in the order of opening.
func (w *work) withLogs(ctx context.Context, logs []int64) (out []int64, err error) {
	for _, number := range logs {
		if err := each(ctx, w, "SELECT alert FROM alert_log WHERE log = ?", []any{number}, func(r *sql.Rows) error {
			var alert int64
			err := r.Scan(&alert)
			out = append(out, alert)
			return err
		}); err != nil {
			return nil, err
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// judge says what the states of an alert's log files make of it.
func (w *work) judge(ctx context.Context, r *row) error {
	n := map[string]int{}
	if err := each(ctx, w, "SELECT log.state, count(*) FROM alert_log JOIN log ON log.id = alert_log.log WHERE alert_log.alert = ? GROUP BY log.state",
		[]any{r.number}, func(rows *sql.Rows) error {
			var state string
			var count int
			err := rows.Scan(&state, &count)
			n[state] = count
			return err
		}); err != nil {
		return err
	}
	switch {
	case n[event.Failed]+n[event.Unlisted] > 0:
		r.Verified = finding.Disputed
	case n[event.Pending] > 0:
		r.Verified = finding.Waiting
	case r.unasked || n[event.Verified] == 0:
		r.Verified = finding.Unasked
	default:
		r.Verified = finding.Proven
	}
	return nil
}

// queueLogs writes down that validation has come to speak otherwise of an alert, and tells people, once of each.
func (w *work) queueLogs(ctx context.Context, r *row, was finding.Verification, at int64, sinks []string) (queued bool, err error) {
	if r.Verified == was || r.Verified != finding.Proven && r.Verified != finding.Disputed {
		return false, nil
	}
	kind, why := notice.Verified, "valid digests list its log files as they were read"
	if r.Verified == finding.Disputed {
		kind, why = notice.Disputed, "a digest lists a log file of it with another content, or does not list it"
	}
	if err := w.act(ctx, r, at, string(kind), Decision{By: "validate", Why: why}); err != nil {
		return false, err
	}
	return w.queue(ctx, note{r: r, kind: kind, at: at, sinks: sinks})
}

func (t *take) tellOfLogs(ctx context.Context, r *row, was finding.Verification, at int64, sinks []string) error {
	queued, err := t.queueLogs(ctx, r, was, at, sinks)
	if queued {
		t.rec.Notices++
	}
	return err
}

// act appends to what has happened to an alert.
func (w *work) act(ctx context.Context, r *row, at int64, kind string, d Decision) error {
	_, _, err := w.exec(ctx, "INSERT INTO action (alert, at, kind, by, why) VALUES (?, ?, ?, ?, ?)", r.number, at, kind, d.By, d.Why)
	return err
}
