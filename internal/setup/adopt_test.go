package setup

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
)

func TestCompileAdoptsATrail(t *testing.T) {
	single := func(t *resource.Trail) { t.MultiRegion = false }
	for _, c := range []struct {
		name   string
		b      Blueprint
		s      *resource.Survey
		trail  string
		bucket string
		asks   string
	}{
		{"nothing there", Blueprint{}, surveyOf(), "acme", "acme-cloudtrail-111122223333-eu-central-1", ""},
		{"one of a single region", Blueprint{}, surveyOf(ours("old", single)), "old", "old-logs", ""},
		{"one of all regions before one of a single region", Blueprint{}, surveyOf(ours("a", single), ours("b", nil)), "b", "b-logs", ""},
		{"the organization's before one of all regions", Blueprint{}, inOrganization(surveyOf(ours("a", nil), ours("b", func(t *resource.Trail) { t.Organization = true })), us), "b", "b-logs", ""},
		{"the one that has more", Blueprint{}, surveyOf(ours("a", nil), ours("b", func(t *resource.Trail) { t.Validation, t.KeyARN = true, keyARN })), "b", "b-logs", ""},
		{"the one that has a log group", Blueprint{}, surveyOf(ours("a", func(t *resource.Trail) { t.Validation = true }), ours("b", func(t *resource.Trail) { t.LogGroupARN = ownLogs })), "b", "b-logs", ""},
		{"the first of two that are the same", Blueprint{}, surveyOf(ours("b", nil), ours("a", nil)), "a", "a-logs", ""},
		{"the named one, good or not", Blueprint{Trail: TrailPlan{Name: "b"}}, surveyOf(ours("a", nil), ours("b", single)), "b", "b-logs", ""},
		{"one of a new name beside another", Blueprint{Trail: TrailPlan{Name: "new"}}, surveyOf(ours("a", nil)), "new", "acme-cloudtrail-111122223333-eu-central-1", `There is the trail "a" of all regions already`},
		{"one of a new name beside one of a single region", Blueprint{Trail: TrailPlan{Name: "new"}}, surveyOf(ours("a", single)), "new", "acme-cloudtrail-111122223333-eu-central-1", ""},
		{"another bucket than it has", Blueprint{Bucket: BucketPlan{Name: "elsewhere"}}, surveyOf(ours("a", nil)), "a", "elsewhere", `delivers to "a-logs" now and would from then on deliver to "elsewhere"`},
		{"another prefix than it has", Blueprint{Bucket: BucketPlan{Prefix: "p"}}, surveyOf(ours("a", nil)), "a", "a-logs", `would from then on deliver to "a-logs/p"`},
		{"another log group than it has", Blueprint{Alarms: AlarmPlan{LogGroup: "new-group"}}, surveyOf(ours("a", func(t *resource.Trail) { t.LogGroupARN = ownLogs })), "a", "a-logs", `delivers to the log group "cloudtrail/ours" now`},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := compiled(t, c.b, c.s)
			trail := only[*resource.Trail](t, set)
			if trail.Name != c.trail || trail.Bucket != c.bucket {
				t.Errorf("trail %q with bucket %q, want %q with %q", trail.Name, trail.Bucket, c.trail, c.bucket)
			}
			if !trail.MultiRegion || !trail.GlobalEvents || !trail.Validation || !trail.Logging || trail.KeyARN == "" || trail.LogGroupARN == "" {
				t.Errorf("the trail is wanted less than whole: %+v", trail)
			}
			ask := askOf(set, trail)
			if c.asks == "" && ask != "" || !strings.Contains(ask, c.asks) {
				t.Errorf("the question is %q, want %q in it", ask, c.asks)
			}
			names := kindNames(set, resource.BucketKind)
			if want := "bucket " + c.bucket; !slices.Contains(names, want) {
				t.Errorf("buckets %v, want %q among them", names, want)
			}
		})
	}
}

func askOf(set *Set, r resource.Resource) string {
	for _, w := range set.Wanted {
		if w.Resource.ID() == r.ID() {
			return w.Ask
		}
	}
	return ""
}

func TestCompileOrganization(t *testing.T) {
	shared := ours("shared", func(t *resource.Trail) { t.Organization = true })
	theirs := &resource.Trail{Account: "444455556666", Region: home, Name: "shared", Bucket: "shared-logs", MultiRegion: true, Organization: true}
	org := Blueprint{Organization: true}
	for _, c := range []struct {
		name    string
		b       Blueprint
		s       *resource.Survey
		trail   string
		account string
		access  bool
		asks    string
	}{
		{"from the management account", org, inOrganization(surveyOf(), us), "acme", us, true, ""},
		{"one trail is widened", org, inOrganization(surveyOf(ours("old", nil)), us), "old", us, true, ""},
		{"one that is there is taken, whatever its name", org, inOrganization(surveyOf(ours("better", nil), shared), us), "shared", us, true, ""},
		{"a second one asks", Blueprint{Organization: true, Trail: TrailPlan{Name: "new"}}, inOrganization(surveyOf(shared), us), "new", us, true, "a second organization trail doubles cost"},
		{"a trail that is the organization's stays that", Blueprint{}, inOrganization(surveyOf(shared), us), "shared", us, true, ""},
		{"from a delegated administrator", org, inOrganization(surveyOf(), "444455556666", us), "acme", "444455556666", false, ""},
		{"a delegated administrator takes what is there", org, inOrganization(surveyOf(theirs), "444455556666", us), "shared", "444455556666", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := compiled(t, c.b, c.s)
			trail := only[*resource.Trail](t, set)
			if trail.Name != c.trail || trail.Account != c.account || !trail.Organization {
				t.Errorf("trail %q of %s, organization %v; want %q of %s, true", trail.Name, trail.Account, trail.Organization, c.trail, c.account)
			}
			policy := all[*resource.Bucket](set)[1].Policy.JSON()
			for _, text := range []string{"arn:aws:cloudtrail:eu-central-1:" + c.account + ":trail/" + c.trail, "/AWSLogs/" + c.account + "/*", "/AWSLogs/o-a1b2c3d4e5/*"} {
				if !strings.Contains(policy, text) {
					t.Errorf("the bucket's policy has no %q:\n%s", text, policy)
				}
			}
			if got := len(all[*resource.ServiceAccess](set)) == 1; got != c.access {
				t.Errorf("the organization's trust is wanted: %v, want %v", got, c.access)
			}
			if ask := askOf(set, trail); c.asks == "" && ask != "" || !strings.Contains(ask, c.asks) {
				t.Errorf("the question is %q, want %q in it", ask, c.asks)
			}
		})
	}
}

func TestCompileOrganizationRefuses(t *testing.T) {
	billing := inOrganization(surveyOf(), us)
	billing.Organization.AllFeatures = false
	denied := surveyOf()
	denied.Unread = []resource.Unlisted{{Kind: resource.ServiceAccessKind, Err: object.ErrDenied}}
	for _, c := range []struct {
		name string
		s    *resource.Survey
		want error
		says string
	}{
		{"an account of none", surveyOf(), ErrNoOrganization, "account 111122223333"},
		{"a member", inOrganization(surveyOf(), "444455556666"), ErrNotManagement, "want the credentials of account 444455556666"},
		{"consolidated billing only", billing, ErrNoOrganization, "o-a1b2c3d4e5"},
		{"what could not be read is not taken for none", denied, object.ErrDenied, "could not be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Compile(Blueprint{Name: "acme", Organization: true}, c.s, facts())
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %v with %q", err, c.want, c.says)
			}
		})
	}
}

func TestCompileLeavesManagedTrails(t *testing.T) {
	named := func(t *resource.Trail) { t.Organization = true }
	bucketed := func(t *resource.Trail) { t.Bucket, t.LogGroupARN = towerBucket+"111122223333-eu-central-1", ownLogs }
	theirs := &resource.Trail{Account: "444455556666", Region: "us-east-1", Name: "shared", Bucket: "shared-logs", MultiRegion: true, Organization: true,
		LogGroupARN: "arn:aws:logs:us-east-1:444455556666:log-group:shared:*"}
	for _, c := range []struct {
		name string
		b    Blueprint
		s    *resource.Survey
		want []string
	}{
		{"Control Tower's by its name", Blueprint{Organization: true}, inOrganization(surveyOf(ours(towerTrail, named)), us), []string{"trail aws-controltower-BaselineCloudTrail *"}},
		{"Control Tower's by its bucket, with its log group", Blueprint{}, surveyOf(ours("x", bucketed)), []string{"log group cloudtrail/ours *", "trail x *", "alarm CIS-Root", "alarm CIS-Trail"}},
		{"an organization's seen from a member", Blueprint{}, inOrganization(surveyOf(theirs), "444455556666"), []string{"trail shared *"}},
		{"an own trail of all regions comes first", Blueprint{}, surveyOf(ours("x", bucketed), ours("own", nil)), []string{"log group /aws/cloudtrail/acme", "trail own", "alarm CIS-Root", "alarm CIS-Trail"}},
		{"an own trail of one region is not widened beside it", Blueprint{}, surveyOf(ours("x", bucketed), ours("own", func(t *resource.Trail) { t.MultiRegion = false })),
			[]string{"log group cloudtrail/ours *", "trail x *", "alarm CIS-Root", "alarm CIS-Trail"}},
		{"one of the account's own is made where it is named", Blueprint{Trail: TrailPlan{Name: "own"}}, inOrganization(surveyOf(theirs), "444455556666"),
			[]string{"log group /aws/cloudtrail/acme", "trail own", "alarm CIS-Root", "alarm CIS-Trail"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := compiled(t, c.b, c.s)
			if diff := cmp.Diff(c.want, kindNames(set, resource.TrailKind, resource.LogGroupKind, resource.AlarmKind)); diff != "" {
				t.Error(diff)
			}
			managed := strings.Contains(strings.Join(c.want, " "), "trail x *") || len(c.want) == 1
			for _, w := range set.Wanted {
				if id := w.Resource.ID(); managed && id.Kind == resource.BucketKind && !strings.Contains(id.Name, "-config-") {
					t.Errorf("%s is wanted, of a trail that somebody else manages", id)
				}
			}
		})
	}
}

// Where the trails could not be listed, nobody knows whether the new one is the first.
func TestCompileAsksWhereTrailsAreNotKnown(t *testing.T) {
	s := surveyOf()
	s.Unread = []resource.Unlisted{{Kind: resource.TrailKind, Region: home, Err: object.ErrDenied}}
	set := compiled(t, Blueprint{}, s)
	if ask := askOf(set, only[*resource.Trail](t, set)); !strings.Contains(ask, "could not be listed") {
		t.Errorf("the question is %q", ask)
	}
}

func TestCompileAdoptsWhatATrailHas(t *testing.T) {
	old := ours("old", func(t *resource.Trail) {
		t.KeyARN, t.LogGroupARN = keyARN, ownLogs
		t.LogRoleARN = "arn:aws:iam::111122223333:role/service-role/CloudTrail_Role"
		t.TopicARN = "arn:aws:sns:eu-central-1:111122223333:trail-notices"
		t.Prefix = "deep/down"
	})
	set := compiled(t, Blueprint{}, surveyOf(old))
	want := []string{"role CloudTrail_Role", "role AWSServiceRoleForConfig", "key " + keyARN, "bucket old-logs-access", "bucket old-logs", "log group cloudtrail/ours",
		"topic acme-alarms", "topic trail-notices", "trail old", "bucket acme-config-111122223333-eu-central-1"}
	got := kindNames(set, resource.RoleKind, resource.KeyKind, resource.BucketKind, resource.LogGroupKind, resource.TopicKind, resource.TrailKind)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	trail := only[*resource.Trail](t, set)
	if trail.LogGroupARN != ownLogs || trail.LogRoleARN != old.LogRoleARN || trail.TopicARN != old.TopicARN || trail.KeyARN != keyARN || trail.Prefix != "deep/down" {
		t.Errorf("the trail is wanted as %+v", trail)
	}
	if roles := all[*resource.Role](set); roles[0].Path != "/service-role/" {
		t.Errorf("the role's path is %q", roles[0].Path)
	}
}

func TestCompileLeavesWhatIsAnotherAccounts(t *testing.T) {
	old := ours("old", func(t *resource.Trail) {
		t.LogGroupARN = strings.Replace(ownLogs, us, "777788889999", 1)
		t.LogRoleARN = "arn:aws:iam::777788889999:role/Logs"
		t.TopicARN = "arn:aws:sns:eu-central-1:777788889999:notices"
	})
	set := compiled(t, Blueprint{}, surveyOf(old))
	trail := only[*resource.Trail](t, set)
	if trail.LogGroupARN != old.LogGroupARN || trail.LogRoleARN != old.LogRoleARN || trail.TopicARN != old.TopicARN {
		t.Errorf("the trail is wanted as %+v", trail)
	}
	if got := kindNames(set, resource.LogGroupKind, resource.TopicKind, resource.AlarmKind, resource.MetricFilterKind); len(got) != 0 {
		t.Errorf("%v are wanted, where the log group is another account's", got)
	}
}

func TestCompileBucketElsewhere(t *testing.T) {
	set := compiled(t, Blueprint{}, surveyOf(ours("old", func(t *resource.Trail) { t.KeyARN = strings.Replace(keyARN, home, "eu-west-1", 1) })))
	for _, b := range all[*resource.Bucket](set)[:2] {
		if b.Region != "eu-west-1" {
			t.Errorf("bucket %q is wanted in %s, want the region of the trail's key", b.Name, b.Region)
		}
	}
	keys := all[*resource.Key](set)
	if len(keys) != 2 || keys[0].Region != "eu-west-1" || keys[1].ID().Name != "alias/acme" || keys[1].Region != home {
		t.Fatalf("keys %v", kindNames(set, resource.KeyKind))
	}
	if group := only[*resource.LogGroup](t, set); group.KeyARN != KeyPlaceholder("aws", home, us, "alias/acme") {
		t.Errorf("the log group has the key %q, want one of its region", group.KeyARN)
	}

	f := facts()
	f.Buckets = map[string]*resource.Bucket{"old-logs": {Region: "us-west-2", Logging: resource.AccessLogging{Bucket: "all-access"}}}
	set, err := Compile(Blueprint{Name: "acme"}, surveyOf(ours("old", nil)), f)
	if err != nil {
		t.Fatal(err)
	}
	if b := all[*resource.Bucket](set); b[0].Name != "all-access" || b[0].Region != "us-west-2" || b[1].Region != "us-west-2" {
		t.Errorf("buckets %q in %s and %q in %s, want what was read", b[0].Name, b[0].Region, b[1].Name, b[1].Region)
	}
}

func TestCompileNamesTheKeyOnceItIsKnown(t *testing.T) {
	id := (&resource.Key{Account: us, Region: home, Alias: "alias/acme"}).ID()
	f := facts()
	f.Keys = map[resource.ID]string{id: keyARN}
	set, err := Compile(Blueprint{Name: "acme"}, surveyOf(), f)
	if err != nil {
		t.Fatal(err)
	}
	key, trail := only[*resource.Key](t, set), only[*resource.Trail](t, set)
	if key.ID() != id || key.ARN != keyARN || trail.KeyARN != keyARN {
		t.Errorf("key %v with ARN %q, trail with %q", key.ID(), key.ARN, trail.KeyARN)
	}
	for _, topic := range all[*resource.Topic](set) {
		if topic.KeyARN != keyARN {
			t.Errorf("topic %q has the key %q", topic.Name, topic.KeyARN)
		}
	}
}
