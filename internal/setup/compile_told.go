package setup

import (
	"net/url"
	"slices"

	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
)

// pagerDutyHosts are the hosts of PagerDuty's integrations. A subscription to one is called pagerduty, any other by its
// host, as who reads subscriptions calls them.
var pagerDutyHosts = [...]string{"events.pagerduty.com", "events.eu.pagerduty.com"}

// subscriptions wants those whom the topic of alarms tells.
func (c *compiler) subscriptions() error {
	topic := c.topicID(c.l.alarm)
	for _, address := range c.b.Alarms.Email {
		c.want(&resource.Subscription{Account: c.s.Account, Region: c.s.Region, Topic: c.l.alarm, Protocol: "email", Label: address,
			Endpoint: secret.New(address), Confirmed: true}, topic)
	}
	ref := c.b.Alarms.PagerDuty
	if ref == "" {
		return nil
	}
	endpoint, ok := c.facts.Secrets[ref]
	label := "pagerduty"
	if ok {
		u, err := url.Parse(endpoint.Reveal())
		if err != nil || u.Scheme != "https" || u.Hostname() == "" {
			return wrong("alarms.pagerduty", "what %q stands for is no https URL: want the endpoint of PagerDuty's Amazon CloudWatch integration", ref)
		}
		if !slices.Contains(pagerDutyHosts[:], u.Hostname()) { // a proxy's
			label = u.Hostname()
		}
	}
	c.want(&resource.Subscription{Account: c.s.Account, Region: c.s.Region, Topic: c.l.alarm, Protocol: "https", Label: label,
		Endpoint: endpoint, Confirmed: true}, topic)
	return nil
}

// slackThere is the configuration of the Slack channel that is there; nil if none is.
func (c *compiler) slackThere() *resource.SlackChannel {
	for _, s := range c.s.Channel {
		if s.Account == c.s.Account && s.Workspace == c.b.Alarms.Slack.Workspace && s.Channel == c.b.Alarms.Slack.Channel {
			return s
		}
	}
	return nil
}

// slackChannel wants the configuration of the Slack channel, with the alarms' topic among those that it shows.
func (c *compiler) slackChannel() {
	p := c.b.Alarms.Slack
	if p == nil {
		return
	}
	want := &resource.SlackChannel{Account: c.s.Account, Name: c.l.alarm, Workspace: p.Workspace, Channel: p.Channel,
		RoleARN: c.l.slack.arn, Topics: []string{c.topicARN(c.l.alarm)}}
	needs := []resource.ID{c.topicID(c.l.alarm)}
	if is := c.slackThere(); is != nil {
		want.Name, want.RoleARN = is.Name, is.RoleARN
		if !slices.Contains(is.Topics, want.Topics[0]) {
			want.Topics = append(want.Topics, is.Topics...)
		} else {
			want.Topics = slices.Clone(is.Topics)
		}
		slices.Sort(want.Topics)
	} else {
		needs = append(needs, c.roleID(c.l.slack))
	}
	c.want(want, needs...).Notes = []string{"AWS Chatbot has to be let into the Slack workspace once, by hand, in its console"}
}
