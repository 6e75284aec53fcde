package alert

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"time"
	"unicode"

	"github.com/trailseal/trailseal/internal/notice"
)

// Result is how an attempt to deliver ended.
type Result string

// The results of an attempt.
const (
	Taken       Result = "delivered"
	Failed      Result = "failed"      // another try may help
	Refused     Result = "refused"     // the same will be refused again
	Interrupted Result = "interrupted" // this process ended first: whether the receiver took it is not known
)

// Attempt is one attempt to deliver a notice to a sink, as it is on record.
type Attempt struct {
	Number   int       `json:"attempt"` // of the delivery, from 1
	At       time.Time `json:"at"`      // when it began, UTC
	Latency  int64     `json:"latency_ms"`
	Result   Result    `json:"result"`
	Status   string    `json:"status,omitempty"`      // of the sink's protocol
	Response string    `json:"response_id,omitempty"` // that the receiver gave it
	Error    string    `json:"error,omitempty"`       // bounded, without control characters, without the paths of URLs
}

// job is a delivery whose attempt has begun.
type job struct {
	delivery int64
	notice   int64
	number   int // of the attempt
	tries    int // that have failed before it
	since    int64
	begun    int64
	sink     string
}

// outcome is how it ended.
type outcome struct {
	job
	Attempt
	key   string        // of the notice
	after time.Duration // that the receiver asks to wait
}

// send makes one attempt. It does not panic, and ends when ctx does, or at the time limit, if the sink keeps its promise.
func (s *Store) send(ctx context.Context, j job, sink notice.Sink, o *DeliverOptions) (out outcome) {
	out.job = j
	out.Attempt = Attempt{Number: j.number, At: fromMicros(j.begun), Result: Failed}
	begun := o.Now()
	defer func() {
		out.Latency = o.Now().Sub(begun).Milliseconds()
		if r := recover(); r != nil {
			// What a panic says may hold anything, but for what the runtime says.
			out.Result, out.Error = Failed, fmt.Sprintf("the sink panicked with a %T", r)
			if e, ok := r.(runtime.Error); ok {
				out.Error = tell(fmt.Errorf("the sink panicked: %w", e))
			}
		}
	}()
	n, err := s.notice(context.WithoutCancel(ctx), j.notice)
	if err != nil {
		out.Error = tell(fmt.Errorf("read the notice: %w", err))
		if errors.Is(err, ErrDamaged) {
			out.Result = Refused
		}
		return out
	}
	out.key = n.Key
	limited, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	receipt, err := sink.Send(limited, n)
	if err == nil {
		out.Result, out.Status, out.Response = Taken, words(receipt.Status), words(receipt.ID)
		return out
	}
	out.Error = tell(err)
	var refusal *notice.Refusal
	switch {
	case errors.As(err, &refusal):
		out.Status, out.after = words(refusal.Status), refusal.After
		if refusal.Permanent {
			out.Result = Refused
		}
	case ctx.Err() != nil:
		out.Result = Interrupted
	case limited.Err() != nil:
		out.Error = tell(fmt.Errorf("no answer within %v: %w", o.Timeout, err))
	}
	return out
}

// location matches a URL in a text. Their paths, queries and users can be secrets: those of Slack's webhooks are.
var location = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>]+`)

// tell is an error as it goes on record.
func tell(err error) string {
	return words(location.ReplaceAllStringFunc(clip(err.Error(), 4*maxText), func(s string) string {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" {
			return "[a URL]"
		}
		return u.Scheme + "://" + u.Host
	}))
}

// words are bounded and of one line.
func words(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, clip(s, maxText/2))
}

// Backoff says how long to wait after an attempt that failed: First, then twice as long each time up to Most, less up to a
// half at random, so that what failed together does not come again together.
type Backoff struct {
	First time.Duration // 0: 1 s
	Most  time.Duration // 0: 15 min
}

// after is the wait after n failures, n from 1.
func (b Backoff) after(n int) time.Duration {
	d := b.First
	for ; n > 1 && d < b.Most; n-- {
		d = min(2*d, b.Most)
	}
	d = min(d, b.Most)
	return d - rand.N(d/2+1)
}
