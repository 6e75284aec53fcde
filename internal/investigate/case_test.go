package investigate

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// life is a small organization: a person, a pipeline, an intruder.
func life() []row {
	return []row{
		ev(at(0), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, "admin", "work", key(1)), id("assume")),
		ev(at(1), hub, "s3", "ListBuckets", session(hub, "admin", "work", key(1), at(0)), id("list"), row{"read_only": true}),
		ev(at(2), hub, "s3", "DeleteBucket", session(hub, "admin", "work", key(1), at(0)), id("delete"),
			row{"request_parameters": `{"bucketName":"ledger-books"}`, "error_code": "BucketNotEmpty"}),
		ev(at(3), hub, "iam", "CreateAccessKey", session(hub, "admin", "work", key(1), at(0)), id("make"),
			row{"request_parameters": `{"userName":"bob"}`, "response_elements": `{"accessKey":{"accessKeyId":"AKIA000000000007","userName":"bob"}}`}),
		ev(at(60), hub, "s3", "PutBucketPolicy", user(hub, "bob", "AKIA000000000007"), id("policy"), row{"request_parameters": `{"bucketName":"ledger-books"}`,
			"resources": `[{"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::ledger-books"}]`, "source_ip_address": "2001:db8::1", "log_state": "pending"}),
		ev(at(61), hub, "s3", "GetObject", user(hub, "bob", "AKIA000000000007"), id("object"), row{"request_parameters": `{"bucketName":"ledger-books","key":"a"}`,
			"resources": `[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::ledger-books/a"}]`, "source_ip_address": "2001:db8:0::1", "read_only": true}),
		ev(at(62), hub, "s3", "GetObject", user(hub, "bob", "AKIA000000000007"), id("other"), row{"request_parameters": `{"bucketName":"ledger-books-2"}`, "read_only": true}),
	}
}

func ids(c Case) []string {
	var out []string
	for _, e := range c.Timeline {
		out = append(out, e.Relation+" "+e.EventID)
	}
	return out
}

func TestSubjects(t *testing.T) {
	for name, c := range map[string]struct {
		kind Kind
		id   string
		want []string
	}{
		"a role by ARN":         {OfPrincipal, "arn:aws:iam::" + hub + ":role/admin", []string{"subject list", "subject delete", "subject make"}},
		"a user by name":        {OfPrincipal, "bob", []string{"subject policy", "subject object", "subject other"}},
		"a person by session":   {OfPrincipal, "work", []string{"subject list", "subject delete", "subject make"}},
		"a user by unique id":   {OfPrincipal, "AIDAALICE0000", []string{"subject assume", "through list", "through delete", "through make"}},
		"a session by ARN":      {OfSession, "arn:aws:sts::" + hub + ":assumed-role/admin/work", []string{"subject list", "subject delete", "subject make"}},
		"a session by key":      {OfSession, key(1), []string{"subject list", "subject delete", "subject make"}},
		"an address":            {OfIP, "2001:db8:0:0::1", []string{"subject policy", "subject object"}},
		"a block of addresses":  {OfIP, "203.0.113.0/24", []string{"subject assume", "subject list", "subject delete", "subject make", "subject other"}},
		"a key and its making":  {OfKey, "AKIA000000000007", []string{"about-key make", "subject policy", "subject object", "subject other"}},
		"a session key":         {OfKey, key(1), []string{"about-key assume", "subject list", "subject delete", "subject make"}},
		"a resource by name":    {OfResource, "ledger-books", []string{"subject delete", "subject policy", "subject object"}},
		"a resource by ARN":     {OfResource, "arn:aws:s3:::ledger-books", []string{"subject delete", "subject policy", "subject object"}},
		"a name with wildcards": {OfResource, "ledger%", nil},
		"an unknown address":    {OfIP, "192.0.2.1", nil},
		"no address":            {OfIP, "AWS Internal", nil},
		"an event":              {OfEvent, "delete", []string{"session list", "subject delete", "session make", "resource policy", "resource object"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := inquire(t, open(t, life()...), c.kind, c.id)
			if diff := cmp.Diff(c.want, ids(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if hasGap(got, "nothing-found") != (c.want == nil) {
				t.Errorf("gaps %+v", got.Gaps)
			}
		})
	}
}

func TestCase(t *testing.T) {
	c := inquire(t, open(t, life()...), OfPrincipal, "arn:aws:iam::"+hub+":role/admin")
	wantCounts := Counts{Events: 3, Changes: 2, Errors: 1, LogStates: map[string]int64{"verified": 3},
		Services: []ServiceCount{{"s3", 2, 1, 1}, {"iam", 1, 1, 0}}}
	if diff := cmp.Diff(wantCounts, c.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if !c.First.Equal(at(1)) || !c.Last.Equal(at(3)) {
		t.Errorf("seen from %v to %v", c.First, c.Last)
	}
	want := Entry{Time: at(2), EventID: "delete", Relation: "subject", Account: hub, Region: "eu-west-1",
		Who:      Who{"a1", Person, "alice", Proven, "arn:aws:sts::" + hub + ":assumed-role/admin/work"},
		SourceIP: "203.0.113.10", Agent: "aws-cli", UserAgent: "aws-cli/2.22.12 md/awscrt", Service: "s3", Action: "DeleteBucket", Target: "ledger-books",
		Outcome: "error", ErrorCode: "BucketNotEmpty", Change: true, LogState: "verified", Notes: []string{}}
	if diff := cmp.Diff(want, c.Timeline[1]); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	var commands []string
	for _, p := range c.Pivots {
		commands = append(commands, p.Command)
	}
	for _, want := range []string{"trailseal investigate key AKIA000000000007", "trailseal investigate ip 203.0.113.10", "trailseal investigate event assume",
		"trailseal investigate principal arn:aws:iam::" + hub + ":user/alice"} {
		if !slices.Contains(commands, want) {
			t.Errorf("no pivot %q in %q", want, commands)
		}
	}
	behind := []Behind{{Person, "iam-user", "alice", hub, Proven, []string{"a1"}, 3, at(1), at(3)}}
	if diff := cmp.Diff(behind, c.Behind); diff != "" {
		t.Errorf("behind (-want +got):\n%s", diff)
	}
	if len(c.Gaps) != 0 {
		t.Errorf("gaps: %+v", c.Gaps)
	}
	if c = inquire(t, open(t, life()...), OfPrincipal, "bob"); !hasGap(c, "unverified") {
		t.Errorf("nothing says that an event is not verified: %+v", c.Gaps)
	}
	if note := "its access key was made by arn:aws:sts::" + hub + ":assumed-role/admin/work with event make"; !slices.Contains(c.Actors[0].Notes, note) {
		t.Errorf("notes %q", c.Actors[0].Notes)
	}
}

func TestEventWhole(t *testing.T) {
	rows := append(life(), ev(at(2), prod, "s3", "DeleteBucket", foreigner(hub, "AROAADMIN000000:work"), id("twin"), shared("one")))
	rows[2]["shared_event_id"] = "one"
	rows[2]["log_record"] = 7
	c := inquire(t, open(t, rows...), OfEvent, "delete")
	b, err := json.Marshal(c.Event.Columns)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"request_parameters":{"bucketName":"ledger-books"}`, `"log_record":7`, `"read_only":false`, `"raw":null`, `"event_time":"2026-03-02T09:02:00Z"`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
	if !slices.Contains(ids(c), "twin twin") {
		t.Errorf("no twin in %q", ids(c))
	}
	// The twin is the same session, as the caller's account shows it.
	for _, e := range c.Timeline {
		if e.EventID == "twin" && (e.Who.Name != "alice" || e.Who.State != Person) {
			t.Errorf("the twin's actor is %+v", e.Who)
		}
	}
}

func TestLimits(t *testing.T) {
	var rows []row
	for i := range 30 {
		rows = append(rows, ev(at(i), hub, "s3", "PutObject", user(hub, "alice", "AKIA000000000001")))
	}
	c, err := Investigate(t.Context(), open(t, rows...), Subject{OfPrincipal, "alice"}, Options{Limit: 10, From: at(5)})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Timeline) != 10 || !c.Timeline[0].Time.Equal(at(5)) || c.Counts.Events != 25 || !hasGap(c, "limit") {
		t.Errorf("%d entries from %v of %d events, gaps %+v", len(c.Timeline), c.Timeline[0].Time, c.Counts.Events, c.Gaps)
	}
}

func TestLongChains(t *testing.T) {
	chain := func(n int) Case {
		rows := []row{ev(at(0), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, "r0", "s", key(0)))}
		for i := range n {
			rows = append(rows, ev(at(0), hub, "sts", "AssumeRole", session(hub, fmt.Sprintf("r%d", i), "s", key(i), at(0)), gave(hub, fmt.Sprintf("r%d", i+1), "s", key(i+1))))
		}
		rows = append(rows, ev(at(1), hub, "s3", "DeleteBucket", session(hub, fmt.Sprintf("r%d", n), "s", key(n), at(0)), id("act")))
		f := open(t, rows...)
		c := inquire(t, f, OfEvent, "act")
		if f.asked > 40 {
			t.Errorf("%d questions for a chain of %d", f.asked, n)
		}
		return c
	}
	if c := chain(10); c.Actors[0].Name != "alice" || len(c.Actors[0].Hops) != 11 {
		t.Errorf("%+v", c.Actors[0])
	}
	if c := chain(20); c.Actors[0].State != Unknown || !hasGap(c, "limit") {
		t.Errorf("%+v %+v", c.Actors[0], c.Gaps)
	}
}

// A timeline is resolved a level at a time: the questions do not grow with its sessions.
func TestQuestionsDoNotGrowWithSessions(t *testing.T) {
	ask := func(n int) int {
		var rows []row
		for i := range n {
			role := fmt.Sprintf("r%d", i)
			rows = append(rows, ev(at(i), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, role, "s", key(i))),
				ev(at(i), hub, "s3", "PutObject", session(hub, role, "s", key(i), at(i))))
		}
		f := open(t, rows...)
		if c := inquire(t, f, OfIP, "203.0.113.10"); len(c.Actors) != n+1 {
			t.Errorf("%d actors, want %d", len(c.Actors), n+1)
		}
		return f.asked
	}
	if few, many := ask(2), ask(60); few != many {
		t.Errorf("%d questions for 2 sessions and %d for 60", few, many)
	}
}

func TestTagsAreClaims(t *testing.T) {
	c := inquire(t, open(t,
		ev(at(0), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, "admin", "x", key(1)), id("assume"),
			row{"request_parameters": `{"tags":[{"key":"team","value":"ops"}],"principalTags":{"cost":"7"}}`}),
		ev(at(1), hub, "s3", "DeleteBucket", session(hub, "admin", "x", key(1), at(0)), row{"session_source_identity": "alice@example.com"}),
	), OfKey, key(1))
	want := []Claim{{"source-identity", "alice@example.com", "e2"}, {"session-name", "x", "e2"}, {"tag", "team=ops", "assume"}, {"tag", "cost=7", "assume"}}
	if diff := cmp.Diff(want, c.Actors[1].Claims); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !slices.Contains(c.Actors[1].Notes, "sourceIdentity says alice@example.com") {
		t.Errorf("notes %q", c.Actors[1].Notes)
	}
}

// What logs hold enters SQL as literals only and commands only quoted, and comes out as it went in.
func TestHostileText(t *testing.T) {
	for name, s := range map[string]string{
		"quotes":        `'; DROP TABLE events; --`,
		"markup":        `<img src=x onerror=alert(1)>`,
		"shell":         "$(touch /x) `id`; rm -rf ~",
		"escape codes":  "\x1b]0;owned\x07\r\n",
		"backslashes":   `a\b\"c`,
		"wildcards":     `%_%`,
		"direction":     "alice\u202ecod",
		"an option":     "--from",
		"other scripts": "Ωμέγα",
	} {
		t.Run(name, func(t *testing.T) {
			who := session(hub, "admin", s, key(1), at(0))
			rows := []row{
				ev(at(0), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, "admin", s, key(1)), id("assume")),
				ev(at(1), hub, "s3", "DeleteBucket", who, id(s), row{"request_parameters": map[string]any{"bucketName": s}, "source_ip_address": s, "user_agent": s}),
				ev(at(1), hub, "s3", "DeleteBucket", user(hub, "bob", "AKIA000000000002"), id("not it"), row{"request_parameters": `{"bucketName":"plain"}`}),
			}
			f := open(t, rows...)
			for _, kind := range Kinds() {
				what := s
				switch kind {
				case OfKey:
					what = key(1)
				case OfPrincipal, OfSession:
					what = "AROAADMIN000000:" + s
				}
				c := inquire(t, f, kind, what)
				found := false
				for _, e := range c.Timeline {
					found = found || e.EventID == s && e.Who.Name == "alice" && e.SourceIP == s && e.Target == s
					if e.EventID == "not it" {
						t.Errorf("%s: an event of somebody else", kind)
					}
				}
				if !found {
					t.Errorf("%s: not found; gaps %+v", kind, c.Gaps)
				}
				for _, p := range c.Pivots {
					if strings.ContainsAny(p.Command, "\x1b\r\n\u202e") {
						t.Errorf("%s: a command %q", kind, p.Command)
					}
				}
				if _, err := json.Marshal(c); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	for name, s := range map[string]Subject{
		"no id": {OfIP, ""}, "a NUL byte": {OfKey, "a\x00b"}, "no text": {OfKey, "\xff"}, "too long": {OfKey, strings.Repeat("x", 3000)}, "no kind": {"person", "x"},
	} {
		if _, err := Investigate(t.Context(), broken{errBroken}, s, Options{}); !errors.Is(err, ErrSubject) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, o := range map[string]Options{"backwards": {From: at(1), To: at(0)}, "negative": {Limit: -1}, "too many": {Limit: 1 << 20}, "around": {Around: -time.Second}} {
		if _, err := Investigate(t.Context(), broken{errBroken}, Subject{OfIP, "::1"}, o); !errors.Is(err, ErrSubject) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Investigate(t.Context(), broken{errBroken}, Subject{OfIP, "::1"}, Options{}); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}

func TestThrough(t *testing.T) {
	rows := append(life(),
		ev(at(5), hub, "sts", "AssumeRole", session(hub, "admin", "work", key(1), at(0)), gave(prod, "second", "s", key(2)), id("again")),
		ev(at(6), prod, "s3", "DeleteBucket", session(prod, "second", "s", key(2), at(5)), id("far"), row{"source_ip_address": "192.0.2.7"}),
		ev(at(7), prod, "s3", "DeleteBucket", session(prod, "second", "s", key(2), at(5)), id("stolen"), row{"source_ip_address": "198.51.100.9"}))
	c := inquire(t, open(t, rows...), OfKey, "AKIA000000000001")
	want := []string{"subject assume", "through list", "through delete", "through make", "through again", "through far", "through stolen"}
	if diff := cmp.Diff(want, ids(c)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(c.Behind) != 1 || c.Behind[0].Events != 7 || c.Counts.Events != 1 {
		t.Errorf("%+v, %d events", c.Behind, c.Counts.Events)
	}
	if note := "used from 2 addresses: 192.0.2.7, 198.51.100.9"; !slices.Contains(c.Actors[2].Notes, note) {
		t.Errorf("notes %q", c.Actors[2].Notes)
	}
	c, err := Investigate(t.Context(), open(t, rows...), Subject{OfKey, "AKIA000000000001"}, Options{Limit: 2})
	if err != nil || len(c.Timeline) != 3 || !hasGap(c, "limit") {
		t.Errorf("%q, %+v, %v", ids(c), c.Gaps, err)
	}
}
