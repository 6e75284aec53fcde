package detect

import (
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/pattern"
	"github.com/trailseal/trailseal/internal/sigma"
)

// OfSigma makes a rule of a Sigma rule. One that does not say its level is of medium severity, as people must look to know.
func OfSigma(r *sigma.Rule) Rule {
	severity, err := finding.ParseSeverity(r.Level)
	if err != nil {
		severity = finding.Medium
	}
	return Rule{ID: r.Name, Kind: Sigma, Title: r.Title, What: r.Description, Severity: severity, Attack: r.Attack, File: r.File, match: sigmaRule{r}}
}

// sigmaRule is a Sigma rule as an index takes it.
type sigmaRule struct{ *sigma.Rule }

func (r sigmaRule) MatchRecord(rec *pattern.Record) bool { return r.Match(rec) }
