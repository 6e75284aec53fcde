package setup

import "github.com/trailseal/trailseal/internal/resource"

// Options are what Compile needs beside blueprint and survey. STUB
type Facts struct {
	// Keys are the ARNs of keys that were read, by alias: account/region/alias. A key that is not there has none yet.
	Keys map[resource.ID]string
	// PagerDuty is the endpoint that the blueprint's reference stands for.
	Secrets map[string]string
}

// Compile makes of a blueprint the resources that are wanted. STUB
func Compile(b Blueprint, survey *resource.Survey, facts Facts) (*Set, error) { return nil, nil }
