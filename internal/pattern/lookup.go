package pattern

import (
	"fmt"
	"strings"
)

// Path leads to a value of a record by the names of its members, as in userIdentity.sessionContext.
type Path struct{ steps selector }

// ParsePath reads names with dots between, and a "$." before them where somebody writes a selector.
func ParsePath(text string) (Path, error) {
	var p Path
	for name := range strings.SplitSeq(strings.TrimPrefix(text, "$."), ".") {
		if name == "" || strings.Contains(name, "$") {
			return Path{}, fmt.Errorf("field %q: want names with dots between, as in userIdentity.arn", text)
		}
		p.steps = append(p.steps, step{name: name, slot: slot(name)})
	}
	return p, nil
}

// Names is the path of members with exactly these names, dots and all.
func Names(names ...string) Path {
	var p Path
	for _, name := range names {
		p.steps = append(p.steps, step{name: name, slot: slot(name)})
	}
	return p
}

// MemberPath is the path to the root's member with that name, which may have dots in it.
func MemberPath(name string) Path { return Path{selector{member(name)}} }

// String returns the names with dots between.
func (p Path) String() string {
	names := make([]string, len(p.steps))
	for i, s := range p.steps {
		names[i] = s.name
	}
	return strings.Join(names, ".")
}

// Type is what a value of a record is.
type Type byte

// The types of value.
const (
	Absent Type = iota
	Object
	Array
	String
	Number
	True
	False
	Null
)

// Value is a value of a record: good as long as the record's bytes are. The zero value is that of a path that leads
// nowhere.
type Value struct {
	r    *Record
	node uint32
}

// Lookup returns the value that a path leads to. It does not look into arrays.
func (r *Record) Lookup(p Path) Value {
	return r.Root().Lookup(p)
}

// Lookup returns the value that a path from this one leads to. It does not look into arrays.
func (v Value) Lookup(p Path) Value {
	if v.r == nil {
		return Value{}
	}
	at := v.node
	for i := range p.steps {
		if at = v.r.member(at, &p.steps[i]); at == 0 {
			return Value{}
		}
	}
	return Value{v.r, at}
}

// Root returns the record itself; it is Absent where the record is no JSON.
func (r *Record) Root() Value {
	if len(r.nodes) == 0 {
		return Value{}
	}
	return Value{r, 0}
}

// Type returns what the value is.
func (v Value) Type() Type {
	if v.r == nil {
		return Absent
	}
	switch v.r.nodes[v.node].kind {
	case object:
		return Object
	case array:
		return Array
	case text:
		return String
	case number:
		return Number
	case boolTrue:
		return True
	case boolFalse:
		return False
	}
	return Null
}

// Text returns what a string says, and the text of a number, true, false or null; it is empty for others. The bytes are
// the record's own where the string has no escapes.
func (v Value) Text() []byte {
	if v.r == nil {
		return nil
	}
	n := &v.r.nodes[v.node]
	if n.kind == object || n.kind == array {
		return nil
	}
	return v.r.text(n)
}

// Each calls f with each element of an array and each member of an object, in order, until f says no; the name is nil in
// an array.
func (v Value) Each(f func(name []byte, inner Value) bool) {
	if v.r == nil {
		return
	}
	n := &v.r.nodes[v.node]
	if n.kind != object && n.kind != array {
		return
	}
	for at := v.node + 1; at < n.next; at = v.r.nodes[at].next {
		var name []byte
		if n.kind == object {
			name = v.r.name(&v.r.nodes[at])
		}
		if !f(name, Value{v.r, at}) {
			return
		}
	}
}

// Decimal is a decimal number as it is written, of any length: good as long as its text is.
type Decimal struct{ d decimal }

// ParseDecimal reads an optional sign, digits with at most one point, and, where exponent says so, an exponent.
func ParseDecimal(text []byte, exponent bool) (Decimal, bool) {
	d, ok := parseDecimal(text, exponent)
	return Decimal{d}, ok
}

// Compare returns -1, 0 or 1 as n is less than, equal to or greater than m. It is exact.
func (n Decimal) Compare(m Decimal) int { return n.d.compare(m.d) }
