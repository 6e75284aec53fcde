package cloud

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailseal/trailseal/internal/object/objecttest"
)

// TestContractOnMoto runs the contract against a server that others wrote.
func TestContractOnMoto(t *testing.T) {
	url := os.Getenv("TRAILSEAL_MOTO")
	if url == "" {
		t.Skip("TRAILSEAL_MOTO does not name the URL of a running moto_server")
	}
	environment(t)
	buckets := 0
	objecttest.Run(t, func(t *testing.T) objecttest.Target {
		ctx := t.Context()
		s := session(t, Options{EndpointURL: url})
		client := s.bucketClient(defaultRegion)
		buckets++
		name := fmt.Sprintf("contract-%d-%d", time.Now().UnixNano(), buckets)
		if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
		bucket, err := s.Bucket(ctx, name, "")
		if err != nil {
			t.Fatal(err)
		}
		put := func(key string, body []byte, metadata map[string]string, class string) {
			in := &s3.PutObjectInput{Bucket: &name, Key: &key, Body: bytes.NewReader(body), Metadata: metadata}
			if class != "" {
				in.StorageClass = "GLACIER"
			}
			if _, err := client.PutObject(ctx, in); err != nil {
				t.Fatal(err)
			}
		}
		return objecttest.Target{
			Source:  bucket,
			Few:     true,
			Put:     func(key string, body []byte, metadata map[string]string) { put(key, body, metadata, "") },
			Archive: func(key string) { put(key, []byte("cold"), nil, "GLACIER") },
		}
	})
}
