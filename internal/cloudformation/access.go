package cloudformation

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/resource"
)

func (t *writer) leaveServiceAccess(s *resource.ServiceAccess) {
	if t.exists(s) {
		t.leave(s.ID(), "", "CloudFormation has no such resource, and it is there already")
		return
	}
	t.leave(s.ID(), "aws organizations enable-aws-service-access --service-principal "+shell(s.Service),
		"CloudFormation has no such resource; it has to be there before the stack is made")
}

func (t *writer) addRole(r *resource.Role) {
	id := r.ID()
	name := t.names.resource(id)
	if r.ServiceLinkedTo != "" {
		if t.exists(r) {
			t.leave(id, "", "AWS made it and keeps it")
			return
		}
		t.put(entry{name: name, kind: "IAM::ServiceLinkedRole", retain: true,
			properties: object(field{"AWSServiceName", str(r.ServiceLinkedTo)})})
		return
	}
	inside, beside := t.inline(r)
	e := entry{name: name, kind: "IAM::Role", properties: object(
		field{"RoleName", str(r.Name)},
		field{"Path", when(r.Path != "" && r.Path != "/", str(r.Path))},
		field{"Description", when(r.Description != "", str(r.Description))},
		field{"MaxSessionDuration", when(r.MaxSession != 0, number(r.MaxSession))},
		field{"AssumeRolePolicyDocument", t.document(roleRank, r.Trust)},
		field{"ManagedPolicyArns", t.says(roleRank, r.Managed)},
		field{"Policies", optional(inside)},
	)}
	if t.exists(r) {
		e.identifier = map[string]string{"RoleName": r.Name}
	}
	t.put(e)
	for _, b := range beside {
		t.put(b)
	}
}

// inline are the policies of a role: within it, and those beside it that name a key, which in turn can name the role.
func (t *writer) inline(r *resource.Role) (inside []*yaml.Node, beside []entry) {
	id := r.ID()
	for _, name := range sorted(r.Inline) {
		if !t.namesKey(t.document(rolePolicyRank, r.Inline[name])) {
			inside = append(inside, object(field{"PolicyName", str(name)}, field{"PolicyDocument", t.document(roleRank, r.Inline[name])}))
			continue
		}
		beside = append(beside, entry{name: t.names.part(id, name), kind: "IAM::RolePolicy", properties: object(
			field{"RoleName", call("Ref", t.names.resource(id))},
			field{"PolicyName", str(name)},
			field{"PolicyDocument", t.document(rolePolicyRank, r.Inline[name])},
		)})
	}
	return inside, beside
}

// namesKey reports whether a node refers to a key of the template that is to be made: the ARN of one that is there is known.
func (t *writer) namesKey(n *yaml.Node) bool {
	names := references(n)
	return slices.ContainsFunc(t.resources, func(r resource.Resource) bool {
		k, ok := r.(*resource.Key)
		return ok && names[t.names.resource(k.ID())] && !t.exists(k)
	})
}
