package investigate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/event"
)

// historyAround is how far before and after an event its resource is looked at.
const historyAround = 24 * time.Hour

// aroundEvent adds to a case about an event the event whole, its twins in other accounts, what its session did, and what
// happened to its resource.
func (b *builder) aroundEvent(ctx context.Context) error {
	all := make([]int, len(event.Columns))
	for i := range all {
		all[i] = i
	}
	found, err := b.read(ctx, b.o.From, b.o.To, all, b.where+" ORDER BY event_time LIMIT 2")
	if err != nil || len(found) == 0 {
		return err
	}
	r := &found[0]
	b.c.Event = whole(r)
	at := func(d time.Duration) (time.Time, time.Time) { return r.at.Add(-d), r.at.Add(d + time.Microsecond) }
	ask := func(relation string, d time.Duration, where string) error {
		from, to := at(d)
		rows, err := b.records(ctx, from, to, where, b.o.Limit)
		if err != nil {
			return err
		}
		if len(rows) == b.o.Limit {
			b.gap("limit", fmt.Sprintf("what is shown of the %s around the event ends after %d events", relation, b.o.Limit))
		}
		b.add(relation, rows)
		return nil
	}
	if s := r.text[event.SharedEventID]; s != "" {
		if err := ask("twin", 15*time.Minute, "shared_event_id = "+b.literal(s)); err != nil {
			return err
		}
	}
	if where := b.sameSession(r); where != "" {
		if err := ask("session", b.o.Around, where); err != nil {
			return err
		}
	} else {
		b.gap("no-session", "the event does not say which session it is of")
	}
	var or []string
	for _, name := range r.targets() {
		// A name that is too short says little, and one with a NUL byte cannot be asked for.
		if len(name) > 3 && len(name) <= maxID && !strings.ContainsRune(name, 0) {
			or = append(or, resource(name))
		}
	}
	if len(or) > 0 {
		if err := ask("resource", historyAround, "("+strings.Join(or, " OR ")+")"); err != nil {
			return err
		}
	}
	return nil
}

// sameSession is the SQL for the events of the session of r.
func (b *builder) sameSession(r *record) string {
	switch i := r.who(); {
	case i.key != "":
		return "user_identity_access_key_id = " + b.literal(i.key)
	case i.principal != "":
		where := "user_identity_principal_id = " + b.literal(i.principal)
		if created := r.text[event.SessionCreationDate]; created != "" {
			where += " AND session_creation_date = " + b.literal(created)
		}
		return where
	case i.onBehalfOf != "":
		return "on_behalf_of_user_id = " + b.literal(i.onBehalfOf)
	}
	return ""
}
