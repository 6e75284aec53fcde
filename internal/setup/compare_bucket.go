package setup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// The policy of a bucket comes last: nothing is delivered before it is there, and so not before everything else is.
var bucketRules = rules{
	steps: []resource.Step{resource.Create, resource.BucketPublicAccess, resource.BucketOwnership, resource.BucketEncryption,
		resource.BucketVersioning, resource.BucketLock, resource.BucketLifecycle, resource.BucketLogging, resource.BucketMFADelete, resource.BucketPolicy},
	compare: comparing(compareBucket),
}

// enabled is how S3 calls versioning that is on.
const enabled = "Enabled"

func compareBucket(c *comparison, now, want *resource.Bucket) *resource.Bucket {
	if now == nil {
		c.change(resource.Create, isNew, nil, "bucket in "+want.Region, whyBucket)
		now = &resource.Bucket{Account: want.Account, Region: want.Region, Name: want.Name}
	}
	t := *now
	publicAccess(c, &t, want)
	if want.Ownership != "" && now.Ownership != "BucketOwnerEnforced" && c.known(resource.BucketOwnership) {
		put(c, resource.BucketOwnership, "ObjectOwnership", &t.Ownership, want.Ownership, whyOwnership)
	}
	encryption(c, &t, want)
	versioning(c, &t, want)
	lock(c, &t, want)
	lifecycle(c, &t, want)
	accessLogging(c, &t, want)
	t.Policy = c.policy(resource.BucketPolicy, "Policy", t.Policy, want.Policy, whyBucketPolicy)
	if c.known(resource.BucketPolicy) && delivers(want.Policy, "cloudtrail.amazonaws.com") {
		lockedOut(c, &t)
	}
	return &t
}

func publicAccess(c *comparison, t *resource.Bucket, want *resource.Bucket) {
	if !c.known(resource.BucketPublicAccess) {
		return
	}
	for _, s := range []struct {
		name string
		now  *bool
		want bool
	}{
		{"BlockPublicAcls", &t.Public.BlockACLs, want.Public.BlockACLs},
		{"IgnorePublicAcls", &t.Public.IgnoreACLs, want.Public.IgnoreACLs},
		{"BlockPublicPolicy", &t.Public.BlockPolicy, want.Public.BlockPolicy},
		{"RestrictPublicBuckets", &t.Public.Restrict, want.Public.Restrict},
	} {
		if s.want {
			put(c, resource.BucketPublicAccess, s.name, s.now, true, whyPublicAccess)
		}
	}
}

// strength orders the encryptions of S3. What is not set, S3 takes for AES256.
func strength(e resource.Encryption) int { return slices.Index(encryptions(), e.Algorithm) }

func encryptions() []string { return []string{"", "AES256", "aws:kms", "aws:kms:dsse"} }

// encryption keeps a key of somebody else's, since its policy may be what keeps others out; and a stronger algorithm.
func encryption(c *comparison, t *resource.Bucket, want *resource.Bucket) {
	if want.Encryption.Algorithm == "" || !c.known(resource.BucketEncryption) {
		return
	}
	now, to := t.Encryption, want.Encryption
	if strength(to) < 2 { // AES256
		switch {
		case strength(now) >= 2 && delivers(want.Policy, "logging.s3.amazonaws.com"):
			c.change(resource.BucketEncryption, "SSEAlgorithm", now.Algorithm, to.Algorithm, whyPlain).Manual = fmt.Sprintf(
				"S3 delivers no access logs to a bucket whose default encryption is SSE-KMS, and setup weakens nothing: name another bucket in the blueprint (bucket.access_log_bucket), or\n"+
					`aws s3api put-bucket-encryption --bucket %s --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'`, t.Name)
		case strength(now) >= 2:
			c.note("the encryption is %s; that is stricter than %s and stays", now.Algorithm, to.Algorithm)
		case strength(now) == 0:
			put(c, resource.BucketEncryption, "SSEAlgorithm", &t.Encryption.Algorithm, to.Algorithm, whyPlain)
		}
		return
	}
	if strength(now) < 0 || strength(now) >= 2 && !awsManaged(now.KeyARN) && !sameKey(now.KeyARN, to.KeyARN) {
		c.note("new objects are encrypted with %s and another key, %s; that stays", now.Algorithm, now.KeyARN)
		return
	}
	if strength(now) < strength(to) {
		put(c, resource.BucketEncryption, "SSEAlgorithm", &t.Encryption.Algorithm, to.Algorithm, whyEncryption)
	}
	if t.Encryption.Algorithm == "aws:kms:dsse" {
		t.Encryption.BucketKey = now.Algorithm == t.Encryption.Algorithm && now.BucketKey
	}
	if to.KeyARN != "" && !sameKey(now.KeyARN, to.KeyARN) {
		put(c, resource.BucketEncryption, "KMSMasterKeyID", &t.Encryption.KeyARN, to.KeyARN, whyEncryption)
	}
	if to.BucketKey && t.Encryption.Algorithm != "aws:kms:dsse" { // which knows no bucket keys
		put(c, resource.BucketEncryption, "BucketKeyEnabled", &t.Encryption.BucketKey, true, whyBucketKey)
	}
}

// versioning says what only root can do: MFA delete, and everything about versioning while that is on.
func versioning(c *comparison, t *resource.Bucket, want *resource.Bucket) {
	switch {
	case want.Versioning != enabled || t.Versioning == enabled || !c.known(resource.BucketVersioning):
	case t.MFADelete:
		c.change(resource.BucketVersioning, "Status", t.Versioning, enabled, whyVersioning).Manual = asRoot(t)
	default:
		put(c, resource.BucketVersioning, "Status", &t.Versioning, enabled, whyVersioning)
	}
	if want.MFADelete && !t.MFADelete && c.known(resource.BucketMFADelete) {
		ch := c.change(resource.BucketMFADelete, "MFADelete", "Disabled", enabled, whyMFADelete)
		ch.Manual = asRoot(t)
		if len(t.Lifecycle) > 0 {
			ch.Manual = "AWS allows MFA delete only where there is no lifecycle, and the bucket has one: keep the lifecycle and use Object Lock instead (bucket.object_lock), or remove it and\n" + ch.Manual
		}
	}
}

// asRoot is how root turns MFA delete on.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html
func asRoot(b *resource.Bucket) string {
	return fmt.Sprintf("aws s3api put-bucket-versioning --bucket %s --versioning-configuration Status=Enabled,MFADelete=Enabled --mfa \"arn:%s:iam::%s:mfa/root-account-mfa-device 123456\"\n"+
		"Only the root user of account %s can, with long-term access keys of root (no console, no role, no session) and, in place of 123456, the code that its MFA device shows. Delete the access keys right after.",
		b.Name, PartitionOf(b.Region), b.Account, b.Account)
}

// lock never shortens a retention nor loosens its mode.
func lock(c *comparison, t *resource.Bucket, want *resource.Bucket) {
	if !c.known(resource.BucketLock) {
		return
	}
	if t.Lock.Mode != "" && delivers(want.Policy, "logging.s3.amazonaws.com") {
		c.change(resource.BucketLock, "DefaultRetention", lockText(t.Lock), "none", whyAccessLogs).Manual =
			"S3 delivers no access logs to a bucket with a default retention, and setup weakens nothing: name another bucket in the blueprint (bucket.access_log_bucket)"
		return
	}
	if !want.Lock.Enabled {
		return
	}
	to := stricterLock(t.Lock, want.Lock)
	if to == t.Lock {
		if to != want.Lock && lockDays(to) > 0 {
			c.note("Object Lock is %s; that is stricter than %s and stays", lockText(to), lockText(want.Lock))
		}
		return
	}
	c.change(resource.BucketLock, "ObjectLockConfiguration", lockText(t.Lock), lockText(to), whyLock).Ask = lockAsk(t.Lock, to)
	t.Lock = to
}

func lockAsk(now, to resource.Lock) string {
	ask := fmt.Sprintf("No object that is written from then on can be deleted for %d days", lockDays(to))
	if to.Mode == "COMPLIANCE" {
		ask += ", not even by root or by AWS"
	}
	if !now.Enabled {
		ask += ", and Object Lock can never be turned off again"
	}
	return ask + ". Is that wanted?"
}

func stricterLock(now, want resource.Lock) resource.Lock {
	to := now
	to.Enabled = true
	if lockMode(want.Mode) > lockMode(now.Mode) {
		to.Mode = want.Mode
	}
	if lockDays(want) > lockDays(now) {
		to.Days, to.Years = want.Days, want.Years
	}
	return to
}

func lockMode(mode string) int { return slices.Index([]string{"", "GOVERNANCE", "COMPLIANCE"}, mode) }

func lockDays(l resource.Lock) int { return l.Days + 365*l.Years }

func lockText(l resource.Lock) string {
	switch {
	case !l.Enabled:
		return "off"
	case l.Mode == "":
		return "on, without a default retention"
	case l.Years > 0:
		return fmt.Sprintf("%s, %d years", l.Mode, l.Years)
	}
	return fmt.Sprintf("%s, %d days", l.Mode, l.Days)
}

// accessLogging keeps where access logs go, unless that is the bucket itself, whose logs then would make logs.
func accessLogging(c *comparison, t *resource.Bucket, want *resource.Bucket) {
	switch {
	case want.Logging.Bucket == "" || !c.known(resource.BucketLogging) || t.Logging.Bucket == want.Logging.Bucket:
	case t.Logging.Bucket == "" || t.Logging.Bucket == t.Name:
		c.change(resource.BucketLogging, "TargetBucket", t.Logging.Bucket, want.Logging.Bucket, whyAccessLogs)
		t.Logging = want.Logging
	default:
		c.note("access logs go to bucket %s; that stays", t.Logging.Bucket)
	}
}

// delivers reports whether a policy lets a service put objects.
func delivers(d policy.Document, service string) bool {
	return slices.ContainsFunc(d.Statements, func(s policy.Statement) bool {
		return s.Effect == "Allow" && slices.Contains(s.Principal["Service"], service) &&
			slices.ContainsFunc(s.Action, func(a string) bool { return strings.EqualFold(a, "s3:PutObject") })
	})
}
