package account

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
)

// FirePermissions are the permissions that Fire and AlarmState need.
func FirePermissions() []Permission {
	return []Permission{{Action: "cloudwatch:SetAlarmState"}, {Action: "cloudwatch:DescribeAlarms", Any: true}}
}

// Fire sets an alarm's state to ALARM, so that it tells whom it would tell. CloudWatch sets it back by itself when it next
// looks at the metric. reason is told to them. An alarm that is not there is object.ErrNotFound.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
func (a *Account) Fire(ctx context.Context, id resource.ID, reason string) error {
	client, err := a.cloudwatch(ctx, id.Account, id.Region)
	if err != nil {
		return err
	}
	_, err = client.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{
		AlarmName: aws.String(id.Name), StateValue: types.StateValueAlarm, StateReason: aws.String(reason)})
	what := fmt.Sprintf("set the state of alarm %q in %q", id.Name, id.Region)
	switch {
	case is(err, "ResourceNotFound", "ResourceNotFoundException"):
		return fmt.Errorf("%s: %w", what, object.ErrNotFound)
	case err != nil:
		return fault(ctx, what, err)
	}
	return nil
}

// AlarmState asks for the state of an alarm now. An alarm that is not there is object.ErrNotFound.
func (a *Account) AlarmState(ctx context.Context, id resource.ID) (resource.AlarmState, error) {
	found, err := a.describeAlarm(ctx, id)
	if err != nil {
		return resource.AlarmState{}, err
	}
	if found == nil {
		return resource.AlarmState{}, fmt.Errorf("describe alarm %q in %q: %w", id.Name, id.Region, object.ErrNotFound)
	}
	since := found.StateTransitionedTimestamp
	if since == nil {
		since = found.StateUpdatedTimestamp
	}
	return resource.AlarmState{Value: string(found.StateValue), Reason: aws.ToString(found.StateReason), Since: aws.ToTime(since).UTC()}, nil
}
