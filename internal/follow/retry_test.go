package follow_test

import (
	"errors"
	"fmt"
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

func TestWhatCannotBeReadIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.put("old", 24*time.Hour)
		time.Sleep(2 * time.Minute)
		var mu sync.Mutex
		refused := map[string]error{}
		b.src.Fail(func(op, key string) error {
			mu.Lock()
			defer mu.Unlock()
			if op != "open" {
				return nil
			}
			return refused[key]
		})
		refuse := func(key string, err error) {
			mu.Lock()
			defer mu.Unlock()
			refused[key] = err
		}
		ended(t, b.follow(time.Second))
		b.took()
		denied, archived, missing, broken := b.put("denied", 0), b.put("archived", 0), b.put("missing", 0), b.put("broken", 0)
		refuse(denied, object.ErrDenied)
		refuse(archived, object.ErrArchived)
		refuse(missing, object.ErrNotFound)
		refuse(broken, errors.New("a fault"))
		ended(t, b.follow(30*time.Minute))
		b.want("told once", "archived unreadable", "broken unreadable", "denied unreadable", "missing unreadable")
		refuse(denied, nil)
		ended(t, b.follow(time.Hour))
		b.want("readable, and given up", "denied", "missing unreadable given up")
		refuse(broken, nil)
		ended(t, b.follow(2*time.Hour))
		b.want("readable later", "broken")
		ended(t, b.follow(8*24*time.Hour))
		b.want("given up after a week", "archived unreadable given up")
		ended(t, b.follow(24*time.Hour))
		b.want("not tried any more")
		b.quiet()
	})
}

func TestAClockThatWasSetBackDelaysNoRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.put("old", 24*time.Hour)
		ended(t, b.follow(time.Second))
		key := b.put("denied", 0)
		b.src.Fail(func(op, at string) error {
			if op == "open" && at == key {
				return object.ErrDenied
			}
			return nil
		})
		ended(t, b.follow(time.Second, func(o *follow.Options) { o.Now = func() time.Time { return time.Now().AddDate(1, 0, 0) } }))
		b.took()
		b.src.Fail(func(string, string) error { return nil })
		ended(t, b.follow(time.Hour))
		b.want("the clock is right again", "denied")
	})
}

func TestAFolderThatCannotBeListedIsNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.put("old", 24*time.Hour)
		b.src.Put(logfiletest.Key("", account, "us-east-1", time.Now(), "there"), logfiletest.Records("x"), nil)
		time.Sleep(2 * time.Minute)
		var mu sync.Mutex
		failing := true
		b.src.Fail(func(op, key string) error {
			mu.Lock()
			defer mu.Unlock()
			if failing && op == "list" && key == base {
				return object.ErrDenied
			}
			return nil
		})
		ended(t, b.follow(time.Second))
		b.want("the other folder", "there again")
		b.put("one", 0)
		ended(t, b.follow(10*24*time.Hour))
		b.took()
		if len(b.warnings) != 2 {
			t.Errorf("warnings: %q, want one for each start", b.warnings)
		}
		mu.Lock()
		failing = false
		mu.Unlock()
		ended(t, b.follow(time.Hour))
		b.want("ten days later", "one")
	})
}

func TestWhatEndsIt(t *testing.T) {
	for _, c := range []struct {
		name, op string
		err      error
	}{
		{"credentials while listing", "list", object.ErrCredentials},
		{"credentials while reading", "open", object.ErrCredentials},
		{"credentials while searching", "dirs", object.ErrCredentials},
		{"the source is gone", "list", object.ErrNoSource},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t)
				b.put("one", 0)
				b.src.Fail(func(op, _ string) error {
					if op == c.op {
						return c.err
					}
					return nil
				})
				if err := b.follow(time.Hour); !errors.Is(err, c.err) {
					t.Errorf("it ends with %v, want %v", err, c.err)
				}
			})
		})
	}
	b := newBed(t)
	b.position = `{"v":2}`
	if err := b.follow(time.Second); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("a position of another version: %v", err)
	}
}

// More files cannot be read than a position holds: what is beyond is met again by listing, and by its message.
func TestTooManyUnreadableFilesAreNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.put("old", 24*time.Hour)
		time.Sleep(2 * time.Minute)
		var mu sync.Mutex
		denied := true
		b.src.Fail(func(op, _ string) error {
			mu.Lock()
			defer mu.Unlock()
			if denied && op == "open" {
				return object.ErrDenied
			}
			return nil
		})
		ended(t, b.follow(time.Second))
		var want []string
		for i := range 1100 {
			unique := fmt.Sprintf("u%04d", i)
			b.put(unique, 0)
			want = append(want, unique)
		}
		b.queue = new(queue)
		last := created("logs", b.put("zzz", 0))
		want = append(want, "zzz")
		time.Sleep(time.Second)
		b.queue.send(last)
		ended(t, b.follow(time.Minute))
		if n := len(b.took()); n != 1000 {
			t.Errorf("%d files were told of", n)
		}
		if d := cmp.Diff([]string{"m1"}, b.queue.left()); d != "" {
			t.Error(d)
		}
		if len(b.warnings) != 1 || !strings.Contains(b.warnings[0], "more than 1000 files") {
			t.Errorf("warnings: %q", b.warnings)
		}
		mu.Lock()
		denied = false
		mu.Unlock()
		ended(t, b.follow(90*time.Minute))
		got := b.took()
		slices.Sort(got)
		if d := cmp.Diff(want, slices.Compact(got)); d != "" {
			t.Error(d)
		}
		if left := b.queue.left(); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}
