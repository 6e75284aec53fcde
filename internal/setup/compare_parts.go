package setup

import (
	"maps"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// isNew is the setting of a resource that is not there.
const isNew = "(new)"

// put gives a setting the value that is wanted, and notes the change if it has another one. It returns nil if it has not.
func put[T comparable](c *comparison, step resource.Step, setting string, now *T, want T, r reason) *Change {
	if *now == want {
		return nil
	}
	was := *now
	*now = want
	return c.change(step, setting, was, want, r)
}

// union returns what is there together with what is wanted, sorted, or what is there itself where that has it all.
func union(now, want []string) []string {
	all := slices.Clone(now)
	for _, w := range want {
		if !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	if len(all) == len(now) {
		return now
	}
	slices.Sort(all)
	return all
}

// join is put for a list that only grows.
func (c *comparison) join(step resource.Step, setting string, now *[]string, want []string, r reason) *Change {
	all := union(*now, want)
	if len(all) == len(*now) {
		return nil
	}
	was := *now
	*now = all
	return c.change(step, setting, was, all, r)
}

// policy returns the policy that is there, merged with the statements that are wanted, each of which is a change where it
// is not there. No policy is wanted where want is none.
func (c *comparison) policy(step resource.Step, setting string, now, want policy.Document, r reason) policy.Document {
	if want.IsZero() || !c.known(step) {
		return now
	}
	m := policy.Merge(now, want)
	if policy.Equal(now, m.Document) {
		return now
	}
	before := len(c.changes)
	for _, sid := range m.Added {
		c.change(step, setting+", statement "+sid, nil, saidBy(m.Document, sid), r)
	}
	for _, s := range m.Replaced {
		c.statement(step, setting+", statement "+called(s.Sid), s, saidBy(m.Document, s.Sid), r)
	}
	for _, s := range m.Dropped {
		c.statement(step, setting+", statement "+called(s.Sid), s, "none", r).Risk = "whoever has access by this statement loses it"
	}
	if len(c.changes) == before {
		c.change(step, setting, now.JSON(), m.Document.JSON(), r)
	}
	return m.Document
}

// statement notes that a statement becomes another one or goes.
func (c *comparison) statement(step resource.Step, setting string, s policy.Replaced, want string, r reason) *Change {
	ch := c.change(step, setting, brief(s.Was), want, r)
	if s.Why != "" {
		ch.Why = s.Why
	}
	return ch
}

func called(sid string) string {
	if sid == "" {
		return "without a Sid"
	}
	return sid
}

// saidBy is the statement of a document that has a Sid, for people; or the Sid, where it has none of that name.
func saidBy(d policy.Document, sid string) string {
	for _, s := range d.Statements {
		if s.Sid == sid && sid != "" {
			return brief(s)
		}
	}
	return sid
}

// brief is a statement for people, as in: Allow s3:GetBucketAcl to Service cloudtrail.amazonaws.com on arn:… if StringEquals
// aws:SourceArn arn:….
func brief(s policy.Statement) string {
	var b strings.Builder
	b.WriteString(s.Effect)
	for _, part := range []struct {
		word   string
		values []string
	}{{" ", s.Action}, {" all but ", s.NotAction}} {
		if len(part.values) > 0 {
			b.WriteString(part.word + strings.Join(part.values, ", "))
		}
	}
	b.WriteString(whom(" to ", s.Principal) + whom(" to all but ", s.NotPrincipal))
	if len(s.Resource) > 0 {
		b.WriteString(" on " + strings.Join(s.Resource, ", "))
	}
	if len(s.NotResource) > 0 {
		b.WriteString(" on all but " + strings.Join(s.NotResource, ", "))
	}
	word := " if "
	for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
		for _, key := range slices.Sorted(maps.Keys(s.Condition[operator])) {
			b.WriteString(word + operator + " " + key + " " + strings.Join(s.Condition[operator][key], ", "))
			word = " and "
		}
	}
	return b.String()
}

func whom(word string, p policy.Principal) string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(p)) {
		if kind == "*" {
			all = append(all, "everybody")
			continue
		}
		all = append(all, kind+" "+strings.Join(p[kind], ", "))
	}
	if len(all) == 0 {
		return ""
	}
	return word + strings.Join(all, ", ")
}

// sameKey reports whether two texts name the same KMS key, each an ARN, an id or an alias. Whether an alias and an id are of
// the same key, their texts do not say.
func sameKey(a, b string) bool { return keyName(a) == keyName(b) }

func keyName(s string) string {
	if strings.HasPrefix(s, "arn:") {
		parts := strings.SplitN(s, ":", 6)
		s = parts[len(parts)-1]
	}
	return strings.TrimPrefix(s, "key/")
}

// awsManaged reports whether a key is known to be one that AWS manages, whose policy nobody can change. An id does not say.
func awsManaged(key string) bool { return key == "" || strings.HasPrefix(keyName(key), "alias/aws/") }

// encrypt gives a setting the key that is wanted where it has none of the account's own. Another key stays.
func (c *comparison) encrypt(step resource.Step, setting string, now *string, want string, r reason) {
	switch {
	case want == "" || !c.known(step) || sameKey(*now, want):
	case awsManaged(*now):
		put(c, step, setting, now, want, r)
	default:
		c.note("%s: another key, %s, is there and stays", setting, *now)
	}
}
