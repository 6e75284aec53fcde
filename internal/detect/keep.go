package detect

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// keptLimit is the most that Resume inflates.
const keptLimit = 1 << 30

// kept is what rules over time remember, as it is written.
type kept struct {
	Suppressions digest
	Rules        []keptRule
}

type keptRule struct {
	ID                string
	Asks              digest // stands for what the rule asks
	Newest, Forgotten int64
	Groups            map[digest]keptGroup
	Now, Old          []digest
	Begun             int64
	Who               []keptWho   // of the events, each once
	From              [][3]string // likewise: source, state and SHA-256
}

type keptWho [11]string

type keptGroup struct {
	Events  []keptEvent      `json:",omitempty"`
	Seconds []keptEvent      `json:",omitempty"`
	Since   int64            `json:",omitempty"`
	Last    map[digest]int64 `json:",omitempty"`
}

type keptEvent struct {
	At         int64
	Suppressed int
	Record     int
	Part       uint8
	ID         string
	Who, From  int // positions in the rule's lists
	Of         digest
}

// MarshalText writes a digest in hexadecimal digits.
func (d digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *digest) UnmarshalText(text []byte) error {
	if len(text) != 2*len(d) {
		return errors.New("not a digest")
	}
	_, err := hex.Decode(d[:], text)
	return err
}

// Keep returns what rules over time remember, for Resume. It is taken between files.
func (l *Live) Keep() ([]byte, error) {
	k := kept{Suppressions: l.set.decided()}
	for i, m := range l.memories {
		if m != nil && len(m.groups)+len(m.seen.now)+len(m.seen.old) > 0 {
			k.Rules = append(k.Rules, m.keep(&l.set.rules[i]))
		}
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := cmp.Or(json.NewEncoder(z).Encode(k), z.Close()); err != nil {
		return nil, fmt.Errorf("keep the memory of rules over time: %w", err)
	}
	return b.Bytes(), nil
}

// Resume has rules over time remember what an earlier Live kept: no more of what came before is told, and what comes is
// judged as if there had been no other Live. A rule that asks something else since then remembers nothing. An error
// says that the bytes are not Keep's; then nothing is remembered.
func (l *Live) Resume(data []byte) error {
	k, err := readKept(data)
	if err != nil {
		return fmt.Errorf("the memory of rules over time: %w", err)
	}
	same := k.Suppressions == l.set.decided()
	memories := slices.Clone(l.memories)
	for i, m := range l.memories {
		if m == nil {
			continue
		}
		r := &l.set.rules[i]
		at := slices.IndexFunc(k.Rules, func(x keptRule) bool { return x.ID == r.ID && x.Asks == r.asks() })
		if at < 0 {
			continue
		}
		memories[i], err = k.Rules[at].resume(i, m, func(n int) int {
			if !same || n < 0 || n >= len(l.set.suppressions) {
				return -1 // told rather than not
			}
			return n
		})
		if err != nil {
			return fmt.Errorf("the memory of rules over time: %s: %w", r.ID, err)
		}
	}
	for i, m := range memories {
		if m != nil {
			l.memories[i], l.told[i] = m, m.forgotten
		}
	}
	return nil
}

func readKept(data []byte) (k kept, err error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return k, err
	}
	text, err := io.ReadAll(io.LimitReader(z, keptLimit))
	if err != nil {
		return k, err
	}
	return k, json.Unmarshal(text, &k)
}

// asks stands for what a rule over time asks of events.
func (r *Rule) asks() (d digest) {
	o := r.over
	sum := sha256.Sum256(fmt.Appendf(nil, "%v %d %d %q %q %v %v", o.kind, o.atLeast, o.within, o.by, o.of, r.match, o.second))
	copy(d[:], sum[:])
	return d
}

// decided stands for the suppressions, whose positions candidates have.
func (s *Set) decided() (d digest) {
	h := sha256.New()
	for _, x := range s.suppressions {
		fmt.Fprintf(h, "%q\n", fmt.Sprint(x.Suppression))
	}
	copy(d[:], h.Sum(nil))
	return d
}

func (m *memory) keep(r *Rule) keptRule {
	k := keptRule{ID: r.ID, Asks: r.asks(), Newest: m.newest, Forgotten: m.forgotten, Groups: make(map[digest]keptGroup, len(m.groups)),
		Now: slices.Collect(maps.Keys(m.seen.now)), Old: slices.Collect(maps.Keys(m.seen.old)), Begun: m.seen.begun}
	whos, froms := map[who]int{}, map[from]int{}
	events := func(list []*candidate) []keptEvent {
		var out []keptEvent
		for _, c := range list {
			w, ok := whos[*c.who]
			if !ok {
				w = len(k.Who)
				whos[*c.who] = w
				k.Who = append(k.Who, keptWho{c.who.account, c.who.region, c.who.service, c.who.name, c.who.code, c.who.principal, c.who.identity, c.who.kind, c.who.key, c.who.ip, c.who.agent})
			}
			f, ok := froms[*c.from]
			if !ok {
				f = len(k.From)
				froms[*c.from] = f
				k.From = append(k.From, [3]string{c.from.source, c.from.state, c.from.sum})
			}
			out = append(out, keptEvent{At: c.at, Suppressed: c.suppressed, Record: c.record, Part: c.part, ID: c.id, Who: w, From: f, Of: c.of})
		}
		return out
	}
	for by, g := range m.groups {
		k.Groups[by] = keptGroup{Events: events(g.events), Seconds: events(g.seconds), Since: g.since, Last: g.last}
	}
	return k
}

// resume makes the memory of a rule that had none of what it kept.
func (k *keptRule) resume(rule int, fresh *memory, suppressed func(int) int) (*memory, error) {
	m := newMemory(fresh.over, 0, fresh.limit)
	m.late, m.newest, m.forgotten = fresh.late, k.Newest, k.Forgotten
	m.seen = recent{now: setOf(k.Now), old: setOf(k.Old), begun: k.Begun}
	whos, froms := make([]*who, len(k.Who)), make([]*from, len(k.From))
	for i, w := range k.Who {
		whos[i] = &who{w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10]}
	}
	for i, f := range k.From {
		froms[i] = &from{f[0], f[1], f[2]}
	}
	for by, g := range k.Groups {
		events := func(list []keptEvent) (out []*candidate, err error) {
			for _, e := range list {
				if e.Who < 0 || e.Who >= len(whos) || e.From < 0 || e.From >= len(froms) {
					return nil, errors.New("an event names what is not there")
				}
				if n := len(out); n > 0 && out[n-1].at > e.At {
					return nil, errors.New("events are not in the order of time")
				}
				out = append(out, &candidate{at: e.At, until: e.At, rule: rule, suppressed: suppressed(e.Suppressed), record: e.Record, part: e.Part, id: e.ID, who: whos[e.Who], from: froms[e.From], by: by, of: e.Of})
			}
			return out, nil
		}
		own := &group{since: g.Since, last: g.Last}
		var err, err2 error
		own.events, err = events(g.Events)
		own.seconds, err2 = events(g.Seconds)
		if err := cmp.Or(err, err2); err != nil {
			return nil, err
		}
		m.groups[by] = own
		m.held += 1 + own.size()
	}
	m.clean()
	return m, nil
}

func setOf(list []digest) map[digest]struct{} {
	if list == nil {
		return nil
	}
	out := make(map[digest]struct{}, len(list))
	for _, d := range list {
		out[d] = struct{}{}
	}
	return out
}
