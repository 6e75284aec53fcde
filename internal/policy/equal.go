package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Equal reports whether two documents say the same. The order of statements and of lists does not count, nor whether a
// list of one is a text, the case of actions, operators and keys of conditions, whether an account is named by its id or by its root's
// ARN, and whether everybody is "*" or {"AWS": "*"}. Id and Sids count. A document without a Version has that of 2008.
func Equal(a, b Document) bool {
	return version(a) == version(b) && a.ID == b.ID && slices.Equal(canonicals(a), canonicals(b))
}

func version(d Document) string {
	if d.Version == "" && !d.IsZero() {
		return "2008-10-17"
	}
	return d.Version
}

// canonicals are the statements, each as canonical has it, sorted and once.
func canonicals(d Document) []string {
	var all []string
	for _, s := range d.Statements {
		all = append(all, fmt.Sprintf("%q %s", s.Sid, canonical(s)))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// canonical is a text that is the same for statements that say the same. The Sid is not in it.
func canonical(s Statement) string {
	return fmt.Sprintf("%q %q %q %q %q %q %q %q", s.Effect, principals(s.Principal), principals(s.NotPrincipal),
		distinct(lower(s.Action)), distinct(lower(s.NotAction)), distinct(s.Resource), distinct(s.NotResource), tests(s.Condition))
}

// principals are those of a statement as kind:name, sorted. Everybody is AWS:*, which holds all others of that kind.
func principals(p Principal) []string {
	var all []string
	for kind, names := range p {
		for _, name := range names {
			if kind == "*" {
				kind = "AWS"
			}
			if kind == "AWS" {
				name = account(name)
			}
			all = append(all, kind+":"+name)
		}
	}
	if slices.Contains(all, everybody) {
		all = slices.DeleteFunc(all, func(n string) bool { return n != everybody && strings.HasPrefix(n, "AWS:") })
	}
	return distinct(all)
}

// everybody is all principals, as principals tells them.
const everybody = "AWS:*"

var rootARN = regexp.MustCompile(`^arn:[a-z0-9-]+:iam::([0-9]{12}):root$`)

// account is the id in the ARN of an account's root, or the name as it is.
func account(name string) string {
	if m := rootARN.FindStringSubmatch(name); m != nil {
		return m[1]
	}
	return name
}

// test is one key of a condition: all tests of a statement have to be met, each by one of its values.
type test struct {
	operator, key string // in lower case
	values        []string
}

// String is the same for tests that ask the same.
func (t test) String() string { return fmt.Sprintf("%q %q %q", t.operator, t.key, t.values) }

// tests are those of a condition, sorted.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func tests(c Condition) []test {
	var all []test
	for operator, keys := range c {
		// ArnEquals and ArnLike are the same.
		operator = strings.Replace(strings.Replace(strings.ToLower(operator), "arnequals", "arnlike", 1), "arnnotequals", "arnnotlike", 1)
		for key, values := range keys {
			if strings.HasPrefix(operator, "bool") || operator == "null" {
				values = lower(values)
			}
			all = append(all, test{operator, strings.ToLower(key), distinct(values)})
		}
	}
	slices.SortFunc(all, func(a, b test) int { return strings.Compare(a.String(), b.String()) })
	return slices.CompactFunc(all, func(a, b test) bool { return a.String() == b.String() })
}

func lower(list []string) []string {
	low := make([]string, len(list))
	for i, s := range list {
		low[i] = strings.ToLower(s)
	}
	return low
}

// distinct is a list in order, each value once.
func distinct(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}
