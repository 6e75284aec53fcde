package account

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/cloud"
	"github.com/trailseal/trailseal/internal/resource"
)

// TestLogArchiveOnMoto: what belongs to another account is read and written as the role there, and a trail as the caller.
func TestLogArchiveOnMoto(t *testing.T) {
	own, account, proxy := onMoto(t)
	archive := awstest.FreshAccount()
	session, err := cloud.Load(t.Context(), cloud.Options{EndpointURL: *own.session.Config().BaseEndpoint, RoleName: "setup"})
	if err != nil {
		t.Fatal(err)
	}
	a := New(session)
	bucket := &resource.Bucket{Account: archive, Region: east, Name: bucketName(archive, "logs"), Ownership: "BucketOwnerEnforced"}
	trail := &resource.Trail{Account: "999999999999", Region: east, Name: "org"}
	if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: bucket}); err != nil {
		t.Fatal(err)
	}
	if r := a.mustRead(t, bucket.ID()); r == nil {
		t.Error("the bucket is not there")
	}
	if _, err := a.Read(t.Context(), trail.ID()); err != nil {
		t.Fatal(err)
	}
	for _, c := range proxy.Calls() {
		want := account
		if c.Service == "s3" {
			want = archive
		}
		if c.Account != want {
			t.Errorf("%s was called as %s, want %s", c, c.Account, want)
		}
		if c.Service == "cloudtrail" && c.Target != "arn:aws:cloudtrail:us-east-1:999999999999:trail/org" {
			t.Errorf("%s asks for %q", c, c.Target)
		}
	}
	if !slices.ContainsFunc(proxy.Calls(), func(c awstest.Call) bool { return c.Operation == "GetTrail" }) {
		t.Error("no trail was asked for")
	}
}

func TestMFADeleteIsRead(t *testing.T) {
	a := reach(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("versioning") {
			_, _ = fmt.Fprint(w, "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>")
		}
	}))
	state, err := a.Read(t.Context(), resource.ID{Kind: resource.BucketKind, Account: us, Region: east, Name: "b"})
	if b, ok := state.Resource.(*resource.Bucket); err != nil || !ok || !b.MFADelete || b.Versioning != "Enabled" {
		t.Errorf("%+v, %v", state, err)
	}
}

// TestBucketThatS3SaysIsElsewhere: S3 answers 301, with the region in a header, where a bucket is asked for in another region.
func TestBucketThatS3SaysIsElsewhere(t *testing.T) {
	a := reach(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Expected-Bucket-Owner") != us {
			t.Errorf("%s %s does not say whose the bucket has to be", r.Method, r.URL)
		}
		if r.Method == http.MethodHead && strings.Contains(r.Header.Get("Authorization"), "/us-east-1/") {
			w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
			w.WriteHeader(http.StatusMovedPermanently)
		}
	}))
	state, err := a.Read(t.Context(), resource.ID{Kind: resource.BucketKind, Account: us, Region: east, Name: "b"})
	if b, ok := state.Resource.(*resource.Bucket); err != nil || !ok || b.Region != "eu-west-1" {
		t.Errorf("%+v, %v", state, err)
	}
}
