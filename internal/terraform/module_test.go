package terraform

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/resource"
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
	for name, m := range map[string]Module{"all": all(), "there": found(all())} {
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

func TestNoSecretIsWritten(t *testing.T) {
	for name, text := range write(t, all()) {
		if strings.Contains(text, "0123456789/enqueue") {
			t.Errorf("%s has the endpoint of a subscription", name)
		}
	}
}

// TestOnlyWhatIsThereIsImported has a bucket of which some settings were never made.
func TestOnlyWhatIsThereIsImported(t *testing.T) {
	m := chain()
	for _, r := range m.Resources {
		if b, ok := r.(*resource.Bucket); ok && b.Name == "trailseal-logs" {
			m.Now = map[resource.ID]resource.Resource{b.ID(): &resource.Bucket{Account: account, Region: region, Name: b.Name, Versioning: "Suspended"}}
		}
	}
	files := write(t, m)
	var got []string
	for line := range strings.Lines(files["imports.tf"]) {
		if _, to, ok := strings.Cut(line, "to = "); ok {
			got = append(got, strings.TrimSpace(to))
		}
	}
	if diff := cmp.Diff([]string{"aws_s3_bucket.logs", "aws_s3_bucket_versioning.logs"}, got); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(files["bucket.tf"], "object_lock_enabled") {
		t.Error("a bucket that is there would be made again, for Object Lock")
	}
}

func TestNothingOfOthersIsTakenAway(t *testing.T) {
	files := write(t, found(all()))
	if text, ok := files["databases.tf"]; ok {
		t.Errorf("parameter and option groups that are there would lose what is not known of them:\n%s", text)
	}
	for _, argument := range []string{"permissions_boundary", "tags_all", "delivery_policy"} {
		if !strings.Contains(files["access.tf"]+files["alarms.tf"], argument) {
			t.Errorf("%s of what is there is not left alone", argument)
		}
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	change := func(f func(*Module)) Module { m := chain(); f(&m); return m }
	for _, c := range []struct {
		name, want string
		module     Module
	}{
		{"no name", "needs a name", change(func(m *Module) { m.Name = "" })},
		{"an account that is none", "twelve digits", change(func(m *Module) { m.Account = "1" })},
		{"nothing", "nothing to write", change(func(m *Module) { m.Resources = nil })},
		{"a pattern that is not UTF-8", "not UTF-8", change(func(m *Module) {
			m.Resources = append(m.Resources, &resource.MetricFilter{Account: account, Region: region, Name: "x", Pattern: "\xff", LogGroup: "g", Metric: "m"})
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Write(c.module); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestLifecycleThatCannotBeRead(t *testing.T) {
	m := chain()
	m.Resources = append(m.Resources, &resource.Bucket{Account: account, Region: region, Name: "odd", Lifecycle: []resource.LifecycleRule{{ID: "r", Filter: `{"New":1}`}}})
	files := write(t, m)
	if strings.Contains(files["bucket.tf"], `lifecycle_configuration" "odd"`) || !strings.Contains(files["README.md"], "lifecycle of bucket odd") {
		t.Error("a filter that is not known is written, or nothing is said of it")
	}
}
