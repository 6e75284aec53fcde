package resource

import "time"

// Where says which part of AWS a survey is about.
type Where struct {
	Region  string   // of the trail and its alarms
	Regions []string // of AWS Config, Security Hub and GuardDuty, Region among them
	// Topics, among others, are the alarm topics whose subscriptions are of interest.
	Databases bool // whether databases are of interest
}

// Survey is what an account has of what setup could adopt, whoever made it.
type Survey struct {
	Account   string // the caller's
	ARN       string // the caller's
	Partition string
	Region    string

	Organization Organization
	// Trails are all trails that the account sees in any region, an organization's among them.
	Trails []*Trail
	// Filters and Alarms are those of Region, on the log groups to which Trails deliver and on their metrics.
	Filters []*MetricFilter
	Alarms  []*Alarm
	// Recorders, Channels and Detectors are those of Regions.
	Recorders []*Recorder
	Channels  []*DeliveryChannel
	Detectors []*Detector
	Hubs      []*Hub
	// Subscriptions are those of the topics that Alarms tell, and of the topics of the account's own.
	Subscriptions []*Subscription
	Databases     []*Database
	Channel       []*SlackChannel

	// Unread says of each kind that could not be listed, in which region, and why. Region is empty for what has none.
	Unread []Unlisted
}

// Unlisted is a kind that could not be listed.
type Unlisted struct {
	Kind   Kind
	Region string
	Err    error
}

// Organization is the organization of an account.
type Organization struct {
	ID                string // o-…; empty: the account is in none
	ManagementAccount string
	AllFeatures       bool
	// DelegatedAdmins are the accounts that may manage CloudTrail for the organization. Only the management account and
	// they may ask; Unread then has ServiceAccessKind.
	DelegatedAdmins []string
	// Trusted are the services that the organization trusts, as in cloudtrail.amazonaws.com.
	Trusted []string
}

// Pulse is what shows that a trail works now. Times are UTC and zero where AWS states none.
type Pulse struct {
	Logging           bool
	StartedAt         time.Time // last StartLogging
	StoppedAt         time.Time // last StopLogging
	Delivered         time.Time // last log file
	DeliveryError     string    // S3's code for why the last delivery did not work
	Digested          time.Time // last digest
	DigestError       string
	CloudWatch        time.Time // last delivery to CloudWatch Logs, as the trail says
	CloudWatchError   string
	Notified          time.Time // last notice to the delivery topic
	NotificationError string
	GroupEvent        time.Time // newest event of the log group, as CloudWatch Logs says
	GroupStreams      int
}

// AlarmState is the state of an alarm now.
type AlarmState struct {
	Value  string // OK, ALARM, INSUFFICIENT_DATA
	Reason string
	Since  time.Time
}
