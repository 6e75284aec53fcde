package terraform

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

func write(t *testing.T, m Module) map[string]string {
	t.Helper()
	files, err := Write(m)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range files {
		out[f.Name] = string(f.Text)
	}
	return out
}

// TestGolden shows whole modules.
func TestGolden(t *testing.T) {
	for name, m := range map[string]Module{"all": all()} {
		t.Run(name, func(t *testing.T) {
			got := write(t, m)
			dir := filepath.Join("testdata", name)
			if *update {
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
				if err := os.MkdirAll(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				for n, text := range got {
					if err := os.WriteFile(filepath.Join(dir, n), []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for _, e := range entries {
				text, err := os.ReadFile(filepath.Join(dir, e.Name()))
				if err != nil {
					t.Fatal(err)
				}
				want[e.Name()] = string(text)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the module differs from %s (write it with -update):\n%s", dir, diff)
			}
		})
	}
}
