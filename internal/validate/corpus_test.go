package validate_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/folder"
	"github.com/trailseal/trailseal/internal/inflate"
	"github.com/trailseal/trailseal/internal/ledger"
	"github.com/trailseal/trailseal/internal/validate"
	"github.com/trailseal/trailseal/internal/verdict"
)

func keyring(t testing.TB, file string) *integrity.Keyring {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := integrity.ParsePublicKeys(data)
	if err != nil {
		t.Fatal(err)
	}
	ring := new(integrity.Keyring)
	ring.Add(keys...)
	return ring
}

func options(t testing.TB, dir string, ring *integrity.Keyring, led *ledger.Ledger) validate.Options {
	t.Helper()
	src, err := folder.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return validate.Options{
		Source: src, Name: dir, Ledger: led, Ring: ring, Hash: inflate.Hash, Inflate: inflate.Bytes, Now: time.Now, Wait: time.Millisecond,
	}
}

func open(t testing.TB) *ledger.Ledger {
	t.Helper()
	led, err := ledger.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { led.Close() })
	return led
}

// manifest is the truth of a tree of the corpus, as its generator wrote it.
type manifest struct {
	Truth struct {
		Want          string
		Digests, Logs []string
	}
	Runs []struct {
		Region     string
		Account    string `json:"account_id"`
		Start, End time.Time
	} `json:"cli_runs"`
	Totals struct {
		Digests int
		Logs    int `json:"log_files"`
	}
}

// TestCorpusTrails judges trees that another generator made, in AWS's layout: whole, narrowed to each account and
// region with the exact ends that the AWS CLI was given, and without side-cars.
func TestCorpusTrails(t *testing.T) {
	corpus := os.Getenv("TRAILSEAL_CORPUS")
	if corpus == "" {
		t.Skip("TRAILSEAL_CORPUS names no folder of real data")
	}
	for tree, kind := range map[string]integrity.Kind{
		"clean": "", "log-modified": integrity.LogInvalid, "log-deleted": integrity.LogMissing, "digest-deleted": integrity.DigestMissing,
	} {
		t.Run(tree, func(t *testing.T) {
			dir := filepath.Join(corpus, "trails", tree)
			data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
			if err != nil {
				t.Fatal(err)
			}
			var m manifest
			if err := json.Unmarshal(data, &m); err != nil {
				t.Fatal(err)
			}
			truth := slices.Concat(m.Truth.Digests, m.Truth.Logs)
			if len(m.Runs) == 0 || m.Totals.Digests == 0 || (kind == "") != (len(truth) == 0) {
				t.Fatalf("a manifest of another shape: %+v", m)
			}
			for _, keys := range []string{"public-keys.json", "public-keys-v2.json"} {
				ring := keyring(t, filepath.Join(dir, keys))
				o := options(t, filepath.Join(dir, "s3"), ring, open(t))
				rep, err := validate.Run(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				named(t, rep, kind, truth)
				wantDigests, wantLogs := m.Totals.Digests-len(m.Truth.Digests), m.Totals.Logs-len(m.Truth.Logs)
				if kind == integrity.DigestMissing {
					wantLogs = rep.LogFiles.Valid // those that the deleted digest lists are not vouched for
					if rep.LogFiles.Valid+rep.LogFiles.Pending != m.Totals.Logs || rep.LogFiles.Pending == 0 {
						t.Errorf("log files: %+v", rep.LogFiles)
					}
				}
				if rep.Digests.Valid != wantDigests || rep.LogFiles.Valid != wantLogs {
					t.Errorf("digests %+v, log files %+v, want %d and %d valid", rep.Digests, rep.LogFiles, wantDigests, wantLogs)
				}
				again, err := validate.Run(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(comparable(rep), comparable(again)); d != "" || again.Stats.Objects != 0 {
					t.Errorf("the second run reads %d objects, and (-first +second):\n%s", again.Stats.Objects, d)
				}
			}
			ring := keyring(t, filepath.Join(dir, "public-keys.json"))
			for _, run := range m.Runs {
				o := options(t, filepath.Join(dir, "s3"), ring, open(t))
				o.From, o.To, o.Accounts, o.Regions = run.Start, run.End, []string{run.Account}, []string{run.Region}
				rep, err := validate.Run(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				var here []string
				for _, key := range truth {
					if strings.Contains(key, "/"+run.Account+"/") && strings.Contains(key, "/"+run.Region+"/") {
						here = append(here, key)
					}
				}
				named(t, rep, kind, here)
			}
			bare := filepath.Join(t.TempDir(), "s3")
			if err := os.CopyFS(bare, os.DirFS(filepath.Join(dir, "s3"))); err != nil {
				t.Fatal(err)
			}
			err = filepath.WalkDir(bare, func(path string, _ os.DirEntry, err error) error {
				if err == nil && strings.HasSuffix(path, ".metadata.json") {
					err = os.Remove(path)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			rep, err := validate.Run(t.Context(), options(t, bare, ring, open(t)))
			if err != nil {
				t.Fatal(err)
			}
			named(t, rep, kind, truth)
			wantUnsealed := len(m.Runs)
			if kind == integrity.DigestMissing {
				wantUnsealed++ // the one before it
			}
			if rep.Digests.Unsealed != wantUnsealed || len(rep.Unsealed) != wantUnsealed {
				t.Errorf("%d unsealed without side-cars, want %d: %v", rep.Digests.Unsealed, wantUnsealed, rep.Unsealed)
			}
		})
	}
}

// named asserts that a report names these objects with this kind, and nothing else.
func named(t *testing.T, rep verdict.Report, kind integrity.Kind, truth []string) {
	t.Helper()
	result := verdict.Pass
	if len(truth) > 0 {
		result = verdict.Fail
	}
	if rep.Result != result {
		t.Errorf("result %s, want %s", rep.Result, result)
	}
	var got []string
	for _, f := range rep.Faults {
		if f.Kind != kind {
			t.Errorf("%s %s: %s", f.Kind, f.Key, f.Detail)
		}
		got = append(got, f.Key)
	}
	if d := cmp.Diff(truth, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("objects named (-want +got):\n%s", d)
	}
}
