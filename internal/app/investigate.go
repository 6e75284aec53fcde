package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/investigate"
	"github.com/trailseal/trailseal/internal/lake"
	"github.com/trailseal/trailseal/internal/verdict"
)

// What investigations say, for faces to show.
type (
	Case    = investigate.Case
	Actor   = investigate.Actor
	Change  = investigate.Change
	Changes = investigate.ChangeList
)

// SubjectKinds are the kinds of subject that can be investigated.
func SubjectKinds() []string {
	var out []string
	for _, k := range investigate.Kinds() {
		out = append(out, string(k))
	}
	return out
}

// InvestigateRequest says whom or what to look into.
type InvestigateRequest struct {
	QueryRequest // its period, accounts, regions and limits
	Kind, ID     string
	Around       time.Duration
	Limit        int
}

// Investigate puts the case of a subject together.
func (a *App) Investigate(ctx context.Context, q InvestigateRequest) (Case, answer.Basis, error) {
	o, e, err := a.openEngine(ctx, q.QueryRequest)
	if err != nil {
		return Case{}, answer.Basis{}, err
	}
	defer o.Close()
	defer e.Close()
	c, err := investigate.Investigate(ctx, e, investigate.Subject{Kind: investigate.Kind(q.Kind), ID: q.ID},
		investigate.Options{From: q.From, To: q.To, Around: q.Around, Limit: q.Limit})
	if err != nil {
		return c, answer.Basis{}, a.caseProblem(err)
	}
	b, err := o.basis(ctx, e, q.QueryRequest)
	return c, b, err
}

// ChangesRequest says of which period the changes to the logging are wanted.
type ChangesRequest struct {
	QueryRequest
	Buckets, Keys, LogGroups, Alarms, Topics []string // known to serve the logging
}

// ChangeRow is a change to the logging, with what people said of it.
type ChangeRow struct {
	Change
	Explanations []verdict.Explanation `json:"explanations"`
}

// ChangeReport is every change of a period.
type ChangeReport struct {
	Changes
	Rows  []ChangeRow  `json:"changes"` // in the place of those of Changes
	Basis answer.Basis `json:"basis"`
}

// ChangesToLogging lists every event of a period that touched the logging itself.
func (a *App) ChangesToLogging(ctx context.Context, q ChangesRequest) (ChangeReport, error) {
	o, e, err := a.openEngine(ctx, q.QueryRequest)
	if err != nil {
		return ChangeReport{}, err
	}
	defer o.Close()
	defer e.Close()
	signed, err := o.ledger.Buckets(ctx)
	if err != nil {
		return ChangeReport{}, a.ledgerProblem(err)
	}
	list, err := investigate.Changes(ctx, e, investigate.ChangeOptions{From: q.From, To: q.To, Buckets: append(signed, q.Buckets...), Keys: q.Keys,
		LogGroups: q.LogGroups, Alarms: q.Alarms, Topics: q.Topics})
	if err != nil {
		return ChangeReport{}, a.caseProblem(err)
	}
	rep := ChangeReport{Changes: list, Rows: []ChangeRow{}}
	said, err := o.ledger.ChangeExplanations(ctx)
	if err != nil {
		return rep, a.ledgerProblem(err)
	}
	for _, c := range list.Changes {
		row := ChangeRow{Change: c, Explanations: said[c.EventID]}
		if row.Explanations == nil {
			row.Explanations = []verdict.Explanation{}
		}
		rep.Rows = append(rep.Rows, row)
	}
	rep.Basis, err = o.basis(ctx, e, q.QueryRequest)
	return rep, err
}

// ExplainChange appends what a person says of an event that changed the logging. The event must be in the lake, once at
// least: an explanation of what nobody can find explains nothing.
func (a *App) ExplainChange(ctx context.Context, x verdict.Explanation) error {
	o, e, err := a.openEngine(ctx, QueryRequest{})
	if err != nil {
		return err
	}
	defer o.Close()
	defer e.Close()
	c, err := investigate.Investigate(ctx, e, investigate.Subject{Kind: investigate.OfEvent, ID: x.Event}, investigate.Options{Limit: 1})
	if err != nil {
		return a.caseProblem(err)
	}
	if c.Event == nil {
		return problem(Usage, fmt.Errorf("the lake has no event %q", x.Event), "trailseal changes list%s", a.sameHome())
	}
	x.Made = a.Now()
	if err := o.ledger.ExplainChange(ctx, x); err != nil {
		return a.ledgerProblem(err)
	}
	return nil
}

func (a *App) openEngine(ctx context.Context, q QueryRequest) (*openedLake, *lake.Engine, error) {
	if err := checkScope(q.Accounts); err != nil {
		return nil, nil, err
	}
	o, err := a.openLake(ctx)
	if err != nil {
		return nil, nil, err
	}
	e, err := o.engine(ctx, q, lake.Scope{From: q.From, To: q.To, Accounts: q.Accounts, Regions: q.Regions, Verified: q.OnlyVerified})
	if err != nil {
		o.Close()
		return nil, nil, a.lakeProblem(err)
	}
	return o, e, nil
}

// basis is what everything of the period that was asked stands on, not the last question alone.
func (o *openedLake) basis(ctx context.Context, e *lake.Engine, q QueryRequest) (answer.Basis, error) {
	b := e.Basis()
	b.SQL, b.SQLSHA256 = "", ""
	b.From, b.To, b.Files, b.Events, b.Bytes, b.States = q.From, q.To, 0, 0, 0, map[string]int64{}
	parts, err := o.Parts(ctx, lake.Scope{From: q.From, To: q.To, Accounts: q.Accounts, Regions: q.Regions, Verified: q.OnlyVerified})
	if err != nil {
		return b, err
	}
	lake.Count(&b, parts, q.OnlyVerified)
	return b, cover(ctx, o.ledger, o.Lake, o.sources, &b)
}

func (a *App) caseProblem(err error) error {
	if errors.Is(err, investigate.ErrSubject) {
		return problem(Usage, err, "trailseal investigate --help")
	}
	return a.lakeProblem(err)
}

// LakeStats says what the lake holds.
func (a *App) LakeStats(ctx context.Context) (lake.Stats, error) {
	l, err := lake.Exists(ctx, a.Home)
	if err != nil {
		return lake.Stats{}, a.lakeProblem(err)
	}
	defer l.Close()
	s, err := l.Stats(ctx)
	if err != nil {
		return s, a.lakeProblem(err)
	}
	return s, nil
}

// LakeStatistics is what LakeStats returns, for faces.
type LakeStatistics = lake.Stats

// Compaction is what Compact did.
type Compaction = lake.Compaction

// Compact joins the small files of each partition.
func (a *App) Compact(ctx context.Context) (Compaction, error) {
	l, err := lake.Exists(ctx, a.Home)
	if err != nil {
		return Compaction{}, a.lakeProblem(err)
	}
	defer l.Close()
	load, err := l.Begin(ctx)
	if err != nil {
		return Compaction{}, a.lakeProblem(err)
	}
	defer load.Close()
	c, err := load.Compact(ctx, 2)
	if err != nil {
		return c, a.lakeProblem(err)
	}
	return c, nil
}

// Expiry is what Expire would remove, or has removed.
type Expiry struct {
	Before  time.Time `json:"before"` // days before it
	Parts   int       `json:"parts"`
	Events  int64     `json:"events"`
	Bytes   int64     `json:"bytes"`
	Removed bool      `json:"removed"`
}

// Expire removes the events of days before a time from the lake, if confirm says so. Nothing but Parquet files of the lake
// is removed: not the ledger, no report and no evidence.
func (a *App) Expire(ctx context.Context, keep time.Duration, confirm func(Expiry) (bool, error)) (Expiry, error) {
	x := Expiry{Before: a.Now().UTC().Add(-keep).Truncate(24 * time.Hour)}
	l, err := lake.Exists(ctx, a.Home)
	if err != nil {
		return x, a.lakeProblem(err)
	}
	defer l.Close()
	load, err := l.Begin(ctx)
	if err != nil {
		return x, a.lakeProblem(err)
	}
	defer load.Close()
	parts, err := l.Expired(ctx, x.Before)
	if err != nil {
		return x, a.lakeProblem(err)
	}
	for _, p := range parts {
		x.Parts++
		x.Events += p.Rows
		x.Bytes += p.Bytes
	}
	if x.Parts == 0 {
		return x, nil
	}
	if x.Removed, err = confirm(x); err != nil || !x.Removed {
		return x, err
	}
	if err := load.Forget(ctx, parts); err != nil {
		return x, a.lakeProblem(err)
	}
	return x, nil
}
