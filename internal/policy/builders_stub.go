package policy

// STUB: all of this file is to be replaced. Builders of alarms.md section 4, with its Sids.

// LogBucket says what the bucket of a trail's log files is to allow and deny.
type LogBucket struct {
	Partition, Bucket, Prefix string
	TrailARN                  string
	Account                   string   // the trail's owner: of an organization's trail, the management account
	Organization              string   // o-…; empty: no organization's trail
	Readers                   []string // ARNs of roles; with any, everybody else is denied to read
	BreakGlass                string   // ARN of the role that may delete; nobody if empty
}

// ForLogBucket is the policy of the bucket of a trail's log files.
func ForLogBucket(b LogBucket) Document { return Document{} }

// ForAccessLogBucket is the policy of the bucket of the access logs of source.
func ForAccessLogBucket(partition, bucket, source, account, breakGlass string) Document {
	return Document{}
}

// ForConfigBucket is the policy of the bucket that AWS Config delivers to.
func ForConfigBucket(partition, bucket, account string) Document { return Document{} }

// TrailKey says what the key of a trail is to allow.
type TrailKey struct {
	Partition, Account, Region string
	TrailARN                   string
	Readers                    []string // ARNs of principals that may decrypt log files
	LogGroup                   string   // name, in LogsRegion; empty: the key is not the log group's
	LogsRegion                 string
	Alarms                     bool   // CloudWatch alarms publish to an encrypted topic
	DeliveryTopic              bool   // CloudTrail publishes to an encrypted topic
	BucketAccount              string // of another account's log bucket; empty: the same
}

// ForTrailKey is the policy of the key of a trail.
func ForTrailKey(k TrailKey) Document { return Document{} }

// LogsTrust is the trust policy of the role with which CloudTrail writes to CloudWatch Logs.
func LogsTrust(trailARN string) Document { return Document{} }

// LogsWrite is what that role may do.
func LogsWrite(partition, region, account, group, organization string) Document { return Document{} }

// ForAlarmTopic is the policy of the topic that alarms tell.
func ForAlarmTopic(partition, region, account, topic string) Document { return Document{} }

// ForDeliveryTopic is the policy of the topic that CloudTrail tells of deliveries.
func ForDeliveryTopic(partition, region, account, topic, trailARN string) Document { return Document{} }

// AuditorTrust is the trust policy of the auditor's role: trusted are ARNs.
func AuditorTrust(trusted []string) Document { return Document{} }

// Auditor says what the auditor's role may read.
type Auditor struct {
	Partition, Account, Region string
	Bucket, Prefix             string
	KeyARN, TrailARN, LogGroup string
}

// ForAuditor is what the auditor's role may do: read what the evidence is made of, and nothing else.
func ForAuditor(a Auditor) Document { return Document{} }

// ServiceTrust lets a service assume a role, as in chatbot.amazonaws.com, for an account's resources.
func ServiceTrust(service, account string) Document { return Document{} }

// Merged is what merging gives: Document, and what became of statements that were there.
type Merged struct {
	Document Document
	Added    []string // Sids (or a short text) of statements that were not there
	Replaced []Replaced
	Kept     []string   // of others
	Dropped  []Replaced // public Allow statements, which the public access block would refuse to serve
}

// Replaced is a statement that is another one now.
type Replaced struct {
	Sid, Why string
	Was      Statement
}

// Merge puts the statements of want into those of now. Statements of others are kept; ours, by Sid, are replaced where they
// differ; CloudTrail's that do not name aws:SourceArn are narrowed to this trail, or, where they write below another
// account's prefix, to that account's trails. It never removes a Deny. If nothing has to change, Document is now itself.
func Merge(now, want Document) Merged { return Merged{} }
