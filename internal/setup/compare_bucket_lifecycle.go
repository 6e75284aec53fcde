package setup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// floor is how long objects have to be there: what is wanted of a lifecycle, as days that no rule may undercut. Zero days are
// no demand.
type floor struct {
	prefixes   []string
	hot        int // before which nothing may move to where it cannot be read at once
	total      int // before which nothing may expire
	noncurrent int // before which no noncurrent version may be deleted
}

func floorOf(want []resource.LifecycleRule) floor {
	var f floor
	least := func(a, b int) int {
		if a == 0 || b > 0 && b < a {
			return b
		}
		return a
	}
	for _, r := range want {
		f.prefixes = append(f.prefixes, r.Prefix)
		f.total, f.noncurrent = least(f.total, r.ExpireDays), least(f.noncurrent, r.NoncurrentDays)
		for _, t := range r.Transitions {
			f.hot = least(f.hot, t.Days)
		}
	}
	return f
}

// about reports whether a rule is about any of the objects that are wanted to last.
func (f floor) about(r resource.LifecycleRule) bool {
	return r.Enabled && slices.ContainsFunc(f.prefixes, func(p string) bool {
		return strings.HasPrefix(p, r.Prefix) || strings.HasPrefix(r.Prefix, p)
	})
}

// cold reports whether objects of a storage class must be restored before they can be read.
func cold(class string) bool { return class == "GLACIER" || class == "DEEP_ARCHIVE" }

// lifecycle makes every rule keep log files as long as is wanted. A rule that keeps them longer stays, and where somebody has
// decided that nothing expires, nothing will: wanted rules are added only where there is no rule and nothing was delivered
// yet, which is so as long as the bucket has no policy.
func lifecycle(c *comparison, t *resource.Bucket, want *resource.Bucket) {
	if len(want.Lifecycle) == 0 || !c.known(resource.BucketLifecycle) {
		return
	}
	f := floorOf(want.Lifecycle)
	rules := make([]resource.LifecycleRule, 0, len(t.Lifecycle))
	before := len(c.changes)
	for _, r := range t.Lifecycle {
		rules = append(rules, f.raise(c, r, t))
	}
	if len(c.changes) > before {
		t.Lifecycle = rules
	}
	if t.MFADelete || want.MFADelete {
		if len(t.Lifecycle) == 0 {
			c.note("AWS allows no lifecycle beside MFA delete: log files are kept for ever")
		}
		return
	}
	if len(t.Lifecycle) > 0 {
		f.remark(c, t.Lifecycle)
		return
	}
	switch {
	case !c.known(resource.BucketPolicy) || !c.known(resource.BucketMFADelete):
		c.note("whether the bucket is in use, or has MFA delete, could not be read: no lifecycle rule is added")
		return
	case !t.Policy.IsZero():
		c.note("no lifecycle rule expires anything; that keeps log files longer than wanted and stays")
		return
	}
	existed := !slices.ContainsFunc(c.changes, func(ch Change) bool { return ch.Step == resource.Create })
	for _, r := range want.Lifecycle {
		ch := c.change(resource.BucketLifecycle, setting("Rule", r), nil, ruleText(r), whyLifecycle)
		if existed && (r.ExpireDays > 0 || r.NoncurrentDays > 0) {
			ch.Ask = "The bucket is there already, and S3 deletes for good what is in it and older than the rule says. Is that wanted?"
		}
	}
	t.Lifecycle = slices.Clone(want.Lifecycle)
}

// raise returns a rule that undercuts no demand. What it cannot judge it leaves, and names it.
func (f floor) raise(c *comparison, r resource.LifecycleRule, b *resource.Bucket) resource.LifecycleRule {
	if !f.about(r) {
		return r
	}
	if manual := f.beyond(r); manual != "" {
		c.change(resource.BucketLifecycle, setting("Rule", r), ruleText(r), f.text(), whyRetention).Manual = manual
		return r
	}
	if b.MFADelete { // AWS takes no lifecycle then
		return r
	}
	expire := max(r.ExpireDays, f.total)
	if moved := f.moved(r.Transitions); moved > 0 {
		r.Transitions = slices.Clone(r.Transitions)
		for i, t := range r.Transitions {
			if cold(t.Class) {
				r.Transitions[i].Days += moved
				c.change(resource.BucketLifecycle, setting("Transition to "+t.Class, r), days(t.Days), days(r.Transitions[i].Days), whyRetention)
			}
		}
		expire = max(expire, afterLast(r.Transitions))
	}
	if r.ExpireDays > 0 {
		postpone(c, setting("Expiration", r), &r.ExpireDays, expire)
	}
	if r.NoncurrentDays > 0 {
		postpone(c, setting("NoncurrentVersionExpiration", r), &r.NoncurrentDays, max(r.NoncurrentDays, f.noncurrent))
	}
	return r
}

// postpone moves a number of days back.
func postpone(c *comparison, setting string, now *int, to int) {
	if *now != to {
		c.change(resource.BucketLifecycle, setting, days(*now), days(to), whyRetention)
		*now = to
	}
}

// moved is by how many days the transitions to cold storage come too early. All are moved by as many, since AWS asks for some
// days between one and the next.
func (f floor) moved(all []resource.Transition) int {
	moved := 0
	for _, t := range all {
		if cold(t.Class) && t.Date == "" {
			moved = max(moved, f.hot-t.Days)
		}
	}
	return moved
}

// afterLast is the first day on which what was moved can expire.
func afterLast(all []resource.Transition) int {
	last := 0
	for _, t := range all {
		last = max(last, t.Days+1)
	}
	return last
}

// beyond says what is to be done about a rule that undercuts a demand and that setup does not change: one with a filter, or
// with a date, which from then on is every day. It is empty where there is none.
func (f floor) beyond(r resource.LifecycleRule) string {
	dated := f.total > 0 && r.ExpireDate != "" ||
		f.hot > 0 && slices.ContainsFunc(r.Transitions, func(t resource.Transition) bool { return t.Date != "" && cold(t.Class) })
	early := r.ExpireDays > 0 && r.ExpireDays < f.total || r.NoncurrentDays > 0 && r.NoncurrentDays < f.noncurrent || f.moved(r.Transitions) > 0
	switch {
	case dated:
		return "give the rule days in place of its date, which every object written since meets at once: " + f.text()
	case early && r.Filter != "":
		return fmt.Sprintf("the rule has a filter, %s: see to it that it is about no log files, or that it keeps them: %s", r.Filter, f.text())
	}
	return ""
}

// remark tells which rules keep log files longer than is wanted.
func (f floor) remark(c *comparison, rules []resource.LifecycleRule) {
	expires := false
	for _, r := range rules {
		if !f.about(r) || r.ExpireDays == 0 {
			continue
		}
		expires = true
		if r.ExpireDays > f.total && f.total > 0 {
			c.note("%s is %s; that is longer than %s and stays", setting("Expiration", r), days(r.ExpireDays), days(f.total))
		}
	}
	if !expires && f.total > 0 {
		c.note("no lifecycle rule expires log files; that keeps them longer than %s and stays", days(f.total))
	}
}

func (f floor) text() string {
	var all []string
	for _, p := range []struct {
		what string
		days int
	}{{"no GLACIER or DEEP_ARCHIVE before", f.hot}, {"no expiration before", f.total}, {"no noncurrent expiration before", f.noncurrent}} {
		if p.days > 0 {
			all = append(all, p.what+" "+days(p.days))
		}
	}
	return strings.Join(all, ", ")
}

func setting(what string, r resource.LifecycleRule) string {
	return fmt.Sprintf("%s (rule %q)", what, r.ID)
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// ruleText is a lifecycle rule for people.
func ruleText(r resource.LifecycleRule) string {
	var all []string
	for _, t := range r.Transitions {
		all = append(all, fmt.Sprintf("%s after %s", t.Class, orDefault(t.Date, days(t.Days))))
	}
	if r.ExpireDate != "" {
		all = append(all, "expires on "+r.ExpireDate)
	}
	for _, p := range []struct {
		what string
		days int
	}{{"expires after", r.ExpireDays}, {"noncurrent versions after", r.NoncurrentDays}, {"unfinished uploads after", r.AbortDays}} {
		if p.days > 0 {
			all = append(all, p.what+" "+days(p.days))
		}
	}
	if r.Prefix != "" {
		all = append(all, "below "+r.Prefix)
	}
	return strings.Join(all, ", ")
}
