package detect

import (
	"slices"
	"time"
)

// memory is what one rule over time knows. It takes candidates one at a time and says which of them are matches.
type memory struct {
	over   *overTime
	late   int64 // microseconds by which an event may come after later ones
	limit  int   // the most that is remembered; 0: no limit
	newest int64
	groups map[digest]*group
	seen   recent
	held   int // what is remembered in groups
	sweep  int // how much of it leads to the next sweep
	// forgotten: what was before it was forgotten for the limit; 0: nothing was.
	forgotten int64
}

// group is what is remembered of one By.
type group struct {
	events  []*candidate // of Count: that make no match yet; of Then: the first ones. By time
	seconds []*candidate // of Then: that no first one is known for. By time
	since   int64        // of FirstSeen: the first event of all
	last    map[digest]int64
}

func newMemory(o *overTime, late time.Duration, limit int) *memory {
	return &memory{over: o, late: late.Microseconds(), limit: limit, groups: map[digest]*group{}, newest: -1 << 62, sweep: 1024}
}

// horizon is the time before which nothing needs to be remembered.
func (m *memory) horizon() int64 { return m.newest - m.over.within - m.late }

// add takes a candidate and calls hit for each match that it makes: with the candidate that completed it, which may be
// another one, and the ids of the others. now bounds how far an event's time moves the memory on.
func (m *memory) add(c *candidate, now int64, hit func(c *candidate, others []string)) {
	if m.newest < c.at {
		m.newest = max(m.newest, min(c.at, now))
	}
	keep := m.late + time.Hour.Microseconds()
	if m.over.kind != FirstSeen { // which has seen the value, too
		keep += m.over.within
	}
	if !m.seen.add(c.identity(), m.newest, keep, m.limit) {
		return
	}
	g := m.groups[c.by]
	if g == nil {
		g = &group{}
		m.groups[c.by] = g
		m.held++
	}
	before := g.size()
	switch m.over.kind {
	case Count:
		m.count(g, c, hit)
	case Then:
		m.then(g, c, hit)
	case FirstSeen:
		m.firstSeen(g, c, hit)
	}
	m.held += g.size() - before
	if m.held > m.sweep || m.limit > 0 && m.held > m.limit {
		m.clean()
	}
}

func (g *group) size() int { return len(g.events) + len(g.seconds) + len(g.last) }

// count adds an event, and takes those out that complete the number.
func (m *memory) count(g *group, c *candidate, hit func(*candidate, []string)) {
	g.events = after(g.events, m.horizon())
	events := g.events
	var same *candidate // the other event with the same value
	if len(m.over.of) > 0 {
		if at := slices.IndexFunc(events, func(o *candidate) bool { return o.of == c.of }); at >= 0 {
			same = events[at]
			events = slices.Delete(events, at, at+1)
		}
	}
	events, at := insert(events, c)
	n := m.over.atLeast
	for i := max(0, at-n+1); i <= at && i+n <= len(events); i++ {
		if events[i+n-1].at-events[i].at > m.over.within {
			continue
		}
		made := events[i : i+n]
		others := make([]string, n-1)
		for j := range others {
			others[j] = made[j].name()
		}
		hit(made[n-1], others)
		g.events = slices.Delete(events, i, i+n)
		return
	}
	if same != nil && same.at > c.at {
		events = slices.Delete(events, at, at+1)
		events, _ = insert(events, same)
	}
	g.events = events
}

// then adds an event that may be a first one, a second one or either.
func (m *memory) then(g *group, c *candidate, hit func(*candidate, []string)) {
	g.events = after(g.events, m.horizon())
	g.seconds = after(g.seconds, m.newest-m.late)
	if c.part&second != 0 {
		at := position(g.events, c.at)
		if at > 0 && c.at-g.events[at-1].at <= m.over.within {
			hit(c, []string{g.events[at-1].name()})
		} else {
			g.seconds, _ = insert(g.seconds, c)
		}
	}
	if c.part&first != 0 {
		g.events, _ = insert(g.events, c)
		g.seconds = slices.DeleteFunc(g.seconds, func(o *candidate) bool {
			made := o != c && o.at >= c.at && o.at-c.at <= m.over.within
			if made {
				hit(o, []string{c.name()})
			}
			return made
		})
	}
}

// firstSeen adds an event, which is a match when its value is new.
func (m *memory) firstSeen(g *group, c *candidate, hit func(*candidate, []string)) {
	if g.last == nil {
		g.last = map[digest]int64{}
	}
	known := len(g.last) > 0 || g.since != 0
	last, seen := g.last[c.of]
	if known && g.since <= c.at && (!seen || last < c.at-m.over.within) {
		hit(c, nil)
	}
	if !known || c.at < g.since {
		g.since = c.at
	}
	if !seen || c.until > last {
		g.last[c.of] = c.until
	}
}

// position returns how many of the events are not after a time.
func position(events []*candidate, at int64) int {
	i := len(events)
	for i > 0 && events[i-1].at > at {
		i--
	}
	return i
}

// insert adds an event behind those that are not after it.
func insert(events []*candidate, c *candidate) ([]*candidate, int) {
	at := position(events, c.at)
	return slices.Insert(events, at, c), at
}

// after drops the events before a time.
func after(events []*candidate, from int64) []*candidate {
	i := 0
	for i < len(events) && events[i].at < from {
		i++
	}
	return slices.Delete(events, 0, i)
}

// clean forgets what nothing can come of, and where that is not enough the oldest quarter.
func (m *memory) clean() {
	m.forget(m.horizon())
	if m.limit > 0 && m.held > m.limit {
		var times []int64
		for _, g := range m.groups {
			times = append(times, g.times()...)
		}
		slices.Sort(times)
		m.forgotten = times[len(times)/4] + 1
		m.forget(m.forgotten)
		for by, g := range m.groups { // of what is known of nobody any more, nothing is known
			if g.size() == 0 {
				delete(m.groups, by)
				m.held--
			}
		}
	}
	m.sweep = max(1024, 2*m.held)
}

// times are those of all that is remembered.
func (g *group) times() []int64 {
	var out []int64
	for _, c := range g.events {
		out = append(out, c.at)
	}
	for _, c := range g.seconds {
		out = append(out, c.at)
	}
	for _, at := range g.last {
		out = append(out, at)
	}
	if len(out) == 0 {
		out = append(out, g.since)
	}
	return out
}

// forget drops what was before a time. A By that FirstSeen has seen stays known.
func (m *memory) forget(from int64) {
	for by, g := range m.groups {
		before := g.size()
		g.events, g.seconds = after(g.events, from), after(g.seconds, from)
		for of, at := range g.last {
			if at < from {
				delete(g.last, of)
			}
		}
		m.held += g.size() - before
		if g.size() == 0 && m.over.kind != FirstSeen {
			delete(m.groups, by)
			m.held--
		}
	}
}

// recent knows which events there were, for a time at least.
type recent struct {
	now, old map[digest]struct{}
	begun    int64 // the newest event's time when now was begun
}

// add reports whether the event is new.
func (r *recent) add(d digest, newest, keep int64, limit int) bool {
	if _, ok := r.now[d]; ok {
		return false
	}
	if _, ok := r.old[d]; ok {
		return false
	}
	if r.now == nil || newest-r.begun > keep || limit > 0 && len(r.now) >= limit {
		r.old, r.now, r.begun = r.now, map[digest]struct{}{}, newest
	}
	r.now[d] = struct{}{}
	return true
}
