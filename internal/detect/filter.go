package detect

import (
	"slices"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/pattern"
)

// Filter says which records are judged. What is zero asks nothing. A record without a time is never filtered by time.
type Filter struct {
	From, To time.Time // of event time; To is exclusive
	Accounts []string  // as event.Record.Place has them: the record's own, else those of the log file's key
	Regions  []string
}

// filter is a Filter in microseconds.
type filter struct {
	from, to          int64 // to is 0 for none
	timed             bool
	accounts, regions []string
	eventTime         pattern.Path
	account, region   pattern.Path
}

func (f Filter) compiled() filter {
	out := filter{accounts: f.Accounts, regions: f.Regions, timed: !f.From.IsZero() || !f.To.IsZero(),
		eventTime: pattern.MemberPath("eventTime"), account: pattern.MemberPath("recipientAccountId"), region: pattern.MemberPath("awsRegion")}
	out.from, out.to = -1<<63, 1<<63-1
	if !f.From.IsZero() {
		out.from = ceil(f.From)
	}
	if !f.To.IsZero() {
		out.to = ceil(f.To)
	}
	return out
}

// ceil returns the first microsecond that is not before t.
func ceil(t time.Time) int64 {
	n := t.UnixMicro()
	if time.UnixMicro(n).Before(t) {
		n++
	}
	return n
}

// within reports whether rec is to be judged.
func (c *core) within(at int64, timed bool, p *Place) bool {
	f := &c.filter
	if f.timed && timed && (at < f.from || at >= f.to) {
		return false
	}
	if len(f.accounts) == 0 && len(f.regions) == 0 {
		return true
	}
	// The usual record says both as they are; of any other event.Record.Place knows.
	account, region := c.rec.Lookup(f.account), c.rec.Lookup(f.region)
	if account.Type() == pattern.String && region.Type() == pattern.String {
		a, r := string(account.Text()), string(region.Text())
		if integrity.IsAccount(a) && integrity.IsRegion(r) {
			return f.wants(a, r)
		}
	}
	if c.parse() != nil {
		return true // which judge reports, should a rule match
	}
	a, r, _ := c.row.Place(p.Origin)
	return f.wants(a, r)
}

func (f *filter) wants(account, region string) bool {
	return (len(f.accounts) == 0 || slices.Contains(f.accounts, account)) && (len(f.regions) == 0 || slices.Contains(f.regions, region))
}

// calendar knows the day of the last time, so that those of the same day cost little.
type calendar struct {
	day   [len(time.DateOnly)]byte
	start int64 // in microseconds
}

// when returns rec's event time in microseconds.
func (c *core) when() (at int64, timed bool) {
	if v := c.rec.Lookup(c.filter.eventTime); v.Type() == pattern.String {
		if at, ok := c.days.parse(v.Text()); ok {
			return at, true
		}
	}
	if c.parse() != nil {
		return 0, false
	}
	return c.row.Time, c.row.HasTime
}

// parse reads a time as CloudTrail writes it: 2006-01-02T15:04:05Z.
func (d *calendar) parse(s []byte) (int64, bool) {
	if len(s) != 20 || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != 'Z' {
		return 0, false
	}
	if string(s[:10]) != string(d.day[:]) {
		t, err := time.Parse(time.DateOnly, string(s[:10]))
		if err != nil {
			return 0, false
		}
		copy(d.day[:], s)
		d.start = t.UnixMicro()
	}
	h, m, sec := pair(s[11:]), pair(s[14:]), pair(s[17:])
	if h > 23 || m > 59 || sec > 59 {
		return 0, false
	}
	return d.start + int64(h*3600+m*60+sec)*1e6, true
}

// pair returns what two digits say, and more than 99 for what are none.
func pair(s []byte) int {
	a, b := int(s[0])-'0', int(s[1])-'0'
	if a < 0 || a > 9 || b < 0 || b > 9 {
		return 100
	}
	return a*10 + b
}
