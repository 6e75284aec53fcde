package policy

import (
	"slices"
	"strings"
)

// covered reports whether statements say all that s says, under whatever Sids: for each principal, action and resource of
// s one of them allows or denies at least as much. It errs towards no: what it does not understand covers nothing but
// itself.
func covered(statements []Statement, s Statement) bool {
	same := canonical(s)
	for _, have := range statements {
		if canonical(have) == same {
			return true
		}
	}
	if len(s.NotPrincipal)+len(s.NotAction)+len(s.NotResource) > 0 {
		return false
	}
	var candidates []reach
	for _, have := range statements {
		if have.Effect == s.Effect && len(have.NotPrincipal)+len(have.NotAction)+len(have.NotResource) == 0 && atLeast(have.Condition, s.Condition) {
			candidates = append(candidates, reach{have.Effect == "Deny", principals(have.Principal), lower(have.Action), have.Resource})
		}
	}
	for _, who := range orNone(principals(s.Principal)) {
		for _, action := range lower(s.Action) {
			for _, resource := range orNone(s.Resource) {
				if !slices.ContainsFunc(candidates, func(r reach) bool { return r.covers(who, action, resource) }) {
					return false
				}
			}
		}
	}
	return true
}

// orNone is a list, or the one empty text that stands for none, as of principals in the policy of a role.
func orNone(list []string) []string {
	if len(list) == 0 {
		return []string{""}
	}
	return list
}

// reach is what a statement is about, apart from its condition.
type reach struct {
	deny                          bool
	principals, actions, resource []string // as principals tells them, in lower case, and as they are
}

// covers reports whether a statement is about a principal, an action and a resource of another.
func (r reach) covers(who, action, resource string) bool {
	return r.names(who) && matchesAny(r.actions, action) &&
		(resource == "" && len(r.resource) == 0 || resource != "" && matchesAny(r.resource, resource))
}

// names reports whether a statement is about a principal. A Deny of everybody is one of services too.
func (r reach) names(who string) bool {
	switch {
	case who == "":
		return len(r.principals) == 0
	case slices.Contains(r.principals, who):
		return true
	}
	return slices.Contains(r.principals, everybody) && (r.deny || strings.HasPrefix(who, "AWS:"))
}

func matchesAny(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, text) })
}

// match reports whether a text is what a pattern says, in which * is any text and ? any character but a star: the text can
// be a pattern itself, and is then one that says no more.
func match(pattern, text string) bool {
	p, t := 0, 0
	star, back := -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, back = p, t
			p++
		case p < len(pattern) && (pattern[p] == text[t] || pattern[p] == '?' && text[t] != '*'):
			p++
			t++
		case star >= 0:
			back++
			p, t = star+1, back
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// atLeast reports whether have is met whenever want is.
func atLeast(have, want Condition) bool {
	asked := tests(want)
	for _, h := range tests(have) {
		if !slices.ContainsFunc(asked, func(w test) bool { return w.implies(h) }) {
			return false
		}
	}
	return true
}

// implies reports whether a request that meets w meets h.
func (w test) implies(h test) bool {
	if w.String() == h.String() {
		return true
	}
	if w.key != h.key {
		return false
	}
	if w.operator == h.operator && (h.operator == "stringnotequals" || h.operator == "stringnotlike" || h.operator == "arnnotlike") {
		// Who is none of w's is none of h's.
		return subset(h.values, w.values)
	}
	if !slices.Contains([]string{"stringequals", "stringlike", "arnlike"}, w.operator) || len(w.values) == 0 {
		return false
	}
	switch h.operator {
	case "stringequals":
		return w.operator == h.operator && subset(w.values, h.values)
	case "stringlike":
		return all(w.values, func(v string) bool { return matchesAny(h.values, v) })
	case "arnlike":
		return all(w.values, func(v string) bool {
			return slices.ContainsFunc(h.values, func(p string) bool { return matchARN(p, v) })
		})
	}
	return false
}

// matchARN is match for ARNs, of whose six parts each is a pattern of its own.
func matchARN(pattern, arn string) bool {
	p, a := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	return len(p) == 6 && len(a) == 6 && all([]int{0, 1, 2, 3, 4, 5}, func(i int) bool { return match(p[i], a[i]) })
}

func subset(some, of []string) bool {
	return all(some, func(v string) bool { return slices.Contains(of, v) })
}

func all[T any](list []T, is func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !is(v) })
}
