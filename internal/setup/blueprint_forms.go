package setup

import (
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// form is how AWS takes a text.
type form struct {
	ok   func(string) bool
	want string // in words
}

func pattern(text, want string) form {
	return form{regexp.MustCompile(`^(?:` + text + `)$`).MatchString, want}
}

// The forms of names. Each is AWS's own rule, but for name, which other names are made of.
var (
	nameForm    = pattern(`[a-z][a-z0-9]*(-[a-z0-9]+)*`, "1 to 24 lower-case letters, digits and single hyphens, a letter first, as in acme").atMost(24)
	regionForm  = pattern(`[a-z]{2,4}(-[a-z]{2,12}){1,2}-[0-9]{1,2}`, "a region, as in eu-central-1")
	accountForm = pattern(`[0-9]{12}`, "an account's 12 digits")
	// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html
	trailForm = form{isTrailName, "3 to 128 letters, digits, dots, underscores and hyphens, a letter or digit first and last, no two signs side by side"}
	keyForm   = pattern(`arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]{1,64}`, "the ARN of a key, as in arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	bucketForm = form{isBucketName, "3 to 63 lower-case letters, digits, dots and hyphens, a letter or digit first and last"}
	prefixForm = pattern(`[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*`, "at most 200 letters, digits and ! - _ . * ' ( ), with / between parts but not first or last").atMost(200)
	// Roles of IAM Identity Center have names that AWS makes, so that a pattern is taken, but never of all roles.
	roleARNForm = pattern(`arn:aws[a-z-]*:iam::[0-9]{12}:role/([!-~]{1,510}/)?[A-Za-z0-9+=,.@_*?-]*[A-Za-z0-9+=,.@_-][A-Za-z0-9+=,.@_*?-]*`,
		"the ARN of a role, as in arn:aws:iam::111122223333:role/Readers").atMost(600)
	lockForm = pattern(`governance|compliance`, "governance or compliance")
	roleForm = pattern(`[A-Za-z0-9+=,.@_-]{1,64}`, "a role's name: 1 to 64 letters, digits and + = , . @ _ -")
	// What may assume a role: never everybody.
	principalForm = pattern(`arn:aws[a-z-]*:iam::[0-9]{12}:(root|(role|user)/[A-Za-z0-9+=,.@_/-]{1,512})`, "the ARN of an account's root, a role or a user, as in arn:aws:iam::111122223333:root")
	groupForm     = pattern(`[A-Za-z0-9_/.#-]{1,512}`, "1 to 512 letters, digits and _ - / . #")
	topicForm     = pattern(`[A-Za-z0-9_-]{1,256}`, "1 to 256 letters, digits, underscores and hyphens: a standard topic")
	workspaceForm = pattern(`T[A-Z0-9]{2,30}`, "the workspace's id in Slack, as in T07EA123LEP")
	channelForm   = pattern(`[CG][A-Z0-9]{2,30}`, "the channel's id in Slack, as in C07EZ1ABC23")
	ruleForm      = pattern(`[A-Z][A-Z0-9]*(_[A-Z0-9]+)*`, "the identifier of a managed rule, as in CLOUD_TRAIL_ENCRYPTION_ENABLED").atMost(120)
	databaseForm  = pattern(`[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*`, "an RDS identifier: 1 to 63 letters, digits and single hyphens, a letter first").atMost(63)
	s3EventForm   = form{isObjects, "a bucket's name, arn:aws:s3:::BUCKET/PREFIX, or all"}
	functionForm  = pattern(`[A-Za-z0-9_-]{1,64}|arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}`, "a function's name or ARN, without a version, or all")
	tableForm     = pattern(`[A-Za-z0-9_.-]{3,255}|arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]{3,255}`, "a table's name or ARN, or all")
)

// The words that AWS takes.
var (
	insightTypes = [...]string{"ApiCallRateInsight", "ApiErrorRateInsight"}
	// groupDays are the retentions of a log group that CloudWatch Logs takes, from the year on that an audit looks back.
	groupDays   = [...]int{365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
	logClasses  = [...]string{"all", "ddl", "function", "misc", "read", "role", "write"}
	auditEvents = [...]string{"CONNECT", "QUERY", "QUERY_DDL", "QUERY_DML", "QUERY_DML_NO_SELECT", "QUERY_DCL", "TABLE"}
)

func standardNames() []string { return slices.Sorted(maps.Keys(standards)) }

func (f form) atMost(n int) form {
	return form{func(s string) bool { return len(s) <= n && f.ok(s) }, f.want}
}

var trailName = regexp.MustCompile(`^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$`)

func isTrailName(s string) bool {
	_, err := netip.ParseAddr(s)
	return len(s) >= 3 && len(s) <= 128 && trailName.MatchString(s) && err != nil
}

var (
	bucketName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])$`)
	// What S3 keeps for itself.
	bucketBegins = [...]string{"xn--", "sthree-", "amzn-s3-demo-"}
	bucketEnds   = [...]string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}
)

func isBucketName(s string) bool {
	_, err := netip.ParseAddr(s)
	return len(s) >= 3 && len(s) <= 63 && bucketName.MatchString(s) && !strings.Contains(s, "..") && err != nil &&
		!slices.ContainsFunc(bucketBegins[:], func(p string) bool { return strings.HasPrefix(s, p) }) &&
		!slices.ContainsFunc(bucketEnds[:], func(p string) bool { return strings.HasSuffix(s, p) })
}

var s3ARN = regexp.MustCompile(`^arn:aws[a-z-]*:s3:::([^/]+)(/[ -~]*)?$`)

func isObjects(s string) bool {
	if m := s3ARN.FindStringSubmatch(s); m != nil {
		return len(s) <= 1100 && isBucketName(m[1])
	}
	return isBucketName(s)
}
