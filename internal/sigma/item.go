package sigma

import (
	"bytes"
	"cmp"
	"net/netip"
	"regexp"

	"github.com/trailseal/trailseal/internal/pattern"
)

// item is one line of a selection: a field, and what its values have to be.
type item struct {
	field  *field  // nil for the whole record
	groups []group // each has to hold
	negate bool
}

// group holds when one of its tests does.
type group struct {
	tests []test
	null  bool // a field that is absent will do
	// A group with names asks for one of these texts, folded, and nothing else.
	names   map[string]struct{}
	longest int // bytes of a name
}

type kind byte

const (
	isText kind = iota
	isNull
	isNumber
	isRegexp
	isAddress
	isField
	isThere
)

// test is one value of a rule, made ready.
type test struct {
	kind kind
	glob glob
	// inside says that objects are looked into: their text as compact JSON, and every string in them.
	inside bool
	re     *regexp.Regexp
	needs  []byte // is in every text that re matches
	prefix netip.Prefix
	ref    *field
	how    how
	cased  bool // of a reference
	number pattern.Decimal
	op     comparison
	part   part
	count  int  // of a part
	want   bool // of isThere
}

type how byte

const (
	whole how = iota
	anywhere
	atFront
	atBack
)

type comparison byte

const (
	equal comparison = iota
	less
	atMost
	greater
	atLeast
)

// maxReferred is how many values of a field that another is compared with count: records are hostile, and every value
// of the one is compared with every value of the other.
const maxReferred = 100

// query is one question to a record.
type query struct {
	root  pattern.Value
	group *group
}

func (it *item) holds(root pattern.Value) bool {
	for i := range it.groups {
		if !it.groups[i].holds(it.field, root) {
			return it.negate
		}
	}
	return !it.negate
}

func (g *group) holds(f *field, root pattern.Value) bool {
	q := query{root: root, group: g}
	if f == nil {
		return q.asks(root)
	}
	found, holds := f.walk(root, 0, &q)
	if t := &g.tests[0]; t.kind == isThere {
		return found == t.want
	}
	return holds || !found && g.null
}

// asks reports whether a value, which is no array, satisfies the query.
func (q *query) asks(v pattern.Value) bool {
	switch v.Type() {
	case pattern.Object:
		return q.group.inside(v)
	case pattern.Null:
		return q.group.null
	}
	text := v.Text()
	if q.group.names != nil {
		return q.group.named(text)
	}
	for i := range q.group.tests {
		t := &q.group.tests[i]
		if t.kind == isField && t.refers(text, q.root) || t.kind != isField && t.scalar(v.Type(), text) {
			return true
		}
	}
	return false
}

func (g *group) named(text []byte) bool {
	var space [128]byte
	// Folding makes at most three bytes of one, or one of three.
	if len(text) > 3*g.longest {
		return false
	}
	_, ok := g.names[string(Fold(space[:0], text))]
	return ok
}

// scalar reports whether a string, a number or a boolean satisfies the test.
func (t *test) scalar(typ pattern.Type, text []byte) bool {
	switch t.kind {
	case isText:
		return t.glob.matches(text)
	case isRegexp:
		return t.searches(text)
	case isAddress:
		return typ == pattern.String && contains(t.prefix, text)
	case isNumber:
		if t.part != none {
			n, ok := t.part.of(typ, text)
			return ok && t.op.holds(cmp.Compare(n, t.count))
		}
		if typ != pattern.String && typ != pattern.Number {
			return false
		}
		n, ok := pattern.ParseDecimal(text, typ == pattern.Number)
		return ok && t.op.holds(n.Compare(t.number))
	}
	return false
}

// holds reports whether a value that is less (-1), the same (0) or greater (1) is what is asked for.
func (c comparison) holds(sign int) bool {
	switch c {
	case less:
		return sign < 0
	case atMost:
		return sign <= 0
	case greater:
		return sign > 0
	case atLeast:
		return sign >= 0
	}
	return sign == 0
}

// contains reports whether a text is an address in a network. An IPv4 address that is mapped into IPv6 is itself.
func contains(p netip.Prefix, text []byte) bool {
	const longest = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")
	if len(text) < 2 || len(text) > longest || bytes.IndexByte(text, '.') < 0 && bytes.IndexByte(text, ':') < 0 {
		return false
	}
	addr, err := netip.ParseAddr(string(text))
	return err == nil && p.Contains(addr.Unmap())
}

// refers reports whether a text is what one of the values of the field that the test names asks for.
func (t *test) refers(text []byte, root pattern.Value) bool {
	var values [8]pattern.Value
	var space, otherSpace [256]byte
	if !t.cased {
		text = Fold(space[:0], text)
	}
	others, _ := t.ref.gather(root, 0, values[:0])
	for _, v := range others {
		if v.Type() == pattern.Object || v.Type() == pattern.Null {
			continue
		}
		other := v.Text()
		if !t.cased {
			other = Fold(otherSpace[:0], other)
		}
		if t.how.holds(text, other) {
			return true
		}
	}
	return false
}

func (h how) holds(text, other []byte) bool {
	switch h {
	case anywhere:
		return bytes.Contains(text, other)
	case atFront:
		return bytes.HasPrefix(text, other)
	case atBack:
		return bytes.HasSuffix(text, other)
	}
	return bytes.Equal(text, other)
}

func (it *item) pins(name string) []string {
	if it.field == nil || it.field.name != name || it.negate {
		return nil
	}
	for i := range it.groups {
		if pins := it.groups[i].pins(); pins != nil {
			return pins
		}
	}
	return nil
}

func (g *group) pins() []string {
	var all []string
	for i := range g.tests {
		text, ok := "", false
		if g.tests[i].kind == isText {
			text, ok = g.tests[i].glob.exact()
		}
		if !ok {
			return nil
		}
		all = append(all, text)
	}
	return all
}

func (it *item) cost() int {
	sum := 0
	if it.field != nil {
		sum = len(it.field.keys)
	}
	for i := range it.groups {
		g := &it.groups[i]
		if g.names != nil {
			sum += 2
			continue
		}
		for j := range g.tests {
			switch t := &g.tests[j]; {
			case t.kind == isRegexp || t.kind == isField:
				sum += 50
			case t.inside:
				sum += 10
			default:
				sum++
			}
		}
	}
	if it.field == nil {
		sum += 1000
	}
	return min(sum, maxCost)
}
