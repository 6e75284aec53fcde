package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/trailseal/trailseal/internal/resource"
)

// AWS Organizations: https://docs.aws.amazon.com/organizations/latest/APIReference/
//
// Everybody may ask which organization the account is in. What the organization trusts, and who manages CloudTrail for it, the
// management account and delegated administrators may ask alone.

// trailService is the principal of CloudTrail.
const trailService = "cloudtrail.amazonaws.com"

var serviceAccessHandler = handler{
	read:  reading(readServiceAccess),
	do:    doing(writeServiceAccess),
	reads: []Permission{{Action: "organizations:ListAWSServiceAccessForOrganization", Any: true}},
	writes: map[resource.Step][]Permission{
		resource.Create: {{Action: "organizations:EnableAWSServiceAccess", Any: true}},
	},
}

var organizationReads = []Permission{{Action: "organizations:DescribeOrganization", Any: true},
	{Action: "organizations:ListAWSServiceAccessForOrganization", Any: true}, {Action: "organizations:ListDelegatedAdministrators", Any: true}}

// organizations is a client for the organization of the caller, or of an account.
func (a *Account) organizations(ctx context.Context, account string) (*organizations.Client, error) {
	if account == "" {
		return organizations.NewFromConfig(a.session.Config()), nil
	}
	cfg, err := a.config(ctx, account, "")
	if err != nil {
		return nil, err
	}
	return organizations.NewFromConfig(cfg), nil
}

func surveyOrganization(ctx context.Context, a *Account, _ resource.Where, s *resource.Survey) {
	client, err := a.organizations(ctx, "")
	if err != nil {
		a.unlisted(ctx, s, resource.ServiceAccessKind, "", err)
		return
	}
	out, err := client.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if is(err, "AWSOrganizationsNotInUseException") {
		return
	}
	if err != nil || out.Organization == nil {
		if err == nil {
			err = fmt.Errorf("AWS describes none")
		}
		a.unlisted(ctx, s, resource.ServiceAccessKind, "", fault(ctx, "describe the organization", err))
		return
	}
	o := &s.Organization
	o.ID, o.ManagementAccount = aws.ToString(out.Organization.Id), aws.ToString(out.Organization.MasterAccountId)
	o.AllFeatures = out.Organization.FeatureSet == types.OrganizationFeatureSetAll
	o.Trusted, err = trusted(ctx, client)
	if err != nil {
		a.unlisted(ctx, s, resource.ServiceAccessKind, "", err)
		return
	}
	o.DelegatedAdmins, err = delegated(ctx, client)
	a.unlisted(ctx, s, resource.ServiceAccessKind, "", err)
}

// trusted are the services that the organization trusts, sorted.
func trusted(ctx context.Context, client *organizations.Client) ([]string, error) {
	const what = "list the services that the organization trusts"
	var all []string
	err := pages(what, func(token *string) (int, *string, error) {
		out, err := client.ListAWSServiceAccessForOrganization(ctx, &organizations.ListAWSServiceAccessForOrganizationInput{NextToken: token})
		if err != nil {
			return 0, nil, fault(ctx, what, err)
		}
		for _, p := range out.EnabledServicePrincipals {
			all = append(all, aws.ToString(p.ServicePrincipal))
		}
		return len(out.EnabledServicePrincipals), out.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	return sorted(all), nil
}

// delegated are the accounts that manage CloudTrail for the organization, sorted.
func delegated(ctx context.Context, client *organizations.Client) ([]string, error) {
	const what = "list the delegated administrators of CloudTrail"
	var all []string
	err := pages(what, func(token *string) (int, *string, error) {
		out, err := client.ListDelegatedAdministrators(ctx, &organizations.ListDelegatedAdministratorsInput{ServicePrincipal: aws.String(trailService), NextToken: token})
		if err != nil {
			return 0, nil, fault(ctx, what, err)
		}
		for _, d := range out.DelegatedAdministrators {
			all = append(all, aws.ToString(d.Id))
		}
		return len(out.DelegatedAdministrators), out.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	return sorted(all), nil
}

func readServiceAccess(ctx context.Context, a *Account, id resource.ID) (*resource.ServiceAccess, error) {
	client, err := a.organizations(ctx, id.Account)
	if err != nil {
		return nil, err
	}
	all, err := trusted(ctx, client)
	if err != nil || !slices.Contains(all, id.Name) {
		return nil, err
	}
	return &resource.ServiceAccess{Account: id.Account, Service: id.Name}, nil
}

func writeServiceAccess(ctx context.Context, a *Account, step resource.Step, to, _ *resource.ServiceAccess) error {
	if step != resource.Create {
		return noStep(to.ID(), step)
	}
	client, err := a.organizations(ctx, to.Account)
	if err != nil {
		return err
	}
	_, err = client.EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{ServicePrincipal: aws.String(to.Service)})
	return fault(ctx, fmt.Sprintf("let the organization trust %q", to.Service), err)
}
