package policy

import (
	"maps"
	"slices"
)

// cloudTrail is CloudTrail as a principal.
const cloudTrail = "cloudtrail.amazonaws.com"

// The keys of conditions that say for whom a service acts, and who calls.
const (
	sourceARN     = "aws:SourceArn"
	sourceAccount = "aws:SourceAccount"
	principalARN  = "aws:PrincipalArn"
)

// ofTrail keeps CloudTrail to what it does for one trail. Without it, a trail of anybody's could use what is allowed here.
func ofTrail(arn string) Condition { return Condition{"StringEquals": {sourceARN: {arn}}} }

// Also is d with others named beside trail wherever d lets CloudTrail do something for that trail: for trails that share
// its bucket, key, topic or role.
func Also(d Document, trail string, others []string) Document {
	d.Statements = slices.Clone(d.Statements)
	for n, s := range d.Statements {
		if !slices.Contains(s.Condition["StringEquals"][sourceARN], trail) {
			continue
		}
		condition := Condition{}
		for operator, keys := range s.Condition {
			condition[operator] = maps.Clone(keys)
		}
		all := slices.Concat(s.Condition["StringEquals"][sourceARN], others)
		slices.Sort(all)
		condition["StringEquals"][sourceARN] = slices.Compact(all)
		d.Statements[n].Condition = condition
	}
	return d
}

// LogsTrust is the trust policy of the role with which CloudTrail writes to CloudWatch Logs.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html
func LogsTrust(trailARN string) Document {
	return document(Statement{Sid: "AllowCloudTrail", Effect: "Allow", Principal: service(cloudTrail), Action: []string{"sts:AssumeRole"},
		Condition: ofTrail(trailARN)})
}

// LogsWrite is what that role may do: write CloudTrail's streams of the log group, which is in region and account, the
// trail's. organization is o-…, or empty where the trail is no organization's.
func LogsWrite(partition, region, account, group, organization string) Document {
	streams := "arn:" + partition + ":logs:" + region + ":" + account + ":log-group:" + group + ":log-stream:"
	of := []string{streams + account + "_CloudTrail_" + region + "*"}
	if organization != "" {
		of = append(of, streams+organization+"_*")
	}
	return document(
		Statement{Sid: "AWSCloudTrailCreateLogStream20141101", Effect: "Allow", Action: []string{"logs:CreateLogStream"}, Resource: of},
		Statement{Sid: "AWSCloudTrailPutLogEvents20141101", Effect: "Allow", Action: []string{"logs:PutLogEvents"}, Resource: of})
}
