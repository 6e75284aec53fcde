package cloud

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/object"
)

const question = "SELECT event_name, count(*) FROM events"

// states is the life of a query that succeeds.
func states(bytes ...int64) []awstest.QueryState {
	life := []awstest.QueryState{{State: "QUEUED"}}
	for _, n := range bytes {
		life = append(life, awstest.QueryState{State: "RUNNING", Bytes: n})
	}
	return append(life, awstest.QueryState{State: "SUCCEEDED", Bytes: 5000, Seconds: 1.5})
}

// engine asks a fake Athena, without delay.
func engine(t *testing.T, fake *awstest.Athena, options AthenaOptions) *Athena {
	t.Helper()
	environment(t)
	url := serve(t, &http.Server{Handler: fake})
	if options.Poll == 0 {
		options.Poll = time.Millisecond
	}
	return session(t, Options{EndpointURL: url}).Athena(options)
}

func TestAthenaAsksTheSameTwice(t *testing.T) {
	fake := &awstest.Athena{Queries: map[string]awstest.Query{question: {States: states(), Columns: []awstest.QueryColumn{{Name: "n", Type: "bigint"}}}}}
	a := engine(t, fake, AthenaOptions{})
	for range 2 {
		if _, _, err := a.Ask(t.Context(), question); err != nil {
			t.Fatal(err)
		}
	}
	if started := fake.Started(); len(started) != 2 || started[0].Token == started[1].Token || len(started[0].Token) != 64 {
		t.Errorf("two questions started %+v", started)
	}
	if n := fake.Counts()["GetWorkGroup"]; n != 1 {
		t.Errorf("the workgroup was read %d times", n)
	}
}

func TestAthenaThrottled(t *testing.T) {
	var mu sync.Mutex
	left := map[string]int{"GetWorkGroup": 1, "StartQueryExecution": 2, "GetQueryExecution": 1, "GetQueryResults": 1}
	fake := &awstest.Athena{Queries: map[string]awstest.Query{question: {States: states(), Columns: []awstest.QueryColumn{{Name: "n", Type: "bigint"}}, Rows: [][]any{{"1"}}}},
		Fail: func(operation string, _ *http.Request) *awstest.Failure {
			mu.Lock()
			defer mu.Unlock()
			if left[operation] == 0 {
				return nil
			}
			left[operation]--
			return &awstest.Failure{Status: 400, Code: map[bool]string{true: "TooManyRequestsException", false: "ThrottlingException"}[left[operation] == 0], Message: "Rate exceeded"}
		}}
	result, _, err := engine(t, fake, AthenaOptions{}).Ask(t.Context(), question)
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := collect(result); err != nil || len(rows) != 1 {
		t.Errorf("rows %v, %v", rows, err)
	}
	if n := len(fake.Started()); n != 1 {
		t.Errorf("%d queries were started", n)
	}
}

func TestAthenaFailures(t *testing.T) {
	long := strings.Repeat("é", 3000)
	for name, c := range map[string]struct {
		last awstest.QueryState
		want error
		text string
	}{
		"failed":    {awstest.QueryState{State: "FAILED", Reason: "SYNTAX_ERROR: line 1:8: Column 'x' cannot be resolved"}, ErrQuery, "Column 'x' cannot be resolved"},
		"no reason": {awstest.QueryState{State: "FAILED"}, ErrQuery, "FAILED"},
		"cancelled": {awstest.QueryState{State: "CANCELLED", Reason: "Query cancelled by user"}, ErrQuery, "cancelled by user"},
		"cutoff":    {awstest.QueryState{State: "CANCELLED", Reason: "Bytes scanned limit was exceeded"}, ErrTooManyBytes, "limit was exceeded"},
		"denied":    {awstest.QueryState{State: "FAILED", Reason: "PERMISSION_DENIED: Access Denied (Service: Amazon S3; Status Code: 403)"}, object.ErrDenied, "Status Code: 403"},
		"secrets":   {awstest.QueryState{State: "FAILED", Reason: "key " + testID + " X-Amz-Security-Token=" + testToken}, ErrQuery, "AKIA…"},
		"long":      {awstest.QueryState{State: "FAILED", Reason: "\x1b[2J\n" + long}, ErrQuery, "FAILED: [2J éé"},
		"strange":   {awstest.QueryState{State: "ASLEEP"}, ErrQuery, "unknown state"},
	} {
		t.Run(name, func(t *testing.T) {
			fake := &awstest.Athena{Queries: map[string]awstest.Query{question: {States: []awstest.QueryState{{State: "RUNNING", Bytes: 7}, c.last}}}}
			_, scan, err := engine(t, fake, AthenaOptions{}).Ask(t.Context(), question)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Fatalf("%v, want %v with %q", err, c.want, c.text)
			}
			if scan.ID == "" || len(err.Error()) > mostReason+150 || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("scan %+v, error of %d bytes", scan, len(err.Error()))
			}
			noSecret(t, err)
		})
	}
}

func TestAthenaRefusals(t *testing.T) {
	quoting := "got " + testID + " with Signature=0123456789abcdef"
	for name, c := range map[string]struct {
		operation, code string
		status          int
		sql             string
		want            error
	}{
		"no such workgroup":       {operation: "GetWorkGroup", status: 400, code: "InvalidRequestException", want: ErrQuery},
		"start denied":            {operation: "StartQueryExecution", status: 400, code: "AccessDeniedException", want: object.ErrDenied},
		"expired":                 {operation: "GetQueryExecution", status: 400, code: "ExpiredTokenException", want: object.ErrCredentials},
		"results denied":          {operation: "GetQueryResults", status: 403, code: "AccessDeniedException", want: object.ErrDenied},
		"SQL that does not parse": {sql: "SELEKT", want: ErrQuery},
		"no SQL":                  {sql: " \n", want: ErrQuery},
		"too much SQL":            {sql: "SELECT " + strings.Repeat("1", mostSQL), want: ErrQuery},
	} {
		t.Run(name, func(t *testing.T) {
			fake := &awstest.Athena{Queries: map[string]awstest.Query{question: {States: states(1)}},
				Fail: func(operation string, _ *http.Request) *awstest.Failure {
					if operation != c.operation {
						return nil
					}
					return &awstest.Failure{Status: c.status, Code: c.code, Message: quoting}
				}}
			sql := c.sql
			if sql == "" {
				sql = question
			}
			_, _, err := engine(t, fake, AthenaOptions{}).Ask(t.Context(), sql)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.code) {
				t.Fatalf("%v, want %v with %q", err, c.want, c.code)
			}
			noSecret(t, err)
			if c.operation == "GetQueryExecution" && !fake.Stopped(0) {
				t.Error("a query that cannot be watched was not stopped")
			}
		})
	}
}

func TestAthenaLimit(t *testing.T) {
	for name, c := range map[string]struct {
		bytes         []int64
		limit         int64
		configuration map[string]any
		stopped       bool
		warnings      []string
	}{
		"below":                {bytes: []int64{100, 900}, limit: 10000, configuration: map[string]any{"BytesScannedCutoffPerQuery": 10000}},
		"passed while it runs": {bytes: []int64{100, 1001, 2000}, limit: 1000, configuration: map[string]any{"BytesScannedCutoffPerQuery": 10000}, stopped: true},
		"passed at its end":    {limit: 1000, configuration: map[string]any{"BytesScannedCutoffPerQuery": 10000}, warnings: []string{"had read 5000 bytes"}},
		"cutoff is lower":      {limit: 10000, configuration: map[string]any{"BytesScannedCutoffPerQuery": 7000}, warnings: []string{"after 7000 bytes, before the limit of 10000"}},
		"no cutoff":            {limit: 10000, warnings: []string{"no limit of its own"}},
		"no limit":             {bytes: []int64{1 << 50}},
	} {
		t.Run(name, func(t *testing.T) {
			fake := &awstest.Athena{Configuration: c.configuration, Queries: map[string]awstest.Query{question: {States: states(c.bytes...)}}}
			_, scan, err := engine(t, fake, AthenaOptions{MaxBytes: c.limit}).Ask(t.Context(), question)
			if c.stopped {
				if !errors.Is(err, ErrTooManyBytes) || !strings.Contains(err.Error(), "1001 bytes") || !strings.Contains(err.Error(), "limit is 1000") ||
					!strings.Contains(err.Error(), "BytesScannedCutoffPerQuery") {
					t.Errorf("%v, want ErrTooManyBytes with both numbers", err)
				}
				if scan.Bytes != 1001 {
					t.Errorf("scan %+v", scan)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if fake.Stopped(0) != c.stopped {
				t.Errorf("stopped: %v", fake.Stopped(0))
			}
			if len(scan.Warnings) != len(c.warnings) {
				t.Fatalf("warnings %q, want %q", scan.Warnings, c.warnings)
			}
			for i, want := range c.warnings {
				if !strings.Contains(scan.Warnings[i], want) {
					t.Errorf("warning %q, want %q in it", scan.Warnings[i], want)
				}
			}
		})
	}
}

func TestAthenaWarnsOfWorkgroup(t *testing.T) {
	fake := &awstest.Athena{Queries: map[string]awstest.Query{question: {States: states()}}, Configuration: map[string]any{
		"EnforceWorkGroupConfiguration": true, "ResultConfiguration": map[string]any{"OutputLocation": "s3://theirs/"}}}
	_, scan, err := engine(t, fake, AthenaOptions{OutputLocation: "s3://ours/"}).Ask(t.Context(), question)
	if err != nil || len(scan.Warnings) != 1 || !strings.Contains(scan.Warnings[0], "s3://theirs/") {
		t.Errorf("warnings %q, %v", scan.Warnings, err)
	}
	fake.Fail = func(operation string, _ *http.Request) *awstest.Failure {
		if operation != "GetWorkGroup" {
			return nil
		}
		return &awstest.Failure{Status: 400, Code: "AccessDeniedException", Message: "not yours"}
	}
	_, scan, err = engine(t, fake, AthenaOptions{}).Ask(t.Context(), question)
	if err != nil || len(scan.Warnings) != 1 || !strings.Contains(scan.Warnings[0], "its limits are not known") {
		t.Errorf("warnings %q, %v", scan.Warnings, err)
	}
}

// TestAthenaCancelled ends the context at each step: nothing may be left running.
func TestAthenaCancelled(t *testing.T) {
	for _, c := range []struct {
		operation string
		started   int
	}{{"GetWorkGroup", 0}, {"StartQueryExecution", 1}, {"GetQueryExecution", 1}} {
		t.Run(c.operation, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			fake := &awstest.Athena{Queries: map[string]awstest.Query{question: {States: []awstest.QueryState{{State: "RUNNING"}}}}}
			var once sync.Once
			fake.Hold = func(operation string) {
				if operation == c.operation {
					once.Do(func() {
						cancel()
						time.Sleep(50 * time.Millisecond) // so that the answer comes too late
					})
				}
			}
			_, _, err := engine(t, fake, AthenaOptions{}).Ask(ctx, question)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%v, want context.Canceled", err)
			}
			if n := len(fake.Started()); n != c.started {
				t.Fatalf("%d queries were started, want %d", n, c.started)
			}
			if c.started > 0 && !fake.Stopped(0) {
				t.Error("the query still runs")
			}
		})
	}
	t.Run("while waiting", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		fake := &awstest.Athena{Queries: map[string]awstest.Query{question: {States: []awstest.QueryState{{State: "RUNNING"}}}}}
		_, _, err := engine(t, fake, AthenaOptions{Poll: time.Minute}).Ask(ctx, question)
		if !errors.Is(err, context.DeadlineExceeded) || !fake.Stopped(0) {
			t.Errorf("%v, stopped: %v", err, fake.Stopped(0))
		}
	})
	t.Run("before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		fake := &awstest.Athena{}
		if _, _, err := engine(t, fake, AthenaOptions{}).Ask(ctx, question); !errors.Is(err, context.Canceled) || len(fake.Counts()) > 0 {
			t.Errorf("%v after %v", err, fake.Counts())
		}
	})
}
