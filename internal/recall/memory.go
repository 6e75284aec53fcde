package recall

import (
	"hash/maphash"
	"math"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/finding"
)

// The bounds of a Memory.
const (
	// Span is how long before the newest event an event is remembered, to the minute.
	Span = 90 * time.Minute
	// MaxEvents is how many events are remembered, MaxOfActor how many of one actor, MaxText how many bytes of their
	// texts, each counted once.
	MaxEvents  = 200_000
	MaxOfActor = 2_000
	MaxText    = 64 << 20
	// MaxIssued is how many events that issued credentials are remembered, whatever their time.
	MaxIssued = 1 << 16
)

const (
	// maxEvent is the longest text of one event, in bytes.
	maxEvent = 64 << 10
	// early is how far clocks may be apart: an event that is later than this from now is none, and would make all others
	// look old.
	early  = 5 * time.Minute
	minute = int64(time.Minute / time.Microsecond)
	spans  = int64(Span / time.Minute)
	// slots is how many minutes are told apart: more than can be remembered at once.
	slots = 128
	never = -1 << 40 // the newest minute of none
	// noTime is before all times.
	noTime = math.MinInt64
)

// Memory is what was done lately. It is used by one goroutine at a time.
type Memory struct {
	now   func() time.Time
	began time.Time

	texts   texts
	entries []entry // the first is none
	free    int32   // the first free one, by its place in byMinute
	count   int
	seed    maphash.Seed
	ids     map[uint64]int32 // by the hash of the eventID; of two with the same hash, the first
	minutes [slots]list      // by minute of the event, modulo slots
	newest  int64            // minute of the newest event; what is Span minutes before it was let go
	actors  map[uint64]*actor
	letGo   int64 // the latest of the events that were let go, whoever's they were
	last    [fields]uint32

	issued issues
	limits limits
}

type limits struct{ events, ofActor, text, issued int }

// New returns an empty memory. began is from when on events are given to it, by their time: what happened before is not
// known; zero: everything is.
func New(now func() time.Time, began time.Time) *Memory {
	return newMemory(now, began, limits{MaxEvents, MaxOfActor, MaxText, MaxIssued})
}

func newMemory(now func() time.Time, began time.Time, l limits) *Memory {
	return &Memory{now: now, began: began, texts: newTexts(), entries: make([]entry, 1), seed: maphash.MakeSeed(), ids: map[uint64]int32{}, newest: never,
		actors: map[uint64]*actor{}, letGo: noTime, issued: newIssues(), limits: l}
}

// The texts of an event by number in entry.texts.
const (
	fieldAccount = iota
	fieldRegion
	fieldSource
	fieldState
	fieldSHA256
	fieldService
	fieldName
	fieldError
	fieldPrincipal
	fieldIdentity
	fieldType
	fieldKey
	fieldIP
	fieldAgent
	fields
)

// ofActor are the texts that events of one access key share.
var ofActor = [...]int{fieldAccount, fieldPrincipal, fieldIdentity, fieldType, fieldIP, fieldAgent}

// entry is an event.
type entry struct {
	id     string
	hash   uint64 // of id
	at     int64  // microseconds since 1970
	record int32
	texts  [fields]uint32
	links  [3]link // of the lists that it is in
}

// The lists of an entry.
const (
	byMinute = iota
	byPrincipal
	byKey
)

type link struct{ prev, next int32 }

// list is entries in the order that they came. 0 is none.
type list struct{ head, tail int32 }

// actor is the entries of one access key, or of one principal in one account.
type actor struct {
	list
	count int
	letGo int64 // the latest of its events that were let go because it, or its principal, had too many
}

func (m *Memory) push(l *list, which int, n int32) {
	m.entries[n].links[which] = link{prev: l.tail}
	if l.tail != 0 {
		m.entries[l.tail].links[which].next = n
	} else {
		l.head = n
	}
	l.tail = n
}

func (m *Memory) cut(l *list, which int, n int32) {
	at := m.entries[n].links[which]
	if at.prev != 0 {
		m.entries[at.prev].links[which].next = at.next
	} else {
		l.head = at.next
	}
	if at.next != 0 {
		m.entries[at.next].links[which].prev = at.prev
	} else {
		l.tail = at.prev
	}
}

// Add remembers an event. One that names no actor or has no time, or one that is in the future, is not remembered, and
// neither is one that is there already.
func (m *Memory) Add(e finding.Event) {
	if e.Time.IsZero() || e.Principal == "" && !event.IsAccessKey(e.AccessKey) || e.Time.After(m.now().Add(early)) {
		return
	}
	at := e.Time.UnixMicro()
	day := floor(at)
	if day <= m.newest-spans {
		m.letGo = max(m.letGo, at)
		return
	}
	hash, taken := uint64(0), false
	if e.ID != "" {
		hash = maphash.String(m.seed, e.ID)
		n := m.ids[hash]
		if taken = n != 0; taken && m.entries[n].id == e.ID {
			return
		}
	}
	values := textsOf(&e)
	size := len(e.ID)
	for _, s := range values {
		size += len(*s)
	}
	if size > maxEvent {
		m.letGo = max(m.letGo, at)
		return
	}
	m.advance(day)
	n := m.take()
	t := &m.entries[n]
	t.id, t.at, t.record = strings.Clone(e.ID), at, int32(e.Record)
	// Most texts are those of the event before, or of the one before of the same key.
	guess := m.last
	t.texts[fieldKey] = m.texts.use(e.AccessKey, guess[fieldKey])
	if name, ok := m.name(byKey, t); ok && t.texts[fieldKey] != guess[fieldKey] {
		if a := m.actors[name]; a != nil {
			for _, i := range ofActor {
				guess[i] = m.entries[a.tail].texts[i]
			}
		}
	}
	for i, s := range values {
		if i != fieldKey {
			t.texts[i] = m.texts.use(*s, guess[i])
		}
	}
	m.last = t.texts
	m.push(&m.minutes[slot(day)], byMinute, n)
	if t.id != "" {
		if t.hash = hash; !taken {
			m.ids[hash] = n
		}
		m.texts.size += len(t.id)
	}
	m.count++
	m.join(byPrincipal, n)
	m.join(byKey, n)
	for m.count > m.limits.events || m.texts.size > m.limits.text {
		m.forgetOldest()
	}
}

// textsOf are the texts of an event in the order of the fields.
func textsOf(e *finding.Event) [fields]*string {
	return [fields]*string{&e.Account, &e.Region, &e.Source, &e.State, &e.SHA256, &e.Service, &e.Name, &e.ErrorCode, &e.Principal,
		&e.Identity, &e.Type, &e.AccessKey, &e.IP, &e.Agent}
}

// event is what was added.
func (m *Memory) event(n int32) finding.Event {
	t := &m.entries[n]
	e := finding.Event{ID: t.id, Time: time.UnixMicro(t.at).UTC(), Record: int(t.record)}
	for i, s := range textsOf(&e) {
		*s = m.texts.text(t.texts[i])
	}
	return e
}

// floor is the minute of a time.
func floor(at int64) int64 {
	if at < 0 {
		return (at+1)/minute - 1
	}
	return at / minute
}

func slot(day int64) int64 { return (day%slots + slots) % slots }

// advance makes a minute the newest if it is, and lets go what is too old then.
func (m *Memory) advance(day int64) {
	if day <= m.newest {
		return
	}
	if m.newest != never {
		for old := m.newest - spans + 1; old <= min(day-spans, m.newest); old++ {
			for l := &m.minutes[slot(old)]; l.head != 0; {
				m.letGo = max(m.letGo, m.entries[l.head].at)
				m.forget(l.head)
			}
		}
	}
	m.newest = day
}

// forgetOldest lets go one of the events of the oldest minute.
func (m *Memory) forgetOldest() {
	for old := m.newest - spans + 1; old <= m.newest; old++ {
		if n := m.minutes[slot(old)].head; n != 0 {
			m.letGo = max(m.letGo, m.entries[n].at)
			m.forget(n)
			return
		}
	}
}

// take returns a free entry.
func (m *Memory) take() int32 {
	if n := m.free; n != 0 {
		m.free = m.entries[n].links[byMinute].next
		m.entries[n] = entry{}
		return n
	}
	m.entries = append(m.entries, entry{})
	return int32(len(m.entries) - 1)
}

// forget removes an entry.
func (m *Memory) forget(n int32) {
	t := &m.entries[n]
	m.cut(&m.minutes[slot(floor(t.at))], byMinute, n)
	m.leave(byPrincipal, n)
	m.leave(byKey, n)
	if t.id != "" {
		if m.ids[t.hash] == n {
			delete(m.ids, t.hash)
		}
		m.texts.size -= len(t.id)
	}
	for _, number := range t.texts {
		m.texts.drop(number)
	}
	*t = entry{}
	t.links[byMinute].next, m.free = m.free, n
	m.count--
}

// name is what an entry's actor is found by; ok is false where the entry has none of that kind.
func (m *Memory) name(which int, t *entry) (name uint64, ok bool) {
	if which == byKey {
		key := t.texts[fieldKey]
		return math.MaxUint32<<32 | uint64(key), event.IsAccessKey(m.texts.text(key))
	}
	principal := t.texts[fieldPrincipal]
	return uint64(t.texts[fieldAccount])<<32 | uint64(principal), principal != 0
}

// join gives an entry to its actor, who may have to let go another for it.
func (m *Memory) join(which int, n int32) {
	name, ok := m.name(which, &m.entries[n])
	if !ok {
		return
	}
	a := m.actors[name]
	if a == nil {
		a = &actor{letGo: noTime}
		m.actors[name] = a
	}
	m.push(&a.list, which, n)
	if a.count++; a.count <= m.limits.ofActor {
		return
	}
	gone := a.head
	when := m.entries[gone].at
	a.letGo = max(a.letGo, when)
	other, others := m.name(byPrincipal+byKey-which, &m.entries[gone])
	m.forget(gone)
	if !others {
		return
	}
	if b := m.actors[other]; b != nil {
		b.letGo = max(b.letGo, when)
	} else if which == byKey {
		m.letGo = max(m.letGo, when)
	}
}

// leave takes an entry from its actor. What an actor that is no more has let go, the principal of its key knows, or else
// the memory.
func (m *Memory) leave(which int, n int32) {
	t := &m.entries[n]
	name, ok := m.name(which, t)
	if !ok {
		return
	}
	a := m.actors[name]
	m.cut(&a.list, which, n)
	if a.count--; a.count == 0 {
		delete(m.actors, name)
		if which == byPrincipal || t.texts[fieldPrincipal] == 0 {
			m.letGo = max(m.letGo, a.letGo)
		}
	}
}
