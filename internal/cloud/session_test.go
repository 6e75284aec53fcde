package cloud

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/object"
)

// noSecret fails the test if a message holds what no message may hold.
func noSecret(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{testID, testSecret, testToken, "0123456789abcdef"} {
		if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
			t.Errorf("error %q holds %q", err, secret)
		}
	}
}

func TestErrorsAreClassified(t *testing.T) {
	environment(t)
	quoting := "got " + testID + " with Signature=0123456789abcdef and X-Amz-Security-Token=" + testToken
	for _, c := range []struct {
		status int
		code   string
		want   error // nil: worth another try
	}{
		{404, "NoSuchKey", object.ErrNotFound}, {404, "NoSuchBucket", object.ErrNoSource}, {404, "", nil}, {404, "Gone", nil},
		{400, "KeyTooLongError", object.ErrNotFound},
		{403, "AccessDenied", object.ErrDenied}, {403, "AllAccessDisabled", object.ErrDenied}, {403, "", object.ErrDenied},
		{400, "KMS.DisabledException", object.ErrDenied}, {403, "InvalidObjectState", object.ErrArchived},
		{400, "ExpiredToken", object.ErrCredentials}, {403, "InvalidAccessKeyId", object.ErrCredentials},
		{403, "SignatureDoesNotMatch", object.ErrCredentials}, {400, "InvalidToken", object.ErrCredentials},
		{503, "SlowDown", nil}, {500, "InternalError", nil}, {502, "", nil}, {400, "KMS.ThrottlingException", nil},
		{301, "PermanentRedirect", nil}, {400, "AuthorizationHeaderMalformed", nil},
	} {
		t.Run(fmt.Sprintf("%d %s", c.status, c.code), func(t *testing.T) {
			memory := awstest.NewMemory()
			_, url := listen(t, awstest.Options{Buckets: map[string]awstest.Backend{"b": memory}, Fail: func(r *http.Request) *awstest.Failure {
				if r.URL.Query().Has("location") {
					return nil
				}
				return &awstest.Failure{Status: c.status, Code: c.code, Message: quoting}
			}})
			bucket, err := session(t, Options{EndpointURL: url, MaxAttempts: 2}).Bucket(t.Context(), "b", "")
			if err != nil {
				t.Fatal(err)
			}
			_, openErr := bucket.Open(t.Context(), "some/key")
			var listErr error
			for _, err := range bucket.List(t.Context(), "some/", "") {
				listErr = err
			}
			_, dirsErr := bucket.Dirs(t.Context(), "some/")
			for _, err := range []error{openErr, listErr, dirsErr} {
				if err == nil {
					t.Fatal("no error")
				}
				if c.want == nil && object.Permanent(err) || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("%v, want %v", err, c.want)
				}
				if !strings.Contains(err.Error(), c.code) || !strings.Contains(err.Error(), "some/") {
					t.Errorf("error %q lacks the code or the key", err)
				}
				noSecret(t, err)
			}
		})
	}
}

func TestTransportErrorsAreWorthAnotherTry(t *testing.T) {
	environment(t)
	server, url := listen(t, awstest.Options{Buckets: map[string]awstest.Backend{"b": awstest.NewMemory()}})
	bucket, err := session(t, Options{EndpointURL: strings.Replace(url, "://", "://user:password@", 1), MaxAttempts: 2}).Bucket(t.Context(), "b", "")
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	_, err = bucket.Open(t.Context(), "k")
	if err == nil || object.Permanent(err) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("connection refused: %v", err)
	}
	if strings.Contains(err.Error(), "password") {
		t.Errorf("%q holds the endpoint's password", err)
	}
}

func TestStalledBodyIsAnError(t *testing.T) {
	environment(t)
	memory := awstest.NewMemory()
	memory.Put("k", make([]byte, 1<<20), nil)
	release := make(chan struct{})
	defer close(release)
	inner := awstest.New(awstest.Options{Buckets: map[string]awstest.Backend{"b": memory}})
	stop := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/b/k" {
			inner.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Length", "1000000")
		w.Write(make([]byte, 1000))
		http.NewResponseController(w).Flush()
		<-release
	})}
	url := serve(t, stop)
	bucket, err := session(t, Options{EndpointURL: url, Stall: 50 * time.Millisecond}).Bucket(t.Context(), "b", "")
	if err != nil {
		t.Fatal(err)
	}
	body, err := bucket.Open(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if n, err := io.Copy(io.Discard, body); err == nil || object.Permanent(err) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%d bytes, then %v", n, err)
	}
}

func TestNoCredentials(t *testing.T) {
	environment(t)
	_, url := listen(t, awstest.Options{Buckets: map[string]awstest.Backend{"b": awstest.NewMemory()}})
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		os.Unsetenv(name)
	}
	s := session(t, Options{EndpointURL: url})
	if _, err := s.Bucket(t.Context(), "b", ""); !errors.Is(err, object.ErrCredentials) {
		t.Errorf("Bucket: %v, want ErrCredentials", err)
	}
	if _, err := s.PublicKeys(t.Context(), "us-east-1", time.Time{}, time.Time{}); !errors.Is(err, object.ErrCredentials) {
		t.Errorf("PublicKeys: %v, want ErrCredentials", err)
	}
	if _, err := Load(t.Context(), Options{Profile: "nobody"}); !errors.Is(err, object.ErrCredentials) || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("Load with an unknown profile: %v, want ErrCredentials", err)
	}
}

func TestEnvironmentChoosesEndpointAndRegion(t *testing.T) {
	environment(t)
	memory := awstest.NewMemory()
	memory.Put("k", []byte("x"), nil)
	_, url := listen(t, awstest.Options{Buckets: map[string]awstest.Backend{"b": memory}})
	if s := session(t, Options{}); s.Region() != "us-east-1" {
		t.Errorf("region %q without any setting", s.Region())
	}
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_ENDPOINT_URL_S3", url)
	s := session(t, Options{})
	if s.Region() != "eu-west-1" {
		t.Errorf("region %q, want AWS_REGION", s.Region())
	}
	bucket, err := s.Bucket(t.Context(), "b", "")
	if err != nil {
		t.Fatal(err)
	}
	body, err := bucket.Open(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	body.Close()
}

func TestBucketRegion(t *testing.T) {
	environment(t)
	memory := awstest.NewMemory()
	memory.Put("k", []byte("x"), nil)
	for name, c := range map[string]struct {
		fail   func(*http.Request) *awstest.Failure
		bucket string
		want   string
		err    error
	}{
		"location":        {nil, "b", "eu-central-1", nil},
		"location denied": {func(r *http.Request) *awstest.Failure { return deny(r.URL.Query().Has("location")) }, "b", "eu-central-1", nil},
		"no bucket":       {nil, "nothing", "", object.ErrNoSource},
		"all denied":      {func(*http.Request) *awstest.Failure { return deny(true) }, "b", "", object.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			server, url := listen(t, awstest.Options{Buckets: map[string]awstest.Backend{"b": memory},
				BucketRegion: map[string]string{"b": "eu-central-1"}, Fail: c.fail})
			bucket, err := session(t, Options{EndpointURL: url}).Bucket(t.Context(), c.bucket, "")
			if c.err != nil {
				if !errors.Is(err, c.err) {
					t.Errorf("%v, want %v", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if bucket.Region != c.want {
				t.Errorf("region %q, want %q", bucket.Region, c.want)
			}
			if _, err := bucket.Open(t.Context(), "k"); err != nil { // the fake redirects what is signed for another region
				t.Error(err)
			}
			if n := server.Counts()["GetBucketLocation"]; n != 1 {
				t.Errorf("GetBucketLocation was asked %d times", n)
			}
		})
	}
}

func deny(yes bool) *awstest.Failure {
	if !yes {
		return nil
	}
	return &awstest.Failure{Status: http.StatusForbidden, Code: "AccessDenied", Message: "Access Denied"}
}

func TestBucketPrefix(t *testing.T) {
	environment(t)
	memory := awstest.NewMemory()
	for _, k := range []string{"one/two/AWSLogs/1/x", "one/two/AWSLogs/2/x", "one/two2/x", "other/x", "one/two/AWSLogs/"} {
		memory.Put(k, nil, nil)
	}
	_, url := listen(t, awstest.Options{Buckets: map[string]awstest.Backend{"b": memory}})
	bucket, err := session(t, Options{EndpointURL: url}).Bucket(t.Context(), "b", "one/two")
	if err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string][]string{"": {"one/"}, "one": {"two/"}, "one/two/": {"AWSLogs/"}, "one/two/AWSLogs/": {"1/", "2/"}, "other/": nil} {
		got, err := bucket.Dirs(t.Context(), prefix)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Dirs(%q): %q, %v, want %q", prefix, got, err, want)
		}
	}
	all := []string{"one/two/AWSLogs/1/x", "one/two/AWSLogs/2/x"}
	for prefix, want := range map[string][]string{"": all, "one/": all, "one/two/AWSLogs/2": all[1:], "other/": nil} {
		var got []string
		for info, err := range bucket.List(t.Context(), prefix, "") {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, info.Key)
		}
		if !slices.Equal(got, want) {
			t.Errorf("List(%q): %q, want %q", prefix, got, want)
		}
	}
	if _, err := bucket.Open(t.Context(), "other/x"); err != nil {
		t.Errorf("Open is bound to the prefix: %v", err)
	}
}

func TestListingPagesAhead(t *testing.T) {
	environment(t)
	synthetic := awstest.Synthetic{Account: "111122223333", Region: "us-east-1", Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), N: 5000, PerDay: 2000}
	server, url := listen(t, awstest.Options{Buckets: map[string]awstest.Backend{"b": synthetic}})
	bucket, err := session(t, Options{EndpointURL: url}).Bucket(t.Context(), "b", "")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for info, err := range bucket.List(t.Context(), "AWSLogs/", "") {
		if err != nil {
			t.Fatal(err)
		}
		if info.Key != synthetic.Key(n) {
			t.Fatalf("key %d is %q, want %q", n, info.Key, synthetic.Key(n))
		}
		n++
	}
	if got := server.Counts()["ListObjectsV2"]; n != 5000 || got != 5 {
		t.Errorf("%d keys in %d requests, want 5000 in 5", n, got)
	}
	server.Reset()
	for range bucket.List(t.Context(), "", "") {
		break
	}
	if got := server.Counts()["ListObjectsV2"]; got > 2 {
		t.Errorf("a listing left at its first key made %d requests", got)
	}
}

// TestGzipIsNotInflated: CloudTrail stores its logs with Content-Encoding: gzip.
func TestGzipIsNotInflated(t *testing.T) {
	environment(t)
	const key = "AWSLogs/1/CloudTrail/us-east-1/2026/03/02/x.json.gz"
	memory := awstest.NewMemory()
	memory.Put(key, []byte("\x1f\x8b not really gzip"), nil)
	_, url := listen(t, awstest.Options{Buckets: map[string]awstest.Backend{"b": memory}})
	bucket, err := session(t, Options{EndpointURL: url}).Bucket(t.Context(), "b", "")
	if err != nil {
		t.Fatal(err)
	}
	body, err := bucket.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if data, err := io.ReadAll(body); err != nil || string(data) != "\x1f\x8b not really gzip" {
		t.Errorf("body %q, %v", data, err)
	}
}

// testKeys are two public keys made for this test.
func testKeys(t *testing.T) (pkcs1, spki []byte) {
	t.Helper()
	for name, into := range map[string]*[]byte{"pkcs1.pem": &pkcs1, "spki.pem": &spki} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(data)
		*into = block.Bytes
	}
	return pkcs1, spki
}
