package terraform

import (
	"maps"
	"slices"

	"github.com/trailseal/trailseal/internal/resource"
)

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/iam_role

func (w *writer) role(r *resource.Role) {
	label, at := w.labels[r.ID()], place{r.Account, ""}
	if r.ServiceLinkedTo != "" {
		w.serviceLinkedRole(r, label, at)
		return
	}
	b := w.resource("access.tf", "aws_iam_role", label, at)
	b.text("name", r.Name)
	if r.Path != "/" {
		b.text("path", r.Path)
	}
	b.text("description", r.Description)
	if r.MaxSession != 0 && r.MaxSession != 3600 {
		b.set("max_session_duration", number(r.MaxSession))
	}
	b.body.AppendNewline()
	b.set("assume_role_policy", w.document(roles, r.ID().String(), r.Trust))
	b.keep(false, w.ignored(r.ID(), "permissions_boundary")...)
	if w.exists(r.ID()) {
		w.bring(b.address, r.Name)
	}
	w.rolePolicies(r, label, at)
}

// rolePolicies are resources of their own, so that they can name what is made after the role.
func (w *writer) rolePolicies(r *resource.Role, label string, at place) {
	was, known := now[*resource.Role](w, r.ID())
	names := slices.Sorted(maps.Keys(r.Inline))
	labels := w.unique(names)
	for _, name := range names {
		b := w.resource("access.tf", "aws_iam_role_policy", w.part(label, names, labels[name]), at)
		b.text("name", name)
		b.set("role", expr("aws_iam_role."+label+".id"))
		b.body.AppendNewline()
		b.set("policy", w.document(policies, r.ID().String(), r.Inline[name]))
		w.policies[w.roleARN(r)] = b.address
		if known {
			if _, ok := was.Inline[name]; ok {
				w.bring(b.address, r.Name+":"+name)
			}
		}
	}
	labels = w.unique(r.Managed)
	for _, arn := range r.Managed {
		b := w.resource("access.tf", "aws_iam_role_policy_attachment", w.part(label, r.Managed, labels[arn]), at)
		b.set("role", expr("aws_iam_role."+label+".name"))
		b.set("policy_arn", w.refer(policies, arn))
		if known && slices.Contains(was.Managed, arn) {
			w.bring(b.address, r.Name+"/"+arn)
		}
	}
}

func (w *writer) serviceLinkedRole(r *resource.Role, label string, at place) {
	b := w.resource("access.tf", "aws_iam_service_linked_role", label, at)
	b.text("aws_service_name", r.ServiceLinkedTo)
	b.keep(true, w.ignored(r.ID(), "description", "custom_suffix")...)
	if w.exists(r.ID()) {
		w.bring(b.address, w.roleARN(r))
	}
}

// part is the label of a part of what has label: the same where there is one part only.
func (w *writer) part(label string, parts []string, own string) string {
	if len(parts) == 1 {
		return label
	}
	return label + "_" + own
}

// unique gives each name a label that no other has.
func (w *writer) unique(names []string) map[string]string {
	out, used := map[string]string{}, map[string]bool{}
	for _, n := range names {
		label := w.label(after(n, "/"))
		for used[label] {
			label += "_more"
		}
		used[label] = true
		out[n] = label
	}
	return out
}

// serviceAccess is no resource of Terraform's: aws_organizations_organization has the whole list, and would take away what
// is not in it.
func (w *writer) serviceAccess(s *resource.ServiceAccess) {
	if w.exists(s.ID()) {
		return
	}
	w.manual = append(w.manual, step{
		"In the management account, before the trail is made: let AWS Organizations trust " + s.Service + ". Terraform has this as part of the whole organization only.",
		"aws organizations enable-aws-service-access --service-principal " + shell(s.Service)})
}
