package setup

import (
	"fmt"

	"github.com/trailseal/trailseal/internal/config"
)

// blueprintBytes is how long a blueprint may be.
const blueprintBytes = 1 << 20

// ReadBlueprint reads a blueprint of at most 1 MiB, which is strict YAML. It does not say whether the values are right: that
// is for Check. file is for messages only; every error begins with it, and has the line where there is one.
func ReadBlueprint(file string, text []byte) (Blueprint, error) {
	if len(text) > blueprintBytes {
		return Blueprint{}, fmt.Errorf("%s: the file is longer than %d bytes", file, blueprintBytes)
	}
	section, err := config.ParseSection(file, text)
	if err != nil {
		return Blueprint{}, err
	}
	var b Blueprint
	if err := section.Decode(&b); err != nil {
		return Blueprint{}, err
	}
	return b, nil
}

// Blueprint is what a person wants of an account's audit logging. Its zero value, with a name, is what SOC 2 asks for.
// docs/spec/blueprint.md has each member with its default.
type Blueprint struct {
	Name         string         `yaml:"name" json:"name,omitempty"`       // of everything that is made
	Region       string         `yaml:"region" json:"region,omitempty"`   // of the trail and its alarms; the session's if empty
	Regions      []string       `yaml:"regions" json:"regions,omitempty"` // of AWS Config, Security Hub and GuardDuty; Region if empty
	Organization bool           `yaml:"organization" json:"organization,omitempty"`
	Trail        TrailPlan      `yaml:"trail" json:"trail,omitempty"`
	Key          KeyPlan        `yaml:"key" json:"key,omitempty"`
	Bucket       BucketPlan     `yaml:"bucket" json:"bucket,omitempty"`
	DataEvents   DataEvents     `yaml:"data_events" json:"data_events,omitempty"`
	Alarms       AlarmPlan      `yaml:"alarms" json:"alarms,omitempty"`
	Config       ConfigPlan     `yaml:"config" json:"config,omitempty"`
	SecurityHub  HubPlan        `yaml:"security_hub" json:"security_hub,omitempty"`
	GuardDuty    bool           `yaml:"guardduty" json:"guardduty,omitempty"`
	Databases    []DatabasePlan `yaml:"databases" json:"databases,omitempty"`
	Auditor      AuditorPlan    `yaml:"auditor" json:"auditor,omitempty"`
}

// TrailPlan is the trail.
type TrailPlan struct {
	Name          string   `yaml:"name" json:"name,omitempty"`                     // of a trail to adopt or make; the blueprint's name if empty
	Insights      []string `yaml:"insights" json:"insights,omitempty"`             // ApiCallRateInsight, ApiErrorRateInsight
	DeliveryTopic *bool    `yaml:"delivery_topic" json:"delivery_topic,omitempty"` // an SNS notice with each delivery; true if not said
}

// KeyPlan is the KMS key.
type KeyPlan struct {
	ARN string `yaml:"arn" json:"arn,omitempty"` // of a key that is there; else one is made or found by its alias
}

// BucketPlan is the log bucket and the bucket of its access logs.
type BucketPlan struct {
	Name            string    `yaml:"name" json:"name,omitempty"`
	Account         string    `yaml:"account" json:"account,omitempty"` // of the log archive; the trail's if empty
	Prefix          string    `yaml:"prefix" json:"prefix,omitempty"`
	Readers         []string  `yaml:"readers" json:"readers,omitempty"`         // ARNs of roles that may read; others then may not. Empty: IAM decides
	BreakGlass      string    `yaml:"break_glass" json:"break_glass,omitempty"` // ARN of the role that may delete; nobody if empty
	AccessLogBucket string    `yaml:"access_log_bucket" json:"access_log_bucket,omitempty"`
	Retention       Retention `yaml:"retention" json:"retention,omitempty"`
	Lock            *LockPlan `yaml:"object_lock" json:"object_lock,omitempty"`
	MFADelete       bool      `yaml:"mfa_delete" json:"mfa_delete,omitempty"` // asks for no lifecycle
}

// Retention is how long logs are kept. Zero values are the defaults.
type Retention struct {
	HotDays   int `yaml:"hot_days" json:"hot_days,omitempty"`     // in a storage class that can be read at once; 400
	TotalDays int `yaml:"total_days" json:"total_days,omitempty"` // until they expire; 2557, seven years
}

// LockPlan is Object Lock.
type LockPlan struct {
	Mode string `yaml:"mode" json:"mode,omitempty"` // governance or compliance; governance
	Days int    `yaml:"days" json:"days,omitempty"` // of default retention; 400
}

// DataEvents are the resources whose data events are logged.
type DataEvents struct {
	S3       []string `yaml:"s3" json:"s3,omitempty"`             // bucket names, ARNs with a prefix, or all
	Lambda   []string `yaml:"lambda" json:"lambda,omitempty"`     // function names or ARNs, or all
	DynamoDB []string `yaml:"dynamodb" json:"dynamodb,omitempty"` // table names or ARNs, or all
}

// AlarmPlan is who is told of what.
type AlarmPlan struct {
	Detections []string   `yaml:"detections" json:"detections,omitempty"` // ids, globs as in cis-*; cis-* if empty
	LogGroup   string     `yaml:"log_group" json:"log_group,omitempty"`
	Days       int        `yaml:"retention_days" json:"retention_days,omitempty"` // of the log group; 400
	Topic      string     `yaml:"topic" json:"topic,omitempty"`                   // name of the SNS topic
	Email      []string   `yaml:"email" json:"email,omitempty"`
	PagerDuty  string     `yaml:"pagerduty" json:"pagerduty,omitempty"` // reference to a secret, as in env:PAGERDUTY_URL: the integration's https endpoint
	Slack      *SlackPlan `yaml:"slack" json:"slack,omitempty"`
}

// SlackPlan is a channel that AWS Chatbot writes to.
type SlackPlan struct {
	Workspace string `yaml:"workspace" json:"workspace,omitempty"` // T…
	Channel   string `yaml:"channel" json:"channel,omitempty"`     // C…
}

// ConfigPlan is AWS Config.
type ConfigPlan struct {
	Enabled *bool    `yaml:"enabled" json:"enabled,omitempty"` // true if not said
	Bucket  string   `yaml:"bucket" json:"bucket,omitempty"`
	Rules   []string `yaml:"rules" json:"rules,omitempty"` // identifiers beyond those of default
}

// HubPlan is Security Hub.
type HubPlan struct {
	Enabled   *bool    `yaml:"enabled" json:"enabled,omitempty"`     // true if not said
	Standards []string `yaml:"standards" json:"standards,omitempty"` // cis-1.2.0, cis-1.4.0, cis-3.0.0, cis-5.0.0, foundational; cis-3.0.0 if empty
}

// DatabasePlan is an RDS database whose audit log is wanted.
type DatabasePlan struct {
	Instance string   `yaml:"instance" json:"instance,omitempty"` // or
	Cluster  string   `yaml:"cluster" json:"cluster,omitempty"`
	PGAudit  []string `yaml:"pgaudit" json:"pgaudit,omitempty"`           // classes of pgaudit.log: ddl, role, write, …; ddl, role, write if empty
	Events   []string `yaml:"server_audit" json:"server_audit,omitempty"` // SERVER_AUDIT_EVENTS; CONNECT, QUERY_DDL, QUERY_DCL if empty
}

// AuditorPlan is the role with which evidence is read.
type AuditorPlan struct {
	Role    string   `yaml:"role" json:"role,omitempty"`       // its name; no role is made if empty
	Trusted []string `yaml:"trusted" json:"trusted,omitempty"` // ARNs that may assume it; the account's root if empty
}
