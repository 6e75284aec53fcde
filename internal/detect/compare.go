package detect

import (
	"context"
	"fmt"
	"time"

	"github.com/trailseal/trailseal/internal/finding"
)

// CompareOptions say which two rules are compared over what.
type CompareOptions struct {
	Source   Source
	A, B     Rule // of different names
	Filter   Filter
	Parallel int
	First    int // how many events of each side are listed; 0: 20
	Progress *Progress
}

// Comparison says what one rule catches that the other does not. Events count once, however often they were delivered.
type Comparison struct {
	A      string `json:"a"`
	B      string `json:"b"`
	OnlyA  Side   `json:"only_a"`
	OnlyB  Side   `json:"only_b"`
	Both   Side   `json:"both"`
	Report Report `json:"report"`
}

// Side is one part of a comparison.
type Side struct {
	Count int64           `json:"count"`
	First []finding.Match `json:"first"` // in the order of a backtest
}

// maxCompared is how many different events a comparison remembers, at 200 to 700 bytes each.
const maxCompared = 1_000_000

// caught is an event that one of two rules or both caught. What the event is an example of is known at the end only, as a
// rule over time comes last; so all of them are kept, and kept small.
type caught struct {
	candidate
	rule   *Rule // that caught it first
	by     uint8 // first for A, second for B
	events int
	timed  bool
}

func caughtBy(h *Hit, k *known) *caught {
	c := &caught{rule: h.Rule, events: h.Events, timed: !h.Time.IsZero()}
	c.at, c.record = h.Time.UnixMicro(), h.Record
	k.common(&c.candidate, &h.Event)
	return c
}

func (c *caught) match() finding.Match {
	m := finding.Match{Detection: c.rule.ID, Event: c.event(), Severity: c.rule.Severity, Events: c.events}
	if !c.timed {
		m.Time = time.Time{}
	}
	return m
}

// Compare runs two rules over a source. An error is as in Backtest.
func Compare(ctx context.Context, o CompareOptions) (Comparison, error) {
	set, err := Compile([]Rule{o.A, o.B}, nil)
	if err != nil {
		return Comparison{}, err
	}
	if o.First == 0 {
		o.First = 20
	}
	events := map[digest]*caught{}
	var order []*caught
	lost := int64(0)
	var common known
	report, err := Backtest(ctx, Options{Source: o.Source, Set: set, Filter: o.Filter, Parallel: o.Parallel, Progress: o.Progress, Match: func(h Hit) error {
		id := identity(h.ID, h.Source, h.Record)
		c := events[id]
		if c == nil {
			if len(events) >= maxCompared {
				lost++
				return nil
			}
			c = caughtBy(&h, &common)
			events[id] = c
			order = append(order, c)
		}
		if h.Detection == o.A.ID {
			c.by |= first
		} else {
			c.by |= second
		}
		return nil
	}})
	out := Comparison{A: o.A.ID, B: o.B.ID, Report: report}
	sides := [...]*Side{first: &out.OnlyA, second: &out.OnlyB, first | second: &out.Both}
	for _, s := range sides[1:] {
		s.First = []finding.Match{}
	}
	for _, c := range order {
		s := sides[c.by]
		s.Count++
		if len(s.First) < o.First {
			s.First = append(s.First, c.match())
		}
	}
	if lost > 0 {
		out.Report.Warnings = append(out.Report.Warnings, fmt.Sprintf("the comparison leaves %d matches out: it remembers %d events", lost, maxCompared))
	}
	return out, err
}
