package sigma

import (
	"os"
	"testing"
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

func TestCorpusRulesLoad(t *testing.T) {
	rules, err := Load(os.DirFS(corpus(t) + "/sigma"))
	if err != nil {
		t.Fatal(err)
	}
	if len(rules) < 38 {
		t.Errorf("only %d rules", len(rules))
	}
	for _, r := range rules {
		if r.ID == "" || r.Level == "" || len(r.Tags) == 0 || r.Description == "" {
			t.Errorf("%s: %+v", r.Name, r)
		}
		for _, w := range r.Warnings {
			t.Logf("%s: %s", r.File, w)
		}
	}
}
