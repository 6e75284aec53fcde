package policy

// AuditorTrust is the trust policy of the auditor's role: trusted are ARNs, none of them a pattern. With nobody to trust
// there is no policy.
func AuditorTrust(trusted []string) Document {
	names := principalNames(trusted)
	if len(names) == 0 {
		return Document{}
	}
	return document(Statement{Sid: "AllowAuditor", Effect: "Allow", Principal: Principal{"AWS": names}, Action: []string{"sts:AssumeRole"}})
}

// ServiceTrust lets a service assume a role, as in chatbot.amazonaws.com, for an account's resources.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func ServiceTrust(name, account string) Document {
	return document(Statement{Sid: "AllowService", Effect: "Allow", Principal: service(name), Action: []string{"sts:AssumeRole"},
		Condition: Condition{"StringEquals": {sourceAccount: {account}}}})
}

// Auditor says what the auditor's role may read. What is empty is left out.
type Auditor struct {
	Partition, Account, Region string
	Bucket, Prefix             string
	KeyARN, TrailARN, LogGroup string
}

// ForAuditor is what the auditor's role may do: read what the evidence is made of, and nothing else.
func ForAuditor(a Auditor) Document {
	d := document(Statement{Sid: "ReadSettings", Effect: "Allow", Action: auditorReads(), Resource: []string{"*"}})
	read := func(sid string, actions []string, resources ...string) {
		d.Statements = append(d.Statements, Statement{Sid: sid, Effect: "Allow", Action: actions, Resource: resources})
	}
	if a.TrailARN != "" {
		// What the trail logs, where to, and whether it does.
		read("ReadTrail", []string{"cloudtrail:GetTrail", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors", "cloudtrail:GetInsightSelectors"}, a.TrailARN)
	}
	if a.Bucket != "" {
		arn := bucketARN(a.Partition, a.Bucket)
		// How the bucket keeps log files from being changed, deleted or read, and which files there are, in all versions.
		read("ReadLogBucket", []string{"s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:GetBucketPolicyStatus",
			"s3:GetBucketAcl", "s3:GetBucketOwnershipControls", "s3:GetBucketPublicAccessBlock", "s3:GetEncryptionConfiguration", "s3:GetBucketVersioning",
			"s3:GetBucketObjectLockConfiguration", "s3:GetLifecycleConfiguration", "s3:GetBucketLogging"}, arn)
		// The files themselves, to check them against their digests.
		read("ReadLogFiles", []string{"s3:GetObject", "s3:GetObjectVersion"}, arn+"/"+underPrefix(a.Prefix)+"AWSLogs/*")
	}
	if a.KeyARN != "" {
		// How the key is kept, and what is encrypted with it.
		read("ReadKey", []string{"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:Decrypt"}, a.KeyARN)
	}
	if a.LogGroup != "" {
		// What the alarms look for. Neither log events nor queries.
		group := "arn:" + a.Partition + ":logs:" + a.Region + ":" + a.Account + ":log-group:" + a.LogGroup
		read("ReadLogGroup", []string{"logs:DescribeMetricFilters", "logs:DescribeLogStreams"}, group, group+":*")
	}
	return d
}

// auditorReads are the actions that IAM cannot keep to the resources of the blueprint, or that are about the account.
func auditorReads() []string {
	return []string{
		// Which trails there are, and the keys that digests are signed with.
		"cloudtrail:DescribeTrails", "cloudtrail:ListTrails", "cloudtrail:ListPublicKeys",
		// Whether log groups keep and encrypt what they have; what alarms watch, whom they tell and when they last did.
		"logs:DescribeLogGroups", "cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory",
		"sns:ListTopics", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic",
		// Whether changes are recorded, and what the rules found.
		"config:DescribeConfigurationRecorders", "config:DescribeConfigurationRecorderStatus", "config:DescribeDeliveryChannels",
		"config:DescribeConfigRules", "config:DescribeComplianceByConfigRule", "config:GetComplianceDetailsByConfigRule",
		// Which standards are on, and what they and GuardDuty found.
		"securityhub:DescribeHub", "securityhub:DescribeStandards", "securityhub:GetEnabledStandards", "securityhub:GetFindings",
		"guardduty:ListDetectors", "guardduty:GetDetector",
		// Who has access, with which keys, passwords and devices. A credential report has to be made before it is read.
		"iam:GetAccountPasswordPolicy", "iam:GetAccountSummary", "iam:GenerateCredentialReport", "iam:GetCredentialReport",
		"iam:ListUsers", "iam:ListRoles",
		// Whose trail it is, where it is an organization's.
		"organizations:DescribeOrganization", "organizations:ListAWSServiceAccessForOrganization",
		// Whether databases write an audit log.
		"rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribeDBParameters", "rds:DescribeDBClusterParameters", "rds:DescribeOptionGroups",
	}
}
