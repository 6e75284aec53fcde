package alert

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
)

// Batch is what was found in some log files, and how far their source has been read with them.
type Batch struct {
	Findings []Finding
	// Positions are by the name of a source of events. They are recorded with the findings or not at all.
	Positions map[string]string
	Routes    []Route
	Link      func(finding.Alert) string // where a person reads more; nil: nowhere
	At        time.Time                  // when it was found: now
}

// Finding is one match with what an alert needs besides it.
type Finding struct {
	Match finding.Match
	Title string // of the detection, as the next three
	What  string
	// Criteria and Steps are as in finding.Alert.
	Criteria []string
	Steps    []string
	Actor    finding.Actor // without a Principal it is that of the event
	// Around and AroundGap are kept of the finding that opens an alert; see Store.Opening.
	Around    []finding.Event
	AroundGap string
	Window    time.Duration // of the alert that it opens; 0: DefaultWindow
	Test      bool          // nothing happened
}

// DefaultWindow is how long matches join an alert after its first, by event time.
const DefaultWindow = time.Hour

// Recorded is what recording a batch changed.
type Recorded struct {
	Opened   []finding.Alert // without Events and Around
	Added    int             // matches
	Known    int             // matches that had been recorded before
	Notices  int             // that were queued
	NoRoute  int             // alerts that were opened, are not suppressed, and go nowhere
	Silenced int             // matches that fall under a suppression
}

// row is an alert in a transaction. Its Alert has no Events and no Around.
type row struct {
	finding.Alert
	number  int64
	unasked bool
	fresh   bool // opened in this transaction
	before  int  // Count before this transaction
}

// take takes a batch into a transaction.
type take struct {
	*work
	b    *Batch
	at   int64
	rec  Recorded
	rows []*row // that are touched, in the order of touching
	byID map[int64]*row
	// restated are log files that a finding says something else of than was known.
	restated []int64
	logs     map[Log]int64
}

// Record writes what was found, the notices to be told of it, and positions, in one transaction: all of it or nothing.
// A match that has been recorded before changes nothing, so that reading again after a crash tells nobody twice. Findings
// are taken in the order of their events' time; an event without one is taken to be of the batch's.
func (s *Store) Record(ctx context.Context, b Batch) (Recorded, error) {
	var rec Recorded
	err := s.tx(ctx, func(w *work) error {
		t, err := w.take(ctx, &b)
		if err != nil {
			return err
		}
		rec = t.rec
		return w.positions(ctx, b.Positions, micros(b.At))
	})
	if err != nil {
		return Recorded{}, fmt.Errorf("alerts: record what was found: %w", err)
	}
	if rec.Notices > 0 {
		s.ring()
	}
	return rec, nil
}

func (w *work) take(ctx context.Context, b *Batch) (*take, error) {
	t := &take{work: w, b: b, at: micros(b.At), byID: map[int64]*row{}, logs: map[Log]int64{}}
	if t.at == 0 {
		return nil, errors.New("the batch has no time")
	}
	order := make([]*Finding, len(b.Findings))
	for i := range b.Findings {
		order[i] = &b.Findings[i]
	}
	slices.SortStableFunc(order, func(x, y *Finding) int { return cmp.Compare(t.when(x), t.when(y)) })
	for _, f := range order {
		if err := t.add(ctx, f); err != nil {
			return nil, err
		}
	}
	return t, t.finish(ctx)
}

// when is the event's time.
func (t *take) when(f *Finding) int64 {
	if at := micros(f.Match.Time); at != 0 {
		return at
	}
	return t.at
}

const (
	findMatch  = "SELECT id FROM match WHERE mark = ?"
	findFamily = `SELECT id FROM alert WHERE family = ? AND status <> 'closed' AND window_from <= ? AND window_to > ?
		ORDER BY window_from DESC, id DESC LIMIT 1`
)

// Opening says which findings would open an alert, as positions in the list: those for which it is worth finding out what
// happened around them. Each alert is named once, by its first match.
func (s *Store) Opening(ctx context.Context, findings []Finding, at time.Time) ([]int, error) {
	var out []int
	aside := errors.New("nothing is to be kept")
	err := s.tx(ctx, func(w *work) error {
		t, err := w.take(ctx, &Batch{Findings: findings, At: at})
		if err != nil {
			return err
		}
		first := map[string]int{}
		for i := range findings {
			key := string(findings[i].mark())
			if _, twice := first[key]; !twice {
				first[key] = i
			}
		}
		for _, r := range t.rows {
			if !r.fresh {
				continue
			}
			var mark []byte
			if _, err := w.one(ctx, "SELECT mark FROM match WHERE alert = ? AND seq = 1", []any{r.number}, &mark); err != nil {
				return err
			}
			out = append(out, first[string(mark)])
		}
		return aside
	})
	if !errors.Is(err, aside) {
		return nil, fmt.Errorf("alerts: see what is new: %w", err)
	}
	slices.Sort(out)
	return out, nil
}

func (t *take) add(ctx context.Context, f *Finding) error {
	mark := f.mark()
	var number int64
	if known, err := t.one(ctx, findMatch, []any{mark}, &number); err != nil {
		return err
	} else if known {
		t.rec.Known++
		return nil
	}
	at, family := t.when(f), f.family()
	found, err := t.one(ctx, findFamily, []any{family, at, at}, &number)
	if err != nil {
		return err
	}
	r := t.byID[number]
	switch {
	case !found:
		if r, err = t.open(ctx, f, family, at); err != nil {
			return err
		}
	case r == nil:
		if r, err = load(ctx, t, number); err != nil {
			return err
		}
	}
	if t.byID[r.number] == nil {
		t.byID[r.number] = r
		t.rows = append(t.rows, r)
	}

	e := boundEvent(f.Match.Event)
	r.Count++
	if when := fromMicros(at); when.After(r.Last) {
		r.Last = when
	}
	r.Regions = join(r.Regions, []string{e.Region}, maxList)
	merge(&r.Actor, boundActor(f.Actor))
	t.rec.Added++
	if f.Match.Suppressed != nil {
		t.rec.Silenced++
	}
	var whole any
	if r.Count <= maxEvents {
		whole = text(e)
	}
	if _, _, err := t.exec(ctx, "INSERT INTO match (mark, alert, seq, event_id, event_time, source, record, event) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		mark, r.number, r.Count, e.ID, micros(e.Time), e.Source, e.Record, whole); err != nil {
		return err
	}
	return t.file(ctx, r, e)
}

// merge adds what another match shows of an actor.
func merge(a *finding.Actor, more finding.Actor) {
	a.IPs, a.Agents = join(a.IPs, more.IPs, maxIPs), join(a.Agents, more.Agents, maxAgents)
	if a.Behind == "" && more.Behind != "" {
		a.Behind, a.Kind, a.Confidence, a.Chain, a.Reason = more.Behind, more.Kind, more.Confidence, more.Chain, more.Reason
	}
}

// open begins an alert. Its count is 0 until the match that opens it is added.
func (t *take) open(ctx context.Context, f *Finding, family []byte, from int64) (*row, error) {
	actor := boundActor(f.Actor)
	actor.Principal = clip(f.principal(), maxPlace)
	when := fromMicros(from)
	r := &row{fresh: true, Alert: finding.Alert{
		Detection: clip(f.Match.Detection, maxName), Title: clip(f.Title, maxText), What: clip(f.What, maxWords), Severity: f.Match.Severity,
		Criteria: clipAll(f.Criteria, maxList, maxName), Steps: clipAll(f.Steps, maxList, maxText), Account: clip(f.Match.Account, maxName),
		Regions: []string{}, Actor: actor, First: when, Last: when, AroundGap: clip(f.AroundGap, maxText), Verified: finding.Waiting,
		Status: finding.Open, Test: f.Test, Suppressed: boundSuppression(f.Match.Suppressed), Opened: fromMicros(t.at),
	}}
	rank := slices.Index(finding.Severities[:], r.Severity)
	if rank < 0 {
		return nil, fmt.Errorf("detection %q: severity %q is none", r.Detection, clip(string(r.Severity), maxName))
	}
	var other int64
	for n, taken := 0, true; taken; n++ {
		r.Key, r.ID = keyOf(f.Match.Detection, f.Match.Account, family, from, n)
		var err error
		if taken, err = t.one(ctx, "SELECT id FROM alert WHERE key = ? OR name = ?", []any{r.Key, r.ID}, &other); err != nil {
			return nil, err
		}
	}
	if t.b.Link != nil {
		r.Link = clip(t.b.Link(r.Alert), maxLink)
	}
	around := []finding.Event{}
	for _, e := range f.Around[:min(len(f.Around), finding.MaxAround)] {
		around = append(around, boundEvent(e))
	}
	window := f.Window
	if window <= 0 {
		window = DefaultWindow
	}
	var err error
	r.number, _, err = t.exec(ctx, `INSERT INTO alert (name, key, family, window_from, window_to, detection, severity, account, suppressed, test, opened, body, around,
		actor, regions, first_event, last_event, count, unasked, verified, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', 0, 0, 0, 0, '', ?)`,
		r.ID, r.Key, family, from, fromMicros(from).Add(window).UnixMicro(), r.Detection, rank, r.Account, r.Suppressed != nil, r.Test, t.at, text(r.Alert), text(around), r.Status)
	return r, err
}

// file remembers which log file an event of an alert is from, and what validation says of it.
func (t *take) file(ctx context.Context, r *row, e finding.Event) error {
	if !slices.Contains(event.States[:], e.State) {
		r.unasked = true
		return nil
	}
	g := Log{Source: e.Source, SHA256: e.SHA256}
	number, known := t.logs[g]
	if !known {
		var state string
		found, err := t.one(ctx, "SELECT id, state FROM log WHERE source = ? AND sha256 = ?", []any{g.Source, g.SHA256}, &number, &state)
		switch {
		case err != nil:
			return err
		case !found:
			if number, _, err = t.exec(ctx, "INSERT INTO log (source, sha256, state) VALUES (?, ?, ?)", g.Source, g.SHA256, e.State); err != nil {
				return err
			}
		case e.State != state && e.State != event.Pending:
			if _, _, err := t.exec(ctx, "UPDATE log SET state = ? WHERE id = ?", e.State, number); err != nil {
				return err
			}
			t.restated = append(t.restated, number)
		}
		t.logs[g] = number
	}
	_, _, err := t.exec(ctx, "INSERT INTO alert_log VALUES (?, ?) ON CONFLICT DO NOTHING", r.number, number)
	return err
}

// finish writes what changed of the alerts that were touched, and queues what people are to be told.
func (t *take) finish(ctx context.Context) error {
	others, err := t.withLogs(ctx, t.restated)
	if err != nil {
		return err
	}
	for _, number := range others {
		if t.byID[number] == nil {
			r, err := load(ctx, t, number)
			if err != nil {
				return err
			}
			t.byID[number] = r
			t.rows = append(t.rows, r)
		}
	}
	for _, r := range t.rows {
		was := r.Verified
		if err := t.judge(ctx, r); err != nil {
			return err
		}
		if err := t.save(ctx, r); err != nil {
			return err
		}
		var sinks []string
		if r.Suppressed == nil {
			if sinks, err = t.sinks(ctx, r, t.b.Routes); err != nil {
				return err
			}
		}
		if r.fresh {
			t.rec.Opened = append(t.rec.Opened, r.Alert)
			if r.Suppressed == nil && len(sinks) == 0 {
				t.rec.NoRoute++
			}
			if err := t.tell(ctx, note{r: r, kind: notice.Opened, at: t.at, sinks: sinks}); err != nil {
				return err
			}
			continue
		}
		if n := tenfold(r.Count); n > tenfold(r.before) {
			if err := t.tell(ctx, note{r: r, kind: notice.Rising, suffix: fmt.Sprintf("-%d", n), at: t.at, sinks: sinks}); err != nil {
				return err
			}
		}
		if err := t.tellOfLogs(ctx, r, was, t.at, sinks); err != nil {
			return err
		}
	}
	return nil
}

// tell queues, and counts.
func (t *take) tell(ctx context.Context, n note) error {
	queued, err := t.queue(ctx, n)
	if queued {
		t.rec.Notices++
	}
	return err
}

// tenfold is the greatest of 10, 100, 1,000, … that n reaches, or 0.
func tenfold(n int) int {
	if n < 10 {
		return 0
	}
	p := 10
	for n/10 >= p {
		p *= 10
	}
	return p
}
