package terraform

import (
	"fmt"
	"maps"
	"slices"

	"github.com/trailseal/trailseal/internal/policy"
)

// document writes a policy for whoever has the rank.
func (w *writer) document(as rank, what string, d policy.Document) expr {
	var members []member
	add := func(name, s string) {
		if s != "" {
			members = append(members, member{name, quoted(s)})
		}
	}
	add("Version", d.Version)
	add("Id", d.ID)
	var statements []expr
	for _, s := range d.Statements {
		statements = append(statements, w.statement(as, what, s))
	}
	members = append(members, member{"Statement", list(statements)})
	return "jsonencode(" + object(members) + ")"
}

func (w *writer) statement(as rank, what string, s policy.Statement) expr {
	var members []member
	add := func(name string, e expr) {
		if e != "" {
			members = append(members, member{name, e})
		}
	}
	if s.Sid != "" {
		add("Sid", quoted(s.Sid))
	}
	add("Effect", quoted(s.Effect))
	add("Principal", w.principal(as, what, s.Principal))
	add("NotPrincipal", w.principal(as, what, s.NotPrincipal))
	add("Action", w.oneOrMore(as, what, s.Action))
	add("NotAction", w.oneOrMore(as, what, s.NotAction))
	add("Resource", w.oneOrMore(as, what, s.Resource))
	add("NotResource", w.oneOrMore(as, what, s.NotResource))
	var operators []member
	for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
		var conditions []member
		for _, key := range slices.Sorted(maps.Keys(s.Condition[operator])) {
			values := w.oneOrMore(as, what, s.Condition[operator][key])
			if values == "" {
				values = "[]"
			}
			conditions = append(conditions, member{key, values})
		}
		operators = append(operators, member{operator, object(conditions)})
	}
	if len(operators) > 0 {
		add("Condition", object(operators))
	}
	return object(members)
}

func (w *writer) principal(as rank, what string, p policy.Principal) expr {
	if len(p) == 0 {
		return ""
	}
	if all, ok := p["*"]; ok && len(p) == 1 && slices.Equal(all, []string{"*"}) {
		return quoted("*")
	}
	var members []member
	for _, kind := range slices.Sorted(maps.Keys(p)) {
		members = append(members, member{kind, w.oneOrMore(as, what, p[kind])})
	}
	return object(members)
}

// oneOrMore writes a list, or what is in it where it is one.
func (w *writer) oneOrMore(as rank, what string, texts []string) expr {
	for _, t := range texts {
		if !valid(t) {
			w.fail(fmt.Errorf("write the policy of %s: %q is not UTF-8, and Terraform holds nothing else", what, t))
		}
	}
	if e, ok := w.readers(as, texts); ok {
		return e
	}
	switch len(texts) {
	case 0:
		return ""
	case 1:
		return w.refer(as, texts[0])
	}
	return w.referAll(as, texts)
}
