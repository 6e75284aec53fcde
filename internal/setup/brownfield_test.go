package setup

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	logBucket  = "acme-cloudtrail-111122223333-eu-central-1"
	management = "444455556666"
)

// hardened is an account after apply.
func hardened(t *testing.T, b Blueprint) *memory {
	t.Helper()
	m := newMemory()
	if _, err := jobOn(m, b).Apply(t.Context(), "", silent); err != nil {
		t.Fatal(err)
	}
	for _, r := range m.resources {
		if s, ok := r.(*resource.Subscription); ok {
			s.Confirmed, s.ARN = true, "arn:aws:sns:eu-central-1:111122223333:acme-alarms:1"
		}
	}
	m.calls = nil
	return m
}

// one is the only resource of that type with that name; "" is any name.
func one[T resource.Resource](t *testing.T, m *memory, name string) T {
	t.Helper()
	for _, r := range m.resources {
		if x, ok := r.(T); ok && (name == "" || r.ID().Name == name) {
			return x
		}
	}
	t.Fatalf("there is no %T %q", *new(T), name)
	return *new(T)
}

// statement is a policy of one statement.
func statement(s policy.Statement) policy.Document {
	return policy.Document{Version: "2012-10-17", Statements: []policy.Statement{s}}
}

// starts are accounts as people have them. Each begins with what apply leaves, and spoils it.
var starts = map[string]func(t *testing.T, m *memory, b *Blueprint){
	"single-region-trail": func(t *testing.T, m *memory, _ *Blueprint) {
		one[*resource.Trail](t, m, "").MultiRegion = false
	},
	"validation-off": func(t *testing.T, m *memory, _ *Blueprint) {
		one[*resource.Trail](t, m, "").Validation = false
	},
	"no-kms": func(t *testing.T, m *memory, _ *Blueprint) {
		one[*resource.Trail](t, m, "").KeyARN = ""
		one[*resource.Bucket](t, m, logBucket).Encryption = resource.Encryption{Algorithm: "AES256"}
	},
	"public-bucket": func(t *testing.T, m *memory, _ *Blueprint) {
		b := one[*resource.Bucket](t, m, logBucket)
		b.Public = resource.PublicAccess{}
		b.Policy.Statements = append(b.Policy.Statements[:len(b.Policy.Statements):len(b.Policy.Statements)],
			policy.Statement{Sid: "Everybody", Effect: "Allow", Principal: policy.Principal{"*": {"*"}}, Action: []string{"s3:GetObject"}, Resource: []string{"arn:aws:s3:::" + logBucket + "/*"}})
	},
	"policy-without-source-arn": func(t *testing.T, m *memory, _ *Blueprint) {
		b := one[*resource.Bucket](t, m, logBucket)
		b.Policy = policy.Document{Version: "2012-10-17", Statements: []policy.Statement{
			{Sid: "AWSCloudTrailAclCheck20150319", Effect: "Allow", Principal: policy.Principal{"Service": {"cloudtrail.amazonaws.com"}}, Action: []string{"s3:GetBucketAcl"}, Resource: []string{"arn:aws:s3:::" + logBucket}},
			{Sid: "AWSCloudTrailWrite20150319", Effect: "Allow", Principal: policy.Principal{"Service": {"cloudtrail.amazonaws.com"}}, Action: []string{"s3:PutObject"}, Resource: []string{"arn:aws:s3:::" + logBucket + "/AWSLogs/111122223333/*"},
				Condition: policy.Condition{"StringEquals": {"s3:x-amz-acl": {"bucket-owner-full-control"}}}},
			{Sid: "SomebodyElse", Effect: "Allow", Principal: policy.Principal{"AWS": {"arn:aws:iam::111122223333:role/siem"}}, Action: []string{"s3:GetObject"}, Resource: []string{"arn:aws:s3:::" + logBucket + "/*"}},
		}}
	},
	"selectors-exclude-kms": func(t *testing.T, m *memory, _ *Blueprint) {
		one[*resource.Trail](t, m, "").Selectors = []resource.Selector{{Name: "management", Fields: []resource.FieldSelector{
			{Field: "eventCategory", Equals: []string{"Management"}}, {Field: "eventSource", NotEquals: []string{"kms.amazonaws.com"}}}}}
	},
	"selectors-write-only": func(t *testing.T, m *memory, _ *Blueprint) {
		tr := one[*resource.Trail](t, m, "")
		tr.BasicSelectors = true
		tr.Selectors = []resource.Selector{{Fields: []resource.FieldSelector{
			{Field: "eventCategory", Equals: []string{"Management"}}, {Field: "readOnly", Equals: []string{"false"}}}}}
	},
	"logging-stopped": func(t *testing.T, m *memory, _ *Blueprint) {
		one[*resource.Trail](t, m, "").Logging = false
	},
	"alarm-without-action": func(t *testing.T, m *memory, _ *Blueprint) {
		one[*resource.Alarm](t, m, "CIS-1.7-RootAccountUsage").Actions = nil
	},
	"alarm-with-actions-off": func(t *testing.T, m *memory, _ *Blueprint) {
		one[*resource.Alarm](t, m, "CIS-1.7-RootAccountUsage").ActionsEnabled = false
	},
	"alarm-too-dull": func(t *testing.T, m *memory, _ *Blueprint) {
		a := one[*resource.Alarm](t, m, "CIS-1.7-RootAccountUsage")
		a.Threshold, a.Period, a.Actions = 10, 86400, append([]string{"arn:aws:sns:eu-central-1:111122223333:another"}, a.Actions...)
	},
	"filter-with-another-text": func(t *testing.T, m *memory, _ *Blueprint) {
		one[*resource.MetricFilter](t, m, "/aws/cloudtrail/acme:CIS-1.7-RootAccountUsage").Pattern = `{ $.userIdentity.type = "Root" }`
	},
	"pending-subscription": func(t *testing.T, m *memory, _ *Blueprint) {
		s := one[*resource.Subscription](t, m, "")
		s.Confirmed, s.ARN = false, ""
	},
	"bucket-in-another-account": func(t *testing.T, m *memory, b *Blueprint) {
		bucket := one[*resource.Bucket](t, m, logBucket)
		delete(m.resources, bucket.ID())
		bucket.Account, bucket.Versioning = "777788889999", "Suspended"
		m.resources[bucket.ID()] = bucket
		b.Bucket.Account = "777788889999"
	},
	"trail-named-otherwise": func(t *testing.T, m *memory, _ *Blueprint) {
		m.resources = map[resource.ID]resource.Resource{}
		for _, r := range []resource.Resource{
			&resource.Trail{Account: m.account, Region: m.region, Name: "management-events", Bucket: "aws-cloudtrail-logs-111122223333-0a1b2c3d", MultiRegion: true, GlobalEvents: true, Logging: true,
				Selectors: []resource.Selector{{Name: "Management events selector", Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}}}},
			&resource.Bucket{Account: m.account, Region: m.region, Name: "aws-cloudtrail-logs-111122223333-0a1b2c3d", Public: resource.PublicAccess{BlockACLs: true, IgnoreACLs: true, BlockPolicy: true, Restrict: true},
				Ownership: "BucketOwnerEnforced", Encryption: resource.Encryption{Algorithm: "AES256"},
				Policy: statement(policy.Statement{Sid: "AWSCloudTrailWrite20150319-1", Effect: "Allow", Principal: policy.Principal{"Service": {"cloudtrail.amazonaws.com"}}, Action: []string{"s3:PutObject"},
					Resource: []string{"arn:aws:s3:::aws-cloudtrail-logs-111122223333-0a1b2c3d/AWSLogs/111122223333/*"}, Condition: policy.Condition{"StringEquals": {
						"AWS:SourceArn": {"arn:aws:cloudtrail:eu-central-1:111122223333:trail/management-events"}, "s3:x-amz-acl": {"bucket-owner-full-control"}}}})},
		} {
			m.resources[r.ID()] = r
		}
	},
	"control-tower": func(t *testing.T, m *memory, _ *Blueprint) {
		m.resources = map[resource.ID]resource.Resource{}
		m.where = resource.Organization{ID: "o-a1b2c3d4e5", ManagementAccount: management, AllFeatures: true}
		r := &resource.Trail{Account: management, Region: m.region, Name: "aws-controltower-BaselineCloudTrail", Bucket: "aws-controltower-logs-777788889999-eu-central-1",
			MultiRegion: true, GlobalEvents: true, Validation: true, Organization: true, Logging: true}
		m.resources[r.ID()] = r
	},
	"lifecycle-of-30-days": func(t *testing.T, m *memory, _ *Blueprint) {
		one[*resource.Bucket](t, m, logBucket).Lifecycle = []resource.LifecycleRule{{ID: "save-money", Enabled: true, ExpireDays: 30}}
	},
	"stricter-than-wanted": func(t *testing.T, m *memory, _ *Blueprint) {
		b := one[*resource.Bucket](t, m, logBucket)
		b.Lock = resource.Lock{Enabled: true, Mode: "COMPLIANCE", Years: 7}
		for i := range b.Lifecycle {
			if b.Lifecycle[i].ExpireDays > 0 {
				b.Lifecycle[i].ExpireDays = 4000
			}
		}
		one[*resource.LogGroup](t, m, "").RetentionDays = 0
		one[*resource.Alarm](t, m, "CIS-1.7-RootAccountUsage").Period = 60
		one[*resource.Detector](t, m, "").Frequency = "FIFTEEN_MINUTES"
	},
	"log-group-of-7-days": func(t *testing.T, m *memory, _ *Blueprint) {
		g := one[*resource.LogGroup](t, m, "")
		g.RetentionDays, g.KeyARN = 7, ""
	},
	"no-log-group": func(t *testing.T, m *memory, _ *Blueprint) {
		tr := one[*resource.Trail](t, m, "")
		tr.LogGroupARN, tr.LogRoleARN = "", ""
		for id := range m.resources {
			if id.Kind == resource.LogGroupKind || id.Kind == resource.MetricFilterKind || id.Kind == resource.AlarmKind {
				delete(m.resources, id)
			}
		}
	},
	"key-without-rotation": func(t *testing.T, m *memory, _ *Blueprint) {
		k := one[*resource.Key](t, m, "")
		k.Rotation = false
	},
	"bucket-without-versions-or-logs": func(t *testing.T, m *memory, _ *Blueprint) {
		b := one[*resource.Bucket](t, m, logBucket)
		b.Versioning, b.Logging, b.Ownership = "Suspended", resource.AccessLogging{}, "ObjectWriter"
	},
	"topic-with-the-key-of-sns": func(t *testing.T, m *memory, _ *Blueprint) {
		tp := one[*resource.Topic](t, m, "acme-alarms")
		tp.KeyARN, tp.Policy = "alias/aws/sns", policy.Document{}
	},
	"recorder-of-another": func(t *testing.T, m *memory, _ *Blueprint) {
		r := one[*resource.Recorder](t, m, "")
		delete(m.resources, r.ID())
		r.Name, r.Recording, r.AllSupported, r.Types = "ours", false, false, []string{"AWS::EC2::Instance"}
		m.resources[r.ID()] = r
	},
	"member-of-an-organization": func(t *testing.T, m *memory, _ *Blueprint) {
		m.resources = map[resource.ID]resource.Resource{}
		m.where = resource.Organization{ID: "o-a1b2c3d4e5", ManagementAccount: management, AllFeatures: true}
		r := &resource.Trail{Account: management, Region: m.region, Name: "all-accounts", Bucket: "all-logs", MultiRegion: true, GlobalEvents: true, Validation: true, Organization: true, Logging: true}
		m.resources[r.ID()] = r
	},
}

func startingBlueprint() Blueprint {
	b := Blueprint{Name: "acme", GuardDuty: true}
	b.Alarms.Email = []string{"secops@example.com"}
	return b
}

// Each start gives exactly the changes of its golden file, and after apply nothing is left but what the file says.
func TestBrownfield(t *testing.T) {
	if len(starts) < 20 {
		t.Fatalf("only %d starts", len(starts))
	}
	for name, spoil := range starts {
		t.Run(name, func(t *testing.T) {
			b := startingBlueprint()
			m := hardened(t, b)
			spoil(t, m, &b)
			j := jobOn(m, b)
			plan, err := j.Plan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			got.WriteString("# plan\n" + shownPlan(plan))
			out, err := j.Apply(t.Context(), plan.Fingerprint, silent)
			if err != nil {
				t.Fatal(err)
			}
			got.WriteString("\n# calls\n")
			for _, c := range m.calls {
				got.WriteString(c + "\n")
			}
			got.WriteString("\n# plan after apply\n" + shownPlan(out.After))
			if left := pending(out.After); len(left) > 0 {
				t.Errorf("after apply:\n%s", strings.Join(left, "\n"))
			}
			golden(t, filepath.Join("testdata", "brownfield", name+".txt"), got.String())
		})
	}
}

// shownPlan is what a plan says, without what is as wanted.
func shownPlan(p *Plan) string {
	var b strings.Builder
	for _, i := range p.Items {
		if i.Action != Keep {
			fmt.Fprintf(&b, "%s %s %s\n", i.Action, i.ID, i.ManagedBy)
		} else if len(i.Notes) > 0 {
			fmt.Fprintf(&b, "keep %s\n", i.ID)
		}
		for _, c := range i.Changes {
			fmt.Fprintf(&b, "  %s: %s: %q -> %q\n", c.Step, c.Setting, c.Now, c.Want)
			for _, x := range [][2]string{{"ask", c.Ask}, {"manual", c.Manual}, {"risk", c.Risk}} {
				if x[1] != "" {
					fmt.Fprintf(&b, "    %s: %s\n", x[0], x[1])
				}
			}
		}
		for _, n := range i.Notes {
			fmt.Fprintf(&b, "  note: %s\n", n)
		}
	}
	for _, n := range p.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}
