package pattern

import (
	"iter"
	"slices"
)

// Matcher is what a Set holds: a *Pattern, or a rule in another language over the same record.
type Matcher interface {
	// MatchRecord reports whether the record matches. Any number of goroutines may ask at once.
	MatchRecord(r *Record) bool
	// Pins returns the only strings of the record's root's member with that name with which the record can match, whatever
	// the case of their letters; nil when others may do. It is asked once.
	Pins(member string) []string
}

// Set is many rules, indexed by the values of eventName and eventSource that they can match at all. It does not change,
// and may be used by any number of goroutines.
type Set struct {
	rules    []Matcher
	name     step
	source   step
	byName   map[string][]int // by a text in lower case
	bySource map[string][]int
	always   []int // those that neither pins
	all      []int
}

// NewSet returns a set of rules, which are known by their position.
func NewSet(rules ...Matcher) *Set {
	s := &Set{
		rules:    slices.Clone(rules),
		name:     member("eventName"),
		source:   member("eventSource"),
		byName:   map[string][]int{},
		bySource: map[string][]int{},
	}
	for i, m := range s.rules {
		s.all = append(s.all, i)
		index, pins := s.byName, folded(m.Pins(s.name.name))
		if pins == nil {
			index, pins = s.bySource, folded(m.Pins(s.source.name))
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

// folded returns the texts in lower case, sorted and each once; nil for nil, and where a text is not ASCII: what folds to
// what is then not for an index to say.
func folded(texts []string) []string {
	if texts == nil {
		return nil
	}
	out := make([]string, 0, len(texts))
	for _, t := range texts {
		b, ok := fold(make([]byte, len(t)), []byte(t))
		if !ok {
			return nil
		}
		out = append(out, string(b))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// fold writes text in lower case to the beginning of to, which is long enough; not ok: it is not ASCII.
func fold(to, text []byte) (lower []byte, ok bool) {
	to = to[:len(text)]
	for i, c := range text {
		if c >= 0x80 {
			return nil, false
		}
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		to[i] = c
	}
	return to, true
}

// Match returns the positions of the rules that match the record, in rising order.
func (s *Set) Match(r *Record) iter.Seq[int] {
	return func(yield func(int) bool) {
		lists := [...][]int{s.always, nil, nil}
		if len(r.nodes) > 0 {
			names, ok := s.find(r, &s.name, s.byName)
			sources, ok2 := s.find(r, &s.source, s.bySource)
			if lists[1], lists[2] = names, sources; !ok || !ok2 {
				lists = [...][]int{s.all, nil, nil}
			}
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
			at := lists[least][0]
			lists[least] = lists[least][1:]
			if s.rules[at].MatchRecord(r) && !yield(at) {
				return
			}
		}
	}
}

// find returns the rules that the record's value of a member leads to. Not ok: the index does not know.
func (s *Set) find(r *Record, st *step, index map[string][]int) (rules []int, ok bool) {
	if len(index) == 0 {
		return nil, true
	}
	at := r.member(0, st)
	if at == 0 {
		return nil, true
	}
	n := &r.nodes[at]
	if n.kind != text {
		return nil, n.kind == null
	}
	value := r.text(n)
	var buf [64]byte
	to := buf[:]
	if len(value) > len(buf) {
		to = make([]byte, len(value))
	}
	lower, ok := fold(to, value)
	if !ok {
		return nil, false
	}
	return index[string(lower)], true
}

// Pins returns the only strings with which the pattern can match, sorted and each once, or nil.
func (p *Pattern) Pins(name string) []string {
	if p.kind != JSON {
		return nil
	}
	pins := p.expr.pins(name)
	slices.Sort(pins)
	return slices.Compact(pins)
}

func (e *expr) pins(name string) []string {
	switch e.join {
	case single:
		c := &e.cond
		if c.exact() && len(c.selector) == 1 && c.selector[0].kind == named && c.selector[0].name == name {
			return []string{c.value.text}
		}
		return nil
	case and:
		for _, kid := range e.kids {
			if pins := kid.pins(name); pins != nil {
				return pins
			}
		}
		return nil
	}
	var all []string
	for _, kid := range e.kids {
		pins := kid.pins(name)
		if pins == nil {
			return nil
		}
		all = append(all, pins...)
	}
	return all
}
