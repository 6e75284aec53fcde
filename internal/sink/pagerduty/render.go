package pagerduty

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/post"
)

// The limits of the Events API v2, in characters.
const (
	maxSummary = 1024
	maxDedup   = 255
	// maxText holds the other texts, for which none is documented. Each list of custom_details is held to maxList, so that
	// the whole stays far below the 512 KB that are.
	maxText = 255
	maxList = 20000
	maxLink = 2000
)

type event struct {
	RoutingKey string   `json:"routing_key"`
	Action     string   `json:"event_action"`
	Dedup      string   `json:"dedup_key"`
	Payload    *payload `json:"payload,omitempty"` // of a trigger
	Client     string   `json:"client,omitempty"`
	ClientURL  string   `json:"client_url,omitempty"`
	Links      []link   `json:"links,omitempty"`
}

type payload struct {
	Summary   string  `json:"summary"`
	Source    string  `json:"source"`
	Severity  string  `json:"severity"`
	Timestamp string  `json:"timestamp,omitempty"`
	Component string  `json:"component,omitempty"`
	Group     string  `json:"group,omitempty"`
	Class     string  `json:"class,omitempty"`
	Details   details `json:"custom_details"`
}

type details struct {
	What     string            `json:"what"`
	Facts    map[string]string `json:"facts"`
	Chain    []string          `json:"how the actor is known,omitempty"`
	Steps    []string          `json:"what to do,omitempty"`
	Events   []string          `json:"events,omitempty"`
	Around   []string          `json:"what else the actor did,omitempty"`
	Criteria string            `json:"criteria,omitempty"`
	By       string            `json:"by,omitempty"`
	Why      string            `json:"why,omitempty"`
	Alert    string            `json:"alert"`
	Notice   string            `json:"notice"`
}

type link struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

func render(n notice.Notice, routing string) event {
	e := event{RoutingKey: routing, Action: action(n), Dedup: dedup(n.Alert.Key)}
	if e.Action != "trigger" {
		return e
	}
	a := n.Alert
	e.Client = "Trailseal"
	if url := post.Link(a.Link, maxLink); url != "" {
		e.ClientURL, e.Links = url, []link{{url, "Read more"}}
	}
	e.Payload = &payload{
		Summary:   post.Headline(n, maxSummary),
		Source:    post.Line(a.Account, maxText),
		Severity:  severity(n),
		Group:     post.Line(a.Account, maxText),
		Class:     post.Line(a.Detection, maxText),
		Timestamp: stamp(n.At),
		Details: details{
			What:   post.Lead(n, maxList),
			Facts:  map[string]string{},
			Chain:  fit(post.Chain(n)),
			Steps:  fit(post.Steps(n)),
			Events: fit(post.Events(n)), Around: fit(post.Around(n)),
			Criteria: post.Criteria(n),
			By:       post.Line(n.By, maxText), Why: post.Line(n.Why, maxSummary),
			Alert: a.ID, Notice: n.Key,
		},
	}
	if e.Payload.Source == "" {
		e.Payload.Source = "an AWS account that is not known"
	}
	if len(a.Events) > 0 {
		e.Payload.Component = post.Line(a.Events[0].Service, maxText)
	}
	for _, f := range post.Facts(n) {
		e.Payload.Details.Facts[f.Label] = f.Value
	}
	return e
}

func action(n notice.Notice) string {
	switch {
	case n.Kind == notice.Acknowledged:
		return "acknowledge"
	case n.Kind == notice.Closed, n.Kind == notice.Verified && n.Alert.Status == finding.Closed:
		return "resolve"
	}
	return "trigger"
}

// dedup is the alert's key as PagerDuty takes it.
func dedup(key string) string {
	strange := strings.ContainsFunc(key, func(c rune) bool { return c < ' ' || c > '~' })
	if key != "" && len(key) <= maxDedup && !strange {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "trailseal-" + hex.EncodeToString(sum[:])
}

// severity is the nearest of PagerDuty's. An alert whose log files are disputed is never less than an error.
func severity(n notice.Notice) string {
	switch n.Alert.Severity {
	case finding.Critical:
		return "critical"
	case finding.High:
		return "error"
	}
	switch {
	case n.Kind == notice.Disputed:
		return "error"
	case n.Alert.Severity == finding.Medium:
		return "warning"
	}
	return "info"
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// fit keeps the first lines, and says how many it left out.
func fit(lines []string) []string {
	if len(lines) == 0 {
		return nil
	}
	return strings.Split(post.Fit(lines, len(lines), maxList), "\n")
}
