package event

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

// chunk is how many bytes a Stream reads at once, at least.
const chunk = 256 << 10

// window is the part of the input that is in memory. Positions are indexes of buf; what is before mark may be dropped,
// and positions change by as much, whenever more is read: only mark and pos follow.
type window struct {
	src   io.Reader // nil when buf is the whole input
	buf   []byte
	base  int // offset of buf[0] in the input
	mark  int // where the value begins that is being looked at
	pos   int
	max   int   // bytes of one value
	chunk int   // free bytes to read into, at least
	fence int   // offset in the input that no value may pass; 0: none
	ended bool  // nothing follows buf
	later error // of src, which is told when what was read before is used up
	err   error // of src, told
}

// view returns what of the window the value at mark may take.
func (w *window) view() []byte {
	n := min(len(w.buf), w.mark+w.max)
	if w.fence > 0 {
		n = min(n, w.fence-w.base)
	}
	return w.buf[:n]
}

// more makes the view larger and says whether it could. It moves what is in memory even when it could not. Of a long
// value it reads a good part at once: each time, the value is looked at again from its beginning.
func (w *window) more() bool {
	if w.ended || len(w.view()) < len(w.buf) || len(w.buf) == w.mark+w.max {
		return false
	}
	if w.later != nil {
		w.err = w.later
		return false
	}
	if w.mark > 0 {
		n := copy(w.buf, w.buf[w.mark:])
		w.buf = w.buf[:n]
		w.base += w.mark
		w.pos -= w.mark
		w.mark = 0
	}
	if cap(w.buf)-len(w.buf) < w.chunk {
		grown := make([]byte, len(w.buf), 2*len(w.buf)+w.chunk)
		copy(grown, w.buf)
		w.buf = grown
	}
	before := len(w.buf)
	want := 1
	if before > 64<<10 {
		want = before / 8
	}
	for idle := 0; len(w.buf)-before < want && !w.ended && w.later == nil; idle++ {
		n, err := w.src.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		switch {
		case err == io.EOF:
			w.ended = true
		case err != nil:
			w.later = err
		case n > 0:
			idle = 0
		case idle == 100:
			w.later = io.ErrNoProgress
		}
	}
	if len(w.buf) == before {
		w.err = w.later
		return false
	}
	return true
}

// peek moves pos to the next byte that is no white space and returns it, 0 when there is none in the view.
func (w *window) peek() byte {
	for {
		b := w.view()
		if w.pos = space(b, w.pos); w.pos < len(b) {
			return b[w.pos]
		}
		if !w.more() {
			return 0
		}
	}
}

// next is peek that drops what is before the byte.
func (w *window) next() byte {
	for {
		b := w.view()
		w.pos = space(b, w.pos)
		w.mark = w.pos
		if w.pos < len(b) {
			return b[w.pos]
		}
		if w.pos == len(w.view()) && !w.more() {
			return 0
		}
	}
}

// lineBreak returns where the line ends that pos is in, when its end is in memory.
func (w *window) lineBreak() (at int, ok bool) {
	i := bytes.IndexByte(w.buf[w.pos:], '\n')
	return w.pos + i, i >= 0
}

// rest returns where, from pos on, the last line break is before a line that may begin a value, with a brace, a bracket,
// a digit or a byte order mark: the end of the view, or of the input, when there is none before.
func (w *window) rest() int {
	for from := w.pos - w.mark; ; {
		b := w.view()
		i := bytes.IndexByte(b[w.mark+from:], '\n')
		switch at := w.mark + from + i + 1; {
		case i >= 0 && at < len(b) && begins(b[at]):
			return at - 1
		case i >= 0 && at < len(b):
			from = at - w.mark
			continue
		case i < 0:
			from = len(b) - w.mark
		default:
			from = len(b) - 1 - w.mark // at the line break
		}
		if !w.more() {
			return w.mark + len(bytes.TrimSuffix(w.view()[w.mark:], []byte("\n")))
		}
	}
}

// resume drops lines, the one that pos is in first, up to one that may begin a value, and says whether there is one.
func (w *window) resume() bool {
	for {
		i := bytes.IndexByte(w.buf[w.pos:], '\n')
		if i < 0 {
			w.pos = len(w.buf)
		} else {
			w.pos += i + 1
		}
		w.mark = w.pos
		if w.pos == len(w.buf) && !w.more() {
			return false
		}
		if i >= 0 && begins(w.buf[w.pos]) {
			return true
		}
	}
}

func begins(c byte) bool {
	return c == '{' || c == '[' || c >= '0' && c <= '9' || c == byteOrderMark[0]
}

// The ways to pass over something.
type step byte

const (
	stepKey     step = iota // the name of a member
	stepColon               // what is between it and its value
	stepValue               // a value, by the grammar
	stepBalance             // an object, by its brackets
)

// pass moves pos over something at pos. When it returns false, what is there is broken: failed has where and why.
func (s *splitter) pass(what step) bool {
	for {
		b, end := s.view(), -1
		switch what {
		case stepKey:
			end = s.key(b, s.pos)
		case stepColon:
			end = s.colon(b, s.pos)
		case stepValue:
			end = s.value(b, s.pos)
		case stepBalance:
			end = s.balance(b, s.pos)
		}
		if end == len(b) && what == stepValue && s.more() {
			continue // a number may go on
		}
		if end >= 0 {
			s.pos = end - len(b) + len(s.view())
			return true
		}
		if s.at < len(b) {
			return s.fail(s.at, s.want)
		}
		if !s.more() {
			return s.fail(len(s.view()), s.want)
		}
	}
}

// fail notes that something else than what was wanted is at the position, and returns false.
func (s *splitter) fail(at int, want string) bool {
	b := s.view()
	reason := ""
	s.at, s.want = at, want
	if at >= len(b) && at == s.mark+s.max {
		reason = fmt.Sprintf("longer than %d bytes", s.max)
	} else if at >= len(b) && s.fence > 0 && at == s.fence-s.base {
		reason = "expected " + want + ", found the end of the line"
	} else {
		reason = s.describe(b)
	}
	s.failed = Fault{Offset: s.base + at, Reason: reason}
	return false
}

// balance passes over an object or array and looks at nothing but brackets and quotes: what is broken inside one
// record is left to Parse, and does not end the records after it.
func (s *scanner) balance(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			if i = endOfText(b, i+1); i == len(b) {
				return s.fault(len(b), "the end of a string")
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				return i + 1
			}
		}
	}
	return s.fault(len(b), "the end of an object or array")
}

// endOfText returns the position of the quote that ends the string in which i is, or len(b).
func endOfText(b []byte, i int) int {
	for {
		for len(b)-i >= 8 {
			x := binary.LittleEndian.Uint64(b[i:])
			q, e := x^quotes, x^slashes
			if m := ((q-ones)&^q | (e-ones)&^e) & highs; m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		switch {
		case i >= len(b):
			return len(b)
		case b[i] == '"':
			return i
		case b[i] == '\\':
			i += 2
		default:
			i++
		}
	}
}
