package follow_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/follow"
	"github.com/trailseal/trailseal/internal/logfile/logfiletest"
	"github.com/trailseal/trailseal/internal/object"
)

// queue is one in memory, as SQS behaves: what was received is hidden for a while, and comes again.
type queue struct {
	mu       sync.Mutex
	messages []*held
	n        int
	deleted  []string
	extended int
	err      error // of every call
}

type held struct {
	follow.Message
	until time.Time
	times int
}

func (q *queue) send(body string) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.n++
	id := fmt.Sprint("m", q.n)
	q.messages = append(q.messages, &held{Message: follow.Message{ID: id, Body: []byte(body)}})
	return id
}

func (q *queue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err = err
}

func (q *queue) Receive(ctx context.Context) ([]follow.Message, error) {
	for range 20 {
		q.mu.Lock()
		err := q.err
		var out []follow.Message
		for _, m := range q.messages {
			if err == nil && !m.until.After(time.Now()) && len(out) < 10 {
				m.until = time.Now().Add(follow.Held)
				m.times++
				m.Handle = fmt.Sprint(m.ID, "-", m.times)
				out = append(out, m.Message)
			}
		}
		q.mu.Unlock()
		if len(out) > 0 || err != nil {
			return out, err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return nil, nil
}

func (q *queue) Delete(_ context.Context, messages []follow.Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return q.err
	}
	for _, m := range messages {
		q.deleted = append(q.deleted, m.ID)
		q.messages = slices.DeleteFunc(q.messages, func(h *held) bool { return h.Handle == m.Handle })
	}
	return nil
}

func (q *queue) Extend(_ context.Context, messages []follow.Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.extended++
	for _, m := range messages {
		for _, h := range q.messages {
			if h.Handle == m.Handle {
				h.until = time.Now().Add(follow.Held)
			}
		}
	}
	return q.err
}

func (q *queue) gone() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.deleted)
}

func (q *queue) left() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []string
	for _, m := range q.messages {
		out = append(out, m.ID)
	}
	return out
}

// created is what S3 writes of an object that was put.
func created(bucket, key string) string {
	return fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put","eventTime":%q,"s3":{"bucket":{"name":%q},"object":{"key":%q,"size":100}}}]}`,
		time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), bucket, url.QueryEscape(key))
}

// follows starts to follow and returns how to stop.
func (b *bed) follows(change ...func(*follow.Options)) (stop func()) {
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan error)
	go func() { done <- b.run(ctx, change...) }()
	time.Sleep(time.Second)
	return func() {
		b.t.Helper()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			b.t.Errorf("it ends with %v", err)
		}
	}
}

func newQueueBed(t *testing.T) *bed {
	b := newBed(t)
	b.queue = new(queue)
	b.put("history", 24*time.Hour)
	time.Sleep(2 * time.Hour)
	return b
}

func TestMessagesBringFilesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newQueueBed(t)
		stop := b.follows()
		b.queue.send(created("logs", b.put("one", 0)))
		b.queue.send(created("logs", logfiletest.Key("", account, region, time.Now(), "x")[:60]))
		b.queue.send(created("logs", "AWSLogs/"+account+"/CloudTrail-Digest/"+region+"/2000/01/01/x.json.gz"))
		b.queue.send(`{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2000-01-01T00:00:00.000Z","Bucket":"logs"}`)
		time.Sleep(time.Minute)
		b.want("of messages", "one")
		if d := cmp.Diff([]string{"m1", "m2", "m3", "m4"}, b.queue.gone()); d != "" {
			t.Error(d)
		}
		// A redelivery, and a message of a file that a listing has shown.
		key := b.put("two", 0)
		late := created("logs", key)
		b.queue.send(created("logs", key))
		time.Sleep(time.Minute)
		b.want("a second file", "two")
		b.queue.send(late)
		time.Sleep(2 * time.Hour)
		b.queue.send(late)
		time.Sleep(time.Minute)
		b.want("redelivered")
		if left := b.queue.left(); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		// An account of which nobody has heard.
		other := logfiletest.Key("", "444455556666", region, time.Now(), "other")
		b.src.Put(other, logfiletest.Records("x"), nil)
		b.queue.send(created("logs", other))
		time.Sleep(time.Minute)
		b.want("a new account", "other")
		// Another content under a name.
		b.src.Put(other, logfiletest.Records("y"), nil)
		b.queue.send(created("logs", other))
		time.Sleep(time.Minute)
		b.want("changed", "other changed")
		stop()
		b.quiet()
	})
}

func TestAListingCatchesWhatMessagesLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newQueueBed(t)
		stop := b.follows()
		before := b.src.Calls()["list "+base]
		b.put("lost", 0)
		time.Sleep(10 * time.Minute)
		b.want("at first")
		time.Sleep(60 * time.Minute)
		b.want("within the hour", "lost")
		time.Sleep(10 * time.Hour)
		if n := b.src.Calls()["list "+base] - before; n < 8 || n > 24 {
			t.Errorf("%d listings in eleven hours", n)
		}
		stop()
		b.quiet()
	})
}

func TestAMessageIsDeletedAfterItsFileWasDealtWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newQueueBed(t)
		ended(t, b.follow(time.Second))
		b.queue.send(created("logs", b.put("one", 0)))
		died := errors.New("died")
		b.take = func(batch follow.Batch) error {
			if len(batch.Files) > 0 && !batch.Files[0].Again {
				return died
			}
			return nil
		}
		if err := b.follow(time.Hour); !errors.Is(err, died) {
			t.Fatal(err)
		}
		if gone := b.queue.gone(); len(gone) > 0 {
			t.Errorf("deleted: %v", gone)
		}
		// It takes longer than messages are held.
		b.take = func(batch follow.Batch) error {
			if len(batch.Files) > 0 {
				time.Sleep(17 * time.Minute)
			}
			return nil
		}
		time.Sleep(time.Second)
		stop := b.follows()
		time.Sleep(30 * time.Minute)
		b.queue.send(created("logs", b.put("two", 0)))
		time.Sleep(time.Hour)
		stop()
		b.want("both", "one", "two")
		if b.queue.extended < 6 {
			t.Errorf("extended %d times", b.queue.extended)
		}
		if left := b.queue.left(); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		b.quiet()
	})
}

func TestStrangeMessagesAreLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newQueueBed(t)
		b.queue.send("no JSON")
		b.queue.send(created("another", "AWSLogs/x.json.gz"))
		b.queue.send(created("logs", b.put("one", 0)))
		stop := b.follows()
		time.Sleep(3 * time.Hour)
		stop()
		b.want("what is ours", "one")
		if d := cmp.Diff([]string{"m1", "m2"}, b.queue.left()); d != "" {
			t.Error(d)
		}
		if len(b.warnings) != 2 || !strings.Contains(b.warnings[0], `"m1"`) || !strings.Contains(b.warnings[1], `bucket "another"`) {
			t.Errorf("warnings: %q, want one for each", b.warnings)
		}
	})
}

func TestAFileThatIsNotThereYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newQueueBed(t)
		stop := b.follows()
		key := logfiletest.Key("", account, region, time.Now(), "soon")
		b.queue.send(created("logs", key))
		time.Sleep(30 * time.Second)
		b.want("told", "soon unreadable")
		if left := b.queue.left(); len(left) > 0 {
			t.Errorf("the position has it, and the queue too: %v", left)
		}
		stop()
		stop = b.follows()
		b.src.Put(key, logfiletest.Records("x"), nil)
		time.Sleep(10 * time.Minute)
		b.want("there", "soon")
		// An archived file that was restored.
		cold := b.put("cold", 0)
		var mu sync.Mutex
		frozen := true
		b.src.Fail(func(op, k string) error {
			mu.Lock()
			defer mu.Unlock()
			if op == "open" && k == cold && frozen {
				return object.ErrArchived
			}
			return nil
		})
		b.queue.send(created("logs", cold))
		time.Sleep(time.Minute)
		b.want("archived", "cold unreadable")
		mu.Lock()
		frozen = false
		mu.Unlock()
		b.queue.send(strings.Replace(created("logs", cold), "ObjectCreated:Put", "ObjectRestore:Completed", 1))
		time.Sleep(time.Minute)
		b.want("restored", "cold")
		stop()
		b.quiet()
	})
}

func TestWhenTheQueueFailsListingTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newQueueBed(t)
		b.queue.fail(errors.New("a fault"))
		stop := b.follows()
		time.Sleep(2 * time.Minute)
		b.put("one", 0)
		time.Sleep(6 * time.Minute)
		b.want("by listing", "one")
		b.queue.fail(nil)
		time.Sleep(3 * time.Minute)
		b.queue.send(created("logs", b.put("two", 0)))
		time.Sleep(20 * time.Second)
		b.want("by message", "two")
		stop()
		if len(b.warnings) != 2 {
			t.Errorf("warnings: %q", b.warnings)
		}
		b.queue.fail(object.ErrDenied)
		if err := b.follow(time.Hour); !errors.Is(err, object.ErrDenied) {
			t.Errorf("a queue that may not be read: %v", err)
		}
	})
}

func TestOldMessagesOfAFirstStartAreHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newQueueBed(t)
		for i := range 30 {
			b.queue.send(created("logs", b.put(fmt.Sprint("old", i), 0)))
		}
		time.Sleep(3 * time.Hour)
		stop := b.follows()
		time.Sleep(time.Minute)
		stop()
		b.want("nothing of them")
		if left := b.queue.left(); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}
