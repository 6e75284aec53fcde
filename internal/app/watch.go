package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/alert"
	"github.com/trailseal/trailseal/internal/config"
	"github.com/trailseal/trailseal/internal/detect"
	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/follow"
	"github.com/trailseal/trailseal/internal/inflate"
	"github.com/trailseal/trailseal/internal/logfile"
	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/recall"
)

// WatchRequest says what is followed, and who is told.
type WatchRequest struct {
	RuleRequest
	Source            string    // s3://bucket[/prefix] or a folder; empty with Stdin
	Queue             string    // URL of an SQS queue that S3 tells of new files; may be empty
	Stdin             io.Reader // records and CloudWatch Logs payloads, a line each; nil: Source
	From              time.Time // where a first start begins, by time of delivery; zero: now
	Accounts, Regions []string
	Once              bool          // look once, tell, and end
	Prove             time.Duration // between looks at digests, for alerts whose files wait for one; 0: never
	PublicKeys        string        // as for Validate
	Alerts            config.Alerts
	Suppressions      []finding.Suppression
}

// Watched is what a watch has done.
type Watched struct {
	Files       int `json:"files"`
	Records     int `json:"records"`
	Opened      int `json:"alerts_opened"`
	Matches     int `json:"matches"`
	Suppressed  int `json:"suppressed"`
	NoRoute     int `json:"no_route"` // alerts that no route fits
	Malformed   int `json:"malformed"`
	Unreadable  int `json:"unreadable"`
	Delivered   int `json:"delivered"`
	Undelivered int `json:"failed_attempts"`
}

// Watch follows a source, detects and tells, until ctx is done or, with Once, until it has looked once. tell is told of each
// alert that is opened, one at a time; its error ends the watch.
func (a *App) Watch(ctx context.Context, q WatchRequest, tell func(Alert) error) (Watched, error) {
	w, err := a.newWatcher(ctx, q, tell)
	if err != nil {
		return Watched{}, err
	}
	defer w.close()
	if q.Stdin != nil {
		err = w.stream(ctx, q.Stdin)
	} else {
		err = w.follow(ctx)
	}
	if kept := w.memorize(ctx); err == nil {
		err = kept
	}
	return w.done, a.watchProblem(q, err)
}

// watcher is a watch at work.
type watcher struct {
	*App
	q      WatchRequest
	tell   func(Alert) error
	store  *alert.Store
	sinks  map[string]notice.Sink
	live   *detect.Live
	memory *recall.Memory
	lake   *behind
	kept   kept
	// settled: all that rules over time have seen is recorded.
	settled bool
	done    Watched

	parser event.Parser
	row    event.Record
}

func (a *App) newWatcher(ctx context.Context, q WatchRequest, tell func(Alert) error) (*watcher, error) {
	rules, err := a.rules(BacktestRequest{RuleRequest: q.RuleRequest})
	if err != nil {
		return nil, err
	}
	set, err := detect.Compile(rules, q.Suppressions)
	if err != nil {
		return nil, problem(Usage, err, "trailseal detect list")
	}
	a.warnOf(set, q.Alerts)
	if err := errors.Join(checkScope(q.Accounts), checkRegions(q.Regions)); err != nil {
		return nil, err
	}
	w := &watcher{App: a, q: q, tell: tell}
	if w.sinks, err = a.sinks(q.Alerts); err != nil {
		return nil, err
	}
	if w.store, err = alert.Open(ctx, a.Home); err != nil {
		return nil, a.alertProblem(err)
	}
	if err := a.reroute(ctx, w.store, q.Alerts, w.sinks); err != nil {
		return nil, errors.Join(a.alertProblem(err), w.store.Close())
	}
	w.live = set.Live(detect.Filter{Accounts: q.Accounts, Regions: q.Regions}, detect.LiveOptions{Now: a.Now})
	w.memory = recall.New(a.Now, a.Now().Add(-time.Hour)) // files of the last hour are read again
	w.lake = &behind{App: a}
	return w, nil
}

func (w *watcher) close() { w.store.Close() }

// follow follows the log files of a source.
func (w *watcher) follow(ctx context.Context) error {
	src, err := w.open(ctx, w.q.Source)
	if err != nil {
		return err
	}
	defer src.close()
	o := follow.Options{
		Logs:   logfile.Options{Source: src.Source, Under: src.under, Accounts: w.q.Accounts, Regions: w.q.Regions, Parallel: w.MaxParallel, Workers: 2, Inflate: inflate.Bytes},
		Bucket: src.bucket, From: w.q.From, Once: w.q.Once, Now: w.Now, Warn: func(err error) { w.Log.Warn("follow", "error", err.Error()) },
	}
	if o.Logs.Parallel == 0 && src.bucket != "" {
		o.Logs.Parallel = 8
	}
	name := "watch " + src.name
	if o.Position, err = w.store.Position(ctx, name); err != nil {
		return err
	}
	switch {
	case o.Position != "" && !w.q.From.IsZero():
		w.Log.Info("this source has been watched before: it goes on from there, and --from is left aside")
	case o.Position == "" && w.q.From.IsZero():
		w.Log.Info("this source is watched for the first time: what was delivered before now is left aside; --from TIME begins earlier")
	case o.Position == "":
		w.memory = recall.New(w.Now, w.q.From)
	}
	if err := w.resume(ctx, name); err != nil {
		return err
	}
	if w.q.Queue != "" {
		s, err := w.session(ctx)
		if err != nil {
			return err
		}
		if o.Queue, err = s.Queue(w.q.Queue, follow.Held); err != nil {
			return problem(Usage, err, "trailseal watch --help")
		}
	}
	run := func(ctx context.Context) error {
		return follow.Run(ctx, o, func(ctx context.Context, b follow.Batch) error { return w.batch(ctx, b, name) })
	}
	if w.q.Once {
		if err := run(ctx); err != nil {
			return err
		}
		if err := w.prove(ctx, src.name); err != nil {
			return err
		}
		return w.flush(ctx)
	}
	return w.together(ctx, run, func(ctx context.Context) error { return w.proving(ctx, src.name) })
}

// together runs what works side by side: the first that ends for good ends the others.
func (w *watcher) together(ctx context.Context, jobs ...func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, job := range append(jobs, w.deliver) {
		g.Go(func() error { return job(ctx) })
	}
	return g.Wait()
}

// flush delivers what is queued, before a command ends.
func (w *watcher) flush(ctx context.Context) error {
	sum, err := w.drain(ctx, w.store, w.sinks)
	w.done.Delivered, w.done.Undelivered = w.done.Delivered+sum.Delivered, w.done.Undelivered+sum.Failed
	if errors.Is(err, alert.ErrElsewhere) {
		w.Log.Warn("another process delivers: what was found is queued for it")
		return nil
	}
	return err
}

// patience is how long a command that ends waits for sinks that do not take what it sends. What is left stays queued.
const patience = 30 * time.Second

// drain delivers what is queued.
func (a *App) drain(ctx context.Context, s *alert.Store, sinks map[string]notice.Sink) (alert.Summary, error) {
	patient, stop := context.WithTimeout(ctx, patience)
	defer stop()
	sum, err := s.Deliver(patient, alert.DeliverOptions{Sinks: sinks, Drain: true, Now: a.Now, Log: a.Log})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = nil
	}
	return sum, err
}

// deliver runs the delivery loop.
func (w *watcher) deliver(ctx context.Context) error {
	sum, err := w.store.Deliver(ctx, alert.DeliverOptions{Sinks: w.sinks, Now: w.Now, Log: w.Log})
	w.done.Delivered, w.done.Undelivered = sum.Delivered, sum.Failed
	return err
}

// proving looks at digests from time to time, where alerts wait for them.
func (w *watcher) proving(ctx context.Context, source string) error {
	if w.q.Prove <= 0 {
		return nil
	}
	tick := time.NewTicker(w.q.Prove)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := w.prove(ctx, source); err != nil {
				return err
			}
		}
	}
}

// watchProblem says what to do about a watch that ended.
func (a *App) watchProblem(q WatchRequest, err error) error {
	var p *Problem
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.As(err, &p):
		return err
	case errors.Is(err, object.ErrCredentials), errors.Is(err, object.ErrNoSource), errors.Is(err, object.ErrDenied):
		if q.Queue == "" && q.ofFolder() {
			return problem(Broken, err, "ls -ld %s", quote(q.Source))
		}
		return a.awsProblem(err)
	case errors.Is(err, object.ErrNotFound) && q.Queue != "":
		return problem(Broken, err, "aws sqs list-queues")
	case errors.Is(err, follow.ErrPosition):
		return problem(Broken, fmt.Errorf("%w: it is damaged", err), "trailseal watch SOURCE --from TIME --home OTHER   # begins anew")
	}
	return a.alertProblem(err)
}

// ofFolder reports whether the source is a folder.
func (q WatchRequest) ofFolder() bool { return !strings.HasPrefix(q.Source, "s3://") }
