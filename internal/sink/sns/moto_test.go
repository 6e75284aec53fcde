package sns

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/sinktest"
)

// TestTopicsOnMoto publishes to topics of a server that others wrote, and reads the messages from queues that are
// subscribed to them with a filter policy.
func TestTopicsOnMoto(t *testing.T) {
	server := os.Getenv("TRAILSEAL_MOTO")
	if server == "" {
		t.Skip("TRAILSEAL_MOTO does not name the URL of a running moto_server")
	}
	ctx := t.Context()
	w := sinktest.NewWorld(t)
	w.Env.AWS = signed(server, w.Env.HTTP)
	cfg, err := w.Env.AWS(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Region = "eu-west-3"
	topics, queues := sns.NewFromConfig(cfg), sqs.NewFromConfig(cfg)
	for _, suffix := range []string{"", ".fifo"} {
		t.Run("topic"+suffix, func(t *testing.T) {
			name := fmt.Sprintf("alerts-%d%s", time.Now().UnixNano(), suffix)
			attributes, queueAttributes := map[string]string{}, map[string]string{}
			if suffix != "" {
				attributes["FifoTopic"], queueAttributes["FifoQueue"] = "true", "true"
			}
			topic, err := topics.CreateTopic(ctx, &sns.CreateTopicInput{Name: &name, Attributes: attributes})
			if err != nil {
				t.Fatal(err)
			}
			queue, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: queueAttributes})
			if err != nil {
				t.Fatal(err)
			}
			got, err := queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: queue.QueueUrl, AttributeNames: []types.QueueAttributeName{"QueueArn"}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := topics.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(got.Attributes["QueueArn"]),
				Attributes: map[string]string{"RawMessageDelivery": "true", "FilterPolicy": `{"kind": ["opened", "closed"], "severity": ["high"], "account": ["111122223333"]}`}}); err != nil {
				t.Fatal(err)
			}
			s := newSink(t, aws.ToString(topic.TopicArn), w.Env)
			low := sinktest.Ordinary(notice.Opened)
			low.Key, low.Alert.Severity = "low", "low"
			for _, n := range []notice.Notice{sinktest.Ordinary(notice.Opened), sinktest.Ordinary(notice.Rising), low, sinktest.Ordinary(notice.Closed)} {
				receipt, err := s.Send(ctx, n)
				if err != nil || receipt.ID == "" {
					t.Fatalf("%+v, %v", receipt, err)
				}
			}
			want := []string{sinktest.Ordinary(notice.Opened).Key, sinktest.Ordinary(notice.Closed).Key}
			if got := receive(ctx, t, queues, aws.ToString(queue.QueueUrl), len(want)); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("the queue has %q, want %q", got, want)
			}
		})
	}
	if _, err := newSink(t, "arn:aws:sns:eu-west-3:123456789012:nobody", w.Env).Send(ctx, sinktest.Ordinary(notice.Opened)); !notice.IsPermanent(err) || !strings.Contains(err.Error(), "NotFound") {
		t.Errorf("a topic that is not there: %v", err)
	}
}

// receive reads messages until a look finds none, and returns the keys of their notices.
func receive(ctx context.Context, t *testing.T, queues *sqs.Client, url string, want int) []string {
	t.Helper()
	var keys []string
	for {
		out, err := queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return keys
		}
		for _, m := range out.Messages {
			var n notice.Notice
			if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &n); err != nil {
				t.Fatalf("%v: %.300s", err, aws.ToString(m.Body))
			}
			keys = append(keys, n.Key)
			if _, err := queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
		if len(keys) > want {
			return keys
		}
	}
}
