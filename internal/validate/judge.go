package validate

import (
	"context"
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
		}
		s.take(found, &out, id.backfill)
		if !id.backfill {
			s.ends = append(s.ends, ending{id, chain.End(), len(s.paints)})
			s.paints = append(s.paints, chain.Paint(found, states))
		}
		s.done = append(s.done, out)
	}
	if len(s.chains) == 0 && len(seen) > 0 && !s.others && s.run.Logs.mode != none {
		s.bare(seen)
	}
	s.beforehand(seen)
	if s.nOdd > 0 {
		s.warn("%s %s: %d objects whose names are not CloudTrail's were not looked at: %s", s.account, s.region, s.nOdd, listed(s.odd, s.nOdd))
	}
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
		counts = append(counts, &s.backfil)
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
		s.unseal = append(s.unseal, n.Name)
	}
}

// take adds what a chain's links say.
func (s *scope) take(f integrity.Findings, out *verdict.Chain, backfill bool) {
	s.faults = append(s.faults, f.Faults...)
	s.gaps = append(s.gaps, f.Gaps...)
	s.digests.Missing += len(f.Missing)
	if backfill {
		s.backfil.Missing += len(f.Missing)
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
	if gap.Explained {
		s.paints = append(s.paints, []integrity.Painted{{Span: integrity.Span{From: gap.From, To: gap.To}, State: integrity.GapExplained}})
		return
	}
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
	if seen[0].Before(first) {
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

// finish judges the tails, now that every chain is known, and puts the report together.
func (r *run) finish(ctx context.Context) {
	asOf, lateness := r.AsOf, time.Hour
	if asOf.IsZero() {
		// A folder is as old as the newest thing in it, but a digest may have been under way when it was copied.
		asOf, lateness = later(r.newest, r.To), 15*time.Minute
	}
	for _, s := range r.scopes {
		for _, e := range s.ends {
			p := r.period()
			p.AsOf, p.Late = asOf, lateness
			p.Latest = r.latest[trailID{fmt.Sprint(s.site), e.home, e.trail}]
			found := e.Tail(p)
			s.take(found, nil, false)
			s.paints[e.paint] = append(s.paints[e.paint], integrity.Chain{}.Paint(found, nil)...)
			for i := range s.done {
				if d := &s.done[i]; d.Trail == e.trail && d.Home == e.home && !d.Backfill {
					d.Faults += len(found.Faults)
				}
			}
		}
	}
	r.live(ctx)
	r.ends()
	rep := &r.report
	for _, s := range r.scopes {
		rep.Faults = append(rep.Faults, s.faults...)
		rep.Gaps = append(rep.Gaps, s.gaps...)
		rep.Chains = append(rep.Chains, s.done...)
		rep.Unsealed = append(rep.Unsealed, s.unseal...)
		addDigests(&rep.Digests, s.digests)
		addDigests(&rep.Backfill, s.backfil)
		rep.LogFiles.Valid += s.logs.Valid
		rep.LogFiles.Invalid += s.logs.Invalid
		rep.LogFiles.Missing += s.logs.Missing
		rep.LogFiles.Unlisted += s.logs.Unlisted
		rep.LogFiles.Pending += s.logs.Pending
		rep.LogFiles.Unreadable += s.logs.Unreadable
		rep.LogFiles.Unchecked += s.logs.Unchecked
		rep.Coverage = append(rep.Coverage, s.coverage())
	}
	slices.SortStableFunc(rep.Faults, func(a, b integrity.Fault) int {
		return cmpStrings(a.Account, b.Account, a.Region, b.Region, a.Key, b.Key, string(a.Kind), string(b.Kind), a.Detail, b.Detail)
	})
	slices.SortStableFunc(rep.Gaps, func(a, b integrity.Gap) int {
		if c := cmpStrings(a.Account, b.Account, a.Region, b.Region, a.Trail, b.Trail); c != 0 {
			return c
		}
		return a.From.Compare(b.From)
	})
	slices.Sort(rep.Unsealed)
	slices.Sort(rep.Warnings)
	rep.Result = result(rep)
}

func addDigests(to *verdict.DigestCounts, d verdict.DigestCounts) {
	to.Valid += d.Valid
	to.Invalid += d.Invalid
	to.Missing += d.Missing
	to.Unsealed += d.Unsealed
	to.Unreadable += d.Unreadable
}

func cmpStrings(pairs ...string) int {
	for i := 0; i < len(pairs); i += 2 {
		if c := strings.Compare(pairs[i], pairs[i+1]); c != 0 {
			return c
		}
	}
	return 0
}

// result is the answer: a failure is certain whatever could not be read; without one, what could not be read makes it
// incomplete. Nothing at all that is valid is never a pass.
func result(rep *verdict.Report) verdict.Result {
	res := verdict.Pass
	if rep.Digests.Valid == 0 {
		res = verdict.Incomplete
	}
	for _, f := range rep.Faults {
		switch f.Severity {
		case integrity.Failure:
			return verdict.Fail
		case integrity.Unknown:
			res = verdict.Incomplete
		}
	}
	for _, g := range rep.Gaps {
		if !g.Explained {
			return verdict.Fail
		}
	}
	return res
}

// ends gives the period the ends that nobody asked for: those of what was found. A name that nothing vouches for moves
// them only when it joins what is vouched for, so that one object named for the year 2099 is a fault and not a period.
func (r *run) ends() {
	var found integrity.Span
	var guesses []integrity.Span
	for _, s := range r.scopes {
		for _, ps := range s.paints {
			for _, p := range ps {
				switch {
				case p.Guess:
					guesses = append(guesses, p.Span)
				case found.From.IsZero():
					found = p.Span
				default:
					found = integrity.Span{From: earlier(found.From, p.From), To: later(found.To, p.To)}
				}
			}
		}
	}
	slices.SortFunc(guesses, func(a, b integrity.Span) int { return a.From.Compare(b.From) })
	grow := func(g integrity.Span) {
		switch {
		case found.From.IsZero() && g.From.After(launch) && !r.future(g.From):
			found = g
		case !found.From.IsZero() && !g.From.After(found.To.Add(near)) && !g.To.Before(found.From.Add(-near)):
			found = integrity.Span{From: earlier(found.From, g.From), To: later(found.To, g.To)}
		}
	}
	for _, g := range guesses {
		grow(g)
	}
	for _, g := range slices.Backward(guesses) {
		grow(g)
	}
	if r.From.IsZero() {
		r.report.From = found.From
	}
	if r.To.IsZero() {
		r.report.To = found.To
	}
}

// near is how far from the rest an object may lie for its name to say how long the period is.
const near = 48 * time.Hour

// launch is when CloudTrail began.
var launch = time.Date(2013, 11, 1, 0, 0, 0, 0, time.UTC)

// future reports whether t cannot be the time of anything that is there already.
func (r *run) future(t time.Time) bool { return t.After(r.Now().Add(time.Hour)) }

// coverage says hour by hour what is known of the scope.
func (s *scope) coverage() verdict.Coverage {
	period := integrity.Span{From: s.report.From, To: s.report.To}
	hours := integrity.Hours(period, s.paints, nil)
	c := verdict.Coverage{Account: s.account, Region: s.region, Logs: s.logs.Valid + s.logs.Invalid + s.logs.Pending + s.logs.Unlisted + s.logs.Unchecked + s.logs.Unreadable,
		Digests: s.digests.Valid + s.digests.Invalid + s.digests.Unsealed + s.digests.Unreadable}
	for _, f := range s.faults {
		if f.Severity != integrity.Warning {
			c.Faults++
		}
	}
	from := period.From.Truncate(time.Hour)
	for i, st := range hours {
		at := from.Add(time.Duration(i) * time.Hour)
		day := at.Truncate(24 * time.Hour)
		if k := len(c.Days); k == 0 || !c.Days[k-1].Date.Equal(day) {
			d := verdict.Day{Date: day}
			for h := range d.Hours {
				d.Hours[h] = integrity.OutOfScope
			}
			c.Days = append(c.Days, d)
		}
		c.Days[len(c.Days)-1].Hours[at.Hour()] = st
	}
	c.Count()
	return c
}

// live compares what was found with what CloudTrail says of the trail now, where the source is a bucket and nobody
// named the period's end.
func (r *run) live(ctx context.Context) {
	if r.AsOf.IsZero() || !r.To.IsZero() {
		return
	}
	for id, newest := range r.latest {
		if r.AsOf.Sub(newest) < stale {
			continue
		}
		t, err := r.trail(ctx, id)
		switch {
		case err != nil:
			r.warn("the newest digest of trail %s is of %s; whether the trail still logs is not known (%v). Name the end of the period with --to to have the time since judged",
				id.name, newest.Format(time.RFC3339), err)
		case !t.Logging && !t.StoppedAt.IsZero():
			r.silent(id, newest, "the trail is not logging since "+t.StoppedAt.UTC().Format(time.RFC3339))
		case t.LatestDigestDelivery.After(newest.Add(stale)):
			r.silent(id, newest, "CloudTrail has delivered a digest at "+t.LatestDigestDelivery.UTC().Format(time.RFC3339)+", and the newest that is there ends here")
		case t.Logging && !t.LatestDigestDelivery.IsZero():
			r.silent(id, newest, "the trail logs, but has delivered no digest since")
		default:
			r.warn("the newest digest of trail %s is of %s, and CloudTrail does not say when it delivered the last. Name the end of the period with --to to have the time since judged",
				id.name, newest.Format(time.RFC3339))
		}
	}
}

// trail asks CloudTrail for a trail, where it can be asked.
func (r *run) trail(ctx context.Context, id trailID) (Trail, error) {
	if r.Live == nil {
		return Trail{}, errNotAsked
	}
	return r.Live.Trail(ctx, id.home, id.name)
}

// forever is later than anything.
var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// stale is how old the newest digest of a trail at work may be.
const stale = 3 * time.Hour

var errNotAsked = fmt.Errorf("CloudTrail was not asked")

// silent adds the time since a trail's newest digest as a gap of each of its chains.
func (r *run) silent(id trailID, newest time.Time, cause string) {
	for _, s := range r.scopes {
		for _, e := range s.ends {
			if e.home != id.home || e.trail != id.name || fmt.Sprint(s.site) != id.site || len(e.Nodes) == 0 {
				continue
			}
			g := integrity.Gap{Account: s.account, Region: s.region, Trail: e.trail, From: newest, To: r.AsOf, Cause: cause}
			e.Explain(&g)
			s.gaps = append(s.gaps, g)
			state := integrity.GapUnexplained
			if g.Explained {
				state = integrity.GapExplained
			}
			s.paints[e.paint] = append(s.paints[e.paint], integrity.Painted{Span: integrity.Span{From: g.From, To: g.To}, State: state})
		}
	}
}
