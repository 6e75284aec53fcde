package follow_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailseal/trailseal/internal/follow"
	"github.com/trailseal/trailseal/internal/object"
)

func once(o *follow.Options) { o.Once = true }

func TestOnceLooksOnceAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		time.Sleep(time.Second)
		if err := b.run(t.Context(), once); err != nil {
			t.Fatal(err)
		}
		b.want("a first start without news")
		time.Sleep(time.Minute)
		b.put("one", 0)
		b.put("two", 0)
		time.Sleep(time.Minute)
		for _, want := range [][]string{{"one", "two"}, {"one again", "two again"}} {
			if err := b.run(t.Context(), once); err != nil {
				t.Fatal(err)
			}
			b.want("each time", want...)
		}
		b.quiet()
	})
}

func TestOnceDealsWithTheMessagesThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newQueueBed(t)
		if err := b.run(t.Context(), once); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		for range 25 {
			b.queue.send(created("logs", b.put("one", 0)))
		}
		if err := b.run(t.Context(), once); err != nil {
			t.Fatal(err)
		}
		b.want("of the listing", "one")
		if left := b.queue.left(); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		b.quiet()
	})
}

// Cron is told each time that a file cannot be read, and reads it as soon as it can, however long it has waited.
func TestOnceTriesWhatCouldNotBeReadEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		if err := b.run(t.Context(), once); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		denied := b.put("denied", 0)
		refused := object.ErrDenied
		b.src.Fail(func(op, key string) error {
			if op == "open" && key == denied {
				return refused
			}
			return nil
		})
		for range 3 {
			if err := b.run(t.Context(), once); err != nil {
				t.Fatal(err)
			}
			b.want("each time", "denied unreadable")
			time.Sleep(time.Second)
		}
		refused = nil
		if err := b.run(t.Context(), once); err != nil {
			t.Fatal(err)
		}
		b.want("at once", "denied")
		b.quiet()
	})
}
