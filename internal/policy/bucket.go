package policy

// LogBucket says what the bucket of a trail's log files is to allow and deny.
type LogBucket struct {
	Partition, Bucket, Prefix string
	TrailARN                  string
	Account                   string   // the trail's owner: of an organization's trail, the management account
	Organization              string   // o-…; empty: no organization's trail
	Readers                   []string // ARNs of roles; with any, everybody else is denied to read
	BreakGlass                string   // ARN of the role that may delete; nobody if empty
}

// ForLogBucket is the policy of the bucket of a trail's log files. Readers and BreakGlass may be patterns, as the roles of
// IAM Identity Center need; a reader that is one is not denied, but has to be allowed by its own account's IAM.
//
// The policy denies nothing of what changes it, so that the bucket's account can always mend it.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func ForLogBucket(b LogBucket) Document {
	arn := bucketARN(b.Partition, b.Bucket)
	logs := arn + "/" + underPrefix(b.Prefix) + "AWSLogs/"
	d := document(
		Statement{Sid: "AWSCloudTrailAclCheck20150319", Effect: "Allow", Principal: service(cloudTrail),
			Action: []string{"s3:GetBucketAcl"}, Resource: []string{arn}, Condition: ofTrail(b.TrailARN)},
		delivery("AWSCloudTrailWrite20150319", logs+b.Account+"/*", b.TrailARN))
	if b.Organization != "" {
		d.Statements = append(d.Statements, delivery("AWSCloudTrailOrganizationWrite20150319", logs+b.Organization+"/*", b.TrailARN))
	}
	d.Statements = append(d.Statements, denyInsecureTransport(arn), denyForgedLogs(logs), denyDeletes(arn, b.BreakGlass))
	if len(b.Readers) == 0 {
		return d
	}
	if names := principalNames(b.Readers); len(names) > 0 {
		d.Statements = append(d.Statements, Statement{Sid: "ReadersRead", Effect: "Allow", Principal: Principal{"AWS": names},
			Action:   []string{"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:GetBucketLocation"},
			Resource: []string{arn, arn + "/*"}})
	}
	return withStatements(d, denyOtherReaders(arn, b.Readers, b.BreakGlass))
}

func withStatements(d Document, more ...Statement) Document {
	d.Statements = append(d.Statements, more...)
	return d
}

// delivery lets a trail put its files below resource.
func delivery(sid, resource, trailARN string) Statement {
	return Statement{Sid: sid, Effect: "Allow", Principal: service(cloudTrail), Action: []string{"s3:PutObject"}, Resource: []string{resource},
		Condition: Condition{"StringEquals": {"s3:x-amz-acl": {"bucket-owner-full-control"}, sourceARN: {trailARN}}}}
}

// denyInsecureTransport denies what does not come over TLS.
func denyInsecureTransport(bucketARN string) Statement {
	return Statement{Sid: "DenyInsecureTransport", Effect: "Deny", Principal: anybody(), Action: []string{"s3:*"},
		Resource: []string{bucketARN, bucketARN + "/*"}, Condition: Condition{"Bool": {"aws:SecureTransport": {"false"}}}}
}

// denyForgedLogs lets AWS services alone write where CloudTrail's log files and digests are. What is elsewhere in the bucket
// is not its business: other services' logs can come from AWS's accounts. A request without credentials states nothing
// about its principal, and is denied by IfExists.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
func denyForgedLogs(logs string) Statement {
	return Statement{Sid: "DenyWritesButAWSServices", Effect: "Deny", Principal: anybody(), Action: []string{"s3:PutObject"},
		Resource: []string{logs + "*/CloudTrail*"}, Condition: Condition{"BoolIfExists": {"aws:PrincipalIsAWSService": {"false"}}}}
}

// denyDeletes denies deletes to all but the break-glass role. A lifecycle is no principal: what it expires still goes.
func denyDeletes(bucketARN, breakGlass string) Statement {
	s := Statement{Sid: "DenyDeletes", Effect: "Deny", Principal: anybody(),
		Action:   []string{"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteBucket", "s3:BypassGovernanceRetention"},
		Resource: []string{bucketARN, bucketARN + "/*"}}
	if breakGlass != "" {
		s.Condition = Condition{"ArnNotLike": {principalARN: {breakGlass}}}
	}
	return s
}

// denyOtherReaders denies reading to all but readers, the break-glass role and AWS services.
func denyOtherReaders(bucketARN string, readers []string, breakGlass string) Statement {
	but := distinct(readers)
	if breakGlass != "" {
		but = distinct(append(but, breakGlass))
	}
	return Statement{Sid: "DenyReadsButReaders", Effect: "Deny", Principal: anybody(),
		Action: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resource: []string{bucketARN + "/*"},
		Condition: Condition{"ArnNotLike": {principalARN: but}, "BoolIfExists": {"aws:PrincipalIsAWSService": {"false"}}}}
}

// ForAccessLogBucket is the policy of the bucket of the access logs of source. account is that of both buckets.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
func ForAccessLogBucket(partition, bucket, source, account, breakGlass string) Document {
	arn := bucketARN(partition, bucket)
	return document(
		Statement{Sid: "S3ServerAccessLogsPolicy", Effect: "Allow", Principal: service("logging.s3.amazonaws.com"),
			Action: []string{"s3:PutObject"}, Resource: []string{arn + "/*"},
			Condition: Condition{"ArnLike": {sourceARN: {bucketARN(partition, source)}}, "StringEquals": {sourceAccount: {account}}}},
		denyInsecureTransport(arn), denyDeletes(arn, breakGlass))
}

// ForConfigBucket is the policy of the bucket that AWS Config of account delivers to, without a prefix.
//
// https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
func ForConfigBucket(partition, bucket, account string) Document {
	arn := bucketARN(partition, bucket)
	of := func(sid, action, resource string, c map[string][]string) Statement {
		c[sourceAccount] = []string{account}
		return Statement{Sid: sid, Effect: "Allow", Principal: service("config.amazonaws.com"), Action: []string{action},
			Resource: []string{resource}, Condition: Condition{"StringEquals": c}}
	}
	return document(
		of("AWSConfigBucketPermissionsCheck", "s3:GetBucketAcl", arn, map[string][]string{}),
		of("AWSConfigBucketExistenceCheck", "s3:ListBucket", arn, map[string][]string{}),
		of("AWSConfigBucketDelivery", "s3:PutObject", arn+"/AWSLogs/"+account+"/Config/*",
			map[string][]string{"s3:x-amz-acl": {"bucket-owner-full-control"}}),
		denyInsecureTransport(arn))
}
