package follow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/follow"
	"github.com/trailseal/trailseal/internal/inflate"
	"github.com/trailseal/trailseal/internal/logfile"
	"github.com/trailseal/trailseal/internal/logfile/logfiletest"
)

const (
	account = "111122223333"
	region  = "eu-west-1"
	base    = "AWSLogs/" + account + "/CloudTrail/" + region + "/"
)

// bed is a source, a clock that stands still but for the waiting of the follower, and what was handed out.
type bed struct {
	t     *testing.T
	src   *logfiletest.Memory
	queue *queue // nil: none

	mu       sync.Mutex
	got      []string
	position string
	warnings []string
	take     func(follow.Batch) error // may be nil
}

func newBed(t *testing.T) *bed {
	return &bed{t: t, src: logfiletest.New(time.Now)}
}

// put delivers a log file now, with a name of some time ago.
func (b *bed) put(unique string, ago time.Duration) string {
	key := logfiletest.Key("", account, region, time.Now().Add(-ago), unique)
	b.src.Put(key, logfiletest.Records(unique), nil)
	return key
}

func describe(f follow.File) string {
	out := f.Info.Key
	if f.Key.Unique != "" {
		out = f.Key.Unique
	}
	for _, x := range []struct {
		is   bool
		word string
	}{{f.Again, "again"}, {f.Changed, "changed"}, {f.Err != nil, "unreadable"}, {f.GivenUp, "given up"}} {
		if x.is {
			out += " " + x.word
		}
	}
	return out
}

// follow runs for a time.
func (b *bed) follow(d time.Duration, change ...func(*follow.Options)) error {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), d)
	defer cancel()
	return b.run(ctx, change...)
}

func (b *bed) run(ctx context.Context, change ...func(*follow.Options)) error {
	o := follow.Options{
		Logs:     logfile.Options{Source: b.src, Inflate: inflate.Bytes, Wait: time.Millisecond},
		Bucket:   "logs",
		Position: b.position,
		Now:      time.Now,
		Jitter:   func() float64 { return 0.5 },
		Warn: func(err error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.warnings = append(b.warnings, err.Error())
		},
	}
	if b.queue != nil {
		o.Queue = b.queue
	}
	for _, c := range change {
		c(&o)
	}
	return follow.Run(ctx, o, func(_ context.Context, batch follow.Batch) error {
		if b.take != nil {
			if err := b.take(batch); err != nil {
				return err
			}
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, f := range batch.Files {
			b.got = append(b.got, describe(f))
		}
		b.position = batch.Position
		return nil
	})
}

// took returns what was handed out since the last call.
func (b *bed) took() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.got
	b.got = nil
	return out
}

func (b *bed) want(what string, want ...string) {
	b.t.Helper()
	if d := cmp.Diff(want, b.took()); d != "" {
		b.t.Errorf("%s: %s", what, d)
	}
}

func (b *bed) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.warnings) > 0 {
		b.t.Errorf("warnings: %q", b.warnings)
	}
}

func ended(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("it ends with %v", err)
	}
}

func TestNewFilesAreHandedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.put("history", 300*24*time.Hour)
		b.put("memory", 30*time.Minute)
		time.Sleep(90 * time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.run(ctx) }()
		time.Sleep(10 * time.Second)
		b.want("at the start", "memory again")
		b.put("one", 5*time.Minute) // its name is older than the start
		b.put("two", 0)
		b.src.Put(base+"2000/01/01/notes.txt", nil, nil)
		b.src.Put("AWSLogs/"+account+"/CloudTrail-Digest/"+region+"/2000/01/01/"+account+"_CloudTrail-Digest_"+region+"_t_"+region+"_20000101T000000Z.json.gz", nil, nil)
		time.Sleep(5 * time.Minute)
		b.want("what came", "one", "two")
		b.put("late", 26*time.Hour)
		time.Sleep(5 * time.Minute)
		b.want("a late file", "late")
		b.src.Put(logfiletest.Key("", "444455556666", region, time.Now(), "other"), logfiletest.Records("x"), nil)
		time.Sleep(time.Hour)
		b.want("a new account", "other")
		time.Sleep(24 * time.Hour)
		b.put("tomorrow", 0)
		time.Sleep(10 * time.Minute)
		b.want("a day later", "tomorrow")
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		b.quiet()
	})
}

func TestPollingSlowsDownWhereNothingHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.put("old", 24*time.Hour)
		ended(t, b.follow(2*time.Hour))
		quiet := b.src.Calls()["list "+base]
		if quiet < 20 || quiet > 32 {
			t.Errorf("%d listings in two quiet hours, want about one every five minutes", quiet)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		done := make(chan error)
		go func() { done <- b.run(ctx) }()
		for i := range 240 {
			b.put(fmt.Sprint("u", i), 0)
			time.Sleep(29 * time.Second)
		}
		ended(t, <-done)
		if busy := b.src.Calls()["list "+base] - quiet; busy < 110 || busy > 125 {
			t.Errorf("%d listings in two busy hours, want about one a minute", busy)
		}
		if n := len(b.took()); n < 235 {
			t.Errorf("%d files of 240", n)
		}
	})
}

func TestAFirstStartFromATimeHandsOutWhatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.put("before", 75*time.Hour)
		b.put("hour before", 72*time.Hour+30*time.Minute)
		b.put("after", 71*time.Hour)
		b.put("yesterday", 24*time.Hour)
		time.Sleep(2 * time.Minute)
		// What was put just now was delivered just now: of a copy, which keeps the times, the names say more.
		ended(t, b.follow(time.Minute, func(o *follow.Options) { o.From = time.Now().Add(-72 * time.Hour) }))
		b.want("from three days ago", "before", "hour before", "after", "yesterday")
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		for _, x := range []struct {
			unique string
			hours  time.Duration
		}{{"before", 0}, {"hour_before", 10}, {"after", 11}, {"later", 20}} {
			time.Sleep(x.hours*time.Hour - time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)))
			b.put(x.unique, 0)
		}
		time.Sleep(30*time.Hour - time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)))
		ended(t, b.follow(time.Minute, func(o *follow.Options) { o.From = time.Date(2000, 1, 1, 10, 30, 0, 0, time.UTC) }))
		b.want("from half past ten", "hour_before again", "after", "later")
	})
}

func TestItGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.put("memory", 10*time.Minute)
		time.Sleep(2 * time.Minute)
		ended(t, b.follow(time.Second))
		b.want("a first start", "memory again")
		b.put("one", 0)
		time.Sleep(5 * 24 * time.Hour)
		b.put("two", 0)
		ended(t, b.follow(time.Second))
		b.want("after five days", "memory again", "one", "two")
		ended(t, b.follow(time.Second, func(o *follow.Options) { o.Overlap = -1 }))
		b.want("no overlap")
		ended(t, b.follow(time.Second))
		b.want("with overlap", "two again")
		time.Sleep(90 * time.Minute)
		b.put("three", 0)
		ended(t, b.follow(time.Second))
		b.want("later", "two again", "three")
		b.quiet()
	})
}

// A process that dies between any two batches, or in one, loses nothing.
func TestAnyCrashLosesNothing(t *testing.T) {
	died := errors.New("died")
	for at := range 9 {
		synctest.Test(t, func(t *testing.T) {
			b := newBed(t)
			b.put("history", time.Hour)
			time.Sleep(2 * time.Minute)
			ended(t, b.follow(time.Second, func(o *follow.Options) { o.Overlap = -1 }))
			var want []string
			for i := range 20 {
				unique := fmt.Sprintf("u%02d", i)
				b.put(unique, time.Duration(i%3)*20*time.Hour)
				want = append(want, unique)
				time.Sleep(time.Duration(i%2) * time.Second)
			}
			n := 0
			b.take = func(follow.Batch) error {
				if n++; n == at {
					return died
				}
				return nil
			}
			small := func(o *follow.Options) { o.Size, o.Overlap = 3, -1 }
			if err := b.follow(time.Second, small); at > 0 && at < 8 && !errors.Is(err, died) {
				t.Fatalf("it ends with %v", err)
			}
			b.take = nil
			ended(t, b.follow(time.Second, small))
			got := b.took()
			slices.Sort(got)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("killed at batch %d: %s", at, d)
			}
			b.quiet()
		})
	}
}

// A copy that keeps the times of its objects can have older ones come later: the position does not fit.
func TestADayThatDoesNotFitIsHandedOutAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.run(ctx) }()
		synctest.Wait()
		b.put("one", 0)
		time.Sleep(time.Second)
		gone := b.put("gone", 0)
		time.Sleep(time.Second)
		b.put("three", 0)
		time.Sleep(10 * time.Minute)
		cancel()
		<-done
		b.want("at first", "one", "gone", "three")
		b.src.Delete(gone)
		b.put("four", 0)
		ended(t, b.follow(time.Second))
		b.want("again", "one", "three", "four")
		if len(b.warnings) != 1 || !strings.Contains(b.warnings[0], "does not fit") {
			t.Errorf("warnings: %q", b.warnings)
		}
	})
}

func TestAFileThatChangedIsHandedOutAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.put("before", 0)
		time.Sleep(2 * time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.run(ctx) }()
		synctest.Wait()
		key := b.put("one", 0)
		time.Sleep(10 * time.Minute)
		b.src.Put(key, logfiletest.Records("another"), nil)
		time.Sleep(10 * time.Minute)
		cancel()
		<-done
		b.want("changed", "before again", "one", "one changed")
		ended(t, b.follow(time.Second))
		b.want("after a restart", "before again", "one again")
		b.quiet()
	})
}

func TestFilesThatLieAnywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.src.Put("a.json", []byte(`{"eventID":"1"}`), nil)
		b.src.Put("b.md", nil, nil)
		time.Sleep(2 * time.Minute)
		ended(t, b.follow(time.Second))
		b.src.Put("c.json", []byte(`{"eventID":"2"}`), nil)
		ended(t, b.follow(time.Second))
		b.want("loose files", "a.json again", "a.json again", "c.json")
		b.put("tree", 0)
		ended(t, b.follow(time.Second))
		b.want("a folder AWSLogs appears", "tree")
	})
}

func TestAccountsAndRegionsNarrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		for _, x := range [][2]string{{account, region}, {account, "us-east-1"}, {"444455556666", region}} {
			b.src.Put(logfiletest.Key("p/", x[0], x[1], time.Now(), x[0][:4]+x[1]), logfiletest.Records("x"), nil)
		}
		ended(t, b.follow(time.Second, func(o *follow.Options) { o.Logs.Accounts, o.Logs.Regions = []string{account}, []string{region} }))
		b.want("one account and region", "1111eu-west-1")
		b.position = ""
		ended(t, b.follow(time.Second, func(o *follow.Options) { o.Logs.Under = "p/AWSLogs/444455556666/" }))
		b.want("below a prefix", "4444eu-west-1")
	})
}

func TestAHeartbeatSavesThePosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.put("old", 24*time.Hour)
		n := 0
		b.take = func(batch follow.Batch) error {
			if len(batch.Files) == 0 {
				n++
			}
			return nil
		}
		ended(t, b.follow(time.Hour+time.Minute))
		if n < 6 || n > 8 {
			t.Errorf("%d positions without news in an hour", n)
		}
	})
}

func read(t *testing.T, f follow.File) string {
	t.Helper()
	if f.Data != nil {
		return string(f.Data)
	}
	r, err := f.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestFilesComeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.put("id-7", 0)
		damaged := logfiletest.Gzip(strings.Repeat(`{"eventID":"x"}`, 5000))
		b.src.Put(logfiletest.Key("", account, region, time.Now(), "z"), damaged[:len(damaged)-10], nil)
		var texts []string
		b.take = func(batch follow.Batch) error {
			for _, f := range batch.Files {
				texts = append(texts, read(t, f))
				if f.Origin.Account != account || f.Info.Version == "" {
					t.Errorf("%q: %+v", f.Info.Key, f.Origin)
				}
			}
			return nil
		}
		ended(t, b.follow(time.Second))
		if len(texts) != 2 || !strings.Contains(texts[0], "id-7") || !strings.HasPrefix(texts[1], `{"eventID":"x"}`) {
			t.Errorf("%d files", len(texts))
		}
	})
}
