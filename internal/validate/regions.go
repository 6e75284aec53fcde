package validate

import (
	"maps"
	"slices"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/verdict"
)

// always lists the regions that every account has and cannot switch off, in the commercial partition
// (https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html).
var always = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1",
	"eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

// reach is where a trail has written digests: by account, the regions and the time.
type reach struct {
	regions map[string]bool
	members map[string]*member
}

type member struct {
	regions map[string]bool
	span    integrity.Span
}

// lacking finds accounts without one digest of a trail in a region where the same trail writes them for others: a
// whole folder was deleted, or the region is not enabled there. A trail of several regions records all that are
// enabled, and most regions always are.
func (r *run) lacking() {
	trails := map[trailID]*reach{}
	for _, s := range r.scopes {
		for _, d := range s.done {
			if d.Backfill || d.From.IsZero() {
				continue
			}
			id := trailID{s.site, d.Home, d.Trail}
			t := trails[id]
			if t == nil {
				t = &reach{map[string]bool{}, map[string]*member{}}
				trails[id] = t
			}
			m := t.members[s.account]
			if m == nil {
				m = &member{map[string]bool{}, integrity.Span{From: d.From, To: d.To}}
				t.members[s.account] = m
			}
			t.regions[s.region], m.regions[s.region] = true, true
			m.span.From, m.span.To = earlier(m.span.From, d.From), later(m.span.To, d.To)
		}
	}
	for id, t := range trails {
		for account, m := range t.members {
			for _, region := range slices.Sorted(maps.Keys(t.regions)) {
				if !m.regions[region] {
					r.lacksRegion(id, account, region, m.span)
				}
			}
		}
	}
}

func (r *run) lacksRegion(id trailID, account, region string, span integrity.Span) {
	var s *scope
	for _, have := range r.scopes {
		if have.site != id.site || have.account != account {
			continue
		}
		for _, p := range have.places {
			if r.veiled(p.base) || r.veiled(p.base+digestFolder+"/"+region+"/") {
				return // they may be there, and could not be listed
			}
		}
		if have.region == region {
			s = have
		}
	}
	if s != nil && slices.ContainsFunc(s.done, func(d verdict.Chain) bool { return d.Trail == id.name && d.Home == id.home }) {
		return // its digests are there, and none is valid: that has been said
	}
	if !slices.Contains(always, region) {
		r.warn("%s %s: not one digest of trail %s, which has digests for this region in other accounts; the region may not be enabled here", account, region, id.name)
		return
	}
	if s == nil {
		s = newScope(r, scopeID{id.site, account, region}, nil)
		r.scopes = append(r.scopes, s)
		slices.SortFunc(r.scopes, byPlace)
	}
	g := integrity.Gap{Account: account, Region: region, Trail: id.name, From: span.From, To: span.To,
		Cause: "not one digest of this trail, which has digests for this region in other accounts and for other regions in this one"}
	integrity.Chain{Explanations: r.explanations}.Explain(&g)
	s.gaps = append(s.gaps, g)
	state := integrity.GapUnexplained
	if g.Explained {
		state = integrity.GapExplained
	}
	s.paints = append(s.paints, []integrity.Painted{{Span: span, State: state}})
}
