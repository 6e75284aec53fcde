package setup

import (
	"fmt"

	"github.com/trailseal/trailseal/internal/resource"
)

var subscriptionRules = rules{
	steps:   []resource.Step{resource.Create},
	compare: comparing(compareSubscription),
}

// compareSubscription never tells an endpoint, which can be a secret; the label stands for it. An endpoint of before is told
// as before, beside that of the blueprint.
func compareSubscription(c *comparison, now, want *resource.Subscription) *resource.Subscription {
	t := *want
	t.Confirmed, t.ARN = false, ""
	if now == nil {
		c.change(resource.Create, isNew, nil, fmt.Sprintf("%s to %s", want.Protocol, want.Label), whySubscribed)
		if want.Protocol == "email" {
			c.note("AWS sends a mail to %s, in which somebody has to choose Confirm subscription; until then it is told nothing", want.Label)
		}
		return &t
	}
	is := subscribed(now, want)
	if is == nil {
		c.change(resource.Create, "Endpoint", "another one of "+now.Label, "that of the blueprint too", whySubscribed)
		t.Same = append([]*resource.Subscription{now}, now.Same...)
		return &t
	}
	if !is.Confirmed {
		c.change(resource.Create, "SubscriptionStatus", "pending", "confirmed", whySubscribed).Manual = confirm(is)
	}
	return now
}

// subscribed is the subscription that has the endpoint which is wanted; the first where either endpoint is not known.
func subscribed(now, want *resource.Subscription) *resource.Subscription {
	for _, s := range append([]*resource.Subscription{now}, now.Same...) {
		if s.Endpoint.IsZero() || want.Endpoint.IsZero() || s.Endpoint.Equal(want.Endpoint) {
			return s
		}
	}
	return nil
}

func confirm(s *resource.Subscription) string {
	if s.Protocol == "email" {
		return fmt.Sprintf("open the mail that AWS sent to %s and choose Confirm subscription. If it is lost, the SNS console sends it again (Request confirmation)", s.Label)
	}
	return fmt.Sprintf("let %s visit the SubscribeURL that SNS sent to it. If that is lost, the SNS console sends it again (Request confirmation)", s.Label)
}

var slackChannelRules = rules{
	steps:   []resource.Step{resource.Create, resource.SlackChannelSettings},
	compare: comparing(compareSlackChannel),
}

func compareSlackChannel(c *comparison, now, want *resource.SlackChannel) *resource.SlackChannel {
	if now == nil {
		c.change(resource.Create, isNew, nil, "Slack channel "+want.Channel+" of workspace "+want.Workspace, whySlack).Risk =
			"the workspace has to be authorized in the console of Amazon Q Developer in chat applications before"
		return want
	}
	t := *now
	if !c.known(resource.SlackChannelSettings) {
		return &t
	}
	if now.Workspace != want.Workspace || now.Channel != want.Channel {
		c.change(resource.SlackChannelSettings, "SlackChannelId", now.Workspace+"/"+now.Channel, want.Workspace+"/"+want.Channel, whySlack).Manual =
			fmt.Sprintf("the configuration %s shows another channel, which would lose it: name that channel in the blueprint, or rename the configuration", now.Name)
		return &t
	}
	if now.RoleARN == "" && want.RoleARN != "" {
		put(c, resource.SlackChannelSettings, "IamRoleArn", &t.RoleARN, want.RoleARN, whySlack)
	}
	c.join(resource.SlackChannelSettings, "SnsTopicArns", &t.Topics, want.Topics, whySlack)
	return &t
}
