package recall

import (
	"cmp"
	"time"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/finding"
)

// maxDepth bounds how many sessions a chain is followed through.
const maxDepth = 16

// The confidences, strongest first, as package investigate has them.
const (
	Proven  = "proven"  // the record itself names who acted, or the event issued the access key that was used
	Strong  = "strong"  // AWS wrote what links the two, but another event could carry the same
	Claimed = "claimed" // a name that the caller may have chosen
)

func weaker(a, b string) string {
	rank := map[string]int{Proven: 0, Strong: 1, Claimed: 2}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// Hop is one step back: the event by which From obtained the credentials that To used.
type Hop struct {
	EventID         string
	Time            time.Time
	Account, Region string
	Action          string // AssumeRole, GetFederationToken …
	From, To        string // the caller and the session: ARN, or what else names them
	Principal       string // of the caller, without its session's name
	Session         string // the name that the caller gave to the session
	SourceIdentity  string // that was set for the session
	Confidence      string // Proven; Claimed where the event is later than what was done with its credentials
	IP, LogState    string
}

// Chain is how an event's credentials came about, as far as it is remembered.
type Chain struct {
	Hops   []Hop
	Origin finding.Event // the event at the beginning: of the last hop, or the event itself where there is none
	// Confidence is that of the weakest hop; Proven without hops.
	Confidence string
	// Broken says why the chain ends where it does although the credentials of Origin are such as somebody must have asked
	// for; empty where it is whole.
	Broken string

	caller, provider string // of Origin, from the issue
	lost             bool   // Origin is not the beginning, whatever it is
}

// Chain follows the credentials of an event back: by the event that issued the access key that it used, and so on.
func (m *Memory) Chain(e finding.Event) Chain {
	c := Chain{Origin: e, Confidence: Proven}
	visited := map[string]bool{}
	for {
		at := &c.Origin
		issue, ok := m.of(at)
		switch {
		case !ok:
			if temporary(at) {
				c.Broken = "the event that issued its access key is not remembered"
				if !event.IsAccessKey(at.AccessKey) {
					c.Broken = "the record has no access key to follow it by"
				}
			}
			return c
		case visited[at.AccessKey]:
			c.Broken = "the chain runs in a circle: " + plain(label(at)) + " got its credentials from a session that came from it"
			c.Confidence, c.lost = Claimed, true
			return c
		case issue.another:
			c.Broken = "several callers are said to have obtained its access key"
			return c
		case len(c.Hops) == maxDepth:
			c.Broken, c.Confidence, c.lost = "the chain is too long to follow", Claimed, true
			return c
		}
		visited[at.AccessKey] = true
		h := Hop{EventID: issue.by.ID, Time: issue.by.Time, Account: issue.by.Account, Region: issue.by.Region, Action: issue.by.Name,
			From: label(&issue.by), To: label(at), Principal: issue.by.Principal, Session: issue.Session, SourceIdentity: issue.SourceIdentity,
			Confidence: Proven, IP: issue.by.IP, LogState: issue.by.State}
		if issue.by.Time.After(at.Time.Add(slack)) {
			h.Confidence = Claimed
		}
		c.Hops = append(c.Hops, h)
		c.Confidence = weaker(c.Confidence, h.Confidence)
		c.Origin, c.caller, c.provider = issue.by, issue.Caller, issue.Provider
	}
}

// temporary reports whether somebody must have asked for the credentials of an event.
func temporary(e *finding.Event) bool {
	switch e.Type {
	case "AssumedRole", "Role", "FederatedUser":
		return true
	case "IAMUser", "Root":
		return len(e.AccessKey) > 4 && e.AccessKey[:4] == "ASIA"
	}
	return false
}

// label names the caller of an event to a reader.
func label(e *finding.Event) string {
	return cmp.Or(e.Identity, e.Principal, e.AccessKey, "nobody that the record names")
}
