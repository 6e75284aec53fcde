package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/logfile"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/receipt"
	"github.com/trailseal/trailseal/internal/verdict"
)

// Source is where the objects are; see validate.Source.
type Source = logfile.Source

// Ledger says what validation has found.
type Ledger interface {
	// Listed yields the log files below a prefix of a source as digests list them.
	Listed(ctx context.Context, source, prefix string) iter.Seq2[verdict.Listed, error]
	Findings(ctx context.Context, source string) iter.Seq2[verdict.Finding, error]
}

// Known says which files the lake has.
type Known interface {
	Logs(ctx context.Context, source, prefix string) iter.Seq2[receipt.File, error]
	// Seen returns the day up to which every file of a folder was taken in, as 2026/03/02; empty: not known.
	Seen(ctx context.Context, source, folder string) (string, error)
	// Rows counts the rows of the lake.
	Rows(ctx context.Context) (int64, error)
}

// Load changes the lake. Its methods may be called concurrently.
type Load interface {
	// Write adds rows to their partition, each event once, and counts those that share an eventID with another and differ.
	Write(ctx context.Context, rows *event.Rows) (differing int, err error)
	// Restate gives rows of files that the lake has the state and digest that the files have now.
	Restate(ctx context.Context, files []receipt.File) error
	// SaveSeen remembers the day up to which every file of each folder was taken in.
	SaveSeen(ctx context.Context, source string, days map[string]string) error
	// Commit makes what was written part of the lake, with the files that are in it whole.
	Commit(ctx context.Context, files []receipt.File) error
}

// Options say what to take in, from where, and how.
type Options struct {
	Source Source
	Name   string // the source, as the ledger and the lake know it
	Under  string // narrows the source to what lies below a prefix

	From, To          time.Time // of the delivery; zero: open
	Accounts, Regions []string  // empty: all
	OnlyVerified      bool
	SinceLast         bool // look only at what is newer than the newest file that the lake has
	Parallel          int  // objects being read at once; 0: a number that suits a folder

	Ledger Ledger // nil: nothing is known of any file
	Known  Known
	Load   Load
	// Inflate inflates a gzip file of size bytes, and returns what comes out, of at most max bytes.
	Inflate func(r io.Reader, size, max int64) ([]byte, integrity.Content, error)

	Now      func() time.Time
	Progress *Progress // may be nil
	// Wait is how long to wait before the first further try of a read, doubled for each one after. 0: 200 ms.
	Wait time.Duration
}

// Progress is what a run has done so far. It may be read while the run goes on.
type Progress = object.Progress

// ErrNothing: the source holds no log file of what was asked for.
var ErrNothing = errors.New("no log files found")

type run struct {
	Options
	tree    *logfile.Tree
	against verdict.Against // what validation has to say against single files

	mu       sync.Mutex
	report   receipt.Report
	receipts []receipt.File    // whole, and not committed
	parts    int               // written since the last commit
	last     map[string]string // by folder: the newest day of which files were listed
	holes    map[string]bool   // folders in which something was not taken in, or could not be listed
}

// Run takes log files in and reports. An error means that the source, the credentials, the ledger or the lake failed as
// a whole: what was committed stays, and the next run goes on from there. ErrNothing comes with a report.
func Run(ctx context.Context, o Options) (receipt.Report, error) {
	started := o.Now()
	if o.Progress == nil {
		o.Progress = new(Progress)
	}
	r := &run{Options: o, last: map[string]string{}, holes: map[string]bool{},
		report: receipt.Report{Source: o.Name, Faults: []receipt.Fault{}, Reasons: receipt.Reasons{}, States: receipt.States{}, Warnings: []string{}}}
	r.tree = logfile.New(logfile.Options{
		Source: o.Source, Under: o.Under, From: o.From, To: o.To, Accounts: o.Accounts, Regions: o.Regions, Parallel: o.Parallel,
		Inflate: o.Inflate, Wait: o.Wait, Progress: o.Progress,
		Unreadable: r.unreadable, Warn: func(text string) { r.warn("%s", text) },
	})
	before, err := o.Known.Rows(ctx)
	if err != nil {
		return r.report, err
	}
	if err := r.findings(ctx); err != nil {
		return r.report, err
	}
	err = r.all(ctx)
	// What is whole is kept even when the run is being stopped.
	err = errors.Join(err, r.commit(context.WithoutCancel(ctx), true))
	if err == nil {
		err = r.saveSeen(ctx)
	}
	if err != nil {
		return r.report, err
	}
	after, err := o.Known.Rows(ctx)
	if err != nil {
		return r.report, err
	}
	rep := &r.report
	rep.Events = after - before
	rep.Known = rep.Records - rep.Events
	rep.Files.Listed = o.Progress.Listed.Load()
	rep.Stats.Bytes, rep.Stats.Seconds = o.Progress.Bytes.Load(), o.Now().Sub(started).Seconds()
	slices.SortFunc(rep.Faults, func(a, b receipt.Fault) int {
		if c := strings.Compare(a.Key, b.Key); c != 0 {
			return c
		}
		return a.Record - b.Record
	})
	slices.Sort(rep.Warnings)
	rep.Warnings = slices.Compact(rep.Warnings)
	if rep.Files.Listed == rep.Files.Other && rep.Files.Unreadable == 0 && rep.Faulty == 0 {
		return *rep, ErrNothing
	}
	return *rep, nil
}

// findings learns what validation has to say against single files.
func (r *run) findings(ctx context.Context) error {
	r.against = verdict.Against{}
	if r.Ledger == nil {
		return nil
	}
	for f, err := range r.Ledger.Findings(ctx, r.Name) {
		if err != nil {
			return err
		}
		r.against.Add(f)
	}
	return nil
}

func (r *run) all(ctx context.Context) error {
	groups, err := r.tree.Groups(ctx)
	if err != nil {
		return err
	}
	if !r.SinceLast {
		const enough = 6 // for all workers to have something to do
		if groups, err = r.tree.Chunks(ctx, groups, enough); err != nil {
			return err
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	// A thread in a call to C holds its processor, and one group may wait for the disk while another computes.
	g.SetLimit(runtime.NumCPU() + 1)
	for _, x := range groups {
		g.Go(func() error { return r.take(gctx, x) })
	}
	return g.Wait()
}

// saveSeen remembers how far every folder was taken in without a hole. A run that was told where to begin leaves one
// before it.
func (r *run) saveSeen(ctx context.Context) error {
	if !r.From.IsZero() || r.Under != "" {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	days := map[string]string{}
	for folder, day := range r.last {
		for hole := range r.holes {
			rest, within := strings.CutPrefix(hole, folder)
			switch {
			case within && len(rest) >= 10:
				day = min(day, rest[:10])
			case within || strings.HasPrefix(folder, hole):
				day = "" // anywhere in it
			}
		}
		days[folder] = day
	}
	return r.Load.SaveSeen(ctx, r.Name, days)
}

// seen notes that files of a day of a folder were looked at.
func (r *run) seen(folder, day string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last[folder] = max(r.last[folder], day)
}

// hole notes that something was not taken in: a file, or all below a folder.
func (r *run) hole(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.holes[key[:strings.LastIndexByte(key, '/')+1]] = true
}

// whole notes files that are in the lake with all their rows, and commits from time to time.
func (r *run) whole(ctx context.Context, files []receipt.File, parts int) error {
	r.mu.Lock()
	r.receipts = append(r.receipts, files...)
	r.parts += parts
	r.mu.Unlock()
	return r.commit(ctx, false)
}

func (r *run) commit(ctx context.Context, now bool) error {
	const enough = 64 // parts
	r.mu.Lock()
	if !now && r.parts < enough && len(r.receipts) < 4096 {
		r.mu.Unlock()
		return nil
	}
	files := r.receipts
	r.receipts, r.parts = nil, 0
	r.mu.Unlock()
	return r.Load.Commit(ctx, files)
}

// count adds what was found in one file to the report.
func (r *run) count(f receipt.File, reasons map[event.Reasons]int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rep := &r.report
	rep.Files.Read++
	rep.Records += f.Records
	rep.Odd += f.Odd
	rep.Faulty += f.Faulty
	rep.States[f.State]++
	rep.Stats.Inflated += f.Inflated
	for _, x := range f.Faults {
		if len(rep.Faults) < receipt.MaxFaults {
			rep.Faults = append(rep.Faults, x)
		}
	}
	for _, set := range slices.Collect(maps.Keys(reasons)) {
		for word := range strings.SplitSeq(set.String(), ",") {
			rep.Reasons[word] += reasons[set]
		}
	}
}

func (r *run) warn(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.report.Warnings) < 1000 {
		r.report.Warnings = append(r.report.Warnings, fmt.Sprintf(format, args...))
	}
}

// unreadable notes a file or folder of which nothing is known.
func (r *run) unreadable(key string, err error) {
	r.hole(key)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Files.Unreadable++
	if len(r.report.Faults) < receipt.MaxFaults {
		r.report.Faults = append(r.report.Faults, receipt.Fault{Key: key, Record: -1, Reason: err.Error()})
	}
}

func (r *run) tally(to *int64, n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*to += n
}
