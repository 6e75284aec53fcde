package validate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/sample"
	"github.com/trailseal/trailseal/internal/validate"
	"github.com/trailseal/trailseal/internal/verdict"
)

// A folder with all the digests and log files of a region leaves nothing behind in its account, but other accounts of
// the trail have that region.
func TestRegionThatIsGoneFromOneAccount(t *testing.T) {
	for _, c := range []struct {
		name, region string
		want         verdict.Result
		gaps         int
		warning      string
	}{
		{"a region that every account has", "us-east-1", verdict.Fail, 1, ""},
		{"a region that may not be enabled", "me-south-1", verdict.Pass, 0, "may not be enabled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := clean(t)
			for name, region := range map[string]string{"x": "eu-west-1", "y": c.region} {
				w.chain(name, func(k *sample.Chain) { k.Account, k.Region = "444455556666", region })
				w.hours(name, allHours)
			}
			if c.region != "us-east-1" {
				// The other account needs the region that the first one has.
				w.chain("z", func(k *sample.Chain) { k.Account, k.Region, k.Start = "444455556666", "us-east-1", uStart })
				w.hours("z", allHours)
			}
			for key := range w.things {
				if c.region == "us-east-1" && strings.Contains(key, "/444455556666/") && strings.Contains(key, "/us-east-1/") {
					delete(w.things, key)
				}
			}
			rep, err := validate.Run(t.Context(), w.options(forgetful()))
			if err != nil {
				t.Fatal(err)
			}
			if rep.Result != c.want || len(rep.Gaps) != c.gaps || len(rep.Faults) != 0 {
				t.Errorf("result %s, gaps %+v, faults %+v", rep.Result, rep.Gaps, rep.Faults)
			}
			if c.gaps > 0 {
				if g := rep.Gaps[0]; g.Account != "444455556666" || g.Region != c.region || g.To.Sub(g.From) < time.Hour {
					t.Errorf("the gap is %+v", g)
				}
			}
			if c.warning != "" && !strings.Contains(strings.Join(rep.Warnings, "\n"), c.warning) {
				t.Errorf("warnings %q", rep.Warnings)
			}
		})
	}
}
