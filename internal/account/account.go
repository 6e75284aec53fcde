package account

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/trailseal/trailseal/internal/cloud"
	"github.com/trailseal/trailseal/internal/resource"
)

// Account is AWS accounts, reached with one session. It may be used by many goroutines at a time.
type Account struct {
	session *cloud.Session

	mu       sync.Mutex
	sessions map[string]*cloud.Session // by account: each has credentials of its own, which it keeps
}

// New returns the accounts that a session reaches: its own, and others by its RoleName.
func New(session *cloud.Session) *Account {
	return &Account{session: session, sessions: map[string]*cloud.Session{}}
}

// of is the session with which an account is reached, the same each time.
func (a *Account) of(ctx context.Context, account string) (*cloud.Session, error) {
	a.mu.Lock()
	known := a.sessions[account]
	a.mu.Unlock()
	if known != nil {
		return known, nil
	}
	s, err := a.session.Account(ctx, account)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if known := a.sessions[account]; known != nil {
		return known, nil
	}
	a.sessions[account] = s
	return s, nil
}

// handler reads and writes the resources of a kind.
type handler struct {
	read func(ctx context.Context, a *Account, id resource.ID) (resource.State, error)
	do   func(ctx context.Context, a *Account, edit resource.Edit) error
	// reads are the permissions that read needs; writes are those that do needs, by step.
	reads  []Permission
	writes map[resource.Step][]Permission
}

// Permission is an IAM action with what it is about.
type Permission = resource.Permission

// handle has each kind once. A new kind is a line here and a file.
func handle(kind resource.Kind) handler {
	switch kind {
	case resource.ServiceAccessKind:
		return serviceAccessHandler
	case resource.RoleKind:
		return roleHandler
	case resource.KeyKind:
		return keyHandler
	case resource.BucketKind:
		return bucketHandler
	case resource.LogGroupKind:
		return logGroupHandler
	case resource.TopicKind:
		return topicHandler
	case resource.TrailKind:
		return trailHandler
	case resource.SubscriptionKind:
		return subscriptionHandler
	case resource.SlackChannelKind:
		return slackChannelHandler
	case resource.MetricFilterKind:
		return metricFilterHandler
	case resource.AlarmKind:
		return alarmHandler
	case resource.RecorderKind:
		return recorderHandler
	case resource.DeliveryChannelKind:
		return deliveryChannelHandler
	case resource.RuleKind:
		return ruleHandler
	case resource.HubKind:
		return hubHandler
	case resource.DetectorKind:
		return detectorHandler
	case resource.ParameterGroupKind:
		return parameterGroupHandler
	case resource.OptionGroupKind:
		return optionGroupHandler
	case resource.DatabaseKind:
		return databaseHandler
	}
	return handler{}
}

// Read reads one resource.
func (a *Account) Read(ctx context.Context, id resource.ID) (resource.State, error) {
	h := handle(id.Kind)
	if h.read == nil {
		return resource.State{}, fmt.Errorf("read %s: there is no such kind", id)
	}
	return h.read(ctx, a, id)
}

// Do makes one call.
func (a *Account) Do(ctx context.Context, edit resource.Edit) error {
	id := edit.To.ID()
	h := handle(id.Kind)
	if h.do == nil {
		return fmt.Errorf("write %s: there is no such kind", id)
	}
	return h.do(ctx, a, edit)
}

// Reads are the permissions that reading a kind needs.
func Reads(kind resource.Kind) []Permission { return slices.Clone(handle(kind).reads) }

// Writes are the permissions that a step of a kind needs.
func Writes(kind resource.Kind, step resource.Step) []Permission {
	return slices.Clone(handle(kind).writes[step])
}

// config is what a client for a resource's account and region is made of.
func (a *Account) config(ctx context.Context, account, region string) (aws.Config, error) {
	s, err := a.of(ctx, account)
	if err != nil {
		return aws.Config{}, err
	}
	cfg := s.Config()
	if region != "" {
		cfg.Region = region
	}
	return cfg, nil
}
