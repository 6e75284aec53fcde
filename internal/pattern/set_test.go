package pattern

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSetIsIndexed(t *testing.T) {
	for text, want := range map[string]string{
		`{ $.eventName = A }`:      "name a",
		`{ $['eventName'] = "A" }`: "name a",
		`{ ($.eventName = B) || ($.eventName = A) || ($.eventName = b) }`: "name a b",
		`{ $.eventSource = s && ($.eventName = A || $.eventName = B) }`:   "name a b",
		`{ $.eventName = "Ä" }`:                                   "always", // what folds to it is not for the index to say
		`{ $.x = 1 && $.eventSource = s }`:                        "source s",
		`{ ($.eventName = A && $.x = 1) || $.eventName = B }`:     "name a b",
		`{ $.eventName = A || $.x = 1 }`:                          "always",
		`{ $.eventName != A }`:                                    "always",
		`{ $.eventName = A* }`:                                    "always",
		`{ $.eventName = 5 }`:                                     "always", // 5.0 too
		`{ $.eventName = "5" }`:                                   "name 5",
		`{ $.eventName = %A% }`:                                   "always",
		`{ $.eventName NOT EXISTS }`:                              "always",
		`{ $.userIdentity.type = Root && $.x NOT EXISTS }`:        "type root",
		`{ $['userIdentity.type'] = Root }`:                       "always",
		`{ $.userIdentity[0].type = Root }`:                       "always",
		`{ $.errorCode = "*Denied" }`:                             "failed",
		`{ $.errorCode = "*A" || ($.errorCode != B && $.x = 1) }`: "failed",
		`{ $.errorCode.x IS NULL }`:                               "failed",
		`{ $.errorCode NOT EXISTS }`:                              "always",
		`{ $.errorCode = A || $.x = 1 }`:                          "always",
		`{ $.x = 1 && ($.errorCode = A || $.errorCode = B) }`:     "failed",
		`{ $.x.eventName = A }`:                                   "always",
		`{ $.eventName[0] = A }`:                                  "always",
		`A`:                                                       "always",
		``:                                                        "always",
	} {
		s := NewSet(parse(t, text))
		got := "always"
		for i, kind := range []string{"name", "source", "type"} {
			index := s.fields[i].rules
			var keys []string
			for key := range index {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			for i, key := range keys {
				if i == 0 {
					got = kind
				}
				got += " " + key
			}
		}
		if len(s.failed) > 0 {
			got = "failed"
		}
		if len(s.always) > 0 && got != "always" {
			t.Errorf("%s is in two lists", text)
		}
		if got != want {
			t.Errorf("%s: want %s, got %s", text, want, got)
		}
	}
}

func TestSetMatchesInOrder(t *testing.T) {
	s := NewSet(
		parse(t, `{ $.eventSource = s }`),
		parse(t, `{ $.x = 1 }`),
		parse(t, `{ $.eventName = B }`),
		parse(t, `{ $.eventName = A || $.eventName = B }`),
		parse(t, ``),
		parse(t, `{ $.eventSource = s && $.y = 1 }`),
		parse(t, `{ $.eventSource = s && $.x = 1 }`),
		parse(t, `{ $.eventName = "5" }`),
		parse(t, `{ $.userIdentity.type = Root && $.y NOT EXISTS }`),
		parse(t, `{ $.errorCode = "*" }`),
	)
	for event, want := range map[string][]int{
		`{"eventName":"A","eventSource":"s","x":1}`:    {0, 1, 3, 4, 6},
		`{"eventName":"B","eventSource":"z","x":2}`:    {2, 3, 4},
		`{"\u0065ventName":"\u0042"}`:                  {2, 3, 4},
		`{"eventName":"B","eventName":"A"}`:            {3, 4},
		`{"eventName":null,"eventSource":["s"]}`:       {4},
		`{"eventName":"b"}`:                            {4},
		`{"eventName":"\u00e4","eventSource":"s"}`:     {0, 4},
		`{"eventName":5,"eventSource":"s"}`:            {0, 4, 7},
		`{}`:                                           {4},
		`{"userIdentity":{"type":"Root"}}`:             {4, 8},
		`{"userIdentity":{"type":"root"}}`:             {4},
		`{"userIdentity":[{"type":"Root"}],"x":1}`:     {1, 4},
		`{"userIdentity.type":"Root","errorCode":"x"}`: {4, 9},
		`{"eventName":"A","eventSource":"s","errorCode":"x","userIdentity":{"type":"Root"}}`: {0, 3, 4, 8, 9},
		`{"errorCode":null}`: {4},
	} {
		var r Record
		if err := r.Reset([]byte(event)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, slices.Collect(s.Match(&r))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", event, diff)
		}
	}
}

func TestSetStopsWhenAsked(t *testing.T) {
	var r Record
	if err := r.Reset([]byte(`{"eventName":"A"}`)); err != nil {
		t.Fatal(err)
	}
	for i := range NewSet(parse(t, `{ $.eventName = A }`), parse(t, ``)).Match(&r) {
		if i > 0 {
			t.Error("went on")
		}
		break
	}
}

func TestEmptySet(t *testing.T) {
	var r Record
	if got := slices.Collect(NewSet().Match(&r)); len(got) != 0 {
		t.Error(got)
	}
}

// loose matches whatever its function says, and pins texts.
type loose struct {
	names []string
	match func(*Record) bool
}

func (l loose) MatchRecord(r *Record) bool { return l.match(r) }

func (l loose) Pins(member string) []string {
	if member == "eventName" {
		return l.names
	}
	return nil
}

func TestSetFoldsPins(t *testing.T) {
	name := func(r *Record) string {
		p, err := ParsePath("eventName")
		if err != nil {
			t.Fatal(err)
		}
		return string(r.Lookup(p).Text())
	}
	asked := 0
	s := NewSet(
		loose{[]string{"kill"}, func(r *Record) bool { asked++; return strings.EqualFold(name(r), "kill") }},
		loose{[]string{"K\u212a"}, func(*Record) bool { return true }}, // not ASCII: always asked
		loose{[]string{}, func(*Record) bool { t.Error("asked a rule that nothing can match"); return false }},
	)
	for event, want := range map[string][]int{
		`{"eventName":"KiLL"}`:                                {0, 1},
		`{"eventName":"kil"}`:                                 {1},
		`{"eventName":"kill them"}`:                           {1},
		`{"eventName":"` + strings.Repeat("kill", 100) + `"}`: {1},
	} {
		var r Record
		if err := r.Reset([]byte(event)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, slices.Collect(s.Match(&r))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", event, diff)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	// The Kelvin sign is a K: of names that are not ASCII the index knows nothing, and each rule is asked.
	s = NewSet(loose{[]string{"kill"}, func(r *Record) bool { return strings.EqualFold(name(r), "kill") }})
	var r Record
	if err := r.Reset([]byte(`{"eventName":"\u212aill"}`)); err != nil {
		t.Fatal(err)
	}
	if got := slices.Collect(s.Match(&r)); len(got) != 1 {
		t.Error(got)
	}
}

// setOf is a set of patterns.
func setOf(patterns []*Pattern) *Set {
	var all []Matcher
	for _, p := range patterns {
		all = append(all, p)
	}
	return NewSet(all...)
}
