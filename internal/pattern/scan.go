package pattern

import (
	"encoding/binary"
	"math/bits"
)

// space returns the position of the first byte from i that is no white space.
func (s *scanner) space(i int) int {
	for i < len(s.b) && s.b[i] <= ' ' && blank(s.b[i]) {
		i++
	}
	return i
}

// push adds a node and returns its number.
func (s *scanner) push(n node) int {
	s.nodes = append(s.nodes, n)
	return len(s.nodes) - 1
}

// object reads an object and its members; the caller has seen the brace, and sets the node's name.
func (s *scanner) object(i, depth int) int {
	at := s.push(node{kind: object})
	if depth++; depth > MaxDepth {
		s.err = errTooDeep
		return -1
	}
	if i = s.space(i + 1); i < len(s.b) && s.b[i] == '}' {
		s.nodes[at].next = uint32(len(s.nodes))
		return i + 1
	}
	for {
		if i >= len(s.b) || s.b[i] != '"' {
			return s.fault(i, "a name in double quotes")
		}
		name := i + 1
		end, escaped := s.str(i)
		if end < 0 {
			return -1
		}
		if i = s.space(end); i >= len(s.b) || s.b[i] != ':' {
			return s.fault(i, `":"`)
		}
		member := len(s.nodes)
		if i = s.value(s.space(i+1), depth); i < 0 {
			return -1
		}
		n := &s.nodes[member]
		if n.name, n.nameEnd = uint32(name), uint32(end-1); escaped {
			n.escapes |= inName
		}
		if i = s.space(i); i >= len(s.b) {
			return s.fault(i, `"," or "}"`)
		}
		switch s.b[i] {
		case ',':
			i = s.space(i + 1)
		case '}':
			s.nodes[at].next = uint32(len(s.nodes))
			return i + 1
		default:
			return s.fault(i, `"," or "}"`)
		}
	}
}

func (s *scanner) array(i, depth int) int {
	at := s.push(node{kind: array})
	if depth++; depth > MaxDepth {
		s.err = errTooDeep
		return -1
	}
	if i = s.space(i + 1); i < len(s.b) && s.b[i] == ']' {
		s.nodes[at].next = uint32(len(s.nodes))
		return i + 1
	}
	for {
		if i = s.value(i, depth); i < 0 {
			return -1
		}
		if i = s.space(i); i >= len(s.b) {
			return s.fault(i, `"," or "]"`)
		}
		switch s.b[i] {
		case ',':
			i = s.space(i + 1)
		case ']':
			s.nodes[at].next = uint32(len(s.nodes))
			return i + 1
		default:
			return s.fault(i, `"," or "]"`)
		}
	}
}

func (s *scanner) value(i, depth int) int {
	if i >= len(s.b) {
		return s.fault(i, "a value")
	}
	switch s.b[i] {
	case '"':
		end, escaped := s.str(i)
		if end < 0 {
			return -1
		}
		n := node{kind: text, text: uint32(i + 1), textEnd: uint32(end - 1), next: uint32(len(s.nodes) + 1)}
		if escaped {
			n.escapes = inText
		}
		s.push(n)
		return end
	case '{':
		return s.object(i, depth)
	case '[':
		return s.array(i, depth)
	case 't':
		return s.word(i, "true", boolTrue)
	case 'f':
		return s.word(i, "false", boolFalse)
	case 'n':
		return s.word(i, "null", null)
	}
	return s.number(i)
}

// In all eight bytes of a word.
const (
	ones    = 0x0101010101010101
	highs   = ones << 7
	quotes  = ones * '"'
	slashes = ones * '\\'
	spaces  = ones * ' '
)

// str reads a string and says whether it has escapes.
func (s *scanner) str(i int) (end int, escaped bool) {
	for i++; i < len(s.b); i++ {
		// A bit is set in the high bit of each byte that needs a look. Borrows make false ones, but only above a true
		// one, and the lowest is taken.
		for len(s.b)-i >= 8 {
			x := binary.LittleEndian.Uint64(s.b[i:])
			q, e := x^quotes, x^slashes
			if m := ((q-ones)&^q | (e-ones)&^e | (x-spaces)&^x) & highs; m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i == len(s.b) {
			break
		}
		switch c := s.b[i]; {
		case c == '"':
			return i + 1, escaped
		case c == '\\':
			escaped = true
			if i++; i == len(s.b) {
				return s.fault(i, "the rest of an escape"), false
			}
			switch s.b[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				for range 4 {
					if i++; i == len(s.b) || !hexadecimal(s.b[i]) {
						return s.fault(i, "a hexadecimal digit"), false
					}
				}
			default:
				return s.fault(i, "an escape"), false
			}
		case c < ' ':
			return s.fault(i, "a character of a string"), false
		}
	}
	return s.fault(i, "a closing double quote"), false
}

func (s *scanner) word(i int, word string, k kind) int {
	end := i + len(word)
	if end > len(s.b) || string(s.b[i:end]) != word {
		return s.fault(i, "a value")
	}
	s.push(node{kind: k, text: uint32(i), textEnd: uint32(end), next: uint32(len(s.nodes) + 1)})
	return end
}

func (s *scanner) number(i int) int {
	start := i
	if s.b[i] == '-' {
		i++
	}
	whole := i
	if i = s.digits(i); i == whole {
		return s.fault(i, "a value")
	} else if s.b[whole] == '0' && i > whole+1 {
		return s.fault(whole+1, "no digit after 0")
	}
	if i < len(s.b) && s.b[i] == '.' {
		point := i + 1
		if i = s.digits(point); i == point {
			return s.fault(i, "a digit")
		}
	}
	if i < len(s.b) && s.b[i]|0x20 == 'e' {
		i++
		if i < len(s.b) && (s.b[i] == '+' || s.b[i] == '-') {
			i++
		}
		exp := i
		if i = s.digits(exp); i == exp {
			return s.fault(i, "a digit")
		}
	}
	s.push(node{kind: number, text: uint32(start), textEnd: uint32(i), next: uint32(len(s.nodes) + 1)})
	return i
}

func (s *scanner) digits(i int) int {
	for i < len(s.b) && digit(s.b[i]) {
		i++
	}
	return i
}
