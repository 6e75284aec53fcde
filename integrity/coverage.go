package integrity

import (
	"slices"
	"time"
)

// Painted is a span of time with what is known of it.
type Painted struct {
	Span
	State State
	// Guess: the span is taken from an object's name, which nothing vouches for.
	Guess bool
}

// LogState is what was found of the log files that one digest lists.
type LogState struct {
	Bad     bool // one is missing or changed
	Unknown bool // one could not be read, or was not read
}

// Paint says what one chain's digests prove, span by span. logs is by digest name; a digest that is not in it lists
// none, or all of them are good.
func (c Chain) Paint(f Findings, logs map[string]LogState) []Painted {
	var out []Painted
	for _, n := range c.Nodes {
		if n.Intruder {
			continue
		}
		p := Painted{n.span(), Invalid, !n.trusted()}
		switch st := logs[n.Name]; {
		case n.Status == Forged || st.Bad:
		case n.Status != Valid || st.Unknown:
			p.State = Pending
		case n.Logs == 0:
			p.State = VerifiedEmpty
		default:
			p.State = Verified
		}
		// A year of good hours is one span: thousands of chains are kept like this.
		if k := len(out); k > 0 && out[k-1].State == p.State && out[k-1].To.Equal(p.From) {
			out[k-1].To = p.To
			continue
		}
		out = append(out, p)
	}
	for _, s := range f.Missing {
		out = append(out, Painted{Span: s, State: GapUnexplained})
	}
	for _, s := range f.Unseen {
		out = append(out, Painted{Span: s, State: Pending})
	}
	for _, g := range f.Gaps {
		st := GapUnexplained
		if g.Explained {
			st = GapExplained
		}
		out = append(out, Painted{Span: Span{g.From, g.To}, State: st})
	}
	return out
}

// rank orders the states from the best to the worst, for the parts of one hour.
var rank = func() (r [256]byte) {
	for i, s := range []State{OutOfScope, VerifiedEmpty, Verified, GapExplained, Pending, GapUnexplained, Invalid} {
		r[s] = byte(i)
	}
	return r
}()

// Hours gives the state of each clock hour from period.From on, one byte of the result an hour. chains holds what
// each chain proves; extra paints over it (log files that no digest lists). An hour is as good as the worst part of
// it. Where several trails record the same account and region, one that proves the hour is enough, but what is
// invalid in any of them stays invalid. An hour after the last digest is Pending; before the first, OutOfScope.
func Hours(period Span, chains [][]Painted, extra []Painted) []State {
	from := period.From.Truncate(time.Hour)
	n := int((period.To.Sub(from) + time.Hour - 1) / time.Hour)
	if n <= 0 {
		return nil
	}
	out := slices.Repeat([]State{OutOfScope}, n)
	one := make([]State, n)
	started, last := false, from
	for _, c := range chains {
		for i := range one {
			one[i] = OutOfScope
		}
		for _, p := range c {
			paint(one, from, p)
			if p.To.After(last) && !p.Guess {
				last = p.To
			}
			started = true
		}
		for i, s := range one {
			out[i] = better(out[i], s)
		}
	}
	if started {
		for i := range out {
			at := from.Add(time.Duration(i+1) * time.Hour)
			if at.After(period.To) {
				at = period.To
			}
			if at.After(last) && rank[out[i]] < rank[Pending] {
				out[i] = Pending
			}
		}
	}
	for _, p := range extra {
		paint(out, from, p)
	}
	return out
}

// paint darkens the hours that p overlaps.
func paint(hours []State, from time.Time, p Painted) {
	if !p.From.Before(p.To) {
		return
	}
	lo := max(int(p.From.Sub(from)/time.Hour), 0)
	if p.From.Before(from) {
		lo = 0
	}
	hi := int((p.To.Sub(from) + time.Hour - 1) / time.Hour)
	for i := lo; i < min(hi, len(hours)); i++ {
		if rank[p.State] > rank[hours[i]] {
			hours[i] = p.State
		}
	}
}

// better joins what two trails say of the same hour.
func better(a, b State) State {
	switch {
	case a == Invalid || b == Invalid:
		return Invalid
	case a == OutOfScope:
		return b
	case b == OutOfScope:
		return a
	case rank[a] < rank[b]:
		return pick(a, b)
	}
	return pick(b, a)
}

// pick keeps Verified over VerifiedEmpty: the hour had log files.
func pick(best, other State) State {
	if best == VerifiedEmpty && other == Verified {
		return Verified
	}
	return best
}
