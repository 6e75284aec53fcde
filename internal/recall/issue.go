package recall

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/finding"
)

// Issue is what an event says of the credentials that it gave to its caller.
type Issue struct {
	Key            string // the id of the access key that was issued
	Session        string // the name that the caller gave to the session; empty where there is none
	SourceIdentity string // that is set for the session, which says who is behind it
	// Of the caller, who may be a user of an identity provider: userName and identityProvider of its identity.
	Caller, Provider string
}

// IssueOf reads what credentials a record shows to have been issued. ok is false for other records, which costs little.
func IssueOf(r *event.Record) (i Issue, ok bool) {
	response := r.Values[event.ResponseElements]
	if response == nil || len(r.Values[event.ErrorCode]) > 0 || !gives(r) {
		return i, false
	}
	var out struct {
		Credentials struct {
			Key string `json:"accessKeyId"`
		} `json:"credentials"`
		Role struct {
			ID string `json:"assumedRoleId"`
		} `json:"assumedRoleUser"`
		User struct {
			ID string `json:"federatedUserId"`
		} `json:"federatedUser"`
		SourceIdentity string `json:"sourceIdentity"`
	}
	if json.Unmarshal(response, &out) != nil || !event.IsAccessKey(out.Credentials.Key) {
		return i, false
	}
	i.Key, i.SourceIdentity = out.Credentials.Key, out.SourceIdentity
	i.Caller, i.Provider = string(r.Values[event.UserIdentityUserName]), string(r.Values[event.UserIdentityIdentityProvider])
	_, i.Session, _ = strings.Cut(cmp.Or(out.Role.ID, out.User.ID), ":")
	return i, true
}

// gives reports whether a record is of a call that issues credentials.
func gives(r *event.Record) bool {
	switch string(r.Values[event.EventSource]) {
	case "sts.amazonaws.com":
		switch string(r.Values[event.EventName]) {
		case "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "GetFederationToken", "GetSessionToken",
			"AssumeRoleForPodIdentity":
			return true
		}
	case "signin.amazonaws.com":
		return string(r.Values[event.EventName]) == "GetSigninToken"
	}
	return false
}

// issues are the last events that issued credentials.
type issues struct {
	byKey map[string]int
	ring  []issued
	next  int
}

// issued is an event that issued the credentials of a key.
type issued struct {
	Issue
	by finding.Event
	// another: a second event says that it issued the same key, and names another caller.
	another bool
}

func newIssues() issues { return issues{byKey: map[string]int{}} }

// maxIssue is the longest text of an event that issued credentials, in bytes.
const maxIssue = 4 << 10

// AddIssued remembers an event as Add does, and that it issued credentials. Of an action that two accounts recorded, the
// record of the caller's account is taken, which names the caller.
func (m *Memory) AddIssued(i Issue, e finding.Event) {
	m.Add(e)
	size := len(i.Key) + len(i.Session) + len(i.SourceIdentity) + len(i.Caller) + len(i.Provider) + len(e.ID)
	for _, s := range textsOf(&e) {
		size += len(*s)
	}
	if !event.IsAccessKey(i.Key) || size > maxIssue || e.Time.After(m.now().Add(early)) {
		return
	}
	if at, known := m.issued.byKey[i.Key]; known {
		m.issued.ring[at].also(i, e)
		return
	}
	is := issued{Issue: i, by: e}
	is.clone()
	if len(m.issued.ring) < m.limits.issued {
		m.issued.byKey[is.Key] = len(m.issued.ring)
		m.issued.ring = append(m.issued.ring, is)
		return
	}
	at := &m.issued.ring[m.issued.next]
	delete(m.issued.byKey, at.Key)
	*at = is
	m.issued.byKey[is.Key] = m.issued.next
	m.issued.next = (m.issued.next + 1) % len(m.issued.ring)
}

// clone gives an issue texts of its own, all in one piece.
func (i *issued) clone() {
	all := []*string{&i.Key, &i.Session, &i.SourceIdentity, &i.Caller, &i.Provider, &i.by.ID}
	for _, s := range textsOf(&i.by) {
		all = append(all, s)
	}
	var b strings.Builder
	for _, s := range all {
		b.WriteString(*s)
	}
	text := b.String()
	for _, s := range all {
		*s, text = text[:len(*s)], text[len(*s):]
	}
}

// also takes a second event that issued the same key.
func (i *issued) also(more Issue, e finding.Event) {
	const other = "AWSAccount"
	switch {
	case i.by.Type == other && e.Type != other:
		another := i.another
		*i = issued{Issue: more, by: e, another: another}
		i.clone()
	case e.Type == other || same(&i.by, &e):
	default:
		i.another = true
	}
}

// same reports whether two events have one caller.
func same(a, b *finding.Event) bool {
	return a.Principal == b.Principal && a.Identity == b.Identity && a.Account == b.Account && a.AccessKey == b.AccessKey
}

// of returns the event that issued the key which e used.
func (m *Memory) of(e *finding.Event) (*issued, bool) {
	at, ok := m.issued.byKey[e.AccessKey]
	if !ok || !event.IsAccessKey(e.AccessKey) {
		return nil, false
	}
	return &m.issued.ring[at], true
}

// slack is how far the times of an event and of the one that issued its credentials may be apart the wrong way round:
// both have seconds, from the clocks of two services.
const slack = 5 * time.Second
