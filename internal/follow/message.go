package follow

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

const (
	maxMessage  = 1 << 20 // bytes: what SQS takes
	maxArrivals = 1000    // files that one message names
	maxWraps    = 3       // messages within one another
	maxKey      = 1024    // bytes of a key in S3
)

// arrival is an object that was put into a bucket.
type arrival struct {
	Bucket, Key string
	Size        int64
	At          time.Time // zero: not known
	Restored    bool      // it was there, in an archive
}

// message is all the shapes that a message can have, in one.
type message struct {
	// S3's own, https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
	Records []struct {
		EventSource string `json:"eventSource"`
		EventName   string `json:"eventName"`
		EventTime   string `json:"eventTime"`
		S3          struct {
			Bucket struct{ Name string }
			Object struct {
				Key  string
				Size int64
			}
		}
	}
	Service, Event string // what S3 sends to try whether anybody listens
	// SNS, https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
	Type    string
	Message *string
	// EventBridge, https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
	Source     string `json:"source"`
	DetailType string `json:"detail-type"`
	Time       string `json:"time"`
	Detail     struct {
		Bucket struct{ Name string }
		Object struct {
			Key  string
			Size int64
		}
	} `json:"detail"`
	// CloudTrail's, https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-cloudtrail-to-send-notifications.html
	S3Bucket    string   `json:"s3Bucket"`
	S3ObjectKey []string `json:"s3ObjectKey"`
}

// parseMessage returns the objects that a message says were put. A message may name none. Errors are ErrMessage.
func parseMessage(body []byte) ([]arrival, error) {
	if len(body) > maxMessage {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrMessage, maxMessage)
	}
	for range maxWraps {
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrMessage, err)
		}
		if m.Type == "Notification" && m.Message != nil {
			body = []byte(*m.Message)
			continue
		}
		found, err := m.arrivals()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrMessage, err)
		}
		return found, nil
	}
	return nil, fmt.Errorf("%w: more than %d messages in one another", ErrMessage, maxWraps)
}

func (m *message) arrivals() ([]arrival, error) {
	var out []arrival
	add := func(bucket, key, at string, size int64, restored bool) error {
		if bucket == "" || key == "" || len(key) > maxKey || len(out) >= maxArrivals {
			return fmt.Errorf("bucket %.70q, key of %d bytes, %d files before it", bucket, len(key), len(out))
		}
		when, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			// Others that speak S3 leave the zone out. Without a time the file is read, if its name is not of old.
			when, _ = time.Parse("2006-01-02T15:04:05", at)
		}
		out = append(out, arrival{bucket, key, size, when.UTC(), restored})
		return nil
	}
	switch {
	case len(m.Records) > 0:
		for _, x := range m.Records {
			name := strings.TrimPrefix(x.EventName, "s3:")
			if x.EventSource != "aws:s3" || name == "" {
				return nil, fmt.Errorf("a record of %.70q", x.EventSource)
			}
			restored := name == "ObjectRestore:Completed"
			if !restored && !strings.HasPrefix(name, "ObjectCreated:") {
				continue
			}
			key, err := url.QueryUnescape(x.S3.Object.Key)
			if err != nil {
				return nil, err
			}
			if err := add(x.S3.Bucket.Name, key, x.EventTime, x.S3.Object.Size, restored); err != nil {
				return nil, err
			}
		}
		return out, nil
	case m.Event == "s3:TestEvent":
		return nil, nil
	case m.Source == "aws.s3":
		restored := m.DetailType == "Object Restore Completed"
		if !restored && m.DetailType != "Object Created" {
			return nil, nil
		}
		err := add(m.Detail.Bucket.Name, m.Detail.Object.Key, m.Time, m.Detail.Object.Size, restored)
		return out, err
	case m.S3Bucket != "":
		for _, key := range m.S3ObjectKey {
			if err := add(m.S3Bucket, key, "", 0, false); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return nil, fmt.Errorf("neither S3, EventBridge nor CloudTrail writes such")
}
