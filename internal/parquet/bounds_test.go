package parquet

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestByteBounds(t *testing.T) {
	type bounds struct {
		Min, Max           string
		HasMin, HasMax     bool
		ExactMin, ExactMax bool
	}
	p := strings.Repeat("p", 63)
	last := strings.Repeat("\U0010FFFF", 16)
	for _, tc := range []struct {
		name   string
		values []string
		want   bounds
	}{
		{"no values", nil, bounds{}},
		{"short", []string{"b", "a", "c"}, bounds{"a", "c", true, true, true, true}},
		{"empty", []string{""}, bounds{"", "", true, true, true, true}},
		{"64 bytes", []string{p + "x"}, bounds{p + "x", p + "x", true, true, true, true}},
		{"65 bytes", []string{p + "xa"}, bounds{p + "x", p + "y", true, true, false, false}},
		{"a short least value beside a long one that starts so", []string{p + "xa", p + "x"}, bounds{p + "x", p + "y", true, true, true, false}},
		{"a short greatest value beside a long one that starts so", []string{p + "x", p + "xa"}, bounds{p + "x", p + "y", true, true, true, false}},
		{"cut inside a character", []string{p + "éa"}, bounds{p, p[:62] + "q", true, true, false, false}},
		{"a last character that has no next of its length", []string{p[:62] + "\x7f\x7f\x7f"}, bounds{p[:62] + "\x7f\x7f", p[:61] + "q", true, true, false, false}},
		{"a last character before the surrogates", []string{p[:61] + "\uD7FFa"}, bounds{p[:61] + "\uD7FF", p[:61] + "\uE000", true, true, false, false}},
		{"nothing is greater", []string{last + "x"}, bounds{last, "", true, false, false, false}},
		{"not UTF-8", []string{"\xff", "a"}, bounds{"a", "\xff", true, false, true, true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b byteBounds
			var s statistics
			for _, v := range tc.values {
				b.add([]byte(v))
			}
			b.set(&s)
			got := bounds{string(s.min), string(s.max), s.hasMin, s.hasMax, s.exactMin, s.exactMax}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestByteBoundsHold checks the bounds of random texts that differ late.
func TestByteBoundsHold(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	letters := []rune("ab\x00\x7f\u0080é\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff")
	for range 20_000 {
		var b byteBounds
		var s statistics
		var list [][]byte
		start := strings.Repeat(string(letters[rnd.IntN(len(letters))]), 20)[:rnd.IntN(2)*20]
		if !utf8.ValidString(start) {
			start = ""
		}
		start += strings.Repeat("x", 58-len(start)+rnd.IntN(4))
		for range 1 + rnd.IntN(4) {
			v := []byte(start)
			for range rnd.IntN(6) {
				v = utf8.AppendRune(v, letters[rnd.IntN(len(letters))])
			}
			list = append(list, v)
			b.add(v)
		}
		b.set(&s)
		exactMin, exactMax := false, false
		for _, v := range list {
			if !s.hasMin || bytes.Compare(v, s.min) < 0 || s.hasMax && bytes.Compare(v, s.max) > 0 {
				t.Fatalf("%q is not within %q (%v) and %q (%v)", v, s.min, s.hasMin, s.max, s.hasMax)
			}
			exactMin, exactMax = exactMin || bytes.Equal(v, s.min), exactMax || bytes.Equal(v, s.max)
		}
		if exactMin != s.exactMin || exactMax != s.exactMax && s.exactMax {
			t.Fatalf("%q: bounds %q (exact %v) and %q (exact %v)", list, s.min, s.exactMin, s.max, s.exactMax)
		}
		if len(s.min) > maxBound || len(s.max) > maxBound || !utf8.Valid(s.min) || !utf8.Valid(s.max) {
			t.Fatalf("bounds %q and %q are long or no text", s.min, s.max)
		}
	}
}
