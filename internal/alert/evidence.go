package alert

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sqlite"
)

// State is how far a delivery has come.
type State string

// The states of a delivery.
const (
	Pending    State = "pending"
	Delivering State = "delivering"
	Delivered  State = "delivered"
	Dead       State = "dead" // nobody tries any more; see Retry
)

// states are in the order of the file's numbers.
var states = [...]State{Pending, Delivering, Delivered, Dead}

func (s State) number() int { return slices.Index(states[:], s) }

// Delivery is one notice to one sink, with every attempt: the proof that people were told.
type Delivery struct {
	Alert     string           `json:"alert"` // its ID
	Detection string           `json:"detection"`
	Severity  finding.Severity `json:"severity"`
	Account   string           `json:"account"`
	Test      bool             `json:"test,omitempty"`
	Notice    string           `json:"notice"` // its Key
	Kind      notice.Kind      `json:"kind"`
	Sink      string           `json:"sink"`
	State     State            `json:"state"`
	Queued    time.Time        `json:"queued"`
	Next      time.Time        `json:"next_attempt,omitzero"` // at the earliest, of a pending one
	Attempts  []Attempt        `json:"attempts"`
}

// DeliveryFilter says which deliveries are meant. The zero one means all.
type DeliveryFilter struct {
	Alert    string    // an ID, whole
	Sink     string    // its name
	From, To time.Time // queued from From on and before To
	State    State
	Test     *bool // only those of tests, or only the others
}

// Deliveries yields deliveries with their attempts, in the order in which they were queued.
func (s *Store) Deliveries(ctx context.Context, f DeliveryFilter) iter.Seq2[Delivery, error] {
	return s.deliveries(ctx, f, "TRUE")
}

// deliveries are those of Deliveries that where holds for as well.
func (s *Store) deliveries(ctx context.Context, f DeliveryFilter, where string) iter.Seq2[Delivery, error] {
	lo, hi := int64(-1<<62), int64(1<<62)
	if !f.From.IsZero() {
		lo = f.From.UnixMicro()
	}
	if !f.To.IsZero() {
		hi = f.To.UnixMicro()
	}
	if f.Alert != "" { // by its own index
		where += " AND delivery.alert = (SELECT id FROM alert WHERE name = ?6)"
	}
	q := s.query("deliveries", `SELECT delivery.id, alert.name, alert.detection, alert.severity, alert.account, alert.test, notice.key, notice.kind, notice.at,
		delivery.sink, delivery.state, delivery.next_at, attempt.number, attempt.at, attempt.latency_ms, attempt.result, attempt.status, attempt.response, attempt.error
		FROM delivery JOIN notice ON notice.id = delivery.notice JOIN alert ON alert.id = delivery.alert LEFT JOIN attempt ON attempt.delivery = delivery.id
		WHERE (?1 = '' OR sink = ?1) AND notice.at >= ?2 AND notice.at < ?3 AND (?4 < 0 OR delivery.state = ?4) AND (?5 IS NULL OR alert.test = ?5) AND (?6 = '' OR TRUE) AND `+
		where+" ORDER BY delivery.id, attempt.number", f.Sink, lo, hi, f.State.number(), f.Test, f.Alert)
	type line struct {
		number int64
		Delivery
	}
	lines := sqlite.Rows(ctx, q, func(r *sql.Rows) (l line, err error) {
		var severity, state int
		var queued, next int64
		var number, at, latency sql.NullInt64
		var result, status, response, fault sql.NullString
		if err := r.Scan(&l.number, &l.Alert, &l.Detection, &severity, &l.Account, &l.Test, &l.Notice, &l.Kind, &queued, &l.Sink, &state, &next,
			&number, &at, &latency, &result, &status, &response, &fault); err != nil {
			return l, err
		}
		if severity < 0 || severity >= len(finding.Severities) || state < 0 || state >= len(states) {
			return l, fmt.Errorf("%w: severity %d, state %d", ErrDamaged, severity, state)
		}
		l.Severity, l.State, l.Queued = finding.Severities[severity], states[state], fromMicros(queued)
		if l.State == Pending {
			l.Next = fromMicros(next)
		}
		l.Attempts = []Attempt{}
		if number.Valid {
			l.Attempts = append(l.Attempts, Attempt{
				Number: int(number.Int64), At: fromMicros(at.Int64), Latency: latency.Int64, Result: Result(result.String), Status: status.String,
				Response: response.String, Error: fault.String,
			})
		}
		return l, nil
	})
	return func(yield func(Delivery, error) bool) {
		var last *line
		for l, err := range lines {
			switch {
			case err != nil:
				yield(Delivery{}, err)
				return
			case last != nil && last.number == l.number:
				last.Attempts = append(last.Attempts, l.Attempts...)
				continue
			case last != nil && !yield(last.Delivery, nil):
				return
			}
			last = &l
		}
		if last != nil {
			yield(last.Delivery, nil)
		}
	}
}

// all collects deliveries.
func all(deliveries iter.Seq2[Delivery, error]) ([]Delivery, error) {
	out := []Delivery{}
	for d, err := range deliveries {
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// Dead are the deliveries that were given up, but for those of tests, in the order in which they were queued.
func (s *Store) Dead(ctx context.Context) ([]Delivery, error) {
	return all(s.deliveries(ctx, DeliveryFilter{}, "delivery.state = 3 AND delivery.alone = 0"))
}

// SinkState is how far a sink has come with its deliveries.
type SinkState struct {
	Name       string    `json:"sink"` // the configuration need not have it any more
	Pending    int       `json:"pending"`
	Delivering int       `json:"delivering"`
	Delivered  int       `json:"delivered"`
	Dead       int       `json:"dead"`
	Oldest     time.Time `json:"oldest_pending,omitzero"` // when the oldest that is pending was queued
}

// Sinks are the sinks that anything was ever queued for, by name.
func (s *Store) Sinks(ctx context.Context) ([]SinkState, error) {
	q := s.query("sinks", `SELECT sink, sum(state = 0), sum(state = 1), sum(state = 2), sum(state = 3), coalesce(min(iif(state = 0, notice.at, NULL)), 0)
		FROM delivery JOIN notice ON notice.id = delivery.notice GROUP BY sink ORDER BY sink`)
	return sqlite.All(ctx, q, func(r *sql.Rows) (v SinkState, err error) {
		var oldest int64
		err = r.Scan(&v.Name, &v.Pending, &v.Delivering, &v.Delivered, &v.Dead, &oldest)
		v.Oldest = fromMicros(oldest)
		return v, err
	})
}

// Detail is all that is known of an alert.
type Detail struct {
	Alert      finding.Alert   `json:"alert"`
	History    []Entry         `json:"history"` // oldest first
	Deliveries []Delivery      `json:"deliveries"`
	Events     []finding.Event `json:"events"` // that are kept whole, the first 1,000, by time
}

// Entry is one thing that has happened to an alert.
type Entry struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"` // opened, acknowledged, closed, verified, disputed, retried
	By   string    `json:"by"`
	Why  string    `json:"why,omitempty"`
}

// Show returns an alert by its ID, or as much of it as no other begins with. The error wraps ErrUnknown or ErrAmbiguous
// where one fits.
func (s *Store) Show(ctx context.Context, id string) (Detail, error) {
	d, err := s.show(ctx, id)
	if err != nil {
		return Detail{}, fmt.Errorf("alert %q: %w", clip(id, maxName), sqlite.Classify(err))
	}
	return d, nil
}

func (s *Store) show(ctx context.Context, id string) (d Detail, err error) {
	r, err := find(ctx, s.db.Read, id)
	if err != nil {
		return d, err
	}
	d.Alert = r.Alert
	if d.Events, err = s.events(ctx, r.number, r.Count); err != nil {
		return d, err
	}
	if d.Alert.Events, err = s.events(ctx, r.number, finding.MaxEvents); err != nil {
		return d, err
	}
	if err := each(ctx, s.db.Read, "SELECT around FROM alert WHERE id = ?", []any{r.number}, func(rows *sql.Rows) error {
		var around string
		if err := rows.Scan(&around); err != nil {
			return err
		}
		return parse(around, &d.Alert.Around)
	}); err != nil {
		return d, err
	}
	d.History = []Entry{{At: r.Opened, Kind: string(notice.Opened), By: "detect"}}
	if err := each(ctx, s.db.Read, "SELECT at, kind, by, why FROM action WHERE alert = ? ORDER BY id", []any{r.number}, func(rows *sql.Rows) error {
		var e Entry
		var at int64
		err := rows.Scan(&at, &e.Kind, &e.By, &e.Why)
		e.At = fromMicros(at)
		d.History = append(d.History, e)
		return err
	}); err != nil {
		return d, err
	}
	d.Deliveries, err = all(s.Deliveries(ctx, DeliveryFilter{Alert: r.ID}))
	return d, err
}
