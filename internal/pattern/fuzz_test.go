package pattern

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// samePrinted checks that the printed pattern is the pattern.
func samePrinted(t *testing.T, p *Pattern) {
	t.Helper()
	for _, text := range []string{p.String(), p.print("")} {
		q, err := Parse(text)
		if err != nil {
			t.Fatalf("printed as %q: %v", text, err)
		}
		if p.kind != q.kind || !reflect.DeepEqual(p.expr, q.expr) || !reflect.DeepEqual(p.fields, q.fields) || !reflect.DeepEqual(p.terms, q.terms) {
			t.Errorf("printed as %q, it is another pattern", text)
		}
		if q.String() != p.String() {
			t.Errorf("printed as %q, and then as %q", p.String(), q.String())
		}
	}
}

// seeds gives add every pattern of the tables.
func seeds(add func(text string)) {
	for _, v := range vectors() {
		add(v.pattern)
	}
	for _, r := range refusals() {
		add(r.pattern)
	}
}

func FuzzParse(f *testing.F) {
	seeds(func(text string) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			if e, ok := err.(*Error); !ok || p != nil || e.Column < 1 || e.Column > utf8.RuneCountInString(text)+1 || e.Expected == "" {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		samePrinted(t, p)
		p.Match([]byte(text))
	})
}

func FuzzMatch(f *testing.F) {
	for _, v := range vectors() {
		f.Add(v.pattern, []byte(v.event))
	}
	for _, event := range malformed() {
		f.Add(`{ $.a NOT EXISTS }`, []byte(event))
	}
	f.Add(`{ $.*.b != "\"x\\" && $.n >= -1.5e1 }`, []byte(`{"a":{"b":"\u0022x\\"},"n":-15.0,"x":[1e2,"\ud83d\ude00\ud800"]}`))
	longExponent := regexp.MustCompile(`[eE][+-]?[0-9]{4}`)
	f.Fuzz(func(t *testing.T, text string, event []byte) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		var r Record
		err = r.Reset(event)
		got := p.MatchRecord(&r)
		if got != p.Match(event) {
			t.Fatal("Match and MatchRecord differ")
		}
		for i := range NewSet(p).Match(&r) {
			if got = !got; i != 0 {
				t.Fatal(i)
			}
		}
		if got {
			t.Fatal("a set differs from its pattern")
		}
		got = p.MatchRecord(&r)
		root, ok := parseNaive(event)
		if ok != (err == nil) {
			t.Fatalf("an object by encoding/json: %v; here: %v", ok, err)
		}
		// What follows is not the same in both: bytes that encoding/json replaces, members that a map cannot hold
		// twice, and numbers that big.Rat would write out.
		if p.kind != JSON || !utf8.Valid(event) || longExponent.MatchString(text) || longExponent.Match(event) {
			return
		}
		if strings.Contains(text, ".*") && repeated(&r) {
			return
		}
		want := err == nil && naive(p.expr, root)
		if got != want {
			t.Errorf("%s on %s: want %v, got %v", text, event, want, got)
		}
	})
}

// repeated reports whether an object has two members with one name.
func repeated(r *Record) bool {
	for i := range r.nodes {
		if r.nodes[i].kind != object {
			continue
		}
		seen := map[string]bool{}
		for at := uint32(i) + 1; at < r.nodes[i].next; at = r.nodes[at].next {
			name := string(r.name(&r.nodes[at]))
			if seen[name] {
				return true
			}
			seen[name] = true
		}
	}
	return false
}

func FuzzResetAt(f *testing.F) {
	for _, v := range vectors() {
		f.Add([]byte(v.event+","), uint16(0))
	}
	for _, event := range malformed() {
		f.Add([]byte(" "+event), uint16(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, start uint16) {
		at := min(int(start), len(data))
		var r, whole Record
		end, err := r.ResetAt(data, at)
		if err != nil {
			if len(r.nodes) > 0 || len(r.Raw()) > 0 {
				t.Fatal("a record in spite of an error")
			}
			if whole.Reset(data[at:]) == nil && at < len(data) && data[at] == '{' {
				t.Fatalf("%v, and Reset takes it", err)
			}
			return
		}
		if end <= at || end > len(data) || string(r.Raw()) != string(data[at:end]) {
			t.Fatalf("%d to %d of %d, raw %q", at, end, len(data), r.Raw())
		}
		if err := whole.Reset(data[at:end]); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(whole.nodes, r.nodes) || whole.table != r.table || whole.crowded != r.crowded {
			t.Fatal("the two views differ")
		}
	})
}
