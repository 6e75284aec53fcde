package awstest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// overlaidBy starts a proxy with Overlays before a server that answers as moto does: by what is said here, else not at all.
func overlaidBy(t *testing.T, moto http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(moto)
	t.Cleanup(server.Close)
	p, err := NewProxy(ProxyOptions{Moto: server.URL, Overlays: Overlays()})
	if err != nil {
		t.Fatal(err)
	}
	url, err := p.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return url
}

// says asks and wants a status and a text in the answer.
func says(t *testing.T, method, url, service, target, body string, status int, text string) {
	t.Helper()
	got, answer := ask(t, method, url, signed(service), target, body)
	if got != status || !strings.Contains(answer, text) {
		t.Errorf("%s %s%s is answered with %d %s, want %d with %s", method, url, target, got, answer, status, text)
	}
}

func TestOverlayOfLogGroupKeys(t *testing.T) {
	url := overlaidBy(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"logGroups":[{"logGroupName":"trail"},{"logGroupName":"other"}]}`)
	})
	says(t, "POST", url, "logs", "Logs_20140328.AssociateKmsKey", `{"logGroupName":"none","kmsKeyId":"k"}`, 400, "ResourceNotFoundException")
	says(t, "POST", url, "logs", "Logs_20140328.AssociateKmsKey", `{"logGroupName":"trail","kmsKeyId":"k"}`, 200, "")
	says(t, "POST", url, "logs", "Logs_20140328.DescribeLogGroups", `{}`, 200, `[{"kmsKeyId":"k","logGroupName":"trail"},{"logGroupName":"other"}]`)
}

func TestOverlayOfAlarmActions(t *testing.T) {
	const alarm = "<member><AlarmName>NAME</AlarmName><AlarmActions><member>arn:a</member></AlarmActions><ActionsEnabled>false</ActionsEnabled></member>"
	url := overlaidBy(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<R><DescribeAlarmsResult><MetricAlarms>"+strings.ReplaceAll(alarm, "NAME", "a")+strings.ReplaceAll(alarm, "NAME", "b")+
			"</MetricAlarms></DescribeAlarmsResult></R>")
	})
	says(t, "POST", url, "monitoring", "", "Action=EnableAlarmActions&AlarmNames.member.1=b", 200, "EnableAlarmActionsResponse")
	want := strings.ReplaceAll(alarm, "NAME", "a") + strings.Replace(strings.ReplaceAll(alarm, "NAME", "b"), "false", "true", 1)
	says(t, "POST", url, "monitoring", "", "Action=DescribeAlarms", 200, want)
	says(t, "POST", url, "monitoring", "", "Action=PutMetricAlarm&AlarmName=b", 200, "")
	says(t, "POST", url, "monitoring", "", "Action=DescribeAlarms", 200, strings.ReplaceAll(alarm, "NAME", "b"))
}

func TestOverlayOfStandards(t *testing.T) {
	const cis = "arn:aws:securityhub:eu-west-1::standards/cis-aws-foundations-benchmark/v/3.0.0"
	on := false
	url := overlaidBy(t, func(w http.ResponseWriter, r *http.Request) {
		if !on || r.Method != http.MethodGet || r.URL.Path != "/accounts" {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	const request = `{"StandardsSubscriptionRequests":[{"StandardsArn":"` + cis + `"}]}`
	says(t, "POST", url+"/standards/get", "securityhub", "", "{}", 401, "is not subscribed")
	says(t, "POST", url+"/standards/register", "securityhub", "", request, 401, "is not subscribed")
	on = true
	says(t, "POST", url+"/standards/get", "securityhub", "", "{}", 200, `"StandardsSubscriptions":[]`)
	says(t, "POST", url+"/standards/register", "securityhub", "", `{"StandardsSubscriptionRequests":[{"StandardsArn":"arn:none"}]}`, 400, "InvalidInputException")
	says(t, "POST", url+"/standards/register", "securityhub", "", request, 200, "PENDING")
	says(t, "POST", url+"/standards/get", "securityhub", "", "{}", 200,
		`"StandardsSubscriptionArn":"arn:aws:securityhub:eu-west-1:123456789012:subscription/cis-aws-foundations-benchmark/v/3.0.0"`)
	says(t, "GET", url+"/standards", "securityhub", "", "", 200, cis)
	says(t, "PATCH", url+"/accounts", "securityhub", "", "{}", 200, "{}")
}

func TestOverlayOfSlackChannels(t *testing.T) {
	url := overlaidBy(t, http.NotFound)
	const channel = `"ConfigurationName":"acme","SlackTeamId":"T1","SlackChannelId":"C1","IamRoleArn":"r"`
	says(t, "POST", url+"/describe-slack-channel-configurations", "chatbot", "", "{}", 200, `"SlackChannelConfigurations":[]`)
	says(t, "POST", url+"/create-slack-channel-configuration", "chatbot", "", `{"ConfigurationName":"acme"}`, 400, "InvalidParameterException")
	says(t, "POST", url+"/create-slack-channel-configuration", "chatbot", "", "{"+channel+"}", 201, "chat-configuration/slack-channel/acme")
	says(t, "POST", url+"/create-slack-channel-configuration", "chatbot", "", "{"+channel+"}", 409, "ConflictException")
	says(t, "POST", url+"/update-slack-channel-configuration", "chatbot", "", `{"ChatConfigurationArn":"none"}`, 404, "ResourceNotFoundException")
	says(t, "POST", url+"/update-slack-channel-configuration", "chatbot", "",
		`{"ChatConfigurationArn":"arn:aws:chatbot::123456789012:chat-configuration/slack-channel/acme","SlackChannelId":"C2"}`, 200, `"C2"`)
	says(t, "POST", url+"/describe-slack-channel-configurations", "chatbot", "", "{}", 200, `"SlackChannelId":"C2"`)
}

func TestOverlayOfDelegatedAdministrators(t *testing.T) {
	url := overlaidBy(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "moto") })
	const register, list = "CloudTrail_20131101.RegisterOrganizationDelegatedAdmin", "AWSOrganizationsV20161128.ListDelegatedAdministrators"
	const ofTrail = `{"ServicePrincipal":"cloudtrail.amazonaws.com"}`
	says(t, "POST", url, "organizations", list, ofTrail, 200, `"DelegatedAdministrators":[]`)
	says(t, "POST", url, "cloudtrail", register, `{}`, 400, "InvalidParameterException")
	for range 2 {
		says(t, "POST", url, "cloudtrail", register, `{"MemberAccountId":"111122223333"}`, 200, "{}")
	}
	says(t, "POST", url, "organizations", list, ofTrail, 200, `[{"Id":"111122223333","Status":"ACTIVE"}]`)
	says(t, "POST", url, "organizations", list, `{"ServicePrincipal":"ssm.amazonaws.com"}`, 200, "moto")
}
