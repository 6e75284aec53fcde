package event

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// maxDepth is how deep values may be nested: what encoding/json accepts.
const maxDepth = 10_000

// odd says what is not plain ASCII in the strings that a scanner passed.
type odd uint8

const (
	oddEscape odd = 1 << iota // a backslash
	oddHigh                   // a byte of 0x80 or more
	oddLone                   // \u with one half of a surrogate pair
)

// scanner passes over JSON as RFC 8259 has it and stops at the first byte that breaks it. Like encoding/json, and
// unlike the RFC, it takes any bytes in strings, and tells in odd what may be wrong with them.
//
// Its methods take the bytes and a position and return the next one, or -1 after a fault. A fault at the very end of
// the bytes says that they are cut short, not wrong.
type scanner struct {
	at      int    // position of the fault
	want    string // what was expected there
	odd     odd    // of all strings since it was last cleared
	deepest int    // levels of the last value
	stack   [maxDepth/64 + 1]uint64
}

func (s *scanner) fault(at int, want string) int {
	s.at, s.want = at, want
	return -1
}

// space returns the position of the next byte that is no white space.
func space(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// In all eight bytes of a word.
const (
	ones    = 0x0101010101010101
	highs   = ones << 7
	quotes  = ones * '"'
	slashes = ones * '\\'
	spaces  = ones * ' '
)

// str passes over a string from the byte after its opening quote and returns the position of its closing quote.
func (s *scanner) str(b []byte, i int) int {
	for {
		// A bit is set in the high bit of each byte that needs a look. Borrows make false ones, but only above a
		// true one, and the lowest is taken.
		for len(b)-i >= 8 {
			x := binary.LittleEndian.Uint64(b[i:])
			q, e := x^quotes, x^slashes
			m := ((q-ones)&^q | (e-ones)&^e | (x-spaces)&^x | x) & highs
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(b) {
			return s.fault(len(b), "the end of a string")
		}
		switch c := b[i]; {
		case c == '"':
			return i
		case c == '\\':
			if i = s.escape(b, i); i < 0 {
				return -1
			}
		case c < ' ':
			return s.fault(i, "no control character in a string")
		case c >= utf8.RuneSelf:
			s.odd |= oddHigh
			for i < len(b) && b[i] >= utf8.RuneSelf {
				i++
			}
		default:
			i++ // one of the last seven
		}
	}
}

// escape passes over a backslash and what belongs to it; both halves of a surrogate pair belong together.
func (s *scanner) escape(b []byte, i int) int {
	s.odd |= oddEscape
	if i+1 >= len(b) {
		return s.fault(len(b), "an escaped character")
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		r, bad := hex4(b, i+2)
		if bad >= 0 {
			return s.fault(bad, "four hexadecimal digits")
		}
		i += 6
		if r < 0xd800 || r > 0xdfff {
			return i
		}
		if r < 0xdc00 && i+1 < len(b) && b[i] == '\\' && b[i+1] == 'u' {
			if low, bad := hex4(b, i+2); bad < 0 && low >= 0xdc00 && low <= 0xdfff {
				return i + 6
			}
		}
		s.odd |= oddLone
		return i
	}
	return s.fault(i+1, "an escaped character")
}

// hex4 returns the number that four hexadecimal digits say, or the position of what is none, else -1.
func hex4(b []byte, i int) (r rune, bad int) {
	for end := i + 4; i < end; i++ {
		if i >= len(b) {
			return 0, len(b)
		}
		c := b[i]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, i
		}
		r = r<<4 | rune(c)
	}
	return r, -1
}

// value passes over one value of any type, white space before it included. It counts in deepest how many objects and
// arrays were open at once.
func (s *scanner) value(b []byte, i int) int {
	depth := 0
	object := false // what is open
	s.deepest = 0
value:
	i = space(b, i)
	if i >= len(b) {
		return s.fault(len(b), "a value")
	}
	switch c := b[i]; c {
	case '"':
		if i = s.str(b, i+1); i < 0 {
			return -1
		}
		i++
	case '{', '[':
		if depth == maxDepth {
			return s.fault(i, "no deeper nesting")
		}
		object = c == '{'
		s.push(depth, object)
		depth++
		s.deepest = max(s.deepest, depth)
		i = space(b, i+1)
		if i >= len(b) {
			return s.fault(len(b), "the end of an object or array")
		}
		if b[i] == c+2 { // "}" follows "{" by two in ASCII, and "]" follows "["
			goto after
		}
		if object {
			goto key
		}
		goto value
	case 't':
		i = s.literal(b, i, "true")
	case 'f':
		i = s.literal(b, i, "false")
	case 'n':
		i = s.literal(b, i, "null")
	default:
		i = s.number(b, i)
	}
	if i < 0 {
		return -1
	}
after:
	if depth == 0 {
		return i
	}
	i = space(b, i)
	if i >= len(b) {
		return s.fault(len(b), "the end of an object or array")
	}
	switch c := b[i]; {
	case c == ',' && object:
		i++
		goto key
	case c == ',':
		i++
		goto value
	case c == '}' && object || c == ']' && !object:
		i++
		depth--
		object = depth > 0 && s.isObject(depth-1)
		goto after
	case object:
		return s.fault(i, `"," or "}"`)
	}
	return s.fault(i, `"," or "]"`)
key:
	if i = s.key(b, i); i < 0 {
		return -1
	}
	if i = s.colon(b, i); i < 0 {
		return -1
	}
	goto value
}

// key passes over the name of a member, white space before it included.
func (s *scanner) key(b []byte, i int) int {
	i = space(b, i)
	if i >= len(b) || b[i] != '"' {
		return s.fault(min(i, len(b)), "the name of a member")
	}
	if i = s.str(b, i+1); i < 0 {
		return -1
	}
	return i + 1
}

// colon passes over the colon after a name and white space around it.
func (s *scanner) colon(b []byte, i int) int {
	i = space(b, i)
	if i >= len(b) || b[i] != ':' {
		return s.fault(min(i, len(b)), `":"`)
	}
	return space(b, i+1)
}

func (s *scanner) push(depth int, object bool) {
	bit := uint64(1) << (depth & 63)
	if object {
		s.stack[depth>>6] |= bit
	} else {
		s.stack[depth>>6] &^= bit
	}
}

func (s *scanner) isObject(depth int) bool { return s.stack[depth>>6]>>(depth&63)&1 != 0 }

func (s *scanner) literal(b []byte, i int, word string) int {
	for j := range len(word) {
		if i+j >= len(b) || b[i+j] != word[j] {
			return s.fault(min(i+j, len(b)), word)
		}
	}
	return i + len(word)
}

func (s *scanner) number(b []byte, i int) int {
	start := i
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i >= len(b):
		return s.fault(len(b), "a digit")
	case b[i] == '0':
		i++
	case b[i] >= '1' && b[i] <= '9':
		i = digits(b, i)
	case i == start:
		return s.fault(i, "a value")
	default:
		return s.fault(i, "a digit")
	}
	if i < len(b) && b[i] == '.' {
		j := digits(b, i+1)
		if j == i+1 {
			return s.fault(min(j, len(b)), "a digit")
		}
		i = j
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		j := digits(b, i)
		if j == i {
			return s.fault(min(j, len(b)), "a digit")
		}
		i = j
	}
	return i
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}
