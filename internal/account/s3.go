package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
)

// Amazon S3: https://docs.aws.amazon.com/AmazonS3/latest/API/
//
// Every call says whose the bucket has to be (x-amz-expected-bucket-owner): a name that somebody else has taken is never
// read or written by mistake. The actions that IAM asks for are named otherwise than the calls:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html

var bucketHandler = handler{
	read: readBucket,
	do:   doing(writeBucket),
	reads: []Permission{
		{Action: "s3:ListBucket"}, // HeadBucket
		{Action: "s3:ListAllMyBuckets", Any: true},
		{Action: "s3:GetBucketPublicAccessBlock"},
		{Action: "s3:GetBucketOwnershipControls"},
		{Action: "s3:GetEncryptionConfiguration"},
		{Action: "s3:GetBucketVersioning"},
		{Action: "s3:GetBucketObjectLockConfiguration"},
		{Action: "s3:GetLifecycleConfiguration"},
		{Action: "s3:GetBucketLogging"},
		{Action: "s3:GetBucketPolicy"},
	},
	writes: map[resource.Step][]Permission{
		resource.Create: {{Action: "s3:CreateBucket"}, {Action: "s3:PutBucketObjectLockConfiguration"}, {Action: "s3:PutBucketVersioning"},
			{Action: "s3:PutBucketOwnershipControls"}, {Action: "s3:ListBucket"}},
		resource.BucketPublicAccess: {{Action: "s3:PutBucketPublicAccessBlock"}},
		resource.BucketOwnership:    {{Action: "s3:PutBucketOwnershipControls"}},
		resource.BucketEncryption:   {{Action: "s3:PutEncryptionConfiguration"}, {Action: "s3:GetEncryptionConfiguration"}},
		resource.BucketVersioning:   {{Action: "s3:PutBucketVersioning"}},
		resource.BucketLock:         {{Action: "s3:PutBucketObjectLockConfiguration"}},
		resource.BucketLifecycle:    {{Action: "s3:PutLifecycleConfiguration"}},
		resource.BucketLogging:      {{Action: "s3:PutBucketLogging"}},
		resource.BucketPolicy:       {{Action: "s3:PutBucketPolicy"}},
	},
}

// s3Client is a client for an account's buckets in a region.
func (a *Account) s3Client(ctx context.Context, account, region string) (*s3.Client, error) {
	cfg, err := a.config(ctx, account, region)
	if err != nil {
		return nil, err
	}
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil // a bucket's name is no host there
	}), nil
}

// found says where a bucket of a name is.
type found int

const (
	nowhere found = iota
	ours
	elsewhere // in another region
)

// head asks whether the account has a bucket. Where it lies in another region than the client's, that region is returned.
func head(ctx context.Context, client *s3.Client, account, name string) (found, string, error) {
	out, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(name), ExpectedBucketOwner: aws.String(account)})
	if err == nil {
		if region := aws.ToString(out.BucketRegion); region != "" && region != client.Options().Region {
			return elsewhere, region, nil
		}
		return ours, client.Options().Region, nil
	}
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.Response == nil {
		return nowhere, "", err
	}
	region := response.Response.Header.Get("X-Amz-Bucket-Region")
	switch response.HTTPStatusCode() {
	case http.StatusNotFound:
		return nowhere, "", nil
	case http.StatusMovedPermanently, http.StatusBadRequest:
		if region != "" && region != client.Options().Region {
			return elsewhere, region, nil
		}
	}
	return nowhere, "", err
}

// readBucket reads each setting by one call. A bucket in another region than the ID's is read there, and says so.
func readBucket(ctx context.Context, a *Account, id resource.ID) (resource.State, error) {
	client, err := a.s3Client(ctx, id.Account, id.Region)
	if err != nil {
		return a.unread(ctx, id, err)
	}
	at, region, err := head(ctx, client, id.Account, id.Name)
	if err == nil && at == elsewhere {
		if client, err = a.s3Client(ctx, id.Account, region); err == nil {
			at, region, err = head(ctx, client, id.Account, id.Name)
		}
	}
	switch {
	case err != nil:
		return a.unread(ctx, id, a.whose(ctx, client, id, fault(ctx, fmt.Sprintf("look for bucket %q", id.Name), err)))
	case at == nowhere:
		return a.absent(ctx, client, id)
	}
	r := &reader{client: client, owner: aws.String(id.Account), name: aws.String(id.Name),
		bucket: &resource.Bucket{Account: id.Account, Region: region, Name: id.Name}, unread: map[resource.Step]error{}}
	for _, part := range bucketParts {
		if err := part.read(ctx, r); err != nil {
			err = fault(ctx, fmt.Sprintf("read %s of bucket %q", part.what, id.Name), err)
			if hopeless(err) {
				return resource.State{}, err
			}
			for _, step := range part.steps {
				r.unread[step] = err
			}
		}
	}
	if len(r.unread) == 0 {
		r.unread = nil
	}
	return resource.State{Resource: r.bucket, Unread: r.unread}, nil
}

// absent is the state of a bucket that is not there. The answer to HeadBucket has no body: anything on the way could have
// given it. So S3 is asked once more, in a way that it has to answer in words.
func (a *Account) absent(ctx context.Context, client *s3.Client, id resource.ID) (resource.State, error) {
	what := fmt.Sprintf("look for bucket %q", id.Name)
	_, err := client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: aws.String(id.Name), ExpectedBucketOwner: aws.String(id.Account)})
	switch {
	case is(err, "NoSuchBucket"):
		return resource.State{}, nil
	case err == nil:
		return a.unread(ctx, id, fmt.Errorf("%s: it is there, and it is not: %w", what, resource.ErrNotYet))
	}
	return a.unread(ctx, id, fault(ctx, what, err))
}

// whose says of a bucket that may not be read whether that is because it is another account's: then the account's own list
// of buckets, if it may be read, does not have it.
func (a *Account) whose(ctx context.Context, client *s3.Client, id resource.ID, denied error) error {
	if !errors.Is(denied, object.ErrDenied) {
		return denied
	}
	session, err := a.of(ctx, id.Account)
	if err != nil {
		return denied
	}
	if me, err := session.Identity(ctx); err != nil || me.Account != id.Account {
		return denied
	}
	out, err := client.ListBuckets(ctx, &s3.ListBucketsInput{Prefix: aws.String(id.Name), MaxBuckets: aws.Int32(1000)})
	if err != nil {
		return denied
	}
	for _, b := range out.Buckets {
		if aws.ToString(b.Name) == id.Name {
			return denied
		}
	}
	if out.ContinuationToken != nil {
		return denied
	}
	return fmt.Errorf("look for bucket %q: another account has it: %w", id.Name, resource.ErrTaken)
}
