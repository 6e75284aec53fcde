package account

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
)

// SNS: https://docs.aws.amazon.com/sns/latest/api/

var topicHandler = handler{
	read:  readTopic,
	do:    doing(writeTopic),
	reads: []Permission{{Action: "sns:GetTopicAttributes"}},
	writes: map[resource.Step][]Permission{
		resource.Create:      {{Action: "sns:CreateTopic"}},
		resource.TopicKey:    {{Action: "sns:SetTopicAttributes"}},
		resource.TopicPolicy: {{Action: "sns:SetTopicAttributes"}},
	},
}

// subscriptionTopic is the topic of a subscription, whose ID's Name has more than the topic.
const subscriptionTopic = "arn:${partition}:sns:${region}:${account}:*"

var subscriptionHandler = handler{
	read:  reading(readSubscription),
	do:    doing(writeSubscription),
	reads: []Permission{{Action: "sns:ListSubscriptionsByTopic", On: []string{subscriptionTopic}}},
	writes: map[resource.Step][]Permission{
		resource.Create: {{Action: "sns:Subscribe", On: []string{subscriptionTopic}}},
	},
}

var subscriptionListReads = []Permission{
	{Action: "sns:ListSubscriptions", Any: true},
	{Action: "sns:ListSubscriptionsByTopic", On: []string{subscriptionTopic}},
}

func (a *Account) sns(ctx context.Context, account, region string) (*sns.Client, error) {
	cfg, err := a.within(ctx, account, region)
	if err != nil {
		return nil, err
	}
	return sns.NewFromConfig(cfg), nil
}

// topicARN is the ARN of a topic.
func (a *Account) topicARN(ctx context.Context, account, region, name string) (string, error) {
	me, err := a.session.Identity(ctx)
	if err != nil {
		return "", err
	}
	return arn.ARN{Partition: me.Partition, Service: "sns", Region: region, AccountID: account, Resource: name}.String(), nil
}

// readTopic reads a topic. One whose policy cannot be understood is known but for that.
func readTopic(ctx context.Context, a *Account, id resource.ID) (resource.State, error) {
	what := fmt.Sprintf("read topic %q in %q", id.Name, id.Region)
	client, err := a.sns(ctx, id.Account, id.Region)
	if err != nil {
		return a.unread(ctx, id, err)
	}
	name, err := a.topicARN(ctx, id.Account, id.Region, id.Name)
	if err != nil {
		return a.unread(ctx, id, err)
	}
	out, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(name)})
	switch {
	case is(err, "NotFound", "NotFoundException"):
		return resource.State{}, nil
	case err != nil:
		return a.unread(ctx, id, fault(ctx, what, err))
	}
	topic := &resource.Topic{Account: id.Account, Region: id.Region, Name: id.Name, KeyARN: out.Attributes["KmsMasterKeyId"]}
	state := resource.State{Resource: topic}
	if text := out.Attributes["Policy"]; text != "" {
		if topic.Policy, err = policy.Parse([]byte(text)); err != nil {
			state.Unread = map[resource.Step]error{resource.TopicPolicy: fmt.Errorf("%s: its policy: %w", what, err)}
		}
	}
	return state, nil
}

func writeTopic(ctx context.Context, a *Account, step resource.Step, to, _ *resource.Topic) error {
	client, err := a.sns(ctx, to.Account, to.Region)
	if err != nil {
		return err
	}
	attribute, value := "", ""
	switch step {
	case resource.Create:
		in := &sns.CreateTopicInput{Name: aws.String(to.Name)}
		if to.KeyARN != "" {
			in.Attributes = map[string]string{"KmsMasterKeyId": to.KeyARN}
		}
		if _, err := client.CreateTopic(ctx, in); err != nil {
			return fault(ctx, fmt.Sprintf("create topic %q in %q", to.Name, to.Region), err)
		}
		return nil
	case resource.TopicKey:
		attribute, value = "KmsMasterKeyId", to.KeyARN
	case resource.TopicPolicy:
		attribute, value = "Policy", to.Policy.JSON()
	default:
		return noStep(to.ID(), step)
	}
	name, err := a.topicARN(ctx, to.Account, to.Region, to.Name)
	if err != nil {
		return err
	}
	_, err = client.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: aws.String(name),
		AttributeName: aws.String(attribute), AttributeValue: aws.String(value)})
	if err != nil {
		return unseen(ctx, fmt.Sprintf("set the %s of topic %q in %q", step, to.Name, to.Region), err)
	}
	return nil
}

// readSubscription lists those of the topic. Where several have the ID, since their endpoints share a label, it is a
// confirmed one, and Same has the others.
func readSubscription(ctx context.Context, a *Account, id resource.ID) (*resource.Subscription, error) {
	topic, _, ok := strings.Cut(id.Name, "/")
	if !ok {
		return nil, fmt.Errorf("read %s: want the name as topic/protocol/label", id)
	}
	client, err := a.sns(ctx, id.Account, id.Region)
	if err != nil {
		return nil, err
	}
	name, err := a.topicARN(ctx, id.Account, id.Region, topic)
	if err != nil {
		return nil, err
	}
	all, err := topicSubscriptions(ctx, client, name)
	if err != nil {
		return nil, err
	}
	var found *resource.Subscription
	var same []*resource.Subscription
	for _, s := range all {
		switch {
		case s.ID() != id:
		case found == nil:
			found = s
		case s.Confirmed && !found.Confirmed:
			same = append(same, found)
			found = s
		default:
			same = append(same, s)
		}
	}
	if found != nil {
		found.Same = same
	}
	return found, nil
}

// topicSubscriptions are the subscriptions of a topic. A topic that is not there has none.
func topicSubscriptions(ctx context.Context, client *sns.Client, topicARN string) ([]*resource.Subscription, error) {
	what := fmt.Sprintf("list subscriptions of topic %q", topicARN)
	var list []*resource.Subscription
	err := pages(what, func(token *string) (int, *string, error) {
		out, err := client.ListSubscriptionsByTopic(ctx, &sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(topicARN), NextToken: token})
		switch {
		case is(err, "NotFound", "NotFoundException"):
			return 0, nil, nil
		case err != nil:
			return 0, nil, fault(ctx, what, err)
		}
		list = append(list, subscriptions(out.Subscriptions)...)
		return len(out.Subscriptions), out.NextToken, nil
	})
	return list, err
}

// subscriptions leaves out those that were deleted, which SNS lists for a while.
func subscriptions(listed []types.Subscription) []*resource.Subscription {
	var list []*resource.Subscription
	for _, s := range listed {
		topic, err := arn.Parse(aws.ToString(s.TopicArn))
		state := aws.ToString(s.SubscriptionArn)
		if err != nil || state == "Deleted" {
			continue
		}
		r := &resource.Subscription{Account: topic.AccountID, Region: topic.Region, Topic: topic.Resource,
			Protocol: aws.ToString(s.Protocol), Label: label(aws.ToString(s.Protocol), aws.ToString(s.Endpoint)),
			Endpoint: secret.New(aws.ToString(s.Endpoint))}
		if strings.HasPrefix(state, "arn:") {
			r.Confirmed, r.ARN = true, state
		}
		list = append(list, r)
	}
	return list
}

// label is what may be shown of an endpoint. The URL of an integration is a secret, as is the number of a person.
func label(protocol, endpoint string) string {
	switch protocol {
	case "https", "http":
		at, err := url.Parse(endpoint)
		switch {
		case err != nil || at.Hostname() == "":
			return "url"
		case at.Hostname() == "events.pagerduty.com" || at.Hostname() == "events.eu.pagerduty.com":
			return "pagerduty"
		}
		return at.Hostname()
	case "sms":
		return "…" + endpoint[max(0, len(endpoint)-2):]
	}
	return endpoint
}

// writeSubscription subscribes an endpoint. SNS answers a second time with the same subscription; of one that waits it asks
// the endpoint again.
func writeSubscription(ctx context.Context, a *Account, step resource.Step, to, _ *resource.Subscription) error {
	if step != resource.Create {
		return noStep(to.ID(), step)
	}
	client, err := a.sns(ctx, to.Account, to.Region)
	if err != nil {
		return err
	}
	name, err := a.topicARN(ctx, to.Account, to.Region, to.Topic)
	if err != nil {
		return err
	}
	_, err = client.Subscribe(ctx, &sns.SubscribeInput{TopicArn: aws.String(name), Protocol: aws.String(to.Protocol),
		Endpoint: aws.String(to.Endpoint.Reveal()), ReturnSubscriptionArn: true})
	if err != nil {
		return without(to.Endpoint, unseen(ctx, fmt.Sprintf("subscribe %s %s to topic %q in %q", to.Protocol, to.Label, to.Topic, to.Region), err))
	}
	return nil
}

// without is err, but for a text that quotes the secret: SNS says which endpoint it does not take.
func without(s secret.String, err error) error {
	if s.IsZero() || !strings.Contains(err.Error(), s.Reveal()) {
		return err
	}
	return &quiet{text: strings.ReplaceAll(err.Error(), s.Reveal(), s.String()), err: err}
}

// quiet is an error with another text.
type quiet struct {
	text string
	err  error
}

func (q *quiet) Error() string   { return q.text }
func (q *quiet) Is(e error) bool { return errors.Is(q.err, e) }

// surveySubscriptions lists the account's subscriptions in the region, and all that its topics have that an alarm tells:
// those of other accounts among them. The topics of other accounts are not asked; their owners alone may.
func surveySubscriptions(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {
	unlisted := func(err error) { a.unlisted(ctx, s, resource.SubscriptionKind, where.Region, err) }
	client, err := a.sns(ctx, s.Account, where.Region)
	if err != nil {
		unlisted(err)
		return
	}
	told := map[string]bool{}
	for _, alarm := range s.Alarms {
		for _, action := range alarm.Actions {
			at, err := arn.Parse(action)
			if err != nil || at.Service != "sns" || at.AccountID != s.Account || told[at.Resource] {
				continue
			}
			told[at.Resource] = true
			list, err := topicSubscriptions(ctx, client, action)
			unlisted(err)
			s.Subscriptions = append(s.Subscriptions, list...)
		}
	}
	all, err := accountSubscriptions(ctx, client, where.Region)
	unlisted(err)
	for _, r := range all {
		if r.Account == s.Account && r.Region == where.Region && !told[r.Topic] {
			s.Subscriptions = append(s.Subscriptions, r)
		}
	}
}

// accountSubscriptions are the account's own, of whatever topic.
func accountSubscriptions(ctx context.Context, client *sns.Client, region string) ([]*resource.Subscription, error) {
	what := fmt.Sprintf("list subscriptions in %q", region)
	var list []*resource.Subscription
	err := pages(what, func(token *string) (int, *string, error) {
		out, err := client.ListSubscriptions(ctx, &sns.ListSubscriptionsInput{NextToken: token})
		if err != nil {
			return 0, nil, fault(ctx, what, err)
		}
		list = append(list, subscriptions(out.Subscriptions)...)
		return len(out.Subscriptions), out.NextToken, nil
	})
	return list, err
}
