package slack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/post"
)

// The limits of Block Kit, in characters.
const (
	maxHeader  = 150
	maxSection = 3000
	maxField   = 2000
	maxContext = 2000
	maxURL     = 3000
	// maxBlocks holds all blocks together, as JSON. Slack documents no such limit, but refuses about 13,200 characters
	// (slackapi/bolt-js, issues 2509 and 2867).
	maxBlocks = 12000
	// maxText holds the notification's text. Slack cuts one at 40,000 and advises 4,000; a notification shows less.
	maxText = 1000
)

type message struct {
	Text   string  `json:"text"`
	Mrkdwn bool    `json:"mrkdwn"`
	Links  bool    `json:"unfurl_links"`
	Media  bool    `json:"unfurl_media"`
	Blocks []block `json:"blocks"`
}

type block struct {
	Type     string `json:"type"`
	Text     *text  `json:"text,omitempty"`
	Fields   []text `json:"fields,omitempty"`
	Elements []text `json:"elements,omitempty"`
}

type text struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Emoji    *bool  `json:"emoji,omitempty"`    // of plain_text
	Verbatim *bool  `json:"verbatim,omitempty"` // of mrkdwn
}

// budget is how many characters each part of a message may have: the lead, each fact, and each list.
type budget struct{ lead, value, list int }

// render writes the message for a notice. News of an alert that people know have neither steps nor events.
func render(n notice.Notice) ([]byte, error) {
	for _, b := range [...]budget{{1500, 500, 1800}, {1000, 300, 1200}, {500, 150, 600}, {200, 60, 250}} {
		m := compose(n, b)
		blocks, err := write(m.Blocks)
		if err != nil {
			return nil, err
		}
		if post.Length(string(blocks)) <= maxBlocks {
			return write(m)
		}
	}
	return nil, &notice.Refusal{Permanent: true, Err: fmt.Errorf("slack: the message does not fit into %d characters", maxBlocks)}
}

func compose(n notice.Notice, b budget) message {
	m := message{Text: fallback(n)}
	m.add("header", post.Headline(n, maxHeader), maxHeader)
	m.add("section", post.Lead(n, b.lead), b.lead)
	fields := block{Type: "section"}
	for _, f := range post.Facts(n) {
		fields.Fields = append(fields.Fields, plain(f.Label+"\n"+post.Line(f.Value, b.value), maxField))
	}
	m.Blocks = append(m.Blocks, fields)
	if !post.Brief(n) {
		m.list("How the actor is known", post.Chain(n), 0, b.list)
		m.list("What to do", post.Steps(n), len(n.Alert.Steps), b.list)
		m.list("Events", post.Events(n), max(n.Alert.Count, len(n.Alert.Events)), b.list)
		m.list("What else the actor did", post.Around(n), 0, b.list)
	}
	if url := post.Link(n.Alert.Link, maxURL/2); url != "" {
		verbatim := true
		link := text{Type: "mrkdwn", Text: "<" + escape(url) + "|Read more>", Verbatim: &verbatim}
		m.Blocks = append(m.Blocks, block{Type: "section", Text: &link})
	}
	last := block{Type: "context"}
	for _, s := range []string{criteria(n, b), "Alert " + n.Alert.ID + ", notice " + n.Key} {
		if s != "" {
			last.Elements = append(last.Elements, plain(s, maxContext))
		}
	}
	m.Blocks = append(m.Blocks, last)
	return m
}

func write(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("slack: write the message: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

func criteria(n notice.Notice, b budget) string {
	if c := post.Line(post.Criteria(n), b.value); c != "" {
		return "Criteria: " + c
	}
	return ""
}

func (m *message) add(kind, s string, limit int) {
	t := plain(s, limit)
	m.Blocks = append(m.Blocks, block{Type: kind, Text: &t})
}

// list adds a section of at most limit characters with a line each, of which there are total.
func (m *message) list(title string, lines []string, total, limit int) {
	if len(lines) == 0 {
		return
	}
	for n := limit; ; n = n * 3 / 4 {
		if s := title + "\n" + post.Fit(lines, total, n); post.Length(safe(s)) <= limit+len(title)+1 || n < 40 {
			m.add("section", s, maxSection)
			return
		}
	}
}

// plain makes a text object that Slack does not parse. It is cut where making it safe makes it longer than limit.
func plain(s string, limit int) text {
	emoji := false
	made := safe(s)
	for n := limit; post.Length(made) > limit; n = n * 3 / 4 {
		made = safe(post.Line(s, n))
	}
	return text{Type: "plain_text", Text: made, Emoji: &emoji}
}

// safe takes away what Slack or its client could make something of: a plain_text object is not parsed for mrkdwn, but
// clients have been seen to make links of plain texts.
func safe(s string) string { return escape(post.Defang(s)) }

// escape writes the three characters that Slack asks for as entities.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// fallback is the text of notifications. Slack shows it where it cannot show blocks, and may parse it as mrkdwn; so the
// characters that format or mention are written with others that look alike.
func fallback(n notice.Notice) string {
	s := post.Headline(n, maxText/5)
	if account := post.Line(n.Alert.Account, 100); account != "" {
		s += " in " + account
	}
	return safe(strings.NewReplacer("*", "\u2217", "_", "\uff3f", "~", "\u223c", "`", "'", "@", "\uff20").Replace(s))
}
