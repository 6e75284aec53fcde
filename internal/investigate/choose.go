package investigate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/event"
)

// maxCandidates bounds how many candidates of an ambiguous hop are listed.
const maxCandidates = 10

// choose sets what gave n its credentials: the one action among rows, or several of one caller. Other candidates are
// listed and none is taken.
func (v *resolver) choose(n *node, rows []*record, link string, c Confidence) {
	if len(rows) == 0 || n.via != nil {
		return
	}
	type action struct {
		best *record
		all  []*record
	}
	byAction := map[string]*action{}
	var actions []*action
	for _, r := range rows {
		a := byAction[r.action()]
		if a == nil {
			a = &action{best: r}
			byAction[r.action()] = a
			actions = append(actions, a)
		}
		a.all = append(a.all, r)
		// The caller's account names the caller, the other one only its account.
		if a.best.text[event.UserIdentityType] == "AWSAccount" && r.text[event.UserIdentityType] != "AWSAccount" {
			a.best = r
		}
	}
	callers := map[string]bool{}
	for _, a := range actions {
		callers[a.best.who().id()] = true
	}
	if len(callers) > 1 {
		for _, a := range actions[:min(len(actions), maxCandidates)] {
			n.candidates = append(n.candidates, *hop(a.best, n.who, a.best.who(), link, Claimed))
		}
		n.gap, n.missing = "ambiguous", fmt.Sprintf("%d events of %d callers could have given the session", len(actions), len(callers))
		return
	}
	best := actions[len(actions)-1] // the latest: nearest to the use
	who := best.best.who()
	n.via, n.from = hop(best.best, n.who, who, link, c), v.add(who)
	n.claims = append(n.claims, tags(best.best)...)
	for _, r := range best.all {
		if r != best.best {
			n.via.Notes = append(n.via.Notes, "account "+plain(r.text[event.Account])+" recorded it as event "+plain(r.id()))
		}
	}
	if len(actions) > 1 {
		n.via.Notes = append(n.via.Notes, fmt.Sprintf("%d events fit, all of this caller", len(actions)))
	}
	if issued := best.best.json(event.ResponseElements).str("credentials", "accessKeyId"); link != LinkAccessKey && n.who.key != "" && issued != "" && issued != n.who.key {
		n.via.Notes = append(n.via.Notes, "it issued another access key, as when a session moves on to the console")
	}
	if n.via.Time.After(n.who.used.Add(creationSlack)) {
		n.via.Notes = append(n.via.Notes, "it is later than the session's first use")
		n.via.Confidence = Claimed
	}
}

// tags are the session tags that a caller or an identity provider gave with the session.
func tags(r *record) []Claim {
	const most = 50 // AWS's own limit
	var out []Claim
	add := func(k, v string) {
		if len(out) < most {
			out = append(out, Claim{Kind: "tag", Value: k + "=" + v, Event: r.id()})
		}
	}
	p := r.json(event.RequestParameters)
	for _, t := range p.list("tags") {
		add(t.str("key"), t.str("value"))
	}
	if m, ok := p.at("principalTags").v.(map[string]any); ok {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			add(k, value{m[k]}.str())
		}
	}
	return out
}

// chooseByCreation sets what gave n its credentials from the rows that byCreation found.
func (v *resolver) chooseByCreation(n *node, rows []record) {
	from, to, exact := n.who.issuedWithin()
	var sts, signin []*record
	for i := range rows {
		r := &rows[i]
		if r.at.Before(from) || r.at.After(to) || r.failure() != "" {
			continue
		}
		switch response := r.json(event.ResponseElements); {
		case r.text[event.EventSource] == "signin.amazonaws.com":
			if r.text[event.UserIdentityPrincipalID] == n.who.principal && n.who.principal != "" {
				signin = append(signin, r)
			}
		case !slices.Contains(issuers, r.text[event.EventName]):
		case n.who.principal != "" && (response.str("assumedRoleUser", "assumedRoleId") == n.who.principal ||
			response.str("federatedUser", "federatedUserId") == n.who.principal),
			n.who.arn != "" && response.str("assumedRoleUser", "arn") == n.who.arn:
			sts = append(sts, r)
		}
	}
	if exact {
		v.choose(n, sts, LinkCreation, Strong)
	} else {
		v.choose(n, sts, LinkNearest, Claimed)
	}
	if n.via == nil && n.missing == "" {
		v.chooseSignIn(n, signin)
	}
	if n.via != nil || n.missing != "" || n.who.kind == "IAMUser" || n.who.kind == "Root" && !n.who.assumedRoot {
		return
	}
	n.gap = "hop-missing"
	n.missing = "no event that gave " + plain(n.who.label()) + " its credentials is in the lake"
	if n.who.kind == "AWSAccount" {
		n.missing = "no record of account " + plain(n.who.account) + " shows which of its principals it was"
	}
}

// chooseSignIn takes a switch of role in the console, which names whom it was switched from, or a sign-in of the user.
func (v *resolver) chooseSignIn(n *node, rows []*record) {
	for _, r := range slices.Backward(rows) {
		switch before := r.json(event.AdditionalEventData).str("SwitchFrom"); {
		case r.text[event.EventName] == "SwitchRole" && before != "" && before != n.who.arn:
			who := arnIdentity(before, r)
			n.via, n.from = hop(r, n.who, who, LinkConsole, Strong), v.add(who)
			return
		case r.text[event.EventName] == "ConsoleLogin" && (n.who.kind == "IAMUser" || n.who.kind == "Root"):
			n.via = hop(r, n.who, r.who(), LinkConsole, Strong)
			if used := r.json(event.AdditionalEventData).str("MFAUsed"); used != "" {
				n.via.Notes = append(n.via.Notes, "MFA used: "+plain(used))
			}
			return
		}
	}
}

// arnIdentity is a principal of which only the ARN is known.
func arnIdentity(arn string, r *record) identity {
	i := identity{arn: arn, account: accountOf(arn), used: r.at, until: r.at, event: r.id()}
	switch {
	case strings.Contains(arn, ":assumed-role/"):
		i.kind = "AssumedRole"
	case strings.Contains(arn, ":user/"):
		i.kind, i.user = "IAMUser", last(arn)
	case strings.HasSuffix(arn, ":root"):
		i.kind = "Root"
	case strings.Contains(arn, ":federated-user/"):
		i.kind, i.principal = "FederatedUser", i.account+":"+last(arn)
	}
	return i
}

// byPrincipal names the users of other accounts whose unique id another event of those users carries.
func (v *resolver) byPrincipal(ctx context.Context, level []*node) error {
	byID := map[string][]*node{}
	var ids []string
	var a, b time.Time
	for _, n := range level {
		if id := n.who.principal; n.via == nil && n.who.kind == "AWSAccount" && strings.HasPrefix(id, "AIDA") {
			if byID[id] == nil {
				ids = append(ids, id)
			}
			byID[id] = append(byID[id], n)
			a, b = span(a, b, n.who.used, n.who.until)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	const slack = 30 * 24 * time.Hour
	slices.Sort(ids)
	sql := "SELECT user_identity_principal_id, user_identity_arn, user_identity_account_id, min(event_id) FROM events" +
		" WHERE user_identity_type = 'IAMUser' AND user_identity_arn IS NOT NULL AND " + v.in("user_identity_principal_id", ids) +
		" GROUP BY user_identity_principal_id, user_identity_arn, user_identity_account_id ORDER BY 1, 2, 3 LIMIT 10000"
	found := map[string][]identity{}
	err := v.rows(ctx, a.Add(-slack), b.Add(slack), sql, 4, func(row []any) {
		text := func(i int) string { s, _ := row[i].(string); return s }
		found[text(0)] = append(found[text(0)], identity{kind: "IAMUser", principal: text(0), arn: text(1), account: text(2), user: last(text(1)), event: text(3)})
	})
	if err != nil {
		return err
	}
	for id, users := range found {
		for _, n := range byID[id] {
			who := users[0]
			if len(users) > 1 || who.account != n.who.account {
				n.gap, n.missing = "ambiguous", "more than one user carries the unique id "+plain(id)
				continue
			}
			who.used, who.until = n.who.used, n.who.until
			n.from = v.add(who)
			n.via = &Hop{EventID: who.event, Time: n.who.used, Account: who.account, Action: "", From: who.label(), To: n.who.label(),
				Link: LinkPrincipal, Confidence: Strong, Notes: []string{"the event only shows whose the unique id is"}}
		}
	}
	return nil
}
