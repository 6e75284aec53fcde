package pattern

// rule is an expression made ready to run.
type rule struct {
	join join
	kids []rule
	cond *condition
	// A condition with names is an "or" of equalities of one selector with exact texts.
	names map[string]struct{}
}

// compile makes a rule of an expression. Where several kids of an "or" ask one selector for exact texts, they become
// one question.
func compile(e *expr) *rule {
	if e.join == single {
		return &rule{cond: &e.cond}
	}
	r := &rule{join: e.join}
	same := map[string]int{} // the kid that asks the selector
	for _, kid := range e.kids {
		if e.join == or && kid.join == single && kid.cond.exact() {
			path := kid.cond.selector.String()
			if at, ok := same[path]; ok {
				if r.kids[at].names == nil {
					r.kids[at].names = map[string]struct{}{r.kids[at].cond.value.text: {}}
				}
				r.kids[at].names[kid.cond.value.text] = struct{}{}
				continue
			}
			same[path] = len(r.kids)
		}
		r.kids = append(r.kids, *compile(kid))
	}
	if len(r.kids) == 1 {
		return &r.kids[0]
	}
	return r
}

// exact reports whether the condition holds for one text only.
func (c *condition) exact() bool {
	v := &c.value
	return c.test == compares && c.op == equal && v.re == nil && !v.front && !v.back && !v.isNumber
}

func (x *rule) holds(r *Record) bool {
	switch x.join {
	case single:
		return x.answer(r)
	case and:
		for i := range x.kids {
			if !x.kids[i].holds(r) {
				return false
			}
		}
		return true
	}
	for i := range x.kids {
		if x.kids[i].holds(r) {
			return true
		}
	}
	return false
}

func (x *rule) answer(r *Record) bool {
	return x.walk(r, 0, x.cond.selector) != (x.cond.test == absent)
}

// walk follows the steps from node i, and reports whether one of the values that they lead to satisfies the condition;
// for NOT EXISTS, whether there is one.
func (x *rule) walk(r *Record, i uint32, steps selector) bool {
	for n := range steps {
		s := &steps[n]
		switch s.kind {
		case named:
			i = r.member(i, s)
		case indexed:
			i = r.element(i, s.index)
		default:
			want := object
			if s.kind == elements {
				want = array
			}
			if r.nodes[i].kind != want {
				return false
			}
			for at := i + 1; at < r.nodes[i].next; at = r.nodes[at].next {
				if x.walk(r, at, steps[n+1:]) {
					return true
				}
			}
			return false
		}
		if i == 0 {
			return false
		}
	}
	return x.satisfied(r, &r.nodes[i])
}

// satisfied reports whether a value satisfies the condition.
func (x *rule) satisfied(r *Record, n *node) bool {
	switch x.cond.test {
	case isNull:
		return n.kind == null
	case isTrue:
		return n.kind == boolTrue
	case isFalse:
		return n.kind == boolFalse
	case absent:
		return true
	}
	switch n.kind {
	case text, number:
		if x.names != nil {
			_, ok := x.names[string(r.text(n))]
			return ok
		}
		return x.cond.value.holds(x.cond.op, r.text(n), n.kind == number)
	case boolTrue, boolFalse:
		return x.cond.value.any && x.cond.op == equal
	}
	return false
}
