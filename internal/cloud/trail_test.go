package cloud

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/object"
)

func serve(t *testing.T, server *http.Server) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return "http://" + listener.Addr().String()
}

func day(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)
}

func TestPublicKeys(t *testing.T) {
	environment(t)
	pkcs1, spki := testKeys(t)
	one, err := integrity.ParsePublicKey(pkcs1)
	if err != nil {
		t.Fatal(err)
	}
	two, err := integrity.ParsePublicKey(spki)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string][]awstest.Key{"eu-west-1": {
		{Value: pkcs1, Fingerprint: one.Fingerprint, NotBefore: day(2, 1), NotAfter: day(3, 3)},
		{Value: spki, Fingerprint: two.Fingerprint, NotBefore: day(3, 1), NotAfter: day(3, 31)},
		{Value: spki, Fingerprint: two.Fingerprint, NotBefore: day(3, 1), NotAfter: day(3, 31)},
	}}
	for name, perPage := range map[string]int{"at once": 0, "paged": 1} {
		t.Run(name, func(t *testing.T) {
			_, url := listen(t, awstest.Options{Keys: keys, KeysPerPage: perPage})
			s := session(t, Options{EndpointURL: url})
			got, err := s.PublicKeys(t.Context(), "eu-west-1", day(3, 2), day(3, 9))
			if err != nil || len(got) != 2 {
				t.Fatalf("%d keys, %v, want 2", len(got), err)
			}
			for i, want := range []string{one.Fingerprint, two.Fingerprint} {
				if got[i].Fingerprint != want || got[i].Region != "eu-west-1" || got[i].Key == nil || got[i].NotBefore.Year() != 2026 {
					t.Errorf("key %d is %+v, want %s", i, got[i], want)
				}
			}
			if got, err := s.PublicKeys(t.Context(), "eu-west-1", day(3, 5), day(3, 9)); err != nil || len(got) != 1 {
				t.Errorf("%d keys, %v, want the one of that time", len(got), err)
			}
			if got, err := s.PublicKeys(t.Context(), "us-east-1", day(3, 2), day(3, 9)); err != nil || len(got) != 0 {
				t.Errorf("%d keys, %v in a region that has none", len(got), err)
			}
		})
	}
}

func TestPublicKeysThatCannotBeRead(t *testing.T) {
	environment(t)
	pkcs1, spki := testKeys(t)
	claimed := strings.Repeat("0", 32)
	_, url := listen(t, awstest.Options{Keys: map[string][]awstest.Key{"": {
		{Value: []byte("an algorithm of the future"), Fingerprint: "f00d"}, {Value: spki, Fingerprint: claimed}, {Value: pkcs1},
	}}})
	got, err := session(t, Options{EndpointURL: url}).PublicKeys(t.Context(), "us-east-1", time.Time{}, time.Time{})
	if len(got) != 1 {
		t.Errorf("%d keys, want the one that can be read", len(got))
	}
	if err == nil || !strings.Contains(err.Error(), "f00d") || !strings.Contains(err.Error(), claimed) {
		t.Errorf("%v does not name the others", err)
	}
}

// TestPagingEnds: a token that comes back for ever ends the listing.
func TestPagingEnds(t *testing.T) {
	environment(t)
	url := serve(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"PublicKeyList": []any{}, "NextToken": "again"})
	})})
	if got, err := session(t, Options{EndpointURL: url}).PublicKeys(t.Context(), "us-east-1", time.Time{}, time.Time{}); err != nil || len(got) != 0 {
		t.Errorf("%d keys, %v", len(got), err)
	}
}

func TestRegionThatIsNotEnabled(t *testing.T) {
	environment(t)
	fail := func(r *http.Request) *awstest.Failure {
		if strings.Contains(r.Header.Get("Authorization"), "/me-south-1/") {
			return &awstest.Failure{Status: 400, Code: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
		}
		return nil
	}
	_, url := listen(t, awstest.Options{Fail: fail})
	s := session(t, Options{EndpointURL: url})
	_, err := s.PublicKeys(t.Context(), "me-south-1", time.Time{}, time.Time{})
	if !errors.Is(err, object.ErrDenied) || errors.Is(err, object.ErrCredentials) || !strings.Contains(err.Error(), "me-south-1") {
		t.Errorf("%v, want ErrDenied", err)
	}
}

func TestTrail(t *testing.T) {
	environment(t)
	const arn = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
	stopped := day(3, 4)
	server, url := listen(t, awstest.Options{
		Trails: []map[string]any{{"Name": "main", "TrailARN": arn, "HomeRegion": "eu-west-1", "S3BucketName": "b",
			"LogFileValidationEnabled": true, "IsOrganizationTrail": true}},
		Status: map[string]map[string]any{arn: {"IsLogging": false, "StopLoggingTime": float64(stopped.Unix()),
			"LatestDigestDeliveryTime": float64(day(3, 3).Unix()), "LatestDigestDeliveryError": "AccessDenied"}},
	})
	s := session(t, Options{EndpointURL: url})
	for _, name := range []string{"main", arn} {
		got, err := s.Trail(t.Context(), "eu-west-1", "111122223333", name)
		if err != nil {
			t.Fatal(err)
		}
		want := TrailStatus{ARN: arn, Bucket: "b", Organization: true, ValidationOn: true, StoppedAt: stopped,
			LatestDigestDelivery: day(3, 3), DigestDeliveryError: "AccessDenied"}
		if got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if _, err := s.Trail(t.Context(), "eu-west-1", "", "main"); err != nil {
		t.Errorf("by bare name: %v", err)
	}
	for _, c := range []struct{ home, name string }{{"eu-west-1", "other"}, {"us-east-1", "main"}} {
		if _, err := s.Trail(t.Context(), c.home, "111122223333", c.name); !errors.Is(err, object.ErrNotFound) {
			t.Errorf("Trail(%q, %q): %v, want ErrNotFound", c.home, c.name, err)
		}
	}
	if server.Counts()["GetTrailStatus"] != 3 {
		t.Errorf("counts %v", server.Counts())
	}
	_, url = listen(t, awstest.Options{Fail: awstest.Times(9, awstest.Failure{Status: 400, Code: "AccessDeniedException"}, func(*http.Request) bool { return true })})
	if _, err := session(t, Options{EndpointURL: url}).Trail(t.Context(), "eu-west-1", "", "main"); !errors.Is(err, object.ErrDenied) {
		t.Errorf("%v, want ErrDenied", err)
	}
}

func TestAccountAssumesTheRole(t *testing.T) {
	environment(t)
	memory := awstest.NewMemory()
	memory.Put("k", []byte("x"), nil)
	var mu sync.Mutex
	signers := map[string]bool{}
	_, url := listen(t, awstest.Options{Buckets: map[string]awstest.Backend{"b": memory}, Fail: func(r *http.Request) *awstest.Failure {
		if r.URL.Path == "/b/k" {
			_, id, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
			id, _, _ = strings.Cut(id, "/")
			mu.Lock()
			defer mu.Unlock()
			signers[id] = true
		}
		return nil
	}})
	s := session(t, Options{EndpointURL: url, RoleName: "reader", ExternalID: "x"})
	for account, want := range map[string]string{"111122223333": testID, "444455556666": "ROLE444455556666"} {
		in, err := s.Account(t.Context(), account)
		if err != nil {
			t.Fatal(err)
		}
		bucket, err := in.Bucket(t.Context(), "b", "")
		if err != nil {
			t.Fatal(err)
		}
		body, err := bucket.Open(t.Context(), "k")
		if err != nil {
			t.Fatal(err)
		}
		body.Close()
		mu.Lock()
		if !signers[want] {
			t.Errorf("account %s was read as %v, want %s", account, signers, want)
		}
		clear(signers)
		mu.Unlock()
	}
	if in, _ := session(t, Options{EndpointURL: url}).Account(t.Context(), "444455556666"); in == nil {
		t.Error("no session without a role")
	}
}

func TestRoleThatMayNotBeAssumed(t *testing.T) {
	environment(t)
	_, url := listen(t, awstest.Options{Fail: func(r *http.Request) *awstest.Failure { return deny(r.Method == http.MethodPost) }})
	s := session(t, Options{EndpointURL: url, RoleARN: "arn:aws:iam::444455556666:role/reader"})
	_, err := s.Bucket(t.Context(), "b", "")
	if !errors.Is(err, object.ErrCredentials) || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("%v, want ErrCredentials with the code", err)
	}
	noSecret(t, err)
}

func TestPartition(t *testing.T) {
	for region, want := range map[string]string{"eu-west-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov",
		"us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b", "eusc-de-east-1": "aws-eusc"} {
		if got := partition(region); got != want {
			t.Errorf("partition(%q) is %q, want %q", region, got, want)
		}
	}
}

func TestRedact(t *testing.T) {
	for _, text := range []string{
		"Credential=AKIAIOSFODNN7EXAMPLE/20260302/us-east-1", `"SecretAccessKey": "wJalrXUtnFEMI"`,
		"https://b.s3.amazonaws.com/k?X-Amz-Signature=0123abcd&X-Amz-Security-Token=FwoGZX", "http://user:pass@host/",
		"aws_session_token? SessionToken=FwoGZX",
	} {
		got := redact(text)
		for _, secret := range []string{"IOSFODNN7", "wJalr", "0123abcd", "FwoGZX", "pass@"} {
			if strings.Contains(got, secret) {
				t.Errorf("redact(%q) is %q", text, got)
			}
		}
	}
	if got := redact("dial tcp 192.0.2.1:443: connection refused"); got != "dial tcp 192.0.2.1:443: connection refused" {
		t.Errorf("harmless text became %q", got)
	}
}
