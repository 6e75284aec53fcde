package setup

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

const (
	mine   = "111122223333"
	theirs = "444455556666"
	here   = "eu-central-1"
)

// permissionsOf are a policy's statements as lines: action, resource, and the service a role is passed to.
func permissionsOf(docs []policy.Document) []string {
	var all []string
	for _, d := range docs {
		for _, s := range d.Statements {
			for _, action := range s.Action {
				for _, on := range s.Resource {
					all = append(all, strings.TrimSpace(fmt.Sprintln(action, on, strings.Join(s.Condition["StringEquals"]["iam:PassedToService"], ""),
						strings.Join(s.Condition["ArnEquals"]["iam:PolicyARN"], ","))))
				}
			}
		}
	}
	return all
}

// needing are needs of one kind only.
func needing(kind resource.Kind, reads []resource.Permission, writes map[resource.Step][]resource.Permission) Needs {
	return Needs{
		Reads: func(k resource.Kind) []resource.Permission {
			if k != kind {
				return nil
			}
			return reads
		},
		Writes: func(k resource.Kind, step resource.Step) []resource.Permission {
			if k != kind {
				return nil
			}
			return writes[step]
		},
	}
}

func TestPermissionsAreTheLeast(t *testing.T) {
	read := []resource.Permission{{Action: "x:Read"}}
	passing := resource.Permission{Action: "iam:PassRole", On: []string{"arn:${partition}:iam::${account}:role/*"}, Service: "x.amazonaws.com"}
	key := &resource.Key{Account: mine, Region: here, Alias: "alias/acme"}
	known := &resource.Key{Account: mine, Region: here, Alias: "alias/acme", ARN: "arn:aws:kms:eu-central-1:" + mine + ":key/1"}
	onKey := resource.Permission{Action: "kms:PutKeyPolicy", On: []string{"arn:${partition}:kms:${region}:${account}:key/*"}}
	aliasing := resource.Permission{Action: "kms:CreateAlias", On: onKey.On}
	for _, c := range []struct {
		name, command string
		wanted        Wanted
		needs         Needs
		want          []string
	}{
		{"plan writes nothing", "plan", Wanted{Resource: &resource.Bucket{Account: mine, Name: "logs"}},
			needing(resource.BucketKind, read, map[resource.Step][]resource.Permission{resource.BucketPolicy: {{Action: "x:Write"}}}),
			[]string{"x:Read arn:aws:s3:::logs"}},
		{"apply reads, creates and writes", "apply", Wanted{Resource: &resource.Bucket{Account: mine, Name: "logs"}},
			needing(resource.BucketKind, read, map[resource.Step][]resource.Permission{resource.Create: {{Action: "x:Create"}}, resource.BucketPolicy: {{Action: "x:Write"}}}),
			[]string{"x:Create arn:aws:s3:::logs", "x:Read arn:aws:s3:::logs", "x:Write arn:aws:s3:::logs"}},
		{"what others manage is not written", "apply", Wanted{Resource: &resource.Bucket{Account: mine, Name: "logs"}, Managed: "AWS Control Tower"},
			needing(resource.BucketKind, read, map[resource.Step][]resource.Permission{resource.BucketPolicy: {{Action: "x:Write"}}}),
			[]string{"x:Read arn:aws:s3:::logs"}},
		{"what IAM cannot limit is about everything", "plan", Wanted{Resource: &resource.Topic{Account: mine, Region: here, Name: "t"}},
			needing(resource.TopicKind, []resource.Permission{{Action: "x:List", Any: true}}, nil), []string{"x:List *"}},
		{"a role may be passed to its service, and no other role", "apply", Wanted{Resource: &resource.Trail{Account: mine, Region: here, Name: "t", LogRoleARN: "arn:aws:iam::" + mine + ":role/logs"}},
			needing(resource.TrailKind, nil, map[resource.Step][]resource.Permission{resource.Create: {passing}}),
			[]string{"iam:PassRole arn:aws:iam::" + mine + ":role/logs x.amazonaws.com"}},
		{"a trail without a role passes none", "apply", Wanted{Resource: &resource.Trail{Account: mine, Region: here, Name: "t"}},
			needing(resource.TrailKind, nil, map[resource.Step][]resource.Permission{resource.Create: {passing}}), nil},
		{"a trail of one account needs nothing of its organization", "apply", Wanted{Resource: &resource.Trail{Account: mine, Region: here, Name: "t"}},
			needing(resource.TrailKind, read, map[resource.Step][]resource.Permission{resource.Create: {{Action: "organizations:ListAccounts", Any: true}}}),
			[]string{"x:Read arn:aws:cloudtrail:eu-central-1:" + mine + ":trail/t"}},
		{"an organization's does", "apply", Wanted{Resource: &resource.Trail{Account: mine, Region: here, Name: "t", Organization: true}},
			needing(resource.TrailKind, nil, map[resource.Step][]resource.Permission{resource.Create: {{Action: "organizations:ListAccounts", Any: true}}}),
			[]string{"organizations:ListAccounts *"}},
		{"a role is written under its name only, whatever its path", "apply", Wanted{Resource: &resource.Role{Account: mine, Name: "auditor", Path: "/audit/"}},
			needing(resource.RoleKind, nil, map[resource.Step][]resource.Permission{resource.RoleInline: {{Action: "iam:PutRolePolicy", On: []string{"arn:${partition}:iam::${account}:role/*"}}}}),
			[]string{"iam:PutRolePolicy arn:aws:iam::" + mine + ":role/*/auditor", "iam:PutRolePolicy arn:aws:iam::" + mine + ":role/audit/auditor"}},
		{"a role is given those policies only that it is to have", "apply", Wanted{Resource: &resource.Role{Account: mine, Name: "r", Managed: []string{"arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"}}},
			needing(resource.RoleKind, nil, map[resource.Step][]resource.Permission{resource.RoleManaged: {{Action: "iam:AttachRolePolicy"}}}),
			[]string{"iam:AttachRolePolicy arn:aws:iam::" + mine + ":role/r  arn:aws:iam::aws:policy/A,arn:aws:iam::aws:policy/B"}},
		{"a role without policies is given none", "apply", Wanted{Resource: &resource.Role{Account: mine, Name: "r"}},
			needing(resource.RoleKind, nil, map[resource.Step][]resource.Permission{resource.RoleManaged: {{Action: "iam:AttachRolePolicy"}}}), nil},
		{"a role that is linked to a service is made by it and not written", "apply", Wanted{Resource: &resource.Role{Account: mine, Name: "R", ServiceLinkedTo: "config.amazonaws.com"}},
			needing(resource.RoleKind, nil, map[resource.Step][]resource.Permission{
				resource.Create:     {{Action: "iam:CreateRole"}, {Action: "iam:CreateServiceLinkedRole", On: []string{"arn:${partition}:iam::${account}:role/*"}}},
				resource.RoleInline: {{Action: "iam:PutRolePolicy"}}}),
			[]string{"iam:CreateServiceLinkedRole arn:aws:iam::" + mine + ":role/aws-service-role/config.amazonaws.com/R"}},
		{"a key that is there is written alone", "apply", Wanted{Resource: known},
			needing(resource.KeyKind, nil, map[resource.Step][]resource.Permission{resource.KeyPolicy: {onKey}}),
			[]string{"kms:PutKeyPolicy arn:aws:kms:eu-central-1:" + mine + ":key/1"}},
		{"a key that is not has an ARN that nobody knows", "apply", Wanted{Resource: key},
			needing(resource.KeyKind, nil, map[resource.Step][]resource.Permission{resource.KeyPolicy: {onKey}}),
			[]string{"kms:PutKeyPolicy arn:aws:kms:eu-central-1:" + mine + ":key/*"}},
		{"an alias is made of a key and a name", "apply", Wanted{Resource: known},
			needing(resource.KeyKind, nil, map[resource.Step][]resource.Permission{resource.KeyAlias: {aliasing}}),
			[]string{"kms:CreateAlias arn:aws:kms:eu-central-1:" + mine + ":alias/acme", "kms:CreateAlias arn:aws:kms:eu-central-1:" + mine + ":key/1"}},
		{"a log group with and without its streams", "plan", Wanted{Resource: &resource.LogGroup{Account: mine, Region: here, Name: "g"}},
			needing(resource.LogGroupKind, read, nil),
			[]string{"x:Read arn:aws:logs:eu-central-1:" + mine + ":log-group:g", "x:Read arn:aws:logs:eu-central-1:" + mine + ":log-group:g:*"}},
		{"a subscription by its topic", "plan", Wanted{Resource: &resource.Subscription{Account: mine, Region: here, Topic: "alarms", Protocol: "email", Label: "a"}},
			needing(resource.SubscriptionKind, []resource.Permission{{Action: "sns:Subscribe", On: []string{"arn:${partition}:sns:${region}:${account}:*"}}}, nil),
			[]string{"sns:Subscribe arn:aws:sns:eu-central-1:" + mine + ":alarms"}},
		{"what has no ARN is about everything", "plan", Wanted{Resource: &resource.Recorder{Account: mine, Region: here, Name: "default"}},
			needing(resource.RecorderKind, read, nil), []string{"x:Read *"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			docs := Permissions(&Set{Account: mine, Region: here, Partition: "aws", Wanted: []Wanted{c.wanted}}, c.command, c.needs)
			got := permissionsOf(docs)
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("permissions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPermissionsOfStatus(t *testing.T) {
	needs := needing("", nil, nil)
	needs.Survey = []resource.Permission{{Action: "x:List", Any: true}, {Action: "x:Look", On: []string{"arn:${partition}:x:${region}:${account}:thing/*"}}}
	needs.Pulse = []resource.Permission{{Action: "cloudtrail:GetTrailStatus"}}
	needs.Fire = []resource.Permission{{Action: "cloudwatch:SetAlarmState"}}
	set := &Set{Account: mine, Region: here, Partition: "aws", Wanted: []Wanted{
		{Resource: &resource.Trail{Account: mine, Region: here, Name: "t"}}, {Resource: &resource.Alarm{Account: mine, Region: here, Name: "a"}}}}
	want := []string{"x:List *", "cloudtrail:GetTrailStatus arn:aws:cloudtrail:eu-central-1:" + mine + ":trail/t",
		"cloudwatch:SetAlarmState arn:aws:cloudwatch:eu-central-1:" + mine + ":alarm:a", "x:Look arn:aws:x:*:" + mine + ":thing/*"}
	if diff := cmp.Diff(want, permissionsOf(Permissions(set, "status", needs))); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if got := permissionsOf(Permissions(set, "plan", needs)); slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "SetAlarmState") }) {
		t.Errorf("plan may set alarms: %q", got)
	}
}

// TestPermissionsByAccount has a log bucket in another account, whose role has a policy of its own.
func TestPermissionsByAccount(t *testing.T) {
	needs := needing(resource.BucketKind, []resource.Permission{{Action: "s3:GetBucketPolicy"}}, nil)
	set := &Set{Account: mine, Region: here, Partition: "aws", Wanted: []Wanted{
		{Resource: &resource.Bucket{Account: theirs, Region: here, Name: "archive"}},
		{Resource: &resource.Bucket{Account: mine, Region: here, Name: "config"}}}}
	docs := Permissions(set, "plan", needs)
	want := []string{"s3:GetBucketPolicy arn:aws:s3:::config", "sts:AssumeRole arn:aws:iam::" + theirs + ":role/*", "s3:GetBucketPolicy arn:aws:s3:::archive"}
	if diff := cmp.Diff(want, permissionsOf(docs)); diff != "" {
		t.Errorf("permissions (-want +got):\n%s", diff)
	}
	if len(docs) != 2 || docs[0].ID != "" || docs[1].ID != "Account"+theirs {
		t.Errorf("%d documents, want the caller's and then that of account %s", len(docs), theirs)
	}
}

// TestPermissionsFitIAM has more alarms than one policy can name.
func TestPermissionsFitIAM(t *testing.T) {
	needs := needing(resource.AlarmKind, []resource.Permission{{Action: "cloudwatch:DescribeAlarms"}, {Action: "cloudwatch:ListTagsForResource"}}, nil)
	set := &Set{Account: mine, Region: here, Partition: "aws"}
	want := map[string]bool{}
	for i := range 300 {
		name := fmt.Sprintf("acme-an-alarm-of-a-rather-long-name-%03d", i)
		set.Wanted = append(set.Wanted, Wanted{Resource: &resource.Alarm{Account: mine, Region: here, Name: name}})
		for _, action := range []string{"cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"} {
			want[action+" arn:aws:cloudwatch:eu-central-1:"+mine+":alarm:"+name] = true
		}
	}
	docs := Permissions(set, "plan", needs)
	if len(docs) < 2 {
		t.Errorf("%d document, want more", len(docs))
	}
	for i, d := range docs {
		if n := characters(d); n > mostPolicyCharacters || n == 0 {
			t.Errorf("document %d has %d characters, want at most %d", i, n, mostPolicyCharacters)
		}
	}
	got := map[string]bool{}
	for _, p := range permissionsOf(docs) {
		got[p] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is allowed (-want +got):\n%s", diff)
	}
}

func TestPermissionsAreTheSameEveryTime(t *testing.T) {
	needs := needing(resource.BucketKind, []resource.Permission{{Action: "s3:B"}, {Action: "s3:A"}, {Action: "s3:C", Any: true}}, nil)
	set := &Set{Account: mine, Partition: "aws", Wanted: []Wanted{{Resource: &resource.Bucket{Account: mine, Name: "b"}}, {Resource: &resource.Bucket{Account: mine, Name: "a"}}}}
	first := Permissions(set, "plan", needs)
	for range 20 {
		if diff := cmp.Diff(first, Permissions(set, "plan", needs)); diff != "" {
			t.Fatal(diff)
		}
	}
}
