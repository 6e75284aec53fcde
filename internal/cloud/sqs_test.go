package cloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/object"
)

// fakeSQS speaks as much of https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/ as Queue asks for.
type fakeSQS struct {
	mu       sync.Mutex
	messages []string // bodies, by number of the message
	sent     int
	asked    []string // operations, with what matters of them
	fail     []string // codes of refusals, one a request, before anything else
	status   int
	refuse   map[string]string // handles, and why a batch refuses them
}

func (f *fakeSQS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var in struct {
		QueueUrl            string
		MaxNumberOfMessages int
		WaitTimeSeconds     int
		VisibilityTimeout   int
		Entries             []struct {
			Id, ReceiptHandle string
			VisibilityTimeout int
		}
	}
	body, err := io.ReadAll(r.Body)
	if err = errors.Join(err, json.Unmarshal(body, &in)); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if len(f.fail) > 0 {
		code := f.fail[0]
		f.fail = f.fail[1:]
		f.asked = append(f.asked, operation+" "+code)
		w.Header().Set("X-Amzn-Query-Error", code+";Sender")
		w.WriteHeader(f.status)
		fmt.Fprintf(w, `{"__type":"com.amazonaws.sqs#%s","message":"no, says %s"}`, code, "the queue")
		return
	}
	out := map[string]any{}
	switch operation {
	case "ReceiveMessage":
		f.asked = append(f.asked, fmt.Sprintf("receive %d, wait %d, hold %d", in.MaxNumberOfMessages, in.WaitTimeSeconds, in.VisibilityTimeout))
		var messages []map[string]string
		for len(messages) < in.MaxNumberOfMessages && f.sent < len(f.messages) {
			messages = append(messages, map[string]string{"MessageId": fmt.Sprint("m", f.sent), "ReceiptHandle": fmt.Sprint("h", f.sent), "Body": f.messages[f.sent]})
			f.sent++
		}
		out["Messages"] = messages
	case "DeleteMessageBatch", "ChangeMessageVisibilityBatch":
		var done, failed []map[string]any
		var handles []string
		for _, e := range in.Entries {
			if code := f.refuse[e.ReceiptHandle]; code != "" {
				failed = append(failed, map[string]any{"Id": e.Id, "Code": code, "Message": "it is too late", "SenderFault": true})
				continue
			}
			done = append(done, map[string]any{"Id": e.Id})
			handles = append(handles, fmt.Sprint(e.ReceiptHandle, ":", e.VisibilityTimeout))
		}
		out["Successful"], out["Failed"] = done, failed
		f.asked = append(f.asked, operation+" "+strings.Join(handles, " "))
	default:
		f.asked = append(f.asked, "? "+operation)
	}
	if err := json.NewEncoder(w).Encode(out); err != nil {
		f.asked = append(f.asked, err.Error())
	}
}

func fakeQueue(t *testing.T, f *fakeSQS) *Queue {
	t.Helper()
	environment(t)
	q, err := session(t, Options{EndpointURL: serve(t, &http.Server{Handler: f})}).Queue("https://sqs.eu-west-1.amazonaws.com/111122223333/news", 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestQueueReceivesManyAndDeletesThem(t *testing.T) {
	f := &fakeSQS{}
	for i := range 23 {
		f.messages = append(f.messages, fmt.Sprintf(`{"n":%d}`, i))
	}
	q := fakeQueue(t, f)
	messages, err := q.Receive(t.Context())
	if err != nil || len(messages) != 23 {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	if d := cmp.Diff(object.Message{ID: "m22", Handle: "h22", Body: []byte(`{"n":22}`)}, messages[22]); d != "" {
		t.Error(d)
	}
	if err := q.Extend(t.Context(), messages[:1]); err != nil {
		t.Error(err)
	}
	if err := q.Delete(t.Context(), messages[9:21]); err != nil {
		t.Error(err)
	}
	want := []string{"receive 10, wait 20, hold 300", "receive 10, wait 0, hold 300", "receive 10, wait 0, hold 300",
		"ChangeMessageVisibilityBatch h0:300", "DeleteMessageBatch h9:0 h10:0 h11:0 h12:0 h13:0 h14:0 h15:0 h16:0 h17:0 h18:0", "DeleteMessageBatch h19:0 h20:0"}
	if d := cmp.Diff(want, f.asked); d != "" {
		t.Error(d)
	}
	if messages, err = q.Receive(t.Context()); err != nil || len(messages) != 0 {
		t.Errorf("%d messages of an empty queue, %v", len(messages), err)
	}
}

func TestQueueFaults(t *testing.T) {
	for _, c := range []struct {
		name, code string
		status     int
		times      int
		want       error // nil: another try helps
	}{
		{"throttled, then not", "RequestThrottled", http.StatusBadRequest, 3, nil},
		{"a fault of the service, then none", "InternalFailure", http.StatusInternalServerError, 2, nil},
		{"no such queue", "AWS.SimpleQueueService.NonExistentQueue", http.StatusBadRequest, 1, object.ErrNotFound},
		{"denied", "AccessDeniedException", http.StatusForbidden, 1, object.ErrDenied},
		{"the key is denied", "KMS.AccessDeniedException", http.StatusBadRequest, 1, object.ErrDenied},
		{"credentials", "ExpiredTokenException", http.StatusForbidden, 1, object.ErrCredentials},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fakeSQS{messages: []string{"{}"}, fail: slices.Repeat([]string{c.code}, c.times), status: c.status}
			q := fakeQueue(t, f)
			messages, err := q.Receive(t.Context())
			if c.want == nil {
				if err != nil || len(messages) != 1 {
					t.Errorf("%d messages, %v", len(messages), err)
				}
				return
			}
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), "/111122223333/news") {
				t.Errorf("%v, want %v that names the queue", err, c.want)
			}
			for _, s := range []string{testID, testSecret, testToken} {
				if strings.Contains(fmt.Sprint(err), s) {
					t.Errorf("%v holds a credential", err)
				}
			}
		})
	}
	f := &fakeSQS{refuse: map[string]string{"h1": "ReceiptHandleIsInvalid", "h2": "ReceiptHandleIsInvalid"}}
	q := fakeQueue(t, f)
	err := q.Delete(t.Context(), []object.Message{{Handle: "h0"}, {Handle: "h1"}, {Handle: "h2"}})
	if err == nil || object.Permanent(err) || !strings.Contains(err.Error(), "2 messages") || !strings.Contains(err.Error(), "ReceiptHandleIsInvalid") {
		t.Errorf("%v", err)
	}
	if d := cmp.Diff([]string{"DeleteMessageBatch h0:0"}, f.asked); d != "" {
		t.Error(d)
	}
}

func TestQueueURLs(t *testing.T) {
	environment(t)
	s := session(t, Options{Region: "ap-south-1"})
	for address, want := range map[string]string{
		"https://sqs.eu-west-1.amazonaws.com/111122223333/news":                         "eu-west-1",
		"https://eu-central-1.queue.amazonaws.com/111122223333/news":                    "eu-central-1",
		"https://queue.amazonaws.com/111122223333/news":                                 "us-east-1",
		"https://vpce-0a1-b2c.sqs.us-gov-west-1.vpce.amazonaws.com/111122223333/a.fifo": "us-gov-west-1",
		"http://127.0.0.1:4566/000000000000/news":                                       "ap-south-1",
		"arn:aws:sqs:eu-west-1:111122223333:news":                                       "",
		"https://user:word@sqs.eu-west-1.amazonaws.com/111122223333/news":               "",
		"https://sqs.eu-west-1.amazonaws.com/news":                                      "",
		"news": "",
		"https://sqs.eu-west-1.amazonaws.com/111122223333/news?X-Amz-Signature=abcdef": "",
	} {
		q, err := s.Queue(address, time.Minute)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q is taken", address)
		case want == "" && (strings.Contains(err.Error(), "word@") || strings.Contains(err.Error(), "abcdef")):
			t.Errorf("%v holds a secret", err)
		case want != "" && (err != nil || q.Region != want):
			t.Errorf("%q: %+v, %v, want region %q", address, q, err, want)
		}
	}
}

// TestQueueOnMoto has a server that others wrote tell a queue what is put into a bucket.
func TestQueueOnMoto(t *testing.T) {
	endpoint := os.Getenv("TRAILSEAL_MOTO")
	if endpoint == "" {
		t.Skip("TRAILSEAL_MOTO does not name the URL of a running moto_server")
	}
	environment(t)
	ctx := t.Context()
	s := session(t, Options{EndpointURL: endpoint})
	bucket := fmt.Sprintf("news-%d", time.Now().UnixNano())
	client := s.bucketClient(defaultRegion)
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	queues := sqs.NewFromConfig(s.cfg, func(o *sqs.Options) { o.BaseEndpoint = &endpoint })
	created, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	attributes, err := queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: created.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{Bucket: &bucket, NotificationConfiguration: &s3types.NotificationConfiguration{
		QueueConfigurations: []s3types.QueueConfiguration{{QueueArn: aws.String(attributes.Attributes["QueueArn"]), Events: []s3types.Event{"s3:ObjectCreated:*"}}},
	}}); err != nil {
		t.Fatal(err)
	}
	const puts = 12
	for i := range puts {
		if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String(fmt.Sprintf("a b+c/%d", i)), Body: bytes.NewReader(nil)}); err != nil {
			t.Fatal(err)
		}
	}
	q, err := s.Queue(*created.QueueUrl, 2*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := q.Receive(ctx)
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	for _, m := range messages {
		if bytes.Contains(m.Body, []byte(`"a+b%2Bc/`)) || bytes.Contains(m.Body, []byte(`"a+b%2Bc%2F`)) {
			keys++
		}
	}
	if keys != puts || len(messages) < puts {
		t.Errorf("%d of %d puts in %d messages, as %s", keys, puts, len(messages), messages[0].Body)
	}
	if err := q.Extend(ctx, messages); err != nil {
		t.Error(err)
	}
	if err := q.Delete(ctx, messages); err != nil {
		t.Error(err)
	}
	left, err := queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: created.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{
		sqstypes.QueueAttributeNameApproximateNumberOfMessages, sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible}})
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range left.Attributes {
		if n != "0" {
			t.Errorf("%s is %s", name, n)
		}
	}
	gone, err := s.Queue(strings.TrimSuffix(*created.QueueUrl, bucket)+"gone", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gone.Receive(ctx); !errors.Is(err, object.ErrNotFound) {
		t.Errorf("a queue that is not there: %v", err)
	}
}
