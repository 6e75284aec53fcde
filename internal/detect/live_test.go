package detect

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/finding"
)

func TestEventCountsOnceWhenDeliveredTwice(t *testing.T) {
	two := []string{record("e0", "A", "u", 1, ""), record("e1", "A", "u", 2, "")}
	noID := strings.Replace(two[0], `"eventID":"e0"`, `"x":1`, 1)
	r := overRules(t)["count"]
	set := compiled(t, nil, r)
	live := set.Live(Filter{}, LiveOptions{Now: later})
	for i, source := range []string{"organization", "account", "account"} {
		if got := said(live.File(logFile(two...), Place{Source: source})); len(got) > 0 {
			t.Errorf("delivery %d: %v", i, got)
		}
	}
	if diff := cmp.Diff([]string{"count e2 organization#0"}, said(live.File(logFile(record("e2", "A", "u", 3, "")), Place{Source: "organization"}))); diff != "" {
		t.Error(diff)
	}
	// An event without an id is known by its place.
	live = set.Live(Filter{}, LiveOptions{Now: later})
	for range 3 {
		if got := said(live.File(logFile(noID), Place{Source: "a"})); len(got) > 0 {
			t.Error(got)
		}
	}
	if got := said(live.File(logFile(noID, noID), Place{Source: "b"})); len(got) != 1 {
		t.Error(got)
	}
}

func TestLateEventsCount(t *testing.T) {
	rules := overRules(t)
	for _, c := range []struct {
		rule, name, events, want string // in the order of arrival
	}{
		{"count", "in the middle", "1A 3A 2A", "e1<e0+e2"},
		{"count", "before", "2A 3A 1A", "e1<e2+e0"},
		{"count", "after much else", "1A 3A 1500C 1500A:v 2A", "e1<e0+e4"},
		{"count-of", "an older event of a known value", "1A:u:1 2A:u:2 100A:u:3 3A:u:3", "e3<e0+e1"},
		{"then", "the first one comes last", "5B 1A", "e0<e1"},
		{"then", "both come late", "1000C 5B 1A", "e1<e2"},
		{"then", "one late first one for two", "5B 6B 1A", "e0<e2 e1<e2"},
		{"first", "a value that was seen later", "5A:u:1 6A:u:2 1A:u:2", "e1"},
		{"first", "a late new value", "1A:u:1 6A:u:1 5A:u:2", "e2"},
		{"first", "before anything is known", "5A:u:1 1A:u:2 6A:u:2", ""},
	} {
		t.Run(c.rule+"/"+c.name, func(t *testing.T) {
			live := compiled(t, nil, rules[c.rule]).Live(Filter{}, LiveOptions{Now: later})
			var hits []Hit
			for i, raw := range script(c.events) {
				for h, err := range live.Record(raw, i, Place{Source: "case"}) {
					if err != nil {
						t.Fatal(err)
					}
					hits = append(hits, h)
				}
			}
			if diff := cmp.Diff(c.want, lines(hits)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestLiveFindsWhatHistoryFinds delivers events late and in any order. A Then is the same; a Count that is reached in
// history is reached live, and as often when events of one principal only come near the number once.
func TestLiveFindsWhatHistoryFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		events := randomEvents(r, 5+r.IntN(40))
		order := r.Perm(len(events))
		for _, name := range []string{"count", "count-of", "then"} {
			want, err := Try(overRules(t)[name], events)
			if err != nil {
				t.Fatal(err)
			}
			live := compiled(t, nil, overRules(t)[name]).Live(Filter{}, LiveOptions{Now: later})
			var got []Hit
			for _, i := range order {
				for h, err := range live.Record(events[i], i, Place{Source: "case"}) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, h)
				}
			}
			slices.SortFunc(got, func(a, b Hit) int { return a.Record - b.Record })
			if name == "then" {
				if diff := cmp.Diff(ids(want), ids(got)); diff != "" {
					t.Fatalf("%s (-history +live):\n%s", name, diff)
				}
			} else if name == "count" && (len(want) > 0) != (len(got) > 0) {
				t.Fatalf("%s: history %s, live %s", name, ids(want), ids(got))
			}
		}
	}
}

func TestLearnTellsNothingAndRemembers(t *testing.T) {
	rules := overRules(t)
	live := compiled(t, nil, rules["first"], rules["count"]).Live(Filter{}, LiveOptions{Now: later})
	live.Learn(logFile(record("e0", "A", "u", 1, `,"requestParameters":{"v":1}`), record("e1", "A", "u", 2, `,"requestParameters":{"v":2}`), "5"), Place{Source: "old"})
	got := said(live.File(logFile(record("e2", "A", "u", 3, `,"requestParameters":{"v":2}`), record("e3", "A", "u", 4, `,"requestParameters":{"v":3}`)), Place{Source: "new"}))
	if diff := cmp.Diff([]string{"count e2 new#0", "first e3 new#1"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLiveForgetsTheOldestAndSaysSo(t *testing.T) {
	for _, name := range []string{"count", "count-of", "then", "first"} {
		t.Run(name, func(t *testing.T) {
			r := overRules(t)[name]
			r.over.within = (24 * time.Hour).Microseconds()
			live := compiled(t, nil, r).Live(Filter{}, LiveOptions{Remembered: 100, Now: later})
			var warnings []string
			for i := range 5000 {
				raw := record(fmt.Sprint("e", i), []string{"A", "B"}[i%2], fmt.Sprint("u", i/4), i, fmt.Sprintf(`,"requestParameters":{"v":%d}`, i))
				for range live.Record([]byte(raw), i, Place{Source: "case"}) {
					continue
				}
				m := live.memories[0]
				held := 0
				for _, g := range m.groups {
					held += 1 + g.size()
				}
				if held != m.held || held > 101 || len(m.seen.now)+len(m.seen.old) > 200 {
					t.Fatalf("%d remembered, thought to be %d; %d ids", held, m.held, len(m.seen.now)+len(m.seen.old))
				}
				warnings = append(warnings, live.Warnings()...)
			}
			if len(warnings) < 10 || !strings.HasPrefix(warnings[0], name+": more than 100 events to remember: those before 2026-03-02T10:") {
				t.Errorf("%d warnings, %s", len(warnings), warnings[0])
			}
		})
	}
}

func TestLiveForgetsWhatNothingCanComeOf(t *testing.T) {
	for _, name := range []string{"count", "then"} {
		live := compiled(t, nil, overRules(t)[name]).Live(Filter{}, LiveOptions{Late: time.Minute, Now: later})
		for i := range 5_000 {
			raw := record(fmt.Sprint("e", i), []string{"A", "B"}[i/2%2], fmt.Sprint("u", i), i, "")
			for range live.Record([]byte(raw), i, Place{Source: "case"}) {
				t.Fatal("a hit")
			}
		}
		if m := live.memories[0]; m.held > 2000 || m.forgotten != 0 {
			t.Errorf("%s: %d remembered", name, m.held)
		}
		if w := live.Warnings(); len(w) > 0 {
			t.Error(w)
		}
	}
}

func TestLiveSaysWhatComesTooLateAndWhatHasNoTime(t *testing.T) {
	live := compiled(t, nil, overRules(t)["count"]).Live(Filter{}, LiveOptions{Late: time.Minute, Now: later})
	for i, raw := range []string{record("e0", "A", "u", 1000, ""), record("e1", "A", "u", 1, ""), `{"eventName":"A","userIdentity":{"arn":"x"}}`} {
		for range live.Record([]byte(raw), i, Place{}) {
			t.Error("a hit")
		}
	}
	want := []string{"count: 1 events came more than 1m0s after later ones: what was around them may have been forgotten", "1 events without a time were left out of rules over time"}
	if diff := cmp.Diff(want, live.Warnings()); diff != "" {
		t.Error(diff)
	}
	if w := live.Warnings(); len(w) > 0 {
		t.Error("said twice", w)
	}
}

func TestAnEventOfTheFutureDoesNotEmptyTheMemory(t *testing.T) {
	now := day.Add(time.Minute)
	live := compiled(t, nil, overRules(t)["count"]).Live(Filter{}, LiveOptions{Now: func() time.Time { return now }})
	future := strings.Replace(record("x", "A", "u", 0, ""), "2026-", "9026-", 1)
	var got []string
	for i, raw := range []string{record("e0", "A", "u", 1, ""), record("e1", "A", "u", 2, ""), future, record("e2", "A", "u", 3, "")} {
		got = append(got, said(live.Record([]byte(raw), i, Place{Source: "s"}))...)
	}
	if diff := cmp.Diff([]string{"count e2 s#3"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSuppressedEventsCount(t *testing.T) {
	x := finding.Suppression{Detection: "count", Who: "kim", Why: "known", Until: day.Add(3 * time.Second)}
	for until, want := range map[int]bool{3: false, 4: true} {
		x.Until = day.Add(time.Duration(until) * time.Second)
		live := compiled(t, []finding.Suppression{x}, overRules(t)["count"]).Live(Filter{}, LiveOptions{Now: later})
		var hits []Hit
		for i, raw := range script("1A 2A 3A") {
			for h, err := range live.Record(raw, i, Place{}) {
				if err != nil {
					t.Fatal(err)
				}
				hits = append(hits, h)
			}
		}
		if len(hits) != 1 || (hits[0].Suppressed != nil) != want {
			t.Errorf("until second %d: %+v", until, hits)
		}
	}
}
