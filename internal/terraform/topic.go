package terraform

import (
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
)

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/sns_topic

func (w *writer) topic(t *resource.Topic) {
	label, at := w.labels[t.ID()], place{t.Account, t.Region}
	b := w.resource("alarms.tf", "aws_sns_topic", label, at)
	b.text("name", t.Name)
	if t.KeyARN != "" {
		b.set("kms_master_key_id", w.refer(stores, t.KeyARN))
	}
	b.keep(false, w.ignored(t.ID(), "display_name", "delivery_policy", "tracing_config", "signature_version",
		"http_success_feedback_role_arn", "http_failure_feedback_role_arn", "http_success_feedback_sample_rate")...)
	if w.exists(t.ID()) {
		w.bring(b.address, w.topicARN(t))
	}
	if t.Policy.IsZero() {
		return
	}
	p := w.resource("alarms.tf", "aws_sns_topic_policy", label, at)
	p.set("arn", expr(b.address+".arn"))
	p.body.AppendNewline()
	p.set("policy", w.document(policies, t.ID().String(), t.Policy))
	w.policies[w.topicARN(t)] = p.address
	if was, ok := now[*resource.Topic](w, t.ID()); ok && !was.Policy.IsZero() {
		w.bring(p.address, w.topicARN(t))
	}
}

// topicName is a topic as a trail names it: CloudTrail gives back a name for a topic of the trail's own region and account.
func (w *writer) topicName(t *resource.Trail) expr {
	for _, r := range w.m.Resources {
		if topic, ok := r.(*resource.Topic); ok && w.topicARN(topic) == t.TopicARN && topic.Region == t.Region && topic.Account == t.Account {
			return expr("aws_sns_topic." + w.labels[topic.ID()] + ".name")
		}
	}
	if name, ok := strings.CutPrefix(t.TopicARN, w.arn("sns", t.Region, t.Account, "")); ok {
		return quoted(name)
	}
	return w.refer(last, t.TopicARN)
}

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/sns_topic_subscription

func (w *writer) subscription(s *resource.Subscription) {
	label := w.labels[s.ID()]
	b := w.resource("alarms.tf", "aws_sns_topic_subscription", label, place{s.Account, s.Region})
	b.set("topic_arn", w.refer(last, w.arn("sns", s.Region, s.Account, s.Topic)))
	b.text("protocol", s.Protocol)
	switch web := s.Protocol == "http" || s.Protocol == "https"; {
	case !web && (s.Endpoint.IsZero() || s.Endpoint.Equal(secret.New(s.Label))):
		b.text("endpoint", s.Label)
	default:
		name := label + "_endpoint"
		w.variable = append(w.variable, variable{name: name, kind: "string", sensitive: true,
			about: "Endpoint of the " + s.Protocol + " subscription " + s.Label + " of topic " + s.Topic + ". It is a secret: whoever has it can write there."})
		b.set("endpoint", expr("var."+name))
		if web {
			b.set("endpoint_auto_confirms", "true")
		}
	}
	if strings.HasPrefix(s.Protocol, "email") && !s.Confirmed {
		w.manual = append(w.manual, step{"Whoever reads " + s.Label + " has to follow the link in the message that AWS sends. Until then the subscription is told nothing.", ""})
	}
	if !strings.HasPrefix(s.ARN, "arn:") {
		return
	}
	b.keep(false, "raw_message_delivery", "filter_policy", "delivery_policy", "redrive_policy",
		"endpoint_auto_confirms", "confirmation_timeout_in_minutes")
	w.bring(b.address, s.ARN)
}

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/chatbot_slack_channel_configuration

func (w *writer) slackChannel(c *resource.SlackChannel) {
	b := w.resource("alarms.tf", "aws_chatbot_slack_channel_configuration", w.labels[c.ID()], place{c.Account, ""})
	b.text("configuration_name", c.Name)
	b.text("slack_team_id", c.Workspace)
	b.text("slack_channel_id", c.Channel)
	b.set("iam_role_arn", w.refer(last, c.RoleARN))
	b.set("sns_topic_arns", w.referAll(last, c.Topics))
	if w.exists(c.ID()) { // tags_all is the provider's own here, and no argument
		b.keep(false, "tags", "logging_level", "guardrail_policy_arns", "user_authorization_required")
	}
	if w.exists(c.ID()) {
		w.bring(b.address, w.arn("chatbot", "", c.Account, "chat-configuration/slack-channel/"+c.Name))
		return
	}
	w.manual = append(w.manual, step{"Authorize the Slack workspace " + c.Workspace + " once, in the console of Amazon Q Developer in chat applications (formerly AWS Chatbot). " +
		"Without that the channel's configuration cannot be made.", ""})
}
