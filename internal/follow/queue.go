package follow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/logfile"
	"github.com/trailseal/trailseal/internal/object"
)

// Queue is where the bucket's messages arrive. Errors carry the words of package object: with a permanent one the
// following ends, others are tried again.
type Queue interface {
	// Receive waits a while for messages. Those that it returns are not given to others for Held.
	Receive(ctx context.Context) ([]Message, error)
	// Delete deletes messages for good.
	Delete(ctx context.Context, messages []Message) error
	// Extend keeps messages from others for Held from now on.
	Extend(ctx context.Context, messages []Message) error
}

// Message is one message of a queue.
type Message = object.Message

// Held is how long messages that were received are kept from others.
const Held = 5 * time.Minute

const (
	manyFailures = 3    // of the queue, until listing takes over
	manyTold     = 1000 // messages that are remembered to have been warned of
)

// ErrMessage is a message that cannot be understood. It is left to the queue, which may have a place for such messages.
var ErrMessage = errors.New("not a message about log files")

// receive waits for messages, deals with them, and says how many there were.
func (r *run) receive(ctx context.Context) (n int, err error) {
	messages, err := r.Queue.Receive(ctx)
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil && object.Permanent(err):
		return 0, err
	case err != nil:
		return 0, r.stumble(ctx, err)
	}
	if r.failures >= manyFailures {
		r.failures = 0
		every, _ := r.pace()
		for _, f := range r.folders {
			f.every, f.next = every, r.Now().Add(r.jittered(every))
		}
	}
	r.failures = 0
	if len(messages) == 0 {
		return 0, nil
	}
	var done []Message
	if err := r.holding(ctx, messages, func(ctx context.Context) error {
		done, err = r.messages(ctx, messages)
		return err
	}); err != nil {
		return 0, err
	}
	if len(done) == 0 {
		return len(messages), nil
	}
	if err := r.Queue.Delete(ctx, done); err != nil {
		if ctx.Err() != nil || object.Permanent(err) {
			return 0, err
		}
		r.Warn(err) // they come again, and are known
	}
	return len(messages), nil
}

// stumble waits after a failure of the queue. When it goes on failing, listing takes over.
func (r *run) stumble(ctx context.Context, err error) error {
	if r.failures++; r.failures == 1 || r.failures == manyFailures {
		r.Warn(err)
	}
	if r.failures == manyFailures {
		for _, f := range r.folders {
			f.every, f.next = 0, r.Now()
		}
	}
	return r.sleep(ctx, r.jittered(min(time.Second<<min(r.failures, 10), time.Minute)))
}

// holding does work on messages, and keeps them from others meanwhile.
func (r *run) holding(ctx context.Context, messages []Message, work func(context.Context) error) error {
	g, gctx := errgroup.WithContext(ctx)
	done := make(chan struct{})
	g.Go(func() error {
		defer close(done)
		return work(gctx)
	})
	g.Go(func() error {
		beat := time.NewTicker(Held / 2)
		defer beat.Stop()
		for {
			select {
			case <-done:
				return nil
			case <-beat.C:
				if err := r.Queue.Extend(gctx, messages); err != nil && gctx.Err() == nil {
					r.Warn(err) // others may get them, too
				}
			}
		}
	})
	return g.Wait()
}

// messages hands out the files that messages name, and returns the messages that are dealt with.
func (r *run) messages(ctx context.Context, messages []Message) (done []Message, err error) {
	arrivals := make([][]arrival, len(messages))
	keep := make([]bool, len(messages))
	var strange []*folder
	for i, m := range messages {
		found, err := parseMessage(m.Body)
		if err != nil {
			keep[i] = true
			r.tell(m, err)
			continue
		}
		for _, a := range found {
			if a.Bucket != r.Bucket {
				keep[i] = true
				r.tell(m, fmt.Errorf("it is about bucket %q: %w", a.Bucket, ErrMessage))
				continue
			}
			f := r.home(a.Key)
			if f == nil {
				continue
			}
			if !f.primed && !slices.Contains(strange, f) {
				strange = append(strange, f)
			}
			arrivals[i] = append(arrivals[i], a)
		}
	}
	// What a listing finds it hands out, and it is known after that.
	if err := r.sweep(ctx, strange); err != nil {
		return nil, err
	}
	var all []news
	asked := map[string]bool{}
	for i, found := range arrivals {
		for _, a := range found {
			f := r.home(a.Key)
			if !f.primed {
				keep[i] = true // it could not be listed, and the position may know the file
				continue
			}
			if x, ok := r.arrived(f, a); ok && !asked[a.Key] {
				asked[a.Key] = true
				all = append(all, x)
			}
		}
	}
	if err := r.hand(ctx, all); err != nil {
		return nil, err
	}
	for i, m := range messages {
		for _, a := range arrivals[i] {
			if f := r.home(a.Key); r.full && asked[a.Key] && r.retries[a.Key] == nil && !f.knows(a.Key) {
				keep[i] = true // too many wait: this one waits in the queue
			}
		}
		if !keep[i] {
			done = append(done, m)
		}
	}
	return done, nil
}

// arrived is a file that a message names; not ok where it need not be read.
func (r *run) arrived(f *folder, a arrival) (x news, ok bool) {
	x, ok = r.newsOf(f, object.Info{Key: a.Key, Size: min(max(a.Size, 0), 16<<20), Modified: a.At})
	begin := r.start.Truncate(time.Minute)
	w := r.retries[a.Key]
	switch {
	case !ok:
		return x, false
	case w != nil:
		x.retried = true
		return x, a.Restored || !w.Next.After(r.Now())
	case a.Restored || x.delivered.Before(begin) && a.At.Before(begin):
		return x, false // history
	case !a.At.IsZero() && f.knows(a.Key) && a.At.Add(time.Minute).Before(f.looked):
		return x, false // the listing showed what the message tells
	}
	return x, true
}

// knows reports whether some version of a file was handed out.
func (f *folder) knows(key string) bool {
	k, _ := hashOf(key, "")
	for _, d := range f.days {
		if _, ok := d.seen[k]; ok {
			return true
		}
	}
	return false
}

// home is the folder of a file; nil where it is none of the log files that are followed.
func (r *run) home(key string) *folder {
	if !strings.HasPrefix(key, r.Logs.Under) {
		return nil
	}
	if r.loose {
		if !logfile.MayBe(key) {
			return nil
		}
		return r.folder(r.Logs.Under)
	}
	k, err := integrity.ParseKey(key)
	if err != nil || k.Class != integrity.LogFile {
		return nil
	}
	within := func(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }
	if !within(r.Logs.Accounts, k.Account) || !within(r.Logs.Regions, k.Region) {
		return nil
	}
	at := strings.LastIndex(key, "/"+k.Time.Format("2006/01/02/"))
	return r.folder(key[:at+1])
}

// tell warns of a message, once.
func (r *run) tell(m Message, err error) {
	if r.told[m.ID] {
		return
	}
	if len(r.told) >= manyTold {
		clear(r.told)
	}
	r.told[m.ID] = true
	r.Warn(fmt.Errorf("message %q is left in the queue: %w", m.ID, err))
}
