package sns

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/post"
)

const mostAnswer = 64 << 10 // bytes of an answer that are read

type config struct {
	Topic topic `yaml:"topic"`
}

// topic is the ARN of a topic.
type topic struct{ arn.ARN }

func (t *topic) UnmarshalText(b []byte) error {
	a, err := arn.Parse(string(b))
	if err != nil || a.Service != "sns" || a.Region == "" || a.AccountID == "" || a.Resource == "" || strings.ContainsAny(a.Resource, ":/ \t\n") {
		return errors.New("want the ARN of a topic, as in arn:aws:sns:eu-west-1:111122223333:alerts")
	}
	*t = topic{a}
	return nil
}

type sink struct {
	topic topic
	env   notice.Env

	mu     sync.Mutex
	client *sns.Client // nil before the first notice
}

// New makes the sink. It makes no request.
func New(section notice.Section, env notice.Env) (notice.Sink, error) {
	var c config
	if err := section.Decode(&c); err != nil {
		return nil, err
	}
	if c.Topic.Resource == "" {
		return nil, errors.New("sns: topic is missing: want the ARN of a topic")
	}
	return &sink{topic: c.Topic, env: env}, nil
}

func (s *sink) Send(ctx context.Context, n notice.Notice) (notice.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return notice.Receipt{}, err
	}
	client, err := s.connect(ctx)
	if err != nil {
		return notice.Receipt{}, err
	}
	in, err := s.message(n)
	if err != nil {
		return notice.Receipt{}, &notice.Refusal{Permanent: true, Err: fmt.Errorf("sns: %w", err)}
	}
	out, err := client.Publish(ctx, in)
	if err != nil {
		return notice.Receipt{}, s.refusal(ctx, err)
	}
	return notice.Receipt{Status: "200 OK", ID: post.Line(aws.ToString(out.MessageId), 100)}, nil
}

// connect makes the client when it is first needed. It sends each request once, and follows no redirect.
func (s *sink) connect(ctx context.Context) (*sns.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		return s.client, nil
	}
	cfg, err := s.env.AWS(ctx)
	if err != nil {
		return nil, fmt.Errorf("sns: %w", err)
	}
	s.client = sns.NewFromConfig(cfg, func(o *sns.Options) {
		o.Region = s.topic.Region
		o.Retryer = aws.NopRetryer{}
		o.HTTPClient = bounded(o.HTTPClient)
	})
	return s.client, nil
}

// doer sends a request.
type doer func(*http.Request) (*http.Response, error)

func (f doer) Do(r *http.Request) (*http.Response, error) { return f(r) }

// bounded is a client that takes redirects for answers, and reads so much of an answer as there can be.
func bounded(client sns.HTTPClient) sns.HTTPClient {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	switch c := client.(type) {
	case *awshttp.BuildableClient:
		client = &http.Client{Transport: c.GetTransport(), CheckRedirect: stay, Timeout: c.GetTimeout()}
	case *http.Client:
		mine := *c
		mine.CheckRedirect = stay
		client = &mine
	}
	return doer(func(r *http.Request) (*http.Response, error) {
		// The SDK closes the body as soon as an answer begins. A connection that is just looking for the body's end then
		// counts as broken, and the rest of the answer is lost; so it is given a body of its own.
		own := r.Clone(r.Context())
		if r.Body != nil {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			own.Body = io.NopCloser(bytes.NewReader(b))
		}
		answer, err := client.Do(own)
		if err == nil {
			answer.Body = body{io.LimitReader(answer.Body, mostAnswer), answer.Body}
		}
		return answer, err
	})
}

type body struct {
	io.Reader
	io.Closer
}

// message is a notice as the topic takes it.
func (s *sink) message(n notice.Notice) (*sns.PublishInput, error) {
	attributes, size := attributes(n)
	text, err := structure(n, mostBytes-size)
	if err != nil {
		return nil, err
	}
	in := &sns.PublishInput{TopicArn: aws.String(s.topic.String()), Subject: aws.String(subject(n)), Message: &text,
		MessageStructure: aws.String("json"), MessageAttributes: attributes}
	if strings.HasSuffix(s.topic.Resource, ".fifo") {
		in.MessageGroupId = aws.String(group(n))
		in.MessageDeduplicationId = aws.String(hash(n.Key))
	}
	return in, nil
}

// group is the alert's id, or where that is none that SNS takes, its hash.
func group(n notice.Notice) string {
	id := n.Alert.ID
	if id == "" || len(id) > 128 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return hash(id)
	}
	return id
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// wait are the codes of errors that another try can mend: of the service, and of credentials, which the caller may
// renew. Other answers of 400 to 499 will be the same again.
func wait(code string, status int) bool {
	switch code {
	case "Throttled", "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException", "TooManyRequestsException",
		"RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown", "PriorRequestNotComplete", "KMSThrottling", "KMSThrottlingException",
		"InternalError", "InternalFailure", "InternalErrorException", "ServiceUnavailable", "RequestTimeout", "RequestTimeoutException",
		"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId",
		"MissingAuthenticationToken", "SignatureDoesNotMatch", "InvalidSignatureException", "TokenRefreshRequired":
		return true
	}
	return status < 400 || status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status == http.StatusTooEarly
}

// quotes reports whether the text of an error may quote how the request was signed.
func quotes(code string) bool {
	for _, word := range []string{"Signature", "Token", "Credential", "AuthFailure", "AccessKey"} {
		if strings.Contains(code, word) {
			return true
		}
	}
	return false
}

// refusal makes of an error of the SDK what it means. The SDK's own text is left: it may hold the request.
func (s *sink) refusal(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) || answer.HTTPStatusCode() == 0 {
		if at := (*url.Error)(nil); errors.As(err, &at) {
			err = at.Err
		}
		return fmt.Errorf("sns: publish: %s", post.Line(err.Error(), 300))
	}
	code := answer.HTTPStatusCode()
	r := &notice.Refusal{Status: strings.TrimSpace(fmt.Sprint(code, " ", http.StatusText(code)))}
	said := ""
	var api smithy.APIError
	if errors.As(err, &api) {
		said = post.Line(api.ErrorCode(), 100)
		if !quotes(said) {
			said = strings.TrimSuffix(said+": "+post.Line(api.ErrorMessage(), 300), ": ")
		}
		r.Permanent = !wait(api.ErrorCode(), code)
	} else {
		r.Permanent = !wait("", code)
	}
	if answer.Response != nil && !r.Permanent {
		r.After = retryAfter(answer.Response.Header.Get("Retry-After"), s.env.Now())
	}
	r.Err = fmt.Errorf("sns: publish: %s", strings.TrimSuffix(r.Status+": "+said, ": "))
	return r
}

// retryAfter reads the header: seconds, or a time.
func retryAfter(text string, now time.Time) time.Duration {
	if d, err := time.ParseDuration(text + "s"); err == nil {
		return min(max(d, 0), 24*time.Hour)
	}
	if t, err := http.ParseTime(text); err == nil {
		return min(max(t.Sub(now), 0), 24*time.Hour)
	}
	return 0
}
