package validate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/verdict"
)

// Source is where the objects are. Errors wrap the sentinels of package object; any other error may pass on a further
// try.
type Source interface {
	// Dirs lists the names of the folders directly below a prefix, each with its trailing slash, in order.
	Dirs(ctx context.Context, prefix string) ([]string, error)
	// List yields the objects below a prefix whose keys come after startAfter, in order of their bytes. An error
	// for one part of the listing is yielded with the part's prefix as the key, and the listing goes on.
	List(ctx context.Context, prefix, startAfter string) iter.Seq2[object.Info, error]
	// Open opens one object. The caller closes it.
	Open(ctx context.Context, key string) (object.Body, error)
}

// Digests remembers digests and the log files they list.
type Digests interface {
	Digests(ctx context.Context, scope int64) (map[string]*verdict.Digest, error)
	SaveDigests(ctx context.Context, scope int64, reads []verdict.Read) error
	SaveProven(ctx context.Context, digests []*verdict.Digest) error
}

// Logs remembers what reading log files found.
type Logs interface {
	Logs(ctx context.Context, folder int64, from, to string) iter.Seq2[verdict.Log, error]
	SaveLogs(ctx context.Context, folder int64, logs []verdict.Log) error
}

// Places numbers accounts, regions and folders for the other two.
type Places interface {
	Scope(ctx context.Context, source, site, account, region string) (int64, error)
	Folder(ctx context.Context, scope int64, prefix string) (int64, error)
	// Folders returns those of a scope that are known, by prefix.
	Folders(ctx context.Context, scope int64) (map[string]int64, error)
}

// Memory remembers what outlives a run.
type Memory interface {
	Keys(ctx context.Context) ([]integrity.PublicKey, error)
	SaveKeys(ctx context.Context, origin string, keys []integrity.PublicKey) error
	Explanations(ctx context.Context) ([]integrity.Explanation, error)
}

// Ledger is all that is remembered. Its methods may be called concurrently.
type Ledger interface {
	Places
	Digests
	Logs
	Memory
}

// Keys asks for public keys.
type Keys interface {
	// PublicKeys lists the keys with which CloudTrail signed digests in a region between two times.
	PublicKeys(ctx context.Context, region string, from, to time.Time) ([]integrity.PublicKey, error)
}

// Trail says what CloudTrail itself knows of a trail.
type Trail struct {
	Logging              bool
	StoppedAt            time.Time // of the last StopLogging; zero when never
	LatestDigestDelivery time.Time
}

// Trails asks what CloudTrail knows of a trail. An error means that it is not known; nothing is concluded from it.
type Trails interface {
	Trail(ctx context.Context, home, name string) (Trail, error)
}

// Options says what to validate, against what, and how.
type Options struct {
	Source Source
	Name   string // the source, as the report shows it and the ledger knows it
	// Bucket is the bucket's name, where the source is one. A folder does not know the name of its bucket, so it is
	// taken from the digests.
	Bucket string
	// Expect is the bucket that a folder must be a copy of. Empty: the one that its digests name.
	Expect string
	// Under narrows the source to what lies below a prefix.
	Under string
	// AsOf is when the source looked as it does, for a bucket: now. Zero for a folder, which was made some time ago.
	AsOf time.Time

	From, To                  time.Time // zero: as far as there are digests
	Accounts, Regions, Trails []string  // empty: all
	Logs                      Selection
	Full                      bool // read everything again
	Parallel                  int  // objects being read at once; 0: a number that suits a folder

	Ledger Ledger
	// Ring is the keys a person gave. When it is set, no others are asked for or remembered.
	Ring *integrity.Keyring
	Keys Keys   // nil: no key can be asked for
	Live Trails // nil: not asked

	// Hash inflates a log file of size compressed bytes and hashes what comes out.
	Hash func(r io.Reader, size int64) (integrity.Content, error)
	// Inflate does the same for a digest, and returns what comes out, of at most max bytes.
	Inflate func(r io.Reader, size, max int64) ([]byte, integrity.Content, error)

	Now      func() time.Time
	Progress *Progress // may be nil
	// Wait is how long to wait before the first further try of a read, doubled for each one after. 0: 200 ms.
	Wait time.Duration
}

// Progress is what a run has done so far. It may be read while the run goes on.
type Progress = object.Progress

// Errors that a face has an answer for.
var (
	// ErrNothing: the source holds nothing of CloudTrail's that was asked for.
	ErrNothing = errors.New("no CloudTrail digests and no log files found")
	// ErrPeriod: the period is empty.
	ErrPeriod = errors.New("the period ends before it starts")
)

type run struct {
	Options
	explanations []integrity.Explanation
	reads        *semaphore.Weighted // objects being read
	memory       *semaphore.Weighted // bytes of objects being read

	mu     sync.Mutex
	ring   integrity.Keyring
	asked  map[string]askedSpan // spans of time for which keys were asked, by region
	report verdict.Report
	warned map[string]bool
	scopes []*scope
	blind  []string              // prefixes, in the source, that could not be listed
	newest time.Time             // newest thing seen in the source
	latest map[trailID]time.Time // end of the newest digest of a trail anywhere
}

type trailID struct {
	site       int
	home, name string
}

// Run validates and reports. An error means that there is no report: the source, the credentials or the ledger failed
// as a whole; ErrNothing comes with a report that is Incomplete.
func Run(ctx context.Context, o Options) (verdict.Report, error) {
	started := o.Now()
	if !o.From.IsZero() && !o.To.IsZero() && !o.From.Before(o.To) {
		return verdict.Report{}, fmt.Errorf("%w: from %s, to %s", ErrPeriod, o.From.Format(time.RFC3339), o.To.Format(time.RFC3339))
	}
	r := newRun(o)
	if err := r.prepare(ctx); err != nil {
		return verdict.Report{}, err
	}
	found, err := r.discover(ctx)
	if err != nil {
		return verdict.Report{}, err
	}
	r.scopes = found
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(2, min(r.Parallel/4, maxScopes)))
	for _, s := range r.scopes {
		g.Go(func() error { return s.validate(gctx) })
	}
	if err := g.Wait(); err != nil {
		return verdict.Report{}, err
	}
	r.finish(ctx)
	r.report.Stats = verdict.Stats{
		BytesRead: r.Progress.Bytes.Load(), Objects: int(r.Progress.Read.Load()), Listed: int(r.Progress.Listed.Load()),
		Seconds: o.Now().Sub(started).Seconds(),
	}
	if ctx.Err() != nil {
		return verdict.Report{}, ctx.Err()
	}
	if len(r.report.Chains) == 0 && len(r.Trails) > 0 && len(r.report.Faults) == 0 {
		r.report.Result = verdict.Incomplete
		return r.report, fmt.Errorf("%w: no digest of trail %q", ErrNothing, r.Trails)
	}
	if d := r.report.Digests; d == (verdict.DigestCounts{}) && r.report.LogFiles == (verdict.LogCounts{}) && len(r.report.Faults) == 0 {
		r.report.Result = verdict.Incomplete
		return r.report, ErrNothing
	}
	return r.report, nil
}

func newRun(o Options) *run {
	if o.Progress == nil {
		o.Progress = new(Progress)
	}
	if o.Parallel <= 0 {
		o.Parallel = 2 * runtime.GOMAXPROCS(0)
	}
	if o.Wait == 0 {
		o.Wait = 200 * time.Millisecond
	}
	return &run{
		Options: o,
		reads:   semaphore.NewWeighted(int64(o.Parallel)),
		memory:  semaphore.NewWeighted(memoryLimit),
		asked:   make(map[string]askedSpan),
		warned:  make(map[string]bool),
		latest:  make(map[trailID]time.Time),
		report: verdict.Report{
			Source: o.Name, From: o.From, To: o.To, Logs: o.Logs.String(),
			Chains: []verdict.Chain{}, Gaps: []integrity.Gap{}, Faults: []integrity.Fault{}, Unsealed: []string{},
			Warnings: []string{}, Coverage: []verdict.Coverage{},
		},
	}
}

const (
	// maxScopes bounds how many accounts and regions are worked on at once: each holds a year of its digests.
	maxScopes = 6
	// memoryLimit bounds the memory of objects being read, in bytes, by a guess from their size.
	memoryLimit = 96 << 20
)

func (r *run) prepare(ctx context.Context) error {
	var err error
	if r.explanations, err = r.Ledger.Explanations(ctx); err != nil {
		return err
	}
	if r.Ring != nil {
		r.ring = *r.Ring
		return nil
	}
	known, err := r.Ledger.Keys(ctx)
	if err != nil {
		return err
	}
	r.ring.Add(known...)
	if r.Keys == nil {
		r.ring.Unavailable = errors.New("working offline")
	}
	return nil
}

// period is the time asked about; an end that nobody asked for is zero.
func (r *run) period() integrity.Period {
	return integrity.Period{
		Span: integrity.Span{From: r.From, To: r.To}, FromAsked: !r.From.IsZero(), ToAsked: !r.To.IsZero(),
	}
}

// asks reports whether the span of time belongs to the period.
func (r *run) asks(from, to time.Time) bool {
	return (r.To.IsZero() || from.Before(r.To)) && (r.From.IsZero() || to.After(r.From))
}

func (r *run) warn(format string, args ...any) {
	w := fmt.Sprintf(format, args...)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.warned[w] {
		r.warned[w] = true
		r.report.Warnings = append(r.report.Warnings, w)
	}
}

// saw notes how new the source is at least.
func (r *run) saw(t time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.After(r.newest) {
		r.newest = t
	}
}

// dark notes that a part of the source could not be listed.
func (r *run) dark(prefix string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.blind = append(r.blind, prefix)
}

// blinded reports whether an object of this name may be there without having been listed.
func (r *run) blinded(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.blind, func(p string) bool { return covered(p, name) })
}

// hidden is blinded for the key of an object of the scope.
func (s *scope) hidden(key string) bool {
	return slices.ContainsFunc(s.places, func(p *place) bool {
		name, ok := p.name(p.bucket, key)
		return ok && s.blinded(name)
	})
}

// veiled reports whether any part of a folder could not be listed.
func (r *run) veiled(folder string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.blind, func(p string) bool { return covered(p, folder) || strings.HasPrefix(p, folder) })
}

// covered reports whether name lies in a part that could not be listed: a folder, or one object.
func covered(part, name string) bool {
	return part == name || (part == "" || strings.HasSuffix(part, "/")) && strings.HasPrefix(name, part)
}

func wanted(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }
