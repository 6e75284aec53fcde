package setup

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadBlueprint(t *testing.T) {
	on := true
	got, err := ReadBlueprint("b.yaml", []byte("name: acme\nbucket: {account: 111122223333, object_lock: {}}\nconfig: {enabled: true}\ndatabases:\n  - instance: orders\n"))
	want := Blueprint{Name: "acme", Bucket: BucketPlan{Account: "111122223333", Lock: &LockPlan{}}, Config: ConfigPlan{Enabled: &on}, Databases: []DatabasePlan{{Instance: "orders"}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, %s", err, diff)
	}
}

func TestReadBlueprintRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a misspelt member", "name: acme\nbuckets: {}\n", `b.yaml:2: unknown name "buckets"; did you mean "bucket"?`},
		{"a misspelt member of a section", "bucket:\n  retention:\n    hotdays: 1\n", `b.yaml:3: bucket.retention: unknown name "hotdays"; did you mean "hot_days"?`},
		{"a list where a value belongs", "name: [acme]\n", "b.yaml:1: name: want a text"},
		{"a text where a number belongs", "bucket: {retention: {hot_days: long}}\n", "b.yaml:1: bucket.retention.hot_days: want a whole number"},
		{"a word where a switch belongs", "guardduty: maybe\n", "b.yaml:1: guardduty: want true or false"},
		{"a name twice", "name: a\nname: b\n", `b.yaml:2: the name "name" is there twice, first in line 1`},
		{"an anchor", "name: &a acme\n", "b.yaml:1: name: want a value: anchors and aliases are not taken"},
		{"a second document", "name: a\n---\nname: b\n", "b.yaml:2: want one document"},
		{"no YAML", "name: [\n", "no YAML"},
		{"a file that is too long", strings.Repeat("#", 1<<20+1), "b.yaml: the file is longer than 1048576 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := ReadBlueprint("b.yaml", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestBlueprintCheck(t *testing.T) {
	off := false
	role := "arn:aws:iam::111122223333:role/R"
	for _, c := range []struct {
		name string
		b    Blueprint
		want []string // how the errors begin, one each; none: it is right
	}{
		{"a name is all that is needed", Blueprint{Name: "acme"}, nil},
		{"no name", Blueprint{}, []string{"name: want 1 to 24 lower-case letters"}},
		{"names that buckets cannot have", Blueprint{Name: "Acme_Corp"}, []string{`name: "Acme_Corp": want`}},
		{"a name too long for what is made of it", Blueprint{Name: "a234567890123456789012345"}, []string{"name: "}},
		{"all that is wrong is said at once", Blueprint{Name: "acme", Region: "Frankfurt", Trail: TrailPlan{Name: "a"}, Key: KeyPlan{ARN: "alias/x"}},
			[]string{`region: "Frankfurt": want a region`, `trail.name: "a": want`, `key.arn: "alias/x": want the ARN of a key`}},
		{"regions of two partitions", Blueprint{Name: "acme", Region: "eu-central-1", Regions: []string{"eu-central-1", "cn-north-1"}}, []string{"regions[1]: \"cn-north-1\" is in another partition"}},
		{"a key of another partition", Blueprint{Name: "acme", Region: "us-gov-west-1", Key: KeyPlan{ARN: keyARN}}, []string{"key.arn: "}},
		{"trail names", Blueprint{Name: "acme", Trail: TrailPlan{Name: "a..b"}}, []string{"trail.name"}},
		{"a trail called like an address", Blueprint{Name: "acme", Trail: TrailPlan{Name: "192.168.5.4"}}, []string{"trail.name"}},
		{"insights", Blueprint{Name: "acme", Trail: TrailPlan{Insights: []string{"ApiCallRateInsight", "ApiErorRateInsight"}}}, []string{`trail.insights[1]: there is no "ApiErorRateInsight"; did you mean "ApiErrorRateInsight"?`}},
		{"bucket names", Blueprint{Name: "acme", Bucket: BucketPlan{Name: "Logs", AccessLogBucket: "xn--logs"}, Config: ConfigPlan{Bucket: "10.0.0.1"}}, []string{"bucket.name: ", "bucket.access_log_bucket: ", "config.bucket: "}},
		{"a bucket that logs to itself", Blueprint{Name: "acme", Bucket: BucketPlan{Name: "logs", AccessLogBucket: "logs"}}, []string{"bucket.access_log_bucket: \"logs\" is the log bucket"}},
		{"a bucket for two things", Blueprint{Name: "acme", Bucket: BucketPlan{Name: "logs"}, Config: ConfigPlan{Bucket: "logs"}}, []string{"config.bucket: \"logs\" is bucket.name"}},
		{"account and prefix", Blueprint{Name: "acme", Bucket: BucketPlan{Account: "1234", Prefix: "/logs/"}}, []string{"bucket.account: \"1234\": want an account's 12 digits", "bucket.prefix: "}},
		{"readers", Blueprint{Name: "acme", Bucket: BucketPlan{Readers: []string{role, role, "*"}, BreakGlass: "arn:aws:iam::111122223333:user/ann"}},
			[]string{"bucket.readers[1]: \"" + role + "\" is there twice", "bucket.readers[2]: \"*\": want the ARN of a role", "bucket.break_glass: "}},
		{"roles of IAM Identity Center", Blueprint{Name: "acme", Bucket: BucketPlan{Readers: []string{"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Auditors_*"}}}, nil},
		{"all roles", Blueprint{Name: "acme", Bucket: BucketPlan{BreakGlass: "arn:aws:iam::111122223333:role/*"}}, []string{"bucket.break_glass: "}},
		{"roles of all accounts", Blueprint{Name: "acme", Bucket: BucketPlan{BreakGlass: "arn:aws:iam::*:role/Admin"}}, []string{"bucket.break_glass: "}},
		{"less than the year that an audit looks back", Blueprint{Name: "acme", Bucket: BucketPlan{Retention: Retention{HotDays: 30, TotalDays: 90}}}, []string{"bucket.retention.total_days: 90: want a whole number from 365"}},
		{"a total shorter than what is hot", Blueprint{Name: "acme", Bucket: BucketPlan{Retention: Retention{HotDays: 3000}}}, []string{"bucket.retention.total_days: 2557: want at least the 3000 of hot_days"}},
		{"spans that are none", Blueprint{Name: "acme", Bucket: BucketPlan{Retention: Retention{HotDays: -1}, Lock: &LockPlan{Mode: "strict", Days: -1}}},
			[]string{"bucket.retention.hot_days: -1", `bucket.object_lock.mode: "strict": want governance or compliance`, "bucket.object_lock.days: -1"}},
		{"MFA delete beside a lifecycle", Blueprint{Name: "acme", Bucket: BucketPlan{MFADelete: true, Retention: Retention{TotalDays: 400, HotDays: 400}}}, []string{"bucket.mfa_delete: S3 has MFA delete or a lifecycle, never both: leave out retention, or offer object_lock"}},
		{"MFA delete beside Object Lock", Blueprint{Name: "acme", Bucket: BucketPlan{MFADelete: true, Lock: &LockPlan{}}}, []string{"bucket.mfa_delete: object_lock protects more"}},
		{"data events", Blueprint{Name: "acme", DataEvents: DataEvents{S3: []string{"all", "b"}, Lambda: []string{"pay:1"}, DynamoDB: []string{"x", "arn:aws:dynamodb:eu-central-1:111122223333:table/orders"}}},
			[]string{"data_events.s3: all stands for every one", `data_events.lambda[0]: "pay:1": want a function's name or ARN`, `data_events.dynamodb[0]: "x": want a table's name`}},
		{"detections", Blueprint{Name: "acme", Alarms: AlarmPlan{Detections: []string{"cis-*", "cis-root-usge", "nothing-*", "", "api-deletions-in-bulk"}}},
			[]string{`alarms.detections[1]: there is no detection "cis-root-usge"; did you mean "cis-root-usage"?`, `alarms.detections[2]: no detection is called "nothing-*"`, "alarms.detections[3]: ", `alarms.detections[4]: "api-deletions-in-bulk": a metric filter cannot say`}},
		{"names of alarms", Blueprint{Name: "acme", Alarms: AlarmPlan{LogGroup: "a b", Days: 30, Topic: "x.fifo"}}, []string{"alarms.log_group: ", "alarms.retention_days: 30: want one of 365 400", "alarms.topic: "}},
		{"addresses", Blueprint{Name: "acme", Alarms: AlarmPlan{Email: []string{"a@example.com", "Ann <a@example.com>", "nobody"}}}, []string{"alarms.email[1]: ", "alarms.email[2]: "}},
		{"a channel without its ids", Blueprint{Name: "acme", Alarms: AlarmPlan{Slack: &SlackPlan{Workspace: "acme.slack.com"}}}, []string{"alarms.slack.workspace: ", "alarms.slack.channel: want"}},
		{"rules and standards", Blueprint{Name: "acme", Config: ConfigPlan{Rules: []string{"cloudtrail-enabled"}}, SecurityHub: HubPlan{Standards: []string{"cis-3.0"}}},
			[]string{"config.rules[0]: ", `security_hub.standards[0]: there is no "cis-3.0"; did you mean "cis-3.0.0"?`}},
		{"what is off has nothing", Blueprint{Name: "acme", Config: ConfigPlan{Enabled: &off, Rules: []string{"X_Y"}}, SecurityHub: HubPlan{Enabled: &off, Standards: []string{"cis-3.0.0"}}},
			[]string{"config.rules: rules need AWS Config", "security_hub.standards: standards need Security Hub"}},
		{"databases", Blueprint{Name: "acme", Databases: []DatabasePlan{{}, {Instance: "a", Cluster: "b"}, {Instance: "a"}, {Instance: "A"}, {Instance: "-"}, {Instance: "c", PGAudit: []string{"rol"}, Events: []string{"QUERY"}}}},
			[]string{"databases[0]: want instance or cluster", "databases[1]: want instance or cluster", `databases[3]: "A" is there twice`, `databases[4].instance: "-": want an RDS identifier`,
				`databases[5].pgaudit[0]: there is no "rol"; did you mean "role"?`, "databases[5]: pgaudit is PostgreSQL's"}},
		{"everybody as auditor", Blueprint{Name: "acme", Auditor: AuditorPlan{Trusted: []string{"*"}}}, []string{`auditor.trusted[0]: "*": want`, "auditor.role: want the name of the role"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.b.Check()
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
				if !errors.Is(err, ErrBlueprint) {
					t.Errorf("error %v is not ErrBlueprint", err)
				}
			}
			if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
				t.Errorf("got\n%s\nwant, as beginnings\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// A secret at the place of its reference is not repeated.
func TestBlueprintCheckShowsNoSecret(t *testing.T) {
	b := Blueprint{Name: "acme", Alarms: AlarmPlan{PagerDuty: "https://events.pagerduty.com/integration/hunter2/enqueue"}}
	if err := b.Check(); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.HasPrefix(err.Error(), "alarms.pagerduty: ") {
		t.Errorf("error %v", err)
	}
}

// memberNames are the names of all members of a blueprint, as in bucket.retention.hot_days.
func memberNames(t reflect.Type, before string) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return []string{strings.TrimSuffix(before, ".")}
	}
	var names []string
	for i := range t.NumField() {
		names = append(names, memberNames(t.Field(i).Type, before+t.Field(i).Tag.Get("yaml")+".")...)
	}
	return names
}

func TestExample(t *testing.T) {
	b, err := ReadBlueprint("example.yaml", []byte(Example))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Check(); err != nil {
		t.Error(err)
	}
	spec, err := os.ReadFile("../../docs/spec/blueprint.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range memberNames(reflect.TypeFor[Blueprint](), "") {
		if !strings.Contains(string(spec), "| `"+name+"` |") {
			t.Errorf("docs/spec/blueprint.md has no row of %q", name)
		}
		last := name[strings.LastIndexByte(name, '.')+1:]
		if !strings.Contains("\n"+strings.NewReplacer("- ", "", " ", "").Replace(Example), "\n"+last+":") {
			t.Errorf("the example has no %q", name)
		}
	}
	if !strings.Contains(string(spec), strings.TrimSpace(Example)) {
		t.Error("docs/spec/blueprint.md does not have the example")
	}
}

func FuzzReadBlueprint(f *testing.F) {
	f.Add([]byte(Example))
	f.Add([]byte("name: acme\n"))
	f.Add([]byte("bucket: {mfa_delete: true, retention: {hot_days: 1}}\n"))
	f.Add([]byte("databases: [{}, {instance: a, cluster: b}]\n"))
	f.Add([]byte("alarms: {pagerduty: 'https://example.com/secret', slack: {}}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := ReadBlueprint("b.yaml", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "b.yaml:") {
				t.Errorf("the error %q does not begin with the file", err)
			}
			return
		}
		if b.check(facts().Detections) != nil {
			return
		}
		// What Check accepts can be compiled, or the error says which member does not fit.
		if _, err := Compile(b, surveyOf(), facts()); err != nil && !errors.Is(err, ErrBlueprint) && !errors.Is(err, ErrNoOrganization) {
			t.Errorf("compile: %v", err)
		}
	})
}
