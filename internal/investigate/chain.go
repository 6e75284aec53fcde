package investigate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// actor walks from the credentials with this id back to their origin.
func (v *resolver) actor(id string) Actor {
	start := v.nodes[id]
	if start == nil {
		return Actor{State: Unknown, Kind: "session", Reason: "there were too many sessions to follow", Hops: []Hop{}, Claims: []Claim{}, Notes: []string{}}
	}
	a := Actor{Confidence: Proven, Session: start.who.sessionOf(), Hops: []Hop{}, Claims: []Claim{}, Notes: []string{}}
	var claims []Claim
	visited := map[string]bool{}
	n := start
	for {
		visited[n.who.id()] = true
		claims = append(append(claims, n.who.claims()...), n.claims...)
		if name := v.names[n.who.onBehalfOf]; name != "" && n.who.kind != "IdentityCenterUser" {
			a.Notes = append(a.Notes, "on behalf of "+plain(name))
		}
		if n.via != nil {
			a.Hops = append(a.Hops, *n.via)
			a.Confidence = weaker(a.Confidence, n.via.Confidence)
		}
		if n.from == "" {
			break
		}
		if visited[n.from] {
			a.end(origin{state: Unknown, kind: "session", name: n.who.label(), account: n.who.account, confidence: Claimed,
				reason: "the chain runs in a circle: " + plain(n.who.label()) + " got its credentials from a session that came from it"})
			v.gap("cycle", a.Reason)
			return a.with(claims)
		}
		next := v.nodes[n.from]
		if next == nil || len(a.Hops) >= maxDepth {
			a.end(origin{state: Unknown, kind: "session", name: n.who.label(), account: n.who.account, confidence: Claimed, reason: "the chain is too long to follow"})
			v.gap("limit", fmt.Sprintf("a chain is longer than %d hops", maxDepth))
			return a.with(claims)
		}
		if o, ok := v.service(n, next); ok {
			a.end(o)
			return a.with(claims)
		}
		n = next
	}
	a.Candidates = n.candidates
	if o, ok := n.who.final(); ok {
		if n.who.kind == "IdentityCenterUser" && v.names[n.who.onBehalfOf] != "" {
			o.name = v.names[n.who.onBehalfOf]
		}
		a.end(o)
		return a.with(claims)
	}
	missing := cmp.Or(n.missing, "the record names nobody")
	o := n.who.itself(missing)
	if id := n.who.onBehalfOf; o.state == Unknown && id != "" {
		o = origin{state: Person, kind: "identity-center-user", name: cmp.Or(v.names[id], id), account: n.who.account, confidence: Strong,
			notes: []string{missing, "AWS recorded that it acted on behalf of this user"}}
	}
	a.end(o)
	if a.State == Unknown {
		v.gap(cmp.Or(n.gap, "hop-missing"), missing)
	}
	return a.with(claims)
}

// same is equal for credentials that are one actor: each action of another account's principal has a node of its own,
// and they are one where they lead to the same credentials there, or to none.
func (v *resolver) same(id string) string {
	n := v.nodes[id]
	switch {
	case n == nil || n.who.kind != "AWSAccount":
		return id
	case n.twin:
		return "twin\x00" + n.from
	case n.via == nil && len(n.candidates) == 0:
		return "account\x00" + n.who.account + "\x00" + n.who.principal
	}
	return id
}

// service is the workload for which an AWS service, the caller, obtained the session n.
func (v *resolver) service(n, caller *node) (origin, bool) {
	if caller.who.kind != "AWSService" {
		return origin{}, false
	}
	return served(caller.who.invokedBy, n.who)
}

func (a *Actor) end(o origin) {
	a.State, a.Kind, a.Name, a.Account, a.Reason = o.state, o.kind, o.name, o.account, o.reason
	a.Confidence = weaker(a.Confidence, o.confidence)
	a.Notes = append(a.Notes, o.notes...)
}

// with adds the claims, each once, and says where a source identity names somebody else.
func (a Actor) with(claims []Claim) Actor {
	for _, c := range claims {
		if !slices.ContainsFunc(a.Claims, func(have Claim) bool { return have.Kind == c.Kind && have.Value == c.Value }) {
			a.Claims = append(a.Claims, c)
		}
		if c.Kind == "source-identity" && c.Value != a.Name {
			note := "sourceIdentity says " + plain(c.Value)
			if !slices.Contains(a.Notes, note) {
				a.Notes = append(a.Notes, note)
			}
		}
	}
	for _, c := range a.Claims {
		if c.Kind == "key-made-by" {
			a.Notes = append(a.Notes, "its access key was made by "+plain(c.Value)+" with event "+plain(c.Event))
		}
	}
	if a.Session.InvokedBy != "" && a.State != Service {
		a.Notes = append(a.Notes, "through "+plain(a.Session.InvokedBy))
	}
	return a
}

// missingAccounts adds a gap for each account that a chain led to and of which the lake holds no event.
func (v *resolver) missingAccounts(ctx context.Context, from, to time.Time) error {
	want := map[string]bool{}
	for _, n := range v.nodes {
		if n.via == nil && n.who.kind == "AWSAccount" && n.who.account != "" {
			want[n.who.account] = true
		}
	}
	if len(want) == 0 {
		return nil
	}
	accounts := slices.Sorted(maps.Keys(want))
	err := v.rows(ctx, from, to, "SELECT account, count(*) FROM events WHERE "+v.in("account", accounts)+" GROUP BY account ORDER BY account", 2, func(row []any) {
		if s, ok := row[0].(string); ok {
			delete(want, s)
		}
	})
	if err != nil {
		return err
	}
	for _, account := range slices.Sorted(maps.Keys(want)) {
		v.gap("account-missing", "a caller is of account "+plain(account)+", of which the lake holds no event in this period")
	}
	return nil
}
