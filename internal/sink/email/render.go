package email

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	html "html/template"
	"regexp"
	"strings"
	text "text/template"

	"github.com/wneessen/go-mail"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/post"
)

//go:embed message.txt.tmpl message.html.tmpl
var templates embed.FS

// view is what a message shows. Its texts are single lines in which everything is seen.
type view struct {
	Headline, Lead string
	Colour         string
	Facts          []post.Fact
	Parts          []part
	Link           string
	ID             string
}

type part struct {
	Title string
	Lines []string
}

func newView(n notice.Notice) view {
	v := view{Headline: post.Headline(n, 300), Lead: post.Line(post.Lead(n, 1500), 1500), Colour: colour(n), Link: post.Link(n.Alert.Link, 2000), ID: post.Line(n.Alert.ID, 40)}
	for _, f := range post.Facts(n) {
		v.Facts = append(v.Facts, post.Fact{Label: f.Label, Value: defuse(f.Value)})
	}
	if c := post.Criteria(n); c != "" {
		v.Facts = append(v.Facts, post.Fact{Label: "Criteria", Value: c})
	}
	if post.Brief(n) {
		return v
	}
	for _, p := range []struct {
		title string
		lines []string
		ours  bool // not from a log
		total int
		most  int
	}{
		{"What to do", post.Steps(n), true, len(n.Alert.Steps), 5000},
		{"How the actor is known", post.Chain(n), false, 0, 4000},
		{"Events", post.Events(n), false, n.Alert.Count, 10000},
		{"Around them", post.Around(n), false, 0, 10000},
	} {
		if len(p.lines) == 0 {
			continue
		}
		lines := strings.Split(post.Fit(p.lines, p.total, p.most), "\n")
		for i := range lines {
			if !p.ours {
				lines[i] = defuse(lines[i])
			}
		}
		v.Parts = append(v.Parts, part{p.title, lines})
	}
	return v
}

// defuse keeps mail programs from making a link of text of a log.
func defuse(s string) string { return strings.ReplaceAll(s, "://", "[:]//") }

func colour(n notice.Notice) string {
	switch {
	case n.Kind == notice.Closed || n.Kind == notice.Verified:
		return "#2e7d32"
	case n.Kind == notice.Disputed || n.Alert.Severity.Reaches(finding.High):
		return "#b3261e"
	case n.Alert.Severity.Reaches(finding.Medium):
		return "#b26a00"
	}
	return "#455a64"
}

var safeKey = regexp.MustCompile(`^[a-z0-9-]{1,100}$`)

// id is the left part of a message's identification.
func id(key string) string {
	if safeKey.MatchString(key) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// header is a value for a header. "=?" in it would begin an encoded word, which a mail program shows decoded.
func header(s string) string { return strings.ReplaceAll(s, "=?", "= ?") }

// message is a notice as a mail. boundary is for tests; empty: one that nobody can know before.
func (s *sink) message(n notice.Notice, boundary string) ([]byte, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithBoundary(boundary))
	m.FromMailAddress(&s.From.Address)
	for i := range s.To {
		m.AddToMailAddress(&s.To[i].Address)
	}
	opened := n
	opened.Kind = notice.Opened
	subject := fmt.Sprintf("%s [%s]", post.Headline(opened, 150), post.Line(n.Alert.ID, 40))
	if n.Kind != notice.Opened {
		subject = "Re: " + subject // the same, since some programs make a thread of nothing else
	}
	m.Subject(header(subject))
	m.SetDateWithValue(s.env.Now().UTC())
	m.SetMessageIDWithValue(id(n.Key) + "@" + s.From.domain())
	thread := "<alert-" + id(n.Alert.ID) + "@" + s.From.domain() + ">"
	for _, h := range []struct{ name, value string }{
		{"In-Reply-To", thread},
		{"References", thread},
		{"Auto-Submitted", "auto-generated"},
		{"X-Auto-Response-Suppress", "All"},
		{"X-Trailseal-Alert", n.Alert.ID},
		{"X-Trailseal-Kind", string(n.Kind)},
		{"X-Trailseal-Severity", string(n.Alert.Severity)},
		{"X-Trailseal-Detection", n.Alert.Detection},
		{"X-Trailseal-Account", n.Alert.Account},
	} {
		if value := post.Line(h.value, 200); value != "" {
			m.SetGenHeader(mail.Header(h.name), header(value))
		}
	}
	v := newView(n)
	plain, err := text.ParseFS(templates, "message.txt.tmpl")
	if err != nil {
		return nil, fmt.Errorf("write the message: %w", err)
	}
	rich, err := html.ParseFS(templates, "message.html.tmpl")
	if err != nil {
		return nil, fmt.Errorf("write the message: %w", err)
	}
	var body, page, out bytes.Buffer
	if err := plain.Execute(&body, v); err != nil {
		return nil, fmt.Errorf("write the message: %w", err)
	}
	if err := rich.Execute(&page, v); err != nil {
		return nil, fmt.Errorf("write the message: %w", err)
	}
	m.SetBodyString(mail.TypeTextPlain, body.String())
	m.AddAlternativeString(mail.TypeTextHTML, page.String())
	if _, err := m.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("write the message: %w", err)
	}
	return out.Bytes(), nil
}
