package account

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"github.com/trailseal/trailseal/internal/resource"
)

// AWS Config's recorder and delivery channel: https://docs.aws.amazon.com/config/latest/APIReference/

var recorderReads = []Permission{
	{Action: "config:DescribeConfigurationRecorders", Any: true},
	{Action: "config:DescribeConfigurationRecorderStatus", Any: true},
}

var putRecorder = []Permission{
	{Action: "config:DescribeConfigurationRecorders", Any: true},
	{Action: "config:PutConfigurationRecorder", Any: true},
	{Action: "iam:PassRole", On: []string{"arn:${partition}:iam::${account}:role/*"}, Service: "config.amazonaws.com"},
}

var recorderHandler = handler{
	read:  readRecorder,
	do:    doing(writeRecorder),
	reads: recorderReads,
	writes: map[resource.Step][]Permission{
		resource.Create:           putRecorder,
		resource.RecorderSettings: putRecorder,
		resource.RecorderStart:    {{Action: "config:StartConfigurationRecorder", Any: true}},
	},
}

var deliveryChannelHandler = handler{
	read:  reading(readDeliveryChannel),
	do:    doing(writeDeliveryChannel),
	reads: []Permission{{Action: "config:DescribeDeliveryChannels", Any: true}},
	writes: map[resource.Step][]Permission{
		resource.Create:                  {{Action: "config:PutDeliveryChannel", Any: true}},
		resource.DeliveryChannelSettings: {{Action: "config:PutDeliveryChannel", Any: true}},
	},
}

var configListReads = []Permission{
	{Action: "config:DescribeConfigurationRecorders", Any: true},
	{Action: "config:DescribeConfigurationRecorderStatus", Any: true},
	{Action: "config:DescribeDeliveryChannels", Any: true},
}

func (a *Account) configService(ctx context.Context, account, region string) (*configservice.Client, error) {
	cfg, err := a.within(ctx, account, region)
	if err != nil {
		return nil, err
	}
	return configservice.NewFromConfig(cfg), nil
}

// readRecorder reads the recorder of that name. Its status is asked apart: where it may not be read, whether the recorder
// runs is unknown.
func readRecorder(ctx context.Context, a *Account, id resource.ID) (resource.State, error) {
	client, err := a.configService(ctx, id.Account, id.Region)
	if err != nil {
		return a.unread(ctx, id, err)
	}
	all, err := recorders(ctx, client, id.Region)
	if err != nil {
		return a.unread(ctx, id, err)
	}
	for _, c := range all {
		if aws.ToString(c.Name) != id.Name {
			continue
		}
		r := recorder(id.Account, id.Region, c)
		state := resource.State{Resource: r}
		if err := setStatus(ctx, client, r); err != nil {
			if hopeless(err) {
				return resource.State{}, err
			}
			state.Unread = map[resource.Step]error{resource.RecorderStart: err}
		}
		return state, nil
	}
	return resource.State{}, nil
}

// recorders are those that the customer manages. One that is linked to a service is that service's.
func recorders(ctx context.Context, client *configservice.Client, region string) ([]types.ConfigurationRecorder, error) {
	out, err := client.DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{})
	if err != nil {
		return nil, fault(ctx, fmt.Sprintf("describe configuration recorders in %q", region), err)
	}
	var own []types.ConfigurationRecorder
	for _, c := range out.ConfigurationRecorders {
		if aws.ToString(c.ServicePrincipal) == "" {
			own = append(own, c)
		}
	}
	return own, nil
}

func recorder(account, region string, c types.ConfigurationRecorder) *resource.Recorder {
	r := &resource.Recorder{Account: account, Region: region, Name: aws.ToString(c.Name), RoleARN: aws.ToString(c.RoleARN)}
	if g := c.RecordingGroup; g != nil {
		r.AllSupported, r.GlobalTypes, r.Types = g.AllSupported, g.IncludeGlobalResourceTypes, texts(g.ResourceTypes)
		if g.ExclusionByResourceTypes != nil {
			r.Excluded = texts(g.ExclusionByResourceTypes.ResourceTypes)
		}
		// Without a list of types AWS takes all, whether or not it says so.
		if g.RecordingStrategy != nil && g.RecordingStrategy.UseOnly == types.RecordingStrategyTypeAllSupportedResourceTypes {
			r.AllSupported = true
		}
	} else {
		r.AllSupported = true
	}
	if c.RecordingMode != nil {
		r.Frequency = string(c.RecordingMode.RecordingFrequency)
	}
	return r
}

// setStatus asks whether the recorder runs.
func setStatus(ctx context.Context, client *configservice.Client, r *resource.Recorder) error {
	what := fmt.Sprintf("ask status of configuration recorder %q in %q", r.Name, r.Region)
	out, err := client.DescribeConfigurationRecorderStatus(ctx, &configservice.DescribeConfigurationRecorderStatusInput{
		ConfigurationRecorderNames: []string{r.Name}})
	if err != nil {
		return fault(ctx, what, err)
	}
	for _, s := range out.ConfigurationRecordersStatus {
		if aws.ToString(s.Name) == r.Name {
			r.Recording, r.LastStatus = s.Recording, string(s.LastStatus)
			return nil
		}
	}
	return fmt.Errorf("%s: AWS states none", what)
}

func writeRecorder(ctx context.Context, a *Account, step resource.Step, to, _ *resource.Recorder) error {
	client, err := a.configService(ctx, to.Account, to.Region)
	if err != nil {
		return err
	}
	switch step {
	case resource.Create, resource.RecorderSettings:
		return putConfigurationRecorder(ctx, client, to)
	case resource.RecorderStart:
		_, err := client.StartConfigurationRecorder(ctx, &configservice.StartConfigurationRecorderInput{ConfigurationRecorderName: aws.String(to.Name)})
		if err != nil {
			return fault(ctx, fmt.Sprintf("start configuration recorder %q in %q", to.Name, to.Region), err)
		}
		return nil
	}
	return noStep(to.ID(), step)
}

// putConfigurationRecorder makes the recorder, or replaces the settings of the one of that name: what a resource.Recorder
// cannot say, as how often one type is recorded, is written as it is. A region with another recorder is resource.ErrTaken.
func putConfigurationRecorder(ctx context.Context, client *configservice.Client, to *resource.Recorder) error {
	what := fmt.Sprintf("put configuration recorder %q in %q", to.Name, to.Region)
	all, err := recorders(ctx, client, to.Region)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	c := types.ConfigurationRecorder{Name: aws.String(to.Name)}
	for _, there := range all {
		if aws.ToString(there.Name) != to.Name {
			return fmt.Errorf("%s: %w: the region has the recorder %q", what, resource.ErrTaken, aws.ToString(there.Name))
		}
		c.RecordingMode = there.RecordingMode
	}
	c.RoleARN = aws.String(to.RoleARN)
	c.RecordingGroup = recordingGroup(to)
	if to.Frequency != "" {
		if c.RecordingMode == nil {
			c.RecordingMode = &types.RecordingMode{}
		}
		c.RecordingMode.RecordingFrequency = types.RecordingFrequency(to.Frequency)
	}
	if _, err := client.PutConfigurationRecorder(ctx, &configservice.PutConfigurationRecorderInput{ConfigurationRecorder: &c}); err != nil {
		return fault(ctx, what, err)
	}
	return nil
}

func recordingGroup(r *resource.Recorder) *types.RecordingGroup {
	switch {
	case r.AllSupported:
		return &types.RecordingGroup{AllSupported: true, IncludeGlobalResourceTypes: r.GlobalTypes}
	case len(r.Excluded) > 0:
		return &types.RecordingGroup{
			ExclusionByResourceTypes: &types.ExclusionByResourceTypes{ResourceTypes: resourceTypes(r.Excluded)},
			RecordingStrategy:        &types.RecordingStrategy{UseOnly: types.RecordingStrategyTypeExclusionByResourceTypes}}
	}
	return &types.RecordingGroup{ResourceTypes: resourceTypes(r.Types)}
}

func resourceTypes(names []string) []types.ResourceType {
	var list []types.ResourceType
	for _, name := range names {
		list = append(list, types.ResourceType(name))
	}
	return list
}

// texts are AWS's words as text, in order.
func texts[T ~string](words []T) []string {
	var list []string
	for _, w := range words {
		list = append(list, string(w))
	}
	return sorted(list)
}

func readDeliveryChannel(ctx context.Context, a *Account, id resource.ID) (*resource.DeliveryChannel, error) {
	client, err := a.configService(ctx, id.Account, id.Region)
	if err != nil {
		return nil, err
	}
	all, err := deliveryChannels(ctx, client, id.Account, id.Region)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Name == id.Name {
			return c, nil
		}
	}
	return nil, nil
}

func deliveryChannels(ctx context.Context, client *configservice.Client, account, region string) ([]*resource.DeliveryChannel, error) {
	out, err := client.DescribeDeliveryChannels(ctx, &configservice.DescribeDeliveryChannelsInput{})
	if err != nil {
		return nil, fault(ctx, fmt.Sprintf("describe delivery channels of AWS Config in %q", region), err)
	}
	var list []*resource.DeliveryChannel
	for _, c := range out.DeliveryChannels {
		r := &resource.DeliveryChannel{Account: account, Region: region, Name: aws.ToString(c.Name), Bucket: aws.ToString(c.S3BucketName),
			Prefix: aws.ToString(c.S3KeyPrefix), KeyARN: aws.ToString(c.S3KmsKeyArn), TopicARN: aws.ToString(c.SnsTopicARN)}
		if p := c.ConfigSnapshotDeliveryProperties; p != nil {
			r.Frequency = string(p.DeliveryFrequency)
		}
		list = append(list, r)
	}
	return list, nil
}

func writeDeliveryChannel(ctx context.Context, a *Account, step resource.Step, to, _ *resource.DeliveryChannel) error {
	if step != resource.Create && step != resource.DeliveryChannelSettings {
		return noStep(to.ID(), step)
	}
	client, err := a.configService(ctx, to.Account, to.Region)
	if err != nil {
		return err
	}
	c := &types.DeliveryChannel{Name: aws.String(to.Name), S3BucketName: aws.String(to.Bucket), S3KeyPrefix: optional(to.Prefix),
		S3KmsKeyArn: optional(to.KeyARN), SnsTopicARN: optional(to.TopicARN)}
	if to.Frequency != "" {
		c.ConfigSnapshotDeliveryProperties = &types.ConfigSnapshotDeliveryProperties{
			DeliveryFrequency: types.MaximumExecutionFrequency(to.Frequency)}
	}
	if _, err := client.PutDeliveryChannel(ctx, &configservice.PutDeliveryChannelInput{DeliveryChannel: c}); err != nil {
		return fault(ctx, fmt.Sprintf("put delivery channel %q of AWS Config in %q", to.Name, to.Region), err)
	}
	return nil
}

// optional is nil for an empty text, which AWS would refuse.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// surveyConfig lists the recorders and delivery channels of every region.
func surveyConfig(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {
	for _, region := range where.Regions {
		unlisted := func(kind resource.Kind, err error) { a.unlisted(ctx, s, kind, region, err) }
		client, err := a.configService(ctx, s.Account, region)
		if err != nil {
			unlisted(resource.RecorderKind, err)
			unlisted(resource.DeliveryChannelKind, err)
			continue
		}
		all, err := recorders(ctx, client, region)
		unlisted(resource.RecorderKind, err)
		for _, c := range all {
			r := recorder(s.Account, region, c)
			unlisted(resource.RecorderKind, setStatus(ctx, client, r))
			s.Recorders = append(s.Recorders, r)
		}
		channels, err := deliveryChannels(ctx, client, s.Account, region)
		unlisted(resource.DeliveryChannelKind, err)
		s.Channels = append(s.Channels, channels...)
	}
}
