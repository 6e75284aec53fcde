package slack

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/post"
)

type sink struct{ hook post.Hook }

// New makes the sink. It resolves no secret.
func New(s notice.Section, env notice.Env) (notice.Sink, error) {
	out := &sink{post.Hook{Kind: "slack", Env: env, Explain: word, Judge: unheard, IDs: []string{"X-Slack-Req-Id", "X-Slack-Unique-Id"}}}
	if err := out.hook.Decode(s); err != nil {
		return nil, err
	}
	return out, nil
}

// Send posts one message. A receipt's ID is that of the request, x-slack-req-id or x-slack-unique-id.
func (s *sink) Send(ctx context.Context, n notice.Notice) (notice.Receipt, error) {
	body, err := render(n)
	if err != nil {
		return notice.Receipt{}, err
	}
	return s.hook.Send(ctx, body)
}

// unheard reports whether a success has another body than "ok". What Slack says with a status of its own is permanent with
// this one too; anything else, such as the page of a proxy, is not Slack's word.
func unheard(m *post.Message, a *post.Answer) bool {
	switch word(a.Body) {
	case "ok":
		return false
	case "invalid_payload", "invalid_blocks", "no_text", "user_not_found", "channel_not_found", "channel_is_archived", "action_prohibited",
		"posting_to_general_channel_denied", "too_many_attachments", "no_service", "no_service_id", "no_team", "team_disabled",
		"invalid_token", "no_active_hooks":
		a.Code = http.StatusBadRequest
	default:
		m.Explain = func([]byte) string { return `the body is not "ok"` }
	}
	return true
}

// word returns Slack's answer where it is a word, as in channel_is_archived; anything else is not repeated.
func word(body []byte) string {
	w := string(bytes.TrimSpace(body))
	if len(w) > 64 || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return w
}
