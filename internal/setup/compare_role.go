package setup

import (
	"maps"
	"slices"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

var roleRules = rules{
	steps:   []resource.Step{resource.Create, resource.RoleTrust, resource.RoleInline, resource.RoleManaged},
	compare: comparing(compareRole),
}

// compareRole keeps policies of other names; an inline policy of a name that is wanted is setup's own.
func compareRole(c *comparison, now, want *resource.Role) *resource.Role {
	if now == nil {
		if want.ServiceLinkedTo != "" {
			c.change(resource.Create, isNew, nil, "role that is linked to "+want.ServiceLinkedTo, whyRole)
			return want
		}
		c.change(resource.Create, isNew, nil, "role", whyRole)
		made := *want
		made.Inline, made.Managed = nil, nil
		now = &made
	}
	t := *now
	if now.ServiceLinkedTo != "" || want.ServiceLinkedTo != "" { // the service's own, which nobody else changes
		return &t
	}
	t.Trust = c.policy(resource.RoleTrust, "AssumeRolePolicyDocument", t.Trust, want.Trust, whyTrustedRole)
	if c.known(resource.RoleInline) {
		inline(c, &t, want)
	}
	if c.known(resource.RoleManaged) {
		c.join(resource.RoleManaged, "AttachedPolicies", &t.Managed, want.Managed, whyRoleMay)
	}
	return &t
}

func inline(c *comparison, t *resource.Role, want *resource.Role) {
	all := maps.Clone(t.Inline)
	if all == nil {
		all = map[string]policy.Document{}
	}
	before := len(c.changes)
	for _, name := range slices.Sorted(maps.Keys(want.Inline)) {
		now, there := t.Inline[name]
		switch {
		case !there:
			c.change(resource.RoleInline, "inline policy "+name, nil, mayText(want.Inline[name]), whyRoleMay)
		case policy.Equal(now, want.Inline[name]):
			continue
		default:
			c.change(resource.RoleInline, "inline policy "+name, mayText(now), mayText(want.Inline[name]), whyRoleMay).Risk =
				"whoever uses the role for something else loses what the policy allowed"
		}
		all[name] = want.Inline[name]
	}
	if len(c.changes) > before {
		t.Inline = all
	}
}

// mayText is what a policy says, for people.
func mayText(d policy.Document) string {
	text := ""
	for i, s := range d.Statements {
		if i > 0 {
			text += "; "
		}
		text += brief(s)
	}
	return text
}
