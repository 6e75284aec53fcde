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

const (
	// maxThrough bounds how many credentials of one level are followed forward, and throughDepth how many levels.
	maxThrough   = 500
	throughDepth = 4
)

// through adds what was done with the temporary credentials that the subject obtained, and with those that these
// obtained: the key that an event issued is the key that acts.
func (b *builder) through(ctx context.Context) error {
	asked := map[string]bool{}
	for i := range b.rows {
		asked[b.rows[i].text[event.UserIdentityAccessKeyID]] = true
	}
	left := b.o.Limit
	from := 0
	for range throughDepth {
		var keys []string
		for i := range b.rows[from:] {
			r := &b.rows[from+i]
			key := r.json(event.ResponseElements).str("credentials", "accessKeyId")
			if source := r.text[event.EventSource]; source != "sts.amazonaws.com" && source != "signin.amazonaws.com" || !event.IsAccessKey(key) || asked[key] || r.failure() != "" {
				continue
			}
			asked[key] = true
			keys = append(keys, key)
		}
		from = len(b.rows)
		if len(keys) > maxThrough {
			b.gap("limit", fmt.Sprintf("the subject obtained %d temporary credentials at once: what was done with them is not shown", len(keys)))
			return nil
		}
		if len(keys) == 0 || left <= 0 {
			return nil
		}
		rows, err := b.records(ctx, b.o.From, b.o.To, b.in("user_identity_access_key_id", keys), left)
		if err != nil {
			return err
		}
		if left -= len(rows); left <= 0 {
			b.gap("limit", fmt.Sprintf("what is shown of other sessions that the subject obtained ends after %d events", b.o.Limit))
		}
		b.add("through", rows)
	}
	return nil
}

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
	if r.at.IsZero() {
		b.gap("no-time", "the record has no time: what happened around it is not shown")
		return nil
	}
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
