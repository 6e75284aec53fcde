package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
)

const (
	queueWait  = 20 // seconds for which a request waits for messages: the longest there is
	queueBatch = 10 // messages in one request
	queueMost  = 10 // requests of one Receive
)

// Queue is a queue of Amazon SQS. It may be used by many goroutines at a time. It needs sqs:ReceiveMessage,
// sqs:DeleteMessage and sqs:ChangeMessageVisibility, and kms:Decrypt where the queue is encrypted with a key of KMS.
type Queue struct {
	URL, Region string

	held   int32 // seconds
	client *sqs.Client
}

var errQueueURL = errors.New("not the URL of a queue, as https://sqs.REGION.amazonaws.com/ACCOUNT/NAME")

// Queue is the queue of a URL, read in the region that the URL names. Messages that were received are not given to others
// for held. It makes no request.
func (s *Session) Queue(address string, held time.Duration) (*Queue, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || strings.Count(strings.Trim(u.Path, "/"), "/") != 1 {
		return nil, fmt.Errorf("queue %q: %w", redact(address), errQueueURL)
	}
	region := queueRegion(u.Hostname(), s.cfg.Region)
	client := sqs.NewFromConfig(s.cfg, func(o *sqs.Options) {
		o.Region = region
		s.endpoint(&o.BaseEndpoint)
	})
	return &Queue{URL: address, Region: region, held: int32(held / time.Second), client: client}, nil
}

// queueRegion is the region that the host of a queue names: sqs.eu-west-1.amazonaws.com, eu-west-1.queue.amazonaws.com and,
// for us-east-1 of old, queue.amazonaws.com; or another, for a host that names none.
func queueRegion(host, other string) string {
	for label := range strings.SplitSeq(host, ".") {
		if integrity.IsRegion(label) {
			return label
		}
	}
	if host == "queue.amazonaws.com" {
		return defaultRegion
	}
	return other
}

func (q *Queue) doing(what string) string { return fmt.Sprintf("%s of queue %q", what, q.URL) }

// Receive waits up to 20 s for messages. When there are many, it returns up to 100.
func (q *Queue) Receive(ctx context.Context) ([]object.Message, error) {
	var all []object.Message
	wait := int32(queueWait)
	for range queueMost {
		out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &q.URL, MaxNumberOfMessages: queueBatch, WaitTimeSeconds: wait, VisibilityTimeout: q.held})
		if err != nil {
			if len(all) > 0 {
				break // what came is dealt with; the fault shows again
			}
			return nil, classify(ctx, q.doing("receive messages"), err)
		}
		for _, m := range out.Messages {
			all = append(all, object.Message{ID: aws.ToString(m.MessageId), Handle: aws.ToString(m.ReceiptHandle), Body: []byte(aws.ToString(m.Body))})
		}
		if len(out.Messages) < queueBatch {
			break
		}
		wait = 0
	}
	return all, nil
}

// Delete deletes messages for good.
func (q *Queue) Delete(ctx context.Context, messages []object.Message) error {
	what := q.doing("delete messages")
	return q.batches(ctx, what, messages, func(handles []*string) ([]types.BatchResultErrorEntry, error) {
		entries := make([]types.DeleteMessageBatchRequestEntry, len(handles))
		for i, h := range handles {
			entries[i] = types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: h}
		}
		out, err := q.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &q.URL, Entries: entries})
		if err != nil {
			return nil, err
		}
		return out.Failed, nil
	})
}

// Extend keeps messages from others for as long as Receive does, from now on.
func (q *Queue) Extend(ctx context.Context, messages []object.Message) error {
	what := q.doing("hold messages")
	return q.batches(ctx, what, messages, func(handles []*string) ([]types.BatchResultErrorEntry, error) {
		entries := make([]types.ChangeMessageVisibilityBatchRequestEntry, len(handles))
		for i, h := range handles {
			entries[i] = types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: h, VisibilityTimeout: q.held}
		}
		out, err := q.client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.URL, Entries: entries})
		if err != nil {
			return nil, err
		}
		return out.Failed, nil
	})
}

// batches does something to all messages, some at a time. The first refusal is the error, after all were tried.
func (q *Queue) batches(ctx context.Context, what string, messages []object.Message, do func(handles []*string) ([]types.BatchResultErrorEntry, error)) error {
	var first error
	refused := 0
	for part := range slices.Chunk(messages, queueBatch) {
		handles := make([]*string, len(part))
		for i, m := range part {
			handles[i] = &m.Handle
		}
		failed, err := do(handles)
		if err != nil {
			return classify(ctx, what, err)
		}
		refused += len(failed)
		if len(failed) > 0 && first == nil {
			f := &fault{what: what, code: aws.ToString(failed[0].Code)}
			f.detail = strings.TrimSuffix(f.code+": "+redact(aws.ToString(failed[0].Message)), ": ")
			if word := wordOf[f.code]; word != nil {
				f.words = []error{word}
			}
			first = f
		}
	}
	if refused > 1 {
		return fmt.Errorf("%d messages: %w", refused, first)
	}
	return first
}
