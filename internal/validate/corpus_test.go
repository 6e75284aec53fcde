package validate_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

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

// Trails that another generator made, in AWS's layout.
func TestCorpusTrails(t *testing.T) {
	corpus := os.Getenv("TRAILSEAL_CORPUS")
	if corpus == "" {
		t.Skip("TRAILSEAL_CORPUS names no folder of real data")
	}
	for _, tree := range []string{"clean", "log-modified", "log-deleted", "digest-deleted"} {
		t.Run(tree, func(t *testing.T) {
			dir := filepath.Join(corpus, "trails", tree)
			led := open(t)
			rep, err := validate.Run(t.Context(), options(t, filepath.Join(dir, "s3"), keyring(t, filepath.Join(dir, "public-keys.json")), led))
			if err != nil {
				t.Fatal(err)
			}
			b, _ := json.MarshalIndent(rep, "", " ")
			t.Logf("%s", b)
			_ = verdict.Pass
		})
	}
}
