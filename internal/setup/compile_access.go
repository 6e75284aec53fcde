package setup

import (
	"cmp"
	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// The services that resources speak of.
const (
	cloudTrail = "cloudtrail.amazonaws.com"
	awsConfig  = "config.amazonaws.com"
	chatbot    = "chatbot.amazonaws.com"
)

// access wants the trust of the organization, and roles.
func (c *compiler) access() {
	l := &c.l
	if l.organization != "" && c.s.Account == c.s.Organization.ManagementAccount {
		c.want(&resource.ServiceAccess{Account: c.s.Account, Service: cloudTrail})
	}
	if c.b.Auditor.Role != "" {
		c.wantAuditor()
	}
	if l.managed == "" && l.group != "" && !l.logRole.foreign {
		role := c.arnOf("iam", "", c.s.Account, "role"+cmp.Or(l.logRole.path, "/")+l.logRole.name)
		c.want(&resource.Role{Account: c.s.Account, Name: l.logRole.name, Path: l.logRole.path,
			Trust:       c.shared(func(t *resource.Trail) bool { return t.LogRoleARN == role }, policy.LogsTrust(l.arn)),
			Description: "CloudTrail writes the events of " + l.name + " to CloudWatch Logs",
			Inline:      map[string]policy.Document{"trailseal-logs": policy.LogsWrite(c.s.Partition, c.s.Region, c.s.Account, l.group, l.organization)}})
	}
	if c.b.Alarms.Slack != nil && l.group != "" && c.slackThere() == nil {
		c.want(&resource.Role{Account: c.s.Account, Name: l.slack.name, Path: l.slack.path, Trust: policy.ServiceTrust(chatbot, c.s.Account),
			Description: "What people in the Slack channel of alarms may ask of CloudWatch",
			Inline:      map[string]policy.Document{"trailseal-alarms": slackReads()}})
	}
	if c.recorders() {
		c.want(&resource.Role{Account: c.s.Account, Name: configRole, Path: configRolePath, ServiceLinkedTo: awsConfig})
	}
}

// wantAuditor wants the role with which evidence is read.
func (c *compiler) wantAuditor() {
	l := &c.l
	trusted := c.b.Auditor.Trusted
	if len(trusted) == 0 {
		trusted = []string{c.arnOf("iam", "", c.s.Account, "root")}
	}
	a := policy.Auditor{Partition: c.s.Partition, Account: c.s.Account, Region: c.s.Region, Bucket: l.bucket, Prefix: l.prefix,
		TrailARN: l.arn, LogGroup: l.group}
	if l.managed != "" {
		a.Bucket, a.Prefix, a.KeyARN = l.trail.Bucket, l.trail.Prefix, l.trail.KeyARN
	} else if l.key.account != c.s.Account {
		a.KeyARN = l.key.arn // of the account's own, the key's policy says it
	}
	c.want(&resource.Role{Account: c.s.Account, Name: c.b.Auditor.Role, Path: "/", Trust: policy.AuditorTrust(trusted),
		Description: "Reads the evidence of audit logging, and changes nothing",
		Inline:      map[string]policy.Document{"trailseal-evidence": policy.ForAuditor(a)}})
}

// auditorARN is the ARN of the auditor's role; empty where none is wanted.
func (c *compiler) auditorARN() string {
	if c.b.Auditor.Role == "" {
		return ""
	}
	return c.role(c.b.Auditor.Role).arn
}

func (c *compiler) roleID(r roleRef) resource.ID {
	if r.foreign {
		return resource.ID{}
	}
	return resource.ID{Kind: resource.RoleKind, Account: c.s.Account, Name: r.name}
}

// slackReads is what a channel is shown beside an alarm: AWS's own proposal for notifications.
//
// https://docs.aws.amazon.com/chatbot/latest/adminguide/chatbot-iam-policies.html
func slackReads() policy.Document {
	return policy.Document{Version: "2012-10-17", Statements: []policy.Statement{{Sid: "ReadAlarms", Effect: "Allow",
		Action: []string{"cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*"}, Resource: []string{"*"}}}}
}
