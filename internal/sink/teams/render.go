package teams

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/post"
)

// maxBody is the most bytes of a message: half of 28 KB, since Teams may count UTF-16.
const maxBody = 14000

// The card's words that more than one place uses.
const (
	schema      = "http://adaptivecards.io/schemas/adaptive-card.json"
	contentType = "application/vnd.microsoft.card.adaptive"
)

type message struct {
	Type        string       `json:"type"`
	Attachments []attachment `json:"attachments"`
}

type attachment struct {
	ContentType string `json:"contentType"`
	ContentURL  any    `json:"contentUrl"` // null, as Microsoft's example has it
	Content     card   `json:"content"`
}

type card struct {
	Schema  string   `json:"$schema"`
	Type    string   `json:"type"`
	Version string   `json:"version"`
	Teams   teams    `json:"msteams"`
	Body    []any    `json:"body"`
	Actions []action `json:"actions,omitempty"`
}

type teams struct {
	Width string `json:"width"`
}

type action struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	URL   string `json:"url"`
}

type container struct {
	Type  string `json:"type"`
	Style string `json:"style"`
	Bleed bool   `json:"bleed"`
	Items []any  `json:"items"`
}

type rich struct {
	Type      string `json:"type"`
	Separator bool   `json:"separator,omitempty"`
	Spacing   string `json:"spacing,omitempty"`
	Inlines   []run  `json:"inlines"`
}

type run struct {
	Type   string `json:"type"`
	Text   string `json:"text"`
	Size   string `json:"size,omitempty"`
	Weight string `json:"weight,omitempty"`
	Subtle bool   `json:"isSubtle,omitempty"`
}

// budget is how many UTF-16 units each part of the card may have.
type budget struct{ headline, lead, value, steps, chain, events, around int }

// render writes the message for a notice, leaving out what does not fit.
func render(n notice.Notice) ([]byte, error) {
	for _, b := range []budget{
		{300, 1500, 500, 2000, 1000, 3000, 2000},
		{300, 1500, 300, 1500, 800, 2500, 0},
		{200, 800, 200, 800, 400, 800, 0},
		{150, 300, 100, 0, 0, 0, 0},
		{60, 100, 30, 0, 0, 0, 0}, // of this, a character may take 12 bytes
	} {
		body, err := json.Marshal(compose(n, b))
		if err != nil {
			return nil, fmt.Errorf("teams: write the card: %w", err)
		}
		if body = ascii(body); len(body) <= maxBody {
			return body, nil
		}
	}
	return nil, &notice.Refusal{Permanent: true, Err: fmt.Errorf("teams: the card does not fit into %d bytes", maxBody)}
}

func compose(n notice.Notice, b budget) message {
	c := card{Schema: schema, Type: "AdaptiveCard", Version: "1.4", Teams: teams{"Full"}}
	head := container{Type: "Container", Style: style(n), Bleed: true}
	head.Items = append(head.Items,
		rich{Type: "RichTextBlock", Inlines: []run{{Type: "TextRun", Text: post.Defang(post.Headline(n, b.headline)), Size: "Large", Weight: "Bolder"}}},
		rich{Type: "RichTextBlock", Inlines: []run{{Type: "TextRun", Text: post.Defang(post.Line(post.Lead(n, b.lead), b.lead))}}})
	c.Body = append(c.Body, head)
	for i, f := range post.Facts(n) {
		block := rich{Type: "RichTextBlock", Spacing: "None", Separator: i == 0, Inlines: []run{
			{Type: "TextRun", Text: f.Label + ": ", Weight: "Bolder"},
			{Type: "TextRun", Text: post.Defang(post.Line(f.Value, b.value))},
		}}
		if i == 0 {
			block.Spacing = "Medium"
		}
		c.Body = append(c.Body, block)
	}
	short := false
	if !post.Brief(n) {
		for _, part := range []struct {
			title string
			lines []string
			limit int
		}{
			{"How the actor is known", post.Chain(n), b.chain},
			{"What to do", post.Steps(n), b.steps},
			{"Events", post.Events(n), b.events},
			{"What else the actor did", post.Around(n), b.around},
		} {
			switch {
			case len(part.lines) == 0:
			case part.limit == 0:
				short = true
			default:
				c.list(part.title, post.Fit(part.lines, len(part.lines), part.limit))
			}
		}
	}
	last := "Alert " + n.Alert.ID + ", notice " + n.Key
	if s := post.Line(post.Criteria(n), b.value); s != "" {
		last = "Criteria " + s + ". " + last
	}
	if short {
		last = "This is not all of the alert: it is too long for Teams. " + last
	}
	c.Body = append(c.Body, rich{Type: "RichTextBlock", Separator: true, Inlines: []run{{Type: "TextRun", Text: post.Defang(last), Size: "Small", Subtle: true}}})
	if url := post.Link(n.Alert.Link, 1000); url != "" {
		c.Actions = []action{{"Action.OpenUrl", "Read more", url}}
	}
	return message{"message", []attachment{{ContentType: contentType, Content: c}}}
}

// list adds a title and a block for each line: line feeds within a text run are not shown everywhere.
func (c *card) list(title, lines string) {
	c.Body = append(c.Body, rich{Type: "RichTextBlock", Spacing: "Medium", Inlines: []run{{Type: "TextRun", Text: title, Weight: "Bolder"}}})
	for line := range strings.SplitSeq(lines, "\n") {
		c.Body = append(c.Body, rich{Type: "RichTextBlock", Spacing: "None", Inlines: []run{{Type: "TextRun", Text: post.Defang(line)}}})
	}
}

// style is the colour of the head.
func style(n notice.Notice) string {
	switch {
	case n.Kind == notice.Disputed:
		return "attention"
	case n.Kind == notice.Verified || n.Kind == notice.Closed:
		return "good"
	case n.Kind == notice.Acknowledged:
		return "emphasis"
	case n.Alert.Severity.Reaches(finding.High):
		return "attention"
	case n.Alert.Severity == finding.Medium:
		return "warning"
	}
	return "emphasis"
}

// ascii writes JSON's other characters as escapes.
func ascii(text []byte) []byte {
	var b bytes.Buffer
	for _, c := range string(text) {
		switch {
		case c < 0x80:
			b.WriteByte(byte(c))
		case c > 0xFFFF:
			high, low := utf16.EncodeRune(c)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, c)
		}
	}
	return b.Bytes()
}
