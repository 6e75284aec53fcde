package post

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/notice"
)

// Bounds of an answer.
const (
	maxAnswer = 64 << 10       // bytes of its body that are read
	maxWait   = 24 * time.Hour // that it may ask for
	maxSaid   = 400            // of an error's text
)

// Address reads a URL that may be posted to: https, or http to a loopback host. The error does not repeat the text.
func Address(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("not a URL")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, errors.New("http is for this machine only: want https")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("want a URL that begins with https://")
	case u.Hostname() == "":
		return nil, errors.New("the URL has no host")
	case u.User != nil:
		return nil, errors.New("the URL holds a user: it would be a secret that is written down")
	case u.Fragment != "":
		return nil, errors.New("the URL has a fragment, which is never sent")
	}
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Message is what is posted.
type Message struct {
	To     *url.URL
	Header http.Header // besides User-Agent, and Content-Type, which is JSON
	Body   []byte
	// Hide are texts that must not show in any error; the path and the query of To are always hidden.
	Hide []string
	// Explain finds the vendor's words for a failure in the body of an answer; nil, or an empty text: there are none.
	Explain func(body []byte) string
}

// Answer is what came back.
type Answer struct {
	Code   int
	Status string // as in "202 Accepted"
	Header http.Header
	Body   []byte // its first 64 KiB
}

// Do posts m once. The error is ctx's, a *notice.Refusal where the answer's status is not of 200 to 299, or a fault of
// the way there or back: an answer that was cut off is none. Refusals are permanent for a status of 400 to 499 other
// than 408, 425 and 429. A redirect is refused, for now: it may be that of a page that says "back soon".
func Do(ctx context.Context, env notice.Env, m Message) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, m.fault(err)
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, m.To.String(), bytes.NewReader(m.Body))
	if err != nil {
		return Answer{}, m.fault(err)
	}
	for k, v := range m.Header {
		q.Header[k] = v
	}
	q.Header.Set("Content-Type", "application/json; charset=utf-8")
	q.Header.Set("User-Agent", "trailseal")
	client := *env.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := client.Do(q)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		if r != nil {
			r.Body.Close()
		}
		return Answer{}, m.fault(err)
	}
	defer r.Body.Close()
	a := Answer{Code: r.StatusCode, Status: status(r.StatusCode), Header: r.Header}
	a.Body, err = io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	switch {
	case ctx.Err() != nil:
		return Answer{}, m.fault(ctx.Err())
	case a.Code < 200 || a.Code > 299:
		return Answer{}, m.Refuse(env, a)
	case err != nil:
		return Answer{}, m.fault(fmt.Errorf("the answer was cut off: %w", err))
	}
	return a, nil
}

func status(code int) string { return strings.TrimSpace(fmt.Sprint(code, " ", http.StatusText(code))) }

// Refuse makes of an answer the refusal that it is, whatever its status says. A sink whose vendor reports failures with
// status 200 sets Code to what was meant.
func (m Message) Refuse(env notice.Env, a Answer) *notice.Refusal {
	said := status(a.Code)
	if m.Explain != nil {
		if why := Line(m.hide(m.Explain(a.Body)), maxSaid); why != "" {
			said += ": " + why
		}
	}
	r := &notice.Refusal{
		Status:    a.Status,
		Permanent: a.Code >= 400 && a.Code <= 499 && a.Code != http.StatusRequestTimeout && a.Code != http.StatusTooEarly && a.Code != http.StatusTooManyRequests,
		Err:       fmt.Errorf("post to %s: %s", m.To.Host, said),
	}
	if !r.Permanent {
		r.After = retryAfter(a.Header.Get("Retry-After"), env.Now())
	}
	return r
}

// retryAfter reads a header Retry-After, in seconds or as a date.
func retryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if s, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(min(max(s, 0), int64(maxWait/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), maxWait)
	}
	return 0
}

// fault is an error of the way there or back. An *url.Error holds the URL, and what is within may hold anything that the
// other side wrote.
func (m Message) fault(err error) error {
	for u := (*url.Error)(nil); errors.As(err, &u); {
		err = u.Err
	}
	text := err.Error()
	if shown := Line(m.hide(text), maxSaid); shown != text {
		err = errors.New(shown)
	}
	return fmt.Errorf("post to %s: %w", m.To.Host, err)
}

// hide replaces what must not show: what m says, the address as a whole, and what in it is long enough to be a secret.
func (m Message) hide(text string) string {
	secrets := append([]string{m.To.String(), m.To.RequestURI(), m.To.Path}, m.Hide...)
	for part := range strings.FieldsFuncSeq(m.To.RequestURI(), func(c rune) bool { return strings.ContainsRune("/?&=;", c) }) {
		if len(part) < 16 {
			continue
		}
		secrets = append(secrets, part)
		if s, err := url.QueryUnescape(part); err == nil {
			secrets = append(secrets, s)
		}
		if s, err := url.PathUnescape(part); err == nil {
			secrets = append(secrets, s)
		}
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) }) // one may hold another
	for _, s := range secrets {
		if len(s) > 3 {
			text = strings.ReplaceAll(text, s, "[secret]")
		}
	}
	return text
}

// ID returns the first of the headers that the answer has, as the receiver's name for the delivery.
func (m Message) ID(a Answer, names ...string) string {
	for _, name := range names {
		if v := Line(m.hide(a.Header.Get(name)), 100); v != "" {
			return v
		}
	}
	return ""
}
