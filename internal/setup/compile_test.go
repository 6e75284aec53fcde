package setup

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
)

const (
	us      = "111122223333"
	home    = "eu-central-1"
	keyARN  = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	ownLogs = "arn:aws:logs:eu-central-1:111122223333:log-group:cloudtrail/ours:*"
)

// surveyOf is an account that has these resources.
func surveyOf(rs ...resource.Resource) *resource.Survey {
	s := &resource.Survey{Account: us, ARN: "arn:aws:iam::111122223333:user/ann", Partition: "aws", Region: home}
	for _, r := range rs {
		switch r := r.(type) {
		case *resource.Trail:
			s.Trails = append(s.Trails, r)
		case *resource.MetricFilter:
			s.Filters = append(s.Filters, r)
		case *resource.Alarm:
			s.Alarms = append(s.Alarms, r)
		case *resource.Recorder:
			s.Recorders = append(s.Recorders, r)
		case *resource.DeliveryChannel:
			s.Channels = append(s.Channels, r)
		case *resource.Detector:
			s.Detectors = append(s.Detectors, r)
		case *resource.Database:
			s.Databases = append(s.Databases, r)
		case *resource.SlackChannel:
			s.Channel = append(s.Channel, r)
		default:
			panic(fmt.Sprintf("%T is in no survey", r))
		}
	}
	return s
}

// inOrganization makes the account one of an organization.
func inOrganization(s *resource.Survey, managed string, delegates ...string) *resource.Survey {
	s.Organization = resource.Organization{ID: "o-a1b2c3d4e5", ManagementAccount: managed, AllFeatures: true, DelegatedAdmins: delegates}
	return s
}

// facts has two detections only, so that a test is quick to read.
func facts() Facts {
	return Facts{Detections: []catalog.Detection{
		{ID: "cis-root", Title: "Root", Pattern: "{ $.root }", Alarm: &catalog.Alarm{Name: "CIS-Root", Metric: "RootUsage"}},
		{ID: "cis-sequence", Title: "No filter can say it"},
		{ID: "cis-trail", Title: "Trail", Pattern: "{ $.trail }", Alarm: &catalog.Alarm{Name: "CIS-Trail", Metric: "TrailChanges"}},
	}}
}

func compiled(t *testing.T, b Blueprint, s *resource.Survey) *Set {
	t.Helper()
	if b.Name == "" {
		b.Name = "acme"
	}
	set, err := Compile(b, s, facts())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// all are the wanted resources of a type.
func all[T resource.Resource](set *Set) []T {
	var out []T
	for _, w := range set.Wanted {
		if r, ok := w.Resource.(T); ok {
			out = append(out, r)
		}
	}
	return out
}

// only is the one wanted resource of a type.
func only[T resource.Resource](t *testing.T, set *Set) T {
	t.Helper()
	list := all[T](set)
	if len(list) != 1 {
		t.Fatalf("%d of %T are wanted, want 1", len(list), *new(T))
	}
	return list[0]
}

// kindNames are the names of the wanted resources, by kind; of what somebody else manages, with an asterisk.
func kindNames(set *Set, kinds ...resource.Kind) []string {
	var out []string
	for _, w := range set.Wanted {
		if id := w.Resource.ID(); slices.Contains(kinds, id.Kind) {
			name := string(id.Kind) + " " + id.Name
			if w.Managed != "" {
				name += " *"
			}
			out = append(out, name)
		}
	}
	return out
}

// ours is a trail of the account as a good one is.
func ours(name string, change func(*resource.Trail)) *resource.Trail {
	t := &resource.Trail{Account: us, Region: home, Name: name, Bucket: name + "-logs", MultiRegion: true, GlobalEvents: true, Logging: true}
	if change != nil {
		change(t)
	}
	return t
}

func TestCompileTheSmallestBlueprint(t *testing.T) {
	set, err := Compile(Blueprint{Name: "acme"}, surveyOf(), Facts{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, w := range set.Wanted {
		fmt.Fprintf(&b, "%s\n", w.Resource.ID())
		for _, n := range w.Needs {
			fmt.Fprintf(&b, "  needs %s\n", n)
		}
		for _, n := range append([]string{w.Ask}, w.Notes...) {
			if n != "" {
				fmt.Fprintf(&b, "  says %s\n", n)
			}
		}
		fmt.Fprintf(&b, "  %s\n", settingsOf(t, w.Resource))
	}
	golden(t, filepath.Join("testdata", "compile-smallest.golden"), b.String())
}

// settingsOf is a resource without its policies, which package policy has golden files of.
func settingsOf(t *testing.T, r resource.Resource) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Account", "Region", "Name", "Policy", "Trust", "Inline"} {
		delete(m, name)
	}
	text, err = json.Marshal(said(m))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// said is a value without the members that say nothing.
func said(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if member = said(member); member == nil || member == "" || member == false || member == 0.0 {
				delete(v, name)
			} else {
				v[name] = member
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = said(v[i])
		}
	}
	return v
}

// What a resource needs is wanted before it, and nothing is wanted twice.
func TestCompileOrder(t *testing.T) {
	archive := Blueprint{Regions: []string{"us-east-1"}, GuardDuty: true}
	archive.Bucket = BucketPlan{Account: "777788889999", Lock: &LockPlan{}}
	archive.Alarms = AlarmPlan{Email: []string{"a@example.com"}, Slack: &SlackPlan{"T07EA123LEP", "C07EZ1ABC23"}, PagerDuty: "env:PD"}
	archive.Auditor.Role = "auditor"
	organization := archive
	organization.Organization = true
	databases := Blueprint{Databases: []DatabasePlan{{Instance: "orders"}, {Cluster: "shop"}, {Instance: "blog"}}}
	for name, set := range map[string]*Set{
		"nothing there":  compiled(t, archive, surveyOf()),
		"organization":   compiled(t, organization, inOrganization(surveyOf(), us)),
		"adopted":        compiled(t, archive, surveyOf(ours("old", func(t *resource.Trail) { t.KeyARN, t.LogGroupARN = keyARN, ownLogs }))),
		"control tower":  compiled(t, archive, surveyOf(ours(towerTrail, func(t *resource.Trail) { t.LogGroupARN = ownLogs }))),
		"databases":      compiled(t, databases, surveyOf(databasesThere()...)),
		"key elsewhere":  compiled(t, archive, surveyOf(ours("old", func(t *resource.Trail) { t.KeyARN = strings.Replace(keyARN, home, "eu-west-1", 1) }))),
		"one topic only": compiled(t, Blueprint{Alarms: AlarmPlan{Topic: "acme-deliveries"}}, surveyOf()),
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[resource.ID]bool{}
			for _, w := range set.Wanted {
				id := w.Resource.ID()
				if seen[id] {
					t.Errorf("%s is wanted twice", id)
				}
				for _, n := range w.Needs {
					if !seen[n] {
						t.Errorf("%s needs %s, which is not wanted before it", id, n)
					}
				}
				seen[id] = true
			}
		})
	}
}

func TestWhere(t *testing.T) {
	for _, c := range []struct {
		name string
		b    Blueprint
		want resource.Where
	}{
		{"of the session", Blueprint{}, resource.Where{Region: home, Regions: []string{home}}},
		{"of the blueprint", Blueprint{Region: "eu-west-1", Regions: []string{"us-east-1", "eu-west-1"}, Databases: []DatabasePlan{{Instance: "orders"}}},
			resource.Where{Region: "eu-west-1", Regions: []string{"eu-west-1", "us-east-1"}, Databases: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Where(c.b, home)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompileDataEvents(t *testing.T) {
	b := Blueprint{DataEvents: DataEvents{
		S3:     []string{"customers", "arn:aws:s3:::shared/exports", "arn:aws:s3:::whole"},
		Lambda: []string{"pay", "arn:aws:lambda:us-east-1:777788889999:function:far"}, DynamoDB: []string{"orders"}}}
	got := only[*resource.Trail](t, compiled(t, b, surveyOf())).Selectors
	data := func(name, kind string, f resource.FieldSelector) resource.Selector {
		f.Field = "resources.ARN"
		return resource.Selector{Name: name, Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{kind}}, f}}
	}
	want := []resource.Selector{
		{Name: "management", Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}},
		data("s3-objects", "AWS::S3::Object", resource.FieldSelector{StartsWith: []string{"arn:aws:s3:::customers/", "arn:aws:s3:::shared/exports", "arn:aws:s3:::whole/"}}),
		data("lambda", "AWS::Lambda::Function", resource.FieldSelector{Equals: []string{"arn:aws:lambda:eu-central-1:111122223333:function:pay", "arn:aws:lambda:us-east-1:777788889999:function:far"}}),
		data("dynamodb-items", "AWS::DynamoDB::Table", resource.FieldSelector{Equals: []string{"arn:aws:dynamodb:eu-central-1:111122223333:table/orders"}}),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCompileAllDataEventsAsksAndLeavesLogsOut(t *testing.T) {
	s := surveyOf(ours("old", nil), ours("older", func(t *resource.Trail) { t.MultiRegion = false }), &resource.DeliveryChannel{Account: us, Region: home, Name: "default", Bucket: "config-logs"})
	set := compiled(t, Blueprint{DataEvents: DataEvents{S3: []string{"all"}, Lambda: []string{"all"}}}, s)
	trail := only[*resource.Trail](t, set)
	want := []string{"arn:aws:s3:::config-logs/", "arn:aws:s3:::old-logs-access/", "arn:aws:s3:::old-logs/", "arn:aws:s3:::older-logs/"}
	got := trail.Selectors[1].Fields[2].NotStartsWith
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := len(trail.Selectors[2].Fields); n != 2 {
		t.Errorf("all functions: %d conditions, want 2", n)
	}
	for _, w := range set.Wanted {
		if w.Resource == resource.Resource(trail) && (!strings.Contains(w.Ask, "data_events.s3") || !strings.Contains(w.Ask, "data_events.lambda")) {
			t.Errorf("the question is %q, want one of each kind", w.Ask)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	many := make([]string, 251)
	for i := range many {
		many[i] = fmt.Sprintf("bucket-%d", i)
	}
	filters := []resource.Resource{ours("old", func(t *resource.Trail) { t.LogGroupARN = ownLogs })}
	for i := range 99 {
		filters = append(filters, &resource.MetricFilter{Account: us, Region: home, LogGroup: "cloudtrail/ours", Name: fmt.Sprint("f", i), Pattern: "x"})
	}
	for _, c := range []struct {
		name string
		b    Blueprint
		s    *resource.Survey
		want string
	}{
		{"the log bucket among data events", Blueprint{DataEvents: DataEvents{S3: []string{"acme-cloudtrail-111122223333-eu-central-1"}}}, surveyOf(), "data_events.s3[0]: \"acme-cloudtrail-111122223333-eu-central-1\" holds logs"},
		{"the access log bucket among data events", Blueprint{DataEvents: DataEvents{S3: []string{"fine-bucket", "arn:aws:s3:::acme-cloudtrail-111122223333-eu-central-1-access/x"}}}, surveyOf(), "data_events.s3[1]: "},
		{"the bucket of AWS Config among data events", Blueprint{DataEvents: DataEvents{S3: []string{"acme-config-111122223333-eu-central-1"}}}, surveyOf(), "data_events.s3[0]: "},
		{"more data resources than a trail takes", Blueprint{DataEvents: DataEvents{S3: many}}, surveyOf(), "251 resources are named: a trail takes 250"},
		{"a key of another region than the bucket", Blueprint{Key: KeyPlan{ARN: strings.Replace(keyARN, home, "us-east-1", 1)}}, surveyOf(), `key.arn: the key is in us-east-1 and the bucket "acme-cloudtrail-111122223333-eu-central-1" in eu-central-1`},
		{"a trail of another home region", Blueprint{}, surveyOf(ours("far", func(t *resource.Trail) { t.Region = "us-east-1" })), `the trail "far" is at home in us-east-1`},
		{"more filters than a log group takes", Blueprint{}, surveyOf(filters...), "would have 101 metric filters"},
		{"a secret that is no URL", Blueprint{Alarms: AlarmPlan{PagerDuty: "env:PD"}}, surveyOf(), "alarms.pagerduty: what \"env:PD\" stands for is no https URL"},
		{"a database that is not there", Blueprint{Databases: []DatabasePlan{{Instance: "gone"}}}, surveyOf(), `databases[0].instance: there is no RDS instance "gone" in eu-central-1`},
		{"an instance of Aurora", Blueprint{Databases: []DatabasePlan{{Instance: "shop-1"}}}, surveyOf(databasesThere()...), "want cluster"},
		{"pgaudit for MySQL", Blueprint{Databases: []DatabasePlan{{Instance: "blog", PGAudit: []string{"ddl"}}}}, surveyOf(databasesThere()...), "databases[0].pgaudit: \"blog\" runs mysql: want server_audit"},
		{"server_audit for PostgreSQL", Blueprint{Databases: []DatabasePlan{{Instance: "orders", Events: []string{"QUERY"}}}}, surveyOf(databasesThere()...), "want pgaudit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.b.Name = "acme"
			f := facts()
			f.Secrets = map[string]secret.String{"env:PD": secret.New("hunter2")}
			_, err := Compile(c.b, c.s, f)
			if !errors.Is(err, ErrBlueprint) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q and ErrBlueprint", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error %q has a secret", err)
			}
		})
	}
}
