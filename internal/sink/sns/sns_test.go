package sns

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/sinktest"
)

const (
	standard = "arn:aws:sns:eu-west-3:111122223333:alerts"
	ordered  = standard + ".fifo"

	testKey   = "wJalrXUtnFEMI-hunter2-EXAMPLEKEY"
	testToken = "IQoJb3JpZ2luX2VjEXAMPLETOKEN"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// signed is a configuration with credentials that must not show, for a server at url.
func signed(url string, client aws.HTTPClient) func(context.Context) (aws.Config, error) {
	return func(context.Context) (aws.Config, error) {
		return aws.Config{Region: "us-east-1", BaseEndpoint: &url, HTTPClient: client,
			Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", testKey, testToken)}, nil
	}
}

func newSink(t *testing.T, topic string, env notice.Env) notice.Sink {
	t.Helper()
	s, err := New(sinktest.Section("topic: "+topic), env)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const published = `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult>` +
	`<ResponseMetadata><RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata></PublishResponse>`

func accept(w http.ResponseWriter, _ sinktest.Delivery) {
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprint(w, published)
}

func TestSink(t *testing.T) {
	for _, topic := range []string{standard, ordered} {
		t.Run(topic, func(t *testing.T) {
			sinktest.Run(t, sinktest.Options{
				New: func(t *testing.T, url string, w *sinktest.World) notice.Sink {
					w.Env.AWS = signed(url, w.Env.HTTP)
					return newSink(t, topic, w.Env)
				},
				Accept: accept,
				Check:  func(t *testing.T, n notice.Notice, d sinktest.Delivery) { check(t, topic, n, d) },
			})
		})
	}
}

// form is the parameters of Publish in the query protocol.
func form(t *testing.T, d sinktest.Delivery) map[string]string {
	t.Helper()
	values, err := url.ParseQuery(string(d.Body))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for name, v := range values {
		out[name] = v[0]
	}
	return out
}

// check holds a request against the reference of Publish: its parameters, their lengths and characters.
func check(t *testing.T, topic string, n notice.Notice, d sinktest.Delivery) {
	t.Helper()
	f := form(t, d)
	if !strings.Contains(d.Header.Get("Authorization"), "/eu-west-3/sns/aws4_request") || d.Method != http.MethodPost {
		t.Errorf("%s with %q, want the topic's region", d.Method, d.Header.Get("Authorization"))
	}
	for name, want := range map[string]string{"Action": "Publish", "Version": "2010-03-31", "TopicArn": topic, "MessageStructure": "json"} {
		if f[name] != want {
			t.Errorf("%s is %q, want %q", name, f[name], want)
		}
	}
	if !regexp.MustCompile(`^[A-Za-z0-9][ -~]{0,98}$`).MatchString(f["Subject"]) {
		t.Errorf("subject %q", f["Subject"])
	}
	if strings.Contains(f["Subject"], "=?") {
		t.Errorf("subject %q begins an encoded word", f["Subject"])
	}
	size := len(f["Message"])
	attributes := map[string]string{}
	for i := 1; f[fmt.Sprintf("MessageAttributes.entry.%d.Name", i)] != ""; i++ {
		at := fmt.Sprintf("MessageAttributes.entry.%d.", i)
		name, kind, value := f[at+"Name"], f[at+"Value.DataType"], f[at+"Value.StringValue"]
		if kind != "String" || value == "" || utf8.RuneCountInString(value) > 256 || !utf8.ValidString(value) {
			t.Errorf("attribute %s of type %q is %q", name, kind, value)
		}
		attributes[name] = value
		size += len(name) + len(kind) + len(value)
	}
	if size > 262144 {
		t.Errorf("%d bytes", size)
	}
	if attributes["kind"] != string(n.Kind) || attributes["severity"] != string(n.Alert.Severity) {
		t.Errorf("attributes %q", attributes)
	}
	var message map[string]string
	if err := json.Unmarshal([]byte(f["Message"]), &message); err != nil || len(message) != 3 {
		t.Fatalf("message has %d protocols, %v", len(message), err)
	}
	var got notice.Notice
	if err := json.Unmarshal([]byte(message["default"]), &got); err != nil || got.Key != n.Key || got.Kind != n.Kind || got.Alert.ID != n.Alert.ID || got.Alert.Count != n.Alert.Count {
		t.Errorf("the JSON is another notice, %v: %.300s", err, message["default"])
	}
	sinktest.Shown(t, "e-mail", message["email"])
	if len(message["email"]) < 100 || !strings.Contains(message["email"], n.Alert.ID) {
		t.Errorf("e-mail %q", message["email"])
	}
	if !regexp.MustCompile(`^[ -~]{1,140}$`).MatchString(message["sms"]) {
		t.Errorf("SMS %q", message["sms"])
	}
	fifo := strings.HasSuffix(topic, ".fifo")
	for _, name := range []string{"MessageGroupId", "MessageDeduplicationId"} {
		if value := f[name]; fifo && !regexp.MustCompile(`^[!-~]{1,128}$`).MatchString(value) || !fifo && value != "" {
			t.Errorf("%s is %q", name, value)
		}
	}
	if fifo && f["MessageGroupId"] != n.Alert.ID {
		t.Errorf("group %q, want the alert's id", f["MessageGroupId"])
	}
}

func TestNoticesHaveTheirOwnDeduplication(t *testing.T) {
	s := sink{topic: topicOf(t, ordered)}
	seen := map[string]notice.Kind{}
	for _, kind := range sinktest.Kinds() {
		first, err := s.message(sinktest.Ordinary(kind))
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.message(sinktest.Ordinary(kind))
		if err != nil {
			t.Fatal(err)
		}
		id := aws.ToString(first.MessageDeduplicationId)
		if other, ok := seen[id]; ok || id != aws.ToString(again.MessageDeduplicationId) {
			t.Errorf("%s has %q, like %q, and %q the second time", kind, id, other, aws.ToString(again.MessageDeduplicationId))
		}
		seen[id] = kind
	}
	for _, id := range []string{"", "a b", "é", strings.Repeat("a", 129)} {
		n := sinktest.Ordinary(notice.Opened)
		n.Alert.ID = id
		if got := group(n); len(got) != 64 {
			t.Errorf("an alert's id %q makes group %q", id, got)
		}
	}
}

func topicOf(t *testing.T, text string) topic {
	t.Helper()
	var out topic
	if err := out.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGolden(t *testing.T) {
	for _, kind := range sinktest.Kinds() {
		n := sinktest.Ordinary(kind)
		in, err := (&sink{topic: topicOf(t, ordered)}).message(n)
		if err != nil {
			t.Fatal(err)
		}
		var message map[string]string
		if err := json.Unmarshal([]byte(*in.Message), &message); err != nil {
			t.Fatal(err)
		}
		sinktest.Golden(t, *update, string(kind)+".txt", []byte("Subject: "+*in.Subject+"\nSMS: "+message["sms"]+"\n\n"+message["email"]))
	}
}

func TestErrorsOfPublish(t *testing.T) {
	for _, c := range []struct {
		code      string
		status    int
		permanent bool
	}{
		{"AuthorizationError", 403, true}, {"NotFound", 404, true}, {"InvalidParameter", 400, true}, {"ParameterValueInvalid", 400, true},
		{"EndpointDisabled", 400, true}, {"KMSAccessDenied", 400, true}, {"KMSNotFound", 400, true}, {"InvalidSecurity", 403, true}, {"ValidationException", 400, true},
		{"KMSThrottling", 400, false}, {"Throttled", 429, false}, {"Throttling", 400, false}, {"InternalError", 500, false}, {"ServiceUnavailable", 503, false},
		{"ExpiredToken", 403, false}, {"InvalidClientTokenId", 403, false}, {"SignatureDoesNotMatch", 403, false},
	} {
		t.Run(c.code, func(t *testing.T) {
			url, _ := sinktest.HTTP(t, func(w http.ResponseWriter, d sinktest.Delivery) {
				w.Header().Set("Content-Type", "text/xml")
				w.WriteHeader(c.status)
				var quoted strings.Builder
				if err := xml.EscapeText(&quoted, []byte(d.Header.Get("Authorization")+d.Header.Get("X-Amz-Security-Token"))); err != nil {
					t.Error(err)
				}
				if !strings.Contains(c.code, "Signature") && !strings.Contains(c.code, "Token") {
					quoted.Reset()
				}
				fmt.Fprintf(w, `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>%s</Code><Message>it says why %s</Message></Error><RequestId>r</RequestId></ErrorResponse>`, c.code, quoted.String())
			})
			w := sinktest.NewWorld(t)
			w.Env.AWS = signed(url, awshttp.NewBuildableClient())
			_, err := newSink(t, standard, w.Env).Send(t.Context(), sinktest.Ordinary(notice.Opened))
			var r *notice.Refusal
			if !errors.As(err, &r) || r.Permanent != c.permanent || !strings.HasPrefix(r.Status, fmt.Sprint(c.status)) || !strings.Contains(err.Error(), c.code) {
				t.Errorf("%+v, %v", r, err)
			}
			if strings.Contains(fmt.Sprint(err), testToken) || strings.Contains(fmt.Sprint(err), "Signature=") {
				t.Errorf("%q quotes the request", err)
			}
		})
	}
}

// TestClientOfTheSession has the client that package cloud makes, which would follow a redirect of 307.
func TestClientOfTheSession(t *testing.T) {
	asked := 0
	elsewhere, _ := sinktest.HTTP(t, func(http.ResponseWriter, sinktest.Delivery) { asked++ })
	url, _ := sinktest.HTTP(t, func(w http.ResponseWriter, _ sinktest.Delivery) {
		w.Header().Set("Location", elsewhere)
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	w := sinktest.NewWorld(t)
	w.Env.AWS = signed(url, awshttp.NewBuildableClient())
	if _, err := newSink(t, standard, w.Env).Send(t.Context(), sinktest.Ordinary(notice.Opened)); err == nil || asked != 0 {
		t.Errorf("%v after %d requests elsewhere", err, asked)
	}
}

func TestSettings(t *testing.T) {
	env := sinktest.NewWorld(t).Env
	for _, in := range []string{"{}", "topic: alerts", "topic: arn:aws:sqs:eu-west-3:111122223333:alerts", "topic: arn:aws:sns::111122223333:alerts", "topic: arn:aws:sns:eu-west-3::alerts",
		"topic: arn:aws:sns:eu-west-3:111122223333:", "topic: arn:aws:sns:eu-west-3:111122223333:alerts:8a21d249-4329-4871-acc6-7be709c6ea7f", "topic: " + standard + "\nregion: us-east-1"} {
		if _, err := New(sinktest.Section(in), env); err == nil {
			t.Errorf("%q is taken", in)
		}
	}
	for _, in := range []string{standard, ordered, "arn:aws-cn:sns:cn-north-1:111122223333:a_b-c"} {
		newSink(t, in, env)
	}
	if _, err := newSink(t, standard, env).Send(t.Context(), sinktest.Ordinary(notice.Opened)); err == nil || notice.IsPermanent(err) {
		t.Errorf("without AWS: %v, want an error that is worth another try", err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := sinktest.Time()
	for in, want := range map[string]time.Duration{"": 0, "90": 90 * time.Second, "-5": 0, "1h": 0, "soon": 0, "99999999": 24 * time.Hour,
		now.Add(time.Minute).Format(http.TimeFormat): time.Minute, now.Add(-time.Minute).Format(http.TimeFormat): 0} {
		if got := retryAfter(in, now); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}
