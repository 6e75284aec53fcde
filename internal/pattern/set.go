package pattern

import (
	"iter"
	"slices"
)

// Set is many patterns, indexed by the values of eventName and eventSource that they can match at all. It does not
// change, and may be used by any number of goroutines.
type Set struct {
	patterns []*Pattern
	name     step
	source   step
	byName   map[string][]int
	bySource map[string][]int
	always   []int // those that neither pins
}

// NewSet returns a set of patterns, which are known by their position.
func NewSet(patterns ...*Pattern) *Set {
	s := &Set{
		patterns: slices.Clone(patterns),
		name:     member("eventName"),
		source:   member("eventSource"),
		byName:   map[string][]int{},
		bySource: map[string][]int{},
	}
	for i, p := range s.patterns {
		index, pins := s.byName, p.pins(s.name)
		if pins == nil {
			index, pins = s.bySource, p.pins(s.source)
		}
		if pins == nil {
			s.always = append(s.always, i)
		}
		for _, text := range pins {
			index[text] = append(index[text], i)
		}
	}
	return s
}

func member(name string) step { return step{name: name, slot: slot(name)} }

// Match returns the positions of the patterns that match the record, in rising order.
func (s *Set) Match(r *Record) iter.Seq[int] {
	return func(yield func(int) bool) {
		lists := [...][]int{s.always, s.find(r, &s.name, s.byName), s.find(r, &s.source, s.bySource)}
		for {
			least := -1
			for i, list := range lists {
				if len(list) > 0 && (least < 0 || list[0] < lists[least][0]) {
					least = i
				}
			}
			if least < 0 {
				return
			}
			at := lists[least][0]
			lists[least] = lists[least][1:]
			if s.patterns[at].MatchRecord(r) && !yield(at) {
				return
			}
		}
	}
}

// find returns the patterns that the record's value of a member leads to.
func (s *Set) find(r *Record, st *step, index map[string][]int) []int {
	if len(r.nodes) == 0 {
		return nil
	}
	at := r.member(0, st)
	if at == 0 || r.nodes[at].kind != text && r.nodes[at].kind != number {
		return nil
	}
	return index[string(r.text(&r.nodes[at]))]
}

// pins returns the only texts of a root's member with which the pattern can match, sorted and each once, or nil when
// others may do.
func (p *Pattern) pins(st step) []string {
	if p.kind != JSON {
		return nil
	}
	pins := p.expr.pins(st)
	slices.Sort(pins)
	return slices.Compact(pins)
}

func (e *expr) pins(st step) []string {
	switch e.join {
	case single:
		c := &e.cond
		if c.exact() && len(c.selector) == 1 && c.selector[0].kind == named && c.selector[0].name == st.name {
			return []string{c.value.text}
		}
		return nil
	case and:
		for _, kid := range e.kids {
			if pins := kid.pins(st); pins != nil {
				return pins
			}
		}
		return nil
	}
	var all []string
	for _, kid := range e.kids {
		pins := kid.pins(st)
		if pins == nil {
			return nil
		}
		all = append(all, pins...)
	}
	return all
}
