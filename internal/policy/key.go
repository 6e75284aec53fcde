package policy

// TrailKey says what the key of a trail is to allow.
type TrailKey struct {
	Partition, Account, Region string   // of the key, which is in the log bucket's region
	TrailARN                   string   // empty: no trail encrypts with it
	Readers                    []string // ARNs of principals that may decrypt log files
	LogGroup                   string   // name, in LogsRegion; empty: the key is not the log group's
	LogsRegion                 string
	Alarms                     bool   // CloudWatch alarms publish to an encrypted topic
	DeliveryTopic              bool   // CloudTrail publishes to an encrypted topic
	BucketAccount              string // of another account's log bucket; empty: the same
}

// ForTrailKey is the policy of the key of a trail. Its account's root keeps all permissions, without which nobody could
// mend it. Readers that are patterns are left out: such a role is allowed by its own account's IAM.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
func ForTrailKey(k TrailKey) Document {
	d := document(k.allow(sidRoot, rootOf(k.Partition, k.Account), nil, "kms:*"))
	if k.TrailARN != "" {
		d = withStatements(d, k.trail()...)
	}
	if names := principalNames(k.Readers); len(names) > 0 {
		d = withStatements(d, k.decrypt("Readers", Principal{"AWS": names})...)
	}
	if k.BucketAccount != "" && k.BucketAccount != k.Account {
		d = withStatements(d, k.decrypt("BucketAccount", rootOf(k.Partition, k.BucketAccount))...)
	}
	if k.LogGroup != "" {
		d = withStatements(d, k.allow("AllowCloudWatchLogs", service("logs."+k.LogsRegion+"."+domain(k.Partition)),
			Condition{"ArnLike": {logsContext: {"arn:" + k.Partition + ":logs:" + k.LogsRegion + ":" + k.Account + ":log-group:" + k.LogGroup}}},
			"kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"))
	}
	if k.Alarms {
		d = withStatements(d, k.allow("AllowAlarmsToEncryptedTopic", service("cloudwatch.amazonaws.com"),
			Condition{"StringEquals": {sourceAccount: {k.Account}}}, "kms:Decrypt", "kms:GenerateDataKey*"))
	}
	return d
}

// allow is a statement about the key, which a key's policy calls *.
func (TrailKey) allow(sid string, to Principal, c Condition, actions ...string) Statement {
	return Statement{Sid: sid, Effect: "Allow", Principal: to, Action: actions, Resource: []string{"*"}, Condition: c}
}

// trail is what CloudTrail needs. Decrypt is needed where the bucket has a bucket key.
func (k TrailKey) trail() []Statement {
	owner := accountOf(k.TrailARN)
	if owner == "" {
		owner = k.Account
	}
	encrypt := ofTrail(k.TrailARN)
	encrypt["StringLike"] = map[string][]string{trailContext: {"arn:" + k.Partition + ":cloudtrail:*:" + owner + ":trail/*"}}
	all := []Statement{
		k.allow("AllowCloudTrailEncrypt", service(cloudTrail), encrypt, "kms:GenerateDataKey*"),
		k.allow("AllowCloudTrailDescribe", service(cloudTrail), ofTrail(k.TrailARN), "kms:DescribeKey"),
		k.allow("AllowCloudTrailDecryptBucketKey", service(cloudTrail), ofTrail(k.TrailARN), "kms:Decrypt"),
	}
	if k.DeliveryTopic {
		all = append(all, k.allow("AllowCloudTrailToEncryptedTopic", service(cloudTrail), ofTrail(k.TrailARN), "kms:Decrypt", "kms:GenerateDataKey*"))
	}
	return all
}

// The encryption contexts of log files, of those that S3 encrypts with a bucket key, and of log groups.
const (
	trailContext  = "kms:EncryptionContext:aws:cloudtrail:arn"
	bucketContext = "kms:EncryptionContext:aws:s3:arn"
	logsContext   = "kms:EncryptionContext:aws:logs:arn"
)

// decrypt lets somebody decrypt log files. What S3 encrypts with a bucket key has the bucket as its context instead of the
// trail, so that this needs a statement of its own, which holds for S3's requests alone.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
func (k TrailKey) decrypt(whose string, to Principal) []Statement {
	return []Statement{
		k.allow(whose+"Decrypt", to, Condition{"Null": {trailContext: {"false"}}}, "kms:Decrypt"),
		k.allow(whose+"DecryptBucketKey", to, Condition{"Null": {bucketContext: {"false"}},
			"StringEquals": {"kms:ViaService": {"s3." + k.Region + "." + domain(k.Partition)}}}, "kms:Decrypt"),
	}
}
