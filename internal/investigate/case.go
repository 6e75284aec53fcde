package investigate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/trailseal/trailseal/internal/dialect"
	"github.com/trailseal/trailseal/internal/event"
)

// Case is what the lake says about a subject.
type Case struct {
	Subject Subject `json:"subject"`
	// From and To are the period that was asked for; nil where it is open.
	From     *time.Time `json:"from"`
	To       *time.Time `json:"to"`
	Event    *Whole     `json:"event,omitempty"` // of a case about an event
	Behind   []Behind   `json:"behind"`          // who stands behind the timeline's events, most events first
	Actors   []Actor    `json:"actors"`          // each with its credentials and chain, in the order of the first event
	Timeline []Entry    `json:"timeline"`        // in the order of time
	Counts   Counts     `json:"counts"`          // of all events of the subject, also where the timeline is cut
	First    *time.Time `json:"first_seen"`
	Last     *time.Time `json:"last_seen"`
	Pivots   []Pivot    `json:"pivots"`
	Gaps     []Gap      `json:"gaps"`
}

// Whole is an event with all its columns. JSON columns are JSON where they hold valid JSON.
type Whole struct {
	EventID string         `json:"event_id"`
	Columns map[string]any `json:"columns"`
}

// Behind is one person, workload, service or unknown that stands behind some of the timeline's events.
type Behind struct {
	State      State      `json:"state"`
	Kind       string     `json:"kind"`
	Name       string     `json:"name"`
	Account    string     `json:"account"`
	Confidence Confidence `json:"confidence"` // of the weakest chain
	Actors     []string   `json:"actors"`     // ids
	Events     int        `json:"events"`     // of the timeline
	First      time.Time  `json:"first_seen"`
	Last       time.Time  `json:"last_seen"`
}

// Entry is one event of a timeline. Its texts are as they were received.
type Entry struct {
	Time    time.Time `json:"time"`
	EventID string    `json:"event_id"`
	// Relation is why it is here: subject; through: with credentials that the subject obtained; about-key: it made, gave,
	// changed or deleted the key; of an event: twin (the same action in another account), session or resource.
	Relation  string   `json:"relation"`
	Account   string   `json:"account"`
	Region    string   `json:"region"`
	Who       Who      `json:"who"`
	SourceIP  string   `json:"source_ip"`
	Agent     string   `json:"agent"` // class of the user agent
	UserAgent string   `json:"user_agent"`
	Service   string   `json:"service"`
	Action    string   `json:"action"`
	Target    string   `json:"target"`
	Outcome   string   `json:"outcome"` // ok or error
	ErrorCode string   `json:"error_code"`
	Change    bool     `json:"change"` // false: it only read
	LogState  string   `json:"log_state"`
	Notes     []string `json:"notes"`
}

// Who is the actor of an entry.
type Who struct {
	Actor      string     `json:"actor"` // id of one of the case's actors
	State      State      `json:"state"`
	Name       string     `json:"name"`
	Confidence Confidence `json:"confidence"`
	Session    string     `json:"session"` // ARN that the event itself shows, or what else names who acted
}

// Counts are numbers of events.
type Counts struct {
	Events    int64            `json:"events"`
	Changes   int64            `json:"changes"`
	Errors    int64            `json:"errors"`
	Services  []ServiceCount   `json:"services"` // most first
	LogStates map[string]int64 `json:"log_states"`
}

// ServiceCount are the numbers of one service's events.
type ServiceCount struct {
	Service string `json:"service"`
	Events  int64  `json:"events"`
	Changes int64  `json:"changes"`
	Errors  int64  `json:"errors"`
}

// Investigate builds the case of a subject. The error is ErrSubject for what cannot be asked, ctx's or the engine's; a
// subject that no event names is a case with a gap of kind nothing-found.
func Investigate(ctx context.Context, engine Engine, subject Subject, o Options) (Case, error) {
	where, err := subject.where()
	if err != nil {
		return Case{}, err
	}
	if o, err = o.settle(); err != nil {
		return Case{}, err
	}
	b := builder{lake: &lake{engine: engine}, o: o, subject: subject, where: where, seen: map[string]int{}}
	b.c = Case{Subject: subject, From: instant(o.From), To: instant(o.To), Behind: []Behind{}, Actors: []Actor{}, Timeline: []Entry{}, Pivots: []Pivot{}}
	if err := b.build(ctx); err != nil {
		return Case{}, fmt.Errorf("investigate %s %q: %w", subject.Kind, subject.ID, err)
	}
	return b.c, nil
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// builder puts a case together.
type builder struct {
	*lake
	o       Options
	subject Subject
	where   string
	c       Case
	rows    []related
	seen    map[string]int // place in rows by event id
}

// related is a record of the timeline, and why it is there.
type related struct {
	record
	relation string
}

func (b *builder) add(relation string, rows []record) {
	for _, r := range rows {
		if _, ok := b.seen[r.id()]; ok && r.id() != "" {
			continue
		}
		b.seen[r.id()] = len(b.rows)
		b.rows = append(b.rows, related{r, relation})
	}
}

func (b *builder) build(ctx context.Context) error {
	if err := b.count(ctx); err != nil {
		return err
	}
	rows, err := b.records(ctx, b.o.From, b.o.To, b.where, b.o.Limit)
	if err != nil {
		return err
	}
	b.add("subject", rows)
	switch {
	case b.subject.Kind == OfEvent:
		err = b.aroundEvent(ctx)
	case b.subject.Kind == OfKey:
		err = b.lifeOfKey(ctx)
	}
	if err == nil && (b.subject.Kind == OfKey || b.subject.Kind == OfPrincipal || b.subject.Kind == OfSession) {
		err = b.through(ctx)
	}
	if err != nil {
		return err
	}
	if b.c.Counts.Events == 0 {
		b.gap("nothing-found", "no event in the lake names this "+string(b.subject.Kind)+" in this period")
	}
	if b.c.Counts.Events > int64(len(rows)) && len(rows) > 0 {
		b.gap("limit", fmt.Sprintf("the timeline shows the first %d of %d events; the last one shown is of %s", len(rows), b.c.Counts.Events,
			rows[len(rows)-1].at.Format(time.RFC3339)))
	}
	if err := b.resolve(ctx); err != nil {
		return err
	}
	if err := b.pivot(ctx); err != nil {
		return err
	}
	b.c.Gaps = append([]Gap{}, b.gaps...)
	return nil
}

// count counts all events of the subject.
func (b *builder) count(ctx context.Context) error {
	b.c.Counts = Counts{Services: []ServiceCount{}, LogStates: map[string]int64{}}
	sql := "SELECT event_source, log_state, count(*) AS n, count_if(read_only IS NULL OR NOT read_only)," +
		" count_if(error_code IS NOT NULL OR (event_source = 'signin.amazonaws.com' AND error_message IS NOT NULL)), min(event_time), max(event_time)" +
		" FROM events WHERE " + b.where + " GROUP BY event_source, log_state ORDER BY n DESC, event_source, log_state LIMIT 10000"
	place := map[string]int{}
	return b.lake.rows(ctx, b.o.From, b.o.To, sql, 7, func(row []any) {
		source, _ := row[0].(string)
		state, _ := row[1].(string)
		n, changes, errors := number(row[2]), number(row[3]), number(row[4])
		r := record{}
		r.text[event.EventSource] = source
		at, ok := place[source]
		if !ok {
			at = len(b.c.Counts.Services)
			place[source] = at
			b.c.Counts.Services = append(b.c.Counts.Services, ServiceCount{Service: r.service()})
		}
		s := &b.c.Counts.Services[at]
		s.Events, s.Changes, s.Errors = s.Events+n, s.Changes+changes, s.Errors+errors
		b.c.Counts.Events, b.c.Counts.Changes, b.c.Counts.Errors = b.c.Counts.Events+n, b.c.Counts.Changes+changes, b.c.Counts.Errors+errors
		b.c.Counts.LogStates[cmp.Or(state, "unknown")] += n
		if t, ok := moment(row[5]); ok && (b.c.First == nil || t.Before(*b.c.First)) {
			b.c.First = instant(t)
		}
		if t, ok := moment(row[6]); ok && (b.c.Last == nil || t.After(*b.c.Last)) {
			b.c.Last = instant(t)
		}
	})
}

func number(v any) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 0
}

// lifeOfKey adds what happened to the key itself, whenever that was.
func (b *builder) lifeOfKey(ctx context.Context) error {
	id, err := dialect.Literal(b.subject.ID)
	if err != nil {
		return err
	}
	rows, err := b.records(ctx, time.Time{}, time.Time{}, aboutKey(id), b.o.Limit)
	if err != nil {
		return err
	}
	made := false
	for i := range rows {
		name := rows[i].text[event.EventName]
		made = made || rows[i].failure() == "" && name != "UpdateAccessKey" && name != "DeleteAccessKey" && name != "GetAccessKeyLastUsed"
	}
	if !made {
		b.gap("no-key-creation", "no event in the lake shows how this key was made or given: it is older than the lake, or its account's events are not here")
	}
	b.add("about-key", rows)
	return nil
}

// whole is a record as a case about an event shows it.
func whole(r *record) *Whole {
	w := &Whole{EventID: r.id(), Columns: map[string]any{}}
	for i, c := range event.Columns {
		s := r.text[i]
		switch {
		case s == "":
			w.Columns[c.Name] = nil
		case c.Type == event.JSON && json.Valid([]byte(s)):
			w.Columns[c.Name] = json.RawMessage(s)
		case c.Type == event.Bool:
			w.Columns[c.Name] = s == "true"
		case c.Type == event.Int:
			w.Columns[c.Name] = json.Number(s)
		default:
			w.Columns[c.Name] = s
		}
	}
	return w
}
