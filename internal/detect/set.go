package detect

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/pattern"
)

// Set is rules ready to run. It does not change, and may be used by any number of goroutines.
type Set struct {
	rules        []Rule
	index        *pattern.Set
	entries      []entry // of the index, by rule
	suppressions []suppression
	suppressed   [][]int // by rule: the suppressions that speak of it, in their order
	warnings     []string
}

// entry is what one position of the index stands for.
type entry struct {
	rule int
	part uint8
}

type suppression struct {
	finding.Suppression
	where *pattern.Pattern // nil: any event
}

// Compile makes a set of rules, whose order it keeps. The error names the rule, or both of two with one name, or the
// suppression that cannot be understood.
func Compile(rules []Rule, suppressions []finding.Suppression) (*Set, error) {
	s := &Set{rules: slices.Clone(rules), suppressed: make([][]int, len(rules))}
	var matchers []pattern.Matcher
	named := map[string]*Rule{}
	for i := range s.rules {
		r := &s.rules[i]
		if err := r.valid(); err != nil {
			return nil, err
		}
		if o := named[r.ID]; o != nil {
			return nil, fmt.Errorf("two rules are called %q: one of %s, one of %s", r.ID, origin(o), origin(r))
		}
		named[r.ID] = r
		matchers, s.entries = append(matchers, r.match), append(s.entries, entry{i, first})
		if r.over != nil && r.over.second != nil {
			matchers, s.entries = append(matchers, r.over.second), append(s.entries, entry{i, second})
		}
	}
	s.index = pattern.NewSet(matchers...)
	for i, x := range suppressions {
		c := suppression{Suppression: x}
		switch {
		case x.Detection == "":
			return nil, fmt.Errorf("suppression %d: of no detection", i+1)
		case x.Who == "" || x.Why == "":
			return nil, fmt.Errorf("suppression of %q: it does not say who decided it and why", x.Detection)
		case x.Until.IsZero():
			return nil, fmt.Errorf("suppression of %q: it does not say until when", x.Detection)
		}
		if x.Where != "" {
			var err error
			if c.where, err = pattern.Parse(x.Where); err != nil {
				return nil, fmt.Errorf("suppression of %q: where: %w", x.Detection, err)
			}
		}
		s.suppressions = append(s.suppressions, c)
		used := false
		for n := range s.rules {
			if finding.Glob(x.Detection, s.rules[n].ID) {
				s.suppressed[n] = append(s.suppressed[n], i)
				used = true
			}
		}
		if !used {
			s.warnings = append(s.warnings, fmt.Sprintf("the suppression of %q names no detection that is in use", x.Detection))
		}
	}
	return s, nil
}

func origin(r *Rule) string {
	if r.File != "" {
		return fmt.Sprintf("%q", r.File)
	}
	return cmp.Or(map[Kind]string{Sigma: "Sigma"}[r.Kind], "a pattern that was typed")
}

// Rules returns the rules, in the order in which they were given. They are not to be changed.
func (s *Set) Rules() []Rule { return s.rules }

// Match returns the positions of the rules whose pattern a record matches, in rising order; of a rule over time that is
// either of its patterns, and no more than a candidate.
func (s *Set) Match(r *pattern.Record) iter.Seq[int] {
	return func(yield func(int) bool) {
		last := -1
		for i := range s.index.Match(r) {
			rule := s.entries[i].rule
			if rule != last && !yield(rule) {
				return
			}
			last = rule
		}
	}
}

// Warnings returns what about the set may not be what its author means.
func (s *Set) Warnings() []string { return s.warnings }

// suppression returns the position of the first suppression that an event falls under, or -1.
func (s *Set) suppression(rule int, e *finding.Event, r *pattern.Record) int {
	for _, i := range s.suppressed[rule] {
		x := &s.suppressions[i]
		if !e.Time.IsZero() && e.Time.Before(x.Until) && (x.Account == "" || x.Account == e.Account) && finding.Glob(x.Actor, e.Principal) &&
			(x.where == nil || x.where.MatchRecord(r)) {
			return i
		}
	}
	return -1
}

// decision returns suppression i, nil for -1.
func (s *Set) decision(i int) *finding.Suppression {
	if i < 0 {
		return nil
	}
	return &s.suppressions[i].Suppression
}
