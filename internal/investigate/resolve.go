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

const (
	// maxDepth bounds how many sessions a chain is followed through.
	maxDepth = 16
	// maxSessions bounds how many different sessions of one answer are followed, and maxNamed how many of a level are
	// looked for by name and time, for want of a key.
	maxSessions = maxLimit + 2000
	maxNamed    = 1000
	// A session's creationDate has seconds, and the event that gave it may be a few of them off.
	creationSlack = 5 * time.Second
	// longestRole and longestUser are the longest lives of credentials:
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_request.html.
	longestRole = 12 * time.Hour
	longestUser = 36 * time.Hour
)

// issuers are the calls of STS that give credentials.
var issuers = []string{"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "GetFederationToken", "GetSessionToken",
	"AssumeRoleForPodIdentity"}

// node is one set of credentials in the graph of who gave whom.
type node struct {
	who        identity
	asked      bool
	via        *Hop   // how it came about; nil where that is not known
	from       string // id of the caller's node; empty where via ends the chain
	twin       bool   // from is the same credentials as their own account recorded them
	claims     []Claim
	candidates []Hop
	gap        string // kind of gap, and
	missing    string // why there is no via
}

// resolver follows sessions back, all of an answer at once, a level at a time.
type resolver struct {
	*lake
	nodes map[string]*node
	names map[string]string // of Identity Center users, by id
}

func newResolver(l *lake) *resolver {
	return &resolver{lake: l, nodes: map[string]*node{}, names: map[string]string{}}
}

// add takes an identity into the graph and returns its id. Uses of known credentials widen their span.
func (v *resolver) add(i identity) string {
	id := i.id()
	n := v.nodes[id]
	if n == nil {
		if len(v.nodes) >= maxSessions {
			v.gap("limit", fmt.Sprintf("more than %d sessions: the rest was not followed", maxSessions))
			return id
		}
		v.nodes[id] = &node{who: i}
		return id
	}
	if !i.used.IsZero() && (n.who.used.IsZero() || i.used.Before(n.who.used)) {
		n.who.used = i.used
	}
	if i.until.After(n.who.until) {
		n.who.until = i.until
	}
	return id
}

// follow asks for the issuers of all credentials that are in the graph, and of those that this finds.
func (v *resolver) follow(ctx context.Context) error {
	for range maxDepth {
		level := v.open()
		if len(level) == 0 {
			return v.name(ctx)
		}
		for _, n := range level {
			n.asked = true
		}
		for _, step := range []func(context.Context, []*node) error{v.byTwin, v.byPrincipal, v.byKey, v.byCreation} {
			if err := step(ctx, level); err != nil {
				return fmt.Errorf("follow sessions: %w", err)
			}
		}
	}
	for _, n := range v.open() {
		n.gap, n.missing = "limit", fmt.Sprintf("the chain is longer than %d sessions", maxDepth)
	}
	return v.name(ctx)
}

// open are the nodes whose issuer was not asked for, in a fixed order.
func (v *resolver) open() []*node {
	var out []*node
	for _, id := range slices.Sorted(maps.Keys(v.nodes)) {
		n := v.nodes[id]
		_, final := n.who.final()
		if n.who.used.IsZero() && !n.asked {
			n.asked, n.gap = true, "hop-missing"
			if !final {
				n.missing = "the record has no time to look for its session at"
			}
		}
		if !n.asked && (!final || n.who.temporary() && !n.who.linked()) {
			out = append(out, n)
		}
	}
	return out
}

// byTwin finds the caller of another account in that account's own record of the same action.
func (v *resolver) byTwin(ctx context.Context, level []*node) error {
	byShared := map[string][]*node{}
	var a, b time.Time
	for _, n := range level {
		if n.who.kind == "AWSAccount" && n.who.shared != "" {
			byShared[n.who.shared] = append(byShared[n.who.shared], n)
			a, b = span(a, b, n.who.used, n.who.until)
		}
	}
	if len(byShared) == 0 {
		return nil
	}
	const slack = 15 * time.Minute
	twins, err := v.records(ctx, a.Add(-slack), b.Add(slack), v.in("shared_event_id", slices.Sorted(maps.Keys(byShared))), 0)
	if err != nil {
		return err
	}
	for i := range twins {
		r := &twins[i]
		if who := r.who(); who.kind != "AWSAccount" {
			for _, n := range byShared[r.text[event.SharedEventID]] {
				if n.from == "" && (who.account == "" || n.who.account == "" || who.account == n.who.account) {
					n.from, n.twin = v.add(who), true
					n.via = hop(r, n.who, who, LinkSharedEvent, Proven)
				}
			}
		}
	}
	return nil
}

// byKey finds the events that issued the access keys of the level.
func (v *resolver) byKey(ctx context.Context, level []*node) error {
	byKey := map[string]*node{}
	var a, b time.Time
	for _, n := range level {
		if n.via == nil && n.who.temporary() && n.who.key != "" {
			byKey[n.who.key] = n
			start := n.who.created
			if start.IsZero() || start.After(n.who.used) {
				start = n.who.used.Add(-longestUser)
			}
			a, b = span(a, b, start, n.who.until)
		}
	}
	if len(byKey) == 0 {
		return nil
	}
	const issued = "$.credentials.accessKeyId"
	where := "event_source IN ('sts.amazonaws.com', 'signin.amazonaws.com') AND event_name IN ('GetSigninToken', '" + strings.Join(issuers, "', '") +
		"') AND " + v.in(responseScalar(issued), slices.Sorted(maps.Keys(byKey)))
	rows, err := v.records(ctx, a.Add(-time.Minute), b.Add(time.Minute), where, 0)
	if err != nil {
		return err
	}
	found := map[*node][]*record{}
	for i := range rows {
		if n := byKey[rows[i].json(event.ResponseElements).str("credentials", "accessKeyId")]; n != nil && rows[i].failure() == "" {
			found[n] = append(found[n], &rows[i])
		}
	}
	for _, n := range level {
		v.choose(n, found[n], LinkAccessKey, Proven)
	}
	return nil
}

// byCreation finds the events that gave a session of that name at the time it says, or else shortly before its use.
func (v *resolver) byCreation(ctx context.Context, level []*node) error {
	var rest []*node
	for _, n := range level {
		if n.via == nil && n.missing == "" && (n.who.temporary() || n.who.kind == "AWSAccount") {
			rest = append(rest, n)
		}
	}
	if len(rest) > maxNamed {
		for _, n := range rest[maxNamed:] {
			n.gap, n.missing = "limit", fmt.Sprintf("more than %d sessions have no key to follow them by", maxNamed)
		}
		rest = rest[:maxNamed]
	}
	const most = 100
	for part := range slices.Chunk(rest, most) {
		var a, b time.Time
		var where []string
		for _, n := range part {
			from, to, _ := n.who.issuedWithin()
			a, b = span(a, b, from, to)
			if c := v.session(n.who, from, to); c != "" {
				where = append(where, c)
			}
		}
		var rows []record
		if len(where) > 0 {
			var err error
			rows, err = v.records(ctx, a, b.Add(time.Second), "("+strings.Join(where, " OR ")+")", 0)
			if err != nil {
				return err
			}
		}
		for _, n := range part {
			v.chooseByCreation(n, rows)
		}
	}
	return nil
}

// issuedWithin is when the credentials were issued; exact says that the session itself says so.
func (i identity) issuedWithin() (from, to time.Time, exact bool) {
	if !i.created.IsZero() {
		return i.created.Add(-creationSlack), i.created.Add(creationSlack), true
	}
	return i.used.Add(-longestRole), i.used, false
}

// session is the SQL for an event that gave this session; empty where nothing names it.
func (v *resolver) session(i identity, from, to time.Time) string {
	id, path := i.principal, "$.assumedRoleUser.assumedRoleId"
	switch {
	case i.kind == "FederatedUser":
		path = "$.federatedUser.federatedUserId"
	case i.kind == "IAMUser" || i.kind == "Root":
		path = ""
	case !strings.Contains(id, ":") && strings.Contains(i.arn, ":assumed-role/"):
		id, path = i.arn, "$.assumedRoleUser.arn"
	}
	if id == "" {
		return ""
	}
	var any []string
	if path != "" {
		any = append(any, "event_source = 'sts.amazonaws.com' AND event_name IN ('"+strings.Join(issuers, "', '")+"') AND "+
			responseScalar(path)+" = "+v.literal(id))
	}
	if i.principal != "" && i.kind != "AWSAccount" {
		any = append(any, "event_source = 'signin.amazonaws.com' AND event_name IN ('ConsoleLogin', 'SwitchRole') AND user_identity_principal_id = "+
			v.literal(i.principal))
	}
	if len(any) == 0 {
		return ""
	}
	return "(" + v.between(from, to) + " AND ((" + strings.Join(any, ") OR (") + ")))"
}

// span widens [a, b] to hold [from, to].
func span(a, b, from, to time.Time) (time.Time, time.Time) {
	if a.IsZero() || from.Before(a) {
		a = from
	}
	if b.IsZero() || to.After(b) {
		b = to
	}
	return a, b
}

func hop(r *record, to, from identity, link string, c Confidence) *Hop {
	h := &Hop{EventID: r.id(), Time: r.at, Account: r.text[event.Account], Region: r.text[event.Region], Action: r.text[event.EventName],
		From: from.label(), To: to.label(), Link: link, Confidence: c, SourceIP: r.text[event.SourceIPAddress],
		LogState: r.text[event.LogState], Notes: []string{}}
	if h.LogState != "" && h.LogState != "verified" {
		h.Notes = append(h.Notes, "its log file is "+plain(h.LogState)+", not verified")
	}
	return h
}
