package account

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/trailseal/trailseal/internal/resource"
)

// CloudWatch Logs: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/

var logGroupHandler = handler{
	read:  reading(readLogGroup),
	do:    doing(writeLogGroup),
	reads: []Permission{{Action: "logs:DescribeLogGroups", Any: true}},
	writes: map[resource.Step][]Permission{
		resource.Create:            {{Action: "logs:CreateLogGroup"}},
		resource.LogGroupKey:       {{Action: "logs:AssociateKmsKey"}},
		resource.LogGroupRetention: {{Action: "logs:PutRetentionPolicy"}},
	},
}

// anyGroup stands for the log group of a metric filter, whose ID's Name has more than the group.
const anyGroup = "arn:${partition}:logs:${region}:${account}:log-group:*"

var metricFilterHandler = handler{
	read:  reading(readMetricFilter),
	do:    doing(writeMetricFilter),
	reads: []Permission{{Action: "logs:DescribeMetricFilters", On: []string{anyGroup}}},
	writes: map[resource.Step][]Permission{
		resource.Create:               {{Action: "logs:PutMetricFilter", On: []string{anyGroup}}},
		resource.MetricFilterSettings: {{Action: "logs:PutMetricFilter", On: []string{anyGroup}}},
	},
}

func (a *Account) logs(ctx context.Context, account, region string) (*cloudwatchlogs.Client, error) {
	cfg, err := a.within(ctx, account, region)
	if err != nil {
		return nil, err
	}
	return cloudwatchlogs.NewFromConfig(cfg), nil
}

// readLogGroup lists the groups whose names start with the name: there is no call that reads one.
func readLogGroup(ctx context.Context, a *Account, id resource.ID) (*resource.LogGroup, error) {
	what := fmt.Sprintf("describe log group %q in %q", id.Name, id.Region)
	client, err := a.logs(ctx, id.Account, id.Region)
	if err != nil {
		return nil, err
	}
	var found *resource.LogGroup
	err = pages(what, func(token *string) (int, *string, error) {
		out, err := client.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{
			LogGroupNamePrefix: aws.String(id.Name), NextToken: token})
		if err != nil {
			return 0, nil, fault(ctx, what, err)
		}
		for _, g := range out.LogGroups {
			if aws.ToString(g.LogGroupName) == id.Name {
				found = logGroup(id, g)
				return len(out.LogGroups), nil, nil
			}
		}
		return len(out.LogGroups), out.NextToken, nil
	})
	return found, err
}

func logGroup(id resource.ID, g types.LogGroup) *resource.LogGroup {
	r := &resource.LogGroup{Account: id.Account, Region: id.Region, Name: id.Name, KeyARN: aws.ToString(g.KmsKeyId),
		RetentionDays: int(aws.ToInt32(g.RetentionInDays)), Class: string(g.LogGroupClass)}
	if r.Class == "" {
		r.Class = string(types.LogGroupClassStandard)
	}
	return r
}

func writeLogGroup(ctx context.Context, a *Account, step resource.Step, to, _ *resource.LogGroup) error {
	client, err := a.logs(ctx, to.Account, to.Region)
	if err != nil {
		return err
	}
	switch step {
	case resource.Create:
		in := &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(to.Name), LogGroupClass: types.LogGroupClass(to.Class)}
		if to.KeyARN != "" {
			in.KmsKeyId = aws.String(to.KeyARN)
		}
		if _, err := client.CreateLogGroup(ctx, in); err != nil && !is(err, "ResourceAlreadyExistsException") {
			return keyNotYet(ctx, fmt.Sprintf("create log group %q in %q", to.Name, to.Region), err)
		}
	case resource.LogGroupKey:
		_, err := client.AssociateKmsKey(ctx, &cloudwatchlogs.AssociateKmsKeyInput{LogGroupName: aws.String(to.Name), KmsKeyId: aws.String(to.KeyARN)})
		if err != nil {
			return keyNotYet(ctx, fmt.Sprintf("set the key of log group %q in %q", to.Name, to.Region), err)
		}
	case resource.LogGroupRetention:
		_, err := client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{
			LogGroupName: aws.String(to.Name), RetentionInDays: aws.Int32(int32(to.RetentionDays))})
		if err != nil {
			return unseen(ctx, fmt.Sprintf("set the retention of log group %q in %q", to.Name, to.Region), err)
		}
	default:
		return noStep(to.ID(), step)
	}
	return nil
}

// keyNotYet is unseen, and for what CloudWatch Logs says of a key whose policy was written a moment ago: "The specified KMS
// key does not exist or is not allowed to be used with Arn". It says the same of a key that never will be.
func keyNotYet(ctx context.Context, what string, err error) error {
	said := unseen(ctx, what, err)
	if is(err, "InvalidParameterException", "AccessDeniedException") && strings.Contains(err.Error(), "KMS key does not exist or is not allowed") {
		return &worded{said, resource.ErrNotYet}
	}
	return said
}

// readMetricFilter asks a group for the filters whose names start with the name. A group that is not there has none.
func readMetricFilter(ctx context.Context, a *Account, id resource.ID) (*resource.MetricFilter, error) {
	group, name, ok := strings.Cut(id.Name, ":")
	if !ok {
		return nil, fmt.Errorf("read %s: want the name as group:filter", id)
	}
	client, err := a.logs(ctx, id.Account, id.Region)
	if err != nil {
		return nil, err
	}
	filters, err := metricFilters(ctx, client, id.Account, id.Region, group, name)
	if err != nil {
		return nil, err
	}
	for _, f := range filters {
		if f.Name == name {
			return f, nil
		}
	}
	return nil, nil
}

// metricFilters are those of a group whose names start with prefix.
func metricFilters(ctx context.Context, client *cloudwatchlogs.Client, account, region, group, prefix string) ([]*resource.MetricFilter, error) {
	what := fmt.Sprintf("describe metric filters of log group %q in %q", group, region)
	in := &cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: aws.String(group)}
	if prefix != "" {
		in.FilterNamePrefix = aws.String(prefix)
	}
	var filters []*resource.MetricFilter
	err := pages(what, func(token *string) (int, *string, error) {
		in.NextToken = token
		out, err := client.DescribeMetricFilters(ctx, in)
		switch {
		case is(err, "ResourceNotFoundException"):
			return 0, nil, nil
		case err != nil:
			return 0, nil, fault(ctx, what, err)
		}
		for _, f := range out.MetricFilters {
			filters = append(filters, metricFilter(account, region, group, f))
		}
		return len(out.MetricFilters), out.NextToken, nil
	})
	return filters, err
}

func metricFilter(account, region, group string, f types.MetricFilter) *resource.MetricFilter {
	r := &resource.MetricFilter{Account: account, Region: region, LogGroup: group, Name: aws.ToString(f.FilterName),
		Pattern: aws.ToString(f.FilterPattern), Criteria: aws.ToString(f.FieldSelectionCriteria),
		System: sorted(f.EmitSystemFieldDimensions), Transformed: f.ApplyOnTransformedLogs}
	if len(f.MetricTransformations) == 0 {
		return r
	}
	t := f.MetricTransformations[0]
	r.Namespace, r.Metric, r.Value = aws.ToString(t.MetricNamespace), aws.ToString(t.MetricName), aws.ToString(t.MetricValue)
	r.Default, r.Others = t.DefaultValue, len(f.MetricTransformations)-1
	if len(t.Dimensions) > 0 {
		r.Dimensions = maps.Clone(t.Dimensions)
	}
	if t.Unit != types.StandardUnitNone {
		r.Unit = string(t.Unit)
	}
	return r
}

// writeMetricFilter makes the filter, or replaces the one of that name.
func writeMetricFilter(ctx context.Context, a *Account, step resource.Step, to, from *resource.MetricFilter) error {
	if step != resource.Create && step != resource.MetricFilterSettings {
		return noStep(to.ID(), step)
	}
	what := fmt.Sprintf("put metric filter %q of log group %q in %q", to.Name, to.LogGroup, to.Region)
	if from != nil && from.Others > 0 {
		return fmt.Errorf("%s: %w: it has several transformations, which would be lost", what, resource.ErrRefused)
	}
	client, err := a.logs(ctx, to.Account, to.Region)
	if err != nil {
		return err
	}
	unit := types.StandardUnitNone // as AWS has it where nothing is said
	if to.Unit != "" {
		unit = types.StandardUnit(to.Unit)
	}
	in := &cloudwatchlogs.PutMetricFilterInput{
		LogGroupName: aws.String(to.LogGroup), FilterName: aws.String(to.Name), FilterPattern: aws.String(to.Pattern),
		MetricTransformations: []types.MetricTransformation{{
			MetricNamespace: aws.String(to.Namespace), MetricName: aws.String(to.Metric), MetricValue: aws.String(to.Value),
			DefaultValue: to.Default, Dimensions: to.Dimensions, Unit: unit}},
		EmitSystemFieldDimensions: to.System, ApplyOnTransformedLogs: to.Transformed,
	}
	if to.Criteria != "" {
		in.FieldSelectionCriteria = aws.String(to.Criteria)
	}
	if _, err := client.PutMetricFilter(ctx, in); err != nil {
		return unseen(ctx, what, err)
	}
	return nil
}
