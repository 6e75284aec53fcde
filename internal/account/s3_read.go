package account

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// reader reads the settings of one bucket.
type reader struct {
	client      *s3.Client
	owner, name *string
	bucket      *resource.Bucket
	unread      map[resource.Step]error
}

// bucketParts are the calls that read a bucket, with the steps of which nothing is known where one does not work.
var bucketParts = []struct {
	what  string
	steps []resource.Step
	read  func(context.Context, *reader) error
}{
	{"the public access block", []resource.Step{resource.BucketPublicAccess}, readPublicAccess},
	{"ownership", []resource.Step{resource.BucketOwnership}, readOwnership},
	{"encryption", []resource.Step{resource.BucketEncryption}, readEncryption},
	{"versioning", []resource.Step{resource.BucketVersioning, resource.BucketMFADelete}, readVersioning},
	{"Object Lock", []resource.Step{resource.BucketLock}, readLock},
	{"the lifecycle", []resource.Step{resource.BucketLifecycle}, readLifecycle},
	{"access logging", []resource.Step{resource.BucketLogging}, readLogging},
	{"the policy", []resource.Step{resource.BucketPolicy}, readPolicy},
}

func readPublicAccess(ctx context.Context, r *reader) error {
	out, err := r.client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: r.name, ExpectedBucketOwner: r.owner})
	if is(err, "NoSuchPublicAccessBlockConfiguration") {
		return nil
	}
	if err != nil {
		return err
	}
	if c := out.PublicAccessBlockConfiguration; c != nil {
		r.bucket.Public = resource.PublicAccess{BlockACLs: aws.ToBool(c.BlockPublicAcls), IgnoreACLs: aws.ToBool(c.IgnorePublicAcls),
			BlockPolicy: aws.ToBool(c.BlockPublicPolicy), Restrict: aws.ToBool(c.RestrictPublicBuckets)}
	}
	return nil
}

func readOwnership(ctx context.Context, r *reader) error {
	out, err := r.client.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: r.name, ExpectedBucketOwner: r.owner})
	if is(err, "OwnershipControlsNotFoundError") {
		return nil
	}
	if err != nil {
		return err
	}
	if c := out.OwnershipControls; c != nil && len(c.Rules) > 0 {
		r.bucket.Ownership = string(c.Rules[0].ObjectOwnership)
	}
	return nil
}

func readEncryption(ctx context.Context, r *reader) error {
	rule, err := encryptionRule(ctx, r.client, r.name, r.owner)
	if err != nil || rule == nil {
		return err
	}
	r.bucket.Encryption.BucketKey = aws.ToBool(rule.BucketKeyEnabled)
	if d := rule.ApplyServerSideEncryptionByDefault; d != nil {
		r.bucket.Encryption.Algorithm, r.bucket.Encryption.KeyARN = string(d.SSEAlgorithm), aws.ToString(d.KMSMasterKeyID)
	}
	return nil
}

// encryptionRule is the one rule of a bucket's default encryption, nil if it has none.
func encryptionRule(ctx context.Context, client *s3.Client, name, owner *string) (*types.ServerSideEncryptionRule, error) {
	out, err := client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: name, ExpectedBucketOwner: owner})
	if is(err, "ServerSideEncryptionConfigurationNotFoundError") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if c := out.ServerSideEncryptionConfiguration; c != nil && len(c.Rules) > 0 {
		return &c.Rules[0], nil
	}
	return nil, nil
}

func readVersioning(ctx context.Context, r *reader) error {
	out, err := r.client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: r.name, ExpectedBucketOwner: r.owner})
	if err != nil {
		return err
	}
	r.bucket.Versioning, r.bucket.MFADelete = string(out.Status), out.MFADelete == types.MFADeleteStatusEnabled
	return nil
}

func readLock(ctx context.Context, r *reader) error {
	out, err := r.client.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: r.name, ExpectedBucketOwner: r.owner})
	if is(err, "ObjectLockConfigurationNotFoundError") {
		return nil
	}
	if err != nil {
		return err
	}
	c := out.ObjectLockConfiguration
	if c == nil {
		return nil
	}
	r.bucket.Lock.Enabled = c.ObjectLockEnabled == types.ObjectLockEnabledEnabled
	if c.Rule != nil && c.Rule.DefaultRetention != nil {
		d := c.Rule.DefaultRetention
		r.bucket.Lock.Mode = string(d.Mode)
		r.bucket.Lock.Days, r.bucket.Lock.Years = int(aws.ToInt32(d.Days)), int(aws.ToInt32(d.Years))
	}
	return nil
}

func readLogging(ctx context.Context, r *reader) error {
	out, err := r.client.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: r.name, ExpectedBucketOwner: r.owner})
	if err != nil {
		return err
	}
	if l := out.LoggingEnabled; l != nil {
		r.bucket.Logging = resource.AccessLogging{Bucket: aws.ToString(l.TargetBucket), Prefix: aws.ToString(l.TargetPrefix)}
	}
	return nil
}

func readPolicy(ctx context.Context, r *reader) error {
	out, err := r.client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: r.name, ExpectedBucketOwner: r.owner})
	if is(err, "NoSuchBucketPolicy") {
		return nil
	}
	if err != nil {
		return err
	}
	d, err := policy.Parse([]byte(aws.ToString(out.Policy)))
	if err != nil {
		return fmt.Errorf("understand it: %w", err)
	}
	r.bucket.Policy = d
	return nil
}
