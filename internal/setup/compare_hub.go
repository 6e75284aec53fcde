package setup

import (
	"slices"

	"github.com/trailseal/trailseal/internal/resource"
)

var hubRules = rules{
	steps:   []resource.Step{resource.Create, resource.HubStandards},
	compare: comparing(compareHub),
}

func compareHub(c *comparison, now, want *resource.Hub) *resource.Hub {
	if now == nil {
		c.change(resource.Create, isNew, nil, "Security Hub in "+want.Region, whyHub)
		now = &resource.Hub{Account: want.Account, Region: want.Region}
	}
	t := *now
	if c.known(resource.HubStandards) {
		c.join(resource.HubStandards, "StandardsSubscriptions", &t.Standards, want.Standards, whyHub)
	}
	return &t
}

var detectorRules = rules{
	steps:   []resource.Step{resource.Create, resource.DetectorSettings},
	compare: comparing(compareDetector),
}

func compareDetector(c *comparison, now, want *resource.Detector) *resource.Detector {
	if now == nil {
		c.change(resource.Create, isNew, nil, "GuardDuty in "+want.Region, whyDetector)
		t := *want
		t.Enabled = true
		return &t
	}
	t := *now
	if !c.known(resource.DetectorSettings) {
		return &t
	}
	put(c, resource.DetectorSettings, "Enable", &t.Enabled, true, whyDetector)
	if want.Frequency != "" && publishing(now.Frequency) > publishing(want.Frequency) {
		put(c, resource.DetectorSettings, "FindingPublishingFrequency", &t.Frequency, want.Frequency, whyPublish)
	}
	return &t
}

// publishing is the place of a frequency among those of GuardDuty, of which the slowest is its own choice.
func publishing(frequency string) int {
	return slices.Index([]string{"FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS"}, orDefault(frequency, "SIX_HOURS"))
}
