package setup

import (
	"math/rand/v2"
	"slices"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
)

const (
	someAccount = "111122223333"
	someRegion  = "eu-central-1"
	ourKey      = "arn:aws:kms:eu-central-1:111122223333:key/ours"
	otherKey    = "arn:aws:kms:eu-central-1:111122223333:key/other"
)

// dice makes resources whose settings are any of those that AWS has.
type dice struct{ *rand.Rand }

func (d dice) bool() bool { return d.IntN(2) == 0 }

func pick[T any](d dice, all ...T) T { return all[d.IntN(len(all))] }

// some are any of those, in their order.
func some[T any](d dice, all ...T) []T {
	var few []T
	for _, v := range all {
		if d.bool() {
			few = append(few, v)
		}
	}
	return few
}

func (d dice) key() string { return pick(d, "", ourKey, otherKey, "alias/aws/sns", "alias/another") }

func (d dice) document() policy.Document {
	if d.IntN(4) == 0 {
		return policy.Document{}
	}
	return policy.Document{Version: "2012-10-17", Statements: some(d,
		policy.Statement{Sid: "Write", Effect: "Allow", Principal: policy.Principal{"Service": {"cloudtrail.amazonaws.com"}}, Action: []string{"s3:PutObject"}, Resource: []string{"arn:aws:s3:::logs/AWSLogs/*"},
			Condition: policy.Condition{"StringEquals": {"aws:SourceArn": {pick(d, "arn:aws:cloudtrail:eu-central-1:111122223333:trail/acme", "arn:aws:cloudtrail:eu-central-1:111122223333:trail/another")}}}},
		policy.Statement{Sid: "TLS", Effect: "Deny", Principal: policy.Principal{"*": {"*"}}, Action: []string{"s3:*"}, Resource: []string{"arn:aws:s3:::logs/*"}, Condition: policy.Condition{"Bool": {"aws:SecureTransport": {"false"}}}},
		policy.Statement{Sid: "Logs", Effect: "Allow", Principal: policy.Principal{"Service": {"logging.s3.amazonaws.com"}}, Action: []string{"s3:PutObject"}, Resource: []string{"arn:aws:s3:::logs/*"}},
		policy.Statement{Sid: "SIEM", Effect: "Allow", Principal: policy.Principal{"AWS": {"arn:aws:iam::111122223333:role/siem"}}, Action: []string{"s3:GetObject"}, Resource: []string{"arn:aws:s3:::logs/*"}},
		policy.Statement{Sid: "OnlyKMS", Effect: "Deny", Principal: policy.Principal{"*": {"*"}}, Action: []string{"s3:PutObject"}, Resource: []string{"arn:aws:s3:::logs/*"}, Condition: policy.Condition{"StringNotEquals": {"s3:x-amz-server-side-encryption": {"aws:kms"}}}},
	)}
}

func (d dice) bucket() *resource.Bucket {
	b := &resource.Bucket{Account: someAccount, Region: someRegion, Name: "logs",
		Public:    resource.PublicAccess{BlockACLs: d.bool(), IgnoreACLs: d.bool(), BlockPolicy: d.bool(), Restrict: d.bool()},
		Ownership: pick(d, "", "BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"),
		Encryption: resource.Encryption{Algorithm: pick(d, "", "AES256", "aws:kms", "aws:kms:dsse"),
			KeyARN: pick(d, "", ourKey, otherKey, "alias/aws/s3"), BucketKey: d.bool()},
		Versioning: pick(d, "", "Enabled", "Suspended"), MFADelete: d.IntN(4) == 0,
		Logging: pick(d, resource.AccessLogging{}, resource.AccessLogging{Bucket: "logs"}, resource.AccessLogging{Bucket: "access", Prefix: "logs/"}, resource.AccessLogging{Bucket: "theirs"}),
		Policy:  d.document()}
	if d.bool() {
		b.Lock = resource.Lock{Enabled: true, Mode: pick(d, "", "GOVERNANCE", "COMPLIANCE")}
		if b.Lock.Mode != "" {
			b.Lock.Days, b.Lock.Years = pick(d, 0, 30, 400), 0
			if b.Lock.Days == 0 {
				b.Lock.Years = pick(d, 1, 7)
			}
		}
	}
	for _, id := range some(d, "trailseal-retention", "save-money", "tidy") {
		b.Lifecycle = append(b.Lifecycle, d.rule(id))
	}
	return b
}

func (d dice) rule(id string) resource.LifecycleRule {
	r := resource.LifecycleRule{ID: id, Enabled: d.IntN(4) > 0, Prefix: pick(d, "", "", "AWSLogs/", "tmp/"), Filter: pick(d, "", "", "", `{"Tag":{}}`),
		ExpireDays: pick(d, 0, 30, 400, 2557, 4000), NoncurrentDays: pick(d, 0, 1, 365, 500), AbortDays: pick(d, 0, 7)}
	if d.bool() {
		from := pick(d, 1, 90, 400)
		r.Transitions = append(r.Transitions, resource.Transition{Days: from, Class: pick(d, "STANDARD_IA", "GLACIER_IR", "GLACIER")},
			resource.Transition{Days: from + 90, Class: "DEEP_ARCHIVE"})
	}
	if d.IntN(8) == 0 {
		r.ExpireDays, r.ExpireDate = 0, "2027-01-01T00:00:00Z"
	}
	return r
}

func (d dice) keyResource() *resource.Key {
	return &resource.Key{Account: someAccount, Region: someRegion, Alias: "alias/acme", ARN: pick(d, ourKey, "arn:aws:kms:eu-central-1:999900001111:key/theirs"), Enabled: d.bool(), Rotation: d.bool(), Policy: d.document(), Foreign: d.IntN(8) == 0}
}

func (d dice) selector() resource.Selector {
	if d.IntN(3) == 0 {
		s := resource.Selector{Name: pick(d, "", "management"), Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}}
		if d.bool() {
			s.Fields = append(s.Fields, resource.FieldSelector{Field: "readOnly", Equals: []string{pick(d, "true", "false")}})
		}
		if d.IntN(3) == 0 {
			s.Fields = append(s.Fields, resource.FieldSelector{Field: "eventSource", NotEquals: []string{"kms.amazonaws.com"}})
		}
		return s
	}
	s := resource.Selector{Name: pick(d, "", "data"), Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Data"}},
		{Field: "resources.type", Equals: []string{pick(d, "AWS::S3::Object", "AWS::Lambda::Function")}}}}
	if d.bool() {
		s.Fields = append(s.Fields, resource.FieldSelector{Field: "readOnly", Equals: []string{pick(d, "true", "false")}})
	}
	arns := some(d, sampleARNs()...)
	if len(arns) == 0 {
		return s
	}
	f := resource.FieldSelector{Field: "resources.ARN"}
	switch d.IntN(5) {
	case 0:
		f.Equals = arns
	case 1:
		f.StartsWith = arns
	case 2:
		f.NotStartsWith = arns
	case 3:
		f.NotEquals = arns
	default:
		f.StartsWith, f.Equals = arns[:1], arns[1:]
	}
	s.Fields = append(s.Fields, f)
	return s
}

func sampleARNs() []string {
	return []string{"arn:aws:s3:::", "arn:aws:s3:::logs/", "arn:aws:s3:::pay/", "arn:aws:s3:::pay/roll/", "arn:aws:lambda:eu-central-1:111122223333:function:pay"}
}

func (d dice) trail() *resource.Trail {
	t := &resource.Trail{Account: someAccount, Region: someRegion, Name: "acme", Bucket: pick(d, "logs", "theirs"), KeyARN: pick(d, "", ourKey, otherKey),
		TopicARN: pick(d, "", "arn:topic", "arn:another"), MultiRegion: d.bool(), GlobalEvents: d.bool(), Validation: d.bool(), Organization: d.bool(),
		BasicSelectors: d.bool(), Insights: some(d, "ApiCallRateInsight", "ApiErrorRateInsight"), Logging: d.bool()}
	if d.bool() {
		t.LogGroupARN, t.LogRoleARN = pick(d, "arn:group:*", "arn:other:*"), pick(d, "arn:role", "arn:role2")
	}
	for range d.IntN(4) {
		t.Selectors = append(t.Selectors, d.selector())
	}
	return t
}

func (d dice) logGroup() *resource.LogGroup {
	return &resource.LogGroup{Account: someAccount, Region: someRegion, Name: "acme", KeyARN: pick(d, "", ourKey, otherKey), RetentionDays: pick(d, 0, 7, 365, 400, 410, 3653, 5000), Class: pick(d, "STANDARD", "INFREQUENT_ACCESS")}
}

func (d dice) topic() *resource.Topic {
	return &resource.Topic{Account: someAccount, Region: someRegion, Name: "alarms", KeyARN: d.key(), Policy: d.document()}
}

func (d dice) subscription() *resource.Subscription {
	one := func() *resource.Subscription {
		return &resource.Subscription{Account: someAccount, Region: someRegion, Topic: "alarms", Protocol: "https", Label: "pagerduty",
			Endpoint: secret.New(pick(d, "https://events.example/1", "https://events.example/2", "")), Confirmed: d.bool(), ARN: pick(d, "", "arn:1")}
	}
	s := one()
	if d.bool() {
		s.Same = []*resource.Subscription{one()}
	}
	return s
}

func (d dice) slack() *resource.SlackChannel {
	return &resource.SlackChannel{Account: someAccount, Name: "acme", Workspace: "T1", Channel: pick(d, "C1", "C1", "C1", "C2"), RoleARN: pick(d, "", "arn:role"), Topics: some(d, "arn:a", "arn:b")}
}

func (d dice) filter() *resource.MetricFilter {
	f := &resource.MetricFilter{Account: someAccount, Region: someRegion, LogGroup: "acme", Name: "root", Pattern: pick(d, "{ $.a = 1 }", " { $.a = 1 }", "{ $.b = 1 }"),
		Namespace: pick(d, "LogMetrics", "CIS"), Metric: pick(d, "Root", "Other"), Value: pick(d, "1", "2"), Others: pick(d, 0, 0, 0, 1),
		Unit: pick(d, "", "Count"), Criteria: pick(d, "", "", "", "@aws.account = 1"), System: pick(d, nil, nil, []string{"@aws.account"})}
	if d.IntN(4) == 0 {
		f.Dimensions = map[string]string{"user": "$.user"}
	}
	if d.bool() {
		zero := pick(d, 0.0, 1.0)
		f.Default = &zero
	}
	return f
}

func (d dice) alarm() *resource.Alarm {
	periods := pick(d, 1, 1, 2, 3)
	return &resource.Alarm{Account: someAccount, Region: someRegion, Name: "root", Description: pick(d, "", "a"), Namespace: "LogMetrics", Metric: pick(d, "Root", "Root", "Root", "Other"),
		Statistic: pick(d, "Sum", "Sum", "Sum", "Average", ""), Period: pick(d, 60, 120, 300, 900, 3600), Periods: periods, Points: pick(d, 0, 1, periods),
		Threshold: pick(d, 0, 0.5, 1, 2, 5, 10), Comparison: pick(d, atLeast, atLeast, moreThan, "LessThanThreshold"), Missing: pick(d, "", "notBreaching", "ignore", "breaching"),
		ActionsEnabled: d.bool(), Actions: some(d, "arn:a", "arn:b", "arn:c", "arn:d", "arn:e", "arn:f"), OKActions: some(d, "arn:a"), NoDataActions: some(d, "arn:a"), Dimensions: d.IntN(10) == 0, Unit: pick(d, "", "", "Count")}
}

func (d dice) recorder() *resource.Recorder {
	r := &resource.Recorder{Account: someAccount, Region: someRegion, Name: "default", RoleARN: pick(d, "", "arn:role", "arn:role2"), AllSupported: d.bool(), GlobalTypes: d.bool(),
		Frequency: pick(d, "", "CONTINUOUS", "DAILY"), Recording: d.bool()}
	switch {
	case !r.AllSupported && d.bool():
		r.Excluded = some(d, "AWS::EC2::Instance", "AWS::S3::Bucket")
	case !r.AllSupported:
		r.Types = some(d, "AWS::EC2::Instance", "AWS::S3::Bucket", "AWS::IAM::Role")
	}
	return r
}

func (d dice) channel() *resource.DeliveryChannel {
	return &resource.DeliveryChannel{Account: someAccount, Region: someRegion, Name: "default", Bucket: pick(d, "a", "b"), Frequency: pick(d, "", "Six_Hours", "TwentyFour_Hours")}
}

func (d dice) configRule() *resource.Rule {
	return &resource.Rule{Account: someAccount, Region: someRegion, Name: "cloudtrail-enabled", Identifier: pick(d, "CLOUD_TRAIL_ENABLED", "CLOUD_TRAIL_ENABLED", "S3_BUCKET_LOGGING_ENABLED"),
		Owner: pick(d, "AWS", "AWS", "AWS", "CUSTOM_LAMBDA"), Types: some(d, "AWS::S3::Bucket", "AWS::CloudTrail::Trail"),
		Parameters: pick(d, "", "{}", `{"s3BucketName":"a"}`, `{"s3BucketName":"b","other":"1"}`, `[`), Frequency: pick(d, "", "One_Hour", "TwentyFour_Hours")}
}

func (d dice) hub() *resource.Hub {
	return &resource.Hub{Account: someAccount, Region: someRegion, Standards: some(d, "arn:cis-1.4.0", "arn:cis-3.0.0", "arn:foundational")}
}

func (d dice) detector() *resource.Detector {
	return &resource.Detector{Account: someAccount, Region: someRegion, Detector: "d", Enabled: d.bool(), Frequency: pick(d, "", "FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS")}
}

func (d dice) role() *resource.Role {
	r := &resource.Role{Account: someAccount, Name: "logs", Trust: d.document(), Inline: map[string]policy.Document{}, Managed: some(d, "arn:p1", "arn:p2")}
	for _, name := range some(d, "trailseal", "theirs") {
		r.Inline[name] = d.document()
	}
	if d.IntN(8) == 0 {
		return &resource.Role{Account: someAccount, Name: "logs", ServiceLinkedTo: "config.amazonaws.com"}
	}
	return r
}

func (d dice) parameterGroup() *resource.ParameterGroup {
	g := &resource.ParameterGroup{Account: someAccount, Region: someRegion, Name: "acme", Family: "postgres16", Parameters: map[string]string{}}
	for _, p := range []struct {
		name   string
		values []string
	}{
		{"shared_preload_libraries", []string{"", "pg_stat_statements", "pgaudit", "pg_stat_statements, pgaudit"}},
		{"pgaudit.log", []string{"", "none", "all", "all,-misc", "ddl,role,write", "read", "misc", "Write, -ddl", "new_class"}},
		{"server_audit_logging", []string{"", "0", "1"}},
		{"server_audit_events", []string{"", "CONNECT", "CONNECT,QUERY_DDL"}},
		{"server_audit_excl_users", []string{"", "rdsadmin", "rdsadmin,app"}},
	} {
		if d.bool() {
			g.Parameters[p.name] = pick(d, p.values...)
		}
	}
	return g
}

func (d dice) optionGroup() *resource.OptionGroup {
	g := &resource.OptionGroup{Account: someAccount, Region: someRegion, Name: "acme", Engine: "mariadb", Version: "10.11", Options: map[string]map[string]string{}}
	for _, name := range some(d, "MARIADB_AUDIT_PLUGIN", "MEMCACHED") {
		g.Options[name] = map[string]string{"SERVER_AUDIT_EVENTS": pick(d, "CONNECT", "CONNECT,QUERY_DDL", "QUERY"), "SERVER_AUDIT_EXCL_USERS": pick(d, "", "app", "app,rdsadmin"),
			"SERVER_AUDIT_INCL_USERS": pick(d, "", "app", "root"), "SERVER_AUDIT_FILE_ROTATIONS": pick(d, "9", "100")}
	}
	return g
}

func (d dice) database() *resource.Database {
	return &resource.Database{Account: someAccount, Region: someRegion, Name: "pay", Engine: "postgres", Version: "16.3", ParameterGroup: pick(d, "default.postgres16", "acme"),
		OptionGroup: pick(d, "", "default:postgres-16", "acme"), Exports: some(d, "audit", "postgresql", "upgrade"), Pending: pick(d, "in-sync", "pending-reboot")}
}

// any is a resource of a kind.
func (d dice) any(kind resource.Kind) resource.Resource {
	switch kind {
	case resource.ServiceAccessKind:
		return &resource.ServiceAccess{Account: someAccount, Service: "cloudtrail.amazonaws.com"}
	case resource.RoleKind:
		return d.role()
	case resource.KeyKind:
		return d.keyResource()
	case resource.BucketKind:
		return d.bucket()
	case resource.LogGroupKind:
		return d.logGroup()
	case resource.TopicKind:
		return d.topic()
	case resource.TrailKind:
		return d.trail()
	case resource.SubscriptionKind:
		return d.subscription()
	case resource.SlackChannelKind:
		return d.slack()
	case resource.MetricFilterKind:
		return d.filter()
	case resource.AlarmKind:
		return d.alarm()
	case resource.RecorderKind:
		return d.recorder()
	case resource.DeliveryChannelKind:
		return d.channel()
	case resource.RuleKind:
		return d.configRule()
	case resource.HubKind:
		return d.hub()
	case resource.DetectorKind:
		return d.detector()
	case resource.ParameterGroupKind:
		return d.parameterGroup()
	case resource.OptionGroupKind:
		return d.optionGroup()
	case resource.DatabaseKind:
		return d.database()
	}
	panic("no such kind: " + kind)
}

// wanted is a resource of a kind as a blueprint can want it.
func (d dice) wanted(kind resource.Kind) resource.Resource {
	switch r := d.any(kind).(type) {
	case *resource.Key:
		r.Foreign, r.Enabled = false, true
		return r
	case *resource.Bucket:
		r.Lifecycle = nil
		if d.bool() {
			r.Lifecycle = []resource.LifecycleRule{{ID: "trailseal-retention", Enabled: true, Prefix: pick(d, "", "", "AWSLogs/"), ExpireDays: pick(d, 0, 400, 2557), NoncurrentDays: pick(d, 0, 365), AbortDays: 7}}
			if hot := pick(d, 0, 90, 399); hot > 0 {
				r.Lifecycle[0].Transitions = []resource.Transition{{Days: hot, Class: pick(d, "GLACIER_IR", "DEEP_ARCHIVE")}}
			}
		}
		r.Ownership = pick(d, "", "BucketOwnerEnforced")
		return r
	case *resource.Alarm:
		r.Dimensions, r.Unit, r.Statistic, r.Metric, r.Periods, r.Points = false, "", "Sum", "Root", 1, pick(d, 0, 1)
		r.Comparison, r.Threshold, r.Missing = pick(d, atLeast, moreThan), pick(d, 1.0, 2, 10), "notBreaching"
		return r
	case *resource.MetricFilter:
		r.Others, r.Dimensions, r.System, r.Criteria, r.Unit = 0, nil, nil, "", ""
		return r
	case *resource.Role:
		for name := range r.Inline {
			r.Inline[name] = policy.Document{Version: "2012-10-17", Statements: []policy.Statement{{Sid: "Write", Effect: "Allow", Action: []string{"logs:PutLogEvents"}, Resource: []string{"*"}}}}
		}
		return r
	default:
		return r
	}
}

// written are the changes that setup makes itself.
func written(changes []Change) []Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return c.Manual != "" })
}
