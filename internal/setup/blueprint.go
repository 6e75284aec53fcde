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
	Name         string         `yaml:"name"`    // of everything that is made
	Region       string         `yaml:"region"`  // of the trail and its alarms; the session's if empty
	Regions      []string       `yaml:"regions"` // of AWS Config, Security Hub and GuardDuty; Region if empty
	Organization bool           `yaml:"organization"`
	Trail        TrailPlan      `yaml:"trail"`
	Key          KeyPlan        `yaml:"key"`
	Bucket       BucketPlan     `yaml:"bucket"`
	DataEvents   DataEvents     `yaml:"data_events"`
	Alarms       AlarmPlan      `yaml:"alarms"`
	Config       ConfigPlan     `yaml:"config"`
	SecurityHub  HubPlan        `yaml:"security_hub"`
	GuardDuty    bool           `yaml:"guardduty"`
	Databases    []DatabasePlan `yaml:"databases"`
	Auditor      AuditorPlan    `yaml:"auditor"`
}

// TrailPlan is the trail.
type TrailPlan struct {
	Name          string   `yaml:"name"`           // of a trail to adopt or make; the blueprint's name if empty
	Insights      []string `yaml:"insights"`       // ApiCallRateInsight, ApiErrorRateInsight
	DeliveryTopic *bool    `yaml:"delivery_topic"` // an SNS notice with each delivery; true if not said
}

// KeyPlan is the KMS key.
type KeyPlan struct {
	ARN string `yaml:"arn"` // of a key that is there; else one is made or found by its alias
}

// BucketPlan is the log bucket and the bucket of its access logs.
type BucketPlan struct {
	Name            string    `yaml:"name"`
	Account         string    `yaml:"account"` // of the log archive; the trail's if empty
	Prefix          string    `yaml:"prefix"`
	Readers         []string  `yaml:"readers"`     // ARNs of roles that may read; others then may not. Empty: IAM decides
	BreakGlass      string    `yaml:"break_glass"` // ARN of the role that may delete; nobody if empty
	AccessLogBucket string    `yaml:"access_log_bucket"`
	Retention       Retention `yaml:"retention"`
	Lock            *LockPlan `yaml:"object_lock"`
	MFADelete       bool      `yaml:"mfa_delete"` // asks for no lifecycle
}

// Retention is how long logs are kept. Zero values are the defaults.
type Retention struct {
	HotDays   int `yaml:"hot_days"`   // in a storage class that can be read at once; 400
	TotalDays int `yaml:"total_days"` // until they expire; 2557, seven years
}

// LockPlan is Object Lock.
type LockPlan struct {
	Mode string `yaml:"mode"` // governance or compliance; governance
	Days int    `yaml:"days"` // of default retention; 400
}

// DataEvents are the resources whose data events are logged.
type DataEvents struct {
	S3       []string `yaml:"s3"`       // bucket names, ARNs with a prefix, or all
	Lambda   []string `yaml:"lambda"`   // function names or ARNs, or all
	DynamoDB []string `yaml:"dynamodb"` // table names or ARNs, or all
}

// AlarmPlan is who is told of what.
type AlarmPlan struct {
	Detections []string   `yaml:"detections"` // ids, globs as in cis-*; cis-* if empty
	LogGroup   string     `yaml:"log_group"`
	Days       int        `yaml:"retention_days"` // of the log group; 400
	Topic      string     `yaml:"topic"`          // name of the SNS topic
	Email      []string   `yaml:"email"`
	PagerDuty  string     `yaml:"pagerduty"` // reference to a secret, as in env:PAGERDUTY_URL: the integration's https endpoint
	Slack      *SlackPlan `yaml:"slack"`
}

// SlackPlan is a channel that AWS Chatbot writes to.
type SlackPlan struct {
	Workspace string `yaml:"workspace"` // T…
	Channel   string `yaml:"channel"`   // C…
}

// ConfigPlan is AWS Config.
type ConfigPlan struct {
	Enabled *bool    `yaml:"enabled"` // true if not said
	Bucket  string   `yaml:"bucket"`
	Rules   []string `yaml:"rules"` // identifiers beyond those of default
}

// HubPlan is Security Hub.
type HubPlan struct {
	Enabled   *bool    `yaml:"enabled"`   // true if not said
	Standards []string `yaml:"standards"` // cis-1.2.0, cis-1.4.0, cis-3.0.0, cis-5.0.0, foundational; cis-3.0.0 if empty
}

// DatabasePlan is an RDS database whose audit log is wanted.
type DatabasePlan struct {
	Instance string   `yaml:"instance"` // or
	Cluster  string   `yaml:"cluster"`
	PGAudit  []string `yaml:"pgaudit"`      // classes of pgaudit.log: ddl, role, write, …; ddl, role, write if empty
	Events   []string `yaml:"server_audit"` // SERVER_AUDIT_EVENTS; CONNECT, QUERY_DDL, QUERY_DCL if empty
}

// AuditorPlan is the role with which evidence is read.
type AuditorPlan struct {
	Role    string   `yaml:"role"`    // its name; no role is made if empty
	Trusted []string `yaml:"trusted"` // ARNs that may assume it; the account's root if empty
}
