package setup

import "github.com/trailseal/trailseal/internal/resource"

var serviceAccessRules = rules{
	steps:   []resource.Step{resource.Create},
	compare: comparing(compareServiceAccess),
}

func compareServiceAccess(c *comparison, now, want *resource.ServiceAccess) *resource.ServiceAccess {
	if now == nil {
		c.change(resource.Create, isNew, nil, "trusted access of "+want.Service, whyTrusted)
		return want
	}
	return now
}
