package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/post"
)

type sink struct{ hook post.Hook }

// New makes the sink. It resolves no secret.
func New(s notice.Section, env notice.Env) (notice.Sink, error) {
	out := &sink{post.Hook{Kind: "teams", Env: env, Explain: code, Judge: undelivered, IDs: []string{"X-Ms-Workflow-Run-Id", "X-Ms-Request-Id", "Request-Id"}}}
	if err := out.hook.Decode(s); err != nil {
		return nil, err
	}
	return out, nil
}

// Send posts one card. A receipt's ID is that of the workflow's run, or of the request.
func (s *sink) Send(ctx context.Context, n notice.Notice) (notice.Receipt, error) {
	body, err := render(n)
	if err != nil {
		return notice.Receipt{}, err
	}
	return s.hook.Send(ctx, body)
}

// undelivered reports whether a success tells of a failure in its body.
func undelivered(m *post.Message, a *post.Answer) bool {
	status, failed := connector(a.Body)
	if failed {
		a.Code = status
		was := a.Status
		m.Explain = func([]byte) string { return "reported with status " + was }
	}
	return failed
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
