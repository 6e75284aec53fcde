package cloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailseal/trailseal/internal/object"
)

// Bucket is one bucket, read in its own region. It may be used by many goroutines at a time.
type Bucket struct {
	// Name and Region are the bucket's, Prefix is "" or ends in "/".
	Name, Region, Prefix string

	client *s3.Client
}

// Bucket finds the region of a bucket. prefix narrows what Dirs and List show; Open is not bound by it, because a
// chain of digests leads across prefixes. Keys are always the full keys of S3.
func (s *Session) Bucket(ctx context.Context, name, prefix string) (*Bucket, error) {
	region, err := s.bucketRegion(ctx, name)
	if err != nil {
		return nil, err
	}
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	return &Bucket{Name: name, Region: region, Prefix: prefix, client: s.bucketClient(region)}, nil
}

// bucketRegion asks GetBucketLocation, and where that is denied or leads elsewhere, takes the region that S3 names in
// the headers of whatever it answers.
func (s *Session) bucketRegion(ctx context.Context, name string) (string, error) {
	what := fmt.Sprintf("find the region of bucket %q", name)
	client := s.bucketClient(s.cfg.Region)
	location, err := client.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: &name})
	if err == nil {
		switch region := string(location.LocationConstraint); region {
		case "":
			return defaultRegion, nil
		case "EU": // what S3 called eu-west-1 before there were others
			return "eu-west-1", nil
		default:
			return region, nil
		}
	}
	if region := regionHeader(err); region != "" {
		return region, nil
	}
	first := classify(ctx, what, err)
	if errors.Is(first, object.ErrNoSource) || errors.Is(first, object.ErrCredentials) || ctx.Err() != nil {
		return "", first
	}
	head, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name})
	if err == nil {
		if region := aws.ToString(head.BucketRegion); region != "" {
			return region, nil
		}
		return s.cfg.Region, nil // it answered here
	}
	if region := regionHeader(err); region != "" {
		return region, nil
	}
	if response := (*awshttp.ResponseError)(nil); errors.As(err, &response) && response.HTTPStatusCode() == http.StatusNotFound {
		return "", &fault{what: what, words: []error{object.ErrNoSource}, detail: "NotFound"}
	}
	return "", first
}

// regionHeader is the region S3 names in a refusal: denied or redirected, the bucket is there.
func regionHeader(err error) string {
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.Response == nil || response.HTTPStatusCode() == http.StatusNotFound {
		return ""
	}
	return response.Response.Header.Get("X-Amz-Bucket-Region")
}

// Open starts to read an object. Its metadata are never nil.
func (b *Bucket) Open(ctx context.Context, key string) (object.Body, error) {
	what := fmt.Sprintf("open %q", "s3://"+b.Name+"/"+key)
	if key == "" {
		return object.Body{}, &fault{what: what, words: []error{object.ErrForeign}, detail: "no object has an empty key"}
	}
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Name, Key: &key})
	if err != nil {
		return object.Body{}, classify(ctx, what, err)
	}
	if out.ContentLength == nil || *out.ContentLength < 0 {
		out.Body.Close()
		return object.Body{}, &fault{what: what, detail: "the answer does not say how long it is"}
	}
	metadata := make(map[string]string, len(out.Metadata))
	for name, value := range out.Metadata {
		metadata[strings.ToLower(name)] = value
	}
	return object.Body{
		Info:       info(key, *out.ContentLength, out.ETag, out.LastModified),
		Metadata:   metadata,
		ReadCloser: &body{ReadCloser: out.Body, ctx: ctx, what: what, left: *out.ContentLength},
	}, nil
}

// info makes the version of what both a listing and an answer show. Only an answer's time is in whole seconds.
func info(key string, size int64, etag *string, modified *time.Time) object.Info {
	at := aws.ToTime(modified).UTC().Truncate(time.Second)
	version := strings.Trim(aws.ToString(etag), `"`) + "." + strconv.FormatInt(at.Unix(), 36) + "." + strconv.FormatInt(size, 36)
	return object.Info{Key: key, Size: size, Version: version, Modified: at}
}

// body counts what is read.
type body struct {
	io.ReadCloser
	ctx  context.Context
	what string
	left int64
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	switch {
	case err == nil:
		return n, nil
	case err == io.EOF && b.left == 0:
		return n, io.EOF
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return n, classify(b.ctx, b.what, err)
}
