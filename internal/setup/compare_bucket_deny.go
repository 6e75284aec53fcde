package setup

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// verdict is whether a condition of a Deny holds for a request with which CloudTrail delivers a log file or a digest.
type verdict int

const (
	holds verdict = iota
	fails
	unclear
)

// lockedOut names each Deny that stops CloudTrail from delivering. It is left to a person: setup removes no Deny.
func lockedOut(c *comparison, b *resource.Bucket) {
	for _, s := range b.Policy.Statements {
		switch deny, how := denies(s, b.Name); {
		case !deny:
		case how == "":
			c.note("whether the Deny of statement %s is met by CloudTrail's deliveries is not known; setup status shows whether they arrive", called(s.Sid))
		default:
			c.change(resource.BucketPolicy, "Policy, statement "+called(s.Sid), brief(s), "no Deny that CloudTrail's deliveries meet", whyDelivery).Manual = how
		}
	}
}

// denies reports whether a statement may deny CloudTrail's deliveries, and what is to be done about it; nothing is said where
// it is not known whether it does.
func denies(s policy.Statement, bucket string) (bool, string) {
	if s.Effect != "Deny" || !putting(s) || !aboutTrail(s) || !aboutLogs(s, bucket) {
		return false, ""
	}
	all, how := holds, "remove the statement, or except AWS services from it: Bool aws:PrincipalIsAWSService false"
	for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
		for _, key := range slices.Sorted(maps.Keys(s.Condition[operator])) {
			v, advice := judge(operator, strings.ToLower(key), s.Condition[operator][key])
			switch {
			case v == fails:
				return false, "" // conditions are joined by and
			case v == unclear:
				all = unclear
			case advice != "":
				how = advice
			}
		}
	}
	if all == unclear {
		how = ""
	}
	return true, how
}

func putting(s policy.Statement) bool {
	any := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return wild(strings.ToLower(p), "s3:putobject") })
	}
	return any(s.Action) || len(s.NotAction) > 0 && !any(s.NotAction)
}

func aboutTrail(s policy.Statement) bool {
	everybody := slices.Contains(s.Principal["*"], "*") || slices.Contains(s.Principal["AWS"], "*")
	return everybody || slices.Contains(s.Principal["Service"], "cloudtrail.amazonaws.com") ||
		len(s.NotPrincipal) > 0 && !slices.Contains(s.NotPrincipal["Service"], "cloudtrail.amazonaws.com")
}

// aboutLogs reports whether a statement is about objects below some AWSLogs/.
func aboutLogs(s policy.Statement, bucket string) bool {
	any := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			_, p, _ = strings.Cut(p, ":::")
			return wild(p, bucket+"/AWSLogs/x") || strings.Contains(p, "/AWSLogs/")
		})
	}
	return any(s.Resource) || len(s.NotResource) > 0 && !any(s.NotResource)
}

// wild reports whether a text is what a pattern of IAM says, in which * stands for any text.
func wild(pattern, text string) bool {
	// A star of package path stops at a slash.
	flat := strings.NewReplacer("/", "\x01", "[", `\[`, `\`, `\\`)
	ok, err := path.Match(flat.Replace(pattern), strings.ReplaceAll(text, "/", "\x01"))
	return ok && err == nil
}

// judge says whether one condition holds for CloudTrail, which delivers over TLS as a service, by no endpoint of a VPC and
// as no principal of any account; log files with the trail's encryption, and digests with AES256.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
func judge(operator, key string, values []string) (verdict, string) {
	operator, ifExists := strings.CutSuffix(operator, "IfExists")
	switch key {
	case "aws:securetransport", "aws:principalisawsservice":
		if operator == "Bool" && len(values) == 1 && strings.EqualFold(values[0], "false") {
			return fails, ""
		}
	case "s3:tlsversion":
		if strings.HasPrefix(operator, "NumericLessThan") {
			return fails, ""
		}
	case "s3:x-amz-server-side-encryption":
		if operator != "StringNotEquals" {
			return unclear, ""
		}
		if slices.Contains(values, "AES256") && slices.Contains(values, "aws:kms") {
			return fails, ""
		}
		return holds, "let s3:x-amz-server-side-encryption be aws:kms and AES256 in that statement: CloudTrail writes digests with AES256"
	case "s3:x-amz-acl":
		if operator == "StringNotEquals" && slices.Contains(values, "bucket-owner-full-control") {
			return fails, ""
		}
	case "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn", "aws:principalaccount", "aws:userid", "aws:username",
		"aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip":
		return absent(operator, ifExists, values), ""
	}
	return unclear, ""
}

// absent says whether a condition holds for a request that does not have its key.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func absent(operator string, ifExists bool, values []string) verdict {
	switch {
	case strings.HasPrefix(operator, "For"): // ForAllValues, ForAnyValue
		return unclear
	case operator == "Null":
		if len(values) == 1 && strings.EqualFold(values[0], "true") {
			return holds
		}
		return fails
	case ifExists, strings.Contains(operator, "Not"):
		return holds
	}
	return fails
}
