package ingest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/ingest"
	"github.com/trailseal/trailseal/internal/receipt"
)

// mortal kills the process, without a word, at one step of a load: before it, or after it.
type mortal struct {
	ingest.Load
	at int64
	n  atomic.Int64
}

func (m *mortal) step() func() {
	n := m.n.Add(1)
	if n == m.at {
		die()
	}
	return func() {
		if n == -m.at {
			die()
		}
	}
}

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

func (m *mortal) Write(ctx context.Context, rows *event.Rows) (int, error) {
	defer m.step()()
	return m.Load.Write(ctx, rows)
}

func (m *mortal) Commit(ctx context.Context, files []receipt.File) error {
	defer m.step()()
	return m.Load.Commit(ctx, files)
}

const killVariable = "TRAILSEAL_TEST_KILL" // TREE:HOME:STEP, in the child

func TestKilled(t *testing.T) {
	if v := os.Getenv(killVariable); v != "" {
		var step int64
		parts := strings.Split(v, "|")
		if _, err := fmt.Sscan(parts[2], &step); err != nil {
			t.Fatal(err)
		}
		b := &bed{t: t, tree: parts[0], home: parts[1], ledger: new(says)}
		if _, err := b.into(parts[1], func(l ingest.Load) ingest.Load { return &mortal{Load: l, at: step} }); err != nil {
			t.Fatal(err)
		}
		return
	}
	b := newBed(t)
	for day := range 4 {
		for i := range 3 {
			when := at("23:40").AddDate(0, 0, day).Add(time.Duration(i) * 15 * time.Minute)
			var events []string
			for k := range 4 {
				e := when.Add(time.Duration(-5*k) * time.Minute)
				events = append(events, strings.Replace(record(fmt.Sprint("e", day, i, k), e.Format("15:04:05")), "2026-03-02", e.Format("2006-01-02"), 1))
			}
			b.log("AWSLogs/o-abcdefghij/", when, fmt.Sprint("u", i), events...)
			if i == 0 { // delivered by a second trail, too
				b.log("AWSLogs/", when, "v", events[:2]...)
			}
		}
	}
	b.must()
	want := b.ask(everything)
	if len(want) != 48 {
		t.Fatalf("%d rows, want 48", len(want))
	}
	child := func(home string, step int64, life time.Duration) (killed bool) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%s|%d", killVariable, b.tree, home, step))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if life > 0 {
			timer := time.AfterFunc(life, func() { _ = cmd.Process.Kill() })
			defer timer.Stop()
		}
		err := cmd.Wait()
		if err == nil {
			return false
		}
		status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if !ok || !status.Signaled() {
			t.Fatalf("step %d: the child ends with %v", step, err)
		}
		return true
	}
	check := func(name, home string) {
		t.Helper()
		heir := &bed{t: t, tree: b.tree, home: home, ledger: b.ledger}
		heir.must()
		if d := cmp.Diff(want, heir.ask(everything)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if n := heir.ask("SELECT count(*), count(DISTINCT log_file) FROM log_files"); n[0] != "16 16" {
			t.Errorf("%s: log files: %v, want 16 16", name, n)
		}
	}
	deaths := 0
	for step := int64(1); ; step++ {
		dead := false
		for _, at := range []int64{step, -step} {
			home := t.TempDir()
			if child(home, at, 0) {
				dead = true
				deaths++
				// A second death on the way back, at another step.
				child(home, -at, 0)
			}
			check(fmt.Sprint("killed at step ", at), home)
		}
		if !dead {
			break
		}
	}
	if deaths < 10 {
		t.Errorf("only %d children died: the steps are not where they should be", deaths)
	}
	// Anywhere, as far as a clock can tell.
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range 10 {
		home := t.TempDir()
		child(home, 0, time.Duration(5+chance.IntN(120))*time.Millisecond)
		check(fmt.Sprint("killed at a moment, ", i), home)
	}
}

func TestAStateThatChangesWhileRowsWait(t *testing.T) {
	b := newBed(t)
	one := b.log("AWSLogs/", at("10:00"), "one", record("a", "10:00:00"), record("b", "10:00:01"))
	b.must()
	b.list(one, integrity.Valid)
	b.log("AWSLogs/", at("10:05"), "two", record("b", "10:00:01"), record("c", "10:00:02"))
	rep := b.must()
	if rep.Files.Restated != 1 || rep.Events != 1 {
		t.Errorf("%+v", rep)
	}
	if d := cmp.Diff([]string{"a verified", "b verified", "c pending"}, b.ask("SELECT event_id, log_state FROM events ORDER BY event_id")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"true"}, b.ask("SELECT other_origins LIKE '%two%pending%' FROM events WHERE event_id = 'b'")); d != "" {
		t.Error(d)
	}
}
