package integrity

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func hours(n float64) time.Time { return noon.Add(time.Duration(n * float64(time.Hour))) }

var testChain = Key{Class: DigestFile, Account: "111122223333", Region: "eu-west-1", Trail: "main", Home: "eu-west-1"}

// nodes builds a chain of digests from one word each: "v3" is a valid digest of hour 3, linked to that of hour 2; f is
// forged, u unsealed, x unread. What follows a colon changes the link: "v4:2" names that of hour 2, "v4:-" none.
func nodes(words string) []*Node {
	var out []*Node
	for word := range strings.FieldsSeq(words) {
		var h, previous int
		name, link, linked := strings.Cut(word, ":")
		if _, err := fmt.Sscanf(name[1:], "%d", &h); err != nil {
			panic(err)
		}
		previous = h - 1
		k := testChain
		k.Time = hours(float64(h + 1))
		n := &Node{Bucket: "b", Name: k.At(k.Time), Key: k, HasMetadata: true, Signature: fmt.Sprintf("%04x", h), Logs: 1}
		n.Status = map[byte]Status{'v': Valid, 'f': Forged, 'u': Unsealed, 'x': Unverified}[name[0]]
		if name[0] == 'v' || name[0] == 'u' {
			n.Link = &Link{Start: hours(float64(h)), End: k.Time, Bucket: "b", Object: n.Name, SHA256: [32]byte{byte(h)}}
			if link == "-" {
				n.Link.NoPreviousSignature = true
			} else {
				if linked {
					_, _ = fmt.Sscanf(link, "%d", &previous)
				}
				n.Link.PreviousBucket, n.Link.PreviousObject = "b", k.At(hours(float64(previous+1)))
				n.Link.PreviousHash, n.Link.PreviousSignature = hexOf([32]byte{byte(previous)}), fmt.Sprintf("%04x", previous)
			}
		}
		out = append(out, n)
	}
	return out
}

// summary is what was found, one word a fault: "missing 3" is the digest of hour 3.
func summary(f Findings) []string {
	var out []string
	for _, f := range f.Faults {
		out = append(out, fmt.Sprintf("%s %g", strings.TrimPrefix(string(f.Kind), "digest_"), f.Time.Sub(noon).Hours()-1))
	}
	for _, g := range f.Gaps {
		s := fmt.Sprintf("gap %g-%g", g.From.Sub(noon).Hours(), g.To.Sub(noon).Hours())
		if g.Explained {
			s += " explained"
		}
		out = append(out, s)
	}
	for _, s := range f.Unseen {
		out = append(out, fmt.Sprintf("unseen %g", s.From.Sub(noon).Hours()))
	}
	slices.Sort(out)
	return out
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name     string
		nodes    string
		edit     func(c *Chain)
		from, to float64 // 0: not asked
		want     []string
	}{
		{name: "whole", nodes: "v0:- v1 v2 v3"},
		{name: "empty", nodes: ""},
		{name: "nothing valid", nodes: "f0 x1"},
		{name: "one missing", nodes: "v0:- v2 v3", want: []string{"gap 1-2", "missing 1"}},
		{name: "three missing", nodes: "v0:- v4", want: []string{"gap 1-4", "missing 1", "missing 2", "missing 3"}},
		{name: "head missing", nodes: "v2 v3", want: []string{"gap 1-2", "missing 1"}},
		{name: "head missing, the start named", nodes: "v3", from: 0.5, want: []string{"gap 0.5-3", "missing 0", "missing 1", "missing 2"}},
		{name: "forged ones are there", nodes: "v0:- f1 f2 v3"},
		{name: "an unread one is there", nodes: "v0:- x1 v2"},
		{name: "forged and missing", nodes: "v0:- f1 v3", want: []string{"gap 1-3", "missing 2"}},
		{name: "skips one", nodes: "v0:- v1 v2:0", want: []string{"chain_broken 2"}},
		{name: "names none", nodes: "v0:- v1 v2:-", want: []string{"chain_broken 2"}},
		{name: "names none after a gap", nodes: "v0:- v3:-", want: []string{"chain_broken 3", "gap 1-3"}},
		{name: "names none after a gap that is explained", nodes: "v0:- v3:-", edit: func(c *Chain) { c.Explanations = []Explanation{{Span: Span{hours(1), hours(3)}}} },
			want: []string{"gap 1-3 explained"}},
		{name: "explained for another account", nodes: "v0:- v3:-",
			edit: func(c *Chain) {
				c.Explanations = []Explanation{{Account: "444455556666", Span: Span{hours(1), hours(3)}}}
			},
			want: []string{"chain_broken 3", "gap 1-3"}},
		{name: "names none, and log files of that time are there", nodes: "v0:- v3:-", edit: func(c *Chain) { c.Seen = []time.Time{hours(1.5)} },
			want: []string{"chain_broken 3", "gap 1-3", "missing 1"}},
		{name: "links across a gap", nodes: "v0:- v3:0", want: []string{"gap 1-3"}},
		{name: "wrong hash", nodes: "v0:- v1", edit: func(c *Chain) { c.Nodes[1].Link.PreviousHash = "00" }, want: []string{"chain_broken 1"}},
		{name: "wrong signature", nodes: "v0:- v1", edit: func(c *Chain) { c.Nodes[1].Link.PreviousSignature = "00" }, want: []string{"chain_broken 1"}},
		{name: "wrong hash and signature: the older one was replaced", nodes: "v0:- v1",
			edit: func(c *Chain) { c.Nodes[1].Link.PreviousHash, c.Nodes[1].Link.PreviousSignature = "00", "00" }, want: []string{"chain_broken 0"}},
		{name: "missing outside the period", nodes: "v0:- v2 v3 v5", from: 2, to: 4},
		{name: "before the chain began", nodes: "v3:- v4", from: 1, to: 5, want: []string{"gap 1-3"}},
		{name: "missing, and the caller could not look there", nodes: "v0:- v2 v3", edit: func(c *Chain) { c.Hidden = func(string) bool { return true } }, want: []string{"unseen 1"}},
		{name: "a stranger does not fill a place", nodes: "v0:- f1 v2", edit: func(c *Chain) { c.Nodes[1].Intruder = true }, want: []string{"gap 1-2", "missing 1"}},
		{name: "the chain before lies in another bucket", nodes: "v3 v4", edit: func(c *Chain) { c.Nodes[0].Link.PreviousBucket = "other" }, want: []string{"chain_broken 3"}},
		{name: "unsealed ones do not speak of links", nodes: "v0:- v1 u2:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			chain := Chain{Nodes: nodes(c.nodes)}
			if c.edit != nil {
				c.edit(&chain)
			}
			p := Period{FromAsked: c.from != 0, ToAsked: c.to != 0}
			if p.FromAsked {
				p.From = hours(c.from)
			}
			if p.ToAsked {
				p.To = hours(c.to)
			}
			got := summary(chain.Judge(p))
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestTail(t *testing.T) {
	for _, c := range []struct {
		name             string
		nodes            string
		seen             []float64
		to, asOf, latest float64
		late             time.Duration
		want             []string
	}{
		{name: "nothing is due", nodes: "v0:-", asOf: 1, latest: 1},
		{name: "other chains go on", nodes: "v0:-", asOf: 4, latest: 3, want: []string{"gap 1-3", "missing 1", "missing 2"}},
		{name: "other chains go on for part of an hour", nodes: "v0:-", asOf: 4, latest: 1.5},
		{name: "one may be under way", nodes: "v0:-", asOf: 2.1, latest: 2, late: 15 * time.Minute},
		{name: "the end is named", nodes: "v0:-", to: 3, asOf: 3, latest: 1, late: 15 * time.Minute, want: []string{"gap 1-3", "missing 1", "missing 2"}},
		{name: "the end is named in the future", nodes: "v0:-", to: 9, asOf: 2.5, latest: 1, want: []string{"gap 1-2", "missing 1"}},
		{name: "log files speak for their hours and those before", nodes: "v0:-", seen: []float64{2.5, 4.5}, asOf: 4.5, latest: 1, want: []string{"gap 1-3", "missing 1", "missing 2"}},
		{name: "one log file much later speaks for nothing before it is due", nodes: "v0:-", seen: []float64{900.5}, asOf: 900.5, latest: 1},
		{name: "forged ones stand in their places", nodes: "v0:- f2", to: 4, asOf: 4, want: []string{"gap 1-2", "gap 3-4", "missing 1", "missing 3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			chain := Chain{Nodes: nodes(c.nodes)}.End()
			for _, s := range c.seen {
				chain.Seen = append(chain.Seen, hours(s))
			}
			p := Period{AsOf: hours(c.asOf), Latest: hours(c.latest), Late: c.late, ToAsked: c.to != 0}
			if p.ToAsked {
				p.To = hours(c.to)
			}
			if d := cmp.Diff(c.want, summary(chain.Tail(p))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	if f := (Chain{Nodes: nodes("f0 x1")}).End().Tail(Period{AsOf: hours(9), Latest: hours(9)}); len(f.Faults) > 0 {
		t.Errorf("of a chain of which nothing is known: %v", summary(f))
	}
}

func TestPaintAndHours(t *testing.T) {
	bad, unknown := LogState{Bad: true}, LogState{Unknown: true}
	for _, c := range []struct {
		name  string
		nodes string
		edit  func(c *Chain)
		logs  map[int]LogState
		want  string // eight hours from noon
	}{
		{name: "whole", nodes: "v0:- v1 v2 v3 v4 v5 v6 v7", want: "VVVVVVVV"},
		{name: "before and after", nodes: "v2:- v3", want: "..VVPPPP"},
		{name: "hours without log files", nodes: "v0:- v1", edit: func(c *Chain) { c.Nodes[1].Logs = 0 }, want: "VEPPPPPP"},
		{name: "missing", nodes: "v0:- v3", want: "VGGVPPPP"},
		{name: "explained", nodes: "v0:- v3:-", edit: func(c *Chain) { c.Explanations = []Explanation{{Span: Span{hours(0), hours(9)}}} }, want: "VXXVPPPP"},
		{name: "forged, unsealed, unread", nodes: "v0:- f1 v2 x3 v4 u5", want: "VIVPVPPP"},
		{name: "log files", nodes: "v0:- v1 v2", logs: map[int]LogState{0: bad, 1: unknown}, want: "IPVPPPPP"},
		{name: "a stranger", nodes: "v0:- f1", edit: func(c *Chain) { c.Nodes[1].Intruder = true }, want: "VPPPPPPP"},
		{name: "one named for the year 2099", nodes: "v0:- v1 f650000", want: "VVPPPPPP"},
		{name: "not listed", nodes: "v0:- v2", edit: func(c *Chain) { c.Hidden = func(string) bool { return true } }, want: "VPVPPPPP"},
		{name: "nothing", nodes: "", want: "........"},
	} {
		t.Run(c.name, func(t *testing.T) {
			chain := Chain{Nodes: nodes(c.nodes)}
			if c.edit != nil {
				c.edit(&chain)
			}
			logs := map[string]LogState{}
			for i, st := range c.logs {
				logs[chain.Nodes[i].Name] = st
			}
			painted := chain.Paint(chain.Judge(Period{}), logs)
			got := Hours(Span{noon, hours(8)}, [][]Painted{painted}, nil)
			if letters(got) != c.want {
				t.Errorf("%s, want %s", letters(got), c.want)
			}
		})
	}
}

func letters(states []State) string {
	b := make([]byte, len(states))
	for i, s := range states {
		b[i] = byte(s)
	}
	return string(b)
}

func TestHoursOfSeveralTrails(t *testing.T) {
	paint := func(word string) (out []Painted) {
		for i, c := range []byte(word) {
			if c != '.' {
				out = append(out, Painted{Span: Span{hours(float64(i)), hours(float64(i + 1))}, State: State(c)})
			}
		}
		return out
	}
	for _, c := range []struct{ a, b, extra, want string }{
		{"VVVV", "....", "", "VVVV"},
		{"GGGG", "VEPI", "", "VEPI"},
		{"IIII", "VEGX", "", "IIII"},
		{"PPPP", "VEGX", "", "VEPX"},
		{"VVVV", "VEGX", "", "VVVV"},
		{"EEEE", "VEGX", "", "VEEE"},
		{"XXXX", "XGP.", "", "XXXX"},
		{"VVVV", "VVVV", ".I.P", "VIVP"},
	} {
		got := letters(Hours(Span{noon, hours(4)}, [][]Painted{paint(c.a), paint(c.b)}, paint(c.extra)))
		if got != c.want {
			t.Errorf("%s and %s and %q: %s, want %s", c.a, c.b, c.extra, got, c.want)
		}
	}
	if got := Hours(Span{noon, noon}, nil, nil); got != nil {
		t.Errorf("of no time: %v", got)
	}
	// A digest that does not begin on the hour: a clock hour is as good as the worst part of it.
	half := []Painted{{Span: Span{hours(0.5), hours(1.5)}, State: Verified}, {Span: Span{hours(1.5), hours(2.5)}, State: Invalid}}
	if got := letters(Hours(Span{noon, hours(4)}, [][]Painted{half}, nil)); got != "VIIP" {
		t.Errorf("half hours: %s", got)
	}
}

// Seal: whose fault it is when a digest without metadata does not fit the signature that its successor records is
// tested with real signatures in internal/validate; here, only that nothing is called valid for want of anything.
func TestSealWithoutAnything(t *testing.T) {
	ns := nodes("v0:- v1 v2")
	for _, n := range ns {
		n.Status, n.HasMetadata, n.Signature = Undecided, false, ""
	}
	Seal(ns, Keyring{})
	for i, want := range []Status{Forged, Forged, Unsealed} { // no key has their fingerprint; the newest has no signature
		if ns[i].Status != want {
			t.Errorf("node %d: %d, want %d", i, ns[i].Status, want)
		}
	}
	for _, n := range ns {
		n.Status, n.Faults = Undecided, nil
	}
	Seal(ns, Keyring{Unavailable: errSignature})
	for i, want := range []Status{Unverified, Unverified, Unsealed} {
		if ns[i].Status != want {
			t.Errorf("keys not available, node %d: %d, want %d", i, ns[i].Status, want)
		}
	}
}
