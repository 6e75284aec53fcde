package sample

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type record struct {
	EventVersion, EventTime, EventSource, EventName, AwsRegion, SourceIPAddress string
	UserAgent, ErrorCode, ErrorMessage, EventID, EventType, EventCategory       string
	RecipientAccountID, SharedEventID                                           string
	ManagementEvent                                                             *bool
	ReadOnly                                                                    *bool
	UserIdentity                                                                struct {
		Type, ARN, AccountID, AccessKeyID, InvokedBy string
	}
	ResponseElements map[string]any
	key              string
}

func records(t *testing.T, b *bucket) []record {
	t.Helper()
	var all []record
	for _, o := range b.objects {
		if o.Metadata != nil {
			continue
		}
		var file struct{ Records []record }
		if err := json.Unmarshal(b.inflated[o.Key], &file); err != nil {
			t.Fatalf("%s: %v", o.Key, err)
		}
		for _, r := range file.Records {
			r.key = o.Key
			all = append(all, r)
		}
	}
	return all
}

func TestEventsAreManyAndOfEveryKind(t *testing.T) {
	b := smallBucket(t)
	seen := map[string]map[string]bool{}
	note := func(kind, value string) {
		if seen[kind] == nil {
			seen[kind] = map[string]bool{}
		}
		seen[kind][value] = true
	}
	shared := map[string][]string{}
	all := records(t, b)
	for _, r := range all {
		if seen["id"][r.EventID] {
			t.Errorf("event id %s is there twice", r.EventID)
		}
		note("id", r.EventID)
		note("source", r.EventSource)
		note("name", r.EventName)
		note("version", r.EventVersion)
		note("type", r.UserIdentity.Type)
		note("error", r.ErrorCode)
		if r.EventTime == "" || r.AwsRegion == "" || r.SourceIPAddress == "" || r.UserAgent == "" || r.EventCategory != "Management" || r.ManagementEvent == nil || r.ReadOnly == nil {
			t.Errorf("incomplete: %+v", r)
		}
		if !strings.Contains(r.key, "/"+r.RecipientAccountID+"/CloudTrail/"+r.AwsRegion+"/") {
			t.Errorf("%s of %s in %s lies in %s", r.EventID, r.RecipientAccountID, r.AwsRegion, r.key)
		}
		if (r.EventSource == "iam.amazonaws.com" || r.EventName == "ConsoleLogin") && r.AwsRegion != "us-east-1" {
			t.Errorf("%s %s in %s", r.EventSource, r.EventName, r.AwsRegion)
		}
		if r.SharedEventID != "" {
			shared[r.SharedEventID] = append(shared[r.SharedEventID], r.RecipientAccountID)
		}
	}
	if len(all) != b.manifest.Events {
		t.Errorf("%d events, the manifest says %d", len(all), b.manifest.Events)
	}
	if n := len(seen["source"]); n < 25 {
		t.Errorf("%d event sources", n)
	}
	if n := len(seen["name"]); n < 120 {
		t.Errorf("%d event names", n)
	}
	if n := len(seen["error"]); n < 10 {
		t.Errorf("%d error codes", n)
	}
	for _, want := range []string{"IAMUser", "AssumedRole", "AWSService", "AWSAccount", "IdentityCenterUser", "SAMLUser", "WebIdentityUser"} {
		if !seen["type"][want] {
			t.Errorf("nobody is a %s", want)
		}
	}
	for _, want := range []string{"1.08", "1.09", "1.10", "1.11"} {
		if !seen["version"][want] {
			t.Errorf("no event of version %s", want)
		}
	}
	pairs := 0
	for _, accounts := range shared {
		if len(accounts) == 2 && accounts[0] != accounts[1] {
			pairs++
		}
	}
	if pairs < 10 {
		t.Errorf("%d events are recorded by two accounts", pairs)
	}
}

func TestAssumedSessionsCanBeTraced(t *testing.T) {
	all := records(t, smallBucket(t))
	issued := map[string]bool{}
	for _, r := range all {
		if c, ok := r.ResponseElements["credentials"].(map[string]any); ok {
			issued[c["accessKeyId"].(string)] = true
		}
	}
	used, traced := map[string]bool{}, map[string]bool{}
	for _, r := range all {
		if k := r.UserIdentity.AccessKeyID; strings.HasPrefix(k, "ASIA") {
			used[k] = true
			if issued[k] {
				traced[k] = true
			}
		}
	}
	if len(traced)*10 < len(used)*7 {
		t.Errorf("only %d of %d sessions have an event that began them", len(traced), len(used))
	}
}

func TestEveryCallRendersAsJSON(t *testing.T) {
	g, err := newGenerator(t.Context(), Options{Hours: 1, Regions: []string{"us-east-1"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(g.calls) < 200 {
		t.Errorf("%d calls", len(g.calls))
	}
	unknown := regexp.MustCompile(`\[[a-z]+[0-9]*\]`)
	story := map[string]string{"rolearn": "-", "roleid": "-", "sessionarn": "-", "subject": "-", "permissions": "-", "target": "-", "keyarn": "-"}
	who := g.iamUser(g.production(), "svc-backup", "AKIAEXAMPLE", backupAddress, backupAgent)
	for name, c := range g.calls {
		for _, failed := range []bool{false, true} {
			e := &event{call: c, who: who, account: g.production(), region: "us-east-1", at: g.Start, salt: 42, failed: failed, words: story}
			b := g.append(nil, e)
			if !json.Valid(b) {
				t.Errorf("%s: not JSON: %s", name, b)
			}
			if w := unknown.Find(b); w != nil {
				t.Errorf("%s: unknown word %s", name, w)
			}
		}
	}
}

func TestTheIncidentIsOnRecord(t *testing.T) {
	b := smallBucket(t)
	in := b.manifest.Incident
	byID := map[string]record{}
	for _, r := range records(t, b) {
		byID[r.EventID] = r
		if r.SourceIPAddress == in.SourceIP && !slices.ContainsFunc(in.Steps, func(s *Step) bool { return s.EventID == r.EventID }) {
			t.Errorf("%s %s comes from the intruder's address", r.EventID, r.EventName)
		}
		if r.UserIdentity.AccessKeyID == in.AccessKeyID && r.EventTime > in.StoppedAt.Format(isoSecond) {
			t.Errorf("the leaked key is used at %s", r.EventTime)
		}
	}
	var got []string
	last := time.Time{}
	for _, s := range in.Steps {
		r, ok := byID[s.EventID]
		if !ok {
			t.Fatalf("%s (%s) is not on record", s.Event, s.Name)
		}
		want := Step{Name: s.Name, Time: s.Time, Account: r.RecipientAccountID, Region: r.AwsRegion, Source: r.EventSource, Event: r.EventName,
			EventID: r.EventID, ErrorCode: r.ErrorCode, AccessKey: r.UserIdentity.AccessKeyID, Key: r.key}
		if d := cmp.Diff(want, *s); d != "" || r.EventTime != s.Time.Format(isoSecond) {
			t.Errorf("step differs from the record: %s", d)
		}
		if s.Time.Before(last) {
			t.Errorf("%s comes too early", s.Event)
		}
		last = s.Time
		got = append(got, s.Event)
	}
	want := []string{"GetCallerIdentity", "ListUsers", "ListRoles", "ListAttachedUserPolicies", "ListSecrets", "ListKeys", "ListFunctions20150331", "RunInstances",
		"ListBuckets", "CreateUser", "AttachUserPolicy", "CreateAccessKey", "GetCallerIdentity", "DescribeTrails", "AuthorizeSecurityGroupIngress",
		"DeleteBucketPublicAccessBlock", "PutBucketPolicy", "StopLogging", "StartLogging", "GetTrailStatus", "UpdateAccessKey", "DeleteAccessKey",
		"DetachUserPolicy", "DeleteUser", "PutBucketPolicy", "PutBucketPublicAccessBlock", "RevokeSecurityGroupIngress"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestSpoilDoesFourThings(t *testing.T) {
	dir := t.TempDir()
	o := Options{Seed: 5, Hours: 48, Regions: []string{"eu-west-1", "us-east-1"}, FilesPerDay: 40}
	m, err := Write(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	if want := m.Logs + 2*m.Digests; len(before) != want {
		t.Errorf("%d files, want %d", len(before), want)
	}
	faults, err := Spoil(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	after := tree(t, dir)
	var gone, changed, added []string
	for name, body := range before {
		switch now, ok := after[name]; {
		case !ok:
			gone = append(gone, name)
		case now != body:
			changed = append(changed, name)
		}
	}
	for name := range after {
		if _, ok := before[name]; !ok {
			added = append(added, name)
		}
	}
	slices.Sort(gone)
	if len(faults) != 4 {
		t.Fatalf("%d faults", len(faults))
	}
	digests := faults[2].Keys
	want := append([]string{faults[1].Keys[0]}, digests[0], digests[0]+SideCar, digests[1], digests[1]+SideCar)
	slices.Sort(want)
	if d := cmp.Diff(want, gone); d != "" {
		t.Errorf("deleted: %s", d)
	}
	if d := cmp.Diff(faults[0].Keys, changed); d != "" {
		t.Errorf("changed: %s", d)
	}
	if d := cmp.Diff(faults[3].Keys, added); d != "" {
		t.Errorf("added: %s", d)
	}
	old, _ := inflate([]byte(before[changed[0]]))
	now, err := inflate([]byte(after[changed[0]]))
	if err != nil || len(old) != len(now) || !json.Valid(now) {
		t.Fatalf("changed log: %v", err)
	}
	n := 0
	for i := range old {
		if old[i] != now[i] {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d bytes are changed", n)
	}
	for _, f := range faults {
		if f.Time.After(m.Incident.StoppedAt.Add(-time.Hour)) && f.Time.Before(m.Incident.StartedAt.Add(2*time.Hour)) {
			t.Errorf("%s at %s is too near to the incident", f.Kind, f.Time)
		}
	}
}

// tree is every file below dir, by key.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		files[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
