package alert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
)

// Errors of decisions.
var (
	ErrUnknown   = errors.New("there is no such alert")
	ErrAmbiguous = errors.New("several alerts begin like that")
	ErrDecided   = errors.New("that has been decided already")
)

// Decision is what somebody decided, and why. Both are wanted.
type Decision struct {
	By  string
	Why string
	At  time.Time
}

func (d Decision) bound() (Decision, error) {
	d.By, d.Why = strings.TrimSpace(clip(d.By, maxName)), strings.TrimSpace(clip(d.Why, maxWords))
	switch {
	case d.By == "":
		return d, errors.New("nobody is named who decides it")
	case d.Why == "":
		return d, errors.New("no reason is given")
	case micros(d.At) == 0:
		return d, errors.New("the decision has no time")
	}
	return d, nil
}

// Ack acknowledges an open alert: somebody looks after it. id is its ID, or as much of it as no other begins with. The sinks
// that were told of its opening are told. The error wraps ErrUnknown, ErrAmbiguous or ErrDecided where one fits.
func (s *Store) Ack(ctx context.Context, id string, d Decision) (finding.Alert, error) {
	return s.decide(ctx, id, d, notice.Acknowledged, finding.Acknowledged)
}

// CloseAlert closes an alert for good. It is otherwise as Ack.
func (s *Store) CloseAlert(ctx context.Context, id string, d Decision) (finding.Alert, error) {
	return s.decide(ctx, id, d, notice.Closed, finding.Closed)
}

func (s *Store) decide(ctx context.Context, id string, d Decision, kind notice.Kind, to finding.Status) (finding.Alert, error) {
	var out finding.Alert
	var queued bool
	d, err := d.bound()
	if err == nil {
		err = s.tx(ctx, func(w *work) error {
			r, err := find(ctx, w, id)
			if err != nil {
				return err
			}
			if r.Status == finding.Closed || r.Status == to {
				return w.decided(ctx, r)
			}
			r.Status = to
			if err := w.save(ctx, r); err != nil {
				return err
			}
			if err := w.act(ctx, r, micros(d.At), string(kind), d); err != nil {
				return err
			}
			sinks, err := w.sinks(ctx, r, nil)
			if err != nil {
				return err
			}
			out = r.Alert
			queued, err = w.queue(ctx, note{r: r, kind: kind, by: d.By, why: d.Why, at: micros(d.At), sinks: sinks})
			return err
		})
	}
	if err != nil {
		return finding.Alert{}, fmt.Errorf("alert %q: %w", clip(id, maxName), err)
	}
	if queued {
		s.ring()
	}
	return out, nil
}

// decided says who did it already.
func (w *work) decided(ctx context.Context, r *row) error {
	var by, why string
	var at int64
	if _, err := w.one(ctx, "SELECT by, why, at FROM action WHERE alert = ? AND kind = ? ORDER BY id DESC", []any{r.number, string(r.Status)}, &by, &why, &at); err != nil {
		return err
	}
	return fmt.Errorf("%w: it was %s by %q at %s: %q", ErrDecided, r.Status, by, fromMicros(at).Format(time.RFC3339), why)
}

// Retry requeues what is dead of an alert, or, with an empty id, of all, and says how many deliveries that are. They begin
// anew, after what is waiting for their sinks; their attempts so far stay on record.
func (s *Store) Retry(ctx context.Context, id string, d Decision) (int, error) {
	n := 0
	d, err := d.bound()
	if err == nil {
		err = s.tx(ctx, func(w *work) (err error) {
			n, err = w.retry(ctx, id, d)
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("alert %q: retry: %w", clip(id, maxName), err)
	}
	if n > 0 {
		s.ring()
	}
	return n, nil
}

func (w *work) retry(ctx context.Context, id string, d Decision) (n int, err error) {
	var alerts []*row
	if id != "" {
		r, err := find(ctx, w, id)
		if err != nil {
			return 0, err
		}
		alerts = append(alerts, r)
	} else if err := each(ctx, w, "SELECT DISTINCT alert FROM delivery WHERE state = 3 AND alone = 0 ORDER BY alert", nil, func(rows *sql.Rows) error {
		var r row
		err := rows.Scan(&r.number)
		alerts = append(alerts, &r)
		return err
	}); err != nil {
		return 0, err
	}
	for _, r := range alerts {
		_, rows, err := w.exec(ctx, "UPDATE delivery SET state = 0, tries = 0, since = 0, next_at = ? WHERE alert = ? AND state = 3 AND alone = 0", micros(d.At), r.number)
		if err != nil {
			return 0, err
		}
		if rows == 0 {
			continue
		}
		n += int(rows)
		if err := w.act(ctx, r, micros(d.At), "retried", d); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// find is the alert that an ID, or the beginning of one, means.
func find(ctx context.Context, q querier, id string) (*row, error) {
	id = strings.ToLower(strings.TrimSpace(id))
	if id == "" || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return nil, fmt.Errorf("%w: an ID is of letters and digits", ErrUnknown)
	}
	var numbers []int64
	var names []string
	if err := each(ctx, q, "SELECT id, name FROM alert WHERE name >= ?1 AND name < ?1 || '{' ORDER BY name LIMIT 4", []any{id}, func(r *sql.Rows) error {
		var n int64
		var name string
		err := r.Scan(&n, &name)
		numbers, names = append(numbers, n), append(names, name)
		return err
	}); err != nil {
		return nil, err
	}
	switch len(numbers) {
	case 1:
		return load(ctx, q, numbers[0])
	case 0:
		others, err := near(ctx, q, id)
		if err != nil {
			return nil, err
		}
		if len(others) == 0 {
			return nil, ErrUnknown
		}
		return nil, fmt.Errorf("%w; near it: %s", ErrUnknown, strings.Join(others, ", "))
	}
	return nil, fmt.Errorf("%w: %s", ErrAmbiguous, strings.Join(names, ", "))
}

// near are up to three IDs of the newest alerts that differ from id in at most two places.
func near(ctx context.Context, q querier, id string) ([]string, error) {
	type guess struct {
		name string
		off  int
	}
	var all []guess
	err := each(ctx, q, "SELECT name FROM alert ORDER BY id DESC LIMIT 100000", nil, func(r *sql.Rows) error {
		var name string
		if err := r.Scan(&name); err != nil {
			return err
		}
		if off := distance(id, name[:min(len(name), len(id))]); off <= 2 && off*2 < len(id) {
			all = append(all, guess{name, off})
		}
		return nil
	})
	slices.SortStableFunc(all, func(a, b guess) int { return a.off - b.off })
	var out []string
	for _, g := range all[:min(len(all), 3)] {
		out = append(out, g.name)
	}
	return out, err
}

// distance is how many letters have to be changed, added or removed to make b of a.
func distance(a, b string) int {
	if len(a) > 20 || len(b) > 20 {
		return 20
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
