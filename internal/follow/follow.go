package follow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/logfile"
)

// Options say what to follow, and from where on.
type Options struct {
	// Logs is the source. Its From and To are not looked at.
	Logs   logfile.Options
	Bucket string // of messages that concern the source
	Queue  Queue  // nil: news is found by listing alone

	Position string    // of the last batch that was dealt with; empty: this is the first start
	From     time.Time // where a first start begins, in time of delivery; zero: now

	// Overlap is how much of what was delivered before the position is handed out again. 0: an hour; negative: nothing.
	Overlap time.Duration
	// Late is how long after the day of its name a file may appear in a listing. 0: 48 hours.
	Late time.Duration
	// Every is how long to wait between listings of a folder where there is news, Quiet where there is none. 0: one and
	// five minutes; with a queue that answers, 30 and 60.
	Every, Quiet time.Duration
	// Search is how long to wait between looks for new accounts and regions. 0: an hour.
	Search time.Duration
	Size   int // files of a batch, at most; 0: 64
	// Once ends the following when everything has been looked at once: each folder, the messages that wait, and what could
	// not be read before. What cannot be read is in the position, and told each time.
	Once bool

	Now    func() time.Time
	Jitter func() float64 // in [0, 1); nil: by chance
	// Warn is told what does not end the following: a folder that cannot be listed, a message that cannot be understood.
	// It may be nil.
	Warn func(error)
}

// File is a log file that came.
type File struct {
	// File has an Err when it cannot be read. It is told once, with Once each time; the file is tried again, and handed out when it is read.
	logfile.File
	// Again: it was handed out before, or was delivered before the start. It is for rules that have a memory.
	Again bool
	// Changed: a file of that name was handed out before, with another content.
	Changed bool
	// GivenUp: it will not be tried again.
	GivenUp bool
}

// Batch is some files, and where to go on after them.
type Batch struct {
	Files    []File // none: only the position is new
	Position string
}

const (
	heartbeat = 10 * time.Minute // between positions, where there is no news
	// batchBytes is how much content a batch may hold before it is handed out.
	batchBytes = 32 << 20
)

type run struct {
	Options
	tree    *logfile.Tree
	take    func(context.Context, Batch) error
	start   time.Time
	resumed time.Time // the position that was given; on a first start, the start
	folders map[string]*folder
	retries map[string]*retry
	left    map[string]bool // of the retries: by an earlier run, and not tried in this one
	loose   bool            // files lie anywhere

	searched time.Time // when to look for folders again
	emitted  time.Time
	failures int             // of the queue, one after the other
	told     map[string]bool // messages that were warned of
	full     bool            // it was said that too many files wait
}

// Run hands batches to take, one at a time, until ctx ends or something fails for good: the credentials, the source or the
// queue as a whole. When take returns nil, what it was given counts as dealt with, and its position as saved. An error of
// take ends the following. The first batch comes at once: where it has no files, it says where a first start began.
func Run(ctx context.Context, o Options, take func(ctx context.Context, b Batch) error) error {
	r := &run{Options: o, take: take, folders: map[string]*folder{}, retries: map[string]*retry{}, told: map[string]bool{}}
	r.defaults()
	r.tree = logfile.New(r.Logs)
	if o.Position != "" {
		if err := r.restore(o.Position); err != nil {
			return err
		}
	} else {
		r.start = r.From
		if r.start.IsZero() {
			r.start = r.Now()
		}
		r.start = r.start.UTC()
		r.resumed = r.start
		if err := r.emit(ctx, nil); err != nil {
			return err
		}
	}
	r.emitted = r.Now()
	if err := r.search(ctx); err != nil {
		return err
	}
	for {
		if err := r.round(ctx); err != nil {
			return err
		}
		if r.Once {
			return r.rest(ctx)
		}
		if err := r.wait(ctx); err != nil {
			return err
		}
	}
}

func (r *run) defaults() {
	r.Overlap = max(cmp.Or(r.Overlap, time.Hour), 0)
	r.Late = max(cmp.Or(r.Late, 48*time.Hour), r.Overlap) // what is handed out again must be known
	r.Search = cmp.Or(r.Search, time.Hour)
	if r.Size <= 0 {
		r.Size = 64
	}
	if r.Jitter == nil {
		r.Jitter = rand.Float64
	}
	if r.Warn == nil {
		r.Warn = func(error) {}
	}
	r.Logs.From, r.Logs.To = time.Time{}, time.Time{}
}

// pace is how long to wait between listings, with and without news.
func (r *run) pace() (every, quiet time.Duration) {
	fast, slow := time.Minute, 5*time.Minute
	if r.Queue != nil && r.failures < manyFailures {
		fast, slow = 30*time.Minute, time.Hour
	}
	every = cmp.Or(r.Every, fast)
	return every, max(every, cmp.Or(r.Quiet, slow))
}

// round does all that is due.
func (r *run) round(ctx context.Context) error {
	if !r.Now().Before(r.searched) {
		if err := r.search(ctx); err != nil {
			if logfile.Fatal(ctx, err) {
				return err
			}
			r.Warn(err)
		}
	}
	if err := r.sweep(ctx, r.due()); err != nil {
		return err
	}
	if err := r.again(ctx); err != nil {
		return err
	}
	if r.Now().Sub(r.emitted) >= heartbeat {
		return r.emit(ctx, nil)
	}
	return nil
}

// wait waits until something is due, and deals with messages meanwhile.
func (r *run) wait(ctx context.Context) error {
	if r.Queue != nil {
		_, err := r.receive(ctx)
		return err
	}
	next := r.emitted.Add(heartbeat)
	sooner := func(t time.Time) {
		if t.Before(next) {
			next = t
		}
	}
	sooner(r.searched)
	for _, f := range r.folders {
		sooner(f.next)
	}
	for _, x := range r.retries {
		sooner(x.Next)
	}
	return r.sleep(ctx, next.Sub(r.Now()))
}

// rest deals with the messages that wait, and saves the position.
func (r *run) rest(ctx context.Context) error {
	for r.Queue != nil {
		n, err := r.receive(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	return r.emit(ctx, nil)
}

func (r *run) sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// jittered is a duration, up to a fifth shorter or longer: many folders, or many watchers, are not to list as one.
func (r *run) jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*r.Jitter()))
}

// emit hands a batch out.
func (r *run) emit(ctx context.Context, files []File) error {
	position, err := r.save()
	if err != nil {
		return err
	}
	if err := r.take(ctx, Batch{Files: files, Position: position}); err != nil {
		return err
	}
	r.emitted = r.Now()
	return nil
}

// search finds the folders. One that is no longer there is forgotten.
func (r *run) search(ctx context.Context) error {
	every, _ := r.pace()
	r.searched = r.Now().Add(r.jittered(every))
	options := r.Logs
	whole := true
	options.Unreadable = func(key string, err error) {
		whole = false
		r.Warn(fmt.Errorf("look for log files below %q: %w", key, err))
	}
	options.Warn = func(text string) { r.Warn(errors.New(text)) }
	groups, err := logfile.New(options).Groups(ctx)
	if err != nil {
		return err
	}
	found := map[string]bool{}
	r.loose = len(groups) == 1 && len(groups[0].Folders) == 0
	if r.loose {
		found[r.Logs.Under] = true
	}
	for _, g := range groups {
		for _, name := range g.Folders {
			found[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		r.folder(name).loose = r.loose
	}
	if whole {
		maps.DeleteFunc(r.folders, func(name string, _ *folder) bool { return !found[name] })
		if !r.loose {
			r.searched = r.Now().Add(r.jittered(r.Search))
		}
	}
	return nil
}

// folder is the folder of a name, known or new.
func (r *run) folder(name string) *folder {
	f := r.folders[name]
	if f == nil {
		f = &folder{name: name, listed: r.start, saved: map[string]mark{}, days: map[string]*day{}}
		r.folders[name] = f
	}
	return f
}

// due are the folders that are to be listed now, in order.
func (r *run) due() []*folder {
	now := r.Now()
	var out []*folder
	for _, f := range r.folders {
		if !f.next.After(now) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *folder) int { return strings.Compare(a.name, b.name) })
	return out
}
