package awstest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func signed(service string) string {
	return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250101/eu-west-1/" + service + "/aws4_request, SignedHeaders=host, Signature=0"
}

// proxied starts a proxy before a server that answers every call with 200 and counts them.
func proxied(t *testing.T, overlays map[string]Overlay) (p *Proxy, url string, reached *[]*http.Request) {
	t.Helper()
	reached = &[]*http.Request{}
	moto := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*reached = append(*reached, r)
		if r.FormValue("Action") == "AssumeRole" {
			_, _ = io.WriteString(w, `<R><AccessKeyId>ASIAOTHER</AccessKeyId><Arn>arn:aws:sts::999999999999:assumed-role/r/s</Arn></R>`)
		}
	}))
	t.Cleanup(moto.Close)
	p, err := NewProxy(ProxyOptions{Moto: moto.URL, Overlays: overlays})
	if err != nil {
		t.Fatal(err)
	}
	if url, err = p.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p, url, reached
}

func ask(t *testing.T, method, url, auth, target, body string, more ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", auth)
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	for i := 0; i+1 < len(more); i += 2 {
		r.Header.Set(more[i], more[i+1])
	}
	if target == "" && strings.HasPrefix(body, "Action=") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestProxyNamesCallsAndTheirActions(t *testing.T) {
	for _, c := range []struct {
		name, service, method, path, target, body string
		headers                                   []string
		want                                      Call
	}{
		{"a JSON service", "cloudtrail", "POST", "/", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.StartLogging", `{"Name":"t"}`, nil,
			Call{"cloudtrail", "StartLogging", "eu-west-1", MotoAccount, "t", []string{"cloudtrail:StartLogging"}}},
		{"a trail with a role passes it", "cloudtrail", "POST", "/", "CloudTrail_20131101.UpdateTrail", `{"Name":"t","CloudWatchLogsRoleArn":"arn:x"}`, nil,
			Call{"cloudtrail", "UpdateTrail", "eu-west-1", MotoAccount, "t", []string{"cloudtrail:UpdateTrail", "iam:PassRole"}}},
		{"a form service", "monitoring", "POST", "/", "", "Action=PutMetricAlarm&AlarmName=a", nil,
			Call{"cloudwatch", "PutMetricAlarm", "eu-west-1", MotoAccount, "a", []string{"cloudwatch:PutMetricAlarm"}}},
		{"a bucket's setting", "s3", "PUT", "/b?lifecycle", "", "", nil,
			Call{"s3", "PutBucketLifecycleConfiguration", "eu-west-1", MotoAccount, "b", []string{"s3:PutLifecycleConfiguration"}}},
		{"a bucket with a lock", "s3", "PUT", "/b", "", "", []string{"X-Amz-Bucket-Object-Lock-Enabled", "true"},
			Call{"s3", "CreateBucket", "eu-west-1", MotoAccount, "b", []string{"s3:CreateBucket", "s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"}}},
		{"the head of a bucket", "s3", "HEAD", "/b", "", "", nil,
			Call{"s3", "HeadBucket", "eu-west-1", MotoAccount, "b", []string{"s3:ListBucket"}}},
		{"an object", "s3", "GET", "/b/k/l", "", "", nil,
			Call{"s3", "GetObject", "eu-west-1", MotoAccount, "b", []string{"s3:GetObject"}}},
		{"a REST service", "guardduty", "POST", "/detector/12", "", `{}`, nil,
			Call{"guardduty", "UpdateDetector", "eu-west-1", MotoAccount, "", []string{"guardduty:UpdateDetector"}}},
		{"a chat service", "chatbot", "POST", "/create-slack-channel-configuration", "", `{"ConfigurationName":"c","IamRoleArn":"arn:x"}`, nil,
			Call{"chatbot", "CreateSlackChannelConfiguration", "eu-west-1", MotoAccount, "c", []string{"chatbot:CreateSlackChannelConfiguration", "iam:PassRole"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, url, _ := proxied(t, nil)
			ask(t, c.method, url+c.path, signed(c.service), c.target, c.body, c.headers...)
			if diff := cmp.Diff([]Call{c.want}, p.Calls()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestProxyFailsInTheProtocolOfTheService(t *testing.T) {
	for service, want := range map[string]string{
		"s3":         "<Error><Code>ThrottlingException</Code>",
		"iam":        "<ErrorResponse><Error><Code>ThrottlingException</Code>",
		"cloudtrail": `"__type":"ThrottlingException"`,
	} {
		t.Run(service, func(t *testing.T) {
			p, url, reached := proxied(t, nil)
			p.Fail(func(Call) *Fault { return &Throttled })
			status, body := ask(t, "PUT", url+"/b?policy", signed(service), "", "")
			if status != http.StatusBadRequest || !strings.Contains(body, want) {
				t.Errorf("got %d %s", status, body)
			}
			if len(*reached) != 0 {
				t.Error("a call that failed reached moto")
			}
			p.Fail(nil)
			if status, _ := ask(t, "PUT", url+"/b?policy", signed(service), "", ""); status != http.StatusOK || len(*reached) != 1 {
				t.Errorf("after the fault: %d, %d calls", status, len(*reached))
			}
		})
	}
}

func TestProxyLosesTheAnswerOnly(t *testing.T) {
	p, url, reached := proxied(t, nil)
	p.Fail(func(Call) *Fault { return &Fault{Status: 500, Code: "InternalFailure", After: true} })
	if status, _ := ask(t, "POST", url, signed("kms"), "TrentService.CreateKey", "{}"); status != 500 || len(*reached) != 1 {
		t.Errorf("got %d after %d calls", status, len(*reached))
	}
}

func TestProxyOverlaysAnswerOrPassOn(t *testing.T) {
	_, url, reached := proxied(t, map[string]Overlay{"securityhub:BatchEnableStandards": func(w http.ResponseWriter, r *http.Request, _ Call, moto http.Handler) {
		if body, _ := io.ReadAll(r.Body); string(body) == "mine" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		moto.ServeHTTP(w, r)
	}})
	if status, _ := ask(t, "POST", url+"/standards/register", signed("securityhub"), "", "mine"); status != http.StatusTeapot {
		t.Errorf("overlay: %d", status)
	}
	if status, _ := ask(t, "POST", url+"/standards/register", signed("securityhub"), "", ""); status != http.StatusOK || len(*reached) != 1 {
		t.Errorf("passed on: %d, %d calls", status, len(*reached))
	}
}

func TestProxyKnowsWhoseAssumedCredentialsAre(t *testing.T) {
	p, url, reached := proxied(t, nil)
	ask(t, "POST", url, signed("sts"), "", "Action=AssumeRole&RoleArn=arn:aws:iam::999999999999:role/r")
	ask(t, "POST", url, strings.Replace(signed("kms"), "AKIDEXAMPLE", "ASIAOTHER", 1), "TrentService.ListKeys", "{}")
	var accounts, sent []string
	for i, c := range p.Calls() {
		accounts, sent = append(accounts, c.Account), append(sent, (*reached)[i].Header.Get("X-Moto-Account-Id"))
	}
	if want := []string{MotoAccount, "999999999999"}; !slices.Equal(accounts, want) || !slices.Equal(sent, want) {
		t.Errorf("calls of %v, sent as %v", accounts, sent)
	}
}
