package detect

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/sigma"
)

// sigmaRules are some, by name.
func sigmaRules(t testing.TB) map[string]Rule {
	t.Helper()
	out := map[string]Rule{}
	for name, detection := range map[string]string{
		"made":    "  sel:\n    eventSource: iam.amazonaws.com\n    eventName: CreateUser\n  condition: sel\n",
		"any-iam": "  sel:\n    eventSource|startswith: iam.\n  condition: sel\n",
	} {
		r, err := sigma.Parse(name+".yml", []byte("title: "+name+"\nlogsource:\n  product: aws\n  service: cloudtrail\nlevel: high\ntags:\n  - attack.t1136\ndetection:\n"+detection))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = OfSigma(r)
	}
	return out
}

func TestRuleOfSigma(t *testing.T) {
	r := sigmaRules(t)["made"]
	r.match = nil
	want := Rule{ID: "made", Kind: Sigma, Title: "made", Severity: finding.High, Attack: []string{"T1136"}, File: "made.yml"}
	if diff := cmp.Diff(want, r, cmp.AllowUnexported(Rule{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := OfSigma(&sigma.Rule{Name: "x"}).Severity; got != finding.Medium {
		t.Error(got)
	}
}

// TestCorpusIndex compares the set with each rule by itself, on real events.
func TestCorpusIndex(t *testing.T) {
	dir := corpus(t)
	rules := benchmarkRules(t, dir)
	loaded, err := sigma.Load(os.DirFS(filepath.Join(dir, "sigma")))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range loaded {
		rules = append(rules, OfSigma(r))
	}
	own, err := catalog.Detections()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range own {
		r := OfDetection(d)
		r.ID = "own-" + r.ID // the fifteen are there already
		rules = append(rules, r)
	}
	set := compiled(t, nil, rules...)
	names, err := filepath.Glob(filepath.Join(dir, "events", "*.ndjson"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	matches := 0
	for _, name := range names {
		data := read(t, name)
		lines := bytes.Split(bytes.TrimRight(data, "\n"), []byte("\n"))
		for _, data := range [][]byte{data, logFile(string(bytes.Join(lines, []byte(","))))} {
			var got []string
			for h, err := range set.Scanner(Filter{}).File(data, Place{}) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprintf("%s #%d", h.Detection, h.Record))
			}
			if diff := cmp.Diff(naive(rules, data), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", filepath.Base(name), diff)
			}
			matches += len(got)
		}
	}
	t.Logf("%d rules, %d matches", len(rules), matches)
	if matches < 500 {
		t.Errorf("only %d matches", matches)
	}
}

// TestCatalog runs every case of every detection of the catalog.
func TestCatalog(t *testing.T) {
	all, err := catalog.Detections()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		t.Run(d.ID, func(t *testing.T) {
			for _, c := range d.Cases {
				records := make([][]byte, len(c.Events))
				for i, raw := range c.Events {
					records[i] = raw
				}
				got, err := Try(OfDetection(d), records)
				if err != nil {
					t.Errorf("%s: %v", c.Name, err)
				} else if len(got) != c.Want {
					t.Errorf("%s: want %d matches, got %d", c.Name, c.Want, len(got))
				}
			}
		})
	}
}
