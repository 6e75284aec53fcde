package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/trailseal/trailseal/internal/resource"
)

// CloudWatch: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/

var alarmHandler = handler{
	read:  reading(readAlarm),
	do:    doing(writeAlarm),
	reads: []Permission{{Action: "cloudwatch:DescribeAlarms", Any: true}},
	writes: map[resource.Step][]Permission{
		resource.Create:        {{Action: "cloudwatch:PutMetricAlarm"}},
		resource.AlarmSettings: {{Action: "cloudwatch:PutMetricAlarm"}},
		resource.AlarmEnable:   {{Action: "cloudwatch:EnableAlarmActions"}},
	},
}

var alarmListReads = []Permission{
	{Action: "cloudwatch:DescribeAlarms", Any: true},
	{Action: "logs:DescribeMetricFilters", Any: true},
}

// cloudwatch makes a client of module version v1.52.6, the last that speaks the query protocol. Newer ones speak Smithy's
// RPC v2 with CBOR, which moto, against which setup is tested, does not answer.
func (a *Account) cloudwatch(ctx context.Context, account, region string) (*cloudwatch.Client, error) {
	cfg, err := a.within(ctx, account, region)
	if err != nil {
		return nil, err
	}
	return cloudwatch.NewFromConfig(cfg), nil
}

func readAlarm(ctx context.Context, a *Account, id resource.ID) (*resource.Alarm, error) {
	found, err := a.describeAlarm(ctx, id)
	if found == nil || err != nil {
		return nil, err
	}
	return alarm(id.Account, id.Region, *found), nil
}

// describeAlarm asks for one alarm, nil if there is none. A composite alarm of that name is resource.ErrTaken: the name is
// that of either.
func (a *Account) describeAlarm(ctx context.Context, id resource.ID) (*types.MetricAlarm, error) {
	what := fmt.Sprintf("describe alarm %q in %q", id.Name, id.Region)
	client, err := a.cloudwatch(ctx, id.Account, id.Region)
	if err != nil {
		return nil, err
	}
	out, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{id.Name},
		AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm}})
	if err != nil {
		return nil, fault(ctx, what, err)
	}
	for _, c := range out.CompositeAlarms {
		if aws.ToString(c.AlarmName) == id.Name {
			return nil, fmt.Errorf("%s: %w: it is a composite alarm", what, resource.ErrTaken)
		}
	}
	for _, m := range out.MetricAlarms {
		if aws.ToString(m.AlarmName) == id.Name {
			return &m, nil
		}
	}
	return nil, nil
}

func alarm(account, region string, m types.MetricAlarm) *resource.Alarm {
	return &resource.Alarm{Account: account, Region: region, Name: aws.ToString(m.AlarmName),
		Description: aws.ToString(m.AlarmDescription), Namespace: aws.ToString(m.Namespace), Metric: aws.ToString(m.MetricName),
		Statistic: string(m.Statistic), Period: int(aws.ToInt32(m.Period)), Periods: int(aws.ToInt32(m.EvaluationPeriods)),
		Points: int(aws.ToInt32(m.DatapointsToAlarm)), Threshold: aws.ToFloat64(m.Threshold),
		Comparison: string(m.ComparisonOperator), Missing: aws.ToString(m.TreatMissingData),
		ActionsEnabled: aws.ToBool(m.ActionsEnabled), Actions: sorted(m.AlarmActions), OKActions: sorted(m.OKActions),
		NoDataActions: sorted(m.InsufficientDataActions), Dimensions: len(m.Dimensions) > 0, Unit: string(m.Unit)}
}

func writeAlarm(ctx context.Context, a *Account, step resource.Step, to, from *resource.Alarm) error {
	client, err := a.cloudwatch(ctx, to.Account, to.Region)
	if err != nil {
		return err
	}
	switch step {
	case resource.Create, resource.AlarmSettings:
		return putAlarm(ctx, client, to, from)
	case resource.AlarmEnable:
		_, err := client.EnableAlarmActions(ctx, &cloudwatch.EnableAlarmActionsInput{AlarmNames: []string{to.Name}})
		if err != nil {
			return fault(ctx, fmt.Sprintf("enable the actions of alarm %q in %q", to.Name, to.Region), err)
		}
		return nil
	}
	return noStep(to.ID(), step)
}

// putAlarm makes the alarm, or replaces the one of that name. It does not replace one that has settings a resource.Alarm
// cannot say.
func putAlarm(ctx context.Context, client *cloudwatch.Client, to, from *resource.Alarm) error {
	what := fmt.Sprintf("put alarm %q in %q", to.Name, to.Region)
	if from != nil && (from.Dimensions || from.Statistic == "") {
		return fmt.Errorf("%s: %w: the alarm of that name is about something else than one metric, which would be lost", what, resource.ErrTaken)
	}
	in := &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String(to.Name), Namespace: aws.String(to.Namespace), MetricName: aws.String(to.Metric),
		Statistic: types.Statistic(to.Statistic), Period: aws.Int32(int32(to.Period)), EvaluationPeriods: aws.Int32(int32(to.Periods)),
		Threshold: aws.Float64(to.Threshold), ComparisonOperator: types.ComparisonOperator(to.Comparison),
		ActionsEnabled: aws.Bool(to.ActionsEnabled), AlarmActions: to.Actions, OKActions: to.OKActions,
		InsufficientDataActions: to.NoDataActions, Unit: types.StandardUnit(to.Unit),
	}
	if to.Description != "" {
		in.AlarmDescription = aws.String(to.Description)
	}
	if to.Missing != "" {
		in.TreatMissingData = aws.String(to.Missing)
	}
	if to.Points != 0 {
		in.DatapointsToAlarm = aws.Int32(int32(to.Points))
	}
	if _, err := client.PutMetricAlarm(ctx, in); err != nil {
		return fault(ctx, what, err)
	}
	return nil
}

// surveyAlarms lists the region's alarms on metrics, and the metric filters of the groups to which the trails deliver.
func surveyAlarms(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {
	alarms, err := a.alarms(ctx, s.Account, where.Region)
	a.unlisted(ctx, s, resource.AlarmKind, where.Region, err)
	s.Alarms = append(s.Alarms, alarms...)
	filters, err := a.trailFilters(ctx, s, where.Region)
	a.unlisted(ctx, s, resource.MetricFilterKind, where.Region, err)
	s.Filters = append(s.Filters, filters...)
}

// alarms are a region's alarms on metrics.
func (a *Account) alarms(ctx context.Context, account, region string) ([]*resource.Alarm, error) {
	what := fmt.Sprintf("describe alarms in %q", region)
	client, err := a.cloudwatch(ctx, account, region)
	if err != nil {
		return nil, err
	}
	var alarms []*resource.Alarm
	err = pages(what, func(token *string) (int, *string, error) {
		out, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
			AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm}, NextToken: token})
		if err != nil {
			return 0, nil, fault(ctx, what, err)
		}
		for _, m := range out.MetricAlarms {
			alarms = append(alarms, alarm(account, region, m))
		}
		return len(out.MetricAlarms), out.NextToken, nil
	})
	return alarms, err
}

// trailFilters are the metric filters of the account's groups in region to which trails deliver. An error comes together
// with the filters of the groups that could be asked.
func (a *Account) trailFilters(ctx context.Context, s *resource.Survey, region string) ([]*resource.MetricFilter, error) {
	client, err := a.logs(ctx, s.Account, region)
	if err != nil {
		return nil, err
	}
	var filters []*resource.MetricFilter
	var failed []error
	asked := map[string]bool{}
	for _, trail := range s.Trails {
		at, err := arn.Parse(trail.LogGroupARN)
		if err != nil || at.AccountID != s.Account || at.Region != region {
			continue
		}
		group := strings.TrimSuffix(strings.TrimPrefix(at.Resource, "log-group:"), ":*")
		if asked[group] {
			continue
		}
		asked[group] = true
		of, err := metricFilters(ctx, client, s.Account, region, group, "")
		if err != nil {
			failed = append(failed, err)
		}
		filters = append(filters, of...)
	}
	return filters, errors.Join(failed...)
}
