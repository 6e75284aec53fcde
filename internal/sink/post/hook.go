package post

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/secret"
)

// Hook is an incoming webhook whose URL is itself the secret, as those of Slack and Teams are.
type Hook struct {
	Kind    string // of the sink, for errors
	Webhook secret.Reference
	Env     notice.Env
	Explain func(body []byte) string // what an answer's body says of a refusal; see Message
	// Judge looks at an answer of success. It returns how the message is to be refused after all, or false.
	Judge func(m *Message, a *Answer) (refused bool)
	IDs   []string // headers of the answer in which the receiver names the request, the best first
}

// hookSection is such a sink's part of the configuration.
type hookSection struct {
	Webhook secret.Reference `yaml:"webhook"`
}

// Decode reads the sink's part of the configuration. It resolves no secret.
func (h *Hook) Decode(s notice.Section) error {
	var c hookSection
	if err := s.Decode(&c); err != nil {
		return err
	}
	if h.Webhook = c.Webhook; h.Webhook.Scheme == "" {
		return errors.New(h.Kind + ": webhook is missing: want the name of a secret, as in env:" + strings.ToUpper(h.Kind) + "_WEBHOOK")
	}
	return nil
}

// Send posts a body, and returns the receipt, or a *notice.Refusal or a fault of the way there, wrapped.
func (h *Hook) Send(ctx context.Context, body []byte) (notice.Receipt, error) {
	url, err := h.Env.Secret(ctx, h.Webhook)
	if err != nil {
		return notice.Receipt{}, fmt.Errorf("%s: webhook %q: %w", h.Kind, h.Webhook, err)
	}
	to, err := Address(strings.TrimSpace(url.Reveal()))
	if err != nil {
		return notice.Receipt{}, &notice.Refusal{Permanent: true, Err: fmt.Errorf("%s: webhook %q: %w", h.Kind, h.Webhook, err)}
	}
	m := Message{To: to, Body: body, Hide: []string{url.Reveal()}, Explain: h.Explain}
	used := map[secret.Reference]secret.String{h.Webhook: url}
	a, err := Do(ctx, h.Env, m)
	if err == nil && h.Judge(&m, &a) {
		err = m.Refuse(h.Env, a)
	}
	if err != nil {
		return notice.Receipt{}, fmt.Errorf("%s: %w", h.Kind, Renew(ctx, h.Env, err, used))
	}
	return notice.Receipt{Status: a.Status, ID: m.ID(a, h.IDs...)}, nil
}
