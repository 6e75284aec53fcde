package event

import (
	"bytes"
	"strings"
)

// kindObject is the type of a member that columns are made of, not one of a column.
const kindObject Type = 0

// member is a name that records have at one place, and what becomes of its value.
type member struct {
	name  string
	kind  Type
	alias bool // it fills its column only where another member did not
	// column is where the value goes; of an object the first of its columns, end being the one after its last.
	column, end int
	inner       *scope // of an object
	bit         set    // the member itself
}

// set is a set of members.
type set [2]uint64

// scope is an object whose members have columns.
type scope struct {
	members []member
	all     set        // its members, and those of the objects in it
	slots   [256]uint8 // by hash: the number of a member, from 1
}

// aliases are the names in aggregated events for what other events call otherwise:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aggregated-events.html.
var aliases = []member{
	{name: "eventId", kind: String, alias: true, column: EventID},
	{name: "accountId", kind: String, alias: true, column: RecipientAccountID},
}

// root is a record: what the paths of Columns say.
var root = newRoot()

func newRoot() *scope {
	top := &scope{}
	for number, c := range Columns {
		if c.Path == "" {
			continue
		}
		at := top
		names := strings.Split(c.Path, ".")
		for _, name := range names[:len(names)-1] {
			at = at.object(name, number)
		}
		at.members = append(at.members, member{name: names[len(names)-1], kind: c.Type, column: number})
	}
	top.members = append(top.members, aliases...)
	next := 0
	top.seal(&next)
	return top
}

// object returns the scope of the object with the name, which has the column too.
func (s *scope) object(name string, column int) *scope {
	for i := range s.members {
		if m := &s.members[i]; m.name == name {
			m.end = column + 1
			return m.inner
		}
	}
	s.members = append(s.members, member{name: name, kind: kindObject, column: column, end: column + 1, inner: &scope{}})
	return s.members[len(s.members)-1].inner
}

// seal numbers the members from *next on and fills the slots.
func (s *scope) seal(next *int) {
	for i := range s.members {
		m := &s.members[i]
		m.bit[*next/64] = 1 << (*next % 64)
		*next++
		s.all.add(m.bit)
		if m.inner != nil {
			m.inner.seal(next)
			s.all.add(m.inner.all)
		}
		h := slot([]byte(m.name))
		for s.slots[h] != 0 {
			h++
		}
		s.slots[h] = uint8(i + 1)
	}
}

func (s *set) add(o set)      { s[0] |= o[0]; s[1] |= o[1] }
func (s *set) remove(o set)   { s[0] &^= o[0]; s[1] &^= o[1] }
func (s *set) has(o set) bool { return s[0]&o[0]|s[1]&o[1] != 0 }

// slot is where the search for a name begins. That the names of Columns hardly collide makes it fast; nothing else
// depends on it.
func slot(name []byte) uint8 {
	n := len(name)
	if n == 0 {
		return 0
	}
	return uint8(n)*29 + name[0]*7 + name[n/2]*13 + name[n-1]
}

// find returns the member with the name, or nil.
func (s *scope) find(name []byte) *member {
	for h := slot(name); ; h++ {
		i := s.slots[h]
		if i == 0 {
			return nil
		}
		if m := &s.members[i-1]; m.name == string(name) {
			return m
		}
	}
}

// folds says whether a member's name differs from this one by case only.
func (s *scope) folds(name []byte) bool {
	for i := range s.members {
		if bytes.EqualFold([]byte(s.members[i].name), name) {
			return true
		}
	}
	return false
}
