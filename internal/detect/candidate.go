package detect

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/pattern"
)

// candidate is an event that a rule over time looks at, kept small: what many events have in common is, as a rule, in
// memory once.
type candidate struct {
	at         int64 // microseconds
	until      int64 // of FirstSeen: up to then there were more such events, each within Within of the one before; else at
	rule       int
	suppressed int // position of the suppression that it falls under, or -1
	record     int
	part       uint8
	id         string // eventID
	who        *who
	from       *from
	by, of     digest
}

// who is what the events of one actor have in common.
type who struct {
	account, region, service, name, code, principal, identity, kind, key, ip, agent string
}

// from is what the events of one file have in common.
type from struct{ source, state, sum string }

// digest stands for an event's id or the values of some fields.
type digest [16]byte

// candidate fills in what the entry's rule is to know of rec, unless a field has no value or nothing needs to be known.
func (c *core) candidate(to *candidate, x entry, at int64, number int, p *Place) error {
	over := c.set.rules[x.rule].over
	by, ok := c.values(over.by)
	if !ok {
		return nil
	}
	of, ok := c.values(over.of)
	if !ok || over.kind == FirstSeen && c.out.absorb != nil && c.out.absorb(x.rule, at, by, of) {
		return nil
	}
	if err := c.describe(number, p); err != nil {
		return err
	}
	e := &c.event
	*to = candidate{at: at, until: at, rule: x.rule, suppressed: c.set.suppression(x.rule, e, &c.rec), record: number, part: x.part, by: by, of: of}
	c.known.common(to, e)
	return nil
}

// known is what was common to some of the last events.
type known struct {
	who  map[who]*who
	from *from
}

// maxKnown is how many different actors are known.
const maxKnown = 4096

// common fills in what a candidate has in common with others, and its id.
func (k *known) common(c *candidate, e *finding.Event) {
	w := who{e.Account, e.Region, e.Service, e.Name, e.ErrorCode, e.Principal, e.Identity, e.Type, e.AccessKey, e.IP, e.Agent}
	if c.who = k.who[w]; c.who != nil {
		c.id = strings.Clone(e.ID) // not with the rest of the event, which it shares memory with
	} else {
		if len(k.who) >= maxKnown || k.who == nil {
			k.who = map[who]*who{}
		}
		own := w
		c.who, c.id = &own, e.ID
		k.who[w] = &own
	}
	if k.from == nil || *k.from != (from{e.Source, e.State, e.SHA256}) {
		k.from = &from{e.Source, e.State, e.SHA256}
	}
	c.from = k.from
}

// values returns what stands for the values of some fields; not ok: one has none.
func (c *core) values(fields []pattern.Path) (d digest, ok bool) {
	if len(fields) == 0 {
		return d, true
	}
	var buf [256]byte
	text := buf[:0]
	for _, f := range fields {
		v := c.rec.Lookup(f)
		switch v.Type() {
		case pattern.String, pattern.Number, pattern.True, pattern.False:
		default:
			return d, false
		}
		t := v.Text()
		text = binary.AppendUvarint(text, uint64(len(t)))
		text = append(text, t...)
	}
	sum := sha256.Sum256(text)
	copy(d[:], sum[:])
	return d, true
}

// identity stands for the event: its id, or the place of one that has none.
func (c *candidate) identity() digest { return identity(c.id, c.from.source, c.record) }

func identity(id, source string, record int) (d digest) {
	// The usual id is a UUID.
	if len(id) == 36 && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-' {
		var digits [32]byte
		n := copy(digits[:], id[:8])
		n += copy(digits[n:], id[9:13])
		n += copy(digits[n:], id[14:18])
		n += copy(digits[n:], id[19:23])
		copy(digits[n:], id[24:])
		if _, err := hex.Decode(d[:], digits[:]); err == nil && strings.ToLower(id) == id {
			return d
		}
	}
	if id == "" {
		id = place(source, record)
	} else {
		id = "id " + id
	}
	sum := sha256.Sum256([]byte(id))
	copy(d[:], sum[:])
	return d
}

// place names an event without an id.
func place(source string, record int) string { return fmt.Sprintf("%s#%d", source, record) }

// name is the event's id for people.
func (c *candidate) name() string { return cmp.Or(c.id, place(c.from.source, c.record)) }

// compare orders candidates by time, source and record.
func (c *candidate) compare(o *candidate) int {
	return cmp.Or(cmp.Compare(c.at, o.at), strings.Compare(c.from.source, o.from.source), cmp.Compare(c.record, o.record))
}

// event is what the candidate was made of.
func (c *candidate) event() finding.Event {
	w, f := c.who, c.from
	return finding.Event{ID: c.id, Time: time.UnixMicro(c.at).UTC(), Account: w.account, Region: w.region, Source: f.source, Record: c.record, State: f.state, SHA256: f.sum,
		Service: w.service, Name: w.name, ErrorCode: w.code, Principal: w.principal, Identity: w.identity, Type: w.kind, AccessKey: w.key, IP: w.ip, Agent: w.agent}
}

// hit makes a hit of the candidate that completed it.
func (s *Set) hit(c *candidate, others []string) Hit {
	r := &s.rules[c.rule]
	return Hit{Match: finding.Match{Detection: r.ID, Event: c.event(), Severity: r.Severity, Events: 1 + len(others), Suppressed: s.decision(c.suppressed)}, Rule: r, Others: others}
}
