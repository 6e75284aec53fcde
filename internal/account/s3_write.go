package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/trailseal/trailseal/internal/resource"
)

func writeBucket(ctx context.Context, a *Account, step resource.Step, to, _ *resource.Bucket) error {
	client, err := a.s3Client(ctx, to.Account, to.Region)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("set %s of bucket %q", step, to.Name)
	switch step {
	case resource.Create:
		return createBucket(ctx, client, to)
	case resource.BucketPublicAccess:
		err = writePublicAccess(ctx, client, to)
	case resource.BucketOwnership:
		err = writeOwnership(ctx, client, to)
	case resource.BucketEncryption:
		err = writeEncryption(ctx, client, to)
	case resource.BucketVersioning:
		err = writeVersioning(ctx, client, to)
	case resource.BucketLock:
		err = writeLock(ctx, client, to)
	case resource.BucketLifecycle:
		err = writeLifecycle(ctx, client, to)
	case resource.BucketLogging:
		err = writeLogging(ctx, client, to)
	case resource.BucketPolicy:
		err = writePolicy(ctx, client, to)
	default:
		return noStep(to.ID(), step)
	}
	return unseen(ctx, what, err)
}

// createBucket makes a bucket in which nothing can be public: S3 blocks that in new buckets, and access control lists are
// off from the first moment.
func createBucket(ctx context.Context, client *s3.Client, b *resource.Bucket) error {
	what := fmt.Sprintf("create bucket %q in %q", b.Name, b.Region)
	in := &s3.CreateBucketInput{Bucket: aws.String(b.Name), ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}
	if b.Ownership != "" {
		in.ObjectOwnership = types.ObjectOwnership(b.Ownership)
	}
	if b.Region != "us-east-1" {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(b.Region)}
	}
	if b.Lock.Enabled {
		in.ObjectLockEnabledForBucket = aws.Bool(true)
	}
	_, err := client.CreateBucket(ctx, in)
	if err == nil {
		return nil
	}
	told := fault(ctx, what, err)
	if !is(err, "BucketAlreadyOwnedByYou", "BucketAlreadyExists") {
		return told
	}
	// Whose it is, and where, has to be sure: outside us-east-1 S3 answers with either code, in us-east-1 with none.
	at, region, err := head(ctx, client, b.Account, b.Name)
	switch {
	case err == nil && at == ours:
		return nil
	case err == nil && at == elsewhere:
		return fmt.Errorf("%s: it is there, in %q: %w", what, region, resource.ErrTaken)
	case errors.Is(told, resource.ErrTaken):
		return told
	}
	return &worded{told, resource.ErrTaken}
}

func writePublicAccess(ctx context.Context, client *s3.Client, b *resource.Bucket) error {
	_, err := client.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(b.Account),
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(b.Public.BlockACLs), IgnorePublicAcls: aws.Bool(b.Public.IgnoreACLs),
			BlockPublicPolicy: aws.Bool(b.Public.BlockPolicy), RestrictPublicBuckets: aws.Bool(b.Public.Restrict)}})
	return err
}

func writeOwnership(ctx context.Context, client *s3.Client, b *resource.Bucket) error {
	_, err := client.PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(b.Account),
		OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnership(b.Ownership)}}}})
	return err
}

// writeEncryption keeps the encryption types that the bucket refuses, which are set by the same call.
func writeEncryption(ctx context.Context, client *s3.Client, b *resource.Bucket) error {
	now, err := encryptionRule(ctx, client, aws.String(b.Name), aws.String(b.Account))
	if err != nil {
		return err
	}
	rule := types.ServerSideEncryptionRule{BucketKeyEnabled: aws.Bool(b.Encryption.BucketKey), ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
		SSEAlgorithm: types.ServerSideEncryption(b.Encryption.Algorithm), KMSMasterKeyID: some(b.Encryption.KeyARN)}}
	if now != nil {
		rule.BlockedEncryptionTypes = now.BlockedEncryptionTypes
	}
	_, err = client.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(b.Account),
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{rule}}})
	return err
}

// writeVersioning says nothing of MFA delete, which then stays as it is.
func writeVersioning(ctx context.Context, client *s3.Client, b *resource.Bucket) error {
	_, err := client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(b.Account),
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatus(b.Versioning)}})
	return err
}

// writeLock works on buckets that were made without Object Lock too, where versioning is on.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html
func writeLock(ctx context.Context, client *s3.Client, b *resource.Bucket) error {
	c := &types.ObjectLockConfiguration{ObjectLockEnabled: types.ObjectLockEnabledEnabled}
	if b.Lock.Mode != "" {
		c.Rule = &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionMode(b.Lock.Mode),
			Days: positive(b.Lock.Days), Years: positive(b.Lock.Years)}}
	}
	_, err := client.PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{Bucket: aws.String(b.Name),
		ExpectedBucketOwner: aws.String(b.Account), ObjectLockConfiguration: c})
	return err
}

func writeLogging(ctx context.Context, client *s3.Client, b *resource.Bucket) error {
	_, err := client.PutBucketLogging(ctx, &s3.PutBucketLoggingInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(b.Account),
		BucketLoggingStatus: &types.BucketLoggingStatus{LoggingEnabled: &types.LoggingEnabled{
			TargetBucket: aws.String(b.Logging.Bucket), TargetPrefix: aws.String(b.Logging.Prefix)}}})
	return err
}

func writePolicy(ctx context.Context, client *s3.Client, b *resource.Bucket) error {
	_, err := client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(b.Account),
		Policy: aws.String(b.Policy.JSON())})
	return err
}
