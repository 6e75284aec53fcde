package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/finding"
)

// hitsOf judges records from position at on.
func hitsOf(t testing.TB, l *Live, records [][]byte, at int) []Hit {
	t.Helper()
	var hits []Hit
	for i, raw := range records {
		for h, err := range l.Record(raw, at+i, Place{Source: "case"}) {
			if err != nil {
				t.Fatal(err)
			}
			hits = append(hits, h)
		}
	}
	return hits
}

func carried(t testing.TB, from, to *Live) {
	t.Helper()
	data, err := from.Keep()
	if err != nil {
		t.Fatal(err)
	}
	if err := to.Resume(data); err != nil {
		t.Fatal(err)
	}
}

// TestARestartIsNotNoticed stops after every event, and the next Live finds what one that never stopped does; events that
// are handed out again after the restart change nothing.
func TestARestartIsNotNoticed(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, rule := range overRules(t) {
		for range 3 {
			var words []string
			for range 40 {
				words = append(words, fmt.Sprintf("%d%s:u%d:%d", r.IntN(60), []string{"A", "B", "AB"}[r.IntN(3)], r.IntN(2), r.IntN(3)))
			}
			records := script(strings.Join(words, " "))
			set := compiled(t, nil, rule)
			want := lines(hitsOf(t, set.Live(Filter{}, LiveOptions{Now: later}), records, 0))
			var got []Hit
			live := set.Live(Filter{}, LiveOptions{Now: later})
			for i, raw := range records {
				got = append(got, hitsOf(t, live, [][]byte{raw}, i)...)
				next := set.Live(Filter{}, LiveOptions{Now: later})
				carried(t, live, next)
				live = next
				if i > 0 {
					for n := i - 1; n <= i; n++ {
						live.Learn(records[n], Place{Source: "again"})
					}
				}
			}
			if diff := cmp.Diff(want, lines(got)); diff != "" {
				t.Fatalf("%s: %s\n(-want +got):\n%s", name, strings.Join(words, " "), diff)
			}
		}
	}
}

func TestAFirstSeenValueIsKnownAfterARestart(t *testing.T) {
	set := compiled(t, nil, overRules(t)["first"])
	live, next := set.Live(Filter{}, LiveOptions{Now: later}), set.Live(Filter{}, LiveOptions{Now: later})
	events := script("1A:u:1 2A:u:2 3A:u:1 4A:u:2 5A:u:3")
	if got := lines(hitsOf(t, live, events[:2], 0)); got != "e1" {
		t.Fatal(got)
	}
	carried(t, live, next)
	if got := lines(hitsOf(t, next, events[2:], 2)); got != "e4" {
		t.Errorf("after the restart: %q, want only the value that is new", got)
	}
}

func TestARuleThatAsksSomethingElseRemembersNothing(t *testing.T) {
	rules := overRules(t)
	other := rules["count"]
	over := *other.over
	over.atLeast = 2
	other.over = &over
	live, next := compiled(t, nil, rules["count"]).Live(Filter{}, LiveOptions{Now: later}), compiled(t, nil, other).Live(Filter{}, LiveOptions{Now: later})
	events := script("1A 2A 3A")
	hitsOf(t, live, events[:1], 0)
	carried(t, live, next)
	if got := hitsOf(t, next, events[1:2], 1); len(got) > 0 {
		t.Error("an event was counted that another rule remembered")
	}
	if got := hitsOf(t, next, events[2:], 2); len(got) != 1 {
		t.Errorf("%d hits, want 1", len(got))
	}
}

// A suppression that was changed since may not keep silent what was remembered under another.
func TestASuppressionThatWasChangedSilencesNothing(t *testing.T) {
	rule := overRules(t)["then"]
	decision := finding.Suppression{Detection: "then", Who: "mo", Why: "planned", Until: later()}
	old := compiled(t, []finding.Suppression{decision}, rule)
	decision.Why = "another reason"
	for _, c := range []struct {
		name string
		set  *Set
		want bool
	}{{"the same", old, true}, {"another", compiled(t, []finding.Suppression{decision}, rule), false}} {
		live, next := old.Live(Filter{}, LiveOptions{Now: later}), c.set.Live(Filter{}, LiveOptions{Now: later})
		events := script("5B 1A") // the first one comes last: the hit is of the one remembered
		hitsOf(t, live, events[:1], 0)
		carried(t, live, next)
		got := hitsOf(t, next, events[1:], 1)
		if len(got) != 1 || (got[0].Match.Suppressed != nil) != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestWhatWasNotKeptIsRefused(t *testing.T) {
	set := compiled(t, nil, overRules(t)["count"])
	live := set.Live(Filter{}, LiveOptions{Now: later})
	hitsOf(t, live, script("1A 2A"), 0)
	data, err := live.Keep()
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{"nothing": nil, "text": []byte("{}"), "cut": data[:len(data)/2], "changed": append([]byte{data[0], data[1], 9}, data[3:]...)} {
		next := set.Live(Filter{}, LiveOptions{Now: later})
		if err := next.Resume(bad); err == nil {
			t.Errorf("%s was taken", name)
		}
		if got := hitsOf(t, next, script("1A 2A 3A"), 0); len(got) != 1 {
			t.Errorf("%s: %d hits after it, want 1", name, len(got))
		}
	}
}

func FuzzResume(f *testing.F) {
	rules := overRules(f)
	set := compiled(f, nil, rules["count"], rules["then"], rules["first"])
	live := set.Live(Filter{}, LiveOptions{Now: later})
	hitsOf(f, live, script("1A:u:1 2B:u:2 3A:v:1"), 0)
	data, err := live.Keep()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		next := set.Live(Filter{}, LiveOptions{Now: later})
		if next.Resume(data) != nil {
			return
		}
		hitsOf(t, next, script("4A:u:1 5B:u:2 6A:v:1"), 3)
	})
}
