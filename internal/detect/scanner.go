package detect

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/pattern"
)

// Place says where records are from.
type Place struct {
	Source string // object key or file
	State  string // what validation says of it: event.Verified and so on; empty where it was not asked
	SHA256 string // of its content, in hex; empty where nothing will be compared with it
	Origin event.Origin
}

// Hit is a match, with the rule that found it.
type Hit struct {
	finding.Match
	Rule *Rule
	// Others are the ids of the other events that made it, the earliest first, for rules over time; of an event without
	// an id it is the source, a # and the record's position.
	Others []string
}

// Malformed says what could not be judged. It is an error.
type Malformed struct {
	Source string `json:"source"`
	Record int    `json:"record"` // its position, from 0
	Offset int    `json:"offset"` // of the byte in the source, or in the record where that is known to be one
	Reason string `json:"reason"`
}

func (m *Malformed) Error() string {
	return fmt.Sprintf("%q: record %d, byte %d: %s", m.Source, m.Record, m.Offset, m.Reason)
}

// Scanner runs a set over records. It may be used by one goroutine at a time. It leaves rules over time out: those are
// for Backtest and Live.
type Scanner struct {
	core
}

// Scanner returns a scanner that judges what the filter lets through.
func (s *Set) Scanner(f Filter) *Scanner { return &Scanner{core{set: s, filter: f.compiled()}} }

// File yields the hits in the bytes of a log file, inflated, or of anything that event.Split knows; record by record, and
// of one record in the order of the rules. An error is a *Malformed, and the next record follows.
func (sc *Scanner) File(data []byte, p Place) iter.Seq2[Hit, error] {
	return sc.seq(func() error { return sc.file(data, &p) })
}

// Stream is File for input of any length, of which little more than a record is in memory at a time. An error that is no
// *Malformed is r's, wrapped, and the last.
func (sc *Scanner) Stream(r io.Reader, p Place) iter.Seq2[Hit, error] {
	return sc.seq(func() error { return sc.stream(r, &p) })
}

// Record yields the hits of one record, which is number in its source.
func (sc *Scanner) Record(raw []byte, number int, p Place) iter.Seq2[Hit, error] {
	return sc.seq(func() error { return sc.one(raw, number, &p) })
}

// core is what scans, for Scanner, Backtest and Live.
type core struct {
	set    *Set
	filter filter
	out    outlet
	tally

	rec    pattern.Record
	parser event.Parser
	row    event.Record
	parsed bool // row holds rec

	event     finding.Event
	described bool // event is of rec
	known     known
	waiting   candidate // of a rule over time, whose other part may match too
	days      calendar
}

// outlet is where what was found goes.
type outlet struct {
	hit       func(Hit) bool        // false: enough
	candidate func(*candidate) bool // nil: rules over time are left out
	// absorb reports whether an event of FirstSeen is taken note of, and is no match for certain. It may be nil.
	absorb func(rule int, at int64, by, of digest) bool
	fault  func(*Malformed) bool
}

// tally counts records. Times are microseconds, and 0 where there is none.
type tally struct {
	records, outside, malformed, untimed int64
	earliest, latest                     int64
}

// errEnough ends a scan because nobody wants more.
var errEnough = errors.New("enough")

// seq runs a scan with what it finds going to whoever ranges.
func (c *core) seq(scan func() error) iter.Seq2[Hit, error] {
	return func(yield func(Hit, error) bool) {
		c.out.hit = func(h Hit) bool { return yield(h, nil) }
		c.out.fault = func(m *Malformed) bool { return yield(Hit{}, m) }
		if err := scan(); err != nil && !errors.Is(err, errEnough) {
			yield(Hit{}, err)
		}
	}
}

// file reads each byte of a log file as CloudTrail writes it once, and leaves the rest to event.Split.
func (c *core) file(data []byte, p *Place) error {
	n, done, err := c.log(data, p)
	if err != nil || done {
		return err
	}
	return c.items(event.Split(data), n, p)
}

func (c *core) stream(r io.Reader, p *Place) error { return c.items(event.Stream(r, 0), 0, p) }

// items judges what was split, from record number n on.
func (c *core) items(all iter.Seq2[event.Item, error], n int, p *Place) error {
	for item, err := range all {
		var f *event.Fault
		switch {
		case err == nil && item.Number < n: // it was judged
		case err == nil:
			if err := c.one(item.Raw, item.Number, p); err != nil {
				return err
			}
		case errors.As(err, &f):
			if err := c.fault(p, f.Number, f.Offset, f.Reason); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%q: %w", p.Source, err)
		}
	}
	return nil
}

func (c *core) fault(p *Place, number, offset int, reason string) error {
	c.malformed++
	if !c.out.fault(&Malformed{p.Source, number, offset, reason}) {
		return errEnough
	}
	return nil
}

// one judges a record.
func (c *core) one(raw []byte, number int, p *Place) error {
	if err := c.rec.Reset(raw); err != nil {
		return c.fault(p, number, 0, err.Error())
	}
	return c.judge(number, p)
}

// judge asks the rules about rec.
func (c *core) judge(number int, p *Place) error {
	c.parsed = false
	at, timed := c.when()
	if !c.within(at, timed, p) {
		c.outside++
		return nil
	}
	c.records++
	if timed {
		c.saw(at)
	}
	c.described = false
	waiting := &c.waiting
	waiting.part = 0
	for i := range c.set.index.Match(&c.rec) {
		x := c.set.entries[i]
		r := &c.set.rules[x.rule]
		if r.over != nil {
			if waiting.part != 0 && waiting.rule == x.rule {
				waiting.part |= x.part
				continue
			}
			if waiting.part != 0 && !c.out.candidate(waiting) {
				return errEnough
			}
			*waiting = candidate{}
			if c.out.candidate == nil {
				continue
			}
			if !timed {
				c.untimed++
				continue
			}
			if err := c.candidate(waiting, x, at, number, p); err != nil {
				return c.fault(p, number, 0, err.Error())
			}
			continue
		}
		if err := c.describe(number, p); err != nil {
			return c.fault(p, number, 0, err.Error())
		}
		h := Hit{Match: finding.Match{Detection: r.ID, Event: c.event, Severity: r.Severity, Events: 1}, Rule: r}
		h.Suppressed = c.set.decision(c.set.suppression(x.rule, &c.event, &c.rec))
		if !c.out.hit(h) {
			return errEnough
		}
	}
	if waiting.part != 0 && !c.out.candidate(waiting) {
		return errEnough
	}
	return nil
}

// describe makes event of rec.
func (c *core) describe(number int, p *Place) error {
	if c.described {
		return nil
	}
	if err := c.parse(); err != nil {
		return err
	}
	c.event = finding.EventOf(&c.row, p.Source, number, p.State, p.Origin)
	c.event.SHA256 = p.SHA256
	c.described = true
	return nil
}

// parse takes rec apart into row.
func (c *core) parse() error {
	if c.parsed {
		return nil
	}
	err := c.parser.Parse(c.rec.Raw(), &c.row)
	c.parsed = err == nil
	return err
}

func (c *core) saw(at int64) {
	if c.earliest == 0 || at < c.earliest {
		c.earliest = at
	}
	if c.latest == 0 || at > c.latest {
		c.latest = at
	}
}
