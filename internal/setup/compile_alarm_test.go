package setup

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
)

func TestCompileAdoptsFiltersAndAlarms(t *testing.T) {
	trail := ours("old", func(t *resource.Trail) { t.LogGroupARN = ownLogs })
	filter := func(name, pattern, metric string) *resource.MetricFilter {
		return &resource.MetricFilter{Account: us, Region: home, LogGroup: "cloudtrail/ours", Name: name, Pattern: pattern, Namespace: "CIS", Metric: metric, Value: "1"}
	}
	alarm := func(name, metric string, actions ...string) *resource.Alarm {
		return &resource.Alarm{Account: us, Region: home, Name: name, Namespace: "CIS", Metric: metric, ActionsEnabled: true, Actions: actions}
	}
	other := filter("root", "{ $.root }", "m")
	other.LogGroup = "another"
	dimensions := alarm("d", "m")
	dimensions.Dimensions = true
	const ops, far = "arn:aws:sns:eu-central-1:111122223333:ops", "arn:aws:sns:eu-central-1:777788889999:far"
	for _, c := range []struct {
		name                         string
		there                        []resource.Resource
		filter, space, metric, alarm string
		topic                        string
	}{
		{"nothing there", nil, "CIS-Root", "LogMetrics", "RootUsage", "CIS-Root", "acme-alarms"},
		{"the same pattern under another name, with its alarm", []resource.Resource{filter("root", "{ $.root }", "m"), alarm("Root!", "m")}, "root", "CIS", "m", "Root!", "acme-alarms"},
		{"the same pattern without an alarm", []resource.Resource{filter("root", "{ $.root }", "m")}, "root", "CIS", "m", "CIS-Root", "acme-alarms"},
		{"the same name with another pattern is hardened", []resource.Resource{filter("CIS-Root", "{ $.less }", "m"), alarm("a", "m")}, "CIS-Root", "CIS", "m", "a", "acme-alarms"},
		{"the pattern goes before the name", []resource.Resource{filter("CIS-Root", "{ $.less }", "m"), filter("root", "{ $.root }", "n")}, "root", "CIS", "n", "CIS-Root", "acme-alarms"},
		{"almost the same pattern is another", []resource.Resource{filter("root", "{$.root}", "m")}, "CIS-Root", "LogMetrics", "RootUsage", "CIS-Root", "acme-alarms"},
		{"a filter of another log group", []resource.Resource{other}, "CIS-Root", "LogMetrics", "RootUsage", "CIS-Root", "acme-alarms"},
		{"an alarm that tells goes before one that does not", []resource.Resource{filter("root", "{ $.root }", "m"), alarm("a", "m"), alarm("b", "m", far)}, "root", "CIS", "m", "b", "acme-alarms"},
		{"an alarm about one dimension is another's", []resource.Resource{filter("root", "{ $.root }", "m"), dimensions}, "root", "CIS", "m", "CIS-Root", "acme-alarms"},
		{"an alarm of the name that watches something else is left", []resource.Resource{alarm("CIS-Root", "else")}, "CIS-Root", "LogMetrics", "RootUsage", "CIS-Root-acme", "acme-alarms"},
		{"the topic that alarms tell is taken", []resource.Resource{filter("root", "{ $.root }", "m"), alarm("a", "m", ops)}, "root", "CIS", "m", "a", "ops"},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := compiled(t, Blueprint{}, surveyOf(append(c.there, trail)...))
			zero := 0.0
			wantFilter := &resource.MetricFilter{Account: us, Region: home, LogGroup: "cloudtrail/ours", Name: c.filter, Pattern: "{ $.root }", Namespace: c.space, Metric: c.metric, Value: "1", Default: &zero}
			if diff := cmp.Diff(wantFilter, all[*resource.MetricFilter](set)[0]); diff != "" {
				t.Errorf("filter: %s", diff)
			}
			wantAlarm := &resource.Alarm{Account: us, Region: home, Name: c.alarm, Description: "Root (cis-root)", Namespace: c.space, Metric: c.metric, Statistic: "Sum", Period: 300, Periods: 1,
				Threshold: 1, Comparison: "GreaterThanOrEqualToThreshold", Missing: "notBreaching", ActionsEnabled: true, Actions: []string{"arn:aws:sns:eu-central-1:111122223333:" + c.topic}}
			if diff := cmp.Diff(wantAlarm, all[*resource.Alarm](set)[0]); diff != "" {
				t.Errorf("alarm: %s", diff)
			}
		})
	}
}

func TestCompileSelectsDetections(t *testing.T) {
	for _, c := range []struct {
		name  string
		globs []string
		want  []string
	}{
		{"those of CIS by default, if an alarm can be made of them", nil, []string{"alarm CIS-Root", "alarm CIS-Trail"}},
		{"one", []string{"cis-trail"}, []string{"alarm CIS-Trail"}},
		{"by globs that overlap", []string{"*root", "cis-r*"}, []string{"alarm CIS-Root"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := compiled(t, Blueprint{Alarms: AlarmPlan{Detections: c.globs}}, surveyOf())
			if diff := cmp.Diff(c.want, kindNames(set, resource.AlarmKind)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompileSlack(t *testing.T) {
	b := Blueprint{Alarms: AlarmPlan{Slack: &SlackPlan{"T07EA123LEP", "C07EZ1ABC23"}}}
	got := only[*resource.SlackChannel](t, compiled(t, b, surveyOf()))
	const alarms = "arn:aws:sns:eu-central-1:111122223333:acme-alarms"
	want := &resource.SlackChannel{Account: us, Name: "acme-alarms", Workspace: "T07EA123LEP", Channel: "C07EZ1ABC23", RoleARN: "arn:aws:iam::111122223333:role/acme-chatbot", Topics: []string{alarms}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	there := &resource.SlackChannel{Account: us, Name: "ops", Workspace: "T07EA123LEP", Channel: "C07EZ1ABC23", RoleARN: "arn:aws:iam::111122223333:role/Ops", Topics: []string{"arn:aws:sns:eu-central-1:111122223333:zz"}}
	set := compiled(t, b, surveyOf(there))
	want = &resource.SlackChannel{Account: us, Name: "ops", Workspace: "T07EA123LEP", Channel: "C07EZ1ABC23", RoleARN: "arn:aws:iam::111122223333:role/Ops", Topics: []string{alarms, there.Topics[0]}}
	if diff := cmp.Diff(want, only[*resource.SlackChannel](t, set)); diff != "" {
		t.Error(diff)
	}
	for _, name := range kindNames(set, resource.RoleKind) {
		if name == "role acme-chatbot" {
			t.Error("a role is made beside the one that the channel has")
		}
	}
}

func TestCompileSubscriptions(t *testing.T) {
	for _, c := range []struct{ name, url, label string }{
		{"PagerDuty", "https://events.pagerduty.com/integration/hunter2/enqueue", "pagerduty"},
		{"PagerDuty in Europe", "https://events.eu.pagerduty.com/integration/hunter2/enqueue", "pagerduty"},
		{"a proxy", "https://proxy.example.com/hunter2", "proxy.example.com"},
		{"not known, as for an export", "", "pagerduty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := facts()
			if c.url != "" {
				f.Secrets = map[string]secret.String{"env:PD": secret.New(c.url)}
			}
			set, err := Compile(Blueprint{Name: "acme", Alarms: AlarmPlan{Email: []string{"a@example.com"}, PagerDuty: "env:PD"}}, surveyOf(), f)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"subscription acme-alarms/email/a@example.com", "subscription acme-alarms/https/" + c.label}
			if diff := cmp.Diff(want, kindNames(set, resource.SubscriptionKind)); diff != "" {
				t.Error(diff)
			}
			if got := all[*resource.Subscription](set)[1].Endpoint.Reveal(); got != c.url {
				t.Errorf("endpoint %q, want %q", got, c.url)
			}
		})
	}
}
