package detect

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"time"
)

// Defaults of LiveOptions.
const (
	DefaultLate       = 30 * time.Minute // CloudTrail delivers nearly all within 15
	DefaultRemembered = 200_000
)

// LiveOptions say how Live remembers. The zero value is ready.
type LiveOptions struct {
	// Late is by how much an event may come after later ones and still count; DefaultLate when it is 0.
	Late time.Duration
	// Remembered is how many events, and for FirstSeen values, each rule over time remembers; DefaultRemembered when it is
	// 0. An event takes 200 to 700 bytes. Above it the oldest are forgotten, and Warnings says so.
	Remembered int
	Now        func() time.Time // time.Now when nil
}

// Live judges log files as they come. It may be used by one goroutine at a time. Who stops ranging over one of its
// sequences leaves the rest of the records unseen: rules over time then do not know them.
type Live struct {
	core
	memories []*memory // by rule; nil for those that are not over time
	now      func() time.Time
	learning bool
	told     []int64 // by rule: up to where Warnings said that events are forgotten
	tooLate  []int64 // by rule: events that came when what was around them may have been forgotten
}

// Live returns a Live that remembers nothing.
func (s *Set) Live(f Filter, o LiveOptions) *Live {
	if o.Late == 0 {
		o.Late = DefaultLate
	}
	if o.Remembered == 0 {
		o.Remembered = DefaultRemembered
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	l := &Live{core: core{set: s, filter: f.compiled()}, now: o.Now, memories: make([]*memory, len(s.rules)), told: make([]int64, len(s.rules)), tooLate: make([]int64, len(s.rules))}
	for i := range s.rules {
		if over := s.rules[i].over; over != nil {
			l.memories[i] = newMemory(over, o.Late, o.Remembered)
		}
	}
	return l
}

// File yields the hits that the bytes of a log file, or of anything that event.Split knows, make with what is remembered.
// Those of rules over time come when the event that completes them has come, which need not be the event of the hit. An
// error is a *Malformed, and the next record follows.
func (l *Live) File(data []byte, p Place) iter.Seq2[Hit, error] {
	return l.live(func() error { return l.file(data, &p) })
}

// Stream is File for input of any length. An error that is no *Malformed is r's, wrapped, and the last.
func (l *Live) Stream(r io.Reader, p Place) iter.Seq2[Hit, error] {
	return l.live(func() error { return l.stream(r, &p) })
}

// Record yields the hits that one record makes, which is number in its source.
func (l *Live) Record(raw []byte, number int, p Place) iter.Seq2[Hit, error] {
	return l.live(func() error { return l.one(raw, number, &p) })
}

// Learn has rules over time remember the records of a file, of which nothing is told: what was before Live began.
// Malformed records are passed over. Files are best learned in the order of their times.
func (l *Live) Learn(data []byte, p Place) {
	l.learning = true
	defer func() { l.learning = false }()
	for range l.File(data, p) {
		continue
	}
}

func (l *Live) live(scan func() error) iter.Seq2[Hit, error] {
	all := l.seq(scan)
	return func(yield func(Hit, error) bool) {
		l.out.candidate = func(c *candidate) bool {
			own := *c
			more := true
			l.remember(&own, func(h Hit) { more = more && yield(h, nil) })
			return more
		}
		all(func(h Hit, err error) bool { return l.learning || yield(h, err) })
	}
}

func (l *Live) remember(c *candidate, tell func(Hit)) {
	m := l.memories[c.rule]
	if c.at < m.newest-m.late {
		l.tooLate[c.rule]++
	}
	m.add(c, l.now().UnixMicro(), func(c *candidate, others []string) {
		if !l.learning {
			tell(l.set.hit(c, others))
		}
	})
}

// Warnings returns what has happened since it was last asked that may have made rules over time miss something: events
// that were forgotten because there were too many, that came too late, or that have no time.
func (l *Live) Warnings() []string {
	var out []string
	for i, m := range l.memories {
		if m == nil {
			continue
		}
		if m.forgotten > l.told[i] {
			l.told[i] = m.forgotten
			out = append(out, fmt.Sprintf("%s: more than %d events to remember: those before %s are forgotten", l.set.rules[i].ID, m.limit, time.UnixMicro(m.forgotten).UTC().Format(time.RFC3339)))
		}
		if n := l.tooLate[i]; n > 0 {
			l.tooLate[i] = 0
			out = append(out, fmt.Sprintf("%s: %d events came more than %v after later ones: what was around them may have been forgotten", l.set.rules[i].ID, n, time.Duration(m.late)*time.Microsecond))
		}
	}
	if l.untimed > 0 {
		out = append(out, untimed(l.untimed))
		l.untimed = 0
	}
	return slices.Clip(out)
}

func untimed(n int64) string {
	return fmt.Sprintf("%d events without a time were left out of rules over time", n)
}
