package slack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/secret"
	"github.com/trailseal/trailseal/internal/sink/post"
)

// section is the sink's part of the configuration.
type section struct {
	Webhook secret.Reference `yaml:"webhook"`
}

type sink struct {
	webhook secret.Reference
	env     notice.Env
}

// New makes the sink. It resolves no secret.
func New(s notice.Section, env notice.Env) (notice.Sink, error) {
	var c section
	if err := s.Decode(&c); err != nil {
		return nil, err
	}
	if c.Webhook.Scheme == "" {
		return nil, errors.New("slack: webhook is missing: want the name of a secret, as in env:SLACK_WEBHOOK")
	}
	return &sink{c.Webhook, env}, nil
}

// Send posts one message. A receipt's ID is that of the request, x-slack-req-id or x-slack-unique-id.
func (s *sink) Send(ctx context.Context, n notice.Notice) (notice.Receipt, error) {
	body, err := render(n)
	if err != nil {
		return notice.Receipt{}, err
	}
	hook, err := s.env.Secret(ctx, s.webhook)
	if err != nil {
		return notice.Receipt{}, fmt.Errorf("slack: webhook %q: %w", s.webhook, err)
	}
	to, err := post.Address(strings.TrimSpace(hook.Reveal()))
	if err != nil {
		return notice.Receipt{}, &notice.Refusal{Permanent: true, Err: fmt.Errorf("slack: webhook %q: %w", s.webhook, err)}
	}
	m := post.Message{To: to, Body: body, Hide: []string{hook.Reveal()}, Explain: word}
	used := map[secret.Reference]secret.String{s.webhook: hook}
	a, err := post.Do(ctx, s.env, m)
	if err != nil {
		return notice.Receipt{}, fmt.Errorf("slack: %w", post.Renew(ctx, s.env, err, used))
	}
	if w := word(a.Body); w != "ok" {
		return notice.Receipt{}, fmt.Errorf("slack: %w", post.Renew(ctx, s.env, unheard(s.env, m, a, w), used))
	}
	return notice.Receipt{Status: a.Status, ID: m.ID(a, "X-Slack-Req-Id", "X-Slack-Unique-Id")}, nil
}

// unheard is a success whose body is not "ok". What Slack says with a status of its own is permanent with this one too;
// anything else, such as the page of a proxy, is not Slack's word.
func unheard(env notice.Env, m post.Message, a post.Answer, w string) *notice.Refusal {
	switch w {
	case "invalid_payload", "invalid_blocks", "no_text", "user_not_found", "channel_not_found", "channel_is_archived", "action_prohibited",
		"posting_to_general_channel_denied", "too_many_attachments", "no_service", "no_service_id", "no_team", "team_disabled",
		"invalid_token", "no_active_hooks":
		a.Code = http.StatusBadRequest
	default:
		m.Explain = func([]byte) string { return `the body is not "ok"` }
	}
	return m.Refuse(env, a)
}

// word returns Slack's answer where it is a word, as in channel_is_archived; anything else is not repeated.
func word(body []byte) string {
	w := string(bytes.TrimSpace(body))
	if len(w) > 64 || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return w
}
