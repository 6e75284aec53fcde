package policy

import (
	"slices"
	"strconv"
	"strings"
)

// Merged is what merging gives: Document, and what became of statements that were there.
type Merged struct {
	Document Document
	Added    []string // Sids of statements that were not there
	Replaced []Replaced
	Kept     []string   // of others, and of ours where they are stricter than what is wanted; Sids or short texts
	Dropped  []Replaced // public Allow statements, which the public access block would refuse to serve
}

// Replaced is a statement that is another one now.
type Replaced struct {
	Sid, Why string
	Was      Statement
}

// Merge puts the statements of want into those of now. Statements of others are kept; ours, by Sid, are replaced where they
// differ; CloudTrail's that do not name aws:SourceArn are narrowed to this trail, or, where they write below another
// account's prefix, to that account's trails. It never removes a Deny. If nothing has to change, Document is now itself.
//
// Where now says already what a statement of want says, under whatever Sid, that statement is not added. Other trails that
// a statement of ours names stay named. A statement under a Sid of ours that cannot become ours, as a Deny that denies
// something else, is kept, and ours gets a Sid with a number. Merging want again changes nothing.
func Merge(now, want Document) Merged {
	m := &merger{origin: originOf(want)}
	for _, s := range now.Statements {
		m.settle(s)
	}
	m.narrow()
	for _, w := range want.Statements {
		m.renew(w)
	}
	m.narrow() // what was renewed may have been all that kept it from being known whose trails there are
	for _, w := range want.Statements {
		m.place(w)
	}
	for _, e := range m.entries {
		if !e.touched {
			m.out.Kept = append(m.out.Kept, label(e.Statement))
		}
	}
	m.out.Document = now
	if len(m.out.Added)+len(m.out.Replaced)+len(m.out.Dropped) > 0 {
		if now.IsZero() {
			m.out.Document = Document{Version: want.Version, ID: want.ID}
		}
		m.out.Document.Statements = m.statements()
	}
	return m.out
}

// merger is one run of Merge.
type merger struct {
	origin  origin
	entries []entry
	out     Merged
}

// entry is a statement of the document that is made.
type entry struct {
	Statement
	touched bool // it is ours, or not as it was
}

func (m *merger) statements() []Statement {
	all := make([]Statement, len(m.entries))
	for i, e := range m.entries {
		all[i] = e.Statement
	}
	return all
}

// settle takes a statement that is there, unless it is public.
func (m *merger) settle(s Statement) {
	if !public(s) {
		m.entries = append(m.entries, entry{s, false})
		return
	}
	rest, some := withoutEverybody(s)
	if !some {
		m.out.Dropped = append(m.out.Dropped, Replaced{s.Sid, "It allows this to everybody.", s})
		return
	}
	m.out.Replaced = append(m.out.Replaced, Replaced{s.Sid, "It allows this to everybody; those whom it names keep it.", s})
	m.entries = append(m.entries, entry{rest, true})
}

// narrow keeps what statements allow CloudTrail to the trails that they are about. What such a statement allows others too
// becomes a statement of its own.
func (m *merger) narrow() {
	all := m.statements()
	var entries []entry
	for _, e := range m.entries {
		narrowed, ok := m.origin.narrow(e.Statement, all)
		if !ok {
			entries = append(entries, e)
			continue
		}
		if !e.touched {
			m.out.Replaced = append(m.out.Replaced, Replaced{e.Sid, "It lets CloudTrail do this for a trail of any account. " +
				"Another trail of this account that needs it has to be named in it.", e.Statement})
		}
		if rest, some := withoutService(e.Statement, cloudTrail); some {
			entries = append(entries, entry{rest, true})
			narrowed.Principal = service(cloudTrail)
			if e.Sid != "" {
				narrowed.Sid = freeSid(e.Sid, all)
				all = append(all, narrowed)
			}
		}
		entries = append(entries, entry{narrowed, true})
	}
	m.entries = entries
}

// renew puts a statement of want in the place of the one of before that has its Sid.
func (m *merger) renew(w Statement) {
	var found []int
	for i, e := range m.entries {
		switch {
		case canonical(e.Statement) == canonical(w):
			return
		case e.Sid == w.Sid && w.Sid != "":
			found = append(found, i)
		}
	}
	for _, i := range found {
		if s := m.entries[i].Statement; canonical(ours(s, w)) == canonical(s) {
			m.entries[i].touched = true
			return
		}
	}
	for _, i := range found {
		was := m.entries[i]
		if !replaceable(was.Statement, w) {
			continue
		}
		m.entries[i] = entry{ours(was.Statement, w), true}
		if !was.touched { // else what it was before is told already
			m.out.Replaced = append(m.out.Replaced, Replaced{w.Sid, "", was.Statement})
		}
		return
	}
}

// place adds a statement of want that nothing says yet. All of want are renewed by then, so that what is found stays.
func (m *merger) place(w Statement) {
	there := m.statements()
	for i, s := range there {
		if canonical(s) == canonical(w) {
			m.entries[i].touched = true
		}
	}
	if covered(there, w) {
		return
	}
	if slices.ContainsFunc(there, func(s Statement) bool { return s.Sid == w.Sid }) {
		w.Sid = freeSid(w.Sid, there)
	}
	m.out.Added = append(m.out.Added, label(w))
	m.entries = append(m.entries, entry{w, true})
}

// replaceable reports whether the statement s under a Sid of ours is one of ours of before, which w takes the place of.
func replaceable(s, w Statement) bool {
	one := []Statement{w}
	switch {
	case s.Effect != w.Effect:
		return false
	case s.Effect == "Deny":
		// A Deny gives way to one that denies as much, or that lets others through than it did: who that is, is wanted.
		return covered(one, s) || exceptions(s) != nil && exceptions(w) != nil && canonical(excepting(s, nil)) == canonical(excepting(w, nil))
	case len(w.Principal["AWS"]) > 0:
		// Readers and whoever else is trusted are those that are wanted. With the owner, others may own too.
		return w.Sid != sidRoot && w.Sid != sidOwner || !covered([]Statement{s}, w)
	case len(w.Principal["Service"]) > 0:
		return slices.Equal(principals(s.Principal), principals(w.Principal)) && slices.Equal(distinct(s.Resource), distinct(w.Resource)) && len(s.NotResource) == 0
	}
	return covered(one, s)
}

// ours is what takes the place of s: w, and whatever else s names as what the same service does it for.
func ours(s, w Statement) Statement {
	if len(w.Principal["Service"]) == 0 || !replaceable(s, w) {
		return w
	}
	for _, key := range []string{sourceARN, sourceAccount, trailContext, logsContext} {
		mine, theirs := sources(w, key), slices.DeleteFunc(sources(s, key), vague)
		if len(mine) > 0 && len(theirs) > 0 {
			w.Condition = withSources(w.Condition, key, union(mine, theirs))
		}
	}
	return w
}

// union is two lists of ARNs, without those that a pattern among the others has in it.
func union(a, b []string) []string {
	both := distinct(slices.Concat(a, b))
	return slices.DeleteFunc(slices.Clone(both), func(v string) bool {
		return slices.ContainsFunc(both, func(p string) bool { return p != v && matchARN(p, v) })
	})
}

// sources are the values of a key of which one has to be the request's.
func sources(s Statement, key string) []string {
	var all []string
	for _, t := range tests(s.Condition) {
		if t.key == strings.ToLower(key) && positive(t.operator) {
			all = append(all, t.values...)
		}
	}
	return distinct(all)
}

// exceptions are the principals that a Deny lets through; nil if it has none.
func exceptions(s Statement) []string {
	for _, t := range tests(s.Condition) {
		if t.key == "aws:principalarn" && t.operator == "arnnotlike" {
			return t.values
		}
	}
	return nil
}

// excepting is a Deny with other exceptions.
func excepting(s Statement, but []string) Statement {
	out := Condition{}
	for operator, keys := range s.Condition {
		out[operator] = map[string][]string{}
		for key, values := range keys {
			if strings.EqualFold(key, principalARN) && strings.HasPrefix(strings.ToLower(operator), "arnnot") {
				values = but
			}
			out[operator][key] = values
		}
	}
	s.Condition = out
	return s
}

// withoutService is the part of a statement that is about others than a service: false if there is none.
func withoutService(s Statement, name string) (Statement, bool) {
	rest := Principal{}
	for kind, names := range s.Principal {
		names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return kind == "Service" && n == name })
		if len(names) > 0 {
			rest[kind] = names
		}
	}
	s.Principal = rest
	return s, len(rest) > 0
}

// freeSid is a Sid like one that is taken. IAM allows letters and digits.
func freeSid(sid string, taken []Statement) string {
	for n := 2; ; n++ {
		free := sid + "N" + strconv.Itoa(n)
		if !slices.ContainsFunc(taken, func(s Statement) bool { return s.Sid == free }) {
			return free
		}
	}
}

// label is what a statement is called where it may have no Sid.
func label(s Statement) string {
	if s.Sid != "" {
		return s.Sid
	}
	return strings.TrimSpace(s.Effect + " " + strings.Join(slices.Concat(s.Action, s.NotAction), ", "))
}
