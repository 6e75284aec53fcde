package cloud

import (
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/object/objecttest"
)

// The credentials of the tests: no message may ever hold them.
const (
	testID     = "AKIAIOSFODNN7EXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	testToken  = "FwoGZXIvYXdzEXAMPLETOKEN"
)

// environment lets nothing of the machine's AWS configuration in.
func environment(t *testing.T) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			os.Unsetenv(name) // Setenv restores it afterwards
		}
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": testID, "AWS_SECRET_ACCESS_KEY": testSecret, "AWS_SESSION_TOKEN": testToken,
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
}

// listen starts a fake AWS.
func listen(t *testing.T, options awstest.Options) (*awstest.Server, string) {
	t.Helper()
	server := awstest.New(options)
	url, err := server.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server, url
}

// session is one that wastes no time.
func session(t *testing.T, options Options) *Session {
	t.Helper()
	options.maxBackoff = time.Millisecond
	s, err := Load(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// faults are those of one fake AWS, changed while it answers.
type faults struct {
	mu       sync.Mutex
	denied   map[string]bool
	cut      map[string]int
	throttle int
}

func (f *faults) fail(r *http.Request) *awstest.Failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.throttle > 0 {
		f.throttle--
		return &awstest.Failure{Status: http.StatusServiceUnavailable, Code: "SlowDown", Message: "Please reduce your request rate."}
	}
	if f.denied[r.URL.Path] {
		return &awstest.Failure{Status: http.StatusForbidden, Code: "AccessDenied", Message: "Access Denied"}
	}
	if f.cut[r.URL.Path] > 0 {
		f.cut[r.URL.Path]--
		return &awstest.Failure{CutBodyAfter: 100000}
	}
	return nil
}

func TestContract(t *testing.T) {
	environment(t)
	objecttest.Run(t, func(t *testing.T) objecttest.Target {
		memory := awstest.NewMemory()
		f := &faults{denied: map[string]bool{}, cut: map[string]int{}}
		_, url := listen(t, awstest.Options{Buckets: map[string]awstest.Backend{"b": memory}, Fail: f.fail})
		bucket, err := session(t, Options{EndpointURL: url}).Bucket(t.Context(), "b", "")
		if err != nil {
			t.Fatal(err)
		}
		locked := func(change func()) {
			f.mu.Lock()
			defer f.mu.Unlock()
			change()
		}
		return objecttest.Target{
			Source: bucket,
			Put: func(key string, body []byte, metadata map[string]string) {
				if err := memory.Put(key, body, metadata); err != nil {
					t.Fatal(err)
				}
			},
			Deny:     func(key string) { locked(func() { f.denied["/b/"+key] = true }) },
			Archive:  func(key string) { memory.SetStorageClass(key, "GLACIER") },
			Cut:      func(key string, n int) { locked(func() { f.cut["/b/"+key] = n }) },
			Throttle: func(n int) { locked(func() { f.throttle = n }) },
		}
	})
}

// TestContractOverTree serves a directory, as the benchmarks do.
func TestContractOverTree(t *testing.T) {
	environment(t)
	objecttest.Run(t, func(t *testing.T) objecttest.Target {
		tree := awstest.NewTree(t.TempDir())
		_, url := listen(t, awstest.Options{Buckets: map[string]awstest.Backend{"b": tree}})
		bucket, err := session(t, Options{EndpointURL: url}).Bucket(t.Context(), "b", "")
		if err != nil {
			t.Fatal(err)
		}
		return objecttest.Target{Source: bucket, Few: true, Put: func(key string, body []byte, metadata map[string]string) {
			if err := tree.Put(key, body, metadata); err != nil {
				t.Fatal(err)
			}
		}}
	})
}
