package detect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// ErrEnd is wrapped by errors of a Source after which nothing more can be read, as without credentials.
var ErrEnd = errors.New("nothing more can be read")

// Options say what a backtest runs over what.
type Options struct {
	Source   Source
	Set      *Set
	Filter   Filter
	Parallel int // workers; 0: as many as there are processors
	// Match is called with each hit, one at a time: by file in the source's order, by record, and by rule in the set's order;
	// after them those of rules over time, by time. Its error ends the backtest. nil: only the report is wanted.
	Match    func(Hit) error
	Progress *Progress
}

// Progress is what a backtest has done so far. It may be read while the backtest goes on.
type Progress struct {
	Files, Records, Matches atomic.Int64
}

const (
	batchSize = 128 // hits
	readAhead = 4   // files for each worker
)

// job is one file on its way through a worker. Its results come in order, and wait until the files before it are done.
type job struct {
	file File
	err  error
	out  chan batch
}

// batch is a part of what was found in a file.
type batch struct {
	hits   []Hit
	faults []Malformed // the first ones
	tally  *tally      // of the whole file; with its last batch
	unread error       // why the file could not be read, or not to its end; with its last batch
}

// Backtest runs a set over everything that a source has. The report is complete when the error is nil; when it is not, it
// tells what was done until then. A file that cannot be read is in the report, and no error.
func Backtest(ctx context.Context, o Options) (Report, error) {
	if o.Parallel <= 0 {
		o.Parallel = runtime.GOMAXPROCS(0)
	}
	if o.Progress == nil {
		o.Progress = new(Progress)
	}
	h := &history{set: o.Set, max: maxCandidates}
	sum := newSummary(o.Set, o.Filter)
	g, gctx := errgroup.WithContext(ctx)
	work := make(chan *job)
	order := make(chan *job, readAhead*o.Parallel)
	g.Go(func() error {
		defer close(order)
		defer close(work)
		for f, err := range o.Source.Files(gctx) {
			if err != nil && (errors.Is(err, ErrEnd) || gctx.Err() != nil) {
				return err
			}
			j := &job{file: f, err: err, out: make(chan batch, 2)}
			select {
			case order <- j:
			case <-gctx.Done():
				return gctx.Err()
			}
			select {
			case work <- j:
			case <-gctx.Done():
				return gctx.Err()
			}
		}
		return gctx.Err()
	})
	for range o.Parallel {
		g.Go(func() error {
			w := worker{core: core{set: o.Set, filter: o.Filter.compiled()}, history: h, progress: o.Progress}
			for j := range work {
				if err := w.run(gctx, j); err != nil {
					return err
				}
			}
			return nil
		})
	}
	tell := func(hit Hit) error {
		o.Progress.Matches.Add(1)
		sum.add(&hit)
		if o.Match == nil {
			return nil
		}
		return o.Match(hit)
	}
	g.Go(func() error {
		for j := range order {
			if err := sum.take(gctx, j, tell); err != nil {
				return err
			}
			o.Progress.Files.Add(1)
		}
		return nil
	})
	err := g.Wait()
	if err == nil {
		for _, hit := range h.judge() {
			if err = tell(hit); err != nil {
				break
			}
			if err = ctx.Err(); err != nil {
				break
			}
		}
	}
	sum.r.Unjudged = h.left()
	return sum.report(h.incomplete()), err
}

// worker scans files.
type worker struct {
	core
	history    *history
	progress   *Progress
	candidates []candidate
	chains     chains
	batch      batch
	faults     int   // of the file
	shown      int64 // records of the file that progress has
}

// run scans a file and closes the job's results. An error ends the backtest.
func (w *worker) run(ctx context.Context, j *job) error {
	defer close(j.out)
	w.tally, w.batch, w.faults, w.shown = tally{}, batch{}, 0, 0
	send := func() bool {
		select {
		case j.out <- w.batch:
			w.batch = batch{}
			return true
		case <-ctx.Done():
			return false
		}
	}
	w.out = outlet{
		hit: func(h Hit) bool {
			w.batch.hits = append(w.batch.hits, h)
			return len(w.batch.hits) < batchSize || send()
		},
		candidate: func(c *candidate) bool {
			if w.set.rules[c.rule].over.kind == FirstSeen {
				c = w.chains.add(c)
			}
			if c != nil {
				w.gather(*c)
			}
			return ctx.Err() == nil
		},
		absorb: func(rule int, at int64, by, of digest) bool {
			return w.chains.absorb(rule, at, w.set.rules[rule].over.within, by, of)
		},
		fault: func(m *Malformed) bool {
			if w.faults++; w.faults <= maxListed {
				w.batch.faults = append(w.batch.faults, *m)
			}
			return ctx.Err() == nil
		},
	}
	err := j.err
	if err == nil {
		err = w.scan(ctx, j.file)
	}
	w.chains.empty(w.gather)
	w.history.add(w.candidates)
	w.candidates = w.candidates[:0]
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, ErrEnd) {
		return err
	}
	w.progress.Records.Add(w.records - w.shown)
	w.batch.unread = err
	counted := w.tally
	w.batch.tally = &counted
	if !send() {
		return ctx.Err()
	}
	return nil
}

func (w *worker) gather(c candidate) {
	w.candidates = append(w.candidates, c)
	if len(w.candidates) >= batchSize {
		w.history.add(w.candidates)
		w.candidates = w.candidates[:0]
	}
}

// scan reads a file. An error is why it could not be, or not to its end.
func (w *worker) scan(ctx context.Context, f File) error {
	c, err := f.Open(ctx)
	if err != nil {
		return err
	}
	if c.Close != nil {
		defer c.Close()
	}
	switch {
	case c.Data != nil:
		return w.file(c.Data, &c.Place)
	case c.Stream != nil:
		return w.stream(&watched{ctx, c.Stream, w}, &c.Place)
	case c.Rows != nil:
		for row, err := range c.Rows {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return fmt.Errorf("%q: %w", f.Source, err)
			}
			if err := w.one(row.Raw, row.Record, &row.Place); err != nil {
				return err
			}
		}
		return nil
	}
	return w.file(nil, &c.Place)
}

// watched is a stream whose worker shows how far it is, and that ends with its context.
type watched struct {
	ctx context.Context
	r   io.Reader
	w   *worker
}

func (r *watched) Read(p []byte) (int, error) {
	r.w.progress.Records.Add(r.w.records - r.w.shown)
	r.w.shown = r.w.records
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
