package cloudformation

import (
	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
)

const (
	ours    = "111122223333"
	archive = "444455556666"
)

// arns are ARNs of one partition and region.
type arns struct{ partition, region, account string }

func (a arns) of(service, name string) string {
	return "arn:" + a.partition + ":" + service + ":" + a.region + ":" + a.account + ":" + name
}

func (a arns) bucket(name string) string { return "arn:" + a.partition + ":s3:::" + name }

func (a arns) role(name string) string {
	return "arn:" + a.partition + ":iam::" + a.account + ":role/" + name
}

func allow(sid string, who policy.Principal, action, on string, condition policy.Condition) policy.Statement {
	return policy.Statement{Sid: sid, Effect: "Allow", Principal: who, Action: []string{action}, Resource: []string{on}, Condition: condition}
}

func service(name string) policy.Principal { return policy.Principal{"Service": {name}} }

func equals(key, value string) policy.Condition {
	return policy.Condition{"StringEquals": {key: {value}}}
}

func document(statements ...policy.Statement) policy.Document {
	return policy.Document{Version: "2012-10-17", Statements: statements}
}

// tlsOnly denies what is not encrypted on its way.
func tlsOnly(arn string) policy.Statement {
	return policy.Statement{Sid: "DenyInsecureTransport", Effect: "Deny", Principal: policy.Principal{"*": {"*"}}, Action: []string{"s3:*"},
		Resource: []string{arn, arn + "/*"}, Condition: policy.Condition{"Bool": {"aws:SecureTransport": {"false"}}}}
}

func closed() resource.PublicAccess {
	return resource.PublicAccess{BlockACLs: true, IgnoreACLs: true, BlockPolicy: true, Restrict: true}
}

// everything has all kinds of resource in one account and region, none of which is there.
func everything(partition, region string) Stack {
	a := arns{partition, region, ours}
	trail, key, topic := a.of("cloudtrail", "trail/acme"), a.of("kms", "alias/acme"), a.of("sns", "acme-alarms")
	zero := 0.0
	s := Stack{Name: "acme", Account: ours, Region: region, Partition: partition,
		Notes:  []string{"AWS Config is on in no other region."},
		Manual: []string{"bucket acme-logs: MFADelete: aws s3api put-bucket-versioning --mfa '<serial> <code>'"},
	}
	s.Resources = []resource.Resource{
		&resource.ServiceAccess{Account: ours, Service: "cloudtrail.amazonaws.com"},
		&resource.Role{Account: ours, Name: "acme-trail-logs", Trust: document(policy.Statement{Effect: "Allow", Principal: service("cloudtrail.amazonaws.com"),
			Action: []string{"sts:AssumeRole"}, Condition: equals("aws:SourceArn", trail)}),
			Inline: map[string]policy.Document{"write": document(policy.Statement{Effect: "Allow", Action: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
				Resource: []string{a.of("logs", "log-group:acme/trail:log-stream:"+ours+"_CloudTrail_"+region+"*")}})}},
		&resource.Role{Account: ours, Name: "acme-auditor", Path: "/audit/", Description: "Reads the evidence", MaxSession: 3600,
			Trust: document(policy.Statement{Effect: "Allow", Principal: policy.Principal{"AWS": {a.role("audit/acme-lead"), ours}}, Action: []string{"sts:AssumeRole"}}),
			Inline: map[string]policy.Document{"read": document(
				policy.Statement{Effect: "Allow", Action: []string{"s3:GetObject"}, Resource: []string{a.bucket("acme-logs") + "/*"}},
				policy.Statement{Effect: "Allow", Action: []string{"kms:Decrypt"}, Resource: []string{key}})},
			Managed: []string{"arn:" + partition + ":iam::aws:policy/SecurityAudit"}},
		&resource.Role{Account: ours, Name: "acme-slack", Trust: document(policy.Statement{Effect: "Allow", Principal: service("chatbot.amazonaws.com"),
			Action: []string{"sts:AssumeRole"}, Condition: equals("aws:SourceAccount", ours)})},
		&resource.Role{Account: ours, Name: "AWSServiceRoleForConfig", ServiceLinkedTo: "config.amazonaws.com"},
		&resource.Key{Account: ours, Region: region, Alias: "alias/acme", Enabled: true, Rotation: true, Description: "Trailseal: acme", Policy: document(
			policy.Statement{Sid: "EnableRoot", Effect: "Allow", Principal: policy.Principal{"AWS": {"arn:" + partition + ":iam::" + ours + ":root"}}, Action: []string{"kms:*"}, Resource: []string{"*"}},
			allow("AllowCloudTrailEncrypt", service("cloudtrail.amazonaws.com"), "kms:GenerateDataKey*", "*", policy.Condition{
				"StringEquals": {"aws:SourceArn": {trail}}, "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": {"arn:" + partition + ":cloudtrail:*:" + ours + ":trail/*"}}}),
			allow("ReadersDecrypt", policy.Principal{"AWS": {a.role("audit/acme-auditor")}}, "kms:Decrypt", "*", nil),
		)},
		&resource.Bucket{Account: ours, Region: region, Name: "acme-access-logs", Public: closed(), Ownership: "BucketOwnerEnforced",
			Encryption: resource.Encryption{Algorithm: "AES256"}, Versioning: "Enabled",
			Lifecycle: []resource.LifecycleRule{{ID: "expire", Enabled: true, ExpireDays: 400, AbortDays: 7}},
			Policy: document(policy.Statement{Sid: "S3ServerAccessLogsPolicy", Effect: "Allow", Principal: service("logging.s3.amazonaws.com"), Action: []string{"s3:PutObject"},
				Resource: []string{a.bucket("acme-access-logs") + "/acme-logs/*"}, Condition: policy.Condition{"ArnLike": {"aws:SourceArn": {a.bucket("acme-logs")}}, "StringEquals": {"aws:SourceAccount": {ours}}}},
				tlsOnly(a.bucket("acme-access-logs")))},
		&resource.Bucket{Account: ours, Region: region, Name: "acme-logs", Public: closed(), Ownership: "BucketOwnerEnforced",
			Encryption: resource.Encryption{Algorithm: "aws:kms", KeyARN: key, BucketKey: true}, Versioning: "Enabled",
			Lock: resource.Lock{Enabled: true, Mode: "GOVERNANCE", Days: 400},
			Lifecycle: []resource.LifecycleRule{
				{ID: "retain", Enabled: true, ExpireDays: 2557, NoncurrentDays: 400, AbortDays: 7, Transitions: []resource.Transition{{Days: 400, Class: "GLACIER_IR"}}},
				{ID: "theirs", Enabled: false, Filter: `{"And":{"Prefix":"tmp/","Tags":[{"Key":"keep","Value":"no"}],"ObjectSizeGreaterThan":1024}}`, ExpireDays: 3000, NoncurrentDays: 30, NoncurrentVersions: 3},
			},
			Logging: resource.AccessLogging{Bucket: "acme-access-logs", Prefix: "acme-logs/"},
			Policy: document(
				allow("AWSCloudTrailAclCheck20150319", service("cloudtrail.amazonaws.com"), "s3:GetBucketAcl", a.bucket("acme-logs"), equals("aws:SourceArn", trail)),
				allow("AWSCloudTrailWrite20150319", service("cloudtrail.amazonaws.com"), "s3:PutObject", a.bucket("acme-logs")+"/AWSLogs/"+ours+"/*",
					policy.Condition{"StringEquals": {"s3:x-amz-acl": {"bucket-owner-full-control"}, "aws:SourceArn": {trail}}}),
				tlsOnly(a.bucket("acme-logs")))},
		&resource.LogGroup{Account: ours, Region: region, Name: "acme/trail", KeyARN: key, RetentionDays: 400},
		&resource.Topic{Account: ours, Region: region, Name: "acme-delivery", Policy: document(
			allow("AWSCloudTrailSNSPolicy20131101", service("cloudtrail.amazonaws.com"), "SNS:Publish", a.of("sns", "acme-delivery"), equals("aws:SourceArn", trail)))},
		&resource.Topic{Account: ours, Region: region, Name: "acme-alarms", KeyARN: key, Policy: document(
			allow("AllowCloudWatchAlarms", service("cloudwatch.amazonaws.com"), "sns:Publish", topic, policy.Condition{
				"StringEquals": {"aws:SourceAccount": {ours}}, "ArnLike": {"aws:SourceArn": {a.of("cloudwatch", "alarm:*")}}}))},
		&resource.Trail{Account: ours, Region: region, Name: "acme", Bucket: "acme-logs", KeyARN: key, TopicARN: a.of("sns", "acme-delivery"),
			LogGroupARN: a.of("logs", "log-group:acme/trail:*"), LogRoleARN: a.role("acme-trail-logs"),
			MultiRegion: true, GlobalEvents: true, Validation: true, Logging: true, Insights: []string{"ApiCallRateInsight", "ApiErrorRateInsight"},
			Selectors: []resource.Selector{
				{Name: "management", Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}},
				{Name: "objects", Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{"AWS::S3::Object"}},
					{Field: "resources.ARN", StartsWith: []string{a.bucket("payments") + "/"}}}},
			}},
		&resource.Subscription{Account: ours, Region: region, Topic: "acme-alarms", Protocol: "email", Label: "security@acme.example", Endpoint: secret.New("security@acme.example")},
		&resource.Subscription{Account: ours, Region: region, Topic: "acme-alarms", Protocol: "https", Label: "pagerduty", Endpoint: secret.New("https://events.pagerduty.com/integration/SECRET/enqueue")},
		&resource.SlackChannel{Account: ours, Name: "acme", Workspace: "T07EA123LEP", Channel: "C07EZ1ABC23", RoleARN: a.role("acme-slack"), Topics: []string{topic}},
		&resource.MetricFilter{Account: ours, Region: region, LogGroup: "acme/trail", Name: "cis-root-use", Namespace: "Trailseal", Metric: "cis-root-use", Value: "1", Default: &zero,
			Pattern: `{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) && ($.eventType != "AwsServiceEvent") }`},
		&resource.Alarm{Account: ours, Region: region, Name: "acme-cis-root-use", Description: "The root user was used", Namespace: "Trailseal", Metric: "cis-root-use",
			Statistic: "Sum", Period: 300, Periods: 1, Threshold: 1, Comparison: "GreaterThanOrEqualToThreshold", Missing: "notBreaching", ActionsEnabled: true, Actions: []string{topic}},
		&resource.Bucket{Account: ours, Region: region, Name: "acme-config", Public: closed(), Ownership: "BucketOwnerEnforced", Encryption: resource.Encryption{Algorithm: "AES256"},
			Logging: resource.AccessLogging{Bucket: "acme-access-logs", Prefix: "acme-config/"},
			Policy:  document(allow("AWSConfigBucketDelivery", service("config.amazonaws.com"), "s3:PutObject", a.bucket("acme-config")+"/AWSLogs/"+ours+"/Config/*", equals("AWS:SourceAccount", ours)))},
		&resource.Recorder{Account: ours, Region: region, Name: "default", RoleARN: a.role("aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"),
			AllSupported: true, GlobalTypes: true, Recording: true},
		&resource.DeliveryChannel{Account: ours, Region: region, Name: "default", Bucket: "acme-config", Frequency: "TwentyFour_Hours"},
		&resource.Rule{Account: ours, Region: region, Name: "acme-cloud-trail-enabled", Identifier: "CLOUD_TRAIL_ENABLED", Owner: "AWS", Parameters: `{"s3BucketName":"acme-logs"}`},
		&resource.Rule{Account: ours, Region: region, Name: "acme-s3-bucket-logging-enabled", Identifier: "S3_BUCKET_LOGGING_ENABLED", Owner: "AWS", Types: []string{"AWS::S3::Bucket"}},
		&resource.Hub{Account: ours, Region: region, Standards: []string{"arn:" + partition + ":securityhub:" + region + "::standards/cis-aws-foundations-benchmark/v/3.0.0"}},
		&resource.Detector{Account: ours, Region: region, Enabled: true, Frequency: "FIFTEEN_MINUTES"},
		&resource.ParameterGroup{Account: ours, Region: region, Name: "acme-orders", Family: "postgres16", Parameters: map[string]string{"shared_preload_libraries": "pg_stat_statements,pgaudit", "pgaudit.log": "ddl,role,write"}},
		&resource.ParameterGroup{Account: ours, Region: region, Name: "acme-billing", Cluster: true, Family: "aurora-mysql8.0", Parameters: map[string]string{"server_audit_logging": "1"}},
		&resource.OptionGroup{Account: ours, Region: region, Name: "acme-shop", Engine: "mariadb", Version: "10.11", Options: map[string]map[string]string{"MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_EVENTS": "CONNECT,QUERY_DDL,QUERY_DCL"}}},
		&resource.Database{Account: ours, Region: region, Name: "orders", Engine: "postgres", Version: "16.3", ParameterGroup: "acme-orders", Exports: []string{"postgresql", "upgrade"}},
	}
	return s
}

// apart has the log bucket in an account of its own and AWS Config in a second region.
func apart() Stack {
	s := everything("aws", "eu-central-1")
	for _, r := range s.Resources {
		if b, ok := r.(*resource.Bucket); ok && b.Name != "acme-config" {
			b.Account = archive
		}
	}
	s.Resources = append(s.Resources,
		&resource.Hub{Account: ours, Region: "us-east-1"},
		&resource.Rule{Account: ours, Region: "us-east-1", Name: "acme-cloud-trail-enabled", Identifier: "CLOUD_TRAIL_ENABLED", Owner: "AWS"},
	)
	s.Organization = "o-a1b2c3d4e5"
	return s
}

// brownfield is all there, with settings that are not those wanted.
func brownfield() Stack {
	s := everything("aws", "eu-central-1")
	s.Exists, s.Keys = map[resource.ID]bool{}, map[resource.ID]string{}
	for _, r := range s.Resources {
		s.Exists[r.ID()] = true
		switch r := r.(type) {
		case *resource.Key:
			s.Keys[r.ID()] = "arn:aws:kms:eu-central-1:" + ours + ":key/1234abcd-12ab-34cd-56ef-1234567890ab"
		case *resource.Detector:
			r.Detector = "12abc34d567e8fa901bc2d34e56789f0"
		}
	}
	return s
}
