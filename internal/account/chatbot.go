package account

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/chatbot"
	"github.com/aws/aws-sdk-go-v2/service/chatbot/types"

	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
)

// AWS Chatbot, now Amazon Q Developer in chat applications: https://docs.aws.amazon.com/chatbot/latest/APIReference/

var slackChannelHandler = handler{
	read:  reading(readSlackChannel),
	do:    doing(writeSlackChannel),
	reads: []Permission{{Action: "chatbot:DescribeSlackChannelConfigurations", Any: true}},
	writes: map[resource.Step][]Permission{
		resource.Create: {
			{Action: "chatbot:CreateSlackChannelConfiguration", Any: true},
			{Action: "chatbot:DescribeSlackChannelConfigurations", Any: true},
			{Action: "iam:CreateServiceLinkedRole", On: []string{
				"arn:${partition}:iam::${account}:role/aws-service-role/management.chatbot.amazonaws.com/AWSServiceRoleForAWSChatbot"}},
			passChatbot,
		},
		resource.SlackChannelSettings: {
			{Action: "chatbot:DescribeSlackChannelConfigurations", Any: true},
			{Action: "chatbot:UpdateSlackChannelConfiguration"},
			passChatbot,
		},
	},
}

var passChatbot = Permission{Action: "iam:PassRole", On: []string{"arn:${partition}:iam::${account}:role/*"}, Service: "chatbot.amazonaws.com"}

var slackListReads = []Permission{{Action: "chatbot:DescribeSlackChannelConfigurations", Any: true}}

// chatbotRegion has one of the service's endpoints; its configurations have no region.
//
// https://docs.aws.amazon.com/general/latest/gr/chatbot.html
const chatbotRegion = "us-east-2"

// chatbot makes a client. Outside the partition aws there is no such service: that is resource.ErrUnsupported.
func (a *Account) chatbot(ctx context.Context, account string) (*chatbot.Client, error) {
	me, err := a.session.Identity(ctx)
	if err != nil {
		return nil, err
	}
	if me.Partition != "aws" {
		return nil, fmt.Errorf("ask AWS Chatbot in partition %q: %w", me.Partition, resource.ErrUnsupported)
	}
	cfg, err := a.within(ctx, account, chatbotRegion)
	if err != nil {
		return nil, err
	}
	return chatbot.NewFromConfig(cfg), nil
}

func readSlackChannel(ctx context.Context, a *Account, id resource.ID) (*resource.SlackChannel, error) {
	_, found, err := a.slackChannel(ctx, id)
	return found, err
}

// slackChannel is the configuration of that name and its ARN, nil if there is none.
func (a *Account) slackChannel(ctx context.Context, id resource.ID) (string, *resource.SlackChannel, error) {
	client, err := a.chatbot(ctx, id.Account)
	if err != nil {
		return "", nil, err
	}
	all, err := slackConfigurations(ctx, client)
	if err != nil {
		return "", nil, err
	}
	for _, c := range all {
		if aws.ToString(c.ConfigurationName) == id.Name {
			return aws.ToString(c.ChatConfigurationArn), slackChannel(id.Account, c), nil
		}
	}
	return "", nil, nil
}

func slackConfigurations(ctx context.Context, client *chatbot.Client) ([]types.SlackChannelConfiguration, error) {
	const what = "describe the Slack channel configurations of AWS Chatbot"
	var all []types.SlackChannelConfiguration
	err := pages(what, func(token *string) (int, *string, error) {
		out, err := client.DescribeSlackChannelConfigurations(ctx, &chatbot.DescribeSlackChannelConfigurationsInput{NextToken: token})
		if err != nil {
			return 0, nil, fault(ctx, what, err)
		}
		all = append(all, out.SlackChannelConfigurations...)
		return len(out.SlackChannelConfigurations), out.NextToken, nil
	})
	return all, err
}

func slackChannel(account string, c types.SlackChannelConfiguration) *resource.SlackChannel {
	return &resource.SlackChannel{Account: account, Name: aws.ToString(c.ConfigurationName), Workspace: aws.ToString(c.SlackTeamId),
		Channel: aws.ToString(c.SlackChannelId), RoleARN: aws.ToString(c.IamRoleArn), Topics: sorted(c.SnsTopicArns)}
}

func writeSlackChannel(ctx context.Context, a *Account, step resource.Step, to, _ *resource.SlackChannel) error {
	client, err := a.chatbot(ctx, to.Account)
	if err != nil {
		return err
	}
	switch step {
	case resource.Create:
		_, err := client.CreateSlackChannelConfiguration(ctx, &chatbot.CreateSlackChannelConfigurationInput{
			ConfigurationName: aws.String(to.Name), SlackTeamId: aws.String(to.Workspace), SlackChannelId: aws.String(to.Channel),
			IamRoleArn: aws.String(to.RoleARN), SnsTopicArns: to.Topics})
		if is(err, "ConflictException") || is(err, "InvalidRequestException") && strings.Contains(err.Error(), "already been configured") {
			return a.sameSlackChannel(ctx, to)
		}
		if err != nil {
			return fault(ctx, fmt.Sprintf("create Slack channel configuration %q", to.Name), err)
		}
		return nil
	case resource.SlackChannelSettings:
		return a.updateSlackChannel(ctx, client, to)
	}
	return noStep(to.ID(), step)
}

// sameSlackChannel is nil where the configuration that is there is the one that is wanted, as after an earlier try. Another
// one is not overwritten: resource.ErrTaken.
func (a *Account) sameSlackChannel(ctx context.Context, want *resource.SlackChannel) error {
	_, found, err := a.slackChannel(ctx, want.ID())
	if err != nil {
		return err
	}
	if found == nil || found.Workspace != want.Workspace || found.Channel != want.Channel || found.RoleARN != want.RoleARN ||
		!slices.Equal(found.Topics, sorted(want.Topics)) {
		return fmt.Errorf("create Slack channel configuration %q: %w: another configuration has its name or its channel", want.Name, resource.ErrTaken)
	}
	return nil
}

// updateSlackChannel writes the settings of the configuration of that name. What they do not say, as the guardrail
// policies, stays.
func (a *Account) updateSlackChannel(ctx context.Context, client *chatbot.Client, to *resource.SlackChannel) error {
	what := fmt.Sprintf("update Slack channel configuration %q", to.Name)
	at, found, err := a.slackChannel(ctx, to.ID())
	switch {
	case err != nil:
		return err
	case found == nil:
		return fmt.Errorf("%s: %w", what, object.ErrNotFound)
	case found.Workspace != to.Workspace:
		return fmt.Errorf("%s: %w: the configuration of that name is of workspace %q", what, resource.ErrTaken, found.Workspace)
	}
	_, err = client.UpdateSlackChannelConfiguration(ctx, &chatbot.UpdateSlackChannelConfigurationInput{ChatConfigurationArn: aws.String(at),
		SlackChannelId: aws.String(to.Channel), IamRoleArn: aws.String(to.RoleARN), SnsTopicArns: to.Topics})
	if err != nil {
		return fault(ctx, what, err)
	}
	return nil
}

// surveySlackChannels lists the configurations of the account.
func surveySlackChannels(ctx context.Context, a *Account, _ resource.Where, s *resource.Survey) {
	client, err := a.chatbot(ctx, s.Account)
	if err == nil {
		var all []types.SlackChannelConfiguration
		if all, err = slackConfigurations(ctx, client); err == nil {
			for _, c := range all {
				s.Channel = append(s.Channel, slackChannel(s.Account, c))
			}
			return
		}
	}
	a.unlisted(ctx, s, resource.SlackChannelKind, "", err)
}
