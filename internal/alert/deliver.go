package alert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/sqlite"
)

// ErrElsewhere: another process delivers.
var ErrElsewhere = errors.New("another process delivers")

// courier is a delivery loop.
type courier struct {
	*Store
	o     DeliverOptions
	lanes []*lane
	group errgroup.Group
	done  chan outcome
	busy  int // attempts under way
	sum   Summary
}

// Deliver sends what is queued, each notice to each of its sinks, until ctx is done; see DeliverOptions. One process
// delivers at a time: where another one does, a loop waits for its turn, and with Once or Drain the error wraps
// ErrElsewhere. What was under way when the last process died is sent again. The error is ctx's cause, or a fault of the file;
// a sink's faults are on record and in the log.
func (s *Store) Deliver(ctx context.Context, o DeliverOptions) (Summary, error) {
	o.fill()
	lock, err := s.lock(ctx, &o)
	if err != nil {
		return Summary{}, fmt.Errorf("alerts: deliver: %w", err)
	}
	defer lock.Close()
	c := &courier{Store: s, o: o, done: make(chan outcome, len(o.Sinks)*o.Parallel)}
	for name, sink := range o.Sinks {
		c.lanes = append(c.lanes, &lane{name: name, sink: sink})
	}
	slices.SortFunc(c.lanes, func(a, b *lane) int { return strings.Compare(a.name, b.name) })
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	err = c.recover(ctx)
	if err == nil {
		err = c.loop(ctx, sending)
	}
	// What is under way gets its time, and its outcome goes on record.
	grace := time.AfterFunc(o.Grace, cancel)
	defer grace.Stop()
	var last []outcome
	for c.busy > 0 {
		out := <-c.done
		c.busy--
		last = append(last, out)
	}
	if len(last) > 0 {
		_, final := c.turn(context.WithoutCancel(ctx), last, false)
		err = errors.Join(err, final)
	}
	if err := errors.Join(err, c.group.Wait()); err != nil {
		return c.sum, fmt.Errorf("alerts: deliver: %w", err)
	}
	return c.sum, nil
}

// lock waits until this process is the one that delivers.
func (s *Store) lock(ctx context.Context, o *DeliverOptions) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(s.home, "alerts.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, sqlite.Classify(err)
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return f, nil
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return nil, errors.Join(err, f.Close())
		case o.Once || o.Drain:
			return nil, errors.Join(ErrElsewhere, f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), f.Close())
		case <-time.After(o.Poll):
		}
	}
}

// aloneFor is how long an attempt of a test may be under way before its process is taken to be dead.
const aloneFor = 10 * time.Minute

// recover takes up what was under way when the last process that delivered died.
func (c *courier) recover(ctx context.Context) error {
	now := micros(c.o.Now())
	return c.tx(ctx, func(w *work) error {
		var left []outcome
		if err := each(ctx, w, "SELECT id, attempts, begun, alone FROM delivery WHERE state = 1", nil, func(r *sql.Rows) error {
			var out outcome
			var alone bool
			if err := r.Scan(&out.delivery, &out.Number, &out.begun, &alone); err != nil {
				return err
			}
			if !alone || out.begun < now-aloneFor.Microseconds() {
				left = append(left, out)
			}
			return nil
		}); err != nil {
			return err
		}
		for _, out := range left {
			out.At = fromMicros(out.begun)
			out.Latency = max(0, now-out.begun) / 1000
			out.Result, out.Error = Interrupted, "the process ended; whether it was taken is not known"
			if err := w.attempt(ctx, out); err != nil {
				return err
			}
			if _, _, err := w.exec(ctx, "UPDATE delivery SET state = iif(alone, 3, 0), next_at = ? WHERE id = ?", now, out.delivery); err != nil {
				return err
			}
		}
		return nil
	})
}

// attempt appends an attempt to the record.
func (w *work) attempt(ctx context.Context, out outcome) error {
	_, _, err := w.exec(ctx, "INSERT INTO attempt (delivery, number, at, latency_ms, result, status, response, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		out.delivery, out.Number, micros(out.At), out.Latency, out.Result, out.Status, out.Response, out.Error)
	return err
}

func (c *courier) loop(ctx, sending context.Context) error {
	var news []outcome
	for {
		wait, err := c.turn(sending, news, ctx.Err() == nil)
		if err != nil {
			return err
		}
		news = news[:0]
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if c.busy == 0 {
			if c.o.Once {
				return nil
			}
			if c.o.Drain {
				if left, err := c.left(ctx); err != nil || !left {
					return err
				}
			}
		}
		timer := time.NewTimer(min(wait, c.o.Poll))
		select {
		case <-ctx.Done():
		case <-c.bell:
		case <-timer.C:
		case out := <-c.done:
			news = append(news, out)
		}
		timer.Stop()
		// What else is there goes into the same transaction.
		for more := true; more; {
			select {
			case out := <-c.done:
				news = append(news, out)
			default:
				more = false
			}
		}
		c.busy -= len(news)
	}
}

// left reports whether anything is left for the sinks.
func (c *courier) left(ctx context.Context) (bool, error) {
	for _, l := range c.lanes {
		var left bool
		if err := c.db.Read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM delivery WHERE sink = ? AND state = 0)", l.name).Scan(&left); left || err != nil {
			return left, sqlite.Classify(err)
		}
	}
	return false, nil
}

// never is longer than any loop runs.
const never = 1 << 62 * time.Nanosecond

// turn puts outcomes on record and begins what is due, in one transaction, and says how long nothing more
// becomes due by itself.
func (c *courier) turn(sending context.Context, news []outcome, begin bool) (wait time.Duration, err error) {
	now := c.o.Now()
	for _, out := range news {
		c.judge(out, now)
	}
	var jobs []job
	if len(news) == 0 {
		if !begin {
			return never, nil
		}
		// A look that writes nothing holds up nobody.
		if jobs, wait, err = c.due(sending, c.db.Read, now); err != nil || len(jobs) == 0 {
			return wait, sqlite.Classify(err)
		}
	}
	var sum Summary
	err = c.tx(sending, func(w *work) error {
		sum = Summary{}
		for _, out := range news {
			if err := c.write(sending, w, out, now, &sum); err != nil {
				return err
			}
		}
		jobs, wait = nil, never
		if !begin {
			return nil
		}
		var err error
		if jobs, wait, err = c.due(sending, w, now); err != nil {
			return err
		}
		for _, j := range jobs {
			if _, _, err := w.exec(sending, "UPDATE delivery SET state = 1, attempts = ?, since = ?, begun = ? WHERE id = ?", j.number, j.since, j.begun, j.delivery); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	c.sum.Attempts += sum.Attempts
	c.sum.Delivered += sum.Delivered
	c.sum.Failed += sum.Failed
	c.sum.Dead += sum.Dead
	for _, j := range jobs {
		i := slices.IndexFunc(c.lanes, func(l *lane) bool { return l.name == j.sink })
		c.lanes[i].busy++
		c.busy++
		sink := c.lanes[i].sink
		c.group.Go(func() error {
			out := outcome{job: j, Attempt: Attempt{Number: j.number, At: fromMicros(j.begun), Result: Failed, Error: "the sink ended without a word"}}
			defer func() { c.done <- out }()
			out = c.send(sending, j, sink, &c.o)
			return nil
		})
	}
	return wait, nil
}

// dueQuery asks for what a sink is to get next. A delivery is held up for the earlier ones of its alert, unless they are dead.
const dueQuery = `SELECT d.id, d.notice, d.attempts, d.tries, d.since, d.next_at FROM delivery d WHERE d.sink = ? AND d.state = 0
	AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.alert = d.alert AND e.sink = d.sink AND e.notice < d.notice AND e.state < 2)
	ORDER BY d.next_at, d.id LIMIT ?`

// due is what can begin now, and how long nothing else can.
func (c *courier) due(ctx context.Context, q querier, now time.Time) (jobs []job, wait time.Duration, err error) {
	wait = never
	for _, l := range c.lanes {
		room := l.room(&c.o, now)
		if room <= 0 {
			if d := l.gate.Sub(now); d > 0 {
				wait = min(wait, d)
			}
			continue // or an outcome wakes the loop
		}
		err := each(ctx, q, dueQuery, []any{l.name, room}, func(r *sql.Rows) error {
			j := job{sink: l.name, begun: micros(now)}
			var next int64
			if err := r.Scan(&j.delivery, &j.notice, &j.number, &j.tries, &j.since, &next); err != nil {
				return err
			}
			// Nothing is told to wait for longer than that: the clock was ahead.
			if d := fromMicros(next).Sub(now); d > 0 && d <= max(c.o.Backoff.Most, maxAfter) {
				wait = min(wait, d)
				return nil
			}
			j.number++
			if j.since == 0 {
				j.since = j.begun
			}
			jobs = append(jobs, j)
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	return jobs, wait, nil
}

// judge says what an outcome says of its sink.
func (c *courier) judge(out outcome, now time.Time) {
	for _, l := range c.lanes {
		if l.name != out.sink {
			continue
		}
		l.busy--
		switch out.Result {
		case Taken, Refused: // it answers
			l.failed = 0
		case Failed:
			l.failed++
			if l.failed >= trouble {
				l.shut(now.Add(min(pause, c.o.Backoff.after(l.failed-trouble+1))))
			}
		}
		if out.after > 0 {
			l.shut(now.Add(min(out.after, maxAfter)))
		}
	}
}

// write puts an outcome on record, and says what becomes of its delivery.
func (c *courier) write(ctx context.Context, w *work, out outcome, now time.Time, sum *Summary) error {
	if err := w.attempt(ctx, out); err != nil {
		return err
	}
	sum.Attempts++
	state, next := Pending, now
	log := c.o.Log.With("sink", out.sink, "notice", out.key, "attempt", out.Number)
	switch {
	case out.Result == Taken:
		state = Delivered
		sum.Delivered++
		log.Debug("delivered", "status", out.Status)
	case out.Result == Interrupted:
	default:
		sum.Failed++
		out.tries++
		next = now.Add(max(c.o.Backoff.after(out.tries), min(out.after, maxAfter)))
		if out.Result == Refused || c.o.MaxAttempts > 0 && out.tries >= c.o.MaxAttempts || now.Sub(fromMicros(out.since)) >= c.o.MaxAge {
			state = Dead
			sum.Dead++
			log.Error("not delivered, and given up", "status", out.Status, "error", out.Error)
			break
		}
		log.Warn("not delivered", "status", out.Status, "error", out.Error, "next", next.UTC().Format(time.RFC3339))
	}
	_, _, err := w.exec(ctx, "UPDATE delivery SET state = ?, tries = ?, next_at = ? WHERE id = ?", state.number(), out.tries, micros(next), out.delivery)
	return err
}
