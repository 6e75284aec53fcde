package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/trailseal/trailseal/internal/resource"
)

// Security Hub (CSPM): https://docs.aws.amazon.com/securityhub/1.0/APIReference/

var hubReads = []Permission{{Action: "securityhub:DescribeHub"}, {Action: "securityhub:GetEnabledStandards"}}

var hubHandler = handler{
	read:  readHub,
	do:    doing(writeHub),
	reads: hubReads,
	writes: map[resource.Step][]Permission{
		resource.Create: {
			{Action: "securityhub:EnableSecurityHub"},
			{Action: "iam:CreateServiceLinkedRole", On: []string{
				"arn:${partition}:iam::${account}:role/aws-service-role/securityhub.amazonaws.com/AWSServiceRoleForSecurityHub"}},
		},
		resource.HubStandards: {{Action: "securityhub:BatchEnableStandards"}},
	},
}

var hubListReads = []Permission{
	{Action: "securityhub:DescribeHub", Any: true},
	{Action: "securityhub:GetEnabledStandards", Any: true},
}

func (a *Account) securityHub(ctx context.Context, account, region string) (*securityhub.Client, error) {
	cfg, err := a.within(ctx, account, region)
	if err != nil {
		return nil, err
	}
	return securityhub.NewFromConfig(cfg), nil
}

// readHub reads whether Security Hub is on, and the standards apart.
func readHub(ctx context.Context, a *Account, id resource.ID) (resource.State, error) {
	client, err := a.securityHub(ctx, id.Account, id.Region)
	if err != nil {
		return a.unread(ctx, id, err)
	}
	_, err = client.DescribeHub(ctx, &securityhub.DescribeHubInput{})
	switch {
	case notSubscribed(err):
		return resource.State{}, nil
	case err != nil:
		return a.unread(ctx, id, fault(ctx, fmt.Sprintf("describe Security Hub in %q", id.Region), err))
	}
	hub := &resource.Hub{Account: id.Account, Region: id.Region}
	state := resource.State{Resource: hub}
	if hub.Standards, err = standards(ctx, client, id.Region); err != nil {
		if hopeless(err) {
			return resource.State{}, err
		}
		state.Unread = map[resource.Step]error{resource.HubStandards: err}
	}
	return state, nil
}

// notSubscribed tells Security Hub that is off from a caller that may not ask: InvalidAccessException says both, and only
// its text tells which.
func notSubscribed(err error) bool {
	return is(err, "InvalidAccessException") && strings.Contains(err.Error(), "not subscribed")
}

// standards are the ARNs of the standards that are on, or will be in a moment.
func standards(ctx context.Context, client *securityhub.Client, region string) ([]string, error) {
	what := fmt.Sprintf("list the standards of Security Hub in %q", region)
	var list []string
	err := pages(what, func(token *string) (int, *string, error) {
		out, err := client.GetEnabledStandards(ctx, &securityhub.GetEnabledStandardsInput{NextToken: token})
		if err != nil {
			return 0, nil, fault(ctx, what, err)
		}
		for _, s := range out.StandardsSubscriptions {
			switch s.StandardsStatus {
			case types.StandardsStatusReady, types.StandardsStatusPending, types.StandardsStatusIncomplete:
				list = append(list, aws.ToString(s.StandardsArn))
			}
		}
		return len(out.StandardsSubscriptions), out.NextToken, nil
	})
	return sorted(list), err
}

func writeHub(ctx context.Context, a *Account, step resource.Step, to, from *resource.Hub) error {
	client, err := a.securityHub(ctx, to.Account, to.Region)
	if err != nil {
		return err
	}
	switch step {
	case resource.Create:
		_, err := client.EnableSecurityHub(ctx, &securityhub.EnableSecurityHubInput{EnableDefaultStandards: aws.Bool(false)})
		if err != nil && !is(err, "ResourceConflictException") {
			return fault(ctx, fmt.Sprintf("enable Security Hub in %q", to.Region), err)
		}
		return nil
	case resource.HubStandards:
		return enableStandards(ctx, client, to, from)
	}
	return noStep(to.ID(), step)
}

// enableStandards turns on those that are not on.
func enableStandards(ctx context.Context, client *securityhub.Client, to, from *resource.Hub) error {
	what := fmt.Sprintf("enable standards of Security Hub in %q", to.Region)
	var requests []types.StandardsSubscriptionRequest
	for _, standard := range to.Standards {
		if from == nil || !slices.Contains(from.Standards, standard) {
			requests = append(requests, types.StandardsSubscriptionRequest{StandardsArn: aws.String(standard)})
		}
	}
	if len(requests) == 0 {
		return nil
	}
	out, err := client.BatchEnableStandards(ctx, &securityhub.BatchEnableStandardsInput{StandardsSubscriptionRequests: requests})
	switch {
	case notSubscribed(err): // it was turned on a moment ago
		return &worded{fault(ctx, what, err), resource.ErrNotYet}
	case err != nil:
		return fault(ctx, what, err)
	}
	var failed []error
	for _, s := range out.StandardsSubscriptions {
		if s.StandardsStatus == types.StandardsStatusFailed {
			failed = append(failed, fmt.Errorf("%s: %w: %q: %s", what, resource.ErrRefused, aws.ToString(s.StandardsArn), statusReason(s)))
		}
	}
	return errors.Join(failed...)
}

func statusReason(s types.StandardsSubscription) string {
	if s.StandardsStatusReason == nil {
		return string(s.StandardsStatus)
	}
	return string(s.StandardsStatusReason.StatusReasonCode)
}

// surveyHubs asks every region.
func surveyHubs(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {
	for _, region := range where.Regions {
		id := (&resource.Hub{Account: s.Account, Region: region}).ID()
		state, err := readHub(ctx, a, id)
		if hub, ok := state.Resource.(*resource.Hub); ok {
			s.Hubs = append(s.Hubs, hub)
		}
		for _, failed := range state.Unread {
			err = errors.Join(err, failed)
		}
		a.unlisted(ctx, s, id.Kind, region, err)
	}
}
