package investigate

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/dialect/dialecttest"
	"github.com/trailseal/trailseal/internal/event"
)

// corpus is a lake of the real events below TRAILSEAL_CORPUS.
func corpus(t *testing.T) (*fixture, []map[string]any) {
	t.Helper()
	dir := os.Getenv("TRAILSEAL_CORPUS")
	if dir == "" {
		t.Skip("TRAILSEAL_CORPUS is not set")
	}
	files, err := filepath.Glob(filepath.Join(dir, "events", "*.ndjson"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no events: %v", err)
	}
	var rows []map[string]any
	var p event.Parser
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for item, err := range event.Split(data) {
			if err != nil {
				t.Fatal(err)
			}
			var r event.Record
			if err := p.Parse(item.Raw, &r); err == nil {
				rows = append(rows, asRow(&r))
			}
		}
	}
	return &fixture{t: t, db: dialecttest.Open(t, rows)}, rows
}

func TestCorpusChanges(t *testing.T) {
	f, rows := corpus(t)
	want := map[string]bool{}
	for _, r := range rows {
		for _, w := range watch {
			if w.service == "cloudtrail" && r["event_source"] == "cloudtrail.amazonaws.com" && r["event_name"] == w.name && r["event_time"] != nil {
				want[r["event_id"].(string)] = true
			}
		}
	}
	list, err := Changes(t.Context(), f, ChangeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, c := range list.Changes {
		if c.Service == "cloudtrail" {
			got[c.EventID] = true
		}
		if c.Action == "StopLogging" && c.Succeeded && (c.From == nil || c.Effect != Stopped) {
			t.Errorf("%+v", c)
		}
		t.Logf("%s %s %s: %s %s %v %s", c.Time.Format("2006-01-02T15:04"), c.Severity, c.Effect, c.Actor.Name, c.What, c.Details, c.Actor.State)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCorpusActors(t *testing.T) {
	f, rows := corpus(t)
	principals := map[string]bool{}
	for _, r := range rows {
		if s, ok := r["user_identity_arn"].(string); ok {
			principals[s] = true
		}
	}
	states := map[State]int{}
	for _, p := range slices.Sorted(maps.Keys(principals))[:min(40, len(principals))] {
		c := inquire(t, f, OfPrincipal, p)
		if c.Counts.Events == 0 || len(c.Actors) == 0 {
			t.Errorf("nothing of %s", p)
		}
		for _, a := range c.Actors {
			states[a.State]++
			if (a.State == Unknown) != (a.Reason != "") || a.Name == "" {
				t.Errorf("%+v", a)
			}
		}
	}
	t.Logf("%d principals, actors by state %v", len(principals), states)
}
