package validate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
)

// peek looks whether there are log files at all, for a run that does not look at them otherwise.
func (s *scope) peek(ctx context.Context) {
	for _, p := range s.places {
		for _, f := range slices.Sorted(maps.Keys(p.folders)) {
			if f == digestFolder {
				continue
			}
			prefix := p.base + f + "/" + s.region + "/"
			for info, err := range s.list(ctx, prefix, s.startAfter(prefix, 0)) {
				if err != nil {
					break
				}
				if t, ok := logTime(p.root, info.Key); ok && s.asks(t, t.Add(time.Second)) && !s.future(t) {
					s.seen[t] = true
					return
				}
			}
		}
	}
}

// beside is what is known of a chain around a period in which it has no digest.
type beside struct {
	before, after time.Time
	next          object.Info // the one after
}

// around judges chains of which not one digest lies in a period that somebody named, although there are digests before
// or after it: all were deleted, or the chain was not at work then.
func (s *scope) around(ctx context.Context) {
	if s.From.IsZero() && s.To.IsZero() {
		return
	}
	for _, c := range s.chains {
		if slices.ContainsFunc(c.nodes, func(n *node) bool { return n.asked }) {
			return
		}
	}
	chains := map[chainID]*beside{}
	for _, p := range s.places {
		if !p.folders[digestFolder] {
			continue
		}
		for info, err := range s.list(ctx, p.base+digestFolder+"/"+s.region+"/", "") {
			if err != nil {
				return
			}
			k, err := integrity.ParseKey(p.key(info.Key))
			if err != nil || k.Class != integrity.DigestFile || !wanted(s.run.Trails, k.Trail) || s.future(k.Time) || k.Time.Before(launch) {
				continue
			}
			id := chainID{home: k.Home, trail: k.Trail}
			b := chains[id]
			if b == nil {
				b = new(beside)
				chains[id] = b
			}
			if k.Time.After(s.From) {
				if b.after.IsZero() {
					b.after, b.next = k.Time, info
				}
			} else {
				b.before = k.Time
			}
		}
	}
	for id, b := range chains {
		s.hole(ctx, id, *b)
	}
}

func (s *scope) hole(ctx context.Context, id chainID, b beside) {
	gap := integrity.Gap{Account: s.account, Region: s.region, Trail: id.trail, From: s.From, To: s.To}
	switch {
	case b.before.IsZero():
		got, err := s.readDigest(ctx, b.next)
		if err == nil && got.digest != nil && got.digest.First() {
			s.warn("%s %s: no digest of trail %s in the period; its first one is of %s", s.account, s.region, id.trail, b.after.Format(time.RFC3339))
			return
		}
		gap.Cause = fmt.Sprintf("no digest in the whole period; the next one is of %s, and is not the first of its chain", b.after.Format(time.RFC3339))
	case b.after.IsZero():
		gap.Cause = fmt.Sprintf("no digest in the whole period; the last one before it is of %s", b.before.Format(time.RFC3339))
	default:
		gap.Cause = fmt.Sprintf("no digest in the whole period; there are digests of %s and of %s", b.before.Format(time.RFC3339), b.after.Format(time.RFC3339))
	}
	if gap.From.IsZero() {
		gap.From = b.after.Add(-integrity.Cadence)
	}
	if gap.To.IsZero() {
		gap.To = later(s.AsOf, gap.From.Add(integrity.Cadence))
	}
	integrity.Chain{Explanations: s.explanations}.Explain(&gap)
	state := integrity.GapUnexplained
	if gap.Explained {
		state = integrity.GapExplained
	}
	s.gaps = append(s.gaps, gap)
	s.paints = append(s.paints, []integrity.Painted{{Span: integrity.Span{From: gap.From, To: gap.To}, State: state}})
}
