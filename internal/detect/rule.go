package detect

import (
	"errors"
	"fmt"
	"time"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/pattern"
)

// Kind says what a rule is made of.
type Kind string

// The kinds of rule.
const (
	FilterPattern Kind = "filter-pattern" // each event that matches is a match
	Count         Kind = "count"
	Then          Kind = "then"
	FirstSeen     Kind = "first-seen"
	Sigma         Kind = "sigma"
)

// Rule is something to be found, with what people are told of it.
type Rule struct {
	ID       string // the detection's, the Sigma rule's name, or what the pattern was called
	Kind     Kind
	Title    string
	What     string // it means, one to three sentences
	Severity finding.Severity
	Criteria []string
	Steps    []string
	Attack   []string
	File     string // that it is from; empty for a pattern that was typed

	match pattern.Matcher
	over  *overTime // nil: each event that matches is a match
}

// overTime is what a rule asks of several events. Times are microseconds.
type overTime struct {
	kind    Kind
	atLeast int
	within  int64
	by, of  []pattern.Path
	second  *pattern.Pattern // of Then
}

// Parts of a rule that an event matched.
const (
	first  uint8 = 1 << iota // the rule's own pattern
	second                   // the one of Then
)

// AdHoc is what a pattern is called that somebody typed.
const AdHoc = "pattern"

// OfDetection makes a rule of a detection of the catalog. Compile says what is wrong with it.
func OfDetection(d catalog.Detection) Rule {
	r := Rule{ID: d.ID, Kind: FilterPattern, Title: d.Title, What: d.Description, Severity: d.Severity, Criteria: d.Criteria, Steps: d.Steps, Attack: d.Attack, File: d.File}
	if d.Match != nil {
		r.match = d.Match
	}
	switch {
	case d.Count != nil:
		r.over = &overTime{kind: Count, atLeast: d.Count.AtLeast, within: d.Count.Within.Microseconds(), by: d.Count.By}
		if d.Count.Of != nil {
			r.over.of = []pattern.Path{*d.Count.Of}
		}
	case d.Then != nil:
		r.over = &overTime{kind: Then, within: d.Then.Within.Microseconds(), by: d.Then.By, second: d.Then.Match}
	case d.FirstSeen != nil:
		r.over = &overTime{kind: FirstSeen, within: d.FirstSeen.Within.Microseconds(), by: d.FirstSeen.By, of: d.FirstSeen.Of}
	}
	if r.over != nil {
		r.Kind = r.over.kind
	}
	return r
}

// OfPattern makes a rule of a CloudWatch Logs filter pattern that somebody typed; id is AdHoc unless there are several. The
// error is a *pattern.Error.
func OfPattern(id, text string) (Rule, error) {
	p, err := pattern.Parse(text)
	if err != nil {
		return Rule{}, err
	}
	return Rule{ID: id, Kind: FilterPattern, Title: text, Severity: finding.Informational, match: p}, nil
}

// OverTime reports whether the rule asks something of several events.
func (r *Rule) OverTime() bool { return r.over != nil }

// valid says what of the rule cannot be run.
func (r *Rule) valid() error {
	o := r.over
	switch {
	case r.ID == "":
		return errors.New("a rule without a name")
	case r.match == nil:
		return fmt.Errorf("rule %q: no pattern", r.ID)
	case o == nil:
		return nil
	case o.within <= 0:
		return fmt.Errorf("rule %q: %s within %v, want more than nothing", r.ID, o.kind, time.Duration(o.within)*time.Microsecond)
	case o.kind == Count && o.atLeast < 1:
		return fmt.Errorf("rule %q: a count of at least %d, want 1 or more", r.ID, o.atLeast)
	case o.kind == Then && o.second == nil:
		return fmt.Errorf("rule %q: no second pattern", r.ID)
	case o.kind == FirstSeen && len(o.of) == 0:
		return fmt.Errorf("rule %q: no field whose values are new or not", r.ID)
	}
	return nil
}
