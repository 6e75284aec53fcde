package app

import (
	"context"
	"time"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/investigate"
)

// Since is what the lake says of an alert now, beside what was known when it was opened: later events have come, and a
// session can be followed further back than a watch remembers.
type Since struct {
	Actor  finding.Actor   `json:"actor"`
	Around []finding.Event `json:"around"` // what the same session did within 30 minutes before the first event and after it
	Gaps   []string        `json:"gaps"`   // what the lake could not tell
}

// since asks the lake. It returns nil where there is none, or where it does not have the event.
func (a *App) since(ctx context.Context, x Alert) *Since {
	if len(x.Events) == 0 || x.Events[0].ID == "" || x.Test {
		return nil
	}
	e := x.Events[0]
	c, _, err := a.Investigate(ctx, InvestigateRequest{Kind: "event", ID: e.ID, Around: around, Limit: 4 * finding.MaxAround,
		QueryRequest: QueryRequest{From: e.Time.Add(-askBack), To: e.Time.Add(askBack), Timeout: time.Minute}})
	if err != nil || c.Event == nil || len(c.Actors) == 0 {
		return nil
	}
	out := &Since{Actor: x.Actor, Around: []finding.Event{}, Gaps: []string{}}
	for _, g := range c.Gaps {
		out.Gaps = append(out.Gaps, g.Kind+": "+g.Detail)
	}
	found := map[string]bool{}
	for _, own := range x.Events {
		found[own.ID] = true
	}
	for _, t := range c.Timeline {
		switch {
		case t.Relation == "subject" && t.EventID == e.ID:
			for _, actor := range c.Actors {
				if actor.ID == t.Who.Actor && actor.State != investigate.Unknown {
					fillActor(&out.Actor, actor)
				}
			}
		case t.Relation == "session" && !found[t.EventID] && len(out.Around) < finding.MaxAround:
			out.Around = append(out.Around, finding.Event{ID: t.EventID, Time: t.Time, Account: t.Account, Region: t.Region, State: t.LogState, Service: t.Service, Name: t.Action,
				ErrorCode: t.ErrorCode, Identity: t.Who.Session, IP: t.SourceIP, Agent: t.UserAgent})
		}
	}
	return out
}
