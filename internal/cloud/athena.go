package cloud

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/object"
)

const (
	defaultWorkgroup = "primary" // every account has it
	defaultPoll      = 100 * time.Millisecond
	slowestPoll      = 2 * time.Second
	stopWithin       = 10 * time.Second
	mostSQL          = 262144 // bytes, Athena's own limit
	mostReason       = 1000   // bytes of what Athena says of a query that failed
)

// Errors of a query, beside those of package object. Neither is worth another try.
var (
	// ErrQuery: Athena refused the query, or it ended without a result.
	ErrQuery = errors.New("query failed")
	// ErrTooManyBytes: the query was stopped because it read more than it was allowed to.
	ErrTooManyBytes = errors.New("query reads too many bytes")
)

// AthenaOptions say where queries run. The zero value is the workgroup primary, without a limit of its own.
type AthenaOptions struct {
	Workgroup string // primary if empty
	Database  string // of names without one
	Catalog   string // AwsDataCatalog if empty
	Region    string // the session's if empty
	// OutputLocation is the s3:// URL below which Athena writes results; the workgroup's if empty. A workgroup that
	// enforces its settings writes where it says itself.
	OutputLocation string
	// MaxBytes stops a query that has read more, 0 for no limit. It is looked at with every poll, so more is read, and
	// paid, than it says; the limit that holds is the workgroup's own, BytesScannedCutoffPerQuery.
	MaxBytes int64
	// Poll is the first wait between two looks at a query; it doubles up to 2 s. 100 ms if 0.
	Poll time.Duration
}

// Athena asks Amazon Athena. It may be used by many goroutines at a time.
//
// It needs athena:StartQueryExecution, athena:GetQueryExecution, athena:GetQueryResults, athena:StopQueryExecution and
// athena:GetWorkGroup on the workgroup; glue:GetDatabase, glue:GetTable and glue:GetPartitions on the catalog, the
// database and its tables; s3:GetObject and s3:ListBucket on the lake; s3:GetBucketLocation, s3:GetObject,
// s3:ListBucket and s3:PutObject on the location of the results, and kms:Decrypt and kms:GenerateDataKey where either
// is encrypted with a key of KMS. Without athena:GetWorkGroup it asks all the same, with a warning.
type Athena struct {
	options AthenaOptions
	client  *athena.Client

	mu    sync.Mutex
	group *types.WorkGroupConfiguration
}

// Scan is what a query cost. It is known before its rows are read, and as far as it is known of a query that failed.
type Scan struct {
	ID        string // Athena's, of the query; empty if none was started
	Workgroup string
	Bytes     int64         // read, of the objects as they are stored; Athena charges for 10 MB at least
	Engine    time.Duration // running
	Queued    time.Duration // waiting to run
	Total     time.Duration // all that Athena counts
	Warnings  []string
}

// Athena makes no request.
func (s *Session) Athena(o AthenaOptions) *Athena {
	if o.Workgroup == "" {
		o.Workgroup = defaultWorkgroup
	}
	if o.Poll <= 0 {
		o.Poll = defaultPoll
	}
	return &Athena{options: o, client: athena.NewFromConfig(s.cfg, func(options *athena.Options) {
		if o.Region != "" {
			options.Region = o.Region
		}
		s.endpoint(&options.BaseEndpoint)
	})}
}

// Ask runs one statement, whatever it is, and waits for its end; its rows are fetched as they are read, 1,000 at a
// time, under ctx too. The values of a row are by type: int64 of tinyint, smallint, integer and bigint; float64 of
// real, float and double; bool of boolean; time.Time of timestamp, taken as UTC, and of timestamp with time zone; a
// string of all others (a date is YYYY-MM-DD, a decimal keeps its digits) and of a timestamp in a zone that this
// machine does not know; nil of NULL.
//
// When ctx ends, or more than MaxBytes are read, the query is stopped before Ask returns. A query that failed is
// ErrQuery with Athena's reason, or object.ErrDenied where the reason is a missing permission.
func (a *Athena) Ask(ctx context.Context, sql string) (answer.Result, Scan, error) {
	scan := Scan{Workgroup: a.options.Workgroup}
	what := "ask Athena"
	switch {
	case ctx.Err() != nil:
		return answer.Result{}, scan, classify(ctx, what, ctx.Err())
	case strings.TrimSpace(sql) == "":
		return answer.Result{}, scan, &fault{what: what, words: []error{ErrQuery}, detail: "there is no SQL"}
	case len(sql) > mostSQL:
		return answer.Result{}, scan, &fault{what: what, words: []error{ErrQuery},
			detail: fmt.Sprintf("the SQL is %d bytes long, Athena takes %d", len(sql), mostSQL)}
	}
	if err := a.readGroup(ctx, &scan); err != nil {
		return answer.Result{}, scan, err
	}
	in := a.start(sql)
	started, err := a.client.StartQueryExecution(ctx, in)
	if err != nil {
		if ctx.Err() != nil {
			a.orphan(ctx, in)
		}
		return answer.Result{}, scan, athenaFault(ctx, fmt.Sprintf("start query in workgroup %q", a.options.Workgroup), err)
	}
	scan.ID = aws.ToString(started.QueryExecutionId)
	header, err := a.wait(ctx, &scan)
	if err != nil {
		return answer.Result{}, scan, err
	}
	result, err := a.result(ctx, scan.ID, header)
	return result, scan, err
}

// start makes the request. Its token is the same for every try of one question, and different for the next: Athena
// starts one query for it.
func (a *Athena) start(sql string) *athena.StartQueryExecutionInput {
	sum := sha256.Sum256([]byte(rand.Text() + sql))
	in := &athena.StartQueryExecutionInput{
		QueryString: &sql, ClientRequestToken: aws.String(hex.EncodeToString(sum[:])), WorkGroup: &a.options.Workgroup}
	if a.options.Database != "" || a.options.Catalog != "" {
		in.QueryExecutionContext = &types.QueryExecutionContext{}
		if a.options.Database != "" {
			in.QueryExecutionContext.Database = &a.options.Database
		}
		if a.options.Catalog != "" {
			in.QueryExecutionContext.Catalog = &a.options.Catalog
		}
	}
	if a.options.OutputLocation != "" {
		in.ResultConfiguration = &types.ResultConfiguration{OutputLocation: &a.options.OutputLocation}
	}
	return in
}

// readGroup reads the workgroup, once, and warns of what it does to a query.
func (a *Athena) readGroup(ctx context.Context, scan *Scan) error {
	a.mu.Lock()
	group := a.group
	a.mu.Unlock()
	if group == nil {
		out, err := a.client.GetWorkGroup(ctx, &athena.GetWorkGroupInput{WorkGroup: &a.options.Workgroup})
		what := fmt.Sprintf("read workgroup %q", a.options.Workgroup)
		switch {
		case err != nil:
			err = athenaFault(ctx, what, err)
			if !errors.Is(err, object.ErrDenied) {
				return err
			}
			scan.Warnings = append(scan.Warnings, err.Error()+"; its limits are not known")
			return nil
		case out.WorkGroup == nil:
			return &fault{what: what, words: []error{ErrQuery}, detail: "there is no such workgroup"}
		}
		group = &types.WorkGroupConfiguration{}
		if out.WorkGroup.Configuration != nil {
			group = out.WorkGroup.Configuration
		}
		a.mu.Lock()
		a.group = group
		a.mu.Unlock()
	}
	warn := func(format string, args ...any) { scan.Warnings = append(scan.Warnings, fmt.Sprintf(format, args...)) }
	cutoff := aws.ToInt64(group.BytesScannedCutoffPerQuery)
	switch {
	case cutoff > 0 && a.options.MaxBytes > cutoff:
		warn("workgroup %q cancels a query after %d bytes, before the limit of %d", a.options.Workgroup, cutoff, a.options.MaxBytes)
	case cutoff == 0 && a.options.MaxBytes > 0:
		warn("workgroup %q has no limit of its own (BytesScannedCutoffPerQuery), so a query may read more than %d bytes before it is stopped",
			a.options.Workgroup, a.options.MaxBytes)
	}
	if group.ResultConfiguration != nil && aws.ToBool(group.EnforceWorkGroupConfiguration) && a.options.OutputLocation != "" {
		if own := aws.ToString(group.ResultConfiguration.OutputLocation); own != "" && own != a.options.OutputLocation {
			warn("workgroup %q writes results to %q, whatever the caller says", a.options.Workgroup, own)
		}
	}
	return nil
}

// wait looks at a query until it has ended well, and says whether its results begin with a header. Whatever else
// ends the waiting stops the query.
func (a *Athena) wait(ctx context.Context, scan *Scan) (header bool, err error) {
	what := fmt.Sprintf("wait for query %q", scan.ID)
	for pause := a.options.Poll; ; pause = min(2*pause, max(slowestPoll, a.options.Poll)) {
		if !sleep(ctx, pause) {
			a.stop(ctx, scan.ID)
			return false, classify(ctx, what, ctx.Err())
		}
		out, err := a.client.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: &scan.ID})
		if err == nil && (out.QueryExecution == nil || out.QueryExecution.Status == nil) {
			err = errors.New("the answer does not say how the query stands")
		}
		if err != nil {
			a.stop(ctx, scan.ID)
			return false, athenaFault(ctx, what, err)
		}
		scan.read(out.QueryExecution.Statistics)
		over := a.options.MaxBytes > 0 && scan.Bytes > a.options.MaxBytes
		switch status := out.QueryExecution.Status; status.State {
		case types.QueryExecutionStateSucceeded:
			if over {
				scan.Warnings = append(scan.Warnings, fmt.Sprintf("the query had read %d bytes when it was first seen to pass the limit of %d: it was at its end",
					scan.Bytes, a.options.MaxBytes))
			}
			return out.QueryExecution.StatementType == types.StatementTypeDml, nil
		case types.QueryExecutionStateFailed, types.QueryExecutionStateCancelled:
			return false, failed(scan.ID, status)
		case types.QueryExecutionStateQueued, types.QueryExecutionStateRunning:
		default:
			a.stop(ctx, scan.ID)
			return false, &fault{what: what, words: []error{ErrQuery}, detail: fmt.Sprintf("unknown state %q", status.State)}
		}
		if over {
			a.stop(ctx, scan.ID)
			return false, &fault{what: fmt.Sprintf("query %q", scan.ID), words: []error{ErrTooManyBytes},
				detail: fmt.Sprintf("it had read %d bytes, the limit is %d, and it was stopped; "+
					"the limit that holds to the byte is that of workgroup %q (BytesScannedCutoffPerQuery)", scan.Bytes, a.options.MaxBytes, a.options.Workgroup)}
		}
	}
}

func (s *Scan) read(statistics *types.QueryExecutionStatistics) {
	if statistics == nil {
		return
	}
	millis := func(n *int64) time.Duration { return time.Duration(aws.ToInt64(n)) * time.Millisecond }
	s.Bytes = aws.ToInt64(statistics.DataScannedInBytes)
	s.Engine = millis(statistics.EngineExecutionTimeInMillis)
	s.Queued = millis(statistics.QueryQueueTimeInMillis)
	s.Total = millis(statistics.TotalExecutionTimeInMillis)
}

// failed is the error of a query that ended without a result.
func failed(id string, status *types.QueryExecutionStatus) error {
	reason := aws.ToString(status.StateChangeReason)
	if reason == "" && status.AthenaError != nil {
		reason = aws.ToString(status.AthenaError.ErrorMessage)
	}
	word := ErrQuery
	switch lower := strings.ToLower(reason); {
	case status.State == types.QueryExecutionStateCancelled && strings.Contains(lower, "bytes scanned limit was exceeded"):
		word = ErrTooManyBytes
	case strings.Contains(lower, "access denied"), strings.Contains(lower, "permission denied on s3 path"),
		strings.Contains(lower, "is not authorized to perform"), strings.Contains(lower, "insufficient lake formation permission"):
		word = object.ErrDenied
	}
	detail := string(status.State)
	if reason != "" {
		detail += ": " + cut(redact(oneLine(reason)), mostReason)
	}
	return &fault{what: fmt.Sprintf("query %q", id), words: []error{word}, detail: detail}
}

// stop ends a query even when ctx has ended. That it could not is not told: the reason for it is.
func (a *Athena) stop(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	a.client.StopQueryExecution(ctx, &athena.StopQueryExecutionInput{QueryExecutionId: &id})
}

// orphan stops a query whose start was cut short, so that its ID is not known: asked again with the same token,
// Athena says it.
func (a *Athena) orphan(ctx context.Context, in *athena.StartQueryExecutionInput) {
	fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if out, err := a.client.StartQueryExecution(fresh, in); err == nil {
		a.stop(ctx, aws.ToString(out.QueryExecutionId))
	}
}

// athenaFault classifies an error of Athena's API.
func athenaFault(ctx context.Context, what string, err error) error {
	err = classify(ctx, what, err)
	if f := (*fault)(nil); errors.As(err, &f) && len(f.words) == 0 {
		switch f.code {
		case "InvalidRequestException", "MetadataException", "ResourceNotFoundException":
			f.words = []error{ErrQuery}
		}
		f.detail = cut(f.detail, mostReason)
	}
	return err
}

// sleep reports whether ctx lived through it.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
