package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// ErrNotLogs is wrapped by the Fault of input that is known, or seen, to be something else than CloudTrail's records: a
// digest file, what AWS Config writes, an object without any member of a record.
var ErrNotLogs = errors.New("not CloudTrail records")

// Wrapping is what a record was found in.
type Wrapping byte

// The wrappings.
const (
	Bare        Wrapping = iota // by itself: a line, or an element of an array
	Records                     // {"Records": […]}: CloudTrail's log files
	Lookup                      // `aws cloudtrail lookup-events`, whole or an event a line
	EventBridge                 // the detail of an event that EventBridge delivers
	LogMessage                  // CloudWatch Logs: subscriptions, get-log-events, filter-log-events
	LogExport                   // CloudWatch Logs: lines of an export to S3, each with its time before it
)

func (w Wrapping) String() string {
	return [...]string{"bare", "records", "lookup-events", "eventbridge", "log message", "log export"}[w]
}

// Item is one record in the input.
type Item struct {
	Number   int    // from 0; Faults have numbers too, of the same sequence
	Raw      []byte // its bytes, without white space around them
	Wrapping Wrapping
	Parsed   bool // by Records: the caller has its Record already
}

// Split yields the records of data, in order, each as the bytes that Parse takes. They may be wrapped in any of the ways
// that Wrapping names, be elements of an array or stand one after the other, as in NDJSON; ways may be mixed. Records
// need not be valid: one that is broken inside, where its end can still be told, is yielded for Parse to refuse.
//
// Errors are *Fault. One stands for all bytes from the last Item or Fault up to the next; its Item's Raw has those of
// them that could have been a record, MaxRecord at most, and is nil when there are none. After a broken element of an array Split goes
// on with the next, if there is no doubt where that is, and else with the next line that begins with a brace, a bracket
// or a digit. Input without a value is a fault too; a wrapping without records is none.
//
// Raw is a part of data, but for records that were strings in their wrapping.
func Split(data []byte) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		s := splitter{window: window{buf: data, max: MaxRecord, ended: true}, yield: yield}
		s.run()
	}
}

// Stream is Split for input of any length, of which it holds little more than one record at a time: max is the most
// bytes of one, MaxRecord when it is not positive. Raw is good until the next record. An error that is no *Fault is
// r's, wrapped, and the last.
func Stream(r io.Reader, max int) iter.Seq2[Item, error] {
	if max <= 0 {
		max = MaxRecord
	}
	return func(yield func(Item, error) bool) {
		s := splitter{window: window{src: r, max: max, chunk: chunk}, yield: yield}
		s.run()
	}
}

type splitter struct {
	window
	scanner
	yield  func(Item, error) bool
	number int
	failed Fault // set before a result of broken or cut
	// until: a value that began before this offset was found broken at it. The lines between are looked at again, and
	// values in them must not pass the ends of their lines: hostile input could have each byte read many times.
	until int
	tried int // up to this offset balanced looked, and found no end
}

// result says how far something got.
type result byte

const (
	done   result = iota
	stop          // whoever ranges has enough, or the reader failed
	broken        // the value at mark is broken, and nothing of it was yielded
	cut           // something in the value is broken, and pos is after what was yielded of it
)

// maxNesting is how many arrays and wrappings may be in one another.
const maxNesting = 4

var byteOrderMark = []byte("\ufeff")

func (s *splitter) run() {
	empty, faulty := true, false
	for {
		c := s.next()
		switch {
		case s.err != nil:
			s.yield(Item{}, fmt.Errorf("read records: %w", s.err))
			return
		case c == 0 && len(s.view()) == s.pos:
			if empty {
				s.failed = Fault{Offset: s.base + s.pos, Reason: "no records and no other value"}
				s.give(nil, &s.failed)
			}
			return
		case c == byteOrderMark[0] && s.skipMark():
			continue
		case faulty && (c == ',' || c == ']' || c == '}'): // what is left of what was broken
			s.pos++
			continue
		}
		empty = false
		if s.base+s.pos < s.until {
			if end, ok := s.lineBreak(); ok && s.base+end < s.until {
				s.fence = s.base + end
			}
		}
		switch s.top(c) {
		case stop:
			return
		case broken, cut:
			faulty = true
			if s.err == nil && !s.report() {
				return
			}
		}
		s.fence = 0
	}
}

// skipMark passes over a byte order mark.
func (s *splitter) skipMark() bool {
	for len(s.view())-s.pos < len(byteOrderMark) && s.more() {
	}
	if !bytes.HasPrefix(s.view()[s.pos:], byteOrderMark) {
		return false
	}
	s.pos += len(byteOrderMark)
	return true
}

// give yields bytes, and the fault when it is not nil.
func (s *splitter) give(raw []byte, f *Fault) result {
	return s.giveWrapped(raw, Bare, f)
}

func (s *splitter) giveWrapped(raw []byte, w Wrapping, f *Fault) result {
	item := Item{Number: s.number, Raw: raw[:len(raw):len(raw)], Wrapping: w}
	s.number++
	var err error
	if f != nil {
		f := *f
		f.Number = item.Number
		err = &f
	}
	if !s.yield(item, err) {
		return stop
	}
	return done
}

// report yields what failed with the bytes that it stands for, and moves to where a value may begin after them. It
// returns false to stop.
func (s *splitter) report() bool {
	failed := s.failed
	s.until = max(s.until, failed.Offset)
	s.fence = 0
	s.pos = s.mark
	end := s.rest()
	if s.err != nil {
		return true
	}
	raw := bytes.TrimRight(s.buf[s.mark:end], " \t\r\n")
	if len(raw) == 0 {
		raw = nil
	}
	s.pos = end
	return s.give(raw, &failed) != stop && (s.resume() || s.err != nil)
}

// top takes apart the value that begins with c.
func (s *splitter) top(c byte) result {
	if c < '0' || c > '9' {
		return s.any(c, Bare, 0)
	}
	for len(s.view())-s.pos < len("2006-01-02T15:04:05.000000000+00:00 ") && s.more() {
	}
	b := s.view()[s.pos:]
	i := bytes.IndexByte(b, ' ')
	if i >= 0 {
		_, _, ok := parseTime(b[:i])
		if ok && i+1 < len(b) && b[i+1] == '{' {
			s.pos += i + 1
			s.mark = s.pos
			return s.object(LogExport, 0)
		}
	}
	s.fail(s.pos, "an object or array")
	return broken
}

// any takes apart the value at pos, which begins with c and may be a record or hold records. w is what it was found in.
func (s *splitter) any(c byte, w Wrapping, nesting int) result {
	switch {
	case c == '{':
		return s.object(w, nesting)
	case c == '[' && nesting < maxNesting:
		return s.array(s.any, w, nesting+1)
	case c == '"' && nesting > 0: // what `--query 'Events[].CloudTrailEvent'` leaves
		if !s.pass(stepValue) {
			return broken
		}
		return s.text(span{0, s.pos - s.mark}, Lookup)
	case c == '[':
		s.fail(s.pos, "fewer arrays in one another")
	default:
		s.fail(s.pos, "an object or array")
	}
	return broken
}

// array hands each element of the array at pos, where mark is too, to take.
func (s *splitter) array(take func(c byte, w Wrapping, nesting int) result, w Wrapping, nesting int) result {
	s.pos++
	for first := true; ; first = false {
		c := s.next()
		if c == ']' {
			s.pos++
			s.mark = s.pos
			return done
		}
		if !first {
			if c != ',' {
				s.fail(s.pos, `"," or "]"`)
				return cut
			}
			s.pos++
			c = s.next()
		}
		if s.pos == len(s.view()) {
			s.fail(s.pos, "a value")
			return cut
		}
		switch r := take(c, w, nesting); r {
		case stop, cut:
			return r
		case broken:
			failed := s.failed
			s.pos = s.mark
			if c != '{' && c != '[' || !s.balanced() {
				s.failed = failed
				return cut
			}
			if s.give(s.buf[s.mark:s.pos], &failed) == stop {
				return stop
			}
		}
		s.mark = s.pos
	}
}

// balanced passes over a broken object or array, if its end can be told. What was looked through in vain is not looked
// through again.
func (s *splitter) balanced() bool {
	if s.fence == 0 && s.base+s.pos < s.tried {
		return false
	}
	if s.pass(stepBalance) {
		return true
	}
	s.tried = s.base + len(s.view())
	return false
}

// record yields an element of Records.
func (s *splitter) record(c byte, w Wrapping, _ int) result {
	what := stepValue
	if c == '{' {
		what = stepBalance
	}
	if !s.pass(what) {
		return broken
	}
	return s.giveWrapped(s.buf[s.mark:s.pos], w, nil)
}

// drop passes over an element that is of no interest.
func (s *splitter) drop(byte, Wrapping, int) result {
	if !s.pass(stepValue) {
		return broken
	}
	return done
}

// text yields what the JSON string of which span has the quotes says.
func (s *splitter) text(v span, w Wrapping) result {
	raw, _ := appendText(nil, s.buf[s.mark+v.from+1:s.mark+v.to-1])
	return s.giveWrapped(bytes.TrimSpace(raw), w, nil)
}

// span is a part of the value at mark, relative to it.
type span struct{ from, to int }
