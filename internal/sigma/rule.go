package sigma

import (
	"slices"

	"github.com/trailseal/trailseal/internal/pattern"
)

// Rule is one Sigma rule, ready to run. It does not change, and may be used by any number of goroutines.
type Rule struct {
	ID             string // a UUID as it is written, or empty
	Name           string // the file's base name without extension; "-2" follows for its second rule, and so on
	Title          string
	Description    string
	Level          string // informational, low, medium, high, critical, or empty where the rule has none
	Status         string // stable, test, experimental, deprecated, unsupported, or empty
	Author         string
	Tags           []string // as written, as in attack.t1078.004
	Attack         []string // MITRE ATT&CK techniques and sub-techniques of the tags, as in T1078.004
	FalsePositives []string
	References     []string
	File           string
	Line           int // where the rule begins, from 1
	// Warnings are what is allowed, and probably not meant: each is a sentence with its line.
	Warnings []string

	match expr
}

// Match reports whether the rule matches a record. What is not one JSON object matches no rule.
func (r *Rule) Match(rec *pattern.Record) bool {
	root := rec.Root()
	return root.Type() == pattern.Object && r.match.holds(root)
}

// Pins returns the only texts, folded as by Fold, sorted and each once, that a string in a field can have when the rule
// matches: such as those of eventName. It is nil where others may match, or no string at all. The field is what the rule
// calls it. Fold what a record has before it is compared.
func (r *Rule) Pins(field string) []string {
	pins := r.match.pins(field)
	slices.Sort(pins)
	return slices.Compact(pins)
}

type op byte

const (
	leaf op = iota
	and
	or
	not
)

// expr is a condition over a record.
type expr struct {
	op   op
	kids []expr
	item *item
	cost int // how long it takes, roughly
}

const maxCost = 1 << 20

func (e *expr) holds(root pattern.Value) bool {
	switch e.op {
	case leaf:
		return e.item.holds(root)
	case not:
		return !e.kids[0].holds(root)
	case and:
		for i := range e.kids {
			if !e.kids[i].holds(root) {
				return false
			}
		}
		return true
	}
	for i := range e.kids {
		if e.kids[i].holds(root) {
			return true
		}
	}
	return false
}

func (e *expr) pins(field string) []string {
	switch e.op {
	case leaf:
		return e.item.pins(field)
	case and:
		var least []string
		for i := range e.kids {
			if pins := e.kids[i].pins(field); pins != nil && (least == nil || len(pins) < len(least)) {
				least = pins
			}
		}
		return least
	case or:
		var all []string
		for i := range e.kids {
			pins := e.kids[i].pins(field)
			if pins == nil {
				return nil
			}
			all = append(all, pins...)
		}
		return all
	}
	return nil
}

// join makes one expression of some: what is cheap to ask is asked first.
func join(o op, kids ...expr) expr {
	if len(kids) == 1 && o != not {
		return kids[0]
	}
	e := expr{op: o, kids: slices.Clone(kids)}
	slices.SortStableFunc(e.kids, func(a, b expr) int { return a.cost - b.cost })
	for _, kid := range kids {
		e.cost = min(e.cost+kid.cost, maxCost)
	}
	return e
}

// ask is the expression of one item.
func ask(it *item) expr { return expr{item: it, cost: it.cost()} }
