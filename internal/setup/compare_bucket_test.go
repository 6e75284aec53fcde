package setup

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// wantedBucket is a log bucket as a blueprint wants it.
func wantedBucket() *resource.Bucket {
	return &resource.Bucket{Account: someAccount, Region: someRegion, Name: "logs", Public: resource.PublicAccess{BlockACLs: true, IgnoreACLs: true, BlockPolicy: true, Restrict: true},
		Ownership: "BucketOwnerEnforced", Encryption: resource.Encryption{Algorithm: "aws:kms", KeyARN: ourKey, BucketKey: true}, Versioning: "Enabled",
		Lifecycle: []resource.LifecycleRule{{ID: "trailseal-retention", Enabled: true, Transitions: []resource.Transition{{Days: 400, Class: "DEEP_ARCHIVE"}}, ExpireDays: 2557, NoncurrentDays: 365, AbortDays: 7}},
		Logging:   resource.AccessLogging{Bucket: "access", Prefix: "logs/"},
		Policy:    delivering("cloudtrail.amazonaws.com")}
}

// delivering is a policy with which a service may put objects.
func delivering(service string, more ...policy.Statement) policy.Document {
	return policy.Document{Version: "2012-10-17", Statements: append([]policy.Statement{{Sid: "Write", Effect: "Allow", Principal: policy.Principal{"Service": {service}},
		Action: []string{"s3:PutObject"}, Resource: []string{"arn:aws:s3:::logs/AWSLogs/111122223333/*"},
		Condition: policy.Condition{"StringEquals": {"aws:SourceArn": {"arn:aws:cloudtrail:eu-central-1:111122223333:trail/acme"}}}}}, more...)}
}

// accessBucket is a bucket of access logs as a blueprint wants it.
func accessBucket() *resource.Bucket {
	b := wantedBucket()
	b.Encryption, b.Logging, b.Policy = resource.Encryption{Algorithm: "AES256"}, resource.AccessLogging{}, delivering("logging.s3.amazonaws.com")
	return b
}

func rule(f func(*resource.LifecycleRule)) []resource.LifecycleRule {
	r := resource.LifecycleRule{ID: "theirs", Enabled: true, ExpireDays: 3650}
	f(&r)
	return []resource.LifecycleRule{r}
}

// lines are changes as lines: step, setting, now, want, and what a person has to do or to answer.
func lines(changes []Change) []string {
	var all []string
	for _, c := range changes {
		line := string(c.Step) + ": " + c.Setting + ": " + c.Now + " → " + c.Want
		if c.Ask != "" {
			line += " (ask)"
		}
		if c.Manual != "" {
			line += " (manual)"
		}
		all = append(all, line)
	}
	return all
}

func TestBucketChanges(t *testing.T) {
	for name, c := range map[string]struct {
		now     func(b *resource.Bucket)
		want    func(b *resource.Bucket)
		access  bool // a bucket of access logs
		changes []string
		notes   []string // each in one of the notes
	}{
		"as wanted": {},
		"public access open": {now: func(b *resource.Bucket) { b.Public = resource.PublicAccess{IgnoreACLs: true} }, changes: []string{
			"public access block: BlockPublicAcls: off → on", "public access block: BlockPublicPolicy: off → on", "public access block: RestrictPublicBuckets: off → on"}},
		"lists grant access":     {now: func(b *resource.Bucket) { b.Ownership = "ObjectWriter" }, changes: []string{"ownership: ObjectOwnership: ObjectWriter → BucketOwnerEnforced"}},
		"versioning suspended":   {now: func(b *resource.Bucket) { b.Versioning = "Suspended" }, changes: []string{"versioning: Status: Suspended → Enabled"}},
		"versioning, MFA delete": {now: func(b *resource.Bucket) { b.Versioning, b.MFADelete = "Suspended", true }, changes: []string{"versioning: Status: Suspended → Enabled (manual)"}},
		"encrypted by S3":        {now: func(b *resource.Bucket) { b.Encryption = resource.Encryption{Algorithm: "AES256"} }, changes: []string{"encryption: SSEAlgorithm: AES256 → aws:kms", "encryption: KMSMasterKeyID:  → " + ourKey, "encryption: BucketKeyEnabled: off → on"}},
		"the key of S3":          {now: func(b *resource.Bucket) { b.Encryption.KeyARN = "" }, changes: []string{"encryption: KMSMasterKeyID:  → " + ourKey}},
		"another key stays":      {now: func(b *resource.Bucket) { b.Encryption = resource.Encryption{Algorithm: "aws:kms", KeyARN: otherKey} }, notes: []string{"another key"}},
		"the key by its id":      {now: func(b *resource.Bucket) { b.Encryption.KeyARN = "ours" }},
		"double encryption stays": {now: func(b *resource.Bucket) {
			b.Encryption = resource.Encryption{Algorithm: "aws:kms:dsse", KeyARN: ourKey}
		}},
		"logs nowhere":          {now: func(b *resource.Bucket) { b.Logging = resource.AccessLogging{} }, changes: []string{"access logging: TargetBucket:  → access"}},
		"logs into itself":      {now: func(b *resource.Bucket) { b.Logging = resource.AccessLogging{Bucket: "logs"} }, changes: []string{"access logging: TargetBucket: logs → access"}},
		"logs elsewhere stay":   {now: func(b *resource.Bucket) { b.Logging = resource.AccessLogging{Bucket: "theirs"} }, notes: []string{"bucket theirs"}},
		"expires after 30 days": {now: func(b *resource.Bucket) { b.Lifecycle = rule(func(r *resource.LifecycleRule) { r.ExpireDays = 30 }) }, changes: []string{`lifecycle: Expiration (rule "theirs"): 30 days → 2557 days`}},
		"expires later":         {now: func(b *resource.Bucket) { b.Lifecycle = rule(func(r *resource.LifecycleRule) {}) }, notes: []string{"3650 days"}},
		"expires never":         {now: func(b *resource.Bucket) { b.Lifecycle = rule(func(r *resource.LifecycleRule) { r.ExpireDays = 0 }) }, notes: []string{"no lifecycle rule expires"}},
		"expires, but is off": {now: func(b *resource.Bucket) {
			b.Lifecycle = rule(func(r *resource.LifecycleRule) { r.ExpireDays, r.Enabled = 30, false })
		}, notes: []string{"no lifecycle rule expires"}},
		"old versions go at once": {now: func(b *resource.Bucket) { b.Lifecycle = rule(func(r *resource.LifecycleRule) { r.NoncurrentDays = 1 }) }, changes: []string{`lifecycle: NoncurrentVersionExpiration (rule "theirs"): 1 day → 365 days`}, notes: []string{"3650 days"}},
		"expires with a filter": {now: func(b *resource.Bucket) {
			b.Lifecycle = rule(func(r *resource.LifecycleRule) { r.ExpireDays, r.Filter = 30, `{"Tag":{}}` })
		}, changes: []string{`lifecycle: Rule (rule "theirs"): expires after 30 days → no GLACIER or DEEP_ARCHIVE before 400 days, no expiration before 2557 days, no noncurrent expiration before 365 days (manual)`}},
		"expires on a day": {now: func(b *resource.Bucket) {
			b.Lifecycle = rule(func(r *resource.LifecycleRule) { r.ExpireDays, r.ExpireDate = 0, "2026-01-01" })
		}, changes: []string{`lifecycle: Rule (rule "theirs"): expires on 2026-01-01 → no GLACIER or DEEP_ARCHIVE before 400 days, no expiration before 2557 days, no noncurrent expiration before 365 days (manual)`}, notes: []string{"no lifecycle rule expires"}},
		"archived early": {now: func(b *resource.Bucket) {
			b.Lifecycle = rule(func(r *resource.LifecycleRule) {
				r.Transitions = []resource.Transition{{Days: 1, Class: "GLACIER_IR"}, {Days: 30, Class: "GLACIER"}, {Days: 120, Class: "DEEP_ARCHIVE"}}
			})
		}, changes: []string{`lifecycle: Transition to GLACIER (rule "theirs"): 30 days → 400 days`, `lifecycle: Transition to DEEP_ARCHIVE (rule "theirs"): 120 days → 490 days`}, notes: []string{"3650 days"}},
		"in use, without any rule": {now: func(b *resource.Bucket) { b.Lifecycle = nil }, notes: []string{"no lifecycle rule expires anything"}},
		"there, but not in use":    {now: func(b *resource.Bucket) { b.Lifecycle, b.Policy = nil, policy.Document{} }, changes: []string{`lifecycle: Rule (rule "trailseal-retention"):  → DEEP_ARCHIVE after 400 days, expires after 2557 days, noncurrent versions after 365 days, unfinished uploads after 7 days (ask)`, "policy: Policy, statement Write:  → " + brief(delivering("cloudtrail.amazonaws.com").Statements[0])}},
		"no lifecycle beside MFA":  {now: func(b *resource.Bucket) { b.Lifecycle, b.Policy, b.MFADelete = nil, policy.Document{}, true }, changes: []string{"policy: Policy, statement Write:  → " + brief(delivering("cloudtrail.amazonaws.com").Statements[0])}, notes: []string{"beside MFA delete"}},
		"MFA delete wanted":        {now: func(b *resource.Bucket) { b.Lifecycle = nil }, want: func(b *resource.Bucket) { b.Lifecycle, b.MFADelete = nil, true }, changes: []string{"mfa delete: MFADelete: Disabled → Enabled (manual)"}},
		"lock wanted":              {want: func(b *resource.Bucket) { b.Lock = resource.Lock{Enabled: true, Mode: "GOVERNANCE", Days: 400} }, changes: []string{"object lock: ObjectLockConfiguration: off → GOVERNANCE, 400 days (ask)"}, notes: nil},
		"lock of years stays":      {now: func(b *resource.Bucket) { b.Lock = resource.Lock{Enabled: true, Mode: "COMPLIANCE", Years: 7} }, want: func(b *resource.Bucket) { b.Lock = resource.Lock{Enabled: true, Mode: "GOVERNANCE", Days: 400} }, notes: []string{"COMPLIANCE, 7 years"}},
		"a short lock grows":       {now: func(b *resource.Bucket) { b.Lock = resource.Lock{Enabled: true, Mode: "COMPLIANCE", Days: 30} }, want: func(b *resource.Bucket) { b.Lock = resource.Lock{Enabled: true, Mode: "GOVERNANCE", Days: 400} }, changes: []string{"object lock: ObjectLockConfiguration: COMPLIANCE, 30 days → COMPLIANCE, 400 days (ask)"}},
		"lock that nobody wanted":  {now: func(b *resource.Bucket) { b.Lock = resource.Lock{Enabled: true, Mode: "GOVERNANCE", Days: 1} }},
		"access logs, SSE-KMS":     {access: true, now: func(b *resource.Bucket) { b.Encryption = resource.Encryption{Algorithm: "aws:kms", KeyARN: otherKey} }, changes: []string{"encryption: SSEAlgorithm: aws:kms → AES256 (manual)"}},
		"access logs, locked":      {access: true, now: func(b *resource.Bucket) { b.Lock = resource.Lock{Enabled: true, Mode: "GOVERNANCE", Days: 1} }, changes: []string{"object lock: DefaultRetention: GOVERNANCE, 1 days → none (manual)"}},
	} {
		t.Run(name, func(t *testing.T) {
			now, want := wantedBucket(), wantedBucket()
			if c.access {
				now, want = accessBucket(), accessBucket()
			}
			if c.now != nil {
				c.now(now)
			}
			if c.want != nil {
				c.want(want)
			}
			got := &comparison{}
			compareBucket(got, now, want)
			if d := cmp.Diff(c.changes, lines(got.changes)); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			noted(t, got.notes, c.notes)
		})
	}
}

// noted checks that there are as many notes as texts, and that each has its text.
func noted(t *testing.T, notes, texts []string) {
	t.Helper()
	if len(notes) != len(texts) {
		t.Errorf("notes %q, want %q", notes, texts)
		return
	}
	for i, text := range texts {
		if !strings.Contains(notes[i], text) {
			t.Errorf("note %q, want %q in it", notes[i], text)
		}
	}
}

func TestRootTurnsMFADeleteOn(t *testing.T) {
	for region, arn := range map[string]string{
		"eu-central-1":  "arn:aws:iam::111122223333:mfa/root-account-mfa-device",
		"us-gov-west-1": "arn:aws-us-gov:iam::111122223333:mfa/root-account-mfa-device",
	} {
		now, want := wantedBucket(), wantedBucket()
		now.Region, want.Region, want.MFADelete = region, region, true
		c := &comparison{}
		compareBucket(c, now, want)
		if len(c.changes) != 1 {
			t.Fatalf("changes %v", lines(c.changes))
		}
		command := `aws s3api put-bucket-versioning --bucket logs --versioning-configuration Status=Enabled,MFADelete=Enabled --mfa "` + arn + ` 123456"`
		if !strings.Contains(c.changes[0].Manual, command) || !strings.Contains(c.changes[0].Manual, "Object Lock") {
			t.Errorf("the step is %q, want %q and Object Lock in it, since there is a lifecycle", c.changes[0].Manual, command)
		}
	}
}

// Policies that stop the delivery of log files, or seem to.
func TestDenyOfDeliveries(t *testing.T) {
	const locked, unknown, fine = "locked out", "not known", "fine"
	deny := func(operator, key string, values ...string) policy.Statement {
		s := policy.Statement{Sid: "Deny", Effect: "Deny", Principal: policy.Principal{"*": {"*"}}, Action: []string{"s3:PutObject"}, Resource: []string{"arn:aws:s3:::logs/*"}}
		if operator != "" {
			s.Condition = policy.Condition{operator: {key: values}}
		}
		return s
	}
	with := func(s policy.Statement, f func(*policy.Statement)) policy.Statement { f(&s); return s }
	for name, c := range map[string]struct {
		statement policy.Statement
		want      string
	}{
		"KMS only":                      {deny("StringNotEquals", "s3:x-amz-server-side-encryption", "aws:kms"), locked},
		"KMS or AES256":                 {deny("StringNotEquals", "s3:x-amz-server-side-encryption", "aws:kms", "AES256"), fine},
		"without TLS":                   {deny("Bool", "aws:SecureTransport", "false"), fine},
		"old TLS":                       {deny("NumericLessThan", "s3:TlsVersion", "1.2"), fine},
		"of everything":                 {deny("", ""), locked},
		"but services":                  {deny("BoolIfExists", "aws:PrincipalIsAWSService", "false"), fine},
		"other organizations":           {deny("StringNotEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"), locked},
		"other organizations, if known": {deny("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-a1b2c3d4e5"), locked},
		"no organization":               {deny("Null", "aws:PrincipalOrgID", "true"), locked},
		"outside of the VPC":            {deny("StringNotEquals", "aws:SourceVpce", "vpce-1"), locked},
		"inside of a VPC":               {deny("StringEquals", "aws:SourceVpce", "vpce-1"), fine},
		"other buckets' source":         {deny("StringNotEquals", "aws:SourceAccount", "111122223333"), unknown},
		"of another prefix":             {with(deny("", ""), func(s *policy.Statement) { s.Resource = []string{"arn:aws:s3:::logs/tmp/*"} }), fine},
		"of all actions but reading":    {with(deny("", ""), func(s *policy.Statement) { s.Action, s.NotAction = nil, []string{"s3:Get*"} }), locked},
		"of deleting":                   {with(deny("", ""), func(s *policy.Statement) { s.Action = []string{"s3:Delete*"} }), fine},
		"of s3:*":                       {with(deny("", ""), func(s *policy.Statement) { s.Action = []string{"s3:*"} }), locked},
		"of one role":                   {with(deny("", ""), func(s *policy.Statement) { s.Principal = policy.Principal{"AWS": {"arn:aws:iam::111122223333:role/x"}} }), fine},
		"of all but one role": {with(deny("", ""), func(s *policy.Statement) {
			s.Principal, s.NotPrincipal = nil, policy.Principal{"AWS": {"arn:aws:iam::111122223333:role/x"}}
		}), locked},
		"of all but CloudTrail": {with(deny("", ""), func(s *policy.Statement) {
			s.Principal, s.NotPrincipal = nil, policy.Principal{"Service": {"cloudtrail.amazonaws.com"}}
		}), fine},
		"other organizations, not AWS's": {with(deny("StringNotEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"), func(s *policy.Statement) {
			s.Condition["Bool"] = map[string][]string{"aws:PrincipalIsAWSService": {"false"}}
		}), fine},
	} {
		t.Run(name, func(t *testing.T) {
			now := wantedBucket()
			now.Policy = delivering("cloudtrail.amazonaws.com", c.statement)
			got := &comparison{}
			target := compareBucket(got, now, wantedBucket())
			is := fine
			switch {
			case slices.ContainsFunc(got.changes, func(ch Change) bool { return ch.Step == resource.BucketPolicy && ch.Manual != "" }):
				is = locked
			case slices.ContainsFunc(got.notes, func(n string) bool { return strings.Contains(n, "is not known") }):
				is = unknown
			}
			if is != c.want {
				t.Errorf("it is %s, want %s: %v %v", is, c.want, lines(got.changes), got.notes)
			}
			if !policy.Equal(target.Policy, now.Policy) {
				t.Errorf("the policy is to be changed: %s", cmp.Diff(now.Policy, target.Policy))
			}
		})
	}
}
