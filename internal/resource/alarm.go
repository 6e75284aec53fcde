package resource

import (
	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/secret"
)

// Topic is an SNS topic. Its ID's Name is the topic's name.
type Topic struct {
	Account, Region, Name string
	KeyARN                string // KmsMasterKeyId as SNS states it: an id, ARN or alias; empty: not encrypted
	Policy                policy.Document
}

// The steps of a topic. Create makes it with its key.
const (
	TopicKey    Step = "key"
	TopicPolicy Step = "policy"
)

// ID has the topic's name.
func (t *Topic) ID() ID { return ID{TopicKind, t.Account, t.Region, t.Name} }

// Subscription is whom a topic tells. Its ID's Name is topic, protocol and Label, since the endpoint can be a secret.
type Subscription struct {
	Account, Region string
	Topic           string // its name
	Protocol        string // email, https, …
	Label           string // what it is called where the endpoint must not be shown: an address, or as in pagerduty
	Endpoint        secret.String
	// Confirmed says that whoever is at the endpoint has agreed. A subscription that waits for that is told nothing.
	Confirmed bool
	ARN       string // empty while it waits
	// Same are the other subscriptions of this ID, where several endpoints have one label. It is read, never written.
	Same []*Subscription
}

// ID has topic/protocol/label.
func (s *Subscription) ID() ID {
	return ID{SubscriptionKind, s.Account, s.Region, s.Topic + "/" + s.Protocol + "/" + s.Label}
}

// SlackChannel is a configuration of AWS Chatbot that shows topics in a Slack channel. Its ID's Name is the
// configuration's name; it has no region.
type SlackChannel struct {
	Account   string
	Name      string
	Workspace string   // SlackTeamId, as in T07EA123LEP; it is authorized once in the console
	Channel   string   // SlackChannelId, as in C07EZ1ABC23
	RoleARN   string   // whose permissions people in the channel have
	Topics    []string // ARNs, sorted
}

// The steps of a Slack channel. Create makes it with all its settings.
const SlackChannelSettings Step = "settings"

// ID has the configuration's name.
func (c *SlackChannel) ID() ID { return ID{SlackChannelKind, c.Account, "", c.Name} }

// MetricFilter is a CloudWatch Logs metric filter with its one transformation. Its ID's Name is group:filter.
type MetricFilter struct {
	Account, Region string
	LogGroup, Name  string
	Pattern         string
	Namespace       string
	Metric          string
	Value           string   // as in 1
	Default         *float64 // nil: none
	// Others counts transformations beyond the first, which AWS does not make today.
	Others int

	// What a filter of others may have. Writing the filter keeps it.

	Unit        string            // as in Count; empty: None
	Dimensions  map[string]string // selector by name; an alarm that names no dimension does not see such a metric
	Criteria    string            // FieldSelectionCriteria: which centralized logs it looks at; empty: all
	System      []string          // EmitSystemFieldDimensions: dimensions too; sorted
	Transformed bool              // ApplyOnTransformedLogs
}

// The steps of a metric filter. Create and Settings are the same call, which replaces.
const MetricFilterSettings Step = "settings"

// ID has group and filter.
func (f *MetricFilter) ID() ID {
	return ID{MetricFilterKind, f.Account, f.Region, f.LogGroup + ":" + f.Name}
}

// Alarm is a CloudWatch alarm on one metric. Its ID's Name is the alarm's name.
type Alarm struct {
	Account, Region, Name string
	Description           string
	Namespace, Metric     string
	Statistic             string // Sum, …; empty where it is an extended statistic or a metric expression
	Period                int    // seconds
	Periods               int    // EvaluationPeriods
	Points                int    // DatapointsToAlarm; 0: as many as Periods
	Threshold             float64
	Comparison            string // GreaterThanOrEqualToThreshold, …
	Missing               string // TreatMissingData; empty: missing
	ActionsEnabled        bool
	Actions               []string // AlarmActions, sorted ARNs
	OKActions             []string
	NoDataActions         []string // InsufficientDataActions
	Dimensions            bool     // it is about one dimension: such a metric is not a filter's of ours
	Unit                  string   // it sees only data of this unit; empty: all. A metric filter writes None unless it says otherwise
}

// The steps of an alarm. Create and Settings are the same call, which replaces.
const (
	AlarmSettings Step = "settings"
	AlarmEnable   Step = "enable actions"
)

// ID has the alarm's name.
func (a *Alarm) ID() ID { return ID{AlarmKind, a.Account, a.Region, a.Name} }
