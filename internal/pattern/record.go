package pattern

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxRecord is the most bytes of a record that JSON patterns look at. CloudTrail's own limit is 1 MB, and what is
// above 256 KB never reaches CloudWatch Logs.
const MaxRecord = 16 << 20

// MaxDepth is how many objects and arrays may stand in each other: what encoding/json accepts.
const MaxDepth = 10_000

// Record is a view of one log event that many patterns can look at: its JSON is parsed once, into positions, and
// nothing of it is copied. The zero value is a record without JSON. After Reset it does not change, and any number of
// goroutines may read it.
type Record struct {
	raw     []byte
	nodes   []node
	table   [slots]uint32 // members of the root, each at its name's slot or in the full slots after it; 0 is none
	crowded bool          // the root has too many members for the table
}

// node is a value in document order. The first one is the root; the children of a container follow it.
type node struct {
	name, nameEnd uint32 // of a member, between the quotes
	text, textEnd uint32 // of a string, between the quotes; of a number or literal, all of it
	next          uint32 // the first node that is not inside this one
	kind          kind
	escapes       escapes
}

type kind byte

const (
	object kind = iota
	array
	text
	number
	boolTrue
	boolFalse
	null
)

type escapes byte

const (
	inName escapes = 1 << iota
	inText
)

// slots is the size of a record's table. At most half of it is used: CloudTrail's records have some 30 members.
const slots = 128

// slot returns where in the table a name belongs.
func slot[T string | []byte](name T) uint8 {
	n := len(name)
	if n == 0 {
		return 0
	}
	return uint8(n*5+int(name[0])*3+int(name[n/2])*17+int(name[n-1])*29) % slots
}

var (
	errTooLong = errors.New("longer than " + strconv.Itoa(MaxRecord) + " bytes")
	errTooDeep = errors.New("more than " + strconv.Itoa(MaxDepth) + " levels")
)

// Reset makes r a view of raw, which must not change as long as r is used. The error says why raw is not one JSON
// object, with blanks around it at most; r is then text, which patterns of terms and space-delimited ones can match
// and JSON patterns never do.
func (r *Record) Reset(raw []byte) error {
	r.clear(raw)
	if len(raw) > MaxRecord {
		return errTooLong
	}
	s := scanner{b: raw, nodes: r.nodes}
	i := s.space(0)
	if i == len(raw) || raw[i] != '{' {
		i = s.fault(i, "an object")
	} else if i = s.object(i, 0); i >= 0 {
		if i = s.space(i); i < len(raw) {
			i = s.fault(i, "nothing after the object")
		}
	}
	r.nodes = s.nodes
	if i < 0 {
		r.nodes = s.nodes[:0]
		return s.err
	}
	r.index()
	return nil
}

// ResetAt makes r a view of the JSON object that begins with the byte at start of data, and returns the position after it,
// whatever stands there: so a log file can be read in one pass. The error says why there is none; r is then a view of
// nothing.
func (r *Record) ResetAt(data []byte, start int) (end int, err error) {
	r.clear(nil)
	b := data[min(start, len(data)):]
	cut := len(b) > MaxRecord
	if cut {
		b = b[:MaxRecord]
	}
	s := scanner{b: b, nodes: r.nodes}
	i := 0
	if len(b) == 0 || b[0] != '{' {
		i = s.fault(0, "an object")
	} else {
		i = s.object(0, 0)
	}
	r.nodes = s.nodes
	if i < 0 {
		r.nodes = s.nodes[:0]
		if cut && s.at == len(b) {
			return 0, errTooLong
		}
		return 0, s.err
	}
	r.raw = b[:i:i]
	r.index()
	return start + i, nil
}

func (r *Record) clear(raw []byte) {
	r.raw = raw
	r.nodes = r.nodes[:0]
	r.table = [slots]uint32{}
	r.crowded = false
}

// index fills the table.
func (r *Record) index() {
	count := 0
	for i := uint32(1); i < r.nodes[0].next; i = r.nodes[i].next {
		if count++; count > slots/2 {
			r.crowded = true
			return
		}
		name := r.name(&r.nodes[i])
		at := slot(name)
		for r.table[at] != 0 && string(r.name(&r.nodes[r.table[at]])) != string(name) {
			at = (at + 1) % slots
		}
		r.table[at] = i
	}
}

// Raw returns what the record is a view of.
func (r *Record) Raw() []byte { return r.raw }

// name returns a member's name.
func (r *Record) name(n *node) []byte {
	b := r.raw[n.name:n.nameEnd]
	if n.escapes&inName != 0 {
		return unescape(b)
	}
	return b
}

// text returns a scalar's text.
func (r *Record) text(n *node) []byte {
	b := r.raw[n.text:n.textEnd]
	if n.escapes&inText != 0 {
		return unescape(b)
	}
	return b
}

func (r *Record) isNamed(n *node, name string) bool {
	if n.escapes&inName != 0 {
		return string(unescape(r.raw[n.name:n.nameEnd])) == name
	}
	return int(n.nameEnd-n.name) == len(name) && string(r.raw[n.name:n.nameEnd]) == name
}

// member returns the last member of the object at node i with that name, or 0.
func (r *Record) member(i uint32, s *step) uint32 {
	if i == 0 && !r.crowded {
		at := s.slot
		for r.table[at] != 0 && !r.isNamed(&r.nodes[r.table[at]], s.name) {
			at = (at + 1) % slots
		}
		return r.table[at]
	}
	if r.nodes[i].kind != object {
		return 0
	}
	found := uint32(0)
	for at := i + 1; at < r.nodes[i].next; at = r.nodes[at].next {
		if r.isNamed(&r.nodes[at], s.name) {
			found = at
		}
	}
	return found
}

// element returns element n of the array at node i, or 0.
func (r *Record) element(i uint32, n int) uint32 {
	if r.nodes[i].kind != array {
		return 0
	}
	for at := i + 1; at < r.nodes[i].next; at = r.nodes[at].next {
		if n == 0 {
			return at
		}
		n--
	}
	return 0
}

// unescape returns a JSON string's text. Halves of surrogate pairs become U+FFFD, as in encoding/json.
func unescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			out = append(out, b[i])
			continue
		}
		i++
		switch b[i] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			c := unit(b[i+1:])
			i += 4
			if utf16.IsSurrogate(c) {
				pair := rune(utf8.RuneError)
				if len(b)-i > 6 && b[i+1] == '\\' && b[i+2] == 'u' {
					pair = utf16.DecodeRune(c, unit(b[i+3:]))
				}
				if c = pair; pair != utf8.RuneError {
					i += 6
				}
			}
			out = utf8.AppendRune(out, c)
		default:
			out = append(out, b[i])
		}
	}
	return out
}

// unit returns the number that four hexadecimal digits are.
func unit(b []byte) rune {
	var n rune
	for _, c := range b[:4] {
		switch {
		case c <= '9':
			n = n<<4 | rune(c-'0')
		default:
			n = n<<4 | rune(c|0x20-'a'+10)
		}
	}
	return n
}

// scanner reads JSON into nodes. Its methods take the position of what they read, and return the position after it, or
// -1 with err set.
type scanner struct {
	b     []byte
	nodes []node
	at    int // where the fault is
	err   error
}

func (s *scanner) fault(i int, want string) int {
	found := "the end"
	if i < len(s.b) {
		found = strconv.QuoteToASCII(string(s.b[i : i+1]))
	}
	s.at, s.err = i, fmt.Errorf("byte %d: expected %s, found %s", i, want, found)
	return -1
}
