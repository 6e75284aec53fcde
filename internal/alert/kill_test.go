package alert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/notice"
)

const childVariable = "TRAILSEAL_TEST_ALERT" // WHAT|HOME|URL|STEP, in the child

// child runs this test again in a process of its own.
func child(t *testing.T, what, home, url string, step int64) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+strings.SplitN(t.Name(), "/", 2)[0]+"$")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%s|%s|%d", childVariable, what, home, url, step))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	t.Cleanup(func() {
		if t.Failed() && out.Len() > 0 {
			t.Logf("the child says: %s", out.String())
		}
	})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// asChild reports what this process is to be, where it is a child.
func asChild(t *testing.T) (what, home, url string, step int64, yes bool) {
	v := os.Getenv(childVariable)
	if v == "" {
		return "", "", "", 0, false
	}
	parts := strings.Split(v, "|")
	step, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return parts[0], parts[1], parts[2], step, true
}

func wasKilled(t *testing.T, cmd *exec.Cmd) bool {
	t.Helper()
	err := cmd.Wait()
	if err == nil {
		return false
	}
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		t.Fatalf("the child ends with %v", err)
	}
	return true
}

const perStep = 100 // alerts of a batch

// flood is how many alerts there are: 10,000 where TRAILSEAL_TEST_FLOOD says so, as in CI, and fewer where somebody waits.
func flood() int {
	if os.Getenv("TRAILSEAL_TEST_FLOOD") != "" {
		return 10_000
	}
	return 1500
}

// watch records a flood in batches from where it was on, and delivers it: what "watch" does.
func watch(t *testing.T, s *Store, url string) {
	o := DeliverOptions{
		Sinks: map[string]notice.Sink{"x": newPost(url)}, Timeout: 300 * time.Millisecond, Parallel: 64,
		Backoff: Backoff{First: 5 * time.Millisecond, Most: 100 * time.Millisecond}, Poll: 50 * time.Millisecond, Grace: time.Millisecond,
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	g, ctx := errgroup.WithContext(ctx) // what follows ends with the loop
	g.Go(func() error {
		_, err := s.Deliver(ctx, o)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Logf("the loop ends: %v", err)
			return err
		}
		return nil
	})
	at := 0
	if p := must[string](t)(s.Position(ctx, "batch")); p != "" {
		at = must[int](t)(strconv.Atoi(p))
	}
	for ; at < flood()/perStep; at++ {
		b := Batch{Positions: map[string]string{"batch": fmt.Sprint(at + 1)}, Routes: everywhere("x"), At: time.Now()}
		for i := range perStep {
			id := fmt.Sprint(at*perStep + i)
			b.Findings = append(b.Findings, found("d", id, 0, by("p"+id)))
		}
		must[Recorded](t)(s.Record(ctx, b))
		// Deaths are to come while both go on: the outbox is kept short.
		for {
			var waits int
			if err := s.db.Read.QueryRowContext(ctx, "SELECT count(*) FROM delivery WHERE sink = 'x' AND state = 0").Scan(&waits); err != nil {
				t.Fatal(err)
			}
			if waits <= 3*perStep {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	stop()
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	o.Drain = true
	must[Summary](t)(s.Deliver(t.Context(), o))
}

func TestAFloodThroughAFlappingSinkAndTenDeaths(t *testing.T) {
	if _, home, url, _, yes := asChild(t); yes {
		watch(t, open(t, home), url)
		return
	}
	r := newReceiver(t, true)
	home := t.TempDir()
	for death := range 10 {
		cmd := child(t, "watch", home, r.URL, 0)
		for (<-r.news) < flood()*(5+9*death)/100 {
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if !wasKilled(t, cmd) {
			t.Fatalf("child %d had nothing to do any more", death)
		}
	}
	if cmd := child(t, "watch", home, r.URL, 0); wasKilled(t, cmd) {
		t.Fatal("the last child was killed")
	}
	if len(r.keys) != flood() {
		t.Errorf("%d alerts were told of, want %d", len(r.keys), flood())
	}
	twice := 0
	for id, keys := range r.keys {
		twice += len(keys) - 1
		if k := slices.Compact(slices.Clone(keys)); len(k) != 1 || k[0] != id+"-opened" {
			t.Fatalf("alert %s was told under the keys %q", id, keys)
		}
	}
	for _, kind := range []string{"200", "429", "500", "hang", "cut", "take and cut"} {
		if r.kinds[kind] == 0 {
			t.Errorf("nothing was answered with %s", kind)
		}
	}
	s := open(t, home)
	attempts, interrupted, n := 0, 0, 0
	for d, err := range s.Deliveries(t.Context(), DeliveryFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if d.State != Delivered || len(r.keys[d.Alert]) == 0 {
			t.Fatalf("%+v, taken %d times", d, len(r.keys[d.Alert]))
		}
		for i, a := range d.Attempts {
			attempts++
			if a.Result == Interrupted {
				interrupted++
			}
			if a.Number != i+1 || (a.Result == Taken) != (i == len(d.Attempts)-1) {
				t.Fatalf("%+v", d.Attempts)
			}
		}
	}
	calls := int(r.calls.Load())
	if n != flood() || attempts > calls+interrupted || calls > attempts {
		t.Errorf("%d deliveries with %d attempts, %d of them interrupted; the receiver had %d calls", n, attempts, interrupted, calls)
	}
	t.Logf("%d calls, %d attempts on record, %d interrupted by death, %d told again", calls, attempts, interrupted, twice)
}

// life is a small run of everything that writes. It can be lived again from any point of it.
func life(t *testing.T, s *Store, url string) {
	o := DeliverOptions{Sinks: map[string]notice.Sink{"x": newPost(url), "y": newPost(url)}, Drain: true, Backoff: Backoff{First: time.Millisecond, Most: 2 * time.Millisecond}}
	routes := everywhere("x", "y")
	ctx := t.Context()
	must[Recorded](t)(s.Record(ctx, Batch{Findings: []Finding{found("a", "1", 0), found("b", "2", 0)}, Routes: routes, Positions: map[string]string{"p": "1"}, At: noon}))
	must[Summary](t)(s.Deliver(ctx, o))
	must[Recorded](t)(s.Record(ctx, Batch{Findings: []Finding{found("a", "3", 1)}, Routes: routes, Positions: map[string]string{"p": "2"}, At: noon}))
	must[Settled](t)(s.Settle(ctx, map[Log]string{{Source: "log-1.json.gz", SHA256: "aa"}: event.Verified}, noon))
	for _, i := range list(t, s, Filter{Detection: "a"}) {
		if _, err := s.Ack(ctx, i.ID, Decision{By: "ann", Why: "because", At: noon}); err != nil && !errors.Is(err, ErrDecided) {
			t.Fatal(err)
		}
	}
	must[Summary](t)(s.Deliver(ctx, o))
}

func TestKilledBetweenAnyTwoWrites(t *testing.T) {
	if _, home, url, at, yes := asChild(t); yes {
		s := open(t, home)
		var n atomic.Int64
		s.step = func() {
			if n.Add(1) == at {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
		life(t, s, url)
		return
	}
	sum := func(t *testing.T, home string) (out []string) {
		s := open(t, home)
		defer s.Close()
		out = outbox(t, s)
		slices.Sort(out)
		for _, i := range list(t, s, Filter{}) {
			out = append(out, fmt.Sprint(i.ID, i.Count, i.Status, i.Verified, i.Told))
		}
		return append(out, must[string](t)(s.Position(t.Context(), "p")))
	}
	r := newReceiver(t, false)
	home := t.TempDir()
	s := open(t, home)
	var steps int64
	var counted atomic.Int64
	s.step = func() { counted.Add(1) }
	life(t, s, r.URL)
	steps = counted.Load()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want, keys := sum(t, home), r.heard()
	for k, n := range keys {
		if n != 2 {
			t.Errorf("%s was told %d times to two sinks", k, n)
		}
	}
	var deaths atomic.Int64
	die := func(t *testing.T, at int64) {
		r := newReceiver(t, false)
		home := t.TempDir()
		if !wasKilled(t, child(t, "life", home, r.URL, at)) {
			return // the outcomes of several attempts went into fewer transactions this time
		}
		deaths.Add(1)
		heir := open(t, home)
		life(t, heir, r.URL)
		if err := heir.Close(); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, sum(t, home)); d != "" {
			t.Error(d)
		}
		got := r.heard()
		for k, n := range keys {
			if got[k] < n {
				t.Errorf("%s was told %d times, want %d", k, got[k], n)
			}
		}
		if len(got) != len(keys) {
			t.Errorf("keys %v, want %v", got, keys)
		}
	}
	t.Run("steps", func(t *testing.T) {
		for at := int64(1); at <= steps; at++ {
			t.Run(fmt.Sprint(at), func(t *testing.T) {
				t.Parallel()
				die(t, at)
			})
		}
	})
	if deaths.Load() < 40 {
		t.Errorf("only %d children of %d steps died: the steps are not where they should be", deaths.Load(), steps)
	}
}

func TestTwoProcessesAtOnce(t *testing.T) {
	const alerts = 300
	work := func(s *Store, url string) {
		o := DeliverOptions{Sinks: map[string]notice.Sink{"x": newPost(url)}, Poll: 20 * time.Millisecond}
		ctx, stop := context.WithCancel(t.Context())
		var g errgroup.Group
		g.Go(func() error {
			_, err := s.Deliver(ctx, o)
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		})
		for i := range alerts / 10 {
			b := Batch{Routes: everywhere("x"), At: noon}
			for k := range 10 {
				b.Findings = append(b.Findings, found(fmt.Sprint("d", i*10+k), "1", 0))
			}
			must[Recorded](t)(s.Record(ctx, b))
			list(t, s, Filter{Limit: 10}) // somebody looks
		}
		// Until all is told, by whichever of the two.
		for {
			if v := must[[]SinkState](t)(s.Sinks(ctx)); v[0].Delivered == alerts {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		stop()
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if _, home, url, _, yes := asChild(t); yes {
		work(open(t, home), url)
		return
	}
	r := newReceiver(t, false)
	home := t.TempDir()
	cmd := child(t, "work", home, r.URL, 0)
	s := open(t, home)
	work(s, r.URL)
	if wasKilled(t, cmd) {
		t.Fatal("the child was killed")
	}
	heard := r.heard()
	if len(heard) != alerts {
		t.Errorf("%d notices were told, want %d", len(heard), alerts)
	}
	for k, n := range heard {
		if n != 1 {
			t.Errorf("%s was told %d times, though nobody died", k, n)
		}
	}
	for _, i := range list(t, s, Filter{}) {
		if i.Count != 1 {
			t.Errorf("%+v", i)
		}
	}
}
