package policy

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// merging is a policy that is there and one that is wanted, and what becomes of it. The document is in a golden file.
type merging struct {
	now  string // JSON
	want Document
	// Sids, or short texts, of the statements that Merge tells of.
	added, replaced, dropped, kept []string
}

// statements is a policy with statements.
func statements(all ...string) string {
	return `{"Version":"2012-10-17","Id":"theirs","Statement":[` + strings.Join(all, ",") + `]}`
}

const (
	another = "arn:aws:cloudtrail:us-east-1:111122223333:trail/another"
	aclSid  = `"Sid":"AWSCloudTrailAclCheck20150319","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::logs"`
	putSid  = `"Sid":"AWSCloudTrailWrite20150319","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject"`
	putting = `"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject"`
	ownLogs = `"Resource":"arn:aws:s3:::logs/AWSLogs/111122223333/*"`
	fullACL = `"s3:x-amz-acl":"bucket-owner-full-control"`
	theirs  = `{"Sid":"Theirs","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::777788889999:role/siem"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}`
)

func wantBucket() Document {
	return ForLogBucket(LogBucket{Partition: "aws", Bucket: "logs", TrailARN: trail, Account: acct, BreakGlass: breaker})
}

// denies are the Deny statements of wantBucket.
var denies = []string{"DenyInsecureTransport", "DenyWritesButAWSServices", "DenyDeletes"}

func wantReaders(readers ...string) Document {
	return ForLogBucket(LogBucket{Partition: "aws", Bucket: "logs", TrailARN: trail, Account: acct, Readers: readers})
}

func withSid(d Document, sid string, change func(s *Statement)) string {
	d.Statements = slices.Clone(d.Statements)
	for i := range d.Statements {
		if d.Statements[i].Sid == sid {
			change(&d.Statements[i])
		}
	}
	return d.JSON()
}

func merges() map[string]merging {
	of := func(members ...string) string { return "{" + strings.Join(members, ",") + "}" }
	ours := func(more ...string) []string {
		return append([]string{"AWSCloudTrailAclCheck20150319", "AWSCloudTrailWrite20150319"}, more...)
	}
	return map[string]merging{
		"what-is-wanted": {now: wantBucket().JSON(), want: wantBucket()},
		"others-are-kept": {now: statements(theirs), want: wantBucket(),
			added: ours(denies...), kept: []string{"Theirs"}},
		"console-of-2015": { // the policy of the console before aws:SourceArn
			now: statements(of(aclSid), of(putSid, ownLogs, `"Condition":{"StringEquals":{`+fullACL+`}}`)), want: wantBucket(),
			replaced: ours(), added: denies},
		"other-sids": { // all that is wanted is there, by other names, and is not added
			now: statements(of(strings.Replace(aclSid, "20150319", "", 1), `"Condition":{"StringEquals":{"AWS:SourceArn":"`+trail+`"}}`),
				of(putting, `"Resource":"arn:aws:s3:::logs/AWSLogs/111122223333/*"`, `"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:111122223333:trail/*"},"StringEquals":{`+fullACL+`}}`),
				`{"Sid":"TLS","Effect":"Deny","Principal":{"AWS":"*"},"Action":"*","Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"],"Condition":{"Bool":{"aws:SecureTransport":false}}}`,
				`{"Sid":"Put","Effect":"Deny","Principal":"*","Action":"s3:Put*","Resource":"arn:aws:s3:::logs/*","Condition":{"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}`,
				`{"Sid":"Del","Effect":"Deny","Principal":"*","Action":["s3:Delete*","s3:BypassGovernanceRetention"],"Resource":"arn:aws:s3:::logs*"}`), want: wantBucket(),
			kept: []string{"Allow s3:PutObject", "TLS", "Put", "Del"}},
		"half-of-a-deny": { // TLS is asked for the objects alone
			now: statements(`{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::logs/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`), want: wantBucket(),
			added: ours(denies...), kept: []string{"TLS"}},
		"two-halves-of-a-deny": {
			now: statements(`{"Sid":"TLS1","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::logs/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`,
				`{"Sid":"TLS2","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::logs","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`), want: wantBucket(),
			added: ours("DenyWritesButAWSServices", "DenyDeletes"), kept: []string{"TLS1", "TLS2"}},
		"another-trail-of-ours": { // its ARN stays
			now: statements(of(aclSid, `"Condition":{"StringEquals":{"aws:SourceArn":"`+another+`"}}`),
				of(putSid, ownLogs, `"Condition":{"StringEquals":{`+fullACL+`,"aws:SourceArn":"`+another+`"}}`)), want: wantBucket(),
			replaced: ours(), added: denies},
		"a-trail-of-another-account": { // what it may write is kept apart
			now: statements(of(aclSid, `"Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-1:777788889999:trail/t"}}`),
				of(putSid, `"Resource":"arn:aws:s3:::logs/AWSLogs/777788889999/*"`, `"Condition":{"StringEquals":{`+fullACL+`,"aws:SourceArn":"arn:aws:cloudtrail:us-east-1:777788889999:trail/t"}}`)), want: wantBucket(),
			replaced: []string{"AWSCloudTrailAclCheck20150319"}, added: append([]string{"AWSCloudTrailWrite20150319N2"}, denies...), kept: []string{"AWSCloudTrailWrite20150319"}},
		"accounts-without-sources": { // each account's trails, and all of them for the ACL
			now: statements(of(aclSid), of(putSid, `"Resource":["arn:aws:s3:::logs/AWSLogs/777788889999/*","arn:aws:s3:::logs/AWSLogs/111122223333/*"]`, `"Condition":{"StringEquals":{`+fullACL+`}}`),
				of(`"Sid":"Third"`, putting, `"Resource":"arn:aws:s3:::logs/x/AWSLogs/222233334444/*"`)), want: wantBucket(),
			replaced: ours("Third"), added: denies},
		"another-organization": { // whose management account nobody here knows
			now: statements(of(aclSid), of(`"Sid":"Org"`, putting, `"Resource":"arn:aws:s3:::logs/AWSLogs/o-zzzzzzzzzz/*"`)), want: wantBucket(),
			replaced: []string{"AWSCloudTrailAclCheck20150319"}, added: append([]string{"AWSCloudTrailWrite20150319"}, denies...), kept: []string{"Org"}},
		"the-whole-bucket": {
			now: statements(of(`"Sid":"All"`, putting, `"Resource":"arn:aws:s3:::logs/*"`)), want: wantBucket(),
			replaced: []string{"All"}, added: append([]string{"AWSCloudTrailAclCheck20150319"}, denies...)},
		"a-source-that-is-anybodys": {
			now: statements(of(putSid, ownLogs, `"Condition":{"StringLike":{"aws:SourceArn":["arn:aws:cloudtrail:*:*:trail/*","`+another+`"],`+fullACL+`}}`)), want: wantBucket(),
			replaced: []string{"AWSCloudTrailWrite20150319"}, added: append([]string{"AWSCloudTrailAclCheck20150319"}, denies...)},
		"cloudtrail-beside-others": { // the others keep what they have
			now: statements(`{"Sid":"Services","Effect":"Allow","Principal":{"Service":["config.amazonaws.com","cloudtrail.amazonaws.com"]},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/AWSLogs/111122223333/*"}`), want: wantBucket(),
			replaced: []string{"Services"}, added: append([]string{"AWSCloudTrailAclCheck20150319"}, denies...)},
		"public": {
			now: statements(`{"Sid":"Public","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}`,
				`{"Sid":"OverTLS","Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`,
				`{"Sid":"ButOne","Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}`,
				`{"Sid":"IfAny","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*","Condition":{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}`,
				`{"Sid":"Some","Effect":"Allow","Principal":{"AWS":["*","arn:aws:iam::777788889999:role/siem"]},"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}`,
				`{"Sid":"Organization","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}`,
				`{"Sid":"Nobody","Effect":"Deny","Principal":"*","Action":"s3:PutObjectAcl","Resource":"arn:aws:s3:::logs/*"}`), want: wantBucket(),
			dropped: []string{"Public", "OverTLS", "ButOne", "IfAny"}, replaced: []string{"Some"}, added: ours(denies...), kept: []string{"Organization", "Nobody"}},
		"a-deny-that-denies-more": { // nobody may delete: a break-glass role does not change that
			now: wantReaders().JSON(), want: wantBucket(), kept: []string{"DenyDeletes"}},
		"a-deny-that-denies-less": {
			now: wantBucket().JSON(), want: wantReaders(), replaced: []string{"DenyDeletes"}},
		"another-break-glass-role": {
			now: withSid(wantBucket(), "DenyDeletes", func(s *Statement) { *s = denyDeletes("arn:aws:s3:::logs", siem) }), want: wantBucket(), replaced: []string{"DenyDeletes"}},
		"a-deny-of-something-else": { // under a Sid of ours
			now:  withSid(wantBucket(), "DenyDeletes", func(s *Statement) { s.Action = []string{"s3:PutLifecycleConfiguration"} }),
			want: wantBucket(), added: []string{"DenyDeletesN2"}, kept: []string{"DenyDeletes"}},
		"an-allow-under-the-sid-of-a-deny": {
			now: statements(strings.Replace(theirs, "Theirs", "DenyDeletes", 1)), want: wantBucket(),
			added: ours("DenyInsecureTransport", "DenyWritesButAWSServices", "DenyDeletesN2"), kept: []string{"DenyDeletes"}},
		"a-deny-under-the-sid-of-an-allow": {
			now: withSid(wantBucket(), "AWSCloudTrailWrite20150319", func(s *Statement) { s.Effect = "Deny" }), want: wantBucket(),
			added: []string{"AWSCloudTrailWrite20150319N2"}, kept: []string{"AWSCloudTrailWrite20150319"}},
		"more-readers": {
			now: wantReaders(readerARN).JSON(), want: wantReaders(readerARN, siem), replaced: []string{"ReadersRead", "DenyReadsButReaders"}},
		"fewer-readers": {
			now: wantReaders(readerARN, siem).JSON(), want: wantReaders(siem), replaced: []string{"ReadersRead", "DenyReadsButReaders"}},
		"no-readers": { // what keeps others from reading stays
			now: wantReaders(readerARN).JSON(), want: wantReaders(), kept: []string{"ReadersRead", "DenyReadsButReaders"}},
		"an-old-version": { // in which ${…} is no variable, and so must not become one
			now: `{"Statement":` + strings.Replace(theirs, "logs/*", "logs/${aws:username}/*", 1) + `}`, want: wantBucket(), added: ours(denies...), kept: []string{"Theirs"}},
		"the-organization-of-the-trail": {
			now:      statements(of(putSid, ownLogs, `"Condition":{"StringEquals":{`+fullACL+`}}`), of(`"Sid":"Org"`, putting, `"Resource":"arn:aws:s3:::logs/AWSLogs/o-a1b2c3d4e5/*"`, `"Condition":{"StringEquals":{`+fullACL+`}}`)),
			want:     ForLogBucket(LogBucket{Partition: "aws", Bucket: "logs", TrailARN: trail, Account: acct, Organization: "o-a1b2c3d4e5", BreakGlass: breaker}),
			replaced: []string{"AWSCloudTrailWrite20150319", "Org"}, added: append([]string{"AWSCloudTrailAclCheck20150319"}, denies...)},
		"key-of-the-console": { // of 2019, for two accounts
			now: statements(`{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root","arn:aws:sts::111122223333:assumed-role/Admin/a"]},"Action":"kms:*","Resource":"*"}`,
				`{"Sid":"Allow CloudTrail to encrypt logs","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:GenerateDataKey*","Resource":"*","Condition":{"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":["arn:aws:cloudtrail:*:111122223333:trail/*","arn:aws:cloudtrail:*:777788889999:trail/*"]}}}`,
				`{"Sid":"Allow CloudTrail to describe key","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:DescribeKey","Resource":"*"}`,
				`{"Sid":"Allow principals in the account to decrypt log files","Effect":"Allow","Principal":{"AWS":"*"},"Action":["kms:Decrypt","kms:ReEncryptFrom"],"Resource":"*","Condition":{"StringEquals":{"kms:CallerAccount":"111122223333"},"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":"arn:aws:cloudtrail:*:111122223333:trail/*"}}}`,
				`{"Sid":"Event data store","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["kms:GenerateDataKey","kms:Decrypt"],"Resource":"*"}`),
			want:     ForTrailKey(TrailKey{Partition: "aws", Account: acct, Region: "eu-central-1", TrailARN: trail}),
			replaced: []string{"Allow CloudTrail to encrypt logs", "Allow CloudTrail to describe key"},
			kept:     []string{"Enable IAM User Permissions", "Allow principals in the account to decrypt log files", "Event data store"}},
		"key-of-another-blueprint": { // whose trail, log group and owner stay
			now: withSid(ForTrailKey(TrailKey{Partition: "aws", Account: acct, Region: "eu-central-1", TrailARN: another, LogGroup: "b", LogsRegion: "eu-central-1"}), sidRoot,
				func(s *Statement) { s.Principal = Principal{"AWS": {"111122223333", siem}} }),
			want:     ForTrailKey(TrailKey{Partition: "aws", Account: acct, Region: "eu-central-1", TrailARN: trail, LogGroup: "a", LogsRegion: "eu-central-1"}),
			replaced: []string{"AllowCloudTrailEncrypt", "AllowCloudTrailDescribe", "AllowCloudTrailDecryptBucketKey", "AllowCloudWatchLogs"}, kept: []string{sidRoot}},
		"topic-as-sns-makes-it": {
			now:  `{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish","SNS:Receive"],"Resource":"arn:aws:sns:eu-central-1:111122223333:alarms","Condition":{"StringEquals":{"AWS:SourceOwner":"111122223333"}}}]}`,
			want: ForAlarmTopic("aws", "eu-central-1", acct, "alarms"), added: []string{"AllowCloudWatchAlarms"}, kept: []string{"__default_statement_ID"}},
		"topic-that-anybody-publishes-to": {
			now:  statements(`{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"arn:aws:sns:eu-central-1:111122223333:deliveries"}`, `{"Sid":"AWSCloudTrailSNSPolicy20131101","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"SNS:Publish","Resource":"arn:aws:sns:eu-central-1:111122223333:deliveries"}`),
			want: ForDeliveryTopic("aws", "eu-central-1", acct, "deliveries", trail), dropped: []string{""}, replaced: []string{"AWSCloudTrailSNSPolicy20131101"}, added: []string{sidOwner}},
		"trust-without-a-source": {
			now:  `{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
			want: LogsTrust(trail), replaced: []string{""}},
		"role-of-another-log-group": {
			now: LogsWrite("aws", "eu-central-1", acct, "another", "").JSON(), want: LogsWrite("aws", "eu-central-1", acct, "ours", ""),
			added: []string{"AWSCloudTrailCreateLogStream20141101N2", "AWSCloudTrailPutLogEvents20141101N2"}, kept: []string{"AWSCloudTrailCreateLogStream20141101", "AWSCloudTrailPutLogEvents20141101"}},
		"other-auditors": {now: AuditorTrust([]string{siem}).JSON(), want: AuditorTrust([]string{breaker}), replaced: []string{"AllowAuditor"}},
		"access-logs-of-two-buckets": {
			now: ForAccessLogBucket("aws", "access", "another", acct, "").JSON(), want: ForAccessLogBucket("aws", "access", "logs", acct, ""), replaced: []string{"S3ServerAccessLogsPolicy"}},
		"config-of-two-accounts": {
			now: ForConfigBucket("aws", "config", "777788889999").JSON(), want: ForConfigBucket("aws", "config", acct),
			replaced: []string{"AWSConfigBucketPermissionsCheck", "AWSConfigBucketExistenceCheck"}, added: []string{"AWSConfigBucketDeliveryN2"}, kept: []string{"AWSConfigBucketDelivery"}},
		"nothing-is-wanted": {now: statements(theirs), kept: []string{"Theirs"}},
	}
}

func sids(all []Replaced) []string {
	var list []string
	for _, r := range all {
		list = append(list, r.Sid)
	}
	return list
}

func TestMerge(t *testing.T) {
	for name, c := range merges() {
		t.Run(name, func(t *testing.T) {
			now := mustParse(t, c.now)
			m := Merge(now, c.want)
			for _, x := range []struct {
				what      string
				want, got []string
			}{{"added", c.added, m.Added}, {"replaced", c.replaced, sids(m.Replaced)}, {"dropped", c.dropped, sids(m.Dropped)}, {"kept", c.kept, m.Kept}} {
				if diff := cmp.Diff(x.want, x.got, cmpopts.EquateEmpty(), cmpopts.SortSlices(strings.Compare)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", x.what, diff)
				}
			}
			if diff := cmp.Diff(now, m.Document); len(m.Added)+len(m.Replaced)+len(m.Dropped) == 0 && diff != "" {
				t.Errorf("nothing is told, but the document changed:\n%s", diff)
			}
			checkMerged(t, now, c.want, m)
			golden(t, filepath.Join("testdata", "merge", name+".json"), m.Document.JSON()+"\n")
		})
	}
}

func TestMergeIntoNothing(t *testing.T) {
	for name, want := range built() {
		m := Merge(Document{}, want)
		if diff := cmp.Diff(want, m.Document); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if len(m.Added) != len(want.Statements) || len(m.Replaced)+len(m.Dropped)+len(m.Kept) > 0 {
			t.Errorf("%s: %d of %d statements are told as added: %+v", name, len(m.Added), len(want.Statements), m)
		}
	}
}

// checkMerged fails where a merge breaks what Merge promises whatever there was.
func checkMerged(t *testing.T, now, want Document, m Merged) {
	t.Helper()
	if again := Merge(m.Document, want); len(again.Added)+len(again.Replaced)+len(again.Dropped) > 0 || !Equal(m.Document, again.Document) {
		t.Errorf("merging again changes it: added %q, replaced %q, dropped %q\nonce:\n%s\nagain:\n%s", again.Added, sids(again.Replaced), sids(again.Dropped), m.Document.JSON(), again.Document.JSON())
	}
	for _, w := range want.Statements {
		if !covered(m.Document.Statements, w) {
			t.Errorf("%s is not there:\n%s", w.Sid, m.Document.JSON())
		}
	}
	for _, s := range m.Document.Statements {
		if public(s) {
			t.Errorf("%s is public", label(s))
		}
	}
	for _, s := range now.Statements {
		if s.Effect == "Deny" && !covered(m.Document.Statements, s) && !slices.Contains(sids(m.Replaced), s.Sid) {
			t.Errorf("the Deny %s is gone, and nothing is told of it", label(s))
		}
	}
	mine := map[string]bool{}
	for _, w := range want.Statements {
		mine[w.Sid] = true
	}
	for _, s := range now.Statements {
		if s.Effect == "Allow" && !mine[s.Sid] && !public(s) && !allows(s, cloudTrail) && !covered(m.Document.Statements, s) {
			t.Errorf("what %s of others allows is gone", label(s))
		}
	}
	for _, s := range m.Document.Statements {
		abroad := slices.ContainsFunc(m.Document.Statements, func(s Statement) bool { return strings.Contains(canonical(s), "o-") })
		if originOf(want).trail != "" && allows(s, cloudTrail) && !named(s) && !forEventDataStore(s) && !abroad {
			t.Errorf("%s is for a trail of anybody's", label(s))
		}
	}
	if _, err := Parse([]byte(m.Document.JSON())); err != nil && len(m.Document.JSON()) <= mostBytes && !m.Document.IsZero() {
		t.Errorf("%v in what was merged:\n%s", err, m.Document.JSON())
	}
}

// Whatever was there, merging gives what is wanted, nothing public, every Deny, and changes nothing the second time.
func FuzzMerge(f *testing.F) {
	wants := built()
	names := slices.Sorted(maps.Keys(wants))
	n := 0
	addSeeds(func(text string) {
		f.Add([]byte(text), uint8(n%len(names)))
		n++
	})
	f.Fuzz(func(t *testing.T, text []byte, which uint8) {
		now, err := Parse(text)
		if err != nil {
			return
		}
		before := now.JSON()
		want := wants[names[int(which)%len(names)]]
		checkMerged(t, now, want, Merge(now, want))
		if now.JSON() != before || want.JSON() != built()[names[int(which)%len(names)]].JSON() {
			t.Error("merging changed what it was given")
		}
	})
}

// A policy made of parts of all the others, with members left out and taken from each other, merges as every other does.
func TestMergeOfMixtures(t *testing.T) {
	var parts []Statement
	add := func(d Document) { parts = append(parts, d.Statements...) }
	wants := built()
	names := slices.Sorted(maps.Keys(wants))
	for _, name := range names {
		add(wants[name])
	}
	cases := merges()
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		add(mustParse(t, cases[name].now))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		now := Document{Version: currentVersion}
		for range 1 + random.IntN(6) {
			now.Statements = append(now.Statements, mixed(random, parts))
		}
		want := wants[names[random.IntN(len(names))]]
		m := Merge(now, want)
		if checkMerged(t, now, want, m); t.Failed() {
			t.Fatalf("there was:\n%s\nwanted is:\n%s\nand merged:\n%s", now.JSON(), want.JSON(), m.Document.JSON())
		}
	}
}

// mixed is one of parts with some members of others.
func mixed(random *rand.Rand, parts []Statement) Statement {
	any := func() Statement { return parts[random.IntN(len(parts))] }
	s := any()
	for range random.IntN(3) {
		switch other := any(); random.IntN(7) {
		case 0:
			s.Sid = other.Sid
		case 1:
			s.Condition = other.Condition
		case 2:
			s.Condition = nil
		case 3:
			s.Resource, s.NotResource = other.Resource, other.NotResource
		case 4:
			s.Action, s.NotAction = other.Action, other.NotAction
		case 5:
			s.Principal, s.NotPrincipal = other.Principal, other.NotPrincipal
		case 6:
			s.Effect = other.Effect
		}
	}
	return s
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}
