package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// bucketName is one that no other test of this server has.
func bucketName(account, name string) string { return name + "-" + account }

// tlsOnly is a policy of a bucket.
func tlsOnly(bucket string) policy.Document {
	return policy.Document{Version: "2012-10-17", Statements: []policy.Statement{{Sid: "DenyInsecureTransport", Effect: "Deny",
		Principal: policy.Principal{"*": {"*"}}, Action: []string{"s3:*"}, Resource: []string{"arn:aws:s3:::" + bucket, "arn:aws:s3:::" + bucket + "/*"},
		Condition: policy.Condition{"Bool": {"aws:SecureTransport": {"false"}}}}}}
}

func TestBucketOnMoto(t *testing.T) {
	for _, region := range []string{east, "eu-central-1"} {
		t.Run(region, func(t *testing.T) {
			a, account, proxy := onMoto(t)
			w := walk{t, a, proxy}
			target := &resource.Bucket{Account: account, Region: region, Name: bucketName(account, "access-logs"), Ownership: "BucketOwnerEnforced"}
			w.absent(target.ID())
			w.step(resource.Create, target, target)
			target = with(target, func(b *resource.Bucket) {
				b.Policy = policy.ForAccessLogBucket("aws", b.Name, bucketName(account, "logs"), account, "")
			})
			w.step(resource.BucketPolicy, target, target)

			b := &resource.Bucket{Account: account, Region: region, Name: bucketName(account, "logs"), Ownership: "BucketOwnerEnforced"}
			w.step(resource.Create, b, b)
			for _, s := range []struct {
				step   resource.Step
				change func(*resource.Bucket)
			}{
				{resource.BucketPublicAccess, func(b *resource.Bucket) {
					b.Public = resource.PublicAccess{BlockACLs: true, IgnoreACLs: true, BlockPolicy: true, Restrict: true}
				}},
				{resource.BucketOwnership, func(b *resource.Bucket) { b.Ownership = "BucketOwnerPreferred" }},
				{resource.BucketEncryption, func(b *resource.Bucket) {
					b.Encryption = resource.Encryption{Algorithm: "aws:kms", KeyARN: keyARN, BucketKey: true}
				}},
				{resource.BucketVersioning, func(b *resource.Bucket) { b.Versioning = "Enabled" }},
				{resource.BucketLock, func(b *resource.Bucket) { b.Lock = resource.Lock{Enabled: true, Mode: "GOVERNANCE", Days: 400} }},
				{resource.BucketLifecycle, func(b *resource.Bucket) { b.Lifecycle, b.LifecycleMinimum = everyRule(), "all_storage_classes_128K" }},
				{resource.BucketLogging, func(b *resource.Bucket) {
					b.Logging = resource.AccessLogging{Bucket: target.Name, Prefix: "logs/"}
				}},
				{resource.BucketPolicy, func(b *resource.Bucket) { b.Policy = tlsOnly(b.Name) }},
			} {
				b = with(b, s.change)
				w.step(s.step, b, b)
			}
		})
	}
}

// whole is a bucket with all its settings.
func whole(b *resource.Bucket) *resource.Bucket {
	return with(b, func(b *resource.Bucket) {
		b.Public, b.Ownership, b.Versioning = resource.PublicAccess{BlockACLs: true}, "BucketOwnerEnforced", "Enabled"
		b.Encryption, b.Lock, b.Lifecycle = resource.Encryption{Algorithm: "AES256"}, resource.Lock{Enabled: true}, everyRule()
		b.Logging, b.Policy = resource.AccessLogging{Bucket: "l", Prefix: "p"}, tlsOnly(b.Name)
	})
}

// everyRule is a lifecycle that uses all that moto keeps.
func everyRule() []resource.LifecycleRule {
	return []resource.LifecycleRule{
		{ID: "keep", Enabled: true, Prefix: "AWSLogs/", Transitions: []resource.Transition{{Days: 400, Class: "GLACIER_IR"}}, ExpireDays: 2557,
			NoncurrentMoves: []resource.Transition{{Days: 30, Versions: 2, Class: "GLACIER"}}, NoncurrentDays: 365, AbortDays: 7},
		{ID: "of others", Filter: `{"And":{"Prefix":"x/","Tags":[{"Key":"a","Value":"b"}]}}`, ExpireDays: 1},
		{ID: "markers", Enabled: true, ExpireMarkers: true},
	}
}

func TestBucketWithLockFromTheStart(t *testing.T) {
	a, account, proxy := onMoto(t)
	w := walk{t, a, proxy}
	b := &resource.Bucket{Account: account, Region: east, Name: bucketName(account, "locked"), Ownership: "BucketOwnerEnforced", Lock: resource.Lock{Enabled: true}}
	want := with(b, func(b *resource.Bucket) { b.Versioning = "Enabled" })
	w.step(resource.Create, b, want)
}

func TestBucketOfAnotherAccountIsTaken(t *testing.T) {
	a, account, _ := onMoto(t)
	name := bucketName(account, "theirs")
	theirs, _, _ := onMoto(t)
	b := &resource.Bucket{Account: account, Region: east, Name: name}
	if err := theirs.Do(t.Context(), resource.Edit{Step: resource.Create, To: b}); err != nil {
		t.Fatal(err)
	}
	state, err := a.Read(t.Context(), b.ID())
	if err != nil || state.Resource != nil || !errors.Is(state.Unread[resource.Create], resource.ErrTaken) {
		t.Errorf("read: %+v, %v", state, err)
	}
	if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: b}); !errors.Is(err, resource.ErrTaken) {
		t.Errorf("create: %v", err)
	}
	for step := range bucketHandler.writes {
		if step == resource.Create {
			continue
		}
		if err := a.Do(t.Context(), resource.Edit{Step: step, To: whole(b)}); !errors.Is(err, object.ErrDenied) {
			t.Errorf("%s: %v", step, err)
		}
	}
}

func TestBucketIsReadWhereItIs(t *testing.T) {
	a, account, _ := onMoto(t)
	b := &resource.Bucket{Account: account, Region: "eu-west-1", Name: bucketName(account, "far")}
	if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: b}); err != nil {
		t.Fatal(err)
	}
	state, err := a.Read(t.Context(), resource.ID{Kind: resource.BucketKind, Account: account, Region: east, Name: b.Name})
	if got, ok := state.Resource.(*resource.Bucket); err != nil || !ok || got.Region != "eu-west-1" || len(state.Unread) > 0 {
		t.Errorf("read: %+v, %v", state, err)
	}
}

func TestBucketSettingThatMayNotBeReadIsUnknown(t *testing.T) {
	for operation, steps := range map[string][]resource.Step{
		"GetPublicAccessBlock":            {resource.BucketPublicAccess},
		"GetBucketOwnershipControls":      {resource.BucketOwnership},
		"GetBucketEncryption":             {resource.BucketEncryption},
		"GetBucketVersioning":             {resource.BucketVersioning, resource.BucketMFADelete},
		"GetObjectLockConfiguration":      {resource.BucketLock},
		"GetBucketLifecycleConfiguration": {resource.BucketLifecycle},
		"GetBucketLogging":                {resource.BucketLogging},
		"GetBucketPolicy":                 {resource.BucketPolicy},
		"HeadBucket":                      {resource.Create},
	} {
		t.Run(operation, func(t *testing.T) {
			a, account, proxy := onMoto(t)
			b := &resource.Bucket{Account: account, Region: east, Name: bucketName(account, "logs")}
			if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: b}); err != nil {
				t.Fatal(err)
			}
			proxy.Fail(func(c awstest.Call) *awstest.Fault {
				if c.Operation == operation {
					return &awstest.Denied
				}
				return nil
			})
			state, err := a.Read(t.Context(), b.ID())
			if err != nil || len(state.Unread) != len(steps) {
				t.Fatalf("%+v, %v", state, err)
			}
			for _, step := range steps {
				if !errors.Is(state.Unread[step], object.ErrDenied) {
					t.Errorf("%s: %v", step, state.Unread[step])
				}
			}
		})
	}
}

// TestBucketIsNotAbsentWhenNobodyKnows: only S3, in words, says that a bucket is not there.
func TestBucketIsNotAbsentWhenNobodyKnows(t *testing.T) {
	id := resource.ID{Kind: resource.BucketKind, Account: us, Region: east, Name: "b"}
	const gone = "<Error><Code>NoSuchBucket</Code></Error>"
	for name, c := range map[string]struct {
		status int
		body   string
		absent bool
	}{
		"not there":            {http.StatusNotFound, gone, true},
		"a page of some proxy": {http.StatusNotFound, "<html></html>", false},
		"an empty answer":      {http.StatusNotFound, "", false},
		"denied":               {http.StatusForbidden, gone, false},
		"a bad request":        {http.StatusBadRequest, gone, false},
		"broken":               {http.StatusInternalServerError, gone, false},
		"moved, nowhere":       {http.StatusMovedPermanently, gone, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := reach(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(c.status)
				_, _ = fmt.Fprint(w, c.body)
			}))
			state, err := a.Read(t.Context(), id)
			if err != nil || state.Resource != nil || (state.Unread[resource.Create] == nil) != c.absent {
				t.Errorf("%+v, %v", state, err)
			}
		})
	}
}

// TestEncryptionKeepsWhatElseTheCallSets: the types that a bucket refuses are written by the same call.
func TestEncryptionKeepsWhatElseTheCallSets(t *testing.T) {
	var put string
	a := reach(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			put = body(r)
			return
		}
		_, _ = fmt.Fprint(w, `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>`+
			`<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes></Rule></ServerSideEncryptionConfiguration>`)
	}))
	err := a.Do(t.Context(), resource.Edit{Step: resource.BucketEncryption, To: &resource.Bucket{Account: us, Region: east, Name: "b",
		Encryption: resource.Encryption{Algorithm: "aws:kms", KeyARN: keyARN, BucketKey: true}}})
	if err != nil || !strings.Contains(put, "<EncryptionType>SSE-C</EncryptionType>") || !strings.Contains(put, keyARN) {
		t.Errorf("%v: %s", err, put)
	}
}

func TestLifecycleRulesComeBackAsTheyWere(t *testing.T) {
	at := time.Date(2030, 1, 31, 0, 0, 0, 0, time.UTC)
	for _, rule := range []types.LifecycleRule{
		{ID: aws.String("a tag"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Tag: &types.Tag{Key: aws.String("k"), Value: aws.String("v")}},
			Expiration: &types.LifecycleExpiration{Date: &at}},
		{ID: aws.String("sizes"), Status: types.ExpirationStatusDisabled, Filter: &types.LifecycleRuleFilter{ObjectSizeLessThan: aws.Int64(5)},
			Transitions: []types.Transition{{Days: aws.Int32(0), StorageClass: "GLACIER"}, {Date: &at, StorageClass: "DEEP_ARCHIVE"}}},
		{ID: aws.String("both"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{And: &types.LifecycleRuleAndOperator{
			Prefix: aws.String("x/"), ObjectSizeGreaterThan: aws.Int64(1000), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}},
			NoncurrentVersionTransitions:   []types.NoncurrentVersionTransition{{NoncurrentDays: aws.Int32(3), NewerNoncurrentVersions: aws.Int32(4), StorageClass: "GLACIER"}},
			AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(7)}},
		{ID: aws.String("all"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")},
			NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{NewerNoncurrentVersions: aws.Int32(2), NoncurrentDays: aws.Int32(9)}},
	} {
		t.Run(*rule.ID, func(t *testing.T) {
			said, err := lifecycleRule(rule)
			if err != nil {
				t.Fatal(err)
			}
			back, err := ruleOf(said)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(rule, back, plain...); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The prefix of the older form is the same as a filter that is a prefix.
func TestLifecycleRuleOfTheOlderForm(t *testing.T) {
	//lint:ignore SA1019 the older form is what this is about
	said, err := lifecycleRule(types.LifecycleRule{Prefix: aws.String("logs/"), Status: types.ExpirationStatusEnabled})
	if err != nil || said.Prefix != "logs/" || said.Filter != "" || !said.Enabled {
		t.Errorf("%+v, %v", said, err)
	}
}

func TestFilterThatIsNotUnderstoodIsNotWritten(t *testing.T) {
	for _, filter := range []string{`{"Tags":[]}`, `x`} {
		if _, err := ruleOf(resource.LifecycleRule{ID: "r", Filter: filter}); err == nil {
			t.Errorf("filter %s was taken", filter)
		}
	}
}

// TestNothingOfABucketIsDeleted: the client has calls that delete; none is made, whatever is written.
func TestNothingOfABucketIsDeleted(t *testing.T) {
	var methods []string
	a := reach(t, serve(t, func(w http.ResponseWriter, r *http.Request) { methods = append(methods, r.Method) }))
	for step := range bucketHandler.writes {
		_ = a.Do(context.WithoutCancel(t.Context()), resource.Edit{Step: step, To: whole(&resource.Bucket{Account: us, Region: east, Name: "b"})})
	}
	for _, m := range methods {
		if m == http.MethodDelete {
			t.Errorf("DELETE was sent")
		}
	}
	if len(methods) < len(bucketHandler.writes) {
		t.Errorf("only %d requests", len(methods))
	}
}
