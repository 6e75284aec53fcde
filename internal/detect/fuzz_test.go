package detect

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/pattern"
)

// naive judges what event.Split yields with each rule by itself: no index, no view that is used again, no single pass.
func naive(rules []Rule, data []byte) []string {
	var out []string
	for item, err := range event.Split(data) {
		if err != nil {
			out = append(out, fmt.Sprintf("malformed #%d", item.Number))
			continue
		}
		var r pattern.Record
		if r.Reset(item.Raw) != nil {
			out = append(out, fmt.Sprintf("malformed #%d", item.Number))
			continue
		}
		for _, rule := range rules {
			if rule.match.MatchRecord(&r) && rule.over == nil {
				out = append(out, fmt.Sprintf("%s #%d", rule.ID, item.Number))
			}
		}
	}
	return out
}

func FuzzScan(f *testing.F) {
	a, b := record("a", "A", "u", 0, ""), record("b", "B", "u", 1, `,"requestParameters":{"v":1}`)
	for _, data := range [][]byte{
		logFile(a, b), logFile(), logFile(a, "5", b), nil, []byte("[]"), []byte("\ufeff" + a), []byte(a + "\n" + b), []byte("[" + a + "," + b + "]"),
		[]byte(`{"Records":[` + a + `,`), []byte(`{"Records":[` + a + `,` + b[:50]), append(logFile(a), logFile(b)...), append(logFile(a), "x"...),
		[]byte(`{"Records":[` + a + `],"Records":[` + b + `]}`), []byte(`{"Records":[,]}`), []byte(`{"Records":[{"a":}]}`), []byte(`{"Records":[{}{}]}`),
		[]byte(`{"Records":[{"eventName":"A","eventName":"B","eventTime":"2026-03-02T24:00:00Z"}]}`), []byte(`{"events":[{"message":"{\"eventName\":\"A\"}","id":"1"}]}`),
		[]byte("{\"Records\":[{\"event\\u004eame\":\"\\u0041\",\"eventTime\":\"\xff026-03-02T10:00:00Z\"}]}"),
	} {
		f.Add(data)
	}
	all := overRules(f)
	rules := []Rule{patternRule(f, "any", ``), patternRule(f, "a", `{ $.eventName = A }`), all["count-one"], patternRule(f, "b", `{ $.eventSource = "iam.amazonaws.com" && $.eventName = "B" }`),
		all["then"], patternRule(f, "odd", `{ $.eventName != A }`), all["first"]}
	set := compiled(f, nil, rules...)
	f.Fuzz(func(t *testing.T, data []byte) {
		want := naive(rules, data)
		sc := set.Scanner(Filter{})
		live := set.Live(Filter{}, LiveOptions{Now: later})
		for way, seq := range map[string]func(func(Hit, error) bool){
			"file":   sc.File(data, Place{}),
			"stream": set.Scanner(Filter{}).Stream(bytes.NewReader(data), Place{}),
			"live":   live.File(data, Place{}),
		} {
			var got []string
			any := map[int]bool{}
			for h, err := range seq {
				var m *Malformed
				switch {
				case errors.As(err, &m):
					got = append(got, fmt.Sprintf("malformed #%d", m.Record))
				case err != nil:
					t.Fatal(err)
				case !h.Rule.OverTime():
					got = append(got, fmt.Sprintf("%s #%d", h.Detection, h.Record))
					any[h.Record] = true
				case way != "live":
					t.Fatalf("a hit of %s", h.Detection)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", way, diff)
			}
			if way == "file" && sc.records != int64(len(any)) {
				t.Fatalf("%d records judged, %d told", sc.records, len(any))
			}
		}
		// The time that is read from the record's view is what the lake has.
		for item, err := range event.Split(data) {
			c := core{set: set, filter: Filter{}.compiled()}
			if err != nil || c.rec.Reset(item.Raw) != nil {
				continue
			}
			at, timed := c.when()
			var row event.Record
			if err := c.parser.Parse(item.Raw, &row); err != nil {
				t.Fatalf("a record that is judged and cannot be parsed: %v", err)
			}
			if row.Reasons&event.Case == 0 && (at != row.Time && row.HasTime || timed != row.HasTime) {
				t.Fatalf("time %d %v, want %d %v", at, timed, row.Time, row.HasTime)
			}
		}
	})
}

// FuzzOverTime delivers events as the bytes say and looks that memory adds up, and that history does not panic.
func FuzzOverTime(f *testing.F) {
	f.Add([]byte("abcabcabc"), uint8(3))
	f.Add([]byte("\x00\x10\x20\x01\x11\x21"), uint8(1))
	f.Fuzz(func(t *testing.T, steps []byte, n uint8) {
		rules := overRules(t)
		within := int64(n) * 1e6
		var all []Rule
		for _, id := range []string{"count", "count-of", "then", "first"} {
			r := rules[id]
			r.over.within = max(1, within)
			r.over.atLeast = int(n%5) + 1
			all = append(all, r)
		}
		set := compiled(t, nil, all...)
		live := set.Live(Filter{}, LiveOptions{Now: later, Remembered: 20, Late: 5e9})
		for i, b := range steps {
			raw := record(fmt.Sprint("e", b), []string{"A", "B", "AB"}[b%3], fmt.Sprint("u", b>>6), int(b>>2), fmt.Sprintf(`,"requestParameters":{"v":%d}`, b%7))
			for h, err := range live.Record([]byte(raw), i, Place{}) {
				if err != nil {
					t.Fatal(err)
				}
				if h.Events != len(h.Others)+1 || h.Rule.Kind == Count && h.Events != h.Rule.over.atLeast {
					t.Fatalf("%+v", h)
				}
			}
			for i, m := range live.memories {
				held := 0
				for _, g := range m.groups {
					held += 1 + g.size()
				}
				if held != m.held || held > m.limit+1 {
					t.Fatalf("%s holds %d, thinks %d", set.rules[i].ID, held, m.held)
				}
			}
		}
	})
}

func TestSigmaAndPatternsInOneSet(t *testing.T) {
	set := compiled(t, nil, sigmaRules(t)["made"], patternRule(t, "made-too", `{ $.eventName = CreateUser }`), sigmaRules(t)["any-iam"], over(t, "a", catalog.Detection{}))
	for name, want := range map[string][]string{
		"CreateUser": {"made", "made-too", "any-iam"},
		"createuser": {"made", "any-iam"},
		"A":          {"any-iam", "a"},
	} {
		var got []string
		for h, err := range set.Scanner(Filter{}).Record([]byte(record("e", name, "u", 0, "")), 0, Place{}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, h.Detection)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
