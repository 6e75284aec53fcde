package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/trailseal/trailseal/internal/notice"
)

// maxBody is the most bytes of a body, and maxData of the notice in it.
const (
	maxBody = 1 << 20
	maxData = maxBody - 200
)

// envelope is the body: docs/spec/webhook.md.
type envelope struct {
	Type      string          `json:"type"` // as in alert.opened
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"` // a notice
}

// Body writes a notice as the body of a request. The same notice has the same body. What is too long is left out as
// notice.JSON does.
func Body(n notice.Notice) ([]byte, error) {
	data, err := n.JSON(maxData)
	if err != nil {
		return nil, &notice.Refusal{Permanent: true, Err: fmt.Errorf("webhook: %w", err)}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(envelope{"alert." + string(n.Kind), n.At.UTC(), data}); err != nil {
		return nil, fmt.Errorf("webhook: write the body: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
