package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/trailseal/trailseal/internal/resource"
)

// AWS CloudTrail: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/
//
// All calls are made as the caller, also about a trail of another account: an organization's trail belongs to the management
// account, and its members and delegated administrators name it by its ARN.

var trailHandler = handler{
	read: readTrail,
	do:   doing(writeTrail),
	reads: []Permission{{Action: "cloudtrail:GetTrail"}, {Action: "cloudtrail:GetTrailStatus"}, {Action: "cloudtrail:GetEventSelectors"},
		{Action: "cloudtrail:GetInsightSelectors"}},
	writes: map[resource.Step][]Permission{
		resource.Create:         slices.Concat([]Permission{{Action: "cloudtrail:CreateTrail"}, {Action: "cloudtrail:GetTrail"}, {Action: "cloudtrail:UpdateTrail"}}, withTrail),
		resource.TrailSettings:  slices.Concat([]Permission{{Action: "cloudtrail:UpdateTrail"}}, withTrail),
		resource.TrailSelectors: {{Action: "cloudtrail:PutEventSelectors"}},
		resource.TrailInsights:  {{Action: "cloudtrail:PutInsightSelectors"}, {Action: "cloudtrail:GetInsightSelectors"}},
		resource.TrailLogging:   {{Action: "cloudtrail:StartLogging"}},
	},
}

// withTrail is what CloudTrail asks for, of the caller, when a trail has a log group, or is an organization's.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-an-organizational-trail-prepare.html
var withTrail = []Permission{
	{Action: "iam:PassRole", On: []string{"arn:${partition}:iam::${account}:role/*"}, Service: "cloudtrail.amazonaws.com"},
	{Action: "iam:CreateServiceLinkedRole", On: []string{"arn:${partition}:iam::*:role/aws-service-role/cloudtrail.amazonaws.com/*"}},
	{Action: "iam:GetRole", On: []string{"arn:${partition}:iam::${account}:role/*"}},
	{Action: "organizations:EnableAWSServiceAccess", Any: true},
	{Action: "organizations:DescribeOrganization", Any: true},
	{Action: "organizations:ListAWSServiceAccessForOrganization", Any: true},
	{Action: "organizations:ListAccounts", Any: true},
}

var trailListReads = []Permission{{Action: "cloudtrail:DescribeTrails", Any: true}, {Action: "cloudtrail:ListTrails", Any: true}}

// cloudtrail is a client for the trails of a region, as the caller.
func (a *Account) cloudtrail(region string) *cloudtrail.Client {
	cfg := a.session.Config()
	if region != "" {
		cfg.Region = region
	}
	return cloudtrail.NewFromConfig(cfg)
}

// trailName is what CloudTrail is asked for: the name of a trail of the caller's account, else the ARN.
func (a *Account) trailName(ctx context.Context, id resource.ID) (*string, error) {
	me, err := a.session.Identity(ctx)
	if err != nil {
		return nil, err
	}
	if id.Account == "" || id.Account == me.Account {
		return aws.String(id.Name), nil
	}
	return aws.String(fmt.Sprintf("arn:%s:cloudtrail:%s:%s:trail/%s", me.Partition, id.Region, id.Account, id.Name)), nil
}

func readTrail(ctx context.Context, a *Account, id resource.ID) (resource.State, error) {
	client := a.cloudtrail(id.Region)
	name, err := a.trailName(ctx, id)
	if err != nil {
		return a.unread(ctx, id, err)
	}
	out, err := client.GetTrail(ctx, &cloudtrail.GetTrailInput{Name: name})
	if is(err, "TrailNotFoundException") {
		return resource.State{}, nil
	}
	what := func(part string) string { return fmt.Sprintf("read %s of trail %q in %q", part, id.Name, id.Region) }
	if err != nil {
		return a.unread(ctx, id, fault(ctx, what("the settings"), err))
	}
	if out.Trail == nil {
		return a.unread(ctx, id, fmt.Errorf("%s: there are none", what("the settings")))
	}
	t := trailOf(*out.Trail)
	t.Account, t.Region, t.Name = id.Account, id.Region, id.Name
	state := resource.State{Resource: t}
	for _, part := range []struct {
		what string
		step resource.Step
		read func() error
	}{
		{"the status", resource.TrailLogging, func() error {
			status, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: name})
			if err == nil {
				t.Logging = aws.ToBool(status.IsLogging)
			}
			return err
		}},
		{"the event selectors", resource.TrailSelectors, func() error { return readSelectors(ctx, client, name, t) }},
		{"the insight selectors", resource.TrailInsights, func() (err error) {
			var all []types.InsightSelector
			all, err = insights(ctx, client, name)
			t.Insights = insightTypes(all)
			return err
		}},
	} {
		if err := part.read(); err != nil {
			err = a.inRegion(ctx, id.Region, fault(ctx, what(part.what), err))
			if hopeless(err) {
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

// trailOf is what GetTrail and DescribeTrails state.
func trailOf(t types.Trail) *resource.Trail {
	r := &resource.Trail{Region: aws.ToString(t.HomeRegion), Name: aws.ToString(t.Name),
		Bucket: aws.ToString(t.S3BucketName), Prefix: aws.ToString(t.S3KeyPrefix), KeyARN: aws.ToString(t.KmsKeyId), TopicARN: aws.ToString(t.SnsTopicARN),
		LogGroupARN: aws.ToString(t.CloudWatchLogsLogGroupArn), LogRoleARN: aws.ToString(t.CloudWatchLogsRoleArn),
		MultiRegion: aws.ToBool(t.IsMultiRegionTrail), GlobalEvents: aws.ToBool(t.IncludeGlobalServiceEvents),
		Validation: aws.ToBool(t.LogFileValidationEnabled), Organization: aws.ToBool(t.IsOrganizationTrail)}
	return r
}

// insights are a trail's insight selectors. A trail for which insights were never turned on has none.
func insights(ctx context.Context, client *cloudtrail.Client, name *string) ([]types.InsightSelector, error) {
	out, err := client.GetInsightSelectors(ctx, &cloudtrail.GetInsightSelectorsInput{TrailName: name})
	if is(err, "InsightNotEnabledException") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return out.InsightSelectors, nil
}

func insightTypes(all []types.InsightSelector) []string {
	var names []string
	for _, s := range all {
		if name := string(s.InsightType); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return sorted(names)
}

// surveyTrails lists the trails that the account sees from the region, an organization's and those of all regions among
// them, and the account's own of other regions alone; each is read in its home region.
func surveyTrails(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {
	var ids []resource.ID
	add := func(name *string) {
		if id, ok := trailID(aws.ToString(name)); ok && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	client := a.cloudtrail(where.Region)
	what := fmt.Sprintf("list trails in %q", where.Region)
	seen, err := client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(true)})
	if err == nil {
		for _, t := range seen.TrailList {
			add(t.TrailARN)
		}
	}
	a.unlisted(ctx, s, resource.TrailKind, where.Region, fault(ctx, what, err))
	err = pages(what, func(token *string) (int, *string, error) {
		out, err := client.ListTrails(ctx, &cloudtrail.ListTrailsInput{NextToken: token})
		if err != nil {
			return 0, nil, fault(ctx, "list trails of other regions", err)
		}
		for _, t := range out.Trails {
			add(t.TrailARN)
		}
		return len(out.Trails), out.NextToken, nil
	})
	a.unlisted(ctx, s, resource.TrailKind, "", err)
	for _, id := range ids {
		state, err := readTrail(ctx, a, id)
		if err == nil {
			err = state.Unread[resource.Create]
		}
		a.unlisted(ctx, s, resource.TrailKind, id.Region, err)
		if t, ok := state.Resource.(*resource.Trail); ok && err == nil {
			s.Trails = append(s.Trails, t)
		}
	}
}

// trailID is the ID of the trail that an ARN names.
func trailID(text string) (resource.ID, bool) {
	at, err := arn.Parse(text)
	name, ok := strings.CutPrefix(at.Resource, "trail/")
	if err != nil || !ok || at.Service != "cloudtrail" {
		return resource.ID{}, false
	}
	return resource.ID{Kind: resource.TrailKind, Account: at.AccountID, Region: at.Region, Name: name}, true
}

func writeTrail(ctx context.Context, a *Account, step resource.Step, to, from *resource.Trail) error {
	client := a.cloudtrail(to.Region)
	name, err := a.trailName(ctx, to.ID())
	if err != nil {
		return err
	}
	what := fmt.Sprintf("set %s of trail %q in %q", step, to.Name, to.Region)
	switch step {
	case resource.Create:
		return createTrail(ctx, client, name, to)
	case resource.TrailSettings:
		_, err = client.UpdateTrail(ctx, updateOf(name, to, from))
	case resource.TrailSelectors:
		_, err = client.PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{TrailName: name, AdvancedEventSelectors: advanced(to.Selectors)})
	case resource.TrailInsights:
		err = writeInsights(ctx, client, name, to.Insights)
	case resource.TrailLogging:
		_, err = client.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: name})
	default:
		return noStep(to.ID(), step)
	}
	return unseen(ctx, what, err)
}

// createTrail is, for a trail of that name that delivers to the same place, UpdateTrail. The owner of an organization's trail
// is the management account, also where a delegated administrator makes it: it is made by its name.
func createTrail(ctx context.Context, client *cloudtrail.Client, name *string, t *resource.Trail) error {
	what := fmt.Sprintf("create trail %q in %q", t.Name, t.Region)
	in := &cloudtrail.CreateTrailInput{Name: aws.String(t.Name), S3BucketName: aws.String(t.Bucket), S3KeyPrefix: some(t.Prefix),
		KmsKeyId: some(t.KeyARN), SnsTopicName: some(t.TopicARN), CloudWatchLogsLogGroupArn: some(t.LogGroupARN), CloudWatchLogsRoleArn: some(t.LogRoleARN),
		IsMultiRegionTrail: aws.Bool(t.MultiRegion), IncludeGlobalServiceEvents: aws.Bool(t.GlobalEvents),
		EnableLogFileValidation: aws.Bool(t.Validation), IsOrganizationTrail: aws.Bool(t.Organization)}
	_, err := client.CreateTrail(ctx, in)
	if !is(err, "TrailAlreadyExistsException") {
		return fault(ctx, what, err)
	}
	told := fault(ctx, what, err)
	out, err := client.GetTrail(ctx, &cloudtrail.GetTrailInput{Name: name})
	switch {
	case err != nil:
		return errors.Join(told, fault(ctx, fmt.Sprintf("read trail %q in %q", t.Name, t.Region), err))
	case out.Trail == nil || aws.ToString(out.Trail.S3BucketName) != t.Bucket || aws.ToString(out.Trail.S3KeyPrefix) != t.Prefix:
		return &worded{told, resource.ErrTaken}
	}
	now := trailOf(*out.Trail)
	_, err = client.UpdateTrail(ctx, updateOf(name, kept(t, now), now))
	return fault(ctx, what, err)
}

// kept is a trail with what is on in now.
func kept(t, now *resource.Trail) *resource.Trail {
	k := *t
	k.MultiRegion, k.GlobalEvents, k.Validation = t.MultiRegion || now.MultiRegion, t.GlobalEvents || now.GlobalEvents, t.Validation || now.Validation
	k.Organization = t.Organization || now.Organization
	return &k
}

// updateOf says only what differs from what was read: UpdateTrail leaves the rest as it is. Nothing is taken away. Log group
// and role go together, and so do all regions and global events.
func updateOf(name *string, to, from *resource.Trail) *cloudtrail.UpdateTrailInput {
	if from == nil {
		from = &resource.Trail{}
	}
	in := &cloudtrail.UpdateTrailInput{Name: name}
	text := func(to, from string) *string {
		if to == from {
			return nil
		}
		return some(to)
	}
	in.S3BucketName, in.S3KeyPrefix = text(to.Bucket, from.Bucket), text(to.Prefix, from.Prefix)
	in.KmsKeyId, in.SnsTopicName = text(to.KeyARN, from.KeyARN), text(to.TopicARN, from.TopicARN)
	if to.LogGroupARN != from.LogGroupARN || to.LogRoleARN != from.LogRoleARN {
		in.CloudWatchLogsLogGroupArn, in.CloudWatchLogsRoleArn = some(to.LogGroupARN), some(to.LogRoleARN)
	}
	if to.MultiRegion != from.MultiRegion || to.GlobalEvents != from.GlobalEvents {
		in.IsMultiRegionTrail, in.IncludeGlobalServiceEvents = aws.Bool(to.MultiRegion), aws.Bool(to.GlobalEvents)
	}
	if to.Validation != from.Validation {
		in.EnableLogFileValidation = aws.Bool(to.Validation)
	}
	if to.Organization != from.Organization {
		in.IsOrganizationTrail = aws.Bool(to.Organization)
	}
	return in
}

// writeInsights adds to the insight selectors that are there, which can say more than their types.
func writeInsights(ctx context.Context, client *cloudtrail.Client, name *string, want []string) error {
	all, err := insights(ctx, client, name)
	if err != nil {
		return err
	}
	there := insightTypes(all)
	for _, t := range want {
		if !slices.Contains(there, t) {
			all = append(all, types.InsightSelector{InsightType: types.InsightType(t)})
		}
	}
	_, err = client.PutInsightSelectors(ctx, &cloudtrail.PutInsightSelectorsInput{TrailName: name, InsightSelectors: all})
	return err
}
