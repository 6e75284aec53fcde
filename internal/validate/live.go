package validate

import (
	"context"
	"errors"
	"time"

	"github.com/trailseal/trailseal/integrity"
)

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

var errNotAsked = errors.New("CloudTrail was not asked")

// silent adds the time since a trail's newest digest as a gap of each of its chains.
func (r *run) silent(id trailID, newest time.Time, cause string) {
	for _, s := range r.scopes {
		for _, e := range s.ends {
			if e.home != id.home || e.trail != id.name || s.site != id.site || len(e.Nodes) == 0 {
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
