package account

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/cloud"
	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
)

// reach returns the accounts that an endpoint stands for, with credentials of no worth and without a second try.
func reach(t *testing.T, endpoint string) *Account {
	t.Helper()
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_SESSION_TOKEN": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
		"AWS_PROFILE": "", "AWS_REGION": "us-east-1"} {
		t.Setenv(name, value)
	}
	session, err := cloud.Load(t.Context(), cloud.Options{EndpointURL: endpoint, MaxAttempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	return New(session)
}

// onMoto is a fresh account of a moto server that TRAILSEAL_MOTO names.
func onMoto(t *testing.T) (a *Account, account string, proxy *awstest.Proxy) {
	t.Helper()
	url := os.Getenv("TRAILSEAL_MOTO")
	if url == "" {
		t.Skip("TRAILSEAL_MOTO does not name the URL of a running moto_server")
	}
	account = awstest.FreshAccount()
	proxy, err := awstest.NewProxy(awstest.ProxyOptions{Moto: url, Account: account, Overlays: awstest.Overlays()})
	if err != nil {
		t.Fatal(err)
	}
	endpoint, err := proxy.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Close() })
	return reach(t, endpoint), account, proxy
}

// walk makes what is not there, then writes each step, and wants to read every time what was written. Each step is made
// twice. Only calls that the kind's permissions name may be made.
type walk struct {
	t     *testing.T
	a     *Account
	proxy *awstest.Proxy
}

// may checks the calls since the last time against permissions.
func (w walk) may(what string, permissions []Permission) {
	w.t.Helper()
	for _, call := range w.proxy.Calls() {
		if call.Service == "sts" {
			continue
		}
		for _, action := range call.Actions {
			if !slices.ContainsFunc(permissions, func(p Permission) bool { return p.Action == action }) {
				w.t.Errorf("%s calls %s, which its permissions do not name", what, action)
			}
		}
	}
	w.proxy.Reset()
}

// read is a resource as it is there, nil if it is not.
func (w walk) read(id resource.ID) resource.Resource {
	w.t.Helper()
	state, err := w.a.Read(w.t.Context(), id)
	if err != nil {
		w.t.Fatalf("read %s: %v", id, err)
	}
	for step, err := range state.Unread {
		w.t.Fatalf("read %s: %s is unread: %v", id, step, err)
	}
	w.may("reading "+string(id.Kind), Reads(id.Kind))
	return state.Resource
}

// absent wants that there is none.
func (w walk) absent(id resource.ID) {
	w.t.Helper()
	if r := w.read(id); r != nil {
		w.t.Fatalf("%s is there: %+v", id, r)
	}
}

// step writes a step twice and wants to read want.
func (w walk) step(step resource.Step, to, want resource.Resource) {
	w.t.Helper()
	id := to.ID()
	from := w.read(id)
	for range 2 {
		if err := w.a.Do(context.WithoutCancel(w.t.Context()), resource.Edit{Step: step, To: to, From: from}); err != nil {
			w.t.Fatalf("%s of %s: %v", step, id, err)
		}
		w.may(string(step)+" of "+string(id.Kind), Writes(id.Kind, step))
	}
	if diff := cmp.Diff(want, w.read(id), bySecret()...); diff != "" {
		w.t.Fatalf("after %s of %s (-want +got):\n%s", step, id, diff)
	}
}

// bySecret are options of cmp.Diff: secrets are compared by what they hold.
func bySecret() []cmp.Option {
	return []cmp.Option{cmp.Comparer(func(a, b secret.String) bool { return a.Equal(b) })}
}

const (
	east   = "us-east-1"
	keyARN = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
)

// with is a copy of r with a change.
func with[T any](r *T, change func(*T)) *T {
	other := *r
	change(&other)
	return &other
}

func TestLogGroupOnMoto(t *testing.T) {
	a, account, proxy := onMoto(t)
	w := walk{t, a, proxy}
	group := &resource.LogGroup{Account: account, Region: east, Name: "/aws/cloudtrail/acme", Class: "STANDARD"}
	// Another group whose name starts the same.
	w.step(resource.Create, with(group, func(g *resource.LogGroup) { g.Name += "-2" }), with(group, func(g *resource.LogGroup) { g.Name += "-2" }))
	w.absent(group.ID())
	w.step(resource.Create, group, group)
	group = with(group, func(g *resource.LogGroup) { g.KeyARN = keyARN })
	w.step(resource.LogGroupKey, group, group)
	group = with(group, func(g *resource.LogGroup) { g.RetentionDays = 400 })
	w.step(resource.LogGroupRetention, group, group)
}

func TestMetricFilterAndAlarmOnMoto(t *testing.T) {
	a, account, proxy := onMoto(t)
	w := walk{t, a, proxy}
	group := &resource.LogGroup{Account: account, Region: east, Name: "trail", Class: "STANDARD"}
	w.step(resource.Create, group, group)
	zero := 0.0
	filter := &resource.MetricFilter{Account: account, Region: east, LogGroup: "trail", Name: "root-usage", Namespace: "LogMetrics",
		Metric: "RootUsage", Value: "1", Default: &zero, Pattern: `{ $.userIdentity.type = "Root" && $.eventType != "AwsServiceEvent" }`}
	w.absent(filter.ID())
	w.step(resource.Create, filter, filter)
	filter = with(filter, func(f *resource.MetricFilter) { f.Pattern = `{ $.userIdentity.type = "Root" }` })
	w.step(resource.MetricFilterSettings, filter, filter)

	alarm := &resource.Alarm{Account: account, Region: east, Name: "root-usage", Description: "The root user was used.", Namespace: "LogMetrics",
		Metric: "RootUsage", Statistic: "Sum", Period: 300, Periods: 1, Threshold: 1, Comparison: "GreaterThanOrEqualToThreshold",
		Missing: "notBreaching", Actions: []string{"arn:aws:sns:us-east-1:" + account + ":alarms"}}
	w.absent(alarm.ID())
	w.step(resource.Create, alarm, alarm)
	alarm = with(alarm, func(a *resource.Alarm) { a.ActionsEnabled = true })
	w.step(resource.AlarmEnable, alarm, alarm)
	alarm = with(alarm, func(a *resource.Alarm) { a.Period, a.Points, a.Periods = 60, 1, 2 })
	w.step(resource.AlarmSettings, alarm, alarm)

	if err := a.Fire(t.Context(), alarm.ID(), "a test of trailseal"); err != nil {
		t.Fatal(err)
	}
	state, err := a.AlarmState(t.Context(), alarm.ID())
	if err != nil {
		t.Fatal(err)
	}
	if state.Value != "ALARM" || state.Reason != "a test of trailseal" || state.Since.IsZero() {
		t.Errorf("after Fire: %+v", state)
	}
	w.may("fire", FirePermissions())

	survey := &resource.Survey{Account: account, Region: east, Trails: []*resource.Trail{
		{LogGroupARN: "arn:aws:logs:us-east-1:" + account + ":log-group:trail:*"},
		{LogGroupARN: "arn:aws:logs:us-east-1:" + account + ":log-group:trail:*"}, // the same
		{LogGroupARN: "arn:aws:logs:us-east-1:999999999999:log-group:trail:*"},    // of another account
		{LogGroupARN: "arn:aws:logs:us-east-1:" + account + ":log-group:gone:*"},  // no such group
		{LogGroupARN: ""},
	}}
	surveyAlarms(t.Context(), a, resource.Where{Region: east}, survey)
	w.may("the survey of alarms", alarmListReads)
	if diff := cmp.Diff([]*resource.Alarm{alarm}, survey.Alarms); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]*resource.MetricFilter{filter}, survey.Filters); diff != "" {
		t.Error(diff)
	}
	if len(survey.Unread) > 0 {
		t.Error(survey.Unread)
	}
}

func TestTopicAndSubscriptionOnMoto(t *testing.T) {
	a, account, proxy := onMoto(t)
	w := walk{t, a, proxy}
	id := (&resource.Topic{Account: account, Region: east, Name: "acme-alarms"}).ID()
	w.absent(id)
	topic := &resource.Topic{Account: account, Region: east, Name: "acme-alarms", KeyARN: keyARN}
	for range 2 {
		if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: topic}); err != nil {
			t.Fatal(err)
		}
	}
	there, ok := w.a.mustRead(t, id).(*resource.Topic)
	if !ok || there.KeyARN != keyARN {
		t.Fatalf("after Create: %+v", there)
	}
	other := with(there, func(t *resource.Topic) { t.KeyARN = "alias/other" })
	proxy.Reset()
	w.step(resource.TopicKey, other, other)
	other = with(other, func(t *resource.Topic) {
		t.Policy.Statements = slices.Clone(t.Policy.Statements[:1])
		t.Policy.Statements[0].Sid = "Owner"
	})
	w.step(resource.TopicPolicy, other, other)

	page := &resource.Subscription{Account: account, Region: east, Topic: "acme-alarms", Protocol: "https", Label: "pagerduty",
		Endpoint: secret.New("https://events.pagerduty.com/integration/0123456789abcdef/enqueue")}
	w.absent(page.ID())
	if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: page}); err != nil {
		t.Fatal(err)
	}
	w.may("subscribing", Writes(resource.SubscriptionKind, resource.Create))
	got, ok := w.read(page.ID()).(*resource.Subscription)
	if !ok || !got.Endpoint.Equal(page.Endpoint) || !got.Confirmed || !strings.HasPrefix(got.ARN, "arn:aws:sns:") || len(got.Same) != 0 {
		t.Fatalf("after Create: %+v", got)
	}
	old := with(page, func(s *resource.Subscription) {
		s.Endpoint = secret.New("https://events.pagerduty.com/integration/old/enqueue")
	})
	if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: old}); err != nil {
		t.Fatal(err)
	}
	proxy.Reset()
	if got = w.read(page.ID()).(*resource.Subscription); len(got.Same) != 1 {
		t.Errorf("two endpoints with one label: %+v", got)
	}
	survey := &resource.Survey{Account: account, Region: east, Alarms: []*resource.Alarm{
		{Actions: []string{"arn:aws:sns:us-east-1:" + account + ":acme-alarms", "arn:aws:sns:us-east-1:999999999999:other"}}}}
	surveySubscriptions(t.Context(), a, resource.Where{Region: east}, survey)
	w.may("the survey of subscriptions", subscriptionListReads)
	if len(survey.Subscriptions) != 2 || len(survey.Unread) != 0 {
		t.Errorf("survey: %+v %v", survey.Subscriptions, survey.Unread)
	}
}

// mustRead is Read of what can be read whole.
func (a *Account) mustRead(t *testing.T, id resource.ID) resource.Resource {
	t.Helper()
	state, err := a.Read(t.Context(), id)
	if err != nil || len(state.Unread) > 0 {
		t.Fatalf("read %s: %v %v", id, err, state.Unread)
	}
	return state.Resource
}

func TestSlackChannelOnFake(t *testing.T) {
	a, account, proxy := onMoto(t)
	w := walk{t, a, proxy}
	channel := &resource.SlackChannel{Account: account, Name: "acme", Workspace: "T07EA123LEP", Channel: "C07EZ1ABC23",
		RoleARN: "arn:aws:iam::" + account + ":role/acme-chatbot", Topics: []string{"arn:aws:sns:us-east-1:" + account + ":a"}}
	w.absent(channel.ID())
	w.step(resource.Create, channel, channel)
	channel = with(channel, func(c *resource.SlackChannel) { c.Topics = append(slices.Clone(c.Topics), c.Topics[0]+"b") })
	w.step(resource.SlackChannelSettings, channel, channel)
	survey := &resource.Survey{Account: account}
	surveySlackChannels(t.Context(), a, resource.Where{}, survey)
	w.may("the survey of Slack channels", slackListReads)
	if diff := cmp.Diff([]*resource.SlackChannel{channel}, survey.Channel); diff != "" {
		t.Error(diff)
	}
}

func TestConfigOnMoto(t *testing.T) {
	a, account, proxy := onMoto(t)
	w := walk{t, a, proxy}
	recorder := &resource.Recorder{Account: account, Region: east, Name: "default", AllSupported: true,
		RoleARN: "arn:aws:iam::" + account + ":role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"}
	w.absent(recorder.ID())
	w.step(resource.Create, recorder, recorder)
	recorder = with(recorder, func(r *resource.Recorder) { r.GlobalTypes = true })
	w.step(resource.RecorderSettings, recorder, recorder)

	channel := &resource.DeliveryChannel{Account: account, Region: east, Name: "default", Bucket: "acme-config"}
	w.absent(channel.ID())
	w.step(resource.Create, channel, channel)
	channel = with(channel, func(c *resource.DeliveryChannel) { c.Frequency = "TwentyFour_Hours" })
	w.step(resource.DeliveryChannelSettings, channel, channel)

	started := with(recorder, func(r *resource.Recorder) { r.Recording = true })
	for range 2 {
		if err := a.Do(t.Context(), resource.Edit{Step: resource.RecorderStart, To: started, From: recorder}); err != nil {
			t.Fatal(err)
		}
	}
	w.may("starting", Writes(resource.RecorderKind, resource.RecorderStart))
	if got := w.read(recorder.ID()).(*resource.Recorder); !got.Recording {
		t.Errorf("after start: %+v", got)
	}

	for _, rule := range []*resource.Rule{
		{Name: "cloudtrail-enabled", Identifier: "CLOUD_TRAIL_ENABLED", Parameters: `{"s3BucketName":"acme-cloudtrail"}`, Frequency: "One_Hour"},
		{Name: "multi-region-cloudtrail-enabled", Identifier: "MULTI_REGION_CLOUD_TRAIL_ENABLED"},
		{Name: "cloud-trail-log-file-validation-enabled", Identifier: "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED"},
		{Name: "cloudtrail-security-trail-enabled", Identifier: "CLOUDTRAIL_SECURITY_TRAIL_ENABLED"},
		{Name: "s3-bucket-logging-enabled", Identifier: "S3_BUCKET_LOGGING_ENABLED", Types: []string{"AWS::S3::Bucket"}},
		{Name: "s3-bucket-ssl-requests-only", Identifier: "S3_BUCKET_SSL_REQUESTS_ONLY"},
		{Name: "cw-loggroup-retention-period-check", Identifier: "CW_LOGGROUP_RETENTION_PERIOD_CHECK", Parameters: `{"MinRetentionTime":"365"}`},
	} {
		rule.Account, rule.Region, rule.Owner = account, east, "AWS"
		w.absent(rule.ID())
		w.step(resource.Create, rule, rule)
		w.step(resource.RuleSettings, rule, rule)
	}

	survey := &resource.Survey{Account: account}
	surveyConfig(t.Context(), a, resource.Where{Regions: []string{east, "eu-west-1"}}, survey)
	w.may("the survey of AWS Config", configListReads)
	if len(survey.Recorders) != 1 || !survey.Recorders[0].Recording || len(survey.Unread) != 0 {
		t.Errorf("survey: %+v %v", survey.Recorders, survey.Unread)
	}
	if diff := cmp.Diff([]*resource.DeliveryChannel{channel}, survey.Channels); diff != "" {
		t.Error(diff)
	}
}

func TestHubAndDetectorOnMoto(t *testing.T) {
	a, account, proxy := onMoto(t)
	w := walk{t, a, proxy}
	hub := &resource.Hub{Account: account, Region: east}
	w.absent(hub.ID())
	w.step(resource.Create, hub, hub)
	hub = with(hub, func(h *resource.Hub) {
		h.Standards = []string{"arn:aws:securityhub:us-east-1::standards/cis-aws-foundations-benchmark/v/3.0.0"}
	})
	w.step(resource.HubStandards, hub, hub)

	detector := &resource.Detector{Account: account, Region: east, Enabled: true, Frequency: "SIX_HOURS"}
	w.absent(detector.ID())
	if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: detector}); err != nil {
		t.Fatal(err)
	}
	w.may("making a detector", Writes(resource.DetectorKind, resource.Create))
	there := w.read(detector.ID()).(*resource.Detector)
	if there.Detector == "" || !there.Enabled || there.Frequency != "SIX_HOURS" {
		t.Fatalf("after Create: %+v", there)
	}
	wanted := with(there, func(d *resource.Detector) { d.Frequency = "FIFTEEN_MINUTES" })
	w.step(resource.DetectorSettings, wanted, wanted)

	survey := &resource.Survey{Account: account}
	where := resource.Where{Regions: []string{east, "eu-west-1"}}
	surveyHubs(t.Context(), a, where, survey)
	w.may("the survey of hubs", hubListReads)
	surveyDetectors(t.Context(), a, where, survey)
	w.may("the survey of detectors", detectorListReads)
	if diff := cmp.Diff([]*resource.Hub{hub}, survey.Hubs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]*resource.Detector{wanted}, survey.Detectors); diff != "" {
		t.Error(diff)
	}
	if len(survey.Unread) != 0 {
		t.Error(survey.Unread)
	}
}
