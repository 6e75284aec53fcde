package detect

// chains are the candidates of FirstSeen in one file. Of events with the same values that follow each other within Within,
// the first alone can be a match; of the others nothing but their times matters. So most are never taken apart.
type chains struct {
	all map[chain]*candidate
}

type chain struct {
	rule   int
	by, of digest
}

// maxChains bounds how many chains a long file has open. What is closed early costs memory, and changes no answer.
const maxChains = 4096

// absorb reports whether an event belongs to a chain behind its first one.
func (s *chains) absorb(rule int, at, within int64, by, of digest) bool {
	c := s.all[chain{rule, by, of}]
	if c == nil || at < c.at || at > c.until+within {
		return false
	}
	c.until = max(c.until, at)
	return true
}

// add begins a chain with an event that none absorbs, or puts it at the beginning of one. It returns what belongs to no
// open chain any more, or nil.
func (s *chains) add(c *candidate) *candidate {
	key := chain{c.rule, c.by, c.of}
	old := s.all[key]
	own := *c
	switch {
	case old == nil && len(s.all) >= maxChains:
		return &own
	case old == nil:
		if s.all == nil {
			s.all = map[chain]*candidate{}
		}
		s.all[key] = &own
		return nil
	case c.at < old.at: // by so much that it may be long before: both may be matches
		return &own
	}
	s.all[key] = &own
	return old
}

// empty closes all chains.
func (s *chains) empty(gather func(candidate)) {
	for _, c := range s.all {
		gather(*c)
	}
	clear(s.all)
}
