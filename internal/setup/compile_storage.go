package setup

import (
	"cmp"
	"slices"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// The defaults of retention, in days.
const (
	defaultHotDays   = 400
	defaultTotalDays = 2557 // seven years
	defaultLockDays  = 400
	noncurrentDays   = 365 // how long a log file that was deleted or written over can be had back
	accessLogDays    = 400
	abortDays        = 7
	// archiveDays is the least time that S3 charges for in DEEP_ARCHIVE.
	archiveDays = 180
)

// storage wants keys and buckets. Of a trail that somebody else manages, there is only the key of the alarms' topic.
func (c *compiler) storage() {
	l := &c.l
	if l.managed != "" {
		if l.group != "" {
			c.wantKey(l.local)
		}
		return
	}
	c.wantKey(l.key)
	if l.local.id() != l.key.id() {
		c.wantKey(l.local)
	}
	access := c.wantAccessBucket()
	log := &resource.Bucket{Account: l.bucketAccount, Region: l.bucketRegion, Name: l.bucket, Public: allBlocked, Ownership: enforced,
		Encryption: resource.Encryption{Algorithm: "aws:kms", KeyARN: l.key.arn, BucketKey: true}, Versioning: "Enabled",
		MFADelete: c.b.Bucket.MFADelete, Lifecycle: c.logLifecycle(), Lock: c.lock(),
		Logging: resource.AccessLogging{Bucket: l.accessBucket, Prefix: l.bucket + "/"},
		Policy: c.shared(func(t *resource.Trail) bool { return t.Bucket == l.bucket }, policy.ForLogBucket(policy.LogBucket{Partition: c.s.Partition, Bucket: l.bucket, Prefix: l.prefix, TrailARN: l.arn,
			Account: l.owner, Organization: l.organization, Readers: c.bucketReaders(), BreakGlass: c.b.Bucket.BreakGlass}))}
	key := resource.ID{}
	if !l.key.adopted {
		key = l.key.id()
	}
	c.want(log, key, access)
}

// shared is a policy that lets this trail do something, with the other trails that use the same named beside it: what they
// may do by a statement for all trails they still may once that statement names trails.
func (c *compiler) shared(use func(*resource.Trail) bool, d policy.Document) policy.Document {
	var others []string
	for _, t := range c.s.Trails {
		if arn := c.arnOf("cloudtrail", t.Region, t.Account, "trail/"+t.Name); arn != c.l.arn && use(t) {
			others = append(others, arn)
		}
	}
	return policy.Also(d, c.l.arn, others)
}

var allBlocked = resource.PublicAccess{BlockACLs: true, IgnoreACLs: true, BlockPolicy: true, Restrict: true}

const enforced = "BucketOwnerEnforced"

// bucketID is a bucket where log files are.
func (c *compiler) bucketID(name string) resource.ID {
	return resource.ID{Kind: resource.BucketKind, Account: c.l.bucketAccount, Region: c.l.bucketRegion, Name: name}
}

// bucketReaders are the roles that alone may read; nil where IAM decides.
func (c *compiler) bucketReaders() []string {
	if len(c.b.Bucket.Readers) == 0 {
		return nil
	}
	return c.readers()
}

// readers are the roles that read log files.
func (c *compiler) readers() []string {
	all := slices.Clone(c.b.Bucket.Readers)
	if c.l.auditor != "" {
		all = append(all, c.l.auditor)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// wantKey wants a key with what it is for in its region.
func (c *compiler) wantKey(k keyRef) {
	l := &c.l
	p := policy.TrailKey{Partition: c.s.Partition, Account: k.account, Region: k.region}
	files := l.managed == "" && k.id() == l.key.id() // it encrypts log files
	if files {
		p.TrailARN, p.Readers = l.arn, c.readers()
	}
	if k.id() == l.local.id() {
		p.LogsRegion, p.Alarms, p.DeliveryTopic = c.s.Region, l.group != "", l.delivery != ""
		if l.managed == "" {
			p.LogGroup = l.group
		}
		if p.DeliveryTopic {
			p.TrailARN = l.arn
		}
	}
	if files && l.bucketAccount != k.account {
		p.BucketAccount = l.bucketAccount
	}
	want := &resource.Key{Account: k.account, Region: k.region, Alias: k.alias, Enabled: true, Rotation: true,
		Policy: c.shared(func(t *resource.Trail) bool { return t.KeyARN == k.arn }, policy.ForTrailKey(p)), Description: "CloudTrail log files and alarms of " + c.b.Name}
	if k.alias == "" || c.facts.Keys[k.id()] != "" {
		want.ARN = k.arn
	}
	if files && l.auditor != "" && k.account == c.s.Account {
		want.Policy.Statements = append(want.Policy.Statements, keyEvidence(l.auditor))
	}
	c.want(want)
}

// keyEvidence lets the auditor read how a key is kept. The key's policy says so, and not the role's: the role is made
// before the key, whose policy can name only what is there, and so before the key has an ARN.
func keyEvidence(auditor string) policy.Statement {
	return policy.Statement{Sid: "AuditorReads", Effect: "Allow", Principal: policy.Principal{"AWS": {auditor}},
		Action: []string{"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"}, Resource: []string{"*"}}
}

// wantAccessBucket wants the bucket of the log bucket's access logs. S3 writes them with its own keys only, and to a bucket
// without Object Lock.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
func (c *compiler) wantAccessBucket() resource.ID {
	l := &c.l
	b := &resource.Bucket{Account: l.bucketAccount, Region: l.bucketRegion, Name: l.accessBucket, Public: allBlocked, Ownership: enforced,
		Encryption: resource.Encryption{Algorithm: "AES256"}, Versioning: "Enabled",
		Lifecycle: []resource.LifecycleRule{{ID: "trailseal-retention", Enabled: true, ExpireDays: accessLogDays, NoncurrentDays: noncurrentDays, AbortDays: abortDays}},
		Policy:    policy.ForAccessLogBucket(c.s.Partition, l.accessBucket, l.bucket, l.bucketAccount, c.b.Bucket.BreakGlass)}
	return c.want(b).Resource.ID()
}

// logLifecycle keeps log files as long as the blueprint says; there is none beside MFA delete, which S3 refuses.
func (c *compiler) logLifecycle() []resource.LifecycleRule {
	if c.b.Bucket.MFADelete {
		return nil
	}
	hot, total := c.b.Bucket.Retention.days()
	r := resource.LifecycleRule{ID: "trailseal-retention", Enabled: true, ExpireDays: total, NoncurrentDays: noncurrentDays, AbortDays: abortDays}
	if total-hot >= archiveDays {
		r.Transitions = []resource.Transition{{Days: hot, Class: "DEEP_ARCHIVE"}}
	}
	return []resource.LifecycleRule{r}
}

// days are both spans of a retention, with the defaults.
func (r Retention) days() (hot, total int) {
	return cmp.Or(r.HotDays, defaultHotDays), cmp.Or(r.TotalDays, defaultTotalDays)
}

func (c *compiler) lock() resource.Lock {
	p := c.b.Bucket.Lock
	if p == nil {
		return resource.Lock{}
	}
	mode := "GOVERNANCE"
	if p.Mode == "compliance" {
		mode = "COMPLIANCE"
	}
	return resource.Lock{Enabled: true, Mode: mode, Days: cmp.Or(p.Days, defaultLockDays)}
}
