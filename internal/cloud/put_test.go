package cloud

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/object"
)

// writableBucket is a bucket of a fake S3 that can be written.
func writableBucket(t *testing.T, writes *awstest.Writes) (*Bucket, *awstest.Memory) {
	t.Helper()
	environment(t)
	memory := awstest.NewMemory()
	writes.Buckets = map[string]*awstest.Memory{"b": memory}
	writes.Next = awstest.New(awstest.Options{Buckets: map[string]awstest.Backend{"b": memory}})
	url := serve(t, &http.Server{Handler: writes})
	bucket, err := session(t, Options{EndpointURL: url}).Bucket(t.Context(), "b", "lake")
	if err != nil {
		t.Fatal(err)
	}
	return bucket, memory
}

func read(t *testing.T, bucket *Bucket, key string) string {
	t.Helper()
	body, err := bucket.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestPutWritesAndReplaces(t *testing.T) {
	bucket, _ := writableBucket(t, &awstest.Writes{})
	const key = "lake/events/account=1/a b+ü.parquet"
	for _, text := range []string{"first", "", "second"} {
		body := strings.NewReader(text)
		body.Seek(2, io.SeekStart) // where it stands is of no matter
		if err := bucket.Put(t.Context(), key, body, int64(len(text))); err != nil {
			t.Fatal(err)
		}
		if got := read(t, bucket, key); got != text {
			t.Errorf("read %q, want %q", got, text)
		}
	}
}

func TestPutNewIsExclusive(t *testing.T) {
	bucket, _ := writableBucket(t, &awstest.Writes{})
	const key = "lake/versions/1.json"
	var won atomic.Int32
	var winner atomic.Value
	var group errgroup.Group
	for i := range 8 {
		group.Go(func() error {
			text := fmt.Sprint("writer ", i)
			switch err := bucket.PutNew(t.Context(), key, strings.NewReader(text), int64(len(text))); {
			case err == nil:
				won.Add(1)
				winner.Store(text)
			case !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), key):
				return fmt.Errorf("%v, want fs.ErrExist", err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if got := read(t, bucket, key); won.Load() != 1 || got != winner.Load() {
		t.Errorf("%d of 8 writers won, and %q stands there", won.Load(), got)
	}
}

// TestPutNewWithLostAnswer: the SDK tries again, and meets what it has written itself.
func TestPutNewWithLostAnswer(t *testing.T) {
	var lost sync.Once
	writes := &awstest.Writes{Lose: func(*http.Request) (lose bool) {
		lost.Do(func() { lose = true })
		return lose
	}}
	bucket, _ := writableBucket(t, writes)
	if err := bucket.PutNew(t.Context(), "lake/x", strings.NewReader("mine"), 4); err != nil {
		t.Errorf("%v, although it was written", err)
	}
	if n := writes.Counts()["PutObject"]; n != 2 {
		t.Errorf("%d tries", n)
	}
	if err := bucket.PutNew(t.Context(), "lake/x", strings.NewReader("mine"), 4); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the same bytes of another call: %v, want fs.ErrExist", err)
	}
}

// broken ends, or fails, before its size.
type broken struct {
	io.ReadSeeker
	err error
}

func (b broken) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	return b.ReadSeeker.Read(p)
}

func TestPutRefusesBeforeWriting(t *testing.T) {
	writes := &awstest.Writes{}
	bucket, memory := writableBucket(t, writes)
	text := strings.NewReader("12345")
	for name, c := range map[string]struct {
		key  string
		body io.ReadSeeker
		size int64
		want error
		text string
	}{
		"body too short":  {"lake/k", text, 6, nil, "does not hold the 6 bytes"},
		"body too long":   {"lake/k", text, 4, nil, "does not hold the 4 bytes"},
		"too large":       {"lake/k", text, 5<<30 + 1, nil, "in one piece"},
		"negative":        {"lake/k", text, -1, nil, "in one piece"},
		"body fails":      {"lake/k", broken{text, fs.ErrPermission}, 5, fs.ErrPermission, ""},
		"no key":          {"", text, 5, object.ErrForeign, "names no object"},
		"a folder":        {"lake/k/", text, 5, object.ErrForeign, "names no object"},
		"outside":         {"AWSLogs/k", text, 5, object.ErrForeign, "outside"},
		"long key":        {"lake/" + strings.Repeat("k", 1020), text, 5, object.ErrForeign, "longer"},
		"control in key":  {"lake/\x00", text, 5, object.ErrForeign, "cannot carry"},
		"key not in UTF8": {"lake/\xff", text, 5, object.ErrForeign, "cannot carry"},
	} {
		t.Run(name, func(t *testing.T) {
			err := bucket.Put(t.Context(), c.key, c.body, c.size)
			if err == nil || !strings.Contains(err.Error(), c.text) || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%v, want %v with %q", err, c.want, c.text)
			}
		})
	}
	if n := writes.Counts()["PutObject"]; n != 0 {
		t.Errorf("%d requests were made", n)
	}
	for e := range memory.List("", "") {
		t.Errorf("%q was written", e.Key)
	}
}

func TestPutErrorsAreClassified(t *testing.T) {
	quoting := "got " + testID + " with Signature=0123456789abcdef"
	for _, c := range []struct {
		status int
		code   string
		want   error
	}{
		{403, "AccessDenied", object.ErrDenied}, {400, "KMS.DisabledException", object.ErrDenied}, {400, "ExpiredToken", object.ErrCredentials},
		{404, "NoSuchBucket", object.ErrNoSource}, {503, "SlowDown", nil}, {409, "ConditionalRequestConflict", nil}, {400, "BadDigest", nil},
	} {
		t.Run(c.code, func(t *testing.T) {
			bucket, _ := writableBucket(t, &awstest.Writes{Fail: func(string, *http.Request) *awstest.Failure {
				return &awstest.Failure{Status: c.status, Code: c.code, Message: quoting}
			}})
			for name, err := range map[string]error{
				"Put":    bucket.Put(t.Context(), "lake/k", strings.NewReader("x"), 1),
				"PutNew": bucket.PutNew(t.Context(), "lake/k", strings.NewReader("x"), 1),
				"Delete": bucket.Delete(t.Context(), []string{"lake/k"}),
			} {
				if err == nil || !strings.Contains(err.Error(), c.code) {
					t.Fatalf("%s: %v lacks the code", name, err)
				}
				if c.want == nil && (object.Permanent(err) || errors.Is(err, fs.ErrExist)) || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("%s: %v, want %v", name, err, c.want)
				}
				noSecret(t, err)
			}
		})
	}
}

// TestPutOverTLS: there the SDK would send the checksum after the body, in chunks, which fewer servers take.
func TestPutOverTLS(t *testing.T) {
	environment(t)
	memory := awstest.NewMemory()
	server := httptest.NewTLSServer(&awstest.Writes{Buckets: map[string]*awstest.Memory{"b": memory},
		Next: awstest.New(awstest.Options{Buckets: map[string]awstest.Backend{"b": memory}})})
	defer server.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	bucket, err := session(t, Options{EndpointURL: server.URL}).Bucket(t.Context(), "b", "lake")
	if err != nil {
		t.Fatal(err)
	}
	if err := bucket.PutNew(t.Context(), "lake/k", strings.NewReader("whole"), 5); err != nil {
		t.Fatal(err)
	}
	if got := read(t, bucket, "lake/k"); got != "whole" {
		t.Errorf("read %q", got)
	}
}

func TestPutIsTriedAgain(t *testing.T) {
	var tries atomic.Int32
	bucket, _ := writableBucket(t, &awstest.Writes{Fail: func(string, *http.Request) *awstest.Failure {
		if tries.Add(1) > 2 {
			return nil
		}
		return &awstest.Failure{Status: 503, Code: "SlowDown"}
	}})
	if err := bucket.Put(t.Context(), "lake/k", strings.NewReader("whole"), 5); err != nil {
		t.Fatal(err)
	}
	if got := read(t, bucket, "lake/k"); got != "whole" {
		t.Errorf("after two refusals %q was written", got)
	}
}

func TestDeleteInBatches(t *testing.T) {
	writes := &awstest.Writes{}
	bucket, memory := writableBucket(t, writes)
	var keys []string
	for i := range 2300 {
		keys = append(keys, fmt.Sprintf("lake/a&b<%04d>", i))
		memory.Put(keys[i], nil, nil)
	}
	memory.Put("lake/stays", nil, nil)
	if err := bucket.Delete(t.Context(), append(keys, "lake/was never there")); err != nil {
		t.Fatal(err)
	}
	var left []string
	for e := range memory.List("", "") {
		left = append(left, e.Key)
	}
	if diff := cmp.Diff([]string{"lake/stays"}, left); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{1000, 1000, 301}, writes.Batches()); diff != "" {
		t.Error(diff)
	}
	if err := bucket.Delete(t.Context(), nil); err != nil || len(writes.Batches()) != 3 {
		t.Errorf("no keys: %v, %v", err, writes.Batches())
	}
}

func TestDeleteNamesWhatIsLeft(t *testing.T) {
	writes := &awstest.Writes{Keep: map[string]string{"lake/3": "AccessDenied", "lake/5": "InternalError"}}
	bucket, memory := writableBucket(t, writes)
	var keys []string
	for i := range 30 {
		keys = append(keys, fmt.Sprint("lake/", i))
		memory.Put(keys[i], nil, nil)
	}
	err := bucket.Delete(t.Context(), keys)
	if !errors.Is(err, object.ErrDenied) || !strings.Contains(err.Error(), `"s3://b/lake/3"`) || !strings.Contains(err.Error(), `"s3://b/lake/5": InternalError`) {
		t.Errorf("%v, want both keys with their causes", err)
	}
	for _, key := range keys {
		writes.Keep[key] = "InternalError"
	}
	if err := bucket.Delete(t.Context(), keys); err == nil || !strings.Contains(err.Error(), "20 objects more") {
		t.Errorf("%v, want 10 keys and a number", err)
	}
	if err := bucket.Delete(t.Context(), []string{"lake/1", "AWSLogs/1"}); !errors.Is(err, object.ErrForeign) {
		t.Errorf("a key outside the lake: %v, want ErrForeign", err)
	}
}

// TestNothingElseWrites holds that put.go is all of this package that writes to S3, and that nothing in it changes
// anything else in AWS, but for messages of a queue. What a query of Athena may do is for its caller to bound.
func TestNothingElseWrites(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]int{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			selector, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			for _, verb := range []string{"Put", "Delete", "Create", "Update", "Copy", "Upload", "Complete", "Restore", "Tag", "Untag", "Write", "Batch"} {
				if what, ok := strings.CutPrefix(selector.Sel.Name, verb); ok && what != "" {
					calls[name+" "+selector.Sel.Name]++
				}
			}
			return true
		})
	}
	if diff := cmp.Diff(map[string]int{"put.go PutObject": 1, "put.go DeleteObjects": 1, "sqs.go DeleteMessageBatch": 1}, calls); diff != "" {
		t.Error(diff)
	}
}

func TestPutOnMoto(t *testing.T) {
	url := os.Getenv("TRAILSEAL_MOTO")
	if url == "" {
		t.Skip("TRAILSEAL_MOTO does not name the URL of a running moto_server")
	}
	environment(t)
	ctx := t.Context()
	s := session(t, Options{EndpointURL: url})
	name := fmt.Sprintf("put-%d", time.Now().UnixNano())
	if _, err := s.bucketClient(defaultRegion).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	bucket, err := s.Bucket(ctx, name, "lake/")
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("parquet"), 100000)
	if err := bucket.Put(ctx, "lake/a b", bytes.NewReader(data), int64(len(data))); err != nil {
		t.Fatal(err)
	}
	if got := read(t, bucket, "lake/a b"); got != string(data) {
		t.Errorf("read %d bytes, want %d", len(got), len(data))
	}
	key := "lake/a b"
	head, err := bucket.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &name, Key: &key, ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	if want := base64.StdEncoding.EncodeToString(sum[:]); head.ChecksumSHA256 == nil || *head.ChecksumSHA256 != want {
		t.Errorf("stored with checksum %v, want %s", head.ChecksumSHA256, want)
	}
	if err := bucket.PutNew(ctx, "lake/new", strings.NewReader("1"), 1); err != nil {
		t.Fatal(err)
	}
	if err := bucket.PutNew(ctx, "lake/new", strings.NewReader("2"), 1); !errors.Is(err, fs.ErrExist) || read(t, bucket, "lake/new") != "1" {
		t.Errorf("%v, want fs.ErrExist", err)
	}
	if err := bucket.Delete(ctx, []string{"lake/a b", "lake/new", "lake/none"}); err != nil {
		t.Fatal(err)
	}
	for info, err := range bucket.List(ctx, "lake/", "") {
		t.Errorf("%q is left, %v", info.Key, err)
	}
}
