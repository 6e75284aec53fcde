package recall

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/finding"
)

const (
	userARN   = "arn:aws:iam::111122223333:user/alice"
	deployARN = "arn:aws:iam::111122223333:role/deploy"
	adminARN  = "arn:aws:iam::444455556666:role/admin"
	userKey   = "AKIAEXAMPLE000000001"
)

// assume is an event by which a caller obtained a session, with the key that it issued.
func assume(id string, minute float64, caller finding.Event) finding.Event {
	e := made(id, minute)
	e.Name, e.Principal, e.Identity, e.Type, e.AccessKey = "AssumeRole", caller.Principal, caller.Identity, caller.Type, caller.AccessKey
	return e
}

func alice() finding.Event {
	return finding.Event{Principal: userARN, Identity: userARN, Type: "IAMUser", AccessKey: userKey}
}

func session(n int) string { return fmt.Sprintf("ASIAEXAMPLE%09d", n) }

// role is an event of a session of the role.
func role(id string, minute float64, arn, name, key string) finding.Event {
	e := made(id, minute)
	e.Principal, e.Identity, e.AccessKey = arn, strings.NewReplacer(":iam:", ":sts:", ":role/", ":assumed-role/").Replace(arn)+"/"+name, key
	return e
}

func TestChainFollowsAccessKeys(t *testing.T) {
	m := New(at(noon.Add(time.Hour)), time.Time{})
	m.AddIssued(Issue{Key: session(2), Session: "step2", SourceIdentity: "alice@example.com"}, assume("second", -5, role("", 0, deployARN, "step1", session(1))))
	m.AddIssued(Issue{Key: session(1), Session: "step1", SourceIdentity: "alice@example.com", Caller: "alice"}, assume("first", -10, alice()))
	e := role("e", 0, adminARN, "step2", session(2))
	c := m.Chain(e)
	want := []Hop{
		{EventID: "second", Time: noon.Add(-5 * time.Minute), Account: "111122223333", Region: "eu-west-1", Action: "AssumeRole", From: "arn:aws:sts::111122223333:assumed-role/deploy/step1",
			To: "arn:aws:sts::444455556666:assumed-role/admin/step2", Principal: deployARN, Session: "step2", SourceIdentity: "alice@example.com", Confidence: Proven, IP: "198.51.100.7", LogState: "verified"},
		{EventID: "first", Time: noon.Add(-10 * time.Minute), Account: "111122223333", Region: "eu-west-1", Action: "AssumeRole", From: userARN,
			To: "arn:aws:sts::111122223333:assumed-role/deploy/step1", Principal: userARN, Session: "step1", SourceIdentity: "alice@example.com", Confidence: Proven, IP: "198.51.100.7", LogState: "verified"},
	}
	if diff := gocmp.Diff(want, c.Hops); diff != "" || c.Confidence != Proven || c.Broken != "" || c.Origin.ID != "first" {
		t.Errorf("%s, %q, %q, %s", c.Confidence, c.Broken, c.Origin.ID, diff)
	}
	actor := finding.Actor{Principal: adminARN, Behind: "alice", Kind: Person, Confidence: Proven, IPs: []string{"198.51.100.7"}, Agents: []string{"aws-cli"}, Chain: []string{
		"arn:aws:sts::444455556666:assumed-role/admin/step2 got its credentials by AssumeRole of arn:aws:sts::111122223333:assumed-role/deploy/step1 at 2026-03-02T11:55:00Z, event second (proven), with source identity alice@example.com",
		"arn:aws:sts::111122223333:assumed-role/deploy/step1 got its credentials by AssumeRole of arn:aws:iam::111122223333:user/alice at 2026-03-02T11:50:00Z, event first (proven), with source identity alice@example.com"}}
	if diff := gocmp.Diff(actor, m.Actor(e)); diff != "" {
		t.Error(diff)
	}
}

func TestActor(t *testing.T) {
	by := func(kind, principal, identity, key string) finding.Event {
		return finding.Event{ID: "e", Time: noon, Account: "111122223333", Type: kind, Principal: principal, Identity: identity, AccessKey: key}
	}
	const notRemembered = "the event that issued its access key is not remembered"
	for _, c := range []struct {
		name   string
		issues []issued
		e      finding.Event
		want   [4]string // kind, behind, confidence, reason
	}{
		{"root", nil, by("Root", "arn:aws:iam::444455556666:root", "arn:aws:iam::444455556666:root", ""), [4]string{Root, "root of 444455556666", Proven, ""}},
		{"root with temporary credentials", nil, by("Root", "arn:aws:iam::444455556666:root", "arn:aws:iam::444455556666:root", session(1)),
			[4]string{Root, "root of 444455556666", Strong, notRemembered}},
		{"root by AssumeRoot", []issued{{Issue: Issue{Key: session(1)}, by: assume("a", -1, alice())}},
			by("Root", "arn:aws:iam::444455556666:root", "arn:aws:iam::444455556666:root", session(1)), [4]string{Person, "alice", Proven, ""}},
		{"a user", nil, by("IAMUser", userARN, userARN, userKey), [4]string{Person, "alice", Proven, ""}},
		{"a user in the console", nil, by("IAMUser", userARN, userARN, session(1)), [4]string{Person, "alice", Proven, ""}},
		{"a service", nil, by("AWSService", "config.amazonaws.com", "", ""), [4]string{Service, "config.amazonaws.com", Proven, ""}},
		{"a user of an identity provider", []issued{{Issue: Issue{Key: session(1), Caller: "alice@example.com"}, by: assume("a", -1, by("SAMLUser", "qualifier=:alice", "", ""))}},
			role("e", 0, deployARN, "x", session(1)), [4]string{Person, "alice@example.com", Proven, ""}},
		{"a user of an identity provider by the principal", []issued{{Issue: Issue{Key: session(1)}, by: assume("a", -1, by("SAMLUser", "qualifier=:alice", "", ""))}},
			role("e", 0, deployARN, "x", session(1)), [4]string{Person, "alice", Proven, ""}},
		{"a pipeline", []issued{{Issue: Issue{Key: session(1), Caller: "repo:o/r:ref:refs/heads/main", Provider: "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
			by: assume("a", -1, by("WebIdentityUser", "p", "", ""))}}, role("e", 0, deployARN, "x", session(1)), [4]string{Workload, "repo:o/r:ref:refs/heads/main", Proven, ""}},
		{"a token of somebody", []issued{{Issue: Issue{Key: session(1), Caller: "sub", Provider: "oidc.example.com"}, by: assume("a", -1, by("WebIdentityUser", "p", "", ""))}},
			role("e", 0, deployARN, "x", session(1)), [4]string{Unknown, "sub", Proven, "the log does not say whether a person or a program is behind the token"}},
		{"a function", []issued{{Issue: Issue{Key: session(1), Session: "nightly"}, by: assume("a", -1, by("AWSService", "lambda.amazonaws.com", "", ""))}},
			role("e", 0, deployARN, "nightly", session(1)), [4]string{Workload, "nightly", Proven, ""}},
		{"a service with a session", []issued{{Issue: Issue{Key: session(1), Session: "x"}, by: assume("a", -1, by("AWSService", "config.amazonaws.com", "", ""))}},
			role("e", 0, deployARN, "x", session(1)), [4]string{Service, "config.amazonaws.com", Proven, ""}},
		{"a service-linked role", nil, role("e", 0, "arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig", "x", session(1)),
			[4]string{Service, "config.amazonaws.com", Proven, ""}},
		{"a user of Identity Center", nil, role("e", 0, "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef", "alice@example.com", session(1)),
			[4]string{Person, "alice@example.com", Strong, notRemembered}},
		{"a federated user", nil, by("FederatedUser", userARN, "arn:aws:sts::111122223333:federated-user/x", session(1)), [4]string{Person, "alice", Strong, notRemembered}},
		{"a session", nil, role("e", 0, deployARN, "x", session(1)), [4]string{Unknown, "", "", notRemembered}},
		{"a session without a key", nil, role("e", 0, deployARN, "x", ""), [4]string{Unknown, "", "", "the record has no access key to follow it by"}},
		{"a session that says who is behind it", []issued{{Issue: Issue{Key: session(2), SourceIdentity: "alice@example.com"}, by: assume("a", -1, role("", 0, deployARN, "x", session(1)))}},
			role("e", 0, adminARN, "x", session(2)), [4]string{Unknown, "alice@example.com", Claimed, notRemembered}},
		{"somebody of another account", nil, by("AWSAccount", "AIDAX", "", ""), [4]string{Unknown, "", "", "it is somebody of another account, whose events do not show it here"}},
		{"credentials that were issued later", []issued{{Issue: Issue{Key: session(1)}, by: assume("a", 1, alice())}}, role("e", 0, deployARN, "x", session(1)), [4]string{Person, "alice", Claimed, ""}},
		{"clocks that are seconds apart", []issued{{Issue: Issue{Key: session(1)}, by: assume("a", 1.0/60, alice())}}, role("e", 0, deployARN, "x", session(1)), [4]string{Person, "alice", Proven, ""}},
		{"an action that both accounts recorded", []issued{
			{Issue: Issue{Key: session(1)}, by: assume("theirs", -1, by("AWSAccount", "AIDAX", "", ""))}, {Issue: Issue{Key: session(1)}, by: assume("ours", -1, alice())},
			{Issue: Issue{Key: session(1)}, by: assume("theirs", -1, by("AWSAccount", "AIDAX", "", ""))}}, role("e", 0, deployARN, "x", session(1)), [4]string{Person, "alice", Proven, ""}},
		{"a key that two are said to have obtained", []issued{
			{Issue: Issue{Key: session(1)}, by: assume("a", -1, alice())}, {Issue: Issue{Key: session(1)}, by: assume("b", -1, by("IAMUser", "bob", "bob", "AKIAEXAMPLE000000002"))}},
			role("e", 0, deployARN, "x", session(1)), [4]string{Unknown, "", "", "several callers are said to have obtained its access key"}},
		{"a circle", []issued{{Issue: Issue{Key: session(1)}, by: assume("a", -1, role("", 0, adminARN, "x", session(2)))}, {Issue: Issue{Key: session(2)}, by: assume("b", -1, role("", 0, deployARN, "x", session(1)))}},
			role("e", 0, deployARN, "x", session(1)), [4]string{Unknown, "", "",
				"the chain runs in a circle: arn:aws:sts::111122223333:assumed-role/deploy/x got its credentials from a session that came from it"}},
		{"nobody", nil, finding.Event{ID: "e", Time: noon}, [4]string{Unknown, "", "", "the record names nobody"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := New(at(noon.Add(time.Hour)), time.Time{})
			for _, i := range c.issues {
				m.AddIssued(i.Issue, i.by)
			}
			a := m.Actor(c.e)
			if diff := gocmp.Diff(c.want, [4]string{a.Kind, a.Behind, a.Confidence, a.Reason}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestALongChainIsNotFollowedForEver(t *testing.T) {
	m := New(at(noon.Add(time.Hour)), time.Time{})
	for i := range 40 {
		m.AddIssued(Issue{Key: session(i + 1)}, assume(fmt.Sprint(i), -1, role("", 0, deployARN, "x", session(i))))
	}
	c := m.Chain(role("e", 0, deployARN, "x", session(40)))
	if len(c.Hops) != maxDepth || c.Broken != "the chain is too long to follow" || m.Actor(role("e", 0, deployARN, "x", session(40))).Kind != Unknown {
		t.Errorf("%d hops, %q", len(c.Hops), c.Broken)
	}
}

func TestIssuesAreForgottenInTurn(t *testing.T) {
	m := newMemory(at(noon.Add(time.Hour)), time.Time{}, limits{100, 100, 1 << 20, 3})
	for i := range 5 {
		m.AddIssued(Issue{Key: session(i)}, assume(fmt.Sprint(i), -1, alice()))
	}
	m.AddIssued(Issue{Key: "ASIA****"}, assume("masked", -1, alice()))
	m.AddIssued(Issue{Key: session(9), Session: strings.Repeat("x", maxIssue)}, assume("long", -1, alice()))
	m.AddIssued(Issue{Key: session(8)}, assume("future", 1e6, alice()))
	var known []int
	for i := range 10 {
		if len(m.Chain(role("e", 0, deployARN, "x", session(i))).Hops) > 0 {
			known = append(known, i)
		}
	}
	if diff := gocmp.Diff([]int{2, 3, 4}, known); diff != "" || len(m.issued.byKey) != 3 {
		t.Errorf("%d keys, %s", len(m.issued.byKey), diff)
	}
}

func TestHostileTextsStayOnOneLine(t *testing.T) {
	m := New(at(noon.Add(time.Hour)), time.Time{})
	caller := alice()
	caller.Identity = "arn\n\u202eevil\x1b[31m" + strings.Repeat("x", 1000)
	m.AddIssued(Issue{Key: session(1), SourceIdentity: "a\nb"}, assume("id\n", -1, caller))
	a := m.Actor(role("e", 0, deployARN, "x\ny", session(1)))
	all := strings.Join(append(a.Chain, a.Behind, a.Reason), "")
	if strings.ContainsAny(all, "\n\x1b\u202e") || len(all) > 3000 {
		t.Errorf("%d bytes: %q", len(all), all)
	}
}

func TestIssueOf(t *testing.T) {
	const head = `{"eventVersion":"1.08","eventTime":"2026-03-02T12:00:00Z","eventID":"1","eventSource":"sts.amazonaws.com",`
	const credentials = `"credentials":{"accessKeyId":"ASIAEXAMPLE000000001","expiration":"x"}`
	for _, c := range []struct {
		name, raw string
		want      Issue
		ok        bool
	}{
		{"a role", head + `"eventName":"AssumeRole","userIdentity":{"userName":"alice"},"responseElements":{` + credentials + `,"assumedRoleUser":{"assumedRoleId":"AROAX:ci","arn":"a"},"sourceIdentity":"alice"}}`,
			Issue{Key: key, Session: "ci", SourceIdentity: "alice", Caller: "alice"}, true},
		{"a token of a provider", head + `"eventName":"AssumeRoleWithWebIdentity","userIdentity":{"identityProvider":"p","userName":"s"},"responseElements":{` + credentials + `}}`,
			Issue{Key: key, Caller: "s", Provider: "p"}, true},
		{"a federated user", head + `"eventName":"GetFederationToken","responseElements":{` + credentials + `,"federatedUser":{"federatedUserId":"111122223333:bob"}}}`, Issue{Key: key, Session: "bob"}, true},
		{"another call", head + `"eventName":"GetCallerIdentity","responseElements":{` + credentials + `}}`, Issue{}, false},
		{"another service", strings.Replace(head, "sts.", "s3.", 1) + `"eventName":"AssumeRole","responseElements":{` + credentials + `}}`, Issue{}, false},
		{"a failure", head + `"eventName":"AssumeRole","errorCode":"AccessDenied","responseElements":{` + credentials + `}}`, Issue{}, false},
		{"no response", head + `"eventName":"AssumeRole","responseElements":null}`, Issue{}, false},
		{"a masked key", head + `"eventName":"AssumeRole","responseElements":{"credentials":{"accessKeyId":"ASIA****"}}}`, Issue{}, false},
		{"a key that is no text", head + `"eventName":"AssumeRole","responseElements":{"credentials":{"accessKeyId":[1]}}}`, Issue{}, false},
		{"no object", head + `"eventName":"AssumeRole","responseElements":[1]}`, Issue{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := issueOf(t, c.raw)
			if diff := gocmp.Diff(c.want, got); diff != "" || ok != c.ok {
				t.Errorf("%v, want %v: %s", ok, c.ok, diff)
			}
		})
	}
}

func issueOf(t *testing.T, raw string) (Issue, bool) {
	t.Helper()
	var p event.Parser
	var r event.Record
	if err := p.Parse([]byte(raw), &r); err != nil {
		t.Fatal(err)
	}
	return IssueOf(&r)
}

func FuzzIssueOf(f *testing.F) {
	f.Add([]byte(`{"credentials":{"accessKeyId":"ASIAEXAMPLE000000001"},"assumedRoleUser":{"assumedRoleId":"a:b"}}`))
	f.Add([]byte(`{"credentials":null}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, response []byte) {
		var r event.Record
		r.Values[event.EventSource], r.Values[event.EventName], r.Values[event.ResponseElements] = []byte("sts.amazonaws.com"), []byte("AssumeRole"), response
		if i, ok := IssueOf(&r); ok && !(json.Valid(response) && event.IsAccessKey(i.Key)) {
			t.Errorf("%+v of %q", i, response)
		}
	})
}

// Sessions of real attacks are followed back to their callers where the events are there.
func TestCorpusChains(t *testing.T) {
	dir := os.Getenv("TRAILSEAL_CORPUS")
	if dir == "" {
		t.Skip("TRAILSEAL_CORPUS is not set")
	}
	files, err := filepath.Glob(filepath.Join(dir, "events", "*.ndjson"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	hops := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := New(time.Now, time.Time{})
		var p event.Parser
		var r event.Record
		var events []finding.Event
		for n, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
			if err := p.Parse([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			e := finding.EventOf(&r, file, n, "", event.Origin{})
			events = append(events, e)
			if i, ok := IssueOf(&r); ok {
				m.AddIssued(i, e)
			} else {
				m.Add(e)
			}
		}
		check(t, m)
		for _, e := range events {
			c := m.Chain(e)
			hops += len(c.Hops)
			if a := m.Actor(e); a.Kind == "" || a.Kind == Unknown && a.Reason == "" {
				t.Errorf("%s: %+v", e.ID, a)
			}
		}
	}
	if hops == 0 {
		t.Error("no session was followed")
	}
}
