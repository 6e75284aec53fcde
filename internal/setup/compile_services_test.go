package setup

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

func TestCompileConfig(t *testing.T) {
	off := false
	recorder := &resource.Recorder{Account: us, Region: home, Name: "mine", RoleARN: "arn:aws:iam::111122223333:role/Recorder"}
	channel := &resource.DeliveryChannel{Account: us, Region: home, Name: "ours", Bucket: "config-bucket-111122223333"}
	foreign := &resource.DeliveryChannel{Account: us, Region: home, Name: "ours", Bucket: "central-config"}
	towers := &resource.Recorder{Account: us, Region: home, Name: towerRecorder}
	for _, c := range []struct {
		name string
		b    Blueprint
		s    *resource.Survey
		want []string
	}{
		{"nothing there", Blueprint{}, surveyOf(), []string{"role AWSServiceRoleForConfig", "bucket acme-config-111122223333-eu-central-1", "recorder default", "delivery channel default"}},
		{"one a region is taken", Blueprint{}, surveyOf(recorder, channel), []string{"bucket config-bucket-111122223333", "recorder mine", "delivery channel ours"}},
		{"a bucket that may be another account's is left", Blueprint{}, surveyOf(recorder, foreign), []string{"recorder mine", "delivery channel ours"}},
		{"a bucket that is named", Blueprint{Config: ConfigPlan{Bucket: "central-config"}}, surveyOf(recorder, foreign), []string{"bucket central-config", "recorder mine", "delivery channel ours"}},
		{"Control Tower's", Blueprint{}, surveyOf(towers, foreign), []string{"recorder aws-controltower-BaselineConfigRecorder *", "delivery channel ours *"}},
		{"off", Blueprint{Config: ConfigPlan{Enabled: &off}}, surveyOf(), nil},
		{"in two regions", Blueprint{Regions: []string{"us-east-1"}}, surveyOf(recorder, channel),
			[]string{"role AWSServiceRoleForConfig", "bucket config-bucket-111122223333", "recorder mine", "delivery channel ours", "recorder default", "delivery channel default"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, n := range kindNames(compiled(t, c.b, c.s), resource.RoleKind, resource.BucketKind, resource.RecorderKind, resource.DeliveryChannelKind) {
				if !strings.Contains(n, "cloudtrail") {
					got = append(got, n)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompileRecordsWhatIsGlobalOnce(t *testing.T) {
	for _, r := range all[*resource.Recorder](compiled(t, Blueprint{Regions: []string{"us-east-1"}}, surveyOf())) {
		if r.GlobalTypes != (r.Region == home) || !r.AllSupported || !r.Recording {
			t.Errorf("the recorder of %s is wanted as %+v", r.Region, r)
		}
	}
}

func TestCompileRules(t *testing.T) {
	set := compiled(t, Blueprint{Regions: []string{"me-central-1"}, Config: ConfigPlan{Rules: []string{"CLOUD_TRAIL_ENCRYPTION_ENABLED", "CLOUD_TRAIL_ENABLED"}}}, surveyOf())
	got := map[string][]string{}
	for _, r := range all[*resource.Rule](set) {
		got[r.Region] = append(got[r.Region], r.Name)
	}
	everywhere := []string{"cloudtrail-enabled", "multi-region-cloudtrail-enabled", "cloudtrail-log-file-validation-enabled", "cloudtrail-security-trail-enabled",
		"s3-bucket-logging-enabled", "s3-bucket-ssl-requests-only", "cw-loggroup-retention-period-check", "cloudtrail-encryption-enabled"}
	want := map[string][]string{home: everywhere, "me-central-1": slices.Concat(everywhere[:3], everywhere[4:])}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCompileStandards(t *testing.T) {
	s := surveyOf()
	s.Partition = "aws-us-gov"
	set := compiled(t, Blueprint{Regions: []string{"us-gov-west-1"}, SecurityHub: HubPlan{Standards: []string{"foundational", "cis-1.2.0", "cis-5.0.0"}}}, s)
	got := all[*resource.Hub](set)[1].Standards
	want := []string{"arn:aws-us-gov:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0",
		"arn:aws-us-gov:securityhub:us-gov-west-1::standards/aws-foundational-security-best-practices/v/1.0.0",
		"arn:aws-us-gov:securityhub:us-gov-west-1::standards/cis-aws-foundations-benchmark/v/5.0.0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func databasesThere() []resource.Resource {
	db := func(name, engine, version, family, parameters, options string, cluster bool) *resource.Database {
		return &resource.Database{Account: us, Region: home, Name: name, Cluster: cluster, Engine: engine, Version: version, Family: family, ParameterGroup: parameters, OptionGroup: options, Exports: []string{"error"}}
	}
	return []resource.Resource{
		db("orders", "postgres", "16.3", "postgres16", "default.postgres16", "default:postgres-16", false),
		db("own", "postgres", "16.3", "postgres16", "tuned", "default:postgres-16", false),
		db("own2", "postgres", "16.3", "postgres16", "tuned", "default:postgres-16", false),
		db("lake", "aurora-postgresql", "15.4", "aurora-postgresql15", "default.aurora-postgresql15", "", true),
		db("shop", "aurora-mysql", "8.0.mysql_aurora.3.05.2", "aurora-mysql8.0", "tuned-shop", "", true),
		db("shop-1", "aurora-mysql", "8.0.mysql_aurora.3.05.2", "aurora-mysql8.0", "default.aurora-mysql8.0", "", false),
		db("blog", "mysql", "8.0.35", "mysql8.0", "default.mysql8.0", "default:mysql-8-0", false),
		db("wiki", "mariadb", "10.11.6", "mariadb10.11", "default.mariadb10.11", "audited", false),
		db("erp", "oracle-ee", "19.0.0.0", "oracle-ee-19", "default.oracle-ee-19", "default:oracle-ee-19", false),
	}
}

func TestCompileDatabases(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []DatabasePlan
		want []resource.Resource
	}{
		{"PostgreSQL with its engine's group gets one of its own", []DatabasePlan{{Instance: "orders"}}, []resource.Resource{
			&resource.ParameterGroup{Account: us, Region: home, Name: "acme-orders", Family: "postgres16", Parameters: map[string]string{"shared_preload_libraries": "pgaudit", "pgaudit.log": "ddl,role,write"}},
			&resource.Database{Account: us, Region: home, Name: "orders", Engine: "postgres", Version: "16.3", Family: "postgres16", ParameterGroup: "acme-orders", OptionGroup: "default:postgres-16", Exports: []string{"error", "postgresql"}}}},
		{"two with one group want what both want", []DatabasePlan{{Instance: "own", PGAudit: []string{"write"}}, {Instance: "own2", PGAudit: []string{"ddl", "write"}}}, []resource.Resource{
			&resource.ParameterGroup{Account: us, Region: home, Name: "tuned", Family: "postgres16", Parameters: map[string]string{"shared_preload_libraries": "pgaudit", "pgaudit.log": "ddl,write"}},
			&resource.Database{Account: us, Region: home, Name: "own", Engine: "postgres", Version: "16.3", Family: "postgres16", ParameterGroup: "tuned", OptionGroup: "default:postgres-16", Exports: []string{"error", "postgresql"}},
			&resource.Database{Account: us, Region: home, Name: "own2", Engine: "postgres", Version: "16.3", Family: "postgres16", ParameterGroup: "tuned", OptionGroup: "default:postgres-16", Exports: []string{"error", "postgresql"}}}},
		{"Aurora PostgreSQL has a cluster's group", []DatabasePlan{{Cluster: "lake"}}, []resource.Resource{
			&resource.ParameterGroup{Account: us, Region: home, Name: "acme-lake", Cluster: true, Family: "aurora-postgresql15", Parameters: map[string]string{"shared_preload_libraries": "pgaudit", "pgaudit.log": "ddl,role,write"}},
			&resource.Database{Account: us, Region: home, Name: "lake", Cluster: true, Engine: "aurora-postgresql", Version: "15.4", Family: "aurora-postgresql15", ParameterGroup: "acme-lake", Exports: []string{"error", "postgresql"}}}},
		{"Aurora MySQL has parameters of a cluster", []DatabasePlan{{Cluster: "shop", Events: []string{"QUERY", "CONNECT"}}}, []resource.Resource{
			&resource.ParameterGroup{Account: us, Region: home, Name: "tuned-shop", Cluster: true, Family: "aurora-mysql8.0", Parameters: map[string]string{"server_audit_logging": "1", "server_audit_events": "CONNECT,QUERY"}},
			&resource.Database{Account: us, Region: home, Name: "shop", Cluster: true, Engine: "aurora-mysql", Version: "8.0.mysql_aurora.3.05.2", Family: "aurora-mysql8.0", ParameterGroup: "tuned-shop", Exports: []string{"audit", "error"}}}},
		{"MySQL has an option", []DatabasePlan{{Instance: "blog"}}, []resource.Resource{
			&resource.OptionGroup{Account: us, Region: home, Name: "acme-blog", Engine: "mysql", Version: "8.0", Options: map[string]map[string]string{"MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_EVENTS": "CONNECT,QUERY_DCL,QUERY_DDL"}}},
			&resource.Database{Account: us, Region: home, Name: "blog", Engine: "mysql", Version: "8.0.35", Family: "mysql8.0", ParameterGroup: "default.mysql8.0", OptionGroup: "acme-blog", Exports: []string{"audit", "error"}}}},
		{"MariaDB with a group of its own keeps it", []DatabasePlan{{Instance: "wiki"}}, []resource.Resource{
			&resource.OptionGroup{Account: us, Region: home, Name: "audited", Engine: "mariadb", Version: "10.11", Options: map[string]map[string]string{"MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_EVENTS": "CONNECT,QUERY_DCL,QUERY_DDL"}}},
			&resource.Database{Account: us, Region: home, Name: "wiki", Engine: "mariadb", Version: "10.11.6", Family: "mariadb10.11", ParameterGroup: "default.mariadb10.11", OptionGroup: "audited", Exports: []string{"audit", "error"}}}},
		{"Oracle has exports only", []DatabasePlan{{Instance: "erp"}}, []resource.Resource{
			&resource.Database{Account: us, Region: home, Name: "erp", Engine: "oracle-ee", Version: "19.0.0.0", Family: "oracle-ee-19", ParameterGroup: "default.oracle-ee-19", OptionGroup: "default:oracle-ee-19", Exports: []string{"alert", "audit", "error", "listener"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []resource.Resource
			for _, w := range compiled(t, Blueprint{Databases: c.b}, surveyOf(databasesThere()...)).Wanted {
				switch w.Resource.(type) {
				case *resource.ParameterGroup, *resource.OptionGroup, *resource.Database:
					got = append(got, w.Resource)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A database that could not be listed is neither missing nor set up.
func TestCompileDatabasesNotKnown(t *testing.T) {
	s := surveyOf()
	s.Unread = []resource.Unlisted{{Kind: resource.DatabaseKind, Region: home, Err: object.ErrDenied}}
	set := compiled(t, Blueprint{Databases: []DatabasePlan{{Instance: "orders"}}}, s)
	if got := all[*resource.Database](set); len(got) != 0 || !strings.Contains(strings.Join(set.Notes, "\n"), "of the database orders nothing is known") {
		t.Errorf("%d databases are wanted; notes %q", len(got), set.Notes)
	}
}

func TestCompileStorage(t *testing.T) {
	for _, c := range []struct {
		name      string
		b         BucketPlan
		lifecycle []resource.LifecycleRule
		lock      resource.Lock
	}{
		{"seven years", BucketPlan{}, []resource.LifecycleRule{{ID: "trailseal-retention", Enabled: true, Transitions: []resource.Transition{{Days: 400, Class: "DEEP_ARCHIVE"}}, ExpireDays: 2557, NoncurrentDays: 365, AbortDays: 7}}, resource.Lock{}},
		{"an archive that would cost its least time is left out", BucketPlan{Retention: Retention{HotDays: 400, TotalDays: 579}}, []resource.LifecycleRule{{ID: "trailseal-retention", Enabled: true, ExpireDays: 579, NoncurrentDays: 365, AbortDays: 7}}, resource.Lock{}},
		{"MFA delete has no lifecycle", BucketPlan{MFADelete: true}, nil, resource.Lock{}},
		{"Object Lock", BucketPlan{MFADelete: true, Lock: &LockPlan{Mode: "compliance", Days: 30}}, nil, resource.Lock{Enabled: true, Mode: "COMPLIANCE", Days: 30}},
		{"Object Lock by default", BucketPlan{MFADelete: true, Lock: &LockPlan{}}, nil, resource.Lock{Enabled: true, Mode: "GOVERNANCE", Days: 400}},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := compiled(t, Blueprint{Bucket: c.b}, surveyOf())
			buckets := all[*resource.Bucket](set)
			access, log := buckets[0], buckets[1]
			if diff := cmp.Diff(c.lifecycle, log.Lifecycle); diff != "" {
				t.Error(diff)
			}
			if log.Lock != c.lock || log.MFADelete != c.b.MFADelete {
				t.Errorf("lock %+v, MFA delete %v", log.Lock, log.MFADelete)
			}
			if access.Lock != (resource.Lock{}) || access.Encryption.Algorithm != "AES256" || len(access.Lifecycle) != 1 || access.Logging.Bucket != "" {
				t.Errorf("S3 would deliver no access logs to %+v", access)
			}
			if log.Logging.Bucket != access.Name || log.Encryption != (resource.Encryption{Algorithm: "aws:kms", KeyARN: KeyPlaceholder("aws", home, us, "alias/acme"), BucketKey: true}) {
				t.Errorf("the log bucket is wanted as %+v", log)
			}
		})
	}
}

func TestCompileBucketOfAnotherAccount(t *testing.T) {
	set := compiled(t, Blueprint{Bucket: BucketPlan{Account: "777788889999"}}, surveyOf())
	for _, b := range all[*resource.Bucket](set) {
		if want := map[bool]string{true: us, false: "777788889999"}[strings.Contains(b.Name, "-config-")]; b.Account != want {
			t.Errorf("bucket %q is wanted in %s, want %s", b.Name, b.Account, want)
		}
	}
}

func TestCompileAccessBucketNameIsShortEnough(t *testing.T) {
	set := compiled(t, Blueprint{Bucket: BucketPlan{Name: strings.Repeat("a", 55) + ".-" + strings.Repeat("b", 6)}}, surveyOf())
	if got, want := all[*resource.Bucket](set)[0].Name, strings.Repeat("a", 55)+"-access"; got != want || !isBucketName(got) {
		t.Errorf("the bucket of access logs is %q, want %q", got, want)
	}
}

// The auditor's role is made before the key, and after apply nothing of it is to be changed once the key's ARN is known.
func TestCompileAuditorDoesNotWaitForTheKey(t *testing.T) {
	b := Blueprint{Name: "acme", Auditor: AuditorPlan{Role: "auditor"}}
	before := compiled(t, b, surveyOf())
	f := facts()
	f.Keys = map[resource.ID]string{only[*resource.Key](t, before).ID(): keyARN}
	after, err := Compile(b, surveyOf(), f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all[*resource.Role](before), all[*resource.Role](after)); diff != "" {
		t.Error(diff)
	}
	policies := only[*resource.Key](t, after).Policy.Statements
	if !slices.ContainsFunc(policies, func(s policy.Statement) bool {
		return s.Sid == "AuditorReads" && slices.Contains(s.Action, "kms:GetKeyRotationStatus") && slices.Contains(s.Principal["AWS"], "arn:aws:iam::111122223333:role/auditor")
	}) {
		t.Error("the key's policy does not let the auditor read how it is kept")
	}
}
