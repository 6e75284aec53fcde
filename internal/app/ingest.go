package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/folder"
	"github.com/trailseal/trailseal/internal/inflate"
	"github.com/trailseal/trailseal/internal/ingest"
	"github.com/trailseal/trailseal/internal/lake"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/receipt"
)

// IngestRequest is what a person asked of ingest.
type IngestRequest struct {
	Source            string // s3://bucket[/prefix], a folder, or a file
	From, To          time.Time
	Accounts, Regions []string
	OnlyVerified      bool
	SinceLast         bool
	Copy              string // s3://bucket/prefix to copy the lake to; empty: none
}

// Ingest takes log files into the lake. A report comes with errors that wrap ErrNoLogs.
func (a *App) Ingest(ctx context.Context, q IngestRequest, p *Progress) (receipt.Report, error) {
	if err := cmp.Or(checkAccounts(q.Accounts), checkRegions(q.Regions)); err != nil {
		return receipt.Report{}, err
	}
	src, err := a.openAny(ctx, q.Source)
	if err != nil {
		return receipt.Report{}, err
	}
	defer src.close()
	led, err := a.ledger(ctx)
	if err != nil {
		return receipt.Report{}, err
	}
	defer led.Close()
	l, err := lake.Open(ctx, a.Home)
	if err != nil {
		return receipt.Report{}, a.lakeProblem(err)
	}
	defer l.Close()
	load, err := l.Begin(ctx)
	if err != nil {
		return receipt.Report{}, a.lakeProblem(err)
	}
	defer load.Close()
	o := ingest.Options{
		Source: src.Source, Name: src.name, Under: src.under, From: q.From, To: q.To, Accounts: q.Accounts, Regions: q.Regions,
		OnlyVerified: q.OnlyVerified, SinceLast: q.SinceLast, Parallel: a.MaxParallel,
		Ledger: led, Known: l, Load: load, Inflate: inflate.Bytes, Now: a.Now, Progress: p,
	}
	if o.Parallel == 0 && src.bucket != "" {
		o.Parallel = parallelS3
	}
	defer collectSeldom()()
	rep, err := ingest.Run(ctx, o)
	if err != nil {
		return rep, a.ingestProblem(q, err)
	}
	// A partition that got many parts, because it was loaded piece by piece, is put together.
	const many = 4
	if _, err := load.Compact(ctx, many); err != nil {
		return rep, a.lakeProblem(err)
	}
	if q.Copy != "" {
		if err := a.copyLake(ctx, l, load, q.Copy); err != nil {
			return rep, err
		}
	}
	rep.Lake = l.Dir()
	if rep.Version, err = l.Version(ctx); err != nil {
		return rep, a.lakeProblem(err)
	}
	return rep, nil
}

// ErrNoLogs says that a source holds no log file of what was asked for.
var ErrNoLogs = ingest.ErrNothing

// openAny opens a source that may also be one file.
func (a *App) openAny(ctx context.Context, source string) (opened, error) {
	if strings.HasPrefix(source, "s3://") && namesObject(source) {
		return a.openObject(ctx, source)
	}
	if strings.Contains(source, "://") || source == "" {
		return a.open(ctx, source)
	}
	info, err := os.Stat(source)
	if err != nil || info.IsDir() {
		return a.open(ctx, source)
	}
	abs, err := filepath.Abs(source)
	if err != nil {
		return opened{}, fileProblem("source", source, err)
	}
	dir, name := filepath.Split(abs)
	src, err := folder.New(dir)
	if err != nil {
		return opened{}, fileProblem("source", source, err)
	}
	return opened{Source: single{src, name}, name: filepath.Clean(dir), close: func() { src.Close() }}, nil
}

// namesObject reports whether an S3 URL names an object rather than a prefix, as far as its name can tell.
func namesObject(source string) bool {
	name := strings.TrimSuffix(path.Base(source), ".gz")
	switch path.Ext(name) {
	case ".json", ".ndjson", ".jsonl":
		return !strings.HasSuffix(source, "/")
	}
	return false
}

// openObject opens one object of a bucket.
func (a *App) openObject(ctx context.Context, source string) (opened, error) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(source, "s3://"), "/")
	src, err := a.openBucket(ctx, "s3://"+bucket, bucket)
	if err != nil {
		return opened{}, err
	}
	src.Source = single{src.Source, key}
	return src, nil
}

func (a *App) ingestProblem(q IngestRequest, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, ingest.ErrNothing):
		hint := "ls " + quote(q.Source)
		if strings.HasPrefix(q.Source, "s3://") {
			hint = "aws s3 ls " + quote(q.Source)
		}
		return problem(Nothing, fmt.Errorf("source %q: %w", q.Source, err), "%s   # want a folder AWSLogs there, or files of CloudTrail records", hint)
	case errors.Is(err, object.ErrCredentials), errors.Is(err, object.ErrNoSource):
		return a.awsProblem(err)
	case errors.Is(err, object.ErrDenied):
		if strings.HasPrefix(q.Source, "s3://") {
			return a.awsProblem(err)
		}
		return problem(Denied, fmt.Errorf("source %q: %w", q.Source, err), "ls -ld %s", quote(q.Source))
	}
	return a.lakeProblem(err)
}

// lakeProblem says what to do about a lake that failed.
func (a *App) lakeProblem(err error) error {
	dir := quote(filepath.Join(a.Home, "lake"))
	db := quote(filepath.Join(a.Home, "lake", "lake.db"))
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, lake.ErrNone):
		return problem(Nothing, err, "trailseal ingest SOURCE%s", a.sameHome())
	case errors.Is(err, lake.ErrBusy):
		return problem(Broken, err, "pgrep -a trailseal   # wait for it, or name another folder with --home")
	case errors.Is(err, lake.ErrSQL):
		return problem(Usage, err, "trailseal query 'DESCRIBE events'   # lists the columns")
	case errors.Is(err, lake.ErrRefused):
		return problem(Usage, err, "trailseal query list   # a question is one SELECT over events, log_files, digests, coverage and findings")
	case errors.Is(err, lake.ErrMemory):
		return problem(Broken, err, "trailseal query … --memory 4GiB   # or ask about a shorter period with --from and --to")
	case errors.Is(err, lake.ErrTimeout):
		return problem(Broken, err, "trailseal query … --timeout 10m   # or ask about a shorter period with --from and --to")
	case errors.Is(err, lake.ErrDamaged):
		return problem(Broken, err, "mv %s %s   # then ingest again: the lake is made of the log files", dir, quote(filepath.Join(a.Home, "lake-damaged")))
	case errors.Is(err, lake.ErrForeign):
		return problem(Broken, err, "ls -l %s   # then name another folder with --home", db)
	case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrNotExist):
		return problem(Broken, err, "ls -ld %s   # or name another folder with --home", dir)
	}
	return a.ledgerProblem(err)
}

// sameHome is the flag that a command in a hint needs to look at the same folder.
func (a *App) sameHome() string {
	if a.Home == "" {
		return ""
	}
	return " --home " + quote(a.Home)
}
