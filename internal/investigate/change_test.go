package investigate

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// request is an event with these request parameters.
func request(t time.Time, source, name, parameters string, more ...row) row {
	return ev(t, hub, source, name, append([]row{user(hub, "alice", "AKIA000000000001"), {"request_parameters": parameters}}, more...)...)
}

// given are the things that the tests of changes know.
var given = ChangeOptions{Buckets: []string{"org-logs"}, Keys: []string{"k-1"}, LogGroups: []string{"trail-group"}, Alarms: []string{"root-used"},
	Topics: []string{"arn:aws:sns:eu-west-1:" + hub + ":alerts"}}

func changes(t *testing.T, o ChangeOptions, rows ...row) ChangeList {
	t.Helper()
	list, err := Changes(t.Context(), open(t, rows...), o)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestEveryNameOfTheTableIsAChange(t *testing.T) {
	const everything = `{"name":"org","trailName":"org","eventDataStore":"store","bucketName":"org-logs","key":"AWSLogs/1/CloudTrail/x.json.gz","keyId":"k-1",
		"targetKeyId":"k-1","logGroupName":"trail-group","alarmName":"root-used","alarmNames":["root-used"],"topicArn":"arn:aws:sns:eu-west-1:111111111111:alerts",
		"subscriptionArn":"arn:aws:sns:eu-west-1:111111111111:alerts:2b7c","roleName":"CloudTrailToLogs","servicePrincipal":"cloudtrail.amazonaws.com","detectorId":"d","configurationRecorderName":"default"}`
	rows := []row{request(at(-9), "cloudtrail", "CreateTrail", `{"name":"org","s3BucketName":"org-logs","cloudWatchLogsRoleArn":"arn:aws:iam::111111111111:role/service/CloudTrailToLogs"}`)}
	want := map[string]bool{}
	for i, w := range watch {
		want[w.service+":"+w.name] = true
		rows = append(rows, request(at(i), w.service, w.name, everything))
		for _, read := range []string{"Describe", "Get", "List"} {
			rows = append(rows, request(at(i), w.service, read+w.name, everything, row{"read_only": true}))
		}
	}
	o := given
	o.From = at(-1)
	got := map[string]bool{}
	for _, c := range changes(t, o, rows...).Changes {
		name := c.Service + ":" + c.Action
		if got[name] {
			t.Errorf("%s twice", name)
		}
		got[name] = true
		if !c.Sure || c.What == "" || strings.Contains(c.What, "%") || len(c.Criteria) == 0 || c.Severity == "" || c.Actor.Name != "alice" {
			t.Errorf("%+v", c)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEffects(t *testing.T) {
	type verdict struct {
		Effect   Effect
		Severity Severity
		What     string
		Details  []string
	}
	for name, c := range map[string]struct {
		before []row
		change row
		want   verdict
	}{
		"validation off": {
			nil, request(at(0), "cloudtrail", "UpdateTrail", `{"name":"org","enableLogFileValidation":false}`),
			verdict{TamperOff, Critical, "Changed trail org.", []string{"log file validation is off (how it was before is not known)"}},
		},
		"bucket moved and one region": {
			[]row{request(at(-9), "cloudtrail", "CreateTrail", `{"name":"org","s3BucketName":"org-logs","isMultiRegionTrail":true,"includeGlobalServiceEvents":true,"enableLogFileValidation":true}`)},
			request(at(0), "cloudtrail", "UpdateTrail", `{"name":"arn:aws:cloudtrail:eu-west-1:111111111111:trail/org","s3BucketName":"elsewhere","isMultiRegionTrail":false,"includeGlobalServiceEvents":true,"enableLogFileValidation":true}`),
			verdict{Narrowed, Critical, "Changed trail arn:aws:cloudtrail:eu-west-1:111111111111:trail/org.", []string{"it records its own region only", "log files go to bucket elsewhere instead of org-logs"}},
		},
		"log group taken away": {
			[]row{request(at(-9), "cloudtrail", "CreateTrail", `{"name":"org"}`, row{"response_elements": `{"trailARN":"arn:aws:cloudtrail:eu-west-1:111111111111:trail/org","isMultiRegionTrail":true,"includeGlobalServiceEvents":true,"logFileValidationEnabled":true,"cloudWatchLogsLogGroupArn":"arn:aws:logs:eu-west-1:111111111111:log-group:trail-group:*"}`})},
			request(at(0), "cloudtrail", "UpdateTrail", `{"name":"org"}`, row{"response_elements": `{"trailARN":"arn:aws:cloudtrail:eu-west-1:111111111111:trail/org","isMultiRegionTrail":true,"includeGlobalServiceEvents":true,"logFileValidationEnabled":true}`}),
			verdict{AlarmLost, Critical, "Changed trail org.", []string{"events go to no log group instead of log group arn:aws:logs:eu-west-1:111111111111:log-group:trail-group:*"}},
		},
		"no management events": {
			nil, request(at(0), "cloudtrail", "PutEventSelectors", `{"trailName":"org","eventSelectors":[{"readWriteType":"ReadOnly","includeManagementEvents":false,"dataResources":[{"type":"AWS::S3::Object","values":["arn:aws:s3"]}]}]}`),
			verdict{Narrowed, Critical, "Changed which events trail org records.", []string{
				"no longer recorded: management events of kms.amazonaws.com (what was recorded before is not known)",
				"no longer recorded: management events of rdsdata.amazonaws.com (what was recorded before is not known)",
				"no longer recorded: management events that change something (what was recorded before is not known)",
				"no longer recorded: management events that read (what was recorded before is not known)"}},
		},
		"without KMS and reads": {
			[]row{request(at(-9), "cloudtrail", "CreateTrail", `{"name":"org"}`)},
			request(at(0), "cloudtrail", "PutEventSelectors", `{"trailName":"org","eventSelectors":[{"readWriteType":"WriteOnly","excludeManagementEventSources":["kms.amazonaws.com"]}]}`),
			verdict{Narrowed, High, "Changed which events trail org records.", []string{"no longer recorded: management events of kms.amazonaws.com", "no longer recorded: management events that read"}},
		},
		"data events given up": {
			[]row{request(at(-9), "cloudtrail", "PutEventSelectors", `{"trailName":"org","eventSelectors":[{"readWriteType":"All","includeManagementEvents":true,"dataResources":[{"type":"AWS::S3::Object","values":["arn:aws:s3"]}]}]}`)},
			request(at(0), "cloudtrail", "PutEventSelectors", `{"trailName":"org","eventSelectors":[{"readWriteType":"All","includeManagementEvents":true}]}`),
			verdict{Narrowed, High, "Changed which events trail org records.", []string{"no longer recorded: data events of AWS::S3::Object"}},
		},
		"advanced, without one role": {
			[]row{request(at(-9), "cloudtrail", "CreateTrail", `{"name":"org"}`)},
			request(at(0), "cloudtrail", "PutEventSelectors", `{"trailName":"org","advancedEventSelectors":[{"fieldSelectors":[{"field":"eventCategory","equals":["Management"]},{"field":"userIdentity.arn","notStartsWith":["arn:aws:sts::111111111111:assumed-role/ghost"]}]}]}`),
			verdict{Narrowed, High, "Changed which events trail org records.", []string{"management events: limited by userIdentity.arn"}},
		},
		"the same selectors": {
			[]row{request(at(-9), "cloudtrail", "CreateTrail", `{"name":"org"}`)},
			request(at(0), "cloudtrail", "PutEventSelectors", `{"trailName":"org","advancedEventSelectors":[{"fieldSelectors":[{"field":"eventCategory","equals":["Management"]}]}]}`),
			verdict{None, Medium, "Changed which events trail org records.", []string{}},
		},
		"a bucket policy without CloudTrail": {
			nil, request(at(0), "s3", "PutBucketPolicy", `{"bucketName":"org-logs","bucketPolicy":{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}]}}`),
			verdict{MayStop, Critical, "Changed the policy of log bucket org-logs.", []string{"it does not let CloudTrail write", "it lets everybody in"}},
		},
		"a bucket policy with CloudTrail": {
			nil, request(at(0), "s3", "PutBucketPolicy", `{"bucketName":"org-logs","bucketPolicy":{"Statement":{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject"}}}`),
			verdict{None, Medium, "Changed the policy of log bucket org-logs.", []string{"CloudTrail may still write"}},
		},
		"versioning suspended": {
			nil, request(at(0), "s3", "PutBucketVersioning", `{"bucketName":"org-logs","VersioningConfiguration":{"Status":"Suspended"}}`),
			verdict{LogsDeletable, Critical, "Changed the versioning of log bucket org-logs.", []string{"versioning is suspended"}},
		},
		"versioning enabled": {
			nil, request(at(0), "s3", "PutBucketVersioning", `{"bucketName":"org-logs","VersioningConfiguration":{"Status":"Enabled"}}`),
			verdict{None, Info, "Changed the versioning of log bucket org-logs.", []string{"versioning is on"}},
		},
		"a lifecycle that deletes": {
			nil, request(at(0), "s3", "PutBucketLifecycle", `{"bucketName":"org-logs","LifecycleConfiguration":{"Rule":{"Status":"Enabled","Expiration":{"Days":1},"ID":"nuke"}}}`),
			verdict{LogsDeletable, High, "Changed the lifecycle of log bucket org-logs.", []string{`rule "nuke" deletes objects after 1 day(s)`}},
		},
		"public access": {
			nil, request(at(0), "s3", "PutBucketPublicAccessBlock", `{"bucketName":"org-logs","PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":false,"RestrictPublicBuckets":true}}`),
			verdict{Exposed, High, "Changed the public access block of log bucket org-logs.", []string{"BlockPublicPolicy is off"}},
		},
		"a key that goes": {
			nil, request(at(0), "kms", "ScheduleKeyDeletion", `{"keyId":"arn:aws:kms:eu-west-1:111111111111:key/k-1","pendingWindowInDays":7}`),
			verdict{Unreadable, Critical, "Scheduled the deletion of key arn:aws:kms:eu-west-1:111111111111:key/k-1.", []string{"in 7 days", "log files that it encrypted cannot be read without it, and new ones may not be delivered"}},
		},
		"a refused attempt": {
			nil, request(at(0), "cloudtrail", "StopLogging", `{"name":"org"}`, row{"error_code": "AccessDenied"}),
			verdict{None, Medium, "Tried to stop the logging of trail org: AccessDenied.", []string{"attempted"}},
		},
		"a detector off": {
			nil, request(at(0), "guardduty", "UpdateDetector", `{"detectorId":"d","enable":false}`),
			verdict{DetectionOff, Critical, "Changed GuardDuty detector d.", []string{"it is off"}},
		},
		"an alarm without actions": {
			nil, request(at(0), "monitoring", "PutMetricAlarm", `{"alarmName":"root-used","alarmActions":[]}`),
			verdict{AlarmLost, Medium, "Made or changed alarm root-used.", []string{"nobody is told"}},
		},
		"markup and control characters": {
			nil, request(at(0), "cloudtrail", "StartLogging", `{"name":"<script>\u001b[2J'; DROP TABLE events"}`),
			verdict{None, Info, "Started the logging of trail <script>\uFFFD[2J'; DROP TABLE events.", []string{}},
		},
		"request parameters that are a list": {
			nil, request(at(0), "cloudtrail", "UpdateTrail", `[1]`),
			verdict{None, Medium, "Changed trail (not named).", []string{}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := given
			o.From = at(-1)
			list := changes(t, o, append(c.before, c.change)...)
			if len(list.Changes) != 1 {
				t.Fatalf("%d changes", len(list.Changes))
			}
			got := list.Changes[0]
			if diff := cmp.Diff(c.want, verdict{got.Effect, got.Severity, got.What, got.Details}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestStoppedLogging(t *testing.T) {
	rows := []row{
		request(at(-120), "cloudtrail", "StopLogging", `{"name":"old"}`, id("before")),
		request(at(-110), "cloudtrail", "StopLogging", `{"name":"over"}`, id("over")),
		request(at(-100), "cloudtrail", "StartLogging", `{"name":"over"}`),
		request(at(0), "cloudtrail", "StopLogging", `{"name":"org"}`, id("stop")),
		request(at(60), "cloudtrail", "StartLogging", `{"name":"other"}`, id("not-it")),
		request(at(180), "cloudtrail", "StartLogging", `{"name":"arn:aws:cloudtrail:eu-west-1:111111111111:trail/org"}`, id("start")),
		request(at(200), "cloudtrail", "DeleteTrail", `{"name":"org"}`, id("delete")),
	}
	o := given
	o.From, o.To = at(-60), at(300)
	type stopped struct {
		ID      string
		Effect  Effect
		Minutes time.Duration // 0: open
		Before  bool
		Details []string
	}
	var got []stopped
	for _, c := range changes(t, o, rows...).Changes {
		if c.From == nil {
			continue
		}
		s := stopped{ID: c.EventID, Effect: c.Effect, Before: c.Before, Details: c.Details}
		if c.To != nil {
			s.Minutes = c.To.Sub(*c.From) / time.Minute
		}
		got = append(got, s)
	}
	const never = "no event in the lake says that it was started again"
	want := []stopped{
		{"before", Stopped, 0, true, []string{never}},
		{"stop", Stopped, 180, false, []string{"for 3h0m0s, until event start"}},
		{"delete", Stopped, 0, false, []string{never}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b, err := json.Marshal(changes(t, o, rows...))
	if err != nil || !strings.Contains(string(b), `"stopped_to":"2026-03-02T12:00:00Z"`) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestWhatServesTheLoggingIsLearned(t *testing.T) {
	list := changes(t, ChangeOptions{From: at(0)},
		ev(at(-50), hub, "s3", "GetBucketAcl", service("cloudtrail.amazonaws.com"), row{"request_parameters": `{"bucketName":"found"}`, "read_only": true}),
		request(at(-40), "cloudtrail", "UpdateTrail", `{"name":"org","kmsKeyId":"arn:aws:kms:eu-west-1:111111111111:key/k-9","cloudWatchLogsLogGroupArn":"arn:aws:logs:eu-west-1:111111111111:log-group:lg:*"}`),
		request(at(-30), "logs", "PutMetricFilter", `{"logGroupName":"lg","filterName":"f","metricTransformations":[{"metricName":"m","metricNamespace":"Watch"}]}`),
		request(at(-20), "monitoring", "PutMetricAlarm", `{"alarmName":"al","namespace":"Watch","alarmActions":["arn:aws:sns:eu-west-1:111111111111:tell"]}`),
		request(at(1), "s3", "DeleteBucketPolicy", `{"bucketName":"found"}`, id("bucket")),
		request(at(1), "s3", "DeleteBucketPolicy", `{"bucketName":"shop"}`, id("no-bucket")),
		request(at(2), "kms", "DisableKey", `{"keyId":"k-9"}`, id("key")),
		request(at(2), "kms", "DisableKey", `{"keyId":"k-8"}`, id("no-key")),
		request(at(3), "logs", "DeleteMetricFilter", `{"logGroupName":"lg","filterName":"f"}`, id("filter")),
		request(at(3), "logs", "DeleteLogGroup", `{"logGroupName":"app"}`, id("no-group")),
		request(at(4), "monitoring", "DeleteAlarms", `{"alarmNames":["x","al"]}`, id("alarm")),
		request(at(4), "monitoring", "DeleteAlarms", `{"alarmNames":["x"]}`, id("no-alarm")),
		request(at(5), "sns", "Unsubscribe", `{"subscriptionArn":"arn:aws:sns:eu-west-1:111111111111:tell:77"}`, id("topic")),
		request(at(5), "sns", "Unsubscribe", `{"subscriptionArn":"arn:aws:sns:eu-west-1:111111111111:news:77"}`, id("no-topic")),
		request(at(6), "organizations", "DisableAWSServiceAccess", `{"servicePrincipal":"ram.amazonaws.com"}`, id("no-service")),
		request(at(7), "s3", "DeleteObject", `{"bucketName":"found","key":"AWSLogs/1/CloudTrail/a.json.gz"}`, id("object")),
		ev(at(8), hub, "s3", "PutObject", service("cloudtrail.amazonaws.com"), row{"request_parameters": `{"bucketName":"found","key":"AWSLogs/1/CloudTrail/b.json.gz"}`}),
	)
	var got []string
	for _, c := range list.Changes {
		got = append(got, c.EventID)
		if !c.Sure {
			t.Errorf("%s is unsure", c.EventID)
		}
	}
	if diff := cmp.Diff([]string{"bucket", "key", "filter", "alarm", "topic", "object"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[Watched][]string{Bucket: {"found"}, Key: {"k-9"}, LogGroup: {"lg"}, Alarm: {"al"}, Topic: {"tell"}, DeliveryRole: {}}, list.Known); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
}

func TestWhatCloudTrailUsesIsLearned(t *testing.T) {
	trail := service("cloudtrail.amazonaws.com")
	checks := func(n int) (rows []row) {
		for i := range n {
			rows = append(rows, ev(at(i), hub, "s3", "GetBucketAcl", trail, row{"request_parameters": fmt.Sprintf(`{"bucketName":"b%d"}`, i)}))
		}
		return rows
	}
	const encrypted = `{"keyId":"arn:aws:kms:eu-west-1:111111111111:key/k-5","encryptionContext":{"aws:cloudtrail:arn":"arn:aws:cloudtrail:eu-west-1:111111111111:trail/org","aws:s3:arn":"arn:aws:s3:::logs/AWSLogs/1/x"}}`
	for name, c := range map[string]struct {
		rows         []row
		o            ChangeOptions
		buckets, key []string
	}{
		"a bucket that it checks":         {checks(1), ChangeOptions{}, []string{"b0"}, []string{}},
		"too many to say which":           {checks(6), ChangeOptions{}, []string{}, []string{}},
		"what it encrypts for":            {append(checks(1), ev(at(9), hub, "kms", "GenerateDataKey", trail, row{"request_parameters": encrypted})), ChangeOptions{}, []string{"logs"}, []string{"k-5"}},
		"what it encrypts for others":     {[]row{ev(at(9), hub, "kms", "GenerateDataKey", trail, row{"request_parameters": `{"keyId":"k-6"}`})}, ChangeOptions{}, []string{}, []string{}},
		"what it writes":                  {[]row{ev(at(9), hub, "s3", "PutObject", trail, row{"request_parameters": `{"bucketName":"logs","key":"AWSLogs/1/x"}`})}, ChangeOptions{}, []string{"logs"}, []string{}},
		"what somebody else writes":       {[]row{request(at(9), "s3", "PutObject", `{"bucketName":"shop"}`)}, ChangeOptions{}, []string{}, []string{}},
		"the caller knows better":         {checks(1), ChangeOptions{Buckets: []string{"mine"}}, []string{"mine"}, []string{}},
		"the caller knows by other names": {nil, ChangeOptions{Keys: []string{"arn:aws:kms:eu-west-1:111111111111:key/k-7"}}, []string{}, []string{"k-7"}},
	} {
		t.Run(name, func(t *testing.T) {
			list := changes(t, c.o, c.rows...)
			if diff := cmp.Diff(c.buckets, list.Known[Bucket]); diff != "" {
				t.Errorf("buckets (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.key, list.Known[Key]); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChangesPassErrorsOn(t *testing.T) {
	if _, err := Changes(t.Context(), broken{errBroken}, ChangeOptions{}); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if _, err := Changes(t.Context(), broken{errBroken}, ChangeOptions{From: at(1), To: at(0)}); !errors.Is(err, ErrSubject) {
		t.Error(err)
	}
}
