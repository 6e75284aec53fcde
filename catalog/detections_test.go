package catalog_test

import (
	"testing"

	"github.com/trailseal/trailseal/catalog"
)

func TestDetections(t *testing.T) {
	all, err := catalog.Detections()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.Count != nil || d.Then != nil || d.FirstSeen != nil {
			continue
		}
		for _, c := range d.Cases {
			got := 0
			for _, e := range c.Events {
				if d.Match.Match(e) {
					got++
				}
			}
			if got != c.Want {
				t.Errorf("%s, %s: %d matches, want %d", d.File, c.Name, got, c.Want)
			}
		}
	}
}
