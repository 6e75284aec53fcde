package recall

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/finding"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func at(now time.Time) func() time.Time { return func() time.Time { return now } }

const key = "ASIAEXAMPLE000000001"

func made(id string, minute float64) finding.Event {
	return finding.Event{ID: id, Time: noon.Add(time.Duration(minute * float64(time.Minute))), Account: "111122223333", Region: "eu-west-1", Source: "log", Record: 1,
		State: "verified", Name: "N" + id, Principal: "arn:aws:iam::111122223333:role/deploy", Identity: "arn:aws:sts::111122223333:assumed-role/deploy/ci",
		Type: "AssumedRole", AccessKey: key, IP: "198.51.100.7", Agent: "aws-cli"}
}

func idsOf(events []finding.Event) []string {
	out := []string{}
	for _, e := range events {
		out = append(out, e.ID)
	}
	return out
}

const half = 30 * time.Minute

func TestAround(t *testing.T) {
	with := func(e finding.Event, change func(*finding.Event)) finding.Event {
		change(&e)
		return e
	}
	m := New(at(noon.Add(time.Hour)), noon.Add(-2*time.Hour))
	for _, e := range []finding.Event{
		made("late", 20), made("before", -10), made("long before", -31), made("edge", -30), made("after", 30), made("long after", 31),
		made("e", 0), made("e", 0), // delivered twice
		with(made("other key", 2), func(e *finding.Event) { e.AccessKey = "ASIAEXAMPLE000000002" }),
		with(made("other user", 3), func(e *finding.Event) { e.Principal, e.AccessKey = "arn:aws:iam::111122223333:user/bob", "" }),
		with(made("other account", 4), func(e *finding.Event) { e.Account, e.AccessKey = "999988887777", "" }),
		with(made("keyless", 5), func(e *finding.Event) { e.AccessKey = "" }),
		with(made("masked", 6), func(e *finding.Event) { e.AccessKey = "ASIA****" }),
		{ID: "untimed", Principal: "p"}, {ID: "nobody", Time: noon}, made("future", 24*60),
	} {
		m.Add(e)
	}
	ofPrincipal := []string{"edge", "before", "e", "other key", "keyless", "masked", "late", "after"}
	for _, c := range []struct {
		name string
		e    finding.Event
		most int
		want []string
		gap  string
	}{
		{"of an access key", made("e", 0), 50, []string{"edge", "before", "late", "after"}, ""},
		{"of a principal, where the event has no key", with(made("x", 0), func(e *finding.Event) { e.AccessKey = "" }), 50, ofPrincipal, ""},
		{"of a principal, where the key is masked", with(made("x", 0), func(e *finding.Event) { e.AccessKey = "ASIA****" }), 50, ofPrincipal, ""},
		{"of a key, whatever the principal", with(made("e", 0), func(e *finding.Event) { e.Principal = "" }), 50, []string{"edge", "before", "late", "after"}, ""},
		{"of another user, who did nothing else", with(made("other user", 3), func(e *finding.Event) { e.Principal, e.AccessKey = "arn:aws:iam::111122223333:user/bob", "" }), 50, []string{}, ""},
		{"the nearest", made("e", 0), 2, []string{"before", "late"}, "there are 4, of which these are the nearest"},
		{"none", made("e", 0), 0, []string{}, "there are 4, of which these are the nearest"},
		{"an event that was not added", made("new", 1), 50, []string{"before", "e", "late", "after", "long after"}, ""},
		{"of a key that is not known", with(made("x", 0), func(e *finding.Event) { e.AccessKey = "ASIAEXAMPLE000000009" }), 50, []string{}, ""},
		{"of a principal that is not known", finding.Event{Time: noon, Principal: "p"}, 50, []string{}, ""},
		{"of nobody", finding.Event{ID: "x", Time: noon}, 50, []string{}, "the record does not say who acted"},
		{"without a time", finding.Event{ID: "x", Principal: "p"}, 50, []string{}, "the event has no time to look around"},
	} {
		t.Run(c.name, func(t *testing.T) {
			events, gap := m.Around(c.e, half, half, c.most)
			if diff := gocmp.Diff(c.want, idsOf(events)); diff != "" {
				t.Error(diff)
			}
			if gap != c.gap {
				t.Errorf("gap %q, want %q", gap, c.gap)
			}
		})
	}
	events, _ := m.Around(made("e", 0), half, half, 50)
	if diff := gocmp.Diff(made("before", -10), events[1]); diff != "" {
		t.Errorf("not as it was added: %s", diff)
	}
}

func TestEventsWithoutAnIDAreKnownByTheirPlace(t *testing.T) {
	m := New(at(noon.Add(time.Hour)), time.Time{})
	for record := range 3 {
		e := made("", 0)
		e.Record = record
		m.Add(e)
	}
	e := made("", 0)
	events, _ := m.Around(e, half, half, 50)
	var records []int
	for _, e := range events {
		records = append(records, e.Record)
	}
	if diff := gocmp.Diff([]int{0, 2}, records); diff != "" {
		t.Error(diff)
	}
}

func TestGaps(t *testing.T) {
	for _, c := range []struct {
		name  string
		now   float64 // minutes after noon
		began float64
		added []finding.Event
		most  limits
		want  string
	}{
		{"whole", 45, -30, nil, limits{100, 100, 1 << 20, 1}, ""},
		{"not over", 29, -30, nil, limits{100, 100, 1 << 20, 1}, "the 30 minutes after are not over"},
		{"not delivered", 31, -30, nil, limits{100, 100, 1 << 20, 1}, "the last events may not have been delivered yet"},
		{"began later", 45, -29, nil, limits{100, 100, 1 << 20, 1}, "watch began at 2026-03-02T11:31:00Z"},
		{"let go because it is old", 200, -90, []finding.Event{made("a", -20), made("b", 71)}, limits{100, 100, 1 << 20, 1}, "older events were let go"},
		{"old, and before the span", 200, -90, []finding.Event{made("a", -31), made("b", 70)}, limits{100, 100, 1 << 20, 1}, ""},
		{"too late to be remembered", 200, -90, []finding.Event{made("b", 71), made("a", -20)}, limits{100, 100, 1 << 20, 1}, "older events were let go"},
		{"let go because there are many", 45, -90, []finding.Event{made("a", -20), made("b", -10), made("c", -9)}, limits{2, 100, 1 << 20, 1}, "older events were let go"},
		{"let go because the actor has many", 45, -90, []finding.Event{made("a", -20), made("b", -10), made("c", -9)}, limits{100, 2, 1 << 20, 1}, "older events were let go"},
		{"let go for its text", 45, -90, []finding.Event{made("a", -20), made(strings.Repeat("b", 500), -10)}, limits{100, 100, 600, 1}, "older events were let go"},
		{"several", 0, 0, nil, limits{100, 100, 1 << 20, 1}, "the 30 minutes after are not over; watch began at 2026-03-02T12:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			minutes := func(m float64) time.Time { return noon.Add(time.Duration(m * float64(time.Minute))) }
			m := newMemory(at(minutes(c.now)), minutes(c.began), c.most)
			for _, e := range c.added {
				m.Add(e)
			}
			if _, gap := m.Around(made("e", 0), half, half, 50); gap != c.want {
				t.Errorf("gap %q, want %q", gap, c.want)
			}
		})
	}
}

// A session all of whose events were let go because its role has many more is said to be incomplete.
func TestASessionThatWasLetGoWithItsRole(t *testing.T) {
	m := newMemory(at(noon.Add(time.Hour)), time.Time{}, limits{100, 3, 1 << 20, 1})
	m.Add(made("mine", -1))
	for i := range 5 {
		e := made(fmt.Sprint("other", i), 1)
		e.AccessKey = "ASIAEXAMPLE000000002"
		m.Add(e)
	}
	events, gap := m.Around(made("e", 0), half, half, 50)
	if diff := gocmp.Diff([]string{}, idsOf(events)); diff != "" || gap != "older events were let go" {
		t.Errorf("gap %q, %s", gap, diff)
	}
}

func TestAnEventWithoutAnAccountHasAnActor(t *testing.T) {
	m := New(at(noon.Add(time.Hour)), time.Time{})
	e := made("1", 0)
	e.Account, e.AccessKey = "", ""
	m.Add(e)
	e.ID = "2"
	if events, _ := m.Around(e, half, half, 50); len(events) != 1 {
		t.Errorf("%d events, want 1", len(events))
	}
	e.Account = "444455556666"
	if events, _ := m.Around(e, half, half, 50); len(events) != 0 {
		t.Errorf("%d events of another account, want none", len(events))
	}
}

// Another actor's many events do not make this one's look incomplete.
func TestTheManyEventsOfOneActorLeaveOthersWhole(t *testing.T) {
	m := newMemory(at(noon.Add(time.Hour)), time.Time{}, limits{100, 5, 1 << 20, 1})
	m.Add(made("mine", -1))
	for i := range 50 {
		e := made(fmt.Sprint("loud", i), float64(i)/10)
		e.Principal, e.AccessKey = "arn:aws:iam::111122223333:user/loud", "AKIAEXAMPLE000000001"
		m.Add(e)
	}
	events, gap := m.Around(made("e", 0), half, half, 50)
	if diff := gocmp.Diff([]string{"mine"}, idsOf(events)); diff != "" || gap != "" {
		t.Errorf("gap %q, %s", gap, diff)
	}
	if m.count != 6 {
		t.Errorf("%d events, want 6", m.count)
	}
}

// check compares what a memory holds with what it says of itself.
func check(t *testing.T, m *Memory) {
	t.Helper()
	if m.count > m.limits.events || m.texts.size > m.limits.text {
		t.Fatalf("%d events of %d, %d bytes of %d", m.count, m.limits.events, m.texts.size, m.limits.text)
	}
	count, size, uses := 0, 0, map[uint32]int32{}
	members := map[uint64]int{}
	for minute, l := range m.minutes {
		before := int32(0)
		for n := l.head; n != 0; n = m.entries[n].links[byMinute].next {
			e := &m.entries[n]
			if e.links[byMinute].prev != before || slot(floor(e.at)) != int64(minute) || floor(e.at) > m.newest || floor(e.at) <= m.newest-spans {
				t.Fatalf("entry %d is not where it belongs", n)
			}
			if before = n; e.id != "" && m.ids[maphash.String(m.seed, e.id)] != n {
				t.Fatalf("entry %d is not found by its id", n)
			}
			count++
			size += len(e.id)
			for _, number := range e.texts {
				uses[number]++
			}
			for _, which := range []int{byPrincipal, byKey} {
				if name, ok := m.name(which, e); ok {
					members[name]++
				}
			}
		}
		if l.tail != before {
			t.Fatal("a list does not end at its end")
		}
	}
	for number, n := range uses {
		if number != 0 && m.texts.all[number].uses != n {
			t.Fatalf("text %d has %d uses, want %d", number, m.texts.all[number].uses, n)
		}
		size += len(m.texts.text(number))
	}
	if count != m.count || size != m.texts.size || len(m.actors) != len(members) || len(m.ids) > count {
		t.Fatalf("%d events, want %d; %d bytes, want %d; %d actors, want %d", m.count, count, m.texts.size, size, len(m.actors), len(members))
	}
	for name, a := range m.actors {
		which := byPrincipal
		if name>>32 == 1<<32-1 {
			which = byKey
		}
		n := 0
		for at := a.head; at != 0; at = m.entries[at].links[which].next {
			n++
		}
		if a.count != n || n != members[name] || n > m.limits.ofActor {
			t.Fatalf("an actor has %d events, says %d, want %d", n, a.count, members[name])
		}
	}
}

// What is remembered is what a plain list would have, whatever the order.
func TestAroundAgainstAList(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 30 {
		l := limits{1 << 20, 1 << 20, 1 << 30, 1}
		tight := round%2 == 1
		if tight {
			l = limits{20 + rnd.IntN(100), 1 + rnd.IntN(30), 200 + rnd.IntN(20_000), 1}
		}
		m := newMemory(at(noon.Add(48*time.Hour)), time.Time{}, l)
		var list []finding.Event
		newest := noon
		for i := range 400 {
			e := made(fmt.Sprint(i), float64(i)/2+rnd.Float64()*50-25)
			e.Time = e.Time.Truncate(time.Second)
			e.Record, e.Agent = i, fmt.Sprint("agent", rnd.IntN(20))
			e.AccessKey = fmt.Sprintf("ASIAEXAMPLE%09d", rnd.IntN(4))
			e.Principal = fmt.Sprint("p", rnd.IntN(3))
			if rnd.IntN(3) == 0 {
				e.AccessKey = ""
			}
			if e.Time.After(newest) {
				newest = e.Time
			}
			m.Add(e)
			list = append(list, e)
			if i%20 == 0 {
				check(t, m)
			}
			if rnd.IntN(10) > 0 {
				continue
			}
			about := list[rnd.IntN(len(list))]
			got, gap := m.Around(about, half, half, 1000)
			want := []finding.Event{}
			for _, o := range list {
				actor := o.Principal == about.Principal
				if about.AccessKey != "" {
					actor = o.AccessKey == about.AccessKey
				}
				if d := o.Time.Sub(about.Time); actor && o.ID != about.ID && d >= -half && d <= half {
					want = append(want, o)
				}
			}
			slices.SortFunc(want, func(a, b finding.Event) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Record, b.Record)) })
			if gap == "" {
				if diff := gocmp.Diff(idsOf(want), idsOf(got)); diff != "" {
					t.Fatalf("nothing is said to be missing, and is: %s", diff)
				}
			} else if !tight && newest.Sub(about.Time) < Span-half-time.Minute {
				t.Fatalf("gap %q", gap)
			}
			for _, e := range got {
				if !slices.Contains(want, e) {
					t.Fatalf("%v is none of the actor's", e)
				}
			}
		}
		check(t, m)
	}
}

func TestMemoryStaysBounded(t *testing.T) {
	m := newMemory(at(noon.Add(1000*time.Hour)), time.Time{}, limits{1000, 50, 100_000, 10})
	rnd := rand.New(rand.NewPCG(3, 4))
	for i := range 20_000 {
		e := made(fmt.Sprint(i), float64(i)/20)
		e.Principal, e.AccessKey, e.Agent = fmt.Sprint("p", rnd.IntN(500)), fmt.Sprintf("ASIAEXAMPLE%09d", i), strings.Repeat("x", rnd.IntN(500))
		m.AddIssued(Issue{Key: e.AccessKey}, e)
	}
	check(t, m)
	if len(m.entries) > 1100 || len(m.issued.ring) != 10 || len(m.issued.byKey) != 10 || len(m.texts.all) > 20_000 {
		t.Errorf("%d entries, %d issues, %d texts", len(m.entries), len(m.issued.ring), len(m.texts.all))
	}
	m.Add(made("jump", 60*900)) // far ahead: all others are old
	check(t, m)
	if m.count != 1 {
		t.Errorf("%d events, want 1", m.count)
	}
	e := made("huge", 60*900)
	e.Agent = strings.Repeat("x", maxEvent)
	m.Add(e)
	check(t, m)
	if m.count != 1 {
		t.Errorf("%d events after one that is too long, want 1", m.count)
	}
}

func BenchmarkAdd(b *testing.B) {
	m := New(at(noon.Add(1000*time.Hour)), time.Time{})
	ids := make([]string, 1<<19) // more than are remembered
	for i := range ids {
		ids[i] = fmt.Sprintf("%08x-0000-4000-8000-%012x", i*7919, i)
	}
	events := make([]finding.Event, 1<<13)
	rnd := rand.New(rand.NewPCG(5, 6))
	for i := range events {
		e := made("", 0)
		who := min(rnd.IntN(400), rnd.IntN(400))
		e.Principal, e.Identity = fmt.Sprint(e.Principal, who), fmt.Sprint(e.Identity, who)
		session := who*20 + rnd.IntN(20)
		e.AccessKey = fmt.Sprintf("ASIAEXAMPLE%09d", session)
		e.Source, e.Record = fmt.Sprint("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/111122223333_CloudTrail_", i/200), i%200
		e.Name, e.Agent, e.IP = fmt.Sprint("Describe", rnd.IntN(60)), fmt.Sprint("aws-cli/2.15 md/command#", session%60), fmt.Sprint("198.51.100.", who%200)
		events[i] = e
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		e := events[n%len(events)]
		e.ID, e.Time = ids[n%len(ids)], noon.Add(time.Duration(n)*20*time.Millisecond)
		m.Add(e)
		n++
	}
	b.ReportMetric(float64(m.count), "held")
}
