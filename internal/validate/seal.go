package validate

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/verdict"
)

// seal decides the status of every digest, with the public keys that they name.
func (s *scope) seal(ctx context.Context) error {
	need := map[string]bool{}
	var from, to time.Time
	homes := map[string]bool{}
	for _, c := range s.chains {
		slices.SortFunc(c.nodes, func(a, b *node) int {
			if n := a.Key.Time.Compare(b.Key.Time); n != 0 {
				return n
			}
			return strings.Compare(a.Name, b.Name)
		})
		for _, n := range c.nodes {
			if n.rec != nil {
				s.byID[n.rec.ID] = n
			}
			if n.Link == nil {
				continue
			}
			if n.Bucket == "" {
				n.Unread(errNoBucket)
				n.Link = nil
				continue
			}
			need[n.Link.Fingerprint] = true
			homes[c.home] = true
			if from.IsZero() || n.Link.Start.Before(from) {
				from = n.Link.Start
			}
			if n.Link.End.After(to) {
				to = n.Link.End
			}
		}
	}
	regions := []string{s.region}
	for h := range homes {
		if h != s.region {
			regions = append(regions, h)
		}
	}
	ring, err := s.keys(ctx, need, regions, from, to)
	if err != nil {
		return err
	}
	var proven []*verdict.Digest
	for _, c := range s.chains {
		nodes := c.plain()
		integrity.Seal(nodes, ring)
		var covered []integrity.Span
		var active integrity.Span
		for _, n := range c.nodes {
			span := integrity.Span{From: n.Key.Time.Add(-integrity.Cadence), To: n.Key.Time}
			if n.Link != nil && n.Status == integrity.Valid {
				span = integrity.Span{From: n.Link.Start, To: n.Link.End}
				covered = append(covered, span)
				s.trusted(c, n.Link.End)
			}
			n.asked = s.asks(span.From, span.To) && wanted(s.run.Trails, c.trail)
			if n.rec != nil && (n.Proven != n.rec.Proven || n.concluded()) {
				n.rec.Proven = n.Proven
				if n.concluded() {
					n.rec.Status = n.Status
				}
				proven = append(proven, n.rec)
			}
			// What is damaged and outside the period is not reported, so it may not excuse anything inside.
			if !n.Intruder && (n.asked || n.Status == integrity.Valid || n.Status == integrity.Unsealed) {
				if active.From.IsZero() {
					active.From = span.From
				}
				active.To = span.To
			}
		}
		if c.backfill {
			s.doubts(c)
		} else {
			s.covered, s.active = append(s.covered, covered), append(s.active, active)
		}
	}
	if len(proven) > 0 {
		return s.Ledger.SaveProven(ctx, proven)
	}
	return nil
}

// concluded reports whether this run knows more, or other, of a digest than the ledger does. A run that has not read the
// successor of a digest may find it unsealed that another has proven: that takes nothing back.
func (n *node) concluded() bool {
	return n.Status != n.rec.Status && (n.rec.Status != integrity.Valid || n.Status == integrity.Forged)
}

// doubts notes the hours of a backfill chain whose digest is not valid, or is named by a link and not there: log files
// of those hours that nothing lists may be what it lists.
func (s *scope) doubts(c *chain) {
	there := map[string]bool{}
	for _, n := range c.nodes {
		there[n.Name] = true
		if n.Status != integrity.Valid && n.asked {
			s.doubt = append(s.doubt, integrity.Span{From: n.Key.Time.Add(-integrity.Cadence), To: n.Key.Time})
		}
	}
	for _, n := range c.nodes {
		if n.Link == nil || n.Status != integrity.Valid || n.Link.First() || there[n.Link.PreviousObject] {
			continue
		}
		if k, err := integrity.ParseKey(n.Link.PreviousObject); err == nil {
			s.doubt = append(s.doubt, integrity.Span{From: k.Time.Add(-integrity.Cadence), To: k.Time})
		}
	}
}

var errNoBucket = errors.New("which bucket this folder is a copy of is not known, so it cannot be said whether the digest is in its place")

func (c *chain) plain() []*integrity.Node {
	out := make([]*integrity.Node, len(c.nodes))
	for i, n := range c.nodes {
		out[i] = &n.Node
	}
	return out
}

// trusted notes that the trail of a chain has delivered a digest that ends at t.
func (s *scope) trusted(c *chain, t time.Time) {
	s.saw(t)
	if c.backfill {
		return
	}
	id := trailID{s.site, c.home, c.trail}
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	if t.After(s.latest[id]) {
		s.latest[id] = t
	}
}
