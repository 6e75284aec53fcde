package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
)

// maxBody is the most bytes of a body.
const maxBody = 1 << 20

// envelope is the body: docs/spec/webhook.md.
type envelope struct {
	Type      string        `json:"type"` // as in alert.opened
	Timestamp time.Time     `json:"timestamp"`
	Shortened bool          `json:"shortened,omitempty"`
	Data      notice.Notice `json:"data"`
}

// Body writes a notice as the body of a request. The same notice has the same body. One that is too long is shortened:
// what the actor did around the events goes first, then texts and lists are cut.
func Body(n notice.Notice) ([]byte, error) {
	e := envelope{Type: "alert." + string(n.Kind), Timestamp: n.At.UTC(), Data: n}
	if size(n) <= maxBody {
		if b, err := encode(e); err != nil || len(b) <= maxBody {
			return b, err
		}
	}
	e.Shortened = true
	for _, c := range []cut{{4000, 100, finding.MaxEvents, 0}, {1000, 40, finding.MaxEvents, 0}, {300, 20, 10, 0}, {60, 10, 3, 0}} {
		e.Data = c.notice(n)
		if b, err := encode(e); err != nil || len(b) <= maxBody {
			return b, err
		}
	}
	return nil, &notice.Refusal{Permanent: true, Err: fmt.Errorf("webhook: the notice does not fit into %d bytes", maxBody)}
}

func encode(e envelope) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, fmt.Errorf("webhook: write the body: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// cut is how much of a notice is kept: bytes of a text, texts of a list, events, and events around them.
type cut struct{ text, lines, events, around int }

func (c cut) notice(n notice.Notice) notice.Notice {
	a := &n.Alert // of a copy, whose lists become its own
	for _, l := range []*[]string{&a.Criteria, &a.Steps, &a.Regions, &a.Actor.Chain, &a.Actor.IPs, &a.Actor.Agents} {
		*l = slices.Clone((*l)[:min(len(*l), c.lines)])
	}
	a.Events = slices.Clone(a.Events[:min(len(a.Events), c.events)])
	a.Around = slices.Clone(a.Around[:min(len(a.Around), c.around)])
	if a.Suppressed != nil {
		kept := *a.Suppressed
		a.Suppressed = &kept
	}
	each(&n, func(s *string) { *s = c.cut(*s) })
	a.AroundGap = strings.TrimPrefix(a.AroundGap+"; left out, since the notice was too long", "; ")
	return n
}

// cut cuts at the end of a character.
func (c cut) cut(s string) string {
	if len(s) <= c.text {
		return s
	}
	end := c.text
	for end > c.text-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// size is about how long the body will be; escapes make it longer.
func size(n notice.Notice) int {
	total := 0
	each(&n, func(s *string) { total += len(*s) })
	return total
}

// each visits every text of a notice that others than this program can make long.
func each(n *notice.Notice, do func(*string)) {
	a := &n.Alert
	for _, s := range []*string{&n.By, &n.Why, &a.Key, &a.Detection, &a.Title, &a.What, &a.Account, &a.AroundGap, &a.Link,
		&a.Actor.Principal, &a.Actor.Behind, &a.Actor.Kind, &a.Actor.Confidence, &a.Actor.Reason} {
		do(s)
	}
	for _, list := range [][]string{a.Criteria, a.Steps, a.Regions, a.Actor.Chain, a.Actor.IPs, a.Actor.Agents} {
		for i := range list {
			do(&list[i])
		}
	}
	for _, list := range [][]finding.Event{a.Events, a.Around} {
		for i := range list {
			e := &list[i]
			for _, s := range []*string{&e.ID, &e.Account, &e.Region, &e.Source, &e.State, &e.SHA256, &e.Service, &e.Name, &e.ErrorCode,
				&e.Principal, &e.Identity, &e.Type, &e.AccessKey, &e.IP, &e.Agent} {
				do(s)
			}
		}
	}
	if s := a.Suppressed; s != nil {
		for _, s := range []*string{&s.Detection, &s.Account, &s.Actor, &s.Where, &s.Who, &s.Why} {
			do(s)
		}
	}
}
