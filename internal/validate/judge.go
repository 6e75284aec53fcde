package validate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/verdict"
)

// judge puts together what the digests of the scope say of each other, but for the tails of chains: those need to
// know how far other chains of the same trail reach.
func (s *scope) judge() {
	seen := slices.SortedFunc(maps.Keys(s.seen), time.Time.Compare)
	ids := slices.SortedFunc(maps.Keys(s.chains), func(a, b chainID) int {
		return strings.Compare(fmt.Sprint(a.backfill, a.trail, a.home), fmt.Sprint(b.backfill, b.trail, b.home))
	})
	for _, id := range ids {
		if !wanted(s.run.Trails, id.trail) {
			continue // it speaks for its log files, and is not judged
		}
		c := s.chains[id]
		chain := integrity.Chain{Nodes: c.plain(), Seen: seen, Explanations: s.explanations, Hidden: s.hidden}
		found := chain.Judge(s.period())
		out := verdict.Chain{Account: s.account, Region: s.region, Trail: id.trail, Home: id.home, Backfill: id.backfill}
		states := make(map[string]integrity.LogState, len(c.nodes))
		for _, n := range c.nodes {
			if n.state != (integrity.LogState{}) || s.run.Logs.mode == none && n.Logs > 0 {
				st := n.state
				st.Unknown = st.Unknown || s.run.Logs.mode == none
				states[n.Name] = st
			}
			if n.asked {
				s.tell(n, &out)
			}
			if n.asked && n.Status == integrity.Unsealed && (c.sealed() || n != c.nodes[len(c.nodes)-1]) {
				s.unproven++
			}
		}
		s.take(found, &out, id.backfill)
		if !id.backfill {
			s.ends = append(s.ends, ending{id, chain.End(), len(s.paints)})
			s.paints = append(s.paints, chain.Paint(found, states))
		}
		s.done = append(s.done, out)
	}
	if len(seen) > 0 && !s.spoken() {
		s.bare(seen)
	}
	s.beforehand(seen)
	if n := len(seen); n > 0 {
		s.waiting = seen[n-1]
	}
	if s.nOdd > 0 {
		s.warn("%s %s: %d objects whose names are not CloudTrail's were not looked at: %s", s.account, s.region, s.nOdd, listed(s.odd, s.nOdd))
	}
}

// sealed reports whether the source keeps metadata for any digest of the chain: then none may lack it.
func (c *chain) sealed() bool {
	return slices.ContainsFunc(c.nodes, func(n *node) bool { return n.HasMetadata })
}

func listed(some []string, n int) string {
	text := strings.Join(some, ", ")
	if n > len(some) {
		text += fmt.Sprintf(" and %d more", n-len(some))
	}
	return text
}

// tell counts a digest of the period.
func (s *scope) tell(n *node, out *verdict.Chain) {
	out.Digests++
	out.LogFiles += n.Logs
	for _, f := range n.Faults {
		if f.Severity != integrity.Warning {
			out.Faults++
		}
	}
	s.faults = append(s.faults, n.Faults...)
	counts := []*verdict.DigestCounts{&s.digests}
	if out.Backfill {
		counts = append(counts, &s.backfill)
	}
	for _, c := range counts {
		switch n.Status {
		case integrity.Valid:
			c.Valid++
		case integrity.Forged:
			c.Invalid++
		case integrity.Unsealed:
			c.Unsealed++
		default:
			c.Unreadable++
		}
	}
	switch n.Status {
	case integrity.Valid:
		if out.From.IsZero() {
			out.From = n.Link.Start
		}
		out.To = n.Link.End
	case integrity.Unsealed:
		s.unsealed = append(s.unsealed, n.Name)
	}
}

// take adds what a chain's links say.
func (s *scope) take(f integrity.Findings, out *verdict.Chain, backfill bool) {
	s.faults = append(s.faults, f.Faults...)
	s.gaps = append(s.gaps, f.Gaps...)
	s.digests.Missing += len(f.Missing)
	if backfill {
		s.backfill.Missing += len(f.Missing)
	}
	if out != nil {
		out.Faults += len(f.Faults)
	}
}

// bare: there are log files and not one digest.
func (s *scope) bare(seen []time.Time) {
	if slices.ContainsFunc(s.places, func(p *place) bool { return s.veiled(p.base + digestFolder + "/" + s.region + "/") }) {
		return // there may be digests, and they could not be listed
	}
	gap := integrity.Gap{Account: s.account, Region: s.region, From: seen[0], To: seen[len(seen)-1].Add(integrity.Cadence),
		Cause: "there are log files, and not one digest for this account and region"}
	integrity.Chain{Explanations: s.explanations}.Explain(&gap)
	s.gaps = append(s.gaps, gap)
	hours := map[time.Time]bool{}
	for _, t := range seen {
		hours[t.Truncate(time.Hour)] = true
	}
	var paint []integrity.Painted
	p := s.places[0]
	for _, h := range slices.SortedFunc(maps.Keys(hours), time.Time.Compare) {
		key := p.key(p.base) + digestFolder + "/" + s.region + h.Format("/2006/01/02/") + s.account + "_" + digestFolder + "_" + s.region + "_"
		s.faults = append(s.faults, integrity.Fault{Kind: integrity.DigestMissing, Severity: integrity.Failure, Account: s.account, Region: s.region,
			Time: h.Add(time.Hour), Key: key, Detail: fmt.Sprintf("log files were delivered from %s on, and there is not one digest for this account and region: "+
				"all were deleted, or log file validation was never on", h.Format(time.RFC3339))})
		paint = append(paint, integrity.Painted{Span: integrity.Span{From: h, To: h.Add(time.Hour)}, State: integrity.GapUnexplained})
	}
	s.digests.Missing += len(hours)
	s.paints = append(s.paints, paint)
}

// spoken reports whether any digest says anything of the scope: one of a trail that was asked for, whatever its state,
// or a valid one of another.
func (s *scope) spoken() bool {
	for id, c := range s.chains {
		if wanted(s.run.Trails, id.trail) || slices.ContainsFunc(c.nodes, func(n *node) bool { return n.Status == integrity.Valid }) {
			return true
		}
	}
	return false
}

// beforehand warns of log files that were delivered before the first digest of any chain: nothing vouches for them,
// and without --from nobody has said that anything should.
func (s *scope) beforehand(seen []time.Time) {
	if !s.From.IsZero() || len(s.paints) == 0 || len(seen) == 0 {
		return
	}
	// The time of digests that are known to be absent is judged.
	first := forever
	for _, ps := range s.paints {
		for _, p := range ps {
			first = earlier(first, p.From)
		}
	}
	if seen[0].Before(first) && first.Before(forever) {
		s.warn("%s %s: log files were delivered from %s on, before the first digest (%s): no digest vouches for them. Name the start of the period with --from to have that time judged",
			s.account, s.region, seen[0].Format(time.RFC3339), first.Format(time.RFC3339))
	}
}

// forget lets go of what only this scope's own work needed.
func (s *scope) forget() {
	for t := range s.bad {
		h := t.Truncate(time.Hour)
		s.paints = append(s.paints, []integrity.Painted{{Span: integrity.Span{From: h, To: h.Add(time.Hour)}, State: integrity.Invalid}})
	}
	s.chains, s.byID, s.folders, s.covered, s.seen = nil, nil, nil, nil, nil
}
