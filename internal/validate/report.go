package validate

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/verdict"
)

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
			p.Latest = r.latest[trailID{s.site, e.home, e.trail}]
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
	for _, s := range r.scopes {
		// Where something is wrong, that is the reason.
		if !s.waiting.IsZero() && !r.To.IsZero() && len(s.faults)+len(s.gaps) == 0 {
			r.warn("%s %s: log files of the period are pending, the newest of %s: the digests that could list them are not all there yet",
				s.account, s.region, s.waiting.Format(time.RFC3339))
		}
	}
	r.live(ctx)
	r.lacking()
	r.ends()
	rep := &r.report
	for _, s := range r.scopes {
		rep.Faults = append(rep.Faults, s.faults...)
		rep.Gaps = append(rep.Gaps, s.gaps...)
		rep.Chains = append(rep.Chains, s.done...)
		rep.Unsealed = append(rep.Unsealed, s.unsealed...)
		addDigests(&rep.Digests, s.digests)
		addDigests(&rep.Backfill, s.backfill)
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
	rep.Result = result(rep)
	if n := r.unproven(); n > 0 && rep.Result == verdict.Pass {
		rep.Result = verdict.Incomplete
		r.warn("%d digests have no signature, and are not just the newest of a chain whose side-cars were not kept: they prove nothing", n)
	}
	slices.Sort(rep.Unsealed)
	slices.Sort(rep.Warnings)
}

func (r *run) unproven() (n int) {
	for _, s := range r.scopes {
		n += s.unproven
	}
	return n
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
