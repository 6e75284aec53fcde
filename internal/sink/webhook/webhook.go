package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/secret"
	"github.com/trailseal/trailseal/internal/sink/post"
)

// Bounds of the configuration.
const (
	maxSecrets = 4
	maxHeaders = 20
)

// section is the sink's part of the configuration.
type section struct {
	URL     address                     `yaml:"url"`
	Secrets []secret.Reference          `yaml:"secrets"`
	Headers map[string]secret.Reference `yaml:"headers"`
}

// address is a URL, or the name of a secret that is one.
type address struct {
	url *url.URL
	ref secret.Reference
}

// UnmarshalText reads either.
func (a *address) UnmarshalText(b []byte) error {
	text := string(b)
	if ref, err := secret.ParseReference(text); err == nil {
		a.ref = ref
		return nil
	}
	u, err := post.Address(text)
	if err != nil {
		return fmt.Errorf("url: %w, or the name of a secret that holds one", err)
	}
	a.url = u
	return nil
}

type sink struct {
	section
	names []string // of Headers, sorted
	env   notice.Env
}

// New makes the sink. It resolves no secret.
func New(s notice.Section, env notice.Env) (notice.Sink, error) {
	k := &sink{env: env}
	if err := s.Decode(&k.section); err != nil {
		return nil, err
	}
	switch {
	case k.URL.url == nil && k.URL.ref.Scheme == "":
		return nil, errors.New("webhook: url is missing")
	case len(k.Secrets) == 0:
		return nil, errors.New("webhook: secrets are missing: want the names of one to four, as in [env:WEBHOOK_SECRET]")
	case len(k.Secrets) > maxSecrets:
		return nil, fmt.Errorf("webhook: %d secrets: want at most %d", len(k.Secrets), maxSecrets)
	case len(k.Headers) > maxHeaders:
		return nil, fmt.Errorf("webhook: %d headers: want at most %d", len(k.Headers), maxHeaders)
	}
	for _, ref := range k.Secrets {
		if ref.Scheme == "" {
			return nil, errors.New("webhook: a secret has no name")
		}
	}
	for name, ref := range k.Headers {
		if !settable(name) || ref.Scheme == "" {
			return nil, fmt.Errorf("webhook: header %q: want a header that nothing else sets, and the name of a secret", name)
		}
		k.names = append(k.names, name)
	}
	slices.Sort(k.names)
	return k, nil
}

// settable reports whether a header is one that a configuration may set.
func settable(name string) bool {
	const token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if name == "" || strings.Trim(name, token) != "" {
		return false
	}
	switch c := textproto.CanonicalMIMEHeaderKey(name); c {
	case "Host", "Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection", "Keep-Alive", "Te", "Trailer", "Upgrade",
		"Expect", "User-Agent", "Accept-Encoding", "Idempotency-Key", "X-Idempotency-Key":
		return false
	default:
		return !strings.HasPrefix(c, "Webhook-") && !strings.HasPrefix(c, "Proxy-")
	}
}

// Send posts one body. A receipt's ID is a header of the answer: X-Request-Id, Request-Id or X-Amzn-Requestid.
func (s *sink) Send(ctx context.Context, n notice.Notice) (notice.Receipt, error) {
	body, err := Body(n)
	if err != nil {
		return notice.Receipt{}, err
	}
	to, used := s.URL.url, map[secret.Reference]secret.String{}
	if to == nil {
		text, err := s.resolve(ctx, "url", s.URL.ref, used)
		if err != nil {
			return notice.Receipt{}, err
		}
		if to, err = post.Address(text); err != nil {
			return notice.Receipt{}, refusal("url", s.URL.ref, err)
		}
	}
	header := http.Header{}
	for _, name := range s.names {
		value, err := s.resolve(ctx, "header "+name, s.Headers[name], used)
		if err != nil {
			return notice.Receipt{}, err
		}
		if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
			return notice.Receipt{}, refusal("header "+name, s.Headers[name], errors.New("the value has control characters"))
		}
		header.Set(name, value)
	}
	at := s.env.Now().Unix()
	var signatures []string
	for _, ref := range s.Secrets {
		text, err := s.resolve(ctx, "secret", ref, used)
		if err != nil {
			return notice.Receipt{}, err
		}
		signature, err := Sign(text, n.Key, at, body)
		if err != nil {
			return notice.Receipt{}, refusal("secret", ref, err)
		}
		signatures = append(signatures, signature)
	}
	header.Set(headerID, n.Key)
	header.Set(headerTime, strconv.FormatInt(at, 10))
	header.Set(headerSignature, strings.Join(signatures, " "))
	m := post.Message{To: to, Header: header, Body: body}
	for _, v := range used {
		m.Hide = append(m.Hide, strings.TrimSpace(v.Reveal()))
	}
	a, err := post.Do(ctx, s.env, m)
	if err != nil {
		return notice.Receipt{}, fmt.Errorf("webhook: %w", post.Renew(ctx, s.env, err, used))
	}
	return notice.Receipt{Status: a.Status, ID: m.ID(a, "X-Request-Id", "Request-Id", "X-Amzn-Requestid")}, nil
}

// resolve gets a secret, and notes it.
func (s *sink) resolve(ctx context.Context, what string, ref secret.Reference, used map[secret.Reference]secret.String) (string, error) {
	v, err := s.env.Secret(ctx, ref)
	if err != nil {
		return "", fmt.Errorf("webhook: %s %q: %w", what, ref, err)
	}
	used[ref] = v
	return strings.TrimSpace(v.Reveal()), nil
}

func refusal(what string, ref secret.Reference, err error) *notice.Refusal {
	return &notice.Refusal{Permanent: true, Err: fmt.Errorf("webhook: %s %q: %w", what, ref, err)}
}
