package sample

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"
)

// generator is what all chains share; it is not changed once they run.
type generator struct {
	Options
	calls    catalogue
	keys     map[string][]*Key // by region, in the order of use
	rotate   []time.Time       // when the key of the same index begins to sign, but the first
	planned  [][]event         // by chain, in the order of time
	incident *Incident
}

const (
	keyLife   = 30 * 24 * time.Hour
	keyPeriod = 27 * 24 * time.Hour // from one rotation to the next
)

// Generate makes every object of the bucket and gives it to put, which is called by several goroutines at once: in
// the order of time within a chain, in no order between chains. It ends with the first error of put.
func Generate(ctx context.Context, o Options, put func(Object) error) (Manifest, error) {
	g, err := newGenerator(ctx, o)
	if err != nil {
		return Manifest{}, err
	}
	chains := make([]ChainFacts, len(g.Accounts)*len(g.Regions))
	order := make([]int, len(chains)) // the busiest first, so that no one is left working alone
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(g.share(j), g.share(i)) })
	err = parallel(ctx, len(order), func(i int) error {
		var err error
		chains[order[i]], err = g.newRun(order[i], put).run(ctx)
		return err
	})
	if err != nil {
		return Manifest{}, fmt.Errorf("generate sample: %w", err)
	}
	return g.manifest(chains), nil
}

// Objects makes every object of the bucket, sorted by key as a listing is.
func Objects(ctx context.Context, o Options) ([]Object, Manifest, error) {
	var mu sync.Mutex
	var all []Object
	m, err := Generate(ctx, o, func(o Object) error {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, o)
		return nil
	})
	slices.SortFunc(all, func(a, b Object) int { return cmp.Compare(a.Key, b.Key) })
	return all, m, err
}

func newGenerator(ctx context.Context, o Options) (*generator, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	g := &generator{Options: o}
	if g.calls, err = parseCatalogue(callsText); err != nil {
		return nil, err
	}
	if err := g.makeKeys(ctx); err != nil {
		return nil, err
	}
	p := &plan{g: g, r: newStream(g.Seed, "plan"), chains: make([][]event, len(g.Accounts)*len(g.Regions))}
	if !g.NoIncident {
		g.incident = p.tell()
	}
	p.ordinaryLife()
	if p.err != nil {
		return nil, p.err
	}
	for i := range p.chains {
		p.chains[i] = slices.DeleteFunc(p.chains[i], func(e event) bool { return !g.recorded(&e) })
		slices.SortStableFunc(p.chains[i], func(a, b event) int { return a.at.Compare(b.at) })
	}
	g.planned = p.chains
	return g, nil
}

// recorded says whether the trail was on when the event happened. Once the leaked key is inactive its rightful use
// has ended too.
func (g *generator) recorded(e *event) bool {
	in := g.incident
	if in == nil || !e.at.After(in.StoppedAt) {
		return true
	}
	return !e.at.Before(in.StartedAt) && e.who.session != in.User
}

// makeKeys derives the keys of every region: a rotation at the middle of the period, others keyPeriod apart, each key
// valid from before its first signature until after its last.
func (g *generator) makeKeys(ctx context.Context) error {
	middle := g.Start.Add(time.Duration(g.Hours) * time.Hour / 2)
	first := middle
	for first.After(g.Start) {
		first = first.Add(-keyPeriod)
	}
	for t := first; t.Before(g.Options.end().Add(time.Hour)); t = t.Add(keyPeriod) {
		g.rotate = append(g.rotate, t)
	}
	g.keys = map[string][]*Key{}
	for _, region := range g.Regions {
		g.keys[region] = make([]*Key, len(g.rotate))
	}
	return parallel(ctx, len(g.Regions)*len(g.rotate), func(i int) error {
		region, n := g.Regions[i/len(g.rotate)], i%len(g.rotate)
		from := g.rotate[n].Add(-36 * time.Hour).Truncate(24 * time.Hour)
		k, err := NewKey(g.Seed, fmt.Sprintf("%s/%d", region, n), from, from.Add(keyLife))
		if err == nil {
			k.Region = region
			g.keys[region][n] = k
		}
		return err
	})
}

// key is what signs in a region at a time.
func (g *generator) key(region string, t time.Time) *Key {
	n := 0
	for n+1 < len(g.rotate) && !t.Before(g.rotate[n+1]) {
		n++
	}
	return g.keys[region][n]
}

func (g *generator) chainIndex(account int, region string) int {
	return account*len(g.Regions) + slices.Index(g.Regions, region)
}

// share is how much of all that happens, happens in a chain. The shares add up to one.
func (g *generator) share(chain int) float64 {
	weigh := func(i int) float64 {
		a, region := g.Accounts[i/len(g.Regions)], g.Regions[i%len(g.Regions)]
		w := 0.35
		switch a {
		case g.production():
			w = 0.5
		case g.management():
			w = 0.18
		}
		switch region {
		case g.HomeRegion:
			return w * 0.5
		case g.globalRegion():
			return w * 0.28
		}
		return w * 0.12
	}
	sum := 0.0
	for i := range len(g.Accounts) * len(g.Regions) {
		sum += weigh(i)
	}
	return weigh(chain) / sum
}

// rhythm is how busy people are, from 0 to 1: offices in Europe, weekends off.
func rhythm(t time.Time) float64 {
	day := 0.05
	switch h := t.Hour(); {
	case h >= 8 && h < 16:
		day = 1
	case h == 7 || h == 16:
		day = 0.7
	case h == 6 || h == 17 || h == 18:
		day = 0.3
	}
	if d := t.Weekday(); d == time.Saturday || d == time.Sunday {
		day *= 0.12
	}
	return day
}

// parallel calls f for 0 to n-1 on all processors until one fails, and returns the first error.
func parallel(ctx context.Context, n int, f func(i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := range next {
				if err := f(i); err != nil {
					cancel(err)
				}
			}
		})
	}
send:
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
			break send
		}
	}
	close(next)
	workers.Wait()
	return context.Cause(ctx)
}
