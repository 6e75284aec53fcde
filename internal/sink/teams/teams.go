package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
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
		return nil, errors.New("teams: webhook is missing: want the name of a secret, as in env:TEAMS_WEBHOOK")
	}
	return &sink{c.Webhook, env}, nil
}

// Send posts one card. A receipt's ID is that of the workflow's run, or of the request.
func (s *sink) Send(ctx context.Context, n notice.Notice) (notice.Receipt, error) {
	body, err := render(n)
	if err != nil {
		return notice.Receipt{}, err
	}
	hook, err := s.env.Secret(ctx, s.webhook)
	if err != nil {
		return notice.Receipt{}, fmt.Errorf("teams: webhook %q: %w", s.webhook, err)
	}
	to, err := post.Address(strings.TrimSpace(hook.Reveal()))
	if err != nil {
		return notice.Receipt{}, &notice.Refusal{Permanent: true, Err: fmt.Errorf("teams: webhook %q: %w", s.webhook, err)}
	}
	m := post.Message{To: to, Body: body, Hide: []string{hook.Reveal()}, Explain: code}
	used := map[secret.Reference]secret.String{s.webhook: hook}
	a, err := post.Do(ctx, s.env, m)
	if err != nil {
		return notice.Receipt{}, fmt.Errorf("teams: %w", post.Renew(ctx, s.env, err, used))
	}
	if status, failed := connector(a.Body); failed {
		a.Code = status
		m.Explain = func([]byte) string { return "reported with status " + a.Status }
		return notice.Receipt{}, fmt.Errorf("teams: %w", post.Renew(ctx, s.env, m.Refuse(s.env, a), used))
	}
	return notice.Receipt{Status: a.Status, ID: m.ID(a, "X-Ms-Workflow-Run-Id", "X-Ms-Request-Id", "Request-Id")}, nil
}

// code finds the code of an error that Logic Apps reports: {"error":{"code":"…","message":"…"}}. The message may repeat
// parts of the request, and is left out.
func code(body []byte) string {
	var said struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	c := said.Error.Code
	if len(c) > 64 || strings.Trim(c, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") != "" {
		return ""
	}
	return c
}

// connector reads the answer of an Office 365 connector, which is "1" with status 200 when it took the card, and with the
// same status "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with …" when it
// did not. Without a number the failure is taken for one of Teams, worth another try.
func connector(body []byte) (status int, failed bool) {
	body = body[:min(len(body), 4096)]
	if !bytes.Contains(bytes.ToLower(body), []byte("delivery failed")) && !bytes.Contains(body, []byte("returned HTTP error")) {
		return 0, false
	}
	_, rest, _ := bytes.Cut(body, []byte("HTTP error "))
	if len(rest) >= 3 {
		if n, err := strconv.Atoi(string(rest[:3])); err == nil && n >= 400 && n <= 599 {
			return n, true
		}
	}
	return http.StatusBadGateway, true
}
