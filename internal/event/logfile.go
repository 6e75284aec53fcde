package event

import (
	"bytes"
	"iter"
)

// logHead is how CloudTrail's log files begin.
var logHead = []byte(`{"Records":[`)

// Records yields what Split does. Of a log file as CloudTrail writes it, it reads each byte once: those items are Parsed,
// which means that r holds them, as after Parse. From the first byte on that is not as CloudTrail writes it, items are
// Split's, and the caller parses them.
func (p *Parser) Records(data []byte, r *Record) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		n, done := p.log(data, r, yield)
		if done {
			return
		}
		for item, err := range Split(data) {
			if item.Number < n && err == nil {
				continue // it was yielded
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

// log yields the records of a log file up to the first byte that is not as it should be. done: there is no such byte, or
// nobody wants more.
func (p *Parser) log(data []byte, r *Record, yield func(Item, error) bool) (n int, done bool) {
	if !bytes.HasPrefix(data, logHead) {
		return 0, false
	}
	i := space(data, len(logHead))
	for first := true; ; first = false {
		if i >= len(data) {
			return n, false
		}
		if c := data[i]; c == ']' {
			break
		} else if !first {
			if c != ',' {
				return n, false
			}
			i = space(data, i+1)
		}
		if i >= len(data) || data[i] != '{' {
			return n, false
		}
		p.begin(r)
		end := p.object(data, i+1, root, r)
		if end < 0 || end-i > MaxRecord {
			return n, false
		}
		raw := data[i:end:end]
		p.finish(r)
		if r.Reasons != 0 {
			r.keep(raw)
		}
		if !yield(Item{Number: n, Raw: raw, Wrapping: Records, Parsed: true}, nil) {
			return n, true
		}
		n++
		i = space(data, end)
	}
	i = space(data, i+1)
	return n, i < len(data) && data[i] == '}' && space(data, i+1) == len(data)
}
