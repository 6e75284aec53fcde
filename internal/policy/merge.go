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
	if now.IsZero() {
		now.Version, now.ID = want.Version, want.ID
	}
	m.out.Document = Document{Version: now.Version, ID: now.ID}
	m.settle(now.Statements)
	for _, w := range want.Statements {
		m.place(w)
	}
	for i, s := range m.statements {
		if !m.changed[i] {
			m.out.Kept = append(m.out.Kept, label(s))
		}
	}
	if len(m.out.Added)+len(m.out.Replaced)+len(m.out.Dropped) == 0 {
		m.out.Document = now
		return m.out
	}
	m.out.Document.Statements = m.statements
	return m.out
}

// merger is one run of Merge.
type merger struct {
	origin     origin
	statements []Statement
	changed    map[int]bool // of statements: ours, or not as they were
	out        Merged
}

// settle takes what is there, without what is public and with CloudTrail's kept to the trails they are about.
func (m *merger) settle(now []Statement) {
	m.changed = map[int]bool{}
	for _, s := range now {
		if !public(s) {
			m.narrow(s, now)
			continue
		}
		rest, some := withoutEverybody(s)
		if !some {
			m.out.Dropped = append(m.out.Dropped, Replaced{s.Sid, "It allows this to everybody.", s})
			continue
		}
		m.out.Replaced = append(m.out.Replaced, Replaced{s.Sid, "It allows this to everybody; those whom it names keep it.", s})
		m.narrow(rest, now)
		m.changed[len(m.statements)-1] = true
	}
}

// narrow keeps a statement, and what it allows CloudTrail to the trails it is about. What it allows others too becomes a
// statement of its own.
func (m *merger) narrow(s Statement, all []Statement) {
	narrowed, ok := m.origin.narrow(s, all)
	if !ok {
		m.statements = append(m.statements, s)
		return
	}
	m.out.Replaced = append(m.out.Replaced, Replaced{s.Sid, "It lets CloudTrail do this for a trail of any account. " +
		"Another trail of this account that needs it has to be named in it.", s})
	if rest, some := withoutService(s, cloudTrail); some {
		m.add(rest)
		narrowed.Principal = service(cloudTrail)
		if s.Sid != "" {
			narrowed.Sid = freeSid(s.Sid, slices.Concat(m.statements, all))
		}
	}
	m.add(narrowed)
}

// add appends a statement that was not there as it is.
func (m *merger) add(s Statement) {
	m.changed[len(m.statements)] = true
	m.statements = append(m.statements, s)
}

// place sees to it that a statement of want is there.
func (m *merger) place(w Statement) {
	var found []int
	for i, s := range m.statements {
		switch {
		case canonical(s) == canonical(w):
			m.changed[i] = true
			return
		case s.Sid == w.Sid && w.Sid != "":
			found = append(found, i)
		}
	}
	for _, i := range found {
		if canonical(ours(m.statements[i], w)) == canonical(m.statements[i]) {
			m.changed[i] = true
			return
		}
	}
	for _, i := range found {
		if replaceable(m.statements[i], w) {
			m.replace(i, ours(m.statements[i], w))
			return
		}
	}
	if covered(m.statements, w) {
		return
	}
	if len(found) > 0 {
		w.Sid = freeSid(w.Sid, m.statements)
	}
	m.out.Added = append(m.out.Added, label(w))
	m.add(w)
}

func (m *merger) replace(i int, by Statement) {
	was := m.statements[i]
	m.statements[i] = by
	if m.changed[i] {
		// It was narrowed a moment ago: what it was before that is told already.
		return
	}
	m.changed[i] = true
	m.out.Replaced = append(m.out.Replaced, Replaced{by.Sid, "", was})
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
