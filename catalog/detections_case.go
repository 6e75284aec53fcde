package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/event"
)

const (
	maxCases  = 200
	maxTimes  = 1000    // that an event is repeated
	maxEvents = 5000    // of a case
	maxBytes  = 4 << 20 // of a case's events
)

func (d *Detection) setCases(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode || len(n.Content) > maxCases {
		return wrongAt(n, "cases are a list, of at most %d", maxCases)
	}
	seen := map[string]bool{}
	for _, c := range n.Content {
		one, err := readCase(c)
		if err != nil {
			return err
		}
		if seen[one.Name] {
			return wrongAt(c, "the case %q stands twice", short(one.Name))
		}
		seen[one.Name] = true
		d.Cases = append(d.Cases, one)
	}
	return nil
}

func readCase(n *yaml.Node) (Case, error) {
	var c Case
	var single, several *yaml.Node
	err := fields(n, "a case",
		field{"name", setText(&c.Name)},
		field{"event?", func(n *yaml.Node) error { single = n; return nil }},
		field{"events?", func(n *yaml.Node) error { several = n; return nil }},
		field{"want", func(n *yaml.Node) error {
			switch n.Value {
			case "match":
				c.Want = 1
				return nil
			case "none":
				return nil
			}
			if setNumber(&c.Want, 0, maxEvents)(n) != nil {
				return wrongAt(n, "want match, none or a number of matches")
			}
			return nil
		}})
	switch {
	case err != nil:
		return c, err
	case (single == nil) == (several == nil):
		return c, wrongAt(n, "a case has either event or events")
	case single != nil:
		raw, err := readEvent(single)
		c.Events = []json.RawMessage{raw}
		return c, err
	}
	c.Events, err = readEvents(several)
	return c, err
}

// readEvents reads a stream of events, in the order of time.
func readEvents(n *yaml.Node) ([]json.RawMessage, error) {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return nil, wrongAt(n, "events is %s, want a list", kindOf(n))
	}
	var all []json.RawMessage
	var last time.Time
	size := 0
	for _, item := range n.Content {
		r := repeat{event: item, times: 1}
		if member(item, "times") != nil {
			r.event = nil
			if err := fields(item, "a repeated event",
				field{"times", setNumber(&r.times, 1, maxTimes)},
				field{"every", setDuration(&r.every)},
				field{"vary?", func(n *yaml.Node) error {
					if len(n.Content) > maxPaths {
						return wrongAt(n, "more than %d fields", maxPaths)
					}
					return setTexts(&r.vary, anyText)(n)
				}},
				field{"event", func(n *yaml.Node) error { r.event = n; return nil }}); err != nil {
				return nil, err
			}
			r.vary = append(r.vary, "eventID")
		}
		for i := range r.times {
			raw, at, err := r.write(i)
			if err != nil {
				return nil, err
			}
			size += len(raw)
			switch {
			case at.Before(last):
				return nil, wrongAt(item, "events are in the order of time: this one is before the one above")
			case len(all) == maxEvents || size > maxBytes:
				return nil, wrongAt(item, "more than %d events or %d bytes in a case", maxEvents, maxBytes)
			}
			last = at
			all = append(all, raw)
		}
	}
	return all, nil
}

// repeat is an event that happens several times, every so often.
type repeat struct {
	event *yaml.Node
	times int
	every time.Duration
	vary  []string // the paths of the texts that are made different by "-1", "-2" … behind them
}

// write returns the event as it happens for the i-th time, from 0, and when.
func (r *repeat) write(i int) (json.RawMessage, time.Time, error) {
	if r.event.Kind != yaml.MappingNode {
		return nil, time.Time{}, wrongAt(r.event, "an event is %s, want a mapping", kindOf(r.event))
	}
	clock := member(r.event, "eventTime")
	if clock == nil {
		return nil, time.Time{}, wrongAt(r.event, "an event of several has an eventTime")
	}
	at, err := time.Parse(time.RFC3339, clock.Value)
	if err != nil {
		return nil, time.Time{}, wrongAt(clock, "the eventTime %q is not of the form 2026-03-01T10:00:00Z", short(clock.Value))
	}
	at = at.Add(time.Duration(i) * r.every)
	if r.every == 0 {
		raw, err := readEvent(r.event)
		return raw, at, err
	}
	changed, err := replaced(r.event, []string{"eventTime"}, func(string) string { return at.UTC().Format(time.RFC3339) })
	if err != nil {
		return nil, at, err
	}
	for _, path := range r.vary {
		if changed, err = replaced(changed, strings.Split(path, "."), func(s string) string { return fmt.Sprintf("%s-%d", s, i+1) }); err != nil {
			return nil, at, err
		}
	}
	raw, err := readEvent(changed)
	return raw, at, err
}

// member returns a mapping's member of that name, or nil.
func member(n *yaml.Node, name string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				return n.Content[i+1]
			}
		}
	}
	return nil
}

// replaced returns a copy of a mapping in which the text at a path is another.
func replaced(n *yaml.Node, path []string, by func(string) string) (*yaml.Node, error) {
	old := member(n, path[0])
	if old == nil {
		return nil, wrongAt(n, "there is no %q to vary", short(path[0]))
	}
	var changed *yaml.Node
	switch {
	case len(path) > 1:
		var err error
		if changed, err = replaced(old, path[1:], by); err != nil {
			return nil, err
		}
	case old.Kind != yaml.ScalarNode:
		return nil, wrongAt(old, "%s where a text is wanted", kindOf(old))
	default:
		changed = &yaml.Node{Kind: yaml.ScalarNode, Style: yaml.DoubleQuotedStyle, Tag: "!!str", Value: by(old.Value), Line: old.Line}
	}
	out := *n
	out.Content = slices.Clone(n.Content)
	out.Content[slices.Index(n.Content, old)] = changed
	return &out, nil
}

// readEvent writes a mapping as JSON, and makes sure that it is what CloudTrail could have recorded.
func readEvent(n *yaml.Node) (json.RawMessage, error) {
	if n.Kind != yaml.MappingNode {
		return nil, wrongAt(n, "an event is %s, want a mapping", kindOf(n))
	}
	raw, err := appendJSON(nil, n)
	if err != nil {
		return nil, err
	}
	var p event.Parser
	var r event.Record
	if err := p.Parse(raw, &r); err != nil {
		return nil, wrongAt(n, "the event: %w", err)
	}
	if bad := r.Reasons & (event.Case | event.BadType | event.BadTime); bad != 0 {
		return nil, wrongAt(n, "the event is none of CloudTrail's, in which a member is of another name's case, type or form of time: %s", bad)
	}
	return raw, nil
}

// appendJSON writes a node, with the members of mappings in the order written.
func appendJSON(to []byte, n *yaml.Node) ([]byte, error) {
	open, end, step := byte('['), byte(']'), 1
	switch n.Kind {
	case yaml.ScalarNode:
		s, err := scalarJSON(n)
		return append(to, s...), err
	case yaml.MappingNode:
		open, end, step = '{', '}', 2
	}
	to = append(to, open)
	for i := 0; i < len(n.Content); i += step {
		if i > 0 {
			to = append(to, ',')
		}
		value := n.Content[i]
		if step == 2 {
			name, err := quoteJSON(value.Value)
			if err != nil {
				return nil, err
			}
			to = append(append(to, name...), ':')
			value = n.Content[i+1]
			if err := checkAccount(n.Content[i].Value, value); err != nil {
				return nil, err
			}
		}
		var err error
		if to, err = appendJSON(to, value); err != nil {
			return nil, err
		}
	}
	return append(to, end), nil
}

// checkAccount refuses an account's id without quotes: CloudTrail writes texts, which may begin with 0.
func checkAccount(name string, n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.Style == 0 && strings.HasSuffix(strings.ToLower(name), "accountid") && kindOf(n) == "a number" {
		return wrongAt(n, "the %s %s is a number: put it in quotes", short(name), short(n.Value))
	}
	return nil
}
