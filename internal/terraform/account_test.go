package terraform

import (
	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
)

const (
	account  = "123456789012"
	region   = "us-east-1"
	trailARN = "arn:aws:cloudtrail:us-east-1:123456789012:trail/trailseal"
	aliasARN = "arn:aws:kms:us-east-1:123456789012:alias/trailseal"
	groupARN = "arn:aws:logs:us-east-1:123456789012:log-group:trailseal"
	roleARN  = "arn:aws:iam::123456789012:role/trailseal-cloudtrail"
	alarmARN = "arn:aws:sns:us-east-1:123456789012:trailseal-alarms"
	tellARN  = "arn:aws:sns:us-east-1:123456789012:trailseal-deliveries"
	readARN  = "arn:aws:iam::123456789012:role/investigators"
	breakARN = "arn:aws:iam::123456789012:role/break-glass"
)

func allow(sid, service string, action []string, on string, condition policy.Condition) policy.Statement {
	s := policy.Statement{Sid: sid, Effect: "Allow", Action: action, Condition: condition}
	if service != "" {
		s.Principal = policy.Principal{"Service": {service}}
	}
	if on != "" {
		s.Resource = []string{on}
	}
	return s
}

func document(statements ...policy.Statement) policy.Document {
	return policy.Document{Version: "2012-10-17", Statements: statements}
}

func equals(key string, values ...string) policy.Condition {
	return policy.Condition{"StringEquals": {key: values}}
}

// chain is a new account: the trail with all that it needs.
func chain() Module {
	root := policy.Statement{Sid: "EnableRoot", Effect: "Allow", Principal: policy.Principal{"AWS": {"arn:aws:iam::123456789012:root"}},
		Action: []string{"kms:*"}, Resource: []string{"*"}}
	key := document(root,
		allow("AllowCloudTrailEncrypt", "cloudtrail.amazonaws.com", []string{"kms:GenerateDataKey*"}, "*", equals("aws:SourceArn", trailARN)),
		policy.Statement{Sid: "ReadersDecrypt", Effect: "Allow", Principal: policy.Principal{"AWS": {readARN}}, Action: []string{"kms:Decrypt"}, Resource: []string{"*"},
			Condition: policy.Condition{"Null": {"kms:EncryptionContext:aws:cloudtrail:arn": {"false"}}}},
		allow("AllowCloudWatchLogs", "logs.us-east-1.amazonaws.com", []string{"kms:Encrypt*", "kms:Decrypt*"}, "*",
			policy.Condition{"ArnLike": {"kms:EncryptionContext:aws:logs:arn": {groupARN}}}))
	logs := document(
		allow("AWSCloudTrailAclCheck20150319", "cloudtrail.amazonaws.com", []string{"s3:GetBucketAcl"}, "arn:aws:s3:::trailseal-logs", equals("aws:SourceArn", trailARN)),
		allow("AWSCloudTrailWrite20150319", "cloudtrail.amazonaws.com", []string{"s3:PutObject"}, "arn:aws:s3:::trailseal-logs/AWSLogs/123456789012/*",
			policy.Condition{"StringEquals": {"aws:SourceArn": {trailARN}, "s3:x-amz-acl": {"bucket-owner-full-control"}}}),
		policy.Statement{Sid: "DenyDelete", Effect: "Deny", Principal: policy.Principal{"*": {"*"}}, Action: []string{"s3:DeleteBucket", "s3:DeleteObject*"},
			Resource:  []string{"arn:aws:s3:::trailseal-logs", "arn:aws:s3:::trailseal-logs/*"},
			Condition: policy.Condition{"ArnNotEquals": {"aws:PrincipalArn": {breakARN}}}})
	access := document(allow("S3ServerAccessLogsPolicy", "logging.s3.amazonaws.com", []string{"s3:PutObject"}, "arn:aws:s3:::trailseal-access-logs/*",
		policy.Condition{"ArnLike": {"aws:SourceArn": {"arn:aws:s3:::trailseal-logs"}}, "StringEquals": {"aws:SourceAccount": {account}}}))
	closed := resource.PublicAccess{BlockACLs: true, IgnoreACLs: true, BlockPolicy: true, Restrict: true}
	zero := 0.0
	alarm := func(name, metric string) *resource.Alarm {
		return &resource.Alarm{Account: account, Region: region, Name: name, Description: "Somebody used " + metric + ".", Namespace: "LogMetrics", Metric: metric,
			Statistic: "Sum", Period: 300, Periods: 1, Threshold: 1, Comparison: "GreaterThanOrEqualToThreshold", Missing: "notBreaching",
			ActionsEnabled: true, Actions: []string{alarmARN}}
	}
	filter := func(name, metric, pattern string) *resource.MetricFilter {
		return &resource.MetricFilter{Account: account, Region: region, LogGroup: "trailseal", Name: name, Pattern: pattern, Namespace: "LogMetrics",
			Metric: metric, Value: "1", Default: &zero}
	}
	return Module{Name: "trailseal", Account: account, Region: region, Partition: "aws", Readers: []string{readARN}, BreakGlass: breakARN,
		Resources: []resource.Resource{
			&resource.Role{Account: account, Name: "trailseal-cloudtrail", Path: "/", Description: "CloudTrail writes to CloudWatch Logs with it.",
				Trust: document(allow("", "cloudtrail.amazonaws.com", []string{"sts:AssumeRole"}, "", equals("aws:SourceArn", trailARN))),
				Inline: map[string]policy.Document{"write": document(allow("Write", "", []string{"logs:CreateLogStream", "logs:PutLogEvents"},
					groupARN+":log-stream:123456789012_CloudTrail_us-east-1*", nil))}},
			&resource.Key{Account: account, Region: region, Alias: "alias/trailseal", Enabled: true, Rotation: true, Policy: key, Description: "CloudTrail's log files"},
			&resource.Bucket{Account: account, Region: region, Name: "trailseal-access-logs", Public: closed, Ownership: "BucketOwnerEnforced",
				Encryption: resource.Encryption{Algorithm: "AES256"}, Versioning: "Enabled", Policy: access,
				Lifecycle: []resource.LifecycleRule{{ID: "expire", Enabled: true, ExpireDays: 400, NoncurrentDays: 30, AbortDays: 7}}},
			&resource.Bucket{Account: account, Region: region, Name: "trailseal-logs", Public: closed, Ownership: "BucketOwnerEnforced",
				Encryption: resource.Encryption{Algorithm: "aws:kms", KeyARN: aliasARN, BucketKey: true}, Versioning: "Enabled", Policy: logs,
				Logging: resource.AccessLogging{Bucket: "trailseal-access-logs", Prefix: "trailseal-logs/"},
				Lock:    resource.Lock{Enabled: true, Mode: "GOVERNANCE", Days: 400},
				Lifecycle: []resource.LifecycleRule{{ID: "retention", Enabled: true, Transitions: []resource.Transition{{Days: 400, Class: "GLACIER_IR"}},
					ExpireDays: 2557, NoncurrentDays: 365, NoncurrentVersions: 3, AbortDays: 7},
					{ID: "markers", Enabled: true, ExpireMarkers: true}}},
			&resource.LogGroup{Account: account, Region: region, Name: "trailseal", KeyARN: aliasARN, RetentionDays: 400, Class: "STANDARD"},
			&resource.Topic{Account: account, Region: region, Name: "trailseal-alarms", KeyARN: aliasARN,
				Policy: document(allow("AllowCloudWatchAlarms", "cloudwatch.amazonaws.com", []string{"sns:Publish"}, alarmARN,
					policy.Condition{"ArnLike": {"aws:SourceArn": {"arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"}}, "StringEquals": {"aws:SourceAccount": {account}}}))},
			&resource.Topic{Account: account, Region: region, Name: "trailseal-deliveries", KeyARN: aliasARN,
				Policy: document(allow("AWSCloudTrailSNSPolicy20131101", "cloudtrail.amazonaws.com", []string{"SNS:Publish"}, tellARN, equals("aws:SourceArn", trailARN)))},
			&resource.Trail{Account: account, Region: region, Name: "trailseal", Bucket: "trailseal-logs", KeyARN: aliasARN, TopicARN: tellARN,
				LogGroupARN: groupARN + ":*", LogRoleARN: roleARN, MultiRegion: true, GlobalEvents: true, Validation: true, Logging: true,
				Insights: []string{"ApiCallRateInsight"},
				Selectors: []resource.Selector{{Name: "management", Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}},
					{Name: "s3", Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{"AWS::S3::Object"}},
						{Field: "resources.ARN", StartsWith: []string{"arn:aws:s3:::payments/"}}}}}},
			&resource.Subscription{Account: account, Region: region, Topic: "trailseal-alarms", Protocol: "email", Label: "security@example.com",
				Endpoint: secret.New("security@example.com")},
			filter("CIS-1.1-RootAccountUsage", "RootAccountUsage", `{$.userIdentity.type="Root" && $.eventType !="AwsServiceEvent"}`),
			filter("CIS-4.5-CloudTrailChanges", "CloudTrailChanges", `{($.eventName=CreateTrail) || ($.eventName="UpdateTrail")}`),
			filter("CIS-4.6-SignInFailures", "SignInFailures", `{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}`),
			alarm("CIS-1.1-RootAccountUsage", "RootAccountUsage"),
			alarm("CIS-4.5-CloudTrailChanges", "CloudTrailChanges"),
			alarm("CIS-4.6-SignInFailures", "SignInFailures"),
		}}
}

// services is chain with AWS Config and GuardDuty.
func services() Module {
	m := chain()
	m.Resources = append(m.Resources,
		&resource.Role{Account: account, Name: "AWSServiceRoleForConfig", ServiceLinkedTo: "config.amazonaws.com"},
		&resource.Recorder{Account: account, Region: region, Name: "default", RoleARN: "arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
			AllSupported: true, GlobalTypes: true, Recording: true},
		&resource.DeliveryChannel{Account: account, Region: region, Name: "default", Bucket: "trailseal-access-logs", Prefix: "config", Frequency: "TwentyFour_Hours"},
		&resource.Rule{Account: account, Region: region, Name: "cloudtrail-enabled", Identifier: "CLOUD_TRAIL_ENABLED", Owner: "AWS", Frequency: "TwentyFour_Hours"},
		&resource.Rule{Account: account, Region: region, Name: "log-group-retention", Identifier: "CW_LOGGROUP_RETENTION_PERIOD_CHECK", Owner: "AWS",
			Parameters: `{"MinRetentionTime":"365"}`},
		&resource.Detector{Account: account, Region: region, Enabled: true, Frequency: "FIFTEEN_MINUTES"})
	return m
}

// all is services with every other kind, and with what is seldom there.
func all() Module {
	m := services()
	m.Organization = "o-exampleorgid"
	other := "999988887777"
	m.Resources = append(m.Resources,
		&resource.ServiceAccess{Account: account, Service: "cloudtrail.amazonaws.com"},
		&resource.Role{Account: account, Name: "trailseal-auditor", Path: "/audit/", MaxSession: 7200,
			Trust: document(policy.Statement{Effect: "Allow", Principal: policy.Principal{"AWS": {"arn:aws:iam::123456789012:root"}}, Action: []string{"sts:AssumeRole"}}),
			Inline: map[string]policy.Document{"read": document(allow("Decrypt", "", []string{"kms:Decrypt"}, aliasARN, nil),
				allow("Trail", "", []string{"cloudtrail:GetTrailStatus"}, trailARN, nil)), "list": document(allow("List", "", []string{"s3:ListBucket"}, "arn:aws:s3:::trailseal-logs", nil))},
			Managed: []string{"arn:aws:iam::aws:policy/SecurityAudit"}},
		&resource.Bucket{Account: other, Region: "eu-west-1", Name: "archive", Versioning: "Enabled", MFADelete: true,
			Lifecycle: []resource.LifecycleRule{{ID: "odd", Enabled: false, Filter: `{"And":{"Prefix":"x/","Tags":[{"Key":"k","Value":"v"}],"ObjectSizeGreaterThan":5}}`, AbortDays: 3}}},
		&resource.Subscription{Account: account, Region: region, Topic: "trailseal-alarms", Protocol: "https", Label: "pagerduty",
			Endpoint: secret.New("https://events.pagerduty.com/integration/0123456789/enqueue")},
		&resource.SlackChannel{Account: account, Name: "trailseal", Workspace: "T07EA123LEP", Channel: "C07EZ1ABC23", RoleARN: "arn:aws:iam::123456789012:role/slack", Topics: []string{alarmARN}},
		&resource.Recorder{Account: account, Region: "eu-west-1", Name: "default", RoleARN: "arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
			Excluded: []string{"AWS::EC2::Volume"}, Frequency: "DAILY"},
		&resource.Hub{Account: account, Region: region, Standards: []string{"arn:aws:securityhub:us-east-1::standards/cis-aws-foundations-benchmark/v/3.0.0"}},
		&resource.ParameterGroup{Account: account, Region: region, Name: "trailseal-postgres16", Family: "postgres16",
			Parameters: map[string]string{"pgaudit.log": "ddl,role,write", "shared_preload_libraries": "pg_stat_statements,pgaudit"}},
		&resource.ParameterGroup{Account: account, Region: region, Name: "trailseal-aurora", Cluster: true, Family: "aurora-mysql8.0",
			Parameters: map[string]string{"server_audit_logging": "1"}},
		&resource.OptionGroup{Account: account, Region: region, Name: "trailseal-mariadb", Engine: "mariadb", Version: "10.11",
			Options: map[string]map[string]string{"MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_EVENTS": "CONNECT,QUERY_DDL"}}},
		&resource.Database{Account: account, Region: region, Name: "orders", Engine: "postgres", ParameterGroup: "trailseal-postgres16", Exports: []string{"postgresql"}},
		&resource.MetricFilter{Account: account, Region: region, LogGroup: "trailseal", Name: "own", Pattern: "{ $.eventName = Own }", Namespace: "Own", Metric: "Own", Value: "1"},
		&resource.Alarm{Account: account, Region: region, Name: "own", Namespace: "Own", Metric: "Own", Statistic: "Sum", Period: 60, Periods: 2, Points: 1, Threshold: 2.5,
			Comparison: "GreaterThanThreshold", ActionsEnabled: true, Actions: []string{alarmARN, "arn:aws:sns:us-east-1:123456789012:oncall"}},
		&resource.Alarm{Account: account, Region: region, Name: "instances", Namespace: "AWS/EC2", Metric: "CPUUtilization", Statistic: "Average", Dimensions: true},
	)
	m.Notes = []string{"The account has *another* trail."}
	m.Manual = []string{"bucket archive: MFADelete: aws s3api put-bucket-versioning --mfa 'SERIAL CODE'"}
	return m
}

// found is a module all of whose resources are there, just as they are wanted.
func found(m Module) Module {
	m.Exists, m.Now, m.Keys = map[resource.ID]bool{}, map[resource.ID]resource.Resource{}, map[resource.ID]string{}
	for _, r := range m.Resources {
		if s, ok := r.(*resource.Subscription); ok && s.ARN == "" {
			s.ARN = alarmARN + ":0a1b2c3d"
		}
		if d, ok := r.(*resource.Detector); ok && d.Detector == "" {
			d.Detector = "0a1b2c3d"
		}
		m.Exists[r.ID()], m.Now[r.ID()] = true, r
		if k, ok := r.(*resource.Key); ok && k.ARN != "" {
			m.Keys[k.ID()] = k.ARN
		} else if ok {
			m.Keys[k.ID()] = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
		}
	}
	return m
}

// nasty is a text that Terraform, HCL, Markdown or a shell would take for more than a text.
const nasty = `x"} ${file("/etc/passwd")} %{ if true }$${y}%%{z} \" 'q' $(id)` + "`id`"

// hostile is a module of resources that somebody has given nasty names.
func hostile() Module {
	m := chain()
	m.Name = nasty
	for _, r := range m.Resources {
		switch r := r.(type) {
		case *resource.Role:
			r.Description = nasty
			r.Trust.Statements[0].Condition["StringEquals"]["aws:SourceArn"] = []string{trailARN + nasty, nasty}
			r.Trust.Statements[0].Condition["StringEquals"][nasty] = []string{nasty}
		case *resource.MetricFilter:
			r.Pattern = `{"` + nasty
		case *resource.Alarm:
			r.Name += nasty
			r.Description = nasty + "\nPATTERN\n\x1b"
		case *resource.Subscription:
			r.Label = nasty
			r.Endpoint = secret.New(nasty)
		case *resource.Bucket:
			if r.Name == "trailseal-logs" {
				r.Lifecycle[0].ID = nasty
				r.Logging.Prefix = nasty
			}
		case *resource.Trail:
			r.Selectors[1].Fields[2].StartsWith = []string{nasty}
		}
	}
	m.Resources = append(m.Resources, &resource.ServiceAccess{Account: account, Service: nasty},
		&resource.MetricFilter{Account: account, Region: region, LogGroup: "elsewhere", Name: nasty, Pattern: nasty, Namespace: "n", Metric: "m", Value: "1"})
	m.Notes, m.Manual = []string{nasty + "\n# A title"}, []string{nasty + "\n```\n"}
	return m
}
