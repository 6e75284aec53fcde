package follow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/cloud"
	"github.com/trailseal/trailseal/internal/follow"
	"github.com/trailseal/trailseal/internal/inflate"
	"github.com/trailseal/trailseal/internal/logfile"
	"github.com/trailseal/trailseal/internal/logfile/logfiletest"
)

// TestFollowOnMoto follows a bucket that tells a queue what is put into it, both of a server that others wrote.
func TestFollowOnMoto(t *testing.T) {
	endpoint := os.Getenv("TRAILSEAL_MOTO")
	if endpoint == "" {
		t.Skip("TRAILSEAL_MOTO does not name the URL of a running moto_server")
	}
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "us-east-1",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_ENDPOINT_URL": endpoint} {
		t.Setenv(name, value)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		t.Fatal(err)
	}
	buckets := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	queues := sqs.NewFromConfig(cfg)
	name := fmt.Sprintf("follow-%d", time.Now().UnixNano())
	if _, err := buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	made, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	attributes, err := queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: made.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := buckets.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{Bucket: &name, NotificationConfiguration: &s3types.NotificationConfiguration{
		QueueConfigurations: []s3types.QueueConfiguration{{QueueArn: aws.String(attributes.Attributes["QueueArn"]), Events: []s3types.Event{"s3:ObjectCreated:*"}}},
	}}); err != nil {
		t.Fatal(err)
	}
	put := func(unique string) {
		key := logfiletest.Key("a b/", account, region, time.Now(), unique)
		if _, err := buckets.PutObject(ctx, &s3.PutObjectInput{Bucket: &name, Key: &key, Body: bytes.NewReader(logfiletest.Records(unique))}); err != nil {
			t.Error(err)
			cancel()
		}
	}
	put("one")
	session, err := cloud.Load(ctx, cloud.Options{})
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := session.Bucket(ctx, name, "")
	if err != nil {
		t.Fatal(err)
	}
	queue, err := session.Queue(*made.QueueUrl, follow.Held)
	if err != nil {
		t.Fatal(err)
	}
	b := newBed(t)
	enough := errors.New("enough")
	from := time.Now().Add(-time.Hour)
	b.take = func(batch follow.Batch) error {
		for _, f := range batch.Files {
			switch f.Key.Unique {
			case "one":
				put("two") // of which only a message tells
			case "two":
				put("three")
			case "three":
				return enough
			}
		}
		return nil
	}
	onMoto := func(o *follow.Options) {
		o.Logs = logfile.Options{Source: bucket, Inflate: inflate.Bytes}
		o.Bucket, o.Queue, o.From, o.Every = name, queue, from, time.Hour
		o.Overlap = -1
	}
	if err := b.run(ctx, onMoto); !errors.Is(err, enough) {
		t.Fatalf("it ends with %v after %q, with warnings %q", err, b.took(), b.warnings)
	}
	if d := cmp.Diff([]string{"one", "two"}, b.took()); d != "" {
		t.Error(d)
	}
	// What was not dealt with comes again.
	b.take = func(batch follow.Batch) error {
		if len(batch.Files) == 1 && batch.Files[0].Key.Unique == "three" {
			cancel()
		}
		return nil
	}
	if err := b.run(ctx, onMoto); !errors.Is(err, context.Canceled) {
		t.Fatalf("it ends with %v", err)
	}
	if d := cmp.Diff([]string{"three"}, b.took()); d != "" {
		t.Error(d)
	}
	b.quiet()
}
