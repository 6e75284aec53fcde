package detect

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
)

// maxCandidates is how many events history gathers for rules over time, at 150 to 600 bytes each.
const maxCandidates = 2_000_000

// history gathers the candidates of many files, in any order. Any number of goroutines may add at once.
type history struct {
	set *Set
	max int

	mu      sync.Mutex
	parts   [][]candidate // never moved: growing would take the memory twice
	count   int
	dropped map[int]int64 // by rule: candidates above the most
}

func (h *history) add(some []candidate) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := min(len(some), h.max-h.count)
	if n > 0 {
		h.parts = append(h.parts, slices.Clone(some[:n]))
		h.count += n
	}
	for _, c := range some[n:] {
		if h.dropped == nil {
			h.dropped = map[int]int64{}
		}
		h.dropped[c.rule]++
	}
}

// judge returns the hits of the rules over time, by time, source, record and rule.
func (h *history) judge() []Hit {
	candidates := make([]*candidate, 0, h.count)
	for _, part := range h.parts {
		for i := range part {
			candidates = append(candidates, &part[i])
		}
	}
	slices.SortFunc(candidates, func(a, b *candidate) int { return cmp.Or(cmp.Compare(a.rule, b.rule), a.compare(b)) })
	type found struct {
		c      *candidate
		others []string
	}
	var all []found
	var m *memory
	for i, c := range candidates {
		if i == 0 || candidates[i-1].rule != c.rule {
			m = newMemory(h.set.rules[c.rule].over, 0, 0)
		}
		m.add(c, 1<<63-1, func(c *candidate, others []string) { all = append(all, found{c, others}) })
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Or(a.c.compare(b.c), cmp.Compare(a.c.rule, b.c.rule)) })
	hits := make([]Hit, len(all))
	for i, f := range all {
		hits[i] = h.set.hit(f.c, f.others)
	}
	return hits
}

// left counts the events that rules over time were not judged on.
func (h *history) left() (n int64) {
	for _, dropped := range h.dropped {
		n += dropped
	}
	return n
}

// incomplete says which rules were not judged on everything.
func (h *history) incomplete() []string {
	var out []string
	for i := range h.set.rules {
		if n := h.dropped[i]; n > 0 {
			out = append(out, fmt.Sprintf("%s was not judged on %d events: no more than %d are remembered for rules over time; ask about a shorter period or fewer detections",
				h.set.rules[i].ID, n, h.max))
		}
	}
	return out
}

// Try runs one rule over records, in history, and returns its hits: for the cases of detections. The error is a
// *Malformed.
func Try(r Rule, records [][]byte) ([]Hit, error) {
	set, err := Compile([]Rule{r}, nil)
	if err != nil {
		return nil, err
	}
	var hits []Hit
	h := history{set: set, max: maxCandidates}
	c := core{set: set, filter: Filter{}.compiled()}
	var fault error
	c.out = outlet{
		hit:       func(h Hit) bool { hits = append(hits, h); return true },
		candidate: func(x *candidate) bool { h.add([]candidate{*x}); return true },
		fault:     func(m *Malformed) bool { fault = m; return false },
	}
	p := Place{Source: "case"}
	for i, raw := range records {
		if c.one(raw, i, &p) != nil {
			return nil, fault
		}
	}
	return append(hits, h.judge()...), nil
}
