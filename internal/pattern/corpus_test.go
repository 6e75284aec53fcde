package pattern

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// corpus returns the folder of real CloudTrail data that TRAILSEAL_CORPUS names.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("TRAILSEAL_CORPUS")
	if dir == "" {
		t.Skip("TRAILSEAL_CORPUS is not set")
	}
	return dir
}

func read(t *testing.T, elem ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCorpusVectors(t *testing.T) {
	var vectors []struct {
		Pattern, Note string
		Event         json.RawMessage
		Expect        any
	}
	if err := json.Unmarshal(read(t, corpus(t), "labelled", "filter-pattern-vectors.json"), &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 80 {
		t.Errorf("only %d vectors", len(vectors))
	}
	for _, v := range vectors {
		var got any = "ERR"
		p, err := Parse(v.Pattern)
		if err == nil {
			got = p.Match(v.Event)
			samePrinted(t, p)
		}
		if got != v.Expect {
			t.Errorf("%s on %s: want %v, got %v (%v) %s", v.Pattern, v.Event, v.Expect, got, err, v.Note)
		}
	}
}

// detections are the patterns of a file, by id and in a set.
type detections struct {
	ids      []string
	patterns []*Pattern
	set      *Set
}

func load(t *testing.T, dir string) detections {
	t.Helper()
	var texts map[string]string
	if err := json.Unmarshal(read(t, dir, "labelled", "securityhub-patterns.json"), &texts); err != nil {
		t.Fatal(err)
	}
	var d detections
	for id := range texts {
		d.ids = append(d.ids, id)
	}
	slices.Sort(d.ids)
	for _, id := range d.ids {
		p, err := Parse(texts[id])
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if len(p.Warnings()) > 0 {
			t.Errorf("%s: %v", id, p.Warnings())
		}
		d.patterns = append(d.patterns, p)
	}
	d.set = setOf(d.patterns)
	return d
}

// match returns the ids of what matches, by the set and by each pattern alone.
func (d detections) match(t *testing.T, event []byte) []string {
	t.Helper()
	var r Record
	if err := r.Reset(event); err != nil {
		t.Fatalf("%v: %.200s", err, event)
	}
	got, alone := []string{}, []string{}
	for i := range d.set.Match(&r) {
		got = append(got, d.ids[i])
	}
	for i, p := range d.patterns {
		if p.Match(event) {
			alone = append(alone, d.ids[i])
		}
	}
	if diff := cmp.Diff(alone, got); diff != "" {
		t.Errorf("a set differs from its patterns (-alone +set):\n%s%.200s", diff, event)
	}
	return got
}

func TestCorpusLabels(t *testing.T) {
	dir := corpus(t)
	d := load(t, dir)
	type place struct {
		source string
		line   int
	}
	want := map[place][]string{}
	for line := range bytes.Lines(read(t, dir, "labelled", "cis-labels.ndjson")) {
		var l struct {
			Source     string
			Line       int
			Detections []string
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		slices.Sort(l.Detections)
		want[place{l.Source, l.Line}] = l.Detections
	}
	files, err := filepath.Glob(filepath.Join(dir, "events", "*.ndjson"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	got := map[place][]string{}
	events := 0
	for _, file := range files {
		s := bufio.NewScanner(bytes.NewReader(read(t, file)))
		s.Buffer(nil, MaxRecord)
		for line := 1; s.Scan(); line++ {
			events++
			if ids := d.match(t, s.Bytes()); len(ids) > 0 {
				got[place{strings.TrimSuffix(filepath.Base(file), ".ndjson"), line}] = ids
			}
		}
	}
	t.Logf("%d events, %d of them match", events, len(got))
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(place{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCorpusPanther(t *testing.T) {
	dir := corpus(t)
	d := load(t, dir)
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
		if diff := cmp.Diff(l.Detections, d.match(t, l.Event)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", l.Name, diff)
		}
	}
}
