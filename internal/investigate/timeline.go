package investigate

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/event"
)

// resolve puts the timeline into order and follows everyone in it.
func (b *builder) resolve(ctx context.Context) error {
	slices.SortStableFunc(b.rows, func(x, y related) int {
		if c := x.at.Compare(y.at); c != 0 {
			return c
		}
		return strings.Compare(x.id(), y.id())
	})
	v := newResolver(b.lake)
	ids := make([]string, len(b.rows))
	for i := range b.rows {
		ids[i] = v.add(b.rows[i].who())
	}
	if err := v.follow(ctx); err != nil {
		return err
	}
	place := map[string]int{}
	for i := range b.rows {
		same := v.same(ids[i])
		at, ok := place[same]
		if !ok {
			at = len(b.c.Actors)
			place[same] = at
			a := v.actor(ids[i])
			a.ID = fmt.Sprintf("a%d", at+1)
			b.c.Actors = append(b.c.Actors, a)
		}
		b.c.Timeline = append(b.c.Timeline, entry(&b.rows[i], &b.c.Actors[at]))
	}
	b.addresses()
	b.behind()
	if err := v.missingAccounts(ctx, b.o.From, b.o.To); err != nil {
		return err
	}
	b.unverified()
	return nil
}

// addresses notes which actors used more than one address, as stolen credentials are.
func (b *builder) addresses() {
	from := map[string][]string{}
	for i := range b.c.Timeline {
		e := &b.c.Timeline[i]
		if _, err := netip.ParseAddr(e.SourceIP); err == nil && !slices.Contains(from[e.Who.Actor], e.SourceIP) {
			from[e.Who.Actor] = append(from[e.Who.Actor], e.SourceIP)
		}
	}
	const most = 5
	for i := range b.c.Actors {
		a := &b.c.Actors[i]
		if list := from[a.ID]; len(list) > most {
			a.Notes = append(a.Notes, fmt.Sprintf("used from %d addresses: %s …", len(list), strings.Join(list[:most], ", ")))
		} else if len(list) > 1 {
			a.Notes = append(a.Notes, fmt.Sprintf("used from %d addresses: %s", len(list), strings.Join(list, ", ")))
		}
	}
}

// behind sums up the actors by who stands at the beginning of their chains.
func (b *builder) behind() {
	type who struct {
		state               State
		kind, name, account string
	}
	place := map[who]int{}
	of := map[string]int{} // place by actor
	for _, a := range b.c.Actors {
		w := who{a.State, a.Kind, a.Name, a.Account}
		if a.State == Person && a.Kind == "identity-center-user" {
			w.account = "" // one person, whichever account they are in
		}
		at, ok := place[w]
		if !ok {
			at = len(b.c.Behind)
			place[w] = at
			b.c.Behind = append(b.c.Behind, Behind{State: w.state, Kind: w.kind, Name: w.name, Account: w.account, Confidence: a.Confidence})
		}
		h := &b.c.Behind[at]
		h.Actors, h.Confidence = append(h.Actors, a.ID), weaker(h.Confidence, a.Confidence)
		of[a.ID] = at
	}
	for i := range b.c.Timeline {
		e := &b.c.Timeline[i]
		h := &b.c.Behind[of[e.Who.Actor]]
		if h.Events == 0 {
			h.First = e.Time
		}
		h.Events, h.Last = h.Events+1, e.Time
	}
	slices.SortStableFunc(b.c.Behind, func(x, y Behind) int { return cmp.Compare(y.Events, x.Events) })
}

// unverified adds a gap where the answer rests on log files that no digest proves.
func (b *builder) unverified() {
	var not []string
	for _, state := range [...]string{"pending", "unlisted", "failed", "unknown"} {
		if n := b.c.Counts.LogStates[state]; n > 0 {
			not = append(not, fmt.Sprintf("%d %s", n, state))
		}
	}
	if len(not) > 0 {
		b.gap("unverified", fmt.Sprintf("of %d events, these are of log files that are not verified: %s", b.c.Counts.Events, strings.Join(not, ", ")))
	}
}

func entry(r *related, a *Actor) Entry {
	who := r.who()
	e := Entry{Time: r.at, EventID: r.id(), Relation: r.relation, Account: r.text[event.Account], Region: r.text[event.Region],
		Who:      Who{Actor: a.ID, State: a.State, Name: a.Name, Confidence: a.Confidence, Session: who.label()},
		SourceIP: r.text[event.SourceIPAddress], Agent: r.agent(), UserAgent: r.text[event.UserAgent], Service: r.service(),
		Action: r.text[event.EventName], Target: r.target(), Outcome: "ok", Change: r.changes(), LogState: r.text[event.LogState], Notes: []string{}}
	if code := r.failure(); code != "" {
		e.Outcome, e.ErrorCode = "error", code
	}
	note := func(format string, values ...any) { e.Notes = append(e.Notes, fmt.Sprintf(format, values...)) }
	if r.at.IsZero() {
		note("the record has no time")
	}
	if r.text[event.ReadOnly] == "" {
		note("the record does not say whether it only read: taken for a change")
	}
	if e.ErrorCode == "Client.DryRunOperation" {
		note("a dry run: it would have worked")
	}
	if tool := r.attackTool(); tool != "" {
		note("the user agent names %s", tool)
	}
	if who.invokedBy != "" && who.kind != "AWSService" {
		note("through %s", plain(who.invokedBy))
	}
	if who.kind == "Root" && !who.assumedRoot && who.invokedBy == "" && r.text[event.EventType] != "AwsServiceEvent" {
		note("the root user")
	}
	if e.LogState != "" && e.LogState != "verified" {
		note("its log file is %s, not verified", plain(e.LogState))
	}
	if r.text[event.SharedEventID] != "" && who.kind == "AWSAccount" {
		note("a principal of account %s", plain(who.account))
	}
	response := r.json(event.ResponseElements)
	for _, made := range [...][3]string{{"accessKey", "accessKeyId", "made access key"}, {"user", "userName", "made user"}, {"role", "roleName", "made role"},
		{"credentials", "accessKeyId", "gave credentials"}} {
		if s := response.str(made[0], made[1]); s != "" && e.Outcome == "ok" {
			note("%s %s", made[2], plain(s))
		}
	}
	if e.Action == "ConsoleLogin" {
		if used := r.json(event.AdditionalEventData).str("MFAUsed"); used != "" {
			note("MFA used: %s", plain(used))
		}
	}
	return e
}
