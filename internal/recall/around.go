package recall

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/finding"
)

// late is how long after an event it is delivered, usually at most:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html says five minutes on average.
const late = 15 * time.Minute

// Around returns what the actor of e did from so long before e to so long after it, by time, without e itself: the events
// of the same access key, or where e has none those of the same principal in the same account. Where there are more than
// most, it is those nearest to e. gap says why they may not be all, and is empty where they are.
func (m *Memory) Around(e finding.Event, before, after time.Duration, most int) (events []finding.Event, gap string) {
	if e.Time.IsZero() {
		return nil, "the event has no time to look around"
	}
	a, known := m.actorOf(&e)
	if !known {
		return nil, "the record does not say who acted"
	}
	at := e.Time.UnixMicro()
	from, to := at-before.Microseconds(), at+after.Microseconds()
	var near []int32
	for n := a.head; n != 0; n = m.entries[n].links[a.which].next {
		t := &m.entries[n]
		if t.at >= from && t.at <= to && !m.same(t, &e) {
			near = append(near, n)
		}
	}
	byTime := func(x, y int32) int {
		s, t := &m.entries[x], &m.entries[y]
		return cmp.Or(cmp.Compare(s.at, t.at), cmp.Compare(m.texts.text(s.texts[fieldSource]), m.texts.text(t.texts[fieldSource])),
			cmp.Compare(s.record, t.record))
	}
	var gaps []string
	now := m.now()
	switch end := e.Time.Add(after); {
	case now.Before(end):
		gaps = append(gaps, "the "+minutes(after)+" after are not over")
	case now.Before(end.Add(late)):
		gaps = append(gaps, "the last events may not have been delivered yet")
	}
	if start := e.Time.Add(-before); start.Before(m.began) {
		gaps = append(gaps, "watch began at "+m.began.UTC().Format(time.RFC3339))
	}
	if max(m.letGo, a.letGo) >= from {
		gaps = append(gaps, "older events were let go")
	}
	if len(near) > most {
		gaps = append(gaps, fmt.Sprintf("there are %d, of which these are the nearest", len(near)))
		distance := func(n int32) int64 {
			d := m.entries[n].at - at
			return max(d, -d)
		}
		slices.SortFunc(near, func(x, y int32) int { return cmp.Or(cmp.Compare(distance(x), distance(y)), byTime(x, y)) })
		near = near[:max(most, 0)]
	}
	slices.SortFunc(near, byTime)
	for _, n := range near {
		events = append(events, m.event(n))
	}
	return events, strings.Join(gaps, "; ")
}

// found is an actor's list.
type found struct {
	actor
	which int
}

// actorOf finds the events of e's actor; known is false where e names none.
func (m *Memory) actorOf(e *finding.Event) (f found, known bool) {
	var t entry
	f = found{actor: actor{letGo: noTime}, which: byPrincipal}
	switch {
	case event.IsAccessKey(e.AccessKey):
		f.which = byKey
	case e.Principal == "":
		return f, false
	}
	for _, c := range [...]struct {
		field int
		text  string
	}{{fieldAccount, e.Account}, {fieldPrincipal, e.Principal}, {fieldKey, e.AccessKey}} {
		t.texts[c.field] = m.texts.numbers[c.text]
	}
	named := func(which int) *actor {
		if which == byPrincipal && t.texts[fieldAccount] == 0 && e.Account != "" {
			return nil
		}
		if name, ok := m.name(which, &t); ok {
			return m.actors[name]
		}
		return nil
	}
	if a := named(f.which); a != nil {
		f.actor = *a
	}
	// What was let go for the principal's sake may have been of this key, which it may have been all of.
	if a := named(byPrincipal); a != nil {
		f.letGo = max(f.letGo, a.letGo)
	}
	return f, true
}

// same reports whether an entry is the event.
func (m *Memory) same(t *entry, e *finding.Event) bool {
	if e.ID != "" || t.id != "" {
		return e.ID == t.id
	}
	return int(t.record) == e.Record && m.texts.text(t.texts[fieldSource]) == e.Source
}

// minutes is a duration as people say it.
func minutes(d time.Duration) string {
	if d%time.Minute != 0 {
		return d.String()
	}
	if d == time.Minute {
		return "minute"
	}
	return fmt.Sprintf("%d minutes", d/time.Minute)
}
