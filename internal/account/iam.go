package account

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// IAM: https://docs.aws.amazon.com/IAM/latest/APIReference/

// anyRole are roles with any path: the ID of a role does not have its path.
const anyRole = "arn:${partition}:iam::${account}:role/*"

var roleHandler = handler{
	read: readRole,
	do:   doing(writeRole),
	reads: []Permission{{Action: "iam:GetRole", On: []string{anyRole}}, {Action: "iam:ListRolePolicies", On: []string{anyRole}},
		{Action: "iam:GetRolePolicy", On: []string{anyRole}}, {Action: "iam:ListAttachedRolePolicies", On: []string{anyRole}}},
	writes: map[resource.Step][]Permission{
		resource.Create: {{Action: "iam:CreateRole", On: []string{anyRole}}, {Action: "iam:CreateServiceLinkedRole", On: []string{anyRole}},
			{Action: "iam:GetRole", On: []string{anyRole}}},
		resource.RoleTrust:   {{Action: "iam:UpdateAssumeRolePolicy", On: []string{anyRole}}},
		resource.RoleInline:  {{Action: "iam:PutRolePolicy", On: []string{anyRole}}},
		resource.RoleManaged: {{Action: "iam:AttachRolePolicy", On: []string{anyRole}}},
	},
}

// linkedPath is the path of roles that are linked to a service, whose name follows.
const linkedPath = "/aws-service-role/"

func (a *Account) iam(ctx context.Context, account string) (*iam.Client, error) {
	cfg, err := a.config(ctx, account, "")
	if err != nil {
		return nil, err
	}
	return iam.NewFromConfig(cfg), nil
}

func readRole(ctx context.Context, a *Account, id resource.ID) (resource.State, error) {
	client, err := a.iam(ctx, id.Account)
	if err != nil {
		return a.unread(ctx, id, err)
	}
	what := func(part string) string { return fmt.Sprintf("read %s of role %q", part, id.Name) }
	out, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(id.Name)})
	if is(err, "NoSuchEntity") {
		return resource.State{}, nil
	}
	if err != nil {
		return a.unread(ctx, id, fault(ctx, what("the settings"), err))
	}
	if out.Role == nil {
		return a.unread(ctx, id, fmt.Errorf("%s: there are none", what("the settings")))
	}
	r := &resource.Role{Account: id.Account, Name: id.Name, Path: aws.ToString(out.Role.Path), Description: aws.ToString(out.Role.Description),
		MaxSession: int(aws.ToInt32(out.Role.MaxSessionDuration))}
	if linked, ok := strings.CutPrefix(r.Path, linkedPath); ok {
		return resource.State{Resource: &resource.Role{Account: id.Account, Name: id.Name, ServiceLinkedTo: strings.TrimSuffix(linked, "/")}}, nil
	}
	state := resource.State{Resource: r}
	for _, part := range []struct {
		what string
		step resource.Step
		read func() error
	}{
		{"the trust policy", resource.RoleTrust, func() (err error) {
			r.Trust, err = escaped(out.Role.AssumeRolePolicyDocument)
			return err
		}},
		{"the inline policies", resource.RoleInline, func() error { return readInline(ctx, client, r) }},
		{"the attached policies", resource.RoleManaged, func() error { return readManaged(ctx, client, r) }},
	} {
		if err := part.read(); err != nil {
			if err = fault(ctx, what(part.what), err); hopeless(err) {
				return resource.State{}, err
			}
			if state.Unread == nil {
				state.Unread = map[resource.Step]error{}
			}
			state.Unread[part.step] = err
		}
	}
	return state, nil
}

// escaped is a policy as IAM answers it: URL-encoded, as RFC 3986 has it.
func escaped(text *string) (policy.Document, error) {
	plain, err := url.PathUnescape(aws.ToString(text))
	if err != nil {
		return policy.Document{}, errors.New("the policy is not URL-encoded")
	}
	d, err := policy.Parse([]byte(plain))
	if err != nil {
		return policy.Document{}, fmt.Errorf("understand it: %w", err)
	}
	return d, nil
}

func readInline(ctx context.Context, client *iam.Client, r *resource.Role) error {
	inline := map[string]policy.Document{}
	err := pages("list inline policies", func(marker *string) (int, *string, error) {
		out, err := client.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: aws.String(r.Name), Marker: marker})
		if err != nil {
			return 0, nil, err
		}
		for _, name := range out.PolicyNames {
			one, err := client.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: aws.String(r.Name), PolicyName: aws.String(name)})
			if err != nil {
				return 0, nil, err
			}
			if inline[name], err = escaped(one.PolicyDocument); err != nil {
				return 0, nil, err
			}
		}
		return len(out.PolicyNames), out.Marker, nil
	})
	if err == nil && len(inline) > 0 {
		r.Inline = inline
	}
	return err
}

func readManaged(ctx context.Context, client *iam.Client, r *resource.Role) error {
	var all []string
	err := pages("list attached policies", func(marker *string) (int, *string, error) {
		out, err := client.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String(r.Name), Marker: marker})
		if err != nil {
			return 0, nil, err
		}
		for _, p := range out.AttachedPolicies {
			all = append(all, aws.ToString(p.PolicyArn))
		}
		return len(out.AttachedPolicies), out.Marker, nil
	})
	if err == nil {
		r.Managed = sorted(all)
	}
	return err
}

func writeRole(ctx context.Context, a *Account, step resource.Step, to, from *resource.Role) error {
	client, err := a.iam(ctx, to.Account)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("set %s of role %q", step, to.Name)
	switch step {
	case resource.Create:
		return createRole(ctx, client, to)
	case resource.RoleTrust:
		_, err = client.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(to.Name), PolicyDocument: aws.String(to.Trust.JSON())})
	case resource.RoleInline:
		err = writeInline(ctx, client, to, from)
	case resource.RoleManaged:
		err = writeManaged(ctx, client, to, from)
	default:
		return noStep(to.ID(), step)
	}
	return unseen(ctx, what, err)
}

// createRole is done where a role of that name is there: what its settings are shows when it is read again.
func createRole(ctx context.Context, client *iam.Client, r *resource.Role) error {
	what := fmt.Sprintf("create role %q", r.Name)
	if r.ServiceLinkedTo != "" {
		_, err := client.CreateServiceLinkedRole(ctx, &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String(r.ServiceLinkedTo)})
		if is(err, "InvalidInput", "EntityAlreadyExists") { // "has been taken in this account": the same as for a service that has no such role
			if _, there := client.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(r.Name)}); there == nil {
				return nil
			}
		}
		return fault(ctx, what, err)
	}
	in := &iam.CreateRoleInput{RoleName: aws.String(r.Name), Path: some(r.Path), Description: some(r.Description),
		AssumeRolePolicyDocument: aws.String(r.Trust.JSON()), MaxSessionDuration: positive(r.MaxSession)}
	_, err := client.CreateRole(ctx, in)
	if is(err, "EntityAlreadyExists") {
		return nil
	}
	return fault(ctx, what, err)
}

// writeInline writes the policies that are not as they were read.
func writeInline(ctx context.Context, client *iam.Client, to, from *resource.Role) error {
	for _, name := range slices.Sorted(maps.Keys(to.Inline)) {
		if from != nil {
			if was, ok := from.Inline[name]; ok && policy.Equal(was, to.Inline[name]) {
				continue
			}
		}
		_, err := client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String(to.Name), PolicyName: aws.String(name),
			PolicyDocument: aws.String(to.Inline[name].JSON())})
		if err != nil {
			return err
		}
	}
	return nil
}

// writeManaged attaches the policies that were not there.
func writeManaged(ctx context.Context, client *iam.Client, to, from *resource.Role) error {
	for _, arn := range to.Managed {
		if from != nil && slices.Contains(from.Managed, arn) {
			continue
		}
		if _, err := client.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String(to.Name), PolicyArn: aws.String(arn)}); err != nil {
			return err
		}
	}
	return nil
}
