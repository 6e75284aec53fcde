package sample

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// deliveryStep is the raster of delivery times.
const deliveryStep = 5 * time.Minute

// run generates one chain.
type run struct {
	g       *generator
	account int
	region  string
	put     func(Object) error
	random  *stream
	chain   *Chain
	planned []event
	cast    *cast
	facts   ChainFacts
	chance  float64   // of a log file at a delivery time at the busiest hour
	seen    time.Time // background events up to here are written
	buffer  []byte
}

func (g *generator) newRun(index int, put func(Object) error) *run {
	account, region := index/len(g.Regions), g.Regions[index%len(g.Regions)]
	id := g.Accounts[account].ID
	h := hash64(g.Seed, "cadence", id, region)
	minute := h % 59
	if minute >= uint64(lastDelivery/time.Minute) {
		minute++ // see the instants of the incident
	}
	r := &run{g: g, account: account, region: region, put: put, random: newStream(g.Seed, "chain/"+id+"/"+region), planned: g.planned[index],
		chain: &Chain{
			Bucket: g.Bucket, Prefix: g.Prefix, OrganizationID: g.OrganizationID, Account: id, Region: region,
			Trail: g.Trail, HomeRegion: g.HomeRegion,
			Start: g.Start.Add(time.Duration(minute)*time.Minute + time.Duration(1+h>>32%58)*time.Second),
		}}
	r.facts = ChainFacts{Account: id, Region: region, Start: r.chain.Start, End: r.chain.Start.Add(time.Duration(g.Hours) * time.Hour),
		LogPrefix: r.chain.root() + "/CloudTrail/" + region + "/", DigestPrefix: r.chain.root() + "/CloudTrail-Digest/" + region + "/"}
	for len(r.planned) > 0 && delivery(r.planned[0].at).Before(r.chain.Start) {
		r.planned = r.planned[1:]
	}
	r.chance = r.busiest(index)
	return r
}

// delivery is when the log file with an event of time t is delivered.
func delivery(t time.Time) time.Time {
	return t.Add(deliveryStep - time.Second).Truncate(deliveryStep).Add(deliveryStep)
}

// load is how busy the whole chain is at a time, from 0 to 1.
func load(t time.Time) float64 { return 0.3 + 0.7*rhythm(t) }

// busiest spreads the log files that are wanted, less those that the plan needs, over the delivery times.
func (r *run) busiest(index int) float64 {
	sum, forced := 0.0, 0.0
	for t := r.chain.Start; t.Before(r.facts.End); t = t.Add(deliveryStep) {
		sum += load(t)
	}
	last := time.Time{}
	for _, e := range r.planned {
		if d := delivery(e.at); d != last {
			last = d
			forced++
		}
	}
	want := float64(r.g.FilesPerDay) * float64(r.g.Hours) / 24 * r.g.share(index)
	return max(want-forced, want/4) / sum
}

func (r *run) run(ctx context.Context) (ChainFacts, error) {
	var err error
	if r.cast, err = r.g.newCast(r.account, r.region); err != nil {
		return r.facts, err
	}
	for range r.g.Hours {
		if err := context.Cause(ctx); err != nil {
			return r.facts, err
		}
		if r.silent() {
			if r.facts.GapStart.IsZero() {
				r.facts.GapStart, r.facts.BeforeGap = r.chain.HourStart(), r.facts.LastDigest
			}
			r.facts.GapEnd = r.chain.HourEnd()
			r.chain.Skip(1)
			r.chain.Restart()
			continue
		}
		if err := r.hour(); err != nil {
			return r.facts, err
		}
	}
	if r.g.Backfill && r.g.Accounts[r.account] == r.g.production() && r.region == r.g.HomeRegion {
		return r.facts, r.backfill()
	}
	return r.facts, nil
}

// silent says whether the chain's current hour lies in the incident's gap: begun after the last delivery, ended
// before the trail was started again.
func (r *run) silent() bool {
	in := r.g.incident
	return in != nil && r.chain.HourStart().After(r.g.incidentStart().Add(lastDelivery)) && r.chain.HourEnd().Before(in.StartedAt)
}

// hour writes the log files of the current hour and its digest.
func (r *run) hour() error {
	c := r.chain
	c.Key = r.g.key(r.region, c.HourEnd())
	for t := ceil(c.HourStart()); t.Before(c.HourEnd()); t = t.Add(deliveryStep) {
		events := r.events(t)
		if len(events) == 0 {
			continue
		}
		o, err := c.AddLog(t, r.body(events))
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.step != nil {
				e.step.Key = o.Key
			}
		}
		r.facts.Logs++
		r.facts.Events += len(events)
		if err := r.put(o); err != nil {
			return fmt.Errorf("put %q: %w", o.Key, err)
		}
	}
	o, err := c.Close()
	if err != nil {
		return err
	}
	if r.facts.FirstDigest == "" {
		r.facts.FirstDigest = o.Key
	}
	if !r.facts.GapEnd.IsZero() && r.facts.AfterGap == "" {
		r.facts.AfterGap = o.Key
	}
	r.facts.LastDigest = o.Key
	r.facts.Digests++
	if err := r.put(o); err != nil {
		return fmt.Errorf("put %q: %w", o.Key, err)
	}
	return nil
}

// ceil is the first delivery time at or after t.
func ceil(t time.Time) time.Time {
	return t.Add(deliveryStep - 1).Truncate(deliveryStep)
}

// events are those of the log file delivered at t: what the plan says, filled up with the background. There are none
// when the file is not wanted or the trail is stopped.
func (r *run) events(t time.Time) []event {
	n := 0
	for n < len(r.planned) && !delivery(r.planned[n].at).After(t) {
		n++
	}
	events := r.planned[:n:n]
	r.planned = r.planned[n:]
	wanted := r.random.unit() < r.chance*load(t)
	if n == 0 && !wanted {
		return nil
	}
	return r.background(events, t, wanted)
}

// background adds what goes on anyway in the minutes before the delivery at t; less when only the plan wants a file.
func (r *run) background(events []event, t time.Time, wanted bool) []event {
	size := float64(r.g.EventsPerFile) * (0.6 + 0.8*r.random.unit()) * (0.7 + 0.6*load(t))
	if !wanted {
		size /= 3
	}
	from, to := t.Add(-3*deliveryStep), t.Add(-deliveryStep)
	if from.Before(r.seen) {
		from = r.seen
	}
	if in := r.g.incident; in != nil {
		if from.Before(in.StartedAt) && to.After(in.StartedAt) {
			from = in.StartedAt.Add(time.Second)
		}
		if from.Before(in.StoppedAt) && to.After(in.StoppedAt) {
			to = in.StoppedAt
		}
		if !from.Before(in.StoppedAt) && !to.After(in.StartedAt) {
			return events
		}
	}
	span := int(to.Sub(from) / time.Second)
	scenes := int((size-float64(len(events)))/4) + 1 // a scene has four events, about
	if span <= 0 || scenes <= 0 {
		return events
	}
	starts := make([]int, scenes)
	for i := range starts {
		starts[i] = r.random.intn(span)
	}
	slices.Sort(starts)
	for _, s := range starts {
		at := from.Add(time.Duration(s) * time.Second)
		events = r.cast.scene(events, r.random, at, to, rhythm(at))
	}
	r.seen = to
	return events
}

// body is the uncompressed log file. It is valid until the next call.
func (r *run) body(events []event) []byte {
	b := append(r.buffer[:0], `{"Records":[`...)
	for i := range events {
		e := &events[i]
		e.account, e.region = r.g.Accounts[r.account], r.region
		if i > 0 {
			b = append(b, ',')
		}
		b = r.g.append(b, e)
	}
	r.buffer = append(b, "]}"...)
	return r.buffer
}

// backfill writes log files that came late, and the backfill digests that list them, for some hours of the chain.
func (r *run) backfill() error {
	c := *r.chain
	c.Backfill, c.hours, c.previous, c.logs = 26*time.Hour, 0, nil, nil
	for hour := range r.g.Hours {
		inGap := !r.facts.GapStart.IsZero() && !c.HourEnd().Before(r.facts.GapStart) && !c.HourStart().After(r.facts.GapEnd)
		if hour%53 != 7 && hour%53 != 8 || inGap {
			c.Skip(1)
			continue
		}
		c.Key = r.g.key(r.region, c.HourEnd().Add(c.Backfill))
		t := ceil(c.HourStart()).Add(3 * deliveryStep)
		r.seen = time.Time{}
		events := r.background(nil, t, true)
		log, err := c.AddLog(t, r.body(events))
		if err != nil {
			return err
		}
		digest, err := c.Close()
		if err != nil {
			return err
		}
		r.facts.Logs++
		r.facts.Events += len(events)
		r.facts.BackfillDigests++
		for _, o := range []Object{log, digest} {
			if err := r.put(o); err != nil {
				return fmt.Errorf("put %q: %w", o.Key, err)
			}
		}
	}
	return nil
}
