package parquet

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// maxBound is the most bytes of a bound of a column of Bytes. Every file's footer holds them, and a query reads all
// footers.
const maxBound = 64

// statistics are what the footer says of a column in a row group.
type statistics struct {
	nulls              int64
	min, max           []byte
	hasMin, hasMax     bool
	exactMin, exactMax bool
}

// byteBounds finds the least and greatest of values of Bytes, of which it keeps the first maxBound bytes.
type byteBounds struct {
	lo, hi         []byte
	loWhole, hiCut bool // a value is lo exactly; a value that starts with hi is longer
	any            bool
}

func (b *byteBounds) reset() { *b = byteBounds{lo: b.lo[:0], hi: b.hi[:0]} }

func (b *byteBounds) add(v []byte) {
	cut := len(v) > maxBound
	if cut {
		v = v[:maxBound]
	}
	if !b.any {
		b.lo, b.hi = append(b.lo[:0], v...), append(b.hi[:0], v...)
		b.any, b.loWhole, b.hiCut = true, !cut, cut
		return
	}
	switch c := bytes.Compare(v, b.lo); {
	case c < 0:
		b.lo, b.loWhole = append(b.lo[:0], v...), !cut
	case c == 0 && !cut:
		b.loWhole = true
	}
	switch c := bytes.Compare(v, b.hi); {
	case c > 0:
		b.hi, b.hiCut = append(b.hi[:0], v...), cut
	case c == 0 && cut:
		b.hiCut = true
	}
}

// set puts the bounds into s. A bound that was cut is a prefix of the least value, and the least text greater than all that
// start like the greatest, both in whole characters; where there is none, there is no bound.
func (b *byteBounds) set(s *statistics) {
	if !b.any {
		return
	}
	s.exactMin, s.exactMax = b.loWhole, !b.hiCut
	s.min, s.max = b.lo, b.hi
	if !b.loWhole {
		s.min = wholeRunes(b.lo)
	}
	if b.hiCut {
		s.max = next(wholeRunes(b.hi))
	}
	s.hasMin = utf8.Valid(s.min)
	s.hasMax = utf8.Valid(s.max) && (len(s.max) > 0 || !b.hiCut)
}

// wholeRunes returns v without the start of a character at its end.
func wholeRunes(v []byte) []byte {
	for i := len(v) - 1; i >= 0 && i >= len(v)-utf8.UTFMax; i-- {
		if utf8.RuneStart(v[i]) {
			if !utf8.FullRune(v[i:]) {
				return v[:i]
			}
			break
		}
	}
	return v
}

// next returns a text that is greater than every text that starts with v, not longer than v, and empty when there is none.
// It changes v.
func next(v []byte) []byte {
	for len(v) > 0 {
		r, n := utf8.DecodeLastRune(v)
		v = v[:len(v)-n]
		if r == 0xD7FF { // what follows up to 0xDFFF are no characters
			r = 0xDFFF
		}
		if !(r == utf8.RuneError && n == 1) && utf8.RuneLen(r+1) == n {
			return utf8.AppendRune(v, r+1)
		}
	}
	return nil
}

// intBounds finds the least and greatest of numbers.
type intBounds struct {
	lo, hi int64
	any    bool
}

func (b *intBounds) add(v int64) {
	if !b.any {
		*b = intBounds{v, v, true}
		return
	}
	b.lo, b.hi = min(b.lo, v), max(b.hi, v)
}

// set puts the bounds into s, as numbers of size bytes.
func (b *intBounds) set(s *statistics, size int) {
	if !b.any {
		return
	}
	s.min = binary.LittleEndian.AppendUint64(nil, uint64(b.lo))[:size]
	s.max = binary.LittleEndian.AppendUint64(nil, uint64(b.hi))[:size]
	s.hasMin, s.hasMax, s.exactMin, s.exactMax = true, true, true, true
}
