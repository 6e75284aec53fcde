package pattern

import (
	"iter"
	"slices"
	"strings"
)

// Matcher is what a Set holds: a *Pattern, or a rule in another language over the same record.
type Matcher interface {
	// MatchRecord reports whether the record matches. Any number of goroutines may ask at once.
	MatchRecord(r *Record) bool
	// Pins returns the only strings with which the record can match at a field, such as eventName or userIdentity.type,
	// whatever the case of their letters, where it has a string there; nil when others may do, or when it can match
	// without any value. It is asked when a set is made.
	Pins(field string) []string
}

// needy is a Matcher that knows which member of the root it cannot match without, whatever its value.
type needy interface{ Needs(member string) bool }

// Set is many rules, indexed by the values of eventName, eventSource and userIdentity.type that they can match at all, and
// by whether they need an errorCode. It does not change, and may be used by any number of goroutines.
type Set struct {
	rules  []Matcher
	fields [3]pinned
	error  step
	failed []int // those that need an errorCode, and are not in fields
	always []int // those that are in none of the lists before
	all    []int
}

// pinned is the rules that have pins at a field, by pin in lower case.
type pinned struct {
	outer, inner step // inner is empty for a member of the root
	dotted       step // the field as the name of one member: some languages find it there too
	rules        map[string][]int
}

// NewSet returns a set of rules, which are known by their position.
func NewSet(rules ...Matcher) *Set {
	s := &Set{rules: slices.Clone(rules), error: member("errorCode")}
	names := [...]string{"eventName", "eventSource", "userIdentity.type"}
	for i, name := range names {
		outer, inner, _ := strings.Cut(name, ".")
		s.fields[i] = pinned{member(outer), member(inner), member(name), map[string][]int{}}
	}
next:
	for i, m := range s.rules {
		s.all = append(s.all, i)
		for at, name := range names {
			pins := folded(m.Pins(name))
			for _, text := range pins {
				s.fields[at].rules[text] = append(s.fields[at].rules[text], i)
			}
			if pins != nil {
				continue next
			}
		}
		if n, ok := m.(needy); ok && n.Needs(s.error.name) {
			s.failed = append(s.failed, i)
		} else {
			s.always = append(s.always, i)
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

// indexes is how many lists a record's rules are in: one for each of Set's fields, failed and always.
const indexes = 5

// Match returns the positions of the rules that match the record, in rising order.
func (s *Set) Match(r *Record) iter.Seq[int] {
	return func(yield func(int) bool) {
		var lists [indexes][]int
		n := s.lists(r, &lists)
		for n > 0 {
			least := 0
			for i := 1; i < n; i++ {
				if lists[i][0] < lists[least][0] {
					least = i
				}
			}
			at := lists[least][0]
			if lists[least] = lists[least][1:]; len(lists[least]) == 0 {
				n--
				lists[least] = lists[n]
			}
			if s.rules[at].MatchRecord(r) && !yield(at) {
				return
			}
		}
	}
}

// lists fills in the lists of rules that the record may match, none of them empty, and returns how many they are.
func (s *Set) lists(r *Record, to *[indexes][]int) int {
	n := 0
	add := func(list []int) {
		if len(list) > 0 {
			to[n] = list
			n++
		}
	}
	add(s.always)
	if len(r.nodes) == 0 {
		return n // no rule that has pins, or needs something, matches what is no JSON
	}
	for i := range s.fields {
		rules, ok := s.fields[i].find(r)
		if !ok {
			n = 0
			add(s.all)
			return n
		}
		add(rules)
	}
	if len(s.failed) > 0 && r.member(0, &s.error) != 0 {
		add(s.failed)
	}
	return n
}

// find returns the rules that the record's value of the field leads to. Not ok: the index does not know.
func (p *pinned) find(r *Record) (rules []int, ok bool) {
	if len(p.rules) == 0 {
		return nil, true
	}
	at := r.member(0, &p.outer)
	if p.inner.name != "" {
		if r.member(0, &p.dotted) != 0 {
			return nil, false
		}
		if at != 0 {
			if r.nodes[at].kind != object {
				return nil, r.nodes[at].kind == null
			}
			at = r.member(at, &p.inner)
		}
	}
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
	return p.rules[string(lower)], true
}

// Pins returns the only strings with which the pattern can match at a field, sorted and each once, or nil.
func (p *Pattern) Pins(field string) []string {
	if p.kind != JSON {
		return nil
	}
	pins := p.expr.pins(strings.Split(field, "."))
	slices.Sort(pins)
	return slices.Compact(pins)
}

// Needs reports whether the pattern matches no record without that member of the root.
func (p *Pattern) Needs(member string) bool { return p.kind == JSON && p.expr.needs(member) }

// at reports whether the condition is about the field alone.
func (c *condition) at(path []string) bool {
	if len(c.selector) != len(path) {
		return false
	}
	for i, name := range path {
		if c.selector[i].kind != named || c.selector[i].name != name {
			return false
		}
	}
	return true
}

func (e *expr) needs(member string) bool {
	is := func(kid *expr) bool { return kid.needs(member) }
	switch e.join {
	case single:
		s := e.cond.selector
		return e.cond.test != absent && s[0].kind == named && s[0].name == member
	case and:
		return slices.ContainsFunc(e.kids, is)
	}
	return !slices.ContainsFunc(e.kids, func(kid *expr) bool { return !is(kid) })
}

func (e *expr) pins(path []string) []string {
	switch e.join {
	case single:
		if e.cond.exact() && e.cond.at(path) {
			return []string{e.cond.value.text}
		}
		return nil
	case and:
		for _, kid := range e.kids {
			if pins := kid.pins(path); pins != nil {
				return pins
			}
		}
		return nil
	}
	var all []string
	for _, kid := range e.kids {
		pins := kid.pins(path)
		if pins == nil {
			return nil
		}
		all = append(all, pins...)
	}
	return all
}
