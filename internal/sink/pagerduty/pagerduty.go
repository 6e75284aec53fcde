package pagerduty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/secret"
	"github.com/trailseal/trailseal/internal/sink/post"
)

// section is the sink's part of the configuration.
type section struct {
	Key    secret.Reference `yaml:"routing-key"`
	Region string           `yaml:"region"` // us or eu; empty: us
	URL    string           `yaml:"url"`    // of the API, for tests and proxies; empty: the region's
}

type sink struct {
	key secret.Reference
	to  *url.URL
	env notice.Env
}

// New makes the sink. It resolves no secret.
func New(s notice.Section, env notice.Env) (notice.Sink, error) {
	var c section
	if err := s.Decode(&c); err != nil {
		return nil, err
	}
	if c.Key.Scheme == "" {
		return nil, errors.New("pagerduty: routing-key is missing: want the name of a secret, as in env:PAGERDUTY_KEY")
	}
	api := c.URL
	switch {
	case c.Region != "" && c.Region != "us" && c.Region != "eu":
		return nil, fmt.Errorf("pagerduty: region %q: want us or eu", c.Region)
	case api != "" && c.Region != "":
		return nil, errors.New("pagerduty: want region or url, not both")
	case api == "" && c.Region == "eu":
		api = "https://events.eu.pagerduty.com/v2/enqueue"
	case api == "":
		api = "https://events.pagerduty.com/v2/enqueue"
	}
	to, err := post.Address(api)
	if err != nil {
		return nil, fmt.Errorf("pagerduty: url: %w", err)
	}
	return &sink{c.Key, to, env}, nil
}

// Send enqueues one event. A receipt's ID is the dedup_key that PagerDuty returns, cut to 100 characters.
func (s *sink) Send(ctx context.Context, n notice.Notice) (notice.Receipt, error) {
	key, err := s.env.Secret(ctx, s.key)
	if err != nil {
		return notice.Receipt{}, fmt.Errorf("pagerduty: routing key %q: %w", s.key, err)
	}
	routing := strings.TrimSpace(key.Reveal())
	if !valid(routing) {
		return notice.Receipt{}, &notice.Refusal{Permanent: true, Err: fmt.Errorf("pagerduty: routing key %q: want 32 letters and digits, the integration key of Events API v2", s.key)}
	}
	body, err := json.Marshal(render(n, routing))
	if err != nil {
		return notice.Receipt{}, fmt.Errorf("pagerduty: write the event: %w", err)
	}
	m := post.Message{To: s.to, Body: body, Hide: []string{routing}, Explain: explain}
	a, err := post.Do(ctx, s.env, m)
	if err != nil {
		return notice.Receipt{}, fmt.Errorf("pagerduty: %w", post.Renew(ctx, s.env, err, map[secret.Reference]secret.String{s.key: key}))
	}
	var said struct {
		Key string `json:"dedup_key"`
	}
	r := notice.Receipt{Status: a.Status}
	if json.Unmarshal(a.Body, &said) == nil && !strings.Contains(said.Key, routing) {
		r.ID = post.Line(said.Key, 100)
	}
	return r, nil
}

func valid(key string) bool {
	return len(key) == 32 && strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// explain finds PagerDuty's words in the body of a refusal: {"status":…,"message":…,"errors":[…]}.
func explain(body []byte) string {
	var said struct {
		Message string   `json:"message"`
		Errors  []string `json:"errors"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	return strings.Trim(said.Message+": "+strings.Join(said.Errors, ", "), ": ")
}
