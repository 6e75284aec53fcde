package validate_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/folder"
	"github.com/trailseal/trailseal/internal/inflate"
	"github.com/trailseal/trailseal/internal/ledger"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/sample"
	"github.com/trailseal/trailseal/internal/validate"
	"github.com/trailseal/trailseal/internal/verdict"
)

// mortal counts the steps of a run and kills the process, without a word, at one of them: before it or after it.
type mortal struct {
	*ledger.Ledger
	source validate.Source
	at     int64
	n      atomic.Int64
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

func (m *mortal) Scope(ctx context.Context, source, site, account, region string) (int64, error) {
	defer m.step()()
	return m.Ledger.Scope(ctx, source, site, account, region)
}

func (m *mortal) Folder(ctx context.Context, scope int64, prefix string) (int64, error) {
	defer m.step()()
	return m.Ledger.Folder(ctx, scope, prefix)
}

func (m *mortal) SaveDigests(ctx context.Context, scope int64, reads []verdict.Read) error {
	defer m.step()()
	return m.Ledger.SaveDigests(ctx, scope, reads)
}

func (m *mortal) SaveProven(ctx context.Context, digests []*verdict.Digest) error {
	defer m.step()()
	return m.Ledger.SaveProven(ctx, digests)
}

func (m *mortal) SaveLogs(ctx context.Context, folder int64, logs []verdict.Log) error {
	defer m.step()()
	return m.Ledger.SaveLogs(ctx, folder, logs)
}

// Dirs passes on.
func (m *mortal) Dirs(ctx context.Context, prefix string) ([]string, error) {
	return m.source.Dirs(ctx, prefix)
}

// List passes on.
func (m *mortal) List(ctx context.Context, prefix, after string) iter.Seq2[object.Info, error] {
	return m.source.List(ctx, prefix, after)
}

// Open is a step too: the ledger is then in the middle of its work.
func (m *mortal) Open(ctx context.Context, key string) (object.Body, error) {
	defer m.step()()
	return m.source.Open(ctx, key)
}

const killVariable = "TRAILSEAL_TEST_KILL" // DIR:STEP, in the child

// onDisk validates the folder dir/tree with the ledger in dir/home, and dies at a step; 0 lets it live.
func onDisk(ctx context.Context, dir, home string, step int64) (verdict.Report, int64, error) {
	src, err := folder.New(filepath.Join(dir, "tree"))
	if err != nil {
		return verdict.Report{}, 0, err
	}
	defer src.Close()
	led, err := ledger.Open(ctx, home)
	if err != nil {
		return verdict.Report{}, 0, err
	}
	defer led.Close()
	data, err := os.ReadFile(filepath.Join(dir, "keys.json"))
	if err != nil {
		return verdict.Report{}, 0, err
	}
	list, err := integrity.ParsePublicKeys(data)
	if err != nil {
		return verdict.Report{}, 0, err
	}
	ring := new(integrity.Keyring)
	ring.Add(list...)
	m := &mortal{Ledger: led, source: src, at: step}
	rep, err := validate.Run(ctx, validate.Options{
		Source: m, Name: "tree", Ledger: m, Ring: ring, Hash: inflate.Hash, Inflate: inflate.Bytes,
		Now: func() time.Time { return theNow }, Parallel: 2,
	})
	return rep, m.n.Load(), err
}

// TestKilled: a run that is killed at any step leaves a ledger from which the next one ends with the same report.
func TestKilled(t *testing.T) {
	if at := os.Getenv(killVariable); at != "" {
		dir, home, step := os.Getenv(killVariable+"_DIR"), os.Getenv(killVariable+"_HOME"), int64(0)
		step, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := onDisk(t.Context(), dir, home, step); err != nil {
			t.Fatal(err)
		}
		return
	}
	w := clean(t)
	w.drop("e2", "u1.0")
	w.setBody("u3", []byte("garbage"))
	w.setBody("e4.0", zip(nil))
	dir := t.TempDir()
	for key, th := range w.things {
		name := filepath.Join(dir, "tree", filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, th.body, 0o644); err != nil {
			t.Fatal(err)
		}
		if th.metadata == nil {
			continue
		}
		head, err := sample.Head(sample.Object{Key: key, Body: th.body, Metadata: th.metadata, Modified: theNow})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name+sample.SideCar, head, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, err := sample.PublicKeysJSON([]sample.PublicKey{keys().trail.PublicKey})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "keys.json"), list, 0o644); err != nil {
		t.Fatal(err)
	}
	want, steps, err := onDisk(t.Context(), dir, t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.blamed(want); len(got) != 4 || steps < 30 {
		t.Fatalf("%d steps, %v", steps, got)
	}
	once := func(home string, step int64) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), killVariable+"="+strconv.FormatInt(step, 10), killVariable+"_DIR="+dir, killVariable+"_HOME="+home)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || !exit.Sys().(syscall.WaitStatus).Signaled() {
			t.Fatalf("step %d: %v, not killed: %s", step, err, out)
		}
	}
	check := func(home, what string) {
		t.Helper()
		got, _, err := onDisk(t.Context(), dir, home, 0)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if d := cmp.Diff(comparable(want), comparable(got)); d != "" {
			b, _ := json.Marshal(got.Faults)
			t.Errorf("%s (-clean +after):\n%s%s", what, d, b)
		}
		again, _, err := onDisk(t.Context(), dir, home, 0)
		if err != nil {
			t.Fatal(err)
		}
		if again.Stats.Objects != 0 {
			t.Errorf("%s: the run after the next reads %d objects", what, again.Stats.Objects)
		}
	}
	for step := int64(1); step <= steps-2; step++ { // the last steps vary with what is read at the same time
		for _, at := range []int64{step, -step} {
			if testing.Short() && step%5 != 0 {
				continue
			}
			home := t.TempDir()
			once(home, at)
			check(home, "killed at step "+strconv.FormatInt(at, 10))
		}
	}
	// One home that is killed again and again.
	home := t.TempDir()
	for _, step := range []int64{3, 5, 4, 6, 8} {
		once(home, step)
	}
	check(home, "killed five times")
}
