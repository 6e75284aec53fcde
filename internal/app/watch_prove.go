package app

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/alert"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/investigate"
	"github.com/trailseal/trailseal/internal/lake"
	"github.com/trailseal/trailseal/internal/ledger"
	"github.com/trailseal/trailseal/internal/recall"
	"github.com/trailseal/trailseal/internal/validate"
	"github.com/trailseal/trailseal/internal/verdict"
)

// prove looks whether digests vouch for the log files that alerts wait for: first it reads the digests of their time.
func (w *watcher) prove(ctx context.Context, source string) error {
	waiting, err := w.store.Waiting(ctx)
	if err != nil || len(waiting) == 0 || w.q.Prove <= 0 {
		return err
	}
	// What could not be read whole no digest can vouch for.
	waiting = slices.DeleteFunc(waiting, func(g alert.Log) bool { return g.SHA256 == "" })
	if len(waiting) == 0 {
		return nil
	}
	from := w.Now()
	for _, g := range waiting {
		if k, err := integrity.ParseKey(g.Source); err == nil && !k.Time.IsZero() && k.Time.Before(from) {
			from = k.Time
		}
	}
	// The digest of an hour is delivered up to two hours later, and chains to the one before it.
	q := ValidateRequest{Source: w.q.Source, From: from.Add(-2 * time.Hour).Truncate(time.Hour), Accounts: w.q.Accounts, Regions: w.q.Regions, Logs: "none", PublicKeys: w.q.PublicKeys}
	if _, err := w.Validate(ctx, q, new(Progress)); err != nil && !errors.Is(err, validate.ErrNothing) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.Log.Warn("digests could not be validated: alerts stay pending", "error", err.Error())
	}
	led, err := w.ledger(ctx)
	if err != nil {
		return err
	}
	defer led.Close()
	states, err := logStates(ctx, led, source, waiting)
	if err != nil {
		return w.ledgerProblem(err)
	}
	settled, err := w.store.Settle(ctx, states, w.Now().UTC())
	if err == nil && settled.Proven+settled.Disputed > 0 {
		w.Log.Info("digests", "alerts_verified", settled.Proven, "alerts_disputed", settled.Disputed)
	}
	return err
}

// logStates are the states of log files, as the ledger has them.
func logStates(ctx context.Context, led *ledger.Ledger, source string, logs []alert.Log) (map[alert.Log]string, error) {
	against := verdict.Against{}
	for f, err := range led.Findings(ctx, source) {
		if err != nil {
			return nil, err
		}
		against.Add(f)
	}
	out := map[alert.Log]string{}
	for _, g := range logs {
		sum, err := hex.DecodeString(g.SHA256)
		if err != nil || len(sum) != 32 {
			continue // it could not be read whole: no digest changes that
		}
		var listed []verdict.Listed
		for l, err := range led.Listed(ctx, source, g.Source) {
			if err != nil {
				return nil, err
			}
			if l.Key == g.Source {
				listed = append(listed, l)
			}
		}
		out[g], _ = against.State(g.Source, [32]byte(sum), listed)
	}
	return out, nil
}

// behind asks the lake who stands behind an event, where the memory of a watch does not reach: sessions last up to 12
// hours, and a chain of them longer.
type behind struct {
	*App
	asked time.Time // how often is bounded: a flood of alerts is not to wait for the lake
	left  int
}

const (
	asksPerMinute = 20
	askTimeout    = 10 * time.Second
	askBack       = 36 * time.Hour
)

// actor fills in who stands behind a finding that the memory could not follow to its beginning.
func (b *behind) actor(ctx context.Context, f *alert.Finding) {
	e := f.Match.Event
	if f.Actor.Behind != "" && f.Actor.Kind != recall.Unknown || e.AccessKey == "" || e.Time.IsZero() {
		return
	}
	if now := b.Now(); now.Sub(b.asked) > time.Minute {
		b.asked, b.left = now, asksPerMinute
	}
	if b.left == 0 {
		return
	}
	b.left--
	c, err := b.ask(ctx, e)
	if err != nil {
		if !errors.Is(err, lake.ErrNone) && ctx.Err() == nil {
			b.Log.Debug("the lake was not asked who is behind an alert", "error", err.Error())
		}
		return
	}
	for _, x := range c.Actors {
		if x.Session.AccessKeyID == e.AccessKey && x.State != investigate.Unknown {
			fillActor(&f.Actor, x)
			return
		}
	}
}

func (b *behind) ask(ctx context.Context, e finding.Event) (Case, error) {
	ctx, stop := context.WithTimeout(ctx, askTimeout)
	defer stop()
	c, _, err := b.Investigate(ctx, InvestigateRequest{Kind: "key", ID: e.AccessKey, Limit: 50,
		QueryRequest: QueryRequest{From: e.Time.Add(-askBack), To: e.Time.Add(time.Hour), Timeout: askTimeout, Memory: 512 << 20}})
	return c, err
}

// fillActor says of an alert's actor what an investigation found.
func fillActor(a *finding.Actor, x Actor) {
	a.Behind, a.Kind, a.Confidence, a.Reason = x.Name, string(x.State), string(x.Confidence), x.Reason
	a.Chain = nil
	for _, h := range x.Hops {
		a.Chain = append(a.Chain, hopText(h))
	}
}

// hopText tells a reader of a hop, as package recall does.
func hopText(h investigate.Hop) string {
	text := h.To + " got its credentials by " + h.Action + " of " + h.From + " at " + h.Time.UTC().Format(time.RFC3339)
	if h.EventID != "" {
		text += ", event " + h.EventID
	}
	return text + " (" + string(h.Confidence) + ")"
}
