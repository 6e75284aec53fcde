package detect

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/pattern"
)

func overRules(t testing.TB) map[string]Rule {
	by := paths(t, "userIdentity.arn")
	value := paths(t, "requestParameters.v")
	b, err := pattern.Parse(`{ ($.eventName = B) || ($.eventName = AB) }`)
	if err != nil {
		t.Fatal(err)
	}
	a, err := pattern.Parse(`{ ($.eventName = A) || ($.eventName = AB) }`)
	if err != nil {
		t.Fatal(err)
	}
	with := func(id string, d catalog.Detection) Rule {
		d.ID, d.Match, d.Severity = id, a, finding.High
		return OfDetection(d)
	}
	return map[string]Rule{
		"count":     with("count", catalog.Detection{Count: &catalog.Count{AtLeast: 3, By: by, Within: 10 * time.Second}}),
		"count-all": with("count-all", catalog.Detection{Count: &catalog.Count{AtLeast: 3, Within: 10 * time.Second}}),
		"count-one": with("count-one", catalog.Detection{Count: &catalog.Count{AtLeast: 1, Within: 10 * time.Second}}),
		"count-of":  with("count-of", catalog.Detection{Count: &catalog.Count{AtLeast: 3, By: by, Within: 10 * time.Second, Of: &value[0]}}),
		"then":      with("then", catalog.Detection{Then: &catalog.Then{Match: b, By: by, Within: 10 * time.Second}}),
		"first":     with("first", catalog.Detection{FirstSeen: &catalog.FirstSeen{Of: value, By: by, Within: 10 * time.Second}}),
	}
}

// later is after all events of tests.
func later() time.Time { return day.AddDate(1, 0, 0) }

// script makes records of "1A 2B:u 3A:u:v": second, name, principal (u), value (none). Their ids are e0, e1 and so on.
func script(text string) [][]byte {
	var out [][]byte
	for i, word := range strings.Fields(text) {
		parts := strings.SplitN(word, ":", 3)
		var second int
		var name string
		if _, err := fmt.Sscanf(parts[0], "%d%s", &second, &name); err != nil {
			panic(err)
		}
		who, more := "u", ""
		if len(parts) > 1 {
			who = parts[1]
		}
		if len(parts) > 2 {
			more = `,"requestParameters":{"v":` + parts[2] + `}`
		}
		out = append(out, []byte(record(fmt.Sprintf("e%d", i), name, who, second, more)))
	}
	return out
}

// lines are hits in words: e2<e0+e1 is a hit of e2 that e0 and e1 made too.
func lines(hits []Hit) string {
	var out []string
	for _, h := range hits {
		word := h.ID
		if len(h.Others) > 0 {
			word += "<" + strings.Join(h.Others, "+")
		}
		if h.Events != 1+len(h.Others) {
			word += fmt.Sprintf("(%d)", h.Events)
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

func TestRulesOverTime(t *testing.T) {
	for _, c := range []struct{ rule, name, events, want string }{
		{"count", "reached", "1A 2A 3A", "e2<e0+e1"},
		{"count", "not reached", "1A 2A", ""},
		{"count", "events that do not match", "1A 2C 3A 4C", ""},
		{"count", "just within", "1A 2A 11A", "e2<e0+e1"},
		{"count", "just too late", "1A 2A 12A", ""},
		{"count", "the window slides", "1A 10A 12A 13A", "e3<e1+e2"},
		{"count", "begins anew", "1A 2A 3A 4A 5A 6A 7A", "e2<e0+e1 e5<e3+e4"},
		{"count", "each principal by itself", "1A:u 1A:v 2A:u 2A:v 3A:u", "e4<e0+e2"},
		{"count-all", "all principals together", "1A:u 1A:v 2A:w", "e2<e0+e1"},
		{"count-one", "each", "1A 2A", "e0 e1"},
		{"count-of", "different values", "1A:u:1 2A:u:2 3A:u:3", "e2<e0+e1"},
		{"count-of", "the same value again", "1A:u:1 2A:u:2 3A:u:1 4A:u:2 5A:u:1", ""},
		{"count-of", "a value by its last event", "1A:u:1 2A:u:2 3A:u:1 11A:u:3", "e3<e1+e2"},
		{"count-of", "a value long ago", "1A:u:1 8A:u:2 13A:u:3", ""},
		{"count-of", "a text is what a number is", `1A:u:1 2A:u:"1" 3A:u:2 4A:u:true`, "e3<e1+e2"},
		{"count-of", "what is no value", `1A:u:1 2A:u:2 3A:u:null 4A:u:[3] 5A:u:{"a":3} 6A:u`, ""},
		{"then", "one after the other", "1A 2B", "e1<e0"},
		{"then", "the other way round", "1B 2A", ""},
		{"then", "just within", "1A 11B", "e1<e0"},
		{"then", "too late", "1A 12B", ""},
		{"then", "another principal", "1A:u 2B:v", ""},
		{"then", "each second one", "1A 2B 3B", "e1<e0 e2<e0"},
		{"then", "the last first one", "1A 2A 3B", "e2<e1"},
		{"then", "in one second, either way", "1B 1A", "e0<e1"},
		{"then", "not with itself", "1AB", ""},
		{"then", "two that are both", "1AB 2AB", "e1<e0"},
		{"then", "two that are both, in one second", "1AB 1AB", "e0<e1 e1<e0"},
		{"first", "the first of all is none", "1A:u:1", ""},
		{"first", "a new value", "1A:u:1 2A:u:2", "e1"},
		{"first", "a value seen before", "1A:u:1 2A:u:1 3A:u:1", ""},
		{"first", "seen too long ago", "1A:u:1 2A:u:2 12A:u:1 22A:u:1", "e1 e2"},
		{"first", "another principal is another", "1A:u:1 2A:v:2", ""},
		{"first", "known for good", "1A:u:1 1000A:u:1", "e1"},
		{"first", "without a value", "1A:u:1 2A:u:null 3A:u", ""},
	} {
		t.Run(c.rule+"/"+c.name, func(t *testing.T) {
			got, err := Try(overRules(t)[c.rule], script(c.events))
			if err != nil {
				t.Fatal(err)
			}
			// In a second, then, either event may come first.
			if diff := cmp.Diff(c.want, lines(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			// What comes in the order of time is judged live as in history.
			live := compiled(t, nil, overRules(t)[c.rule]).Live(Filter{}, LiveOptions{Now: later})
			var hits []Hit
			for i, raw := range script(c.events) {
				for h, err := range live.Record(raw, i, Place{Source: "case"}) {
					if err != nil {
						t.Fatal(err)
					}
					hits = append(hits, h)
				}
			}
			slices.SortStableFunc(hits, func(a, b Hit) int { return a.Time.Compare(b.Time) })
			if c.name != "two that are both, in one second" {
				if diff := cmp.Diff(c.want, lines(hits)); diff != "" {
					t.Errorf("live (-want +got):\n%s", diff)
				}
			}
			if w := live.Warnings(); len(w) > 0 {
				t.Error(w)
			}
		})
	}
}

// randomEvents are some that matter to all rules, in the order of time.
func randomEvents(r *rand.Rand, n int) [][]byte { return eventsApart(r, n, 0) }

// eventsApart are random events with some seconds between them at least.
func eventsApart(r *rand.Rand, n, apart int) [][]byte {
	var words []string
	second := 0
	for range n {
		second += apart + r.IntN(6)
		words = append(words, fmt.Sprintf("%d%s:%s:%d", second, []string{"A", "B", "AB", "C"}[r.IntN(4)], []string{"u", "v"}[r.IntN(2)], r.IntN(5)))
	}
	return script(strings.Join(words, " "))
}

// naiveHistory judges events in the order of time by the words of catalog/detection.go and nothing else.
func naiveHistory(rule string, events [][]byte) string {
	type ev struct {
		id, name, who, v string
		at               int64
	}
	var all []ev
	for i, raw := range events {
		var r pattern.Record
		if err := r.Reset(raw); err != nil {
			panic(err)
		}
		text := func(name string) string {
			p, err := pattern.ParsePath(name)
			if err != nil {
				panic(err)
			}
			return string(r.Lookup(p).Text())
		}
		at, err := time.Parse(time.RFC3339, text("eventTime"))
		if err != nil {
			panic(err)
		}
		all = append(all, ev{fmt.Sprintf("e%d", i), text("eventName"), text("userIdentity.arn"), text("requestParameters.v"), at.Unix()})
	}
	var out []string
	used := map[string]bool{}
	isA := func(e ev) bool { return e.name == "A" || e.name == "AB" }
	isB := func(e ev) bool { return e.name == "B" || e.name == "AB" }
	for i, e := range all {
		switch rule {
		case "count", "count-of":
			if !isA(e) {
				continue
			}
			last := map[string]ev{}
			for _, o := range all[:i+1] {
				if isA(o) && o.who == e.who && !used[o.id] && e.at-o.at <= 10 {
					key := o.id
					if rule == "count-of" {
						key = o.v
					}
					last[key] = o
				}
			}
			if len(last) >= 3 {
				for _, o := range all[:i+1] { // what is older than a used event of the same value is of no use any more
					if l, ok := last[o.v]; isA(o) && o.who == e.who && (rule == "count" && last[o.id].id == o.id || rule == "count-of" && ok && !used[l.id]) {
						used[o.id] = true
					}
				}
				out = append(out, e.id)
			}
		case "then":
			for j, o := range all {
				if i != j && isB(e) && isA(o) && o.who == e.who && o.at <= e.at && e.at-o.at <= 10 {
					out = append(out, e.id)
					break
				}
			}
		case "first":
			known, seen := false, false
			for _, o := range all[:i] {
				if isA(o) && o.who == e.who {
					known = true
					seen = seen || o.v == e.v && e.at-o.at <= 10
				}
			}
			if isA(e) && known && !seen {
				out = append(out, e.id)
			}
		}
	}
	return strings.Join(out, " ")
}

func ids(hits []Hit) string {
	var out []string
	for _, h := range hits {
		out = append(out, h.ID)
	}
	return strings.Join(out, " ")
}

func TestHistoryIsWhatTheWordsSay(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	found := 0
	for range 100 {
		events := randomEvents(r, 5+r.IntN(40))
		for _, name := range []string{"count", "count-of", "then", "first"} {
			got, err := Try(overRules(t)[name], events)
			if err != nil {
				t.Fatal(err)
			}
			want := naiveHistory(name, events)
			if diff := cmp.Diff(want, ids(got)); diff != "" {
				t.Fatalf("%s (-want +got):\n%s%s", name, diff, events)
			}
			found += len(got)
		}
	}
	if found < 300 {
		t.Errorf("only %d hits", found)
	}
}
