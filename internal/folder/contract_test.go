package folder

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/trailseal/trailseal/internal/object/objecttest"
)

func TestContract(t *testing.T) {
	objecttest.Run(t, func(t *testing.T) objecttest.Target {
		dir := t.TempDir()
		s, err := New(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		target := objecttest.Target{Source: s, NoMetadataIsNil: true, Put: func(key string, body []byte, metadata map[string]string) {
			write(t, dir, key, string(body))
			if metadata != nil {
				sidecar, err := json.Marshal(map[string]any{"ContentLength": len(body), "Metadata": metadata})
				if err != nil {
					t.Fatal(err)
				}
				write(t, dir, key+sidecarSuffix, string(sidecar))
			}
		}}
		if os.Getuid() > 0 { // for root nothing is denied
			target.Deny = func(key string) {
				if err := os.Chmod(filepath.Join(dir, key), 0); err != nil {
					t.Fatal(err)
				}
			}
		}
		return target
	})
}

func write(t *testing.T, dir, key, body string) {
	t.Helper()
	name := filepath.Join(dir, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
}
