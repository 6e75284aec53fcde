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

// render writes the message for a notice. News of an alert that people know have neither steps nor events.
func render(n notice.Notice) ([]byte, error) {
	m := message{Text: fallback(n)}
	m.add("header", post.Headline(n, maxHeader), maxHeader)
	m.add("section", post.Lead(n, maxSection), maxSection)
	fields := block{Type: "section"}
	for _, f := range post.Facts(n) {
		fields.Fields = append(fields.Fields, plain(f.Label+"\n"+f.Value, maxField))
	}
	m.Blocks = append(m.Blocks, fields)
	if !post.Brief(n) {
		m.list("How the actor is known", post.Chain(n), 0)
		m.list("What to do", post.Steps(n), len(n.Alert.Steps))
		m.list("Events", post.Events(n), max(n.Alert.Count, len(n.Alert.Events)))
		m.list("What else the actor did", post.Around(n), 0)
	}
	if url := post.Link(n.Alert.Link, maxURL/2); url != "" {
		verbatim := true
		link := text{Type: "mrkdwn", Text: "<" + escape(url) + "|Read more>", Verbatim: &verbatim}
		m.Blocks = append(m.Blocks, block{Type: "section", Text: &link})
	}
	last := block{Type: "context"}
	for _, s := range []string{criteria(n), "Alert " + n.Alert.ID + ", notice " + n.Key} {
		if s != "" {
			last.Elements = append(last.Elements, plain(s, maxContext))
		}
	}
	m.Blocks = append(m.Blocks, last)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("slack: write the message: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

func criteria(n notice.Notice) string {
	if c := post.Criteria(n); c != "" {
		return "Criteria: " + c
	}
	return ""
}

func (m *message) add(kind, s string, limit int) {
	t := plain(s, limit)
	m.Blocks = append(m.Blocks, block{Type: kind, Text: &t})
}

// list adds a section with a line each, of which there are total.
func (m *message) list(title string, lines []string, total int) {
	if len(lines) == 0 {
		return
	}
	for limit := maxSection - len(title) - 1; ; limit = limit * 3 / 4 {
		if s := title + "\n" + post.Fit(lines, total, limit); post.Length(escape(s)) <= maxSection {
			m.add("section", s, maxSection)
			return
		}
	}
}

// plain makes a text object that Slack does not parse. It is cut where escaping makes it longer than limit.
func plain(s string, limit int) text {
	emoji := false
	escaped := escape(s)
	for n := limit; post.Length(escaped) > limit; n = n * 3 / 4 {
		escaped = escape(post.Line(s, n))
	}
	return text{Type: "plain_text", Text: escaped, Emoji: &emoji}
}

// escape writes the three characters that Slack asks for as entities.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// fallback is the text of notifications. Slack may parse it as mrkdwn, look for links in it, and shows it where it cannot
// show blocks; so what could be parsed is written with characters that look alike.
func fallback(n notice.Notice) string {
	s := post.Headline(n, maxText/5)
	if account := post.Line(n.Alert.Account, 100); account != "" {
		s += " in " + account
	}
	s = strings.NewReplacer("*", "\u2217", "_", "\uff3f", "~", "\u223c", "`", "'", "@", "\uff20", "#", "\uff03", ":", "\uff1a", "/", "\u2215").Replace(s)
	var b strings.Builder
	for i, c := range s { // a dot within a word makes a link of it
		if c == '.' && i+1 < len(s) && s[i+1] != ' ' {
			c = '\u2024'
		}
		b.WriteRune(c)
	}
	return escape(b.String())
}
