package alert

import (
	"context"
	"database/sql"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
)

// alertColumns are what scanAlert reads.
const alertColumns = `alert.id, alert.body, alert.actor, alert.regions, alert.first_event, alert.last_event, alert.count, alert.unasked,
	alert.verified, alert.status`

// scanAlert reads an alert as it is now, without Events and Around; more are further columns.
func scanAlert(rows *sql.Rows, more ...any) (*row, error) {
	var r row
	var body, actor, regions string
	var first, last int64
	var count int
	var verified finding.Verification
	var status finding.Status
	into := append([]any{&r.number, &body, &actor, &regions, &first, &last, &count, &r.unasked, &verified, &status}, more...)
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	if err := parse(body, &r.Alert); err != nil {
		return nil, err
	}
	r.Actor, r.Regions = finding.Actor{}, nil
	if err := parse(actor, &r.Actor); err != nil {
		return nil, err
	}
	if err := parse(regions, &r.Regions); err != nil {
		return nil, err
	}
	r.First, r.Last, r.Count, r.Verified, r.Status, r.before = fromMicros(first), fromMicros(last), count, verified, status, count
	return &r, nil
}

func load(ctx context.Context, q querier, number int64) (r *row, err error) {
	err = each(ctx, q, "SELECT "+alertColumns+" FROM alert WHERE id = ?", []any{number}, func(rows *sql.Rows) (err error) {
		r, err = scanAlert(rows)
		return err
	})
	if err == nil && r == nil {
		err = ErrDamaged
	}
	return r, err
}

// save writes what of an alert changes.
func (w *work) save(ctx context.Context, r *row) error {
	_, _, err := w.exec(ctx, `UPDATE alert SET actor = ?, regions = ?, first_event = ?, last_event = ?, count = ?, unasked = ?, verified = ?, status = ? WHERE id = ?`,
		text(r.Actor), text(r.Regions), micros(r.First), micros(r.Last), r.Count, r.unasked, r.Verified, r.Status, r.number)
	return err
}

// sinks are those that the alert's opening goes or went to. Where it went nowhere, routes decide.
func (w *work) sinks(ctx context.Context, r *row, routes []Route) (out []string, err error) {
	if !r.fresh {
		err = each(ctx, w, "SELECT sink FROM delivery JOIN notice ON notice.id = delivery.notice WHERE delivery.alert = ? AND notice.kind = 'opened' ORDER BY delivery.id",
			[]any{r.number}, func(rows *sql.Rows) error {
				var sink string
				err := rows.Scan(&sink)
				out = append(out, sink)
				return err
			})
	}
	if err == nil && len(out) == 0 {
		out = sinksFor(routes, r.Alert)
	}
	return out, err
}

// note is a notice to be queued.
type note struct {
	r       *row
	kind    notice.Kind
	suffix  string // of its key, where the kind alone does not tell it from others of the alert
	by, why string
	at      int64
	sinks   []string
	alone   bool // it is sent by the caller, now
}

// queue puts a notice into the outbox, unless it is there, or goes nowhere.
func (w *work) queue(ctx context.Context, n note) (queued bool, err error) {
	if len(n.sinks) == 0 {
		return false, nil
	}
	key := n.r.ID + "-" + string(n.kind) + n.suffix
	var number int64
	if there, err := w.one(ctx, "SELECT id FROM notice WHERE key = ?", []any{key}, &number); there || err != nil {
		return false, err
	}
	number, _, err = w.exec(ctx, "INSERT INTO notice (alert, key, kind, body, by, why, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		n.r.number, key, n.kind, text(n.r.Alert), n.by, n.why, n.at)
	if err != nil {
		return false, err
	}
	state := Pending
	if n.alone {
		state = Delivering
	}
	for _, sink := range n.sinks {
		if _, _, err := w.exec(ctx, "INSERT INTO delivery (notice, alert, sink, alone, state, attempts, tries, since, next_at, begun) VALUES (?, ?, ?, ?, ?, 0, 0, 0, ?, ?)",
			number, n.r.number, sink, n.alone, state.number(), n.at, n.at); err != nil {
			return false, err
		}
	}
	return true, nil
}

// notice is what is sent: the alert as it was when the notice was queued, the same at every attempt.
func (s *Store) notice(ctx context.Context, number int64) (n notice.Notice, err error) {
	var body, around string
	var at, alert int64
	q := `SELECT notice.key, notice.kind, notice.body, notice.by, notice.why, notice.at, notice.alert, alert.around
		FROM notice JOIN alert ON alert.id = notice.alert WHERE notice.id = ?`
	err = s.db.Read.QueryRowContext(ctx, q, number).Scan(&n.Key, &n.Kind, &body, &n.By, &n.Why, &at, &alert, &around)
	if err != nil {
		return n, err
	}
	n.At = fromMicros(at)
	if err := parse(body, &n.Alert); err != nil {
		return n, err
	}
	if err := parse(around, &n.Alert.Around); err != nil {
		return n, err
	}
	n.Alert.Events, err = s.events(ctx, alert, min(n.Alert.Count, finding.MaxEvents))
	return n, err
}

// events are the first n of an alert, by the order in which they came, sorted by time.
func (s *Store) events(ctx context.Context, alert int64, n int) ([]finding.Event, error) {
	out := []finding.Event{}
	err := each(ctx, s.db.Read, "SELECT event FROM match WHERE alert = ? AND seq <= ? AND event IS NOT NULL ORDER BY event_time, seq", []any{alert, n}, func(r *sql.Rows) error {
		var e finding.Event
		var body string
		if err := r.Scan(&body); err != nil {
			return err
		}
		err := parse(body, &e)
		out = append(out, e)
		return err
	})
	return out, err
}
