package follow_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailseal/trailseal/internal/follow"
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
