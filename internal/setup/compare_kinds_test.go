package setup

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
)

// Changes of the kinds that have few.
func TestChangesByKind(t *testing.T) {
	group := func(days int, key string) *resource.LogGroup {
		return &resource.LogGroup{Account: someAccount, Region: someRegion, Name: "acme", RetentionDays: days, KeyARN: key, Class: "STANDARD"}
	}
	rare := group(400, ourKey)
	rare.Class = "INFREQUENT_ACCESS"
	topic := func(key string) *resource.Topic {
		return &resource.Topic{Account: someAccount, Region: someRegion, Name: "alarms", KeyARN: key}
	}
	key := func(f func(*resource.Key)) *resource.Key {
		k := &resource.Key{Account: someAccount, Region: someRegion, Alias: "alias/acme", ARN: ourKey, Enabled: true, Rotation: true}
		f(k)
		return k
	}
	recorder := func(f func(*resource.Recorder)) *resource.Recorder {
		r := &resource.Recorder{Account: someAccount, Region: someRegion, Name: "default", RoleARN: "arn:role", AllSupported: true, GlobalTypes: true, Frequency: "CONTINUOUS", Recording: true}
		f(r)
		return r
	}
	managed := func(f func(*resource.Rule)) *resource.Rule {
		r := &resource.Rule{Account: someAccount, Region: someRegion, Name: "cloudtrail-enabled", Identifier: "CLOUD_TRAIL_ENABLED", Owner: "AWS"}
		f(r)
		return r
	}
	detector := func(frequency string, on bool) *resource.Detector {
		return &resource.Detector{Account: someAccount, Region: someRegion, Detector: "d", Enabled: on, Frequency: frequency}
	}
	channel := func(bucket, frequency string) *resource.DeliveryChannel {
		return &resource.DeliveryChannel{Account: someAccount, Region: someRegion, Name: "default", Bucket: bucket, Frequency: frequency}
	}
	slack := func(channel string, topics ...string) *resource.SlackChannel {
		return &resource.SlackChannel{Account: someAccount, Name: "acme", Workspace: "T1", Channel: channel, RoleARN: "arn:role", Topics: topics}
	}
	database := func(f func(*resource.Database)) *resource.Database {
		db := &resource.Database{Account: someAccount, Region: someRegion, Name: "pay", Engine: "postgres", ParameterGroup: "acme", Exports: []string{"postgresql"}, Pending: "in-sync"}
		f(db)
		return db
	}
	may := policy.Document{Version: "2012-10-17", Statements: []policy.Statement{{Effect: "Allow", Action: []string{"logs:PutLogEvents"}, Resource: []string{"*"}}}}
	mayMore := policy.Document{Version: "2012-10-17", Statements: []policy.Statement{{Effect: "Allow", Action: []string{"logs:*"}, Resource: []string{"*"}}}}
	role := func(inline map[string]policy.Document, managed ...string) *resource.Role {
		return &resource.Role{Account: someAccount, Name: "logs", Inline: inline, Managed: managed}
	}
	for name, c := range map[string]struct {
		now, want resource.Resource
		changes   []string
		notes     []string
	}{
		"log group: never expires":   {group(0, ourKey), group(400, ourKey), nil, []string{"never expire"}},
		"log group: longer":          {group(731, ourKey), group(400, ourKey), nil, []string{"731"}},
		"log group: 7 days":          {group(7, ourKey), group(400, ourKey), []string{"retention: RetentionInDays: 7 → 400"}, nil},
		"log group: days unknown":    {group(7, ourKey), group(401, ourKey), []string{"retention: RetentionInDays: 7 → 545"}, nil},
		"log group: over ten years":  {group(7, ourKey), group(5000, ourKey), []string{"retention: RetentionInDays: 7 → never expire (manual)"}, nil},
		"log group: no key":          {group(400, ""), group(400, ourKey), []string{"key: KmsKeyId:  → " + ourKey}, nil},
		"log group: another key":     {group(400, otherKey), group(400, ourKey), nil, []string{"another key"}},
		"log group: rare":            {rare, group(400, ourKey), []string{"create: LogGroupClass: INFREQUENT_ACCESS → STANDARD (manual)"}, nil},
		"topic: plain":               {topic(""), topic(ourKey), []string{"key: KmsMasterKeyId:  → " + ourKey}, nil},
		"topic: SNS's key":           {topic("alias/aws/sns"), topic(ourKey), []string{"key: KmsMasterKeyId: alias/aws/sns → " + ourKey}, nil},
		"topic: SNS's key by ARN":    {topic("arn:aws:kms:eu-central-1:111122223333:alias/aws/sns"), topic(ourKey), []string{"key: KmsMasterKeyId: arn:aws:kms:eu-central-1:111122223333:alias/aws/sns → " + ourKey}, nil},
		"topic: another key":         {topic(otherKey), topic(ourKey), []string{"key: KmsMasterKeyId: " + otherKey + " → " + ourKey + " (manual)"}, nil},
		"key: disabled":              {key(func(k *resource.Key) { k.Enabled = false }), key(func(k *resource.Key) {}), []string{"enable: Enabled: off → on"}, nil},
		"key: not rotated":           {key(func(k *resource.Key) { k.Rotation = false }), key(func(k *resource.Key) {}), []string{"rotation: KeyRotationEnabled: off → on"}, nil},
		"key: AWS's":                 {key(func(k *resource.Key) { k.Foreign, k.Rotation = true, false }), key(func(k *resource.Key) {}), []string{"create: KeyManager: AWS → CUSTOMER (manual)"}, nil},
		"key: another account's":     {key(func(k *resource.Key) { k.ARN = "arn:aws:kms:eu-central-1:999900001111:key/a" }), key(func(k *resource.Key) {}), nil, []string{"999900001111"}},
		"recorder: some types":       {recorder(func(r *resource.Recorder) { r.AllSupported, r.Types = false, []string{"AWS::S3::Bucket"} }), recorder(func(r *resource.Recorder) {}), []string{"settings: recordingGroup: AWS::S3::Bucket → all types (ask)"}, nil},
		"recorder: but some types":   {recorder(func(r *resource.Recorder) { r.AllSupported, r.Excluded = false, []string{"AWS::S3::Bucket"} }), recorder(func(r *resource.Recorder) {}), []string{"settings: recordingGroup: all types but AWS::S3::Bucket → all types (ask)"}, nil},
		"recorder: daily":            {recorder(func(r *resource.Recorder) { r.Frequency = "DAILY" }), recorder(func(r *resource.Recorder) {}), []string{"settings: recordingFrequency: DAILY → CONTINUOUS"}, nil},
		"recorder: says nothing":     {recorder(func(r *resource.Recorder) { r.Frequency = "" }), recorder(func(r *resource.Recorder) {}), nil, nil},
		"recorder: stopped":          {recorder(func(r *resource.Recorder) { r.Recording = false }), recorder(func(r *resource.Recorder) {}), []string{"start: recording: off → on"}, nil},
		"recorder: another role":     {recorder(func(r *resource.Recorder) { r.RoleARN = "arn:theirs" }), recorder(func(r *resource.Recorder) {}), nil, nil},
		"channel: another bucket":    {channel("a", "One_Hour"), channel("b", "TwentyFour_Hours"), []string{"settings: s3BucketName: a → b (ask)"}, nil},
		"channel: no snapshots":      {channel("a", ""), channel("a", "TwentyFour_Hours"), []string{"settings: deliveryFrequency:  → TwentyFour_Hours"}, nil},
		"rule: another's":            {managed(func(r *resource.Rule) { r.Owner, r.Identifier = "CUSTOM_LAMBDA", "arn:lambda" }), managed(func(r *resource.Rule) {}), []string{"settings: SourceIdentifier: CUSTOM_LAMBDA arn:lambda → AWS CLOUD_TRAIL_ENABLED (manual)"}, nil},
		"rule: parameters stay":      {managed(func(r *resource.Rule) { r.Parameters = `{"s3BucketName":"a"}` }), managed(func(r *resource.Rule) {}), nil, nil},
		"rule: parameters join":      {managed(func(r *resource.Rule) { r.Parameters = `{"b":"1"}` }), managed(func(r *resource.Rule) { r.Parameters = `{"a":"2"}` }), []string{`settings: InputParameters: {"b":"1"} → {"a":"2","b":"1"}`}, nil},
		"rule: parameters unread":    {managed(func(r *resource.Rule) { r.Parameters = `[` }), managed(func(r *resource.Rule) { r.Parameters = `{"a":"2"}` }), []string{`settings: InputParameters: [ → {"a":"2"} (manual)`}, nil},
		"rule: seldom":               {managed(func(r *resource.Rule) { r.Frequency = "TwentyFour_Hours" }), managed(func(r *resource.Rule) { r.Frequency = "One_Hour" }), []string{"settings: MaximumExecutionFrequency: TwentyFour_Hours → One_Hour"}, nil},
		"rule: often":                {managed(func(r *resource.Rule) { r.Frequency = "One_Hour" }), managed(func(r *resource.Rule) { r.Frequency = "Six_Hours" }), nil, nil},
		"hub: standards join":        {&resource.Hub{Account: someAccount, Region: someRegion, Standards: []string{"b"}}, &resource.Hub{Account: someAccount, Region: someRegion, Standards: []string{"a"}}, []string{"standards: StandardsSubscriptions: b → a, b"}, nil},
		"detector: off":              {detector("FIFTEEN_MINUTES", false), detector("FIFTEEN_MINUTES", true), []string{"settings: Enable: off → on"}, nil},
		"detector: slow":             {detector("SIX_HOURS", true), detector("FIFTEEN_MINUTES", true), []string{"settings: FindingPublishingFrequency: SIX_HOURS → FIFTEEN_MINUTES"}, nil},
		"detector: fast":             {detector("FIFTEEN_MINUTES", true), detector("SIX_HOURS", true), nil, nil},
		"slack: topics join":         {slack("C1", "b"), slack("C1", "a"), []string{"settings: SnsTopicArns: b → a, b"}, nil},
		"slack: another channel":     {slack("C2", "a"), slack("C1", "a"), []string{"settings: SlackChannelId: T1/C2 → T1/C1 (manual)"}, nil},
		"role: may nothing":          {role(nil), role(map[string]policy.Document{"write": may}, "arn:p"), []string{"inline policy: inline policy write:  → Allow logs:PutLogEvents on *", "attached policies: AttachedPolicies:  → arn:p"}, nil},
		"role: may too much":         {role(map[string]policy.Document{"write": mayMore, "theirs": mayMore}), role(map[string]policy.Document{"write": may}), []string{"inline policy: inline policy write: Allow logs:* on * → Allow logs:PutLogEvents on *"}, nil},
		"role: AWS's":                {&resource.Role{Account: someAccount, Name: "logs", ServiceLinkedTo: "config.amazonaws.com"}, role(map[string]policy.Document{"write": may}), nil, nil},
		"database: another group":    {database(func(d *resource.Database) { d.ParameterGroup, d.Pending = "default.postgres16", "pending-reboot" }), database(func(d *resource.Database) {}), []string{"parameter group: DBParameterGroupName: default.postgres16 → acme (ask)"}, nil},
		"database: exports join":     {database(func(d *resource.Database) { d.Exports = []string{"upgrade"} }), database(func(d *resource.Database) {}), []string{"log exports: EnabledCloudwatchLogsExports: upgrade → postgresql, upgrade"}, nil},
		"database: waits for reboot": {database(func(d *resource.Database) { d.Pending = "pending-reboot" }), database(func(d *resource.Database) {}), []string{"parameter group: ParameterApplyStatus: pending-reboot → in-sync (manual)"}, nil},
		"database: is not there":     {nil, database(func(d *resource.Database) {}), []string{"create: (new):  → postgres database (manual)"}, nil},
		"service access: new":        {nil, &resource.ServiceAccess{Account: someAccount, Service: "cloudtrail.amazonaws.com"}, []string{"create: (new):  → trusted access of cloudtrail.amazonaws.com"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, got := compared(c.now, c.want, nil)
			if d := cmp.Diff(c.changes, lines(got.changes)); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			noted(t, got.notes, c.notes)
		})
	}
}

func TestParametersGrow(t *testing.T) {
	for name, c := range map[string]struct{ name, now, want, target string }{
		"libraries are kept":        {"shared_preload_libraries", "pg_stat_statements", "pgaudit", "pg_stat_statements,pgaudit"},
		"library is there":          {"shared_preload_libraries", "pg_stat_statements, pgaudit", "pgaudit", "pg_stat_statements, pgaudit"},
		"no class":                  {"pgaudit.log", "none", "ddl,role,write", "ddl,role,write"},
		"fewer classes":             {"pgaudit.log", "ddl", "ddl,role,write", "ddl,role,write"},
		"other classes":             {"pgaudit.log", "read", "ddl,role,write", "ddl,read,role,write"},
		"all classes":               {"pgaudit.log", "all", "ddl", "all"},
		"all but what is wanted":    {"pgaudit.log", "all,-ddl", "ddl", "all"},
		"all but something else":    {"pgaudit.log", "ALL, -misc", "ddl,role,write", "ALL, -misc"},
		"a class that is not known": {"pgaudit.log", "sometime", "ddl", "sometime,ddl"},
		"a part of a class":         {"pgaudit.log", "misc", "misc_set", "misc"},
		"off":                       {"server_audit_logging", "0", "1", "1"},
		"on stays":                  {"pgaudit.log_catalog", "on", "off", "on"},
		"events join":               {"server_audit_events", "QUERY", "CONNECT,QUERY_DDL", "QUERY,CONNECT,QUERY_DDL"},
		"fewer users are left out":  {"server_audit_excl_users", "rdsadmin,app", "rdsadmin", "rdsadmin"},
		"no more users are":         {"server_audit_excl_users", "", "rdsadmin", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := parameter(c.name, c.now, c.want); got != c.target {
				t.Errorf("%s is %q, %q is wanted: it becomes %q, want %q", c.name, c.now, c.want, got, c.target)
			}
		})
	}
}

func TestAuditPluginGrows(t *testing.T) {
	options := func(settings map[string]string) *resource.OptionGroup {
		return &resource.OptionGroup{Account: someAccount, Region: someRegion, Name: "acme", Engine: "mariadb", Version: "10.11",
			Options: map[string]map[string]string{"MARIADB_AUDIT_PLUGIN": settings, "MEMCACHED": {"PORT": "1"}}}
	}
	now := options(map[string]string{"SERVER_AUDIT_EVENTS": "QUERY", "SERVER_AUDIT_FILE_ROTATIONS": "50", "SERVER_AUDIT_INCL_USERS": "app"})
	c := &comparison{}
	target := compareOptionGroup(c, now, options(map[string]string{"SERVER_AUDIT_EVENTS": "CONNECT", "SERVER_AUDIT_FILE_ROTATIONS": "9"}))
	want := options(map[string]string{"SERVER_AUDIT_EVENTS": "QUERY,CONNECT", "SERVER_AUDIT_FILE_ROTATIONS": "50", "SERVER_AUDIT_INCL_USERS": "app"})
	if d := cmp.Diff(want, target); d != "" {
		t.Errorf("target (-want +got):\n%s", d)
	}
	noted(t, c.notes, []string{"SERVER_AUDIT_INCL_USERS is app"})
}

func TestSubscriptions(t *testing.T) {
	subscription := func(endpoint string, confirmed bool, same ...*resource.Subscription) *resource.Subscription {
		return &resource.Subscription{Account: someAccount, Region: someRegion, Topic: "alarms", Protocol: "https", Label: "pagerduty",
			Endpoint: secret.New("https://events.example/" + endpoint), Confirmed: confirmed, Same: same}
	}
	for name, c := range map[string]struct {
		now     *resource.Subscription
		changes []string
	}{
		"none":                              {nil, []string{"create: (new):  → https to pagerduty"}},
		"confirmed":                         {subscription("s3cr3t", true), nil},
		"pending":                           {subscription("s3cr3t", false), []string{"create: SubscriptionStatus: pending → confirmed (manual)"}},
		"another endpoint":                  {subscription("other", true), []string{"create: Endpoint: another one of pagerduty → that of the blueprint too"}},
		"another endpoint, and this":        {subscription("other", true, subscription("s3cr3t", true)), nil},
		"another endpoint, and this, which": {subscription("other", true, subscription("s3cr3t", false)), []string{"create: SubscriptionStatus: pending → confirmed (manual)"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := &comparison{}
			target := compareSubscription(got, c.now, subscription("s3cr3t", true))
			if d := cmp.Diff(c.changes, lines(got.changes)); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			if target == nil || c.now == nil && target.Confirmed {
				t.Errorf("the target is %+v: nobody has confirmed it", target)
			}
			for _, ch := range got.changes {
				if strings.Contains(ch.Now+ch.Want+ch.Manual+ch.Ask+ch.Risk, "s3cr3t") {
					t.Errorf("the endpoint is told: %+v", ch)
				}
			}
		})
	}
}

// Rules that expire something are added only to a bucket of which all is known that speaks against them.
func TestLifecycleOfWhatIsNotKnown(t *testing.T) {
	for _, step := range []resource.Step{resource.BucketPolicy, resource.BucketMFADelete, resource.BucketLifecycle} {
		now, want := wantedBucket(), wantedBucket()
		now.Lifecycle, now.Policy, now.Versioning = nil, policy.Document{}, "Suspended"
		c := &comparison{unread: map[resource.Step]error{step: errors.New("AccessDenied")}}
		target := compareBucket(c, now, want)
		if !slices.Contains(lines(c.changes), "versioning: Status: Suspended → Enabled") {
			t.Errorf("%s unread: what is known is not compared: %v", step, lines(c.changes))
		}
		if target.Lifecycle != nil || slices.ContainsFunc(c.changes, func(ch Change) bool { return ch.Step == resource.BucketLifecycle }) {
			t.Errorf("%s unread: the target has the lifecycle %+v", step, target.Lifecycle)
		}
	}
}

// Each statement that is added, becomes another one or goes is a change of its own; those of others stay.
func TestPolicyChanges(t *testing.T) {
	public := policy.Statement{Sid: "Everybody", Effect: "Allow", Principal: policy.Principal{"*": {"*"}}, Action: []string{"s3:GetObject"}, Resource: []string{"arn:aws:s3:::logs/*"}}
	theirs := policy.Statement{Sid: "SIEM", Effect: "Allow", Principal: policy.Principal{"AWS": {"arn:aws:iam::111122223333:role/siem"}}, Action: []string{"s3:GetObject"}, Resource: []string{"arn:aws:s3:::logs/*"}}
	tls := policy.Statement{Sid: "DenyInsecureTransport", Effect: "Deny", Principal: policy.Principal{"*": {"*"}}, Action: []string{"s3:*"}, Resource: []string{"arn:aws:s3:::logs/*"}, Condition: policy.Condition{"Bool": {"aws:SecureTransport": {"false"}}}}
	now, want := wantedBucket(), wantedBucket()
	want.Policy = delivering("cloudtrail.amazonaws.com", tls)
	now.Policy = delivering("cloudtrail.amazonaws.com", public, theirs)
	c := &comparison{}
	target := compareBucket(c, now, want)
	if d := cmp.Diff([]string{
		"policy: Policy, statement DenyInsecureTransport:  → Deny s3:* to everybody on arn:aws:s3:::logs/* if Bool aws:SecureTransport false",
		"policy: Policy, statement Everybody: Allow s3:GetObject to everybody on arn:aws:s3:::logs/* → none",
	}, lines(c.changes)); d != "" {
		t.Errorf("changes (-want +got):\n%s", d)
	}
	if len(c.changes) == 2 && (c.changes[1].Risk == "" || c.changes[1].Why == whyBucketPolicy.why) {
		t.Errorf("nothing says why access goes, or who loses it: %+v", c.changes[1])
	}
	if !policy.Equal(target.Policy, delivering("cloudtrail.amazonaws.com", theirs, tls)) {
		t.Errorf("the policy becomes %s", target.Policy.JSON())
	}
}
