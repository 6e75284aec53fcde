package policy

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	acct      = "111122223333"
	trail     = "arn:aws:cloudtrail:eu-central-1:111122223333:trail/acme"
	chinese   = "arn:aws-cn:cloudtrail:cn-north-1:111122223333:trail/acme"
	readerARN = "arn:aws:iam::111122223333:role/auditor"
	siem      = "arn:aws:iam::777788889999:role/siem"
	sso       = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Audit_*"
	breaker   = "arn:aws:iam::111122223333:role/break-glass"
	keyARN    = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
)

// built are documents of each builder, by the name of their golden file.
func built() map[string]Document {
	return map[string]Document{
		"log-bucket": ForLogBucket(LogBucket{Partition: "aws", Bucket: "logs", TrailARN: trail, Account: acct}),
		"log-bucket-full": ForLogBucket(LogBucket{Partition: "aws", Bucket: "logs", Prefix: "/all/trails/", TrailARN: trail, Account: acct, Organization: "o-a1b2c3d4e5",
			Readers: []string{siem, sso, readerARN}, BreakGlass: breaker}),
		"log-bucket-china": ForLogBucket(LogBucket{Partition: "aws-cn", Bucket: "logs", TrailARN: chinese, Account: acct}),
		"log-bucket-gov": ForLogBucket(LogBucket{Partition: "aws-us-gov", Bucket: "logs", Account: acct,
			TrailARN: "arn:aws-us-gov:cloudtrail:us-gov-west-1:111122223333:trail/acme"}),
		"access-log-bucket": ForAccessLogBucket("aws", "logs-access", "logs", acct, breaker),
		"config-bucket":     ForConfigBucket("aws", "config", acct),
		"key":               ForTrailKey(TrailKey{Partition: "aws", Account: acct, Region: "eu-central-1", TrailARN: trail}),
		"key-full": ForTrailKey(TrailKey{Partition: "aws", Account: acct, Region: "eu-central-1", TrailARN: "arn:aws:cloudtrail:eu-central-1:444455556666:trail/org", Readers: []string{readerARN, sso},
			LogGroup: "/aws/cloudtrail/acme", LogsRegion: "eu-west-1", Alarms: true, DeliveryTopic: true, BucketAccount: "777788889999"}),
		"key-china": ForTrailKey(TrailKey{Partition: "aws-cn", Account: acct, Region: "cn-north-1", TrailARN: chinese, Readers: []string{"arn:aws-cn:iam::111122223333:role/auditor"},
			LogGroup: "trail", LogsRegion: "cn-north-1"}),
		"key-without-trail":  ForTrailKey(TrailKey{Partition: "aws", Account: acct, Region: "eu-central-1", Alarms: true}),
		"logs-trust":         LogsTrust(trail),
		"logs-write":         LogsWrite("aws", "eu-central-1", acct, "/aws/cloudtrail/acme", ""),
		"logs-write-org":     LogsWrite("aws", "eu-central-1", acct, "/aws/cloudtrail/acme", "o-a1b2c3d4e5"),
		"alarm-topic":        ForAlarmTopic("aws", "eu-central-1", acct, "alarms"),
		"delivery-topic":     ForDeliveryTopic("aws", "eu-central-1", acct, "deliveries", trail),
		"auditor-trust":      AuditorTrust([]string{"*", siem, readerARN}),
		"auditor-trust-none": AuditorTrust([]string{"*", sso}),
		"service-trust":      ServiceTrust("chatbot.amazonaws.com", acct),
		"auditor":            ForAuditor(Auditor{Partition: "aws", Account: acct, Region: "eu-central-1", Bucket: "logs", Prefix: "all", KeyARN: keyARN, TrailARN: trail, LogGroup: "/aws/cloudtrail/acme"}),
		"auditor-settings":   ForAuditor(Auditor{Partition: "aws", Account: acct, Region: "eu-central-1"}),
	}
}

func TestBuildersAreAsTheirGoldenFiles(t *testing.T) {
	for name, d := range built() {
		golden(t, filepath.Join("testdata", name+".json"), d.JSON()+"\n")
	}
}

func TestWhatIsBuiltIsReadBackTheSame(t *testing.T) {
	for name, d := range built() {
		if d.IsZero() {
			continue
		}
		got, err := Parse([]byte(d.JSON()))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(d, got); diff != "" {
			t.Errorf("%s (-built +read):\n%s", name, diff)
		}
		if len(d.JSON()) > 20<<10 {
			t.Errorf("%s has %d bytes: more than S3 takes", name, len(d.JSON()))
		}
	}
}

// A statement that is public, or has no Sid or one that another has, would be taken for somebody else's when merging.
func TestWhatIsBuiltIsKnownAgain(t *testing.T) {
	for name, d := range built() {
		seen := map[string]bool{}
		for _, s := range d.Statements {
			if s.Sid == "" || seen[s.Sid] {
				t.Errorf("%s: Sid %q is empty or stands twice", name, s.Sid)
			}
			seen[s.Sid] = true
			if public(s) {
				t.Errorf("%s: %s is public", name, s.Sid)
			}
			if allows(s, cloudTrail) && !named(s) {
				t.Errorf("%s: %s is for a trail of anybody's", name, s.Sid)
			}
		}
	}
}
