package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/trailseal/trailseal/internal/resource"
)

// PulsePermissions are the permissions that Pulse needs.
func PulsePermissions() []Permission {
	return []Permission{{Action: "cloudtrail:GetTrailStatus"}, {Action: "logs:DescribeLogStreams", On: []string{"arn:${partition}:logs:${region}:*:log-group:*"}}}
}

// Pulse asks a trail what it did last, and its log group when it last got an event. Where only the log group cannot be asked,
// what the trail said comes together with the error.
func (a *Account) Pulse(ctx context.Context, trail *resource.Trail) (resource.Pulse, error) {
	name, err := a.trailName(ctx, trail.ID())
	if err != nil {
		return resource.Pulse{}, err
	}
	status, err := a.cloudtrail(trail.Region).GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: name})
	if err != nil {
		err = fault(ctx, fmt.Sprintf("read the status of trail %q in %q", trail.Name, trail.Region), err)
		return resource.Pulse{}, a.inRegion(ctx, trail.Region, err)
	}
	p := resource.Pulse{Logging: aws.ToBool(status.IsLogging), StartedAt: utc(status.StartLoggingTime), StoppedAt: utc(status.StopLoggingTime),
		Delivered: utc(status.LatestDeliveryTime), DeliveryError: aws.ToString(status.LatestDeliveryError),
		Digested: utc(status.LatestDigestDeliveryTime), DigestError: aws.ToString(status.LatestDigestDeliveryError),
		CloudWatch: utc(status.LatestCloudWatchLogsDeliveryTime), CloudWatchError: aws.ToString(status.LatestCloudWatchLogsDeliveryError),
		Notified: utc(status.LatestNotificationTime), NotificationError: aws.ToString(status.LatestNotificationError)}
	if trail.LogGroupARN == "" {
		return p, nil
	}
	return p, a.groupPulse(ctx, trail.LogGroupARN, &p)
}

// groupPulse asks a log group for the streams that got the newest events. The group is the trail owner's, or a delegated
// administrator's: its ARN says whose.
//
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html
func (a *Account) groupPulse(ctx context.Context, group string, p *resource.Pulse) error {
	at, err := arn.Parse(strings.TrimSuffix(group, ":*"))
	name, ok := strings.CutPrefix(at.Resource, "log-group:")
	if err != nil || !ok {
		return fmt.Errorf("read the streams of log group %q: it is no ARN of a log group", group)
	}
	client, err := a.logs(ctx, at.AccountID, at.Region)
	if err != nil {
		return err
	}
	out, err := client.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: aws.String(name),
		OrderBy: logtypes.OrderByLastEventTime, Descending: aws.Bool(true), Limit: aws.Int32(50)})
	if err != nil {
		err = fault(ctx, fmt.Sprintf("read the streams of log group %q in %q", name, at.Region), err)
		return a.inRegion(ctx, at.Region, err)
	}
	p.GroupStreams = len(out.LogStreams)
	for _, s := range out.LogStreams {
		if s.LastEventTimestamp == nil {
			continue
		}
		if t := time.UnixMilli(*s.LastEventTimestamp).UTC(); t.After(p.GroupEvent) {
			p.GroupEvent = t
		}
	}
	return nil
}

func utc(t *time.Time) time.Time { return aws.ToTime(t).UTC() }
