package sigma

import (
	"iter"
	"slices"

	"github.com/trailseal/trailseal/internal/pattern"
)

// Set is many rules, indexed by the values of eventName and eventSource that they can match at all. It does not change,
// and may be used by any number of goroutines.
type Set struct {
	rules        []*Rule
	name, source pattern.Path
	byName       map[string][]int
	bySource     map[string][]int
	always       []int // those that neither pins
	every        []int
}

// NewSet returns a set of rules, which are known by their position.
func NewSet(rules ...*Rule) *Set {
	s := &Set{
		rules:    slices.Clone(rules),
		name:     pattern.Names("eventName"),
		source:   pattern.Names("eventSource"),
		byName:   map[string][]int{},
		bySource: map[string][]int{},
	}
	for i, r := range s.rules {
		index, pins := s.byName, r.Pins("eventName")
		if pins == nil {
			index, pins = s.bySource, r.Pins("eventSource")
		}
		if pins == nil {
			s.always = append(s.always, i)
		}
		for _, text := range pins {
			index[text] = append(index[text], i)
		}
		s.every = append(s.every, i)
	}
	return s
}

// Match returns the positions of the rules that match the record, in rising order.
func (s *Set) Match(r *pattern.Record) iter.Seq[int] {
	return func(yield func(int) bool) {
		root := r.Root()
		if root.Type() != pattern.Object {
			return
		}
		names, ok := find(root, s.name, s.byName)
		sources, sure := find(root, s.source, s.bySource)
		lists := [...][]int{s.always, names, sources}
		if !ok || !sure {
			lists = [...][]int{s.every, nil, nil}
		}
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
			i := lists[least][0]
			lists[least] = lists[least][1:]
			if s.rules[i].match.holds(root) && !yield(i) {
				return
			}
		}
	}
}

// find returns the rules that the record's value of a member leads to, and false when any rule may match: what is no
// string is not indexed.
func find(root pattern.Value, member pattern.Path, index map[string][]int) ([]int, bool) {
	v := root.Lookup(member)
	switch v.Type() {
	case pattern.Absent, pattern.Null:
		return nil, true
	case pattern.String:
		var space [128]byte
		return index[string(Fold(space[:0], v.Text()))], true
	}
	return nil, false
}
