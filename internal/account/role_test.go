package account

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

func trust(service string) policy.Document {
	return policy.Document{Version: "2012-10-17", Statements: []policy.Statement{{Effect: "Allow", Action: []string{"sts:AssumeRole"},
		Principal: policy.Principal{"Service": {service}}}}}
}

func may(action string) policy.Document {
	return policy.Document{Version: "2012-10-17", Statements: []policy.Statement{{Effect: "Allow", Action: []string{action}, Resource: []string{"*"}}}}
}

func TestRoleOnMoto(t *testing.T) {
	a, account, proxy := onMoto(t)
	w := walk{t, a, proxy}
	role := &resource.Role{Account: account, Name: "acme", Path: "/audit/", Description: "CloudTrail writes events", Trust: trust("cloudtrail.amazonaws.com"), MaxSession: 3600}
	w.absent(role.ID())
	w.step(resource.Create, role, role)
	role = with(role, func(r *resource.Role) { r.Trust = trust("config.amazonaws.com") })
	w.step(resource.RoleTrust, role, role)
	role = with(role, func(r *resource.Role) {
		r.Inline = map[string]policy.Document{"write": may("logs:PutLogEvents"), "more": may("logs:CreateLogStream")}
	})
	w.step(resource.RoleInline, role, role)
	client, err := a.iam(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	name, text := "audit", may("s3:GetObject").JSON()
	made, err := client.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &text})
	if err != nil {
		t.Fatal(err)
	}
	proxy.Reset()
	role = with(role, func(r *resource.Role) { r.Managed = []string{*made.Policy.Arn} })
	w.step(resource.RoleManaged, role, role)

	linked := &resource.Role{Account: account, Name: "AWSServiceRoleForConfig", ServiceLinkedTo: "config.amazonaws.com"}
	w.absent(linked.ID())
	w.step(resource.Create, linked, linked)
}

// TestInlinePoliciesThatDoNotChangeAreNotWritten: others may have limits on what they are.
func TestInlinePoliciesThatDoNotChangeAreNotWritten(t *testing.T) {
	a, asked := answers(t, map[string]answer{"PutRolePolicy": {body: "<PutRolePolicyResponse/>"}})
	now := &resource.Role{Account: us, Name: "r", Inline: map[string]policy.Document{"a": may("s3:GetObject"), "b": may("s3:GetObject")}}
	to := with(now, func(r *resource.Role) {
		r.Inline = map[string]policy.Document{"a": may("s3:GetObject"), "b": may("s3:PutObject")}
	})
	if err := a.Do(t.Context(), resource.Edit{Step: resource.RoleInline, To: to, From: now}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"PutRolePolicy"}, asked.list); diff != "" {
		t.Error(diff)
	}
}

func TestRolePartThatMayNotBeReadIsUnknown(t *testing.T) {
	for operation, step := range map[string]resource.Step{
		"GetRole": resource.Create, "ListRolePolicies": resource.RoleInline, "GetRolePolicy": resource.RoleInline, "ListAttachedRolePolicies": resource.RoleManaged,
	} {
		t.Run(operation, func(t *testing.T) {
			a, account, proxy := onMoto(t)
			role := &resource.Role{Account: account, Name: "acme", Trust: trust("config.amazonaws.com"), Inline: map[string]policy.Document{"a": may("s3:GetObject")}}
			for _, step := range []resource.Step{resource.Create, resource.RoleInline} {
				if err := a.Do(t.Context(), resource.Edit{Step: step, To: role}); err != nil {
					t.Fatal(err)
				}
			}
			proxy.Fail(func(c awstest.Call) *awstest.Fault {
				if c.Operation == operation {
					return &awstest.Denied
				}
				return nil
			})
			state, err := a.Read(t.Context(), role.ID())
			if err != nil || len(state.Unread) != 1 || !errors.Is(state.Unread[step], object.ErrDenied) {
				t.Errorf("%+v, %v", state, err)
			}
		})
	}
}

func TestOrganizationOnMoto(t *testing.T) {
	a, account, proxy := onMoto(t)
	w := walk{t, a, proxy}
	survey := func() *resource.Survey {
		t.Helper()
		s := &resource.Survey{}
		surveyOrganization(t.Context(), a, resource.Where{}, s)
		w.may("the survey of the organization", organizationReads)
		return s
	}
	if s := survey(); s.Organization.ID != "" || len(s.Unread) > 0 {
		t.Errorf("an account in no organization: %+v", s)
	}
	client, err := a.organizations(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	made, err := client.CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetAll})
	if err != nil {
		t.Fatal(err)
	}
	proxy.Reset()
	access := &resource.ServiceAccess{Account: account, Service: trailService}
	w.absent(access.ID())
	w.step(resource.Create, access, access)
	want := resource.Organization{ID: *made.Organization.Id, ManagementAccount: account, AllFeatures: true, Trusted: []string{trailService}}
	if s := survey(); len(s.Unread) > 0 {
		t.Error(s.Unread)
	} else if diff := cmp.Diff(want, s.Organization); diff != "" {
		t.Error(diff)
	}
	proxy.Fail(func(c awstest.Call) *awstest.Fault {
		if c.Operation == "ListAWSServiceAccessForOrganization" {
			return &awstest.Fault{Status: 400, Code: "AccessDeniedException", Message: "You don't have permissions to access this resource."}
		}
		return nil
	})
	if s := survey(); s.Organization.ID == "" || len(s.Unread) != 1 || s.Unread[0].Kind != resource.ServiceAccessKind || !errors.Is(s.Unread[0].Err, object.ErrDenied) {
		t.Errorf("as a member: %+v", s)
	}
}
