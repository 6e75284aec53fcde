package alert

import (
	"slices"

	"github.com/trailseal/trailseal/internal/finding"
)

// Route says which alerts go to which sinks. Every route that fits an alert delivers it, to each sink once.
type Route struct {
	Severity   finding.Severity // at least as bad as that; empty: any
	Detections []string         // ids, or globs such as cis-*; empty: all
	Accounts   []string         // or globs; empty: all
	To         []string         // names of sinks
}

// Fits reports whether alerts of a detection in an account go that way.
func (r Route) Fits(severity finding.Severity, detection, account string) bool {
	return (r.Severity == "" || severity.Reaches(r.Severity)) && anyGlob(r.Detections, detection) && anyGlob(r.Accounts, account)
}

func anyGlob(globs []string, text string) bool {
	return len(globs) == 0 || slices.ContainsFunc(globs, func(g string) bool { return finding.Glob(g, text) })
}

// sinksFor are the sinks of all routes that fit, each once, in the order of the routes.
func sinksFor(routes []Route, a finding.Alert) []string {
	var out []string
	for _, r := range routes {
		if !r.Fits(a.Severity, a.Detection, a.Account) {
			continue
		}
		for _, sink := range r.To {
			if !slices.Contains(out, sink) {
				out = append(out, sink)
			}
		}
	}
	return out
}
