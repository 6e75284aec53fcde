package detect

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// corpus returns the folder of real CloudTrail data that TRAILSEAL_CORPUS names.
func corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("TRAILSEAL_CORPUS")
	if dir == "" {
		t.Skip("TRAILSEAL_CORPUS is not set")
	}
	return dir
}

func read(t testing.TB, elem ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// benchmarkRules are the fifteen patterns of the benchmark, by id.
func benchmarkRules(t testing.TB, dir string) []Rule {
	t.Helper()
	var texts map[string]string
	if err := json.Unmarshal(read(t, dir, "labelled", "securityhub-patterns.json"), &texts); err != nil {
		t.Fatal(err)
	}
	var rules []Rule
	for id, text := range texts {
		rules = append(rules, patternRule(t, id, text))
	}
	slices.SortFunc(rules, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	if len(rules) != 15 {
		t.Errorf("%d rules", len(rules))
	}
	return rules
}

// row is a place in a source, and what matches there.
type row struct {
	Source     string   `json:"source"`
	Line       int      `json:"line"`
	ID         string   `json:"event_id"`
	Detections []string `json:"detections"`
}

func TestCorpusLabels(t *testing.T) {
	dir := corpus(t)
	var want []row
	for line := range bytes.Lines(read(t, dir, "labelled", "cis-labels.ndjson")) {
		var r row
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		slices.Sort(r.Detections)
		want = append(want, r)
	}
	names, err := filepath.Glob(filepath.Join(dir, "events", "*.ndjson"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	set := compiled(t, nil, benchmarkRules(t, dir)...)
	// The same lines as a stream, as the bytes of a file, and as a log file of CloudTrail.
	for _, way := range []string{"lines", "stream", "log file"} {
		t.Run(way, func(t *testing.T) {
			var src files
			lines := int64(0)
			for _, name := range names {
				data := read(t, name)
				lines += int64(bytes.Count(bytes.TrimRight(data, "\n"), []byte("\n")) + 1)
				if way == "log file" {
					data = logFile(strings.Split(strings.TrimRight(string(data), "\n"), "\n")...)
				}
				source := strings.TrimSuffix(filepath.Base(name), ".ndjson")
				src = append(src, File{Source: source, Open: func(context.Context) (Content, error) {
					c := Content{Place: Place{Source: source}, Data: data}
					if way == "stream" {
						c.Data, c.Stream = nil, bytes.NewReader(data)
					}
					return c, nil
				}})
			}
			var got []row
			report, err := Backtest(t.Context(), Options{Source: src, Set: set, Match: func(h Hit) error {
				if n := len(got); n > 0 && got[n-1].Source == h.Source && got[n-1].Line == h.Record+1 {
					got[n-1].Detections = append(got[n-1].Detections, h.Detection)
					return nil
				}
				got = append(got, row{h.Source, h.Record + 1, h.ID, []string{h.Detection}})
				return nil
			}})
			if err != nil || !report.Whole() || report.Records != lines {
				t.Errorf("%d of %d lines, %d malformed, %d unreadable, %v", report.Records, lines, report.Malformed, report.Unreadable, err)
			}
			t.Logf("%d events, %d of them match", report.Records, len(got))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCorpusPanther(t *testing.T) {
	dir := corpus(t)
	sc := compiled(t, nil, benchmarkRules(t, dir)...).Scanner(Filter{})
	cases := 0
	for line := range bytes.Lines(read(t, dir, "labelled", "panther-cis.ndjson")) {
		var l struct {
			Name       string
			Detections []string
			Event      json.RawMessage
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		slices.Sort(l.Detections)
		for way, data := range map[string][]byte{"bare": l.Event, "in a log file": logFile(string(l.Event))} {
			got := []string{}
			for h, err := range sc.File(data, Place{}) {
				if err != nil {
					t.Fatalf("%s: %v", l.Name, err)
				}
				got = append(got, h.Detection)
			}
			if diff := cmp.Diff(l.Detections, got); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", l.Name, way, diff)
			}
		}
		cases++
	}
	if cases < 10 {
		t.Errorf("only %d cases", cases)
	}
}
