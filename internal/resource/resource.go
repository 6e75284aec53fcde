package resource

import (
	"errors"
	"fmt"
)

// Kind is a kind of resource.
type Kind string

// The kinds, in the order in which they are made.
const (
	ServiceAccessKind   Kind = "service access"     // an AWS service that AWS Organizations trusts
	RoleKind            Kind = "role"               // IAM
	KeyKind             Kind = "key"                // KMS
	BucketKind          Kind = "bucket"             // S3
	LogGroupKind        Kind = "log group"          // CloudWatch Logs
	TopicKind           Kind = "topic"              // SNS
	TrailKind           Kind = "trail"              // CloudTrail
	SubscriptionKind    Kind = "subscription"       // SNS
	SlackChannelKind    Kind = "slack channel"      // AWS Chatbot, Amazon Q Developer in chat applications
	MetricFilterKind    Kind = "metric filter"      // CloudWatch Logs
	AlarmKind           Kind = "alarm"              // CloudWatch
	RecorderKind        Kind = "recorder"           // AWS Config
	DeliveryChannelKind Kind = "delivery channel"   // AWS Config
	RuleKind            Kind = "config rule"        // AWS Config
	HubKind             Kind = "security hub"       // Security Hub
	DetectorKind        Kind = "guardduty detector" // GuardDuty
	ParameterGroupKind  Kind = "db parameter group" // RDS, of instances or clusters
	OptionGroupKind     Kind = "db option group"    // RDS
	DatabaseKind        Kind = "database"           // RDS instance or cluster
)

// Kinds are all kinds, in the order in which they are made.
func Kinds() []Kind {
	return []Kind{ServiceAccessKind, RoleKind, KeyKind, BucketKind, LogGroupKind, TopicKind, TrailKind, SubscriptionKind,
		SlackChannelKind, MetricFilterKind, AlarmKind, RecorderKind, DeliveryChannelKind, RuleKind, HubKind, DetectorKind,
		ParameterGroupKind, OptionGroupKind, DatabaseKind}
}

// ID names a resource. Two resources with the same ID are one.
type ID struct {
	Kind    Kind   `json:"kind"`
	Account string `json:"account"`
	Region  string `json:"region,omitempty"` // empty for IAM and AWS Organizations
	Name    string `json:"name"`             // what AWS calls it within its account and region; see each type
}

func (id ID) String() string {
	if id.Region == "" {
		return fmt.Sprintf("%s %s (%s)", id.Kind, id.Name, id.Account)
	}
	return fmt.Sprintf("%s %s (%s %s)", id.Kind, id.Name, id.Account, id.Region)
}

// Resource is one of the types of this package, by pointer.
type Resource interface {
	ID() ID
}

// Step is what one call to AWS sets of a resource. Each type names its own; Create is every kind's first.
type Step string

// Create makes a resource that is not there.
const Create Step = "create"

// State is what an account says of a resource.
type State struct {
	// Resource is nil where there is none of that name, which then is known.
	Resource Resource
	// Unread says of each step whose settings could not be read why. With Create among them, nothing is known, not even
	// whether the resource is there.
	Unread map[Step]error
}

// Edit is one call to make.
type Edit struct {
	Step Step
	To   Resource // the settings to write are those of Step in it
	From Resource // what was read; nil with Create
}

// What package account says of a call, beside the words of package object (ErrDenied, ErrCredentials, …).
var (
	// ErrNotYet: AWS does not yet see what was written before. The same call will work in a moment.
	ErrNotYet = errors.New("AWS does not see what it needs yet")
	// ErrUnsupported: the service is not offered there, or the endpoint does not know the call.
	ErrUnsupported = errors.New("the service is not offered there")
	// ErrTaken: the name belongs to somebody else, as a bucket's can.
	ErrTaken = errors.New("the name is taken")
	// ErrRefused: AWS does not accept the settings.
	ErrRefused = errors.New("AWS refuses the settings")
)
