package pattern

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSetIsIndexed(t *testing.T) {
	for text, want := range map[string]string{
		`{ $.eventName = A }`:      "name A",
		`{ $['eventName'] = "A" }`: "name A",
		`{ ($.eventName = B) || ($.eventName = A) || ($.eventName = B) }`: "name A B",
		`{ $.eventSource = s && ($.eventName = A || $.eventName = B) }`:   "name A B",
		`{ $.x = 1 && $.eventSource = s }`:                                "source s",
		`{ ($.eventName = A && $.x = 1) || $.eventName = B }`:             "name A B",
		`{ $.eventName = A || $.x = 1 }`:                                  "always",
		`{ $.eventName != A }`:                                            "always",
		`{ $.eventName = A* }`:                                            "always",
		`{ $.eventName = 5 }`:                                             "always", // 5.0 too
		`{ $.eventName = "5" }`:                                           "name 5",
		`{ $.eventName = %A% }`:                                           "always",
		`{ $.eventName NOT EXISTS }`:                                      "always",
		`{ $.x.eventName = A }`:                                           "always",
		`{ $.eventName[0] = A }`:                                          "always",
		`A`:                                                               "always",
		``:                                                                "always",
	} {
		s := NewSet(parse(t, text))
		got := "always"
		for kind, index := range map[string]map[string][]int{"name": s.byName, "source": s.bySource} {
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
	)
	for event, want := range map[string][]int{
		`{"eventName":"A","eventSource":"s","x":1}`: {0, 1, 3, 4, 6},
		`{"eventName":"B","eventSource":"z","x":2}`: {2, 3, 4},
		`{"\u0065ventName":"\u0042"}`:               {2, 3, 4},
		`{"eventName":"B","eventName":"A"}`:         {3, 4},
		`{"eventName":null,"eventSource":["s"]}`:    {4},
		`{}`:                                        {4},
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
