package config

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
)

// Alerts say whom to tell of what.
type Alerts struct {
	// Link is the URL of a page about an alert, in which {id}, {detection} and {account} stand for those of the alert.
	Link   string
	Window time.Duration // in which matches are one alert; 0: the file does not say
	Sinks  []Sink        // in the order of the file
	Routes []Route       // in the order of the file
}

// Sink is a place where people are told.
type Sink struct {
	Name    string // that routes call it by, and records: 1 to 64 characters of a-z, A-Z, 0-9, . _ and -
	Kind    string // the folder's name below internal/sink
	Section notice.Section
	Where   string // file and line, as in config.yaml:12
}

// Route says that alerts are told at some sinks. An alert takes every route whose conditions all hold; one without
// conditions is for all alerts.
type Route struct {
	Severity   finding.Severity // at least as bad as this; empty: any
	Detections []string         // ids, or globs of them; empty: any
	Accounts   []string         // empty: any
	To         []string         // names of sinks, at least one
	Where      string           // file and line
}

// The words of a link that stand for something of the alert.
const (
	linkID        = "{id}"
	linkDetection = "{detection}"
	linkAccount   = "{account}"
)

// LinkTo is the URL of an alert's page; empty where the file names none. Texts of the alert are escaped.
func (a Alerts) LinkTo(id, detection, account string) string {
	return strings.NewReplacer(linkID, escape(id), linkDetection, escape(detection), linkAccount, escape(account)).Replace(a.Link)
}

// escape leaves no character that means something in a URL.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// link is an URL with words that stand for something.
type link string

func (l *link) UnmarshalText(b []byte) error {
	// The words stand for a text that is in no host's name, so that they are found there.
	filled := strings.NewReplacer(linkID, "%20", linkDetection, "%20", linkAccount, "%20").Replace(string(b))
	u, err := url.Parse(filled)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(u.Host, "% "):
		return errors.New("want an http or https URL, in whose path or query {id}, {detection} and {account} stand for those of the alert")
	case u.User != nil:
		return errors.New("want a URL without a user or password: everybody who is told sees it")
	case strings.ContainsAny(filled, "{}"):
		return errors.New("want {id}, {detection} or {account} between braces")
	}
	*l = link(b)
	return nil
}

// window is how long matches are one alert.
type window time.Duration

func (w *window) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	if err != nil || d < time.Minute || d > 7*24*time.Hour {
		return errors.New("want a span of time from 1m to 168h, as in 1h")
	}
	*w = window(d)
	return nil
}

type severity finding.Severity

func (s *severity) UnmarshalText(b []byte) error {
	v, err := finding.ParseSeverity(string(b))
	*s = severity(v)
	return err
}

type account string

var accountForm = regexp.MustCompile(`^[0-9]{12}$`)

func (a *account) UnmarshalText(b []byte) error {
	if !accountForm.Match(b) {
		return fmt.Errorf("account %q: want 12 digits", b)
	}
	*a = account(b)
	return nil
}

// filled is a text that says something.
type filled string

func (f *filled) UnmarshalText(b []byte) error {
	if strings.TrimSpace(string(b)) == "" {
		return errors.New("want a text that is not empty")
	}
	*f = filled(b)
	return nil
}

// texts are the values of a list as plain texts.
func texts[T ~string](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

func parseAlerts(at place, n *yaml.Node) (Alerts, []string, error) {
	var out Alerts
	if isNull(n) {
		return out, nil, nil
	}
	if n.Kind != yaml.MappingNode {
		return out, nil, at.error(n, "want a mapping with link, window, sinks and routes")
	}
	var sinks, routes *yaml.Node
	for name, v := range pairs(n) {
		in, err := at.in(name.Value), error(nil)
		switch name.Value {
		case "link":
			var l link
			err = Section{in, v}.Decode(&l)
			out.Link = string(l)
		case "window":
			var w window
			err = Section{in, v}.Decode(&w)
			out.Window = time.Duration(w)
		case "sinks":
			sinks = v
		case "routes":
			routes = v
		default:
			err = at.unknown(name, []string{"link", "window", "sinks", "routes"})
		}
		if err != nil {
			return Alerts{}, nil, err
		}
	}
	var err error
	if out.Sinks, err = parseSinks(at.in("sinks"), sinks); err != nil {
		return Alerts{}, nil, err
	}
	if out.Routes, err = parseRoutes(at.in("routes"), routes, out.Sinks); err != nil {
		return Alerts{}, nil, err
	}
	var warnings []string
	for _, s := range out.Sinks {
		if !slices.ContainsFunc(out.Routes, func(r Route) bool { return slices.Contains(r.To, s.Name) }) {
			warnings = append(warnings, fmt.Sprintf("%s: no route leads to sink %q: nothing is told there", s.Where, s.Name))
		}
	}
	return out, warnings, nil
}

var sinkName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func parseSinks(at place, n *yaml.Node) ([]Sink, error) {
	if n == nil || isNull(n) {
		return nil, nil
	}
	if n.Kind != yaml.MappingNode {
		return nil, at.error(n, "want a mapping of names to sinks, as in oncall: {pagerduty: {routing-key: env:PD_KEY}}")
	}
	var out []Sink
	for name, v := range pairs(n) {
		in := at.in(name.Value)
		if !sinkName.MatchString(name.Value) {
			return nil, in.error(name, "want a name of at most 64 letters, digits, dots, - and _")
		}
		if v.Kind != yaml.MappingNode || len(v.Content) != 2 {
			return nil, in.error(v, "want one kind of sink and its settings, as in {slack: {webhook: env:SLACK_WEBHOOK}}")
		}
		kind := v.Content[0]
		out = append(out, Sink{Name: name.Value, Kind: kind.Value, Section: Section{in.in(kind.Value), v.Content[1]}, Where: fmt.Sprintf("%s:%d", at.file, name.Line)})
	}
	return out, nil
}

func parseRoutes(at place, n *yaml.Node, sinks []Sink) ([]Route, error) {
	if n == nil || isNull(n) {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode {
		return nil, at.error(n, "want a list of routes, as in - {severity: high, to: [oncall]}")
	}
	var known []string
	for _, s := range sinks {
		known = append(known, s.Name)
	}
	var out []Route
	for i, v := range n.Content {
		in := at.in(fmt.Sprintf("[%d]", i))
		var r struct {
			Severity  severity  `yaml:"severity"`
			Detection []filled  `yaml:"detection"`
			Account   []account `yaml:"account"`
			To        []filled  `yaml:"to"`
		}
		if err := (Section{in, v}).Decode(&r); err != nil {
			return nil, err
		}
		if len(r.To) == 0 {
			return nil, in.error(v, "want to: the names of one or more sinks")
		}
		route := Route{finding.Severity(r.Severity), texts(r.Detection), texts(r.Account), texts(r.To), fmt.Sprintf("%s:%d", at.file, v.Line)}
		for j, name := range route.To {
			switch like := Nearest(name, known); {
			case slices.Contains(route.To[:j], name):
				return nil, in.error(v, "to: sink %q is named twice", name)
			case slices.Contains(known, name):
			case like != "":
				return nil, in.error(v, "to: there is no sink %q; did you mean %q?", name, like)
			default:
				return nil, in.error(v, "to: there is no sink %q among alerts.sinks", name)
			}
		}
		out = append(out, route)
	}
	return out, nil
}
