package alert

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
)

func TestMatchesJoinAlerts(t *testing.T) {
	for _, c := range []struct {
		name    string
		batches [][]Finding
		want    []string // detection, first event in minutes after noon, last, count; the oldest alert first
	}{
		{"the same detection, actor and account within the window",
			[][]Finding{{found("a", "1", 0), found("a", "2", 30)}, {found("a", "3", 59)}}, []string{"a 0 59 3"}},
		{"the window ends", [][]Finding{{found("a", "1", 0), found("a", "2", 60)}}, []string{"a 0 0 1", "a 60 60 1"}},
		{"the window begins with the first match, not the last", [][]Finding{{found("a", "1", 0)}, {found("a", "2", 50)}, {found("a", "3", 100)}},
			[]string{"a 0 50 2", "a 100 100 1"}},
		{"other detection", [][]Finding{{found("a", "1", 0), found("b", "1", 1)}}, []string{"a 0 0 1", "b 1 1 1"}},
		{"other actor", [][]Finding{{found("a", "1", 0), found("a", "2", 1, by("x"))}}, []string{"a 0 0 1", "a 1 1 1"}},
		{"other account", [][]Finding{{found("a", "1", 0), found("a", "2", 1, in("x"))}}, []string{"a 0 0 1", "a 1 1 1"}},
		{"order within a batch is that of the events", [][]Finding{{found("a", "2", 30), found("a", "1", 0)}}, []string{"a 0 30 2"}},
		{"a late event within the window joins", [][]Finding{{found("a", "1", 0), found("a", "2", 50)}, {found("a", "3", 20)}}, []string{"a 0 50 3"}},
		{"a late event before the window begins another", [][]Finding{{found("a", "1", 0)}, {found("a", "2", -10)}, {found("a", "3", 5)}, {found("a", "4", -5)}},
			[]string{"a 0 5 2", "a -10 -5 2"}},
		{"a window of its own", [][]Finding{{found("a", "1", 0, func(f *Finding) { f.Window = 5 * time.Minute }), found("a", "2", 5)}}, []string{"a 0 0 1", "a 5 5 1"}},
		{"suppressed matches stay apart", [][]Finding{{found("a", "1", 0, suppressed("x")), found("a", "2", 1), found("a", "3", 2, suppressed("x")), found("a", "4", 3, suppressed("y"))}},
			[]string{"a 0 2 2", "a 1 1 1", "a 3 3 1"}},
		{"tests stay apart", [][]Finding{{found("a", "1", 0, func(f *Finding) { f.Test = true }), found("a", "1", 0)}}, []string{"a 0 0 1", "a 0 0 1"}},
		{"the event says who where the actor does not", [][]Finding{{found("a", "1", 0, by(""), func(f *Finding) { f.Match.Principal = "p" }), found("a", "2", 1, by("p"))}}, []string{"a 0 1 2"}},
		{"twins of an event in two log files are one", [][]Finding{{found("a", "1", 0), found("a", "1", 0, from("log-2.json.gz", "bb", "pending"))}}, []string{"a 0 0 1"}},
		{"an event of two detections is one of each", [][]Finding{{found("a", "1", 0), found("b", "1", 0)}}, []string{"a 0 0 1", "b 0 0 1"}},
		{"events without an id are known by their place", [][]Finding{
			{found("a", "", 0), found("a", "", 0)}, {found("a", "", 0), found("a", "", 0, from("log-2.json.gz", "bb", "pending"))}}, []string{"a 0 0 2"}},
		{"an event without a time is of the batch's", [][]Finding{{found("a", "1", 0, func(f *Finding) { f.Match.Time = time.Time{} })}}, []string{"a 120 120 1"}},
		{"a year that RFC 3339 has not is no time", [][]Finding{{found("a", "1", 0, func(f *Finding) { f.Match.Time = time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC) })}}, []string{"a 120 120 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			for _, b := range c.batches {
				record(t, s, nil, b...)
			}
			check := func(s *Store) {
				t.Helper()
				got := []string{}
				for _, i := range list(t, s, Filter{}) {
					got = append([]string{fmt.Sprintf("%s %v %v %d", i.Detection, i.First.Sub(noon).Minutes(), i.Last.Sub(noon).Minutes(), i.Count)}, got...)
				}
				if d := cmp.Diff(c.want, got); d != "" {
					t.Error(d)
				}
			}
			check(s)
			// All of it again tells nothing new.
			for _, b := range c.batches {
				if r := record(t, s, everywhere("x"), b...); r.Added != 0 || r.Notices != 0 || r.Known != len(b) || len(r.Opened) != 0 {
					t.Errorf("again: %+v", r)
				}
			}
			check(reopen(t, s))
		})
	}
}

func TestKeysStay(t *testing.T) {
	s := open(t, t.TempDir())
	record(t, s, nil, found("cis-root-usage", "1", 0))
	a := list(t, s, Filter{})[0]
	// An alert has this name in other people's systems: a change of it is a change of the format.
	if a.ID != "mq6ox664wwqa" || a.Key != "cis-root-usage/111122223333/2024-03-02T12:00:00Z/643cebfbdcb5a002" {
		t.Errorf("%q %q", a.ID, a.Key)
	}
	hostile := strings.Repeat("x\x00/ü", 1000)
	record(t, s, nil, found(hostile, "2", 0, in(hostile), by(hostile)))
	a = list(t, s, Filter{})[0]
	if len(a.Key) > 255 || strings.Trim(a.Key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:") != "" || len(a.ID) != 12 {
		t.Errorf("%q %q", a.ID, a.Key)
	}
}

func TestAClosedAlertIsNotOpenedAgain(t *testing.T) {
	s := open(t, t.TempDir())
	for i := range 3 {
		r := record(t, s, everywhere("x"), found("a", fmt.Sprint(i), 0))
		if len(r.Opened) != 1 || r.Notices != 1 {
			t.Fatalf("%d: %+v", i, r)
		}
		if _, err := s.CloseAlert(t.Context(), r.Opened[0].ID, Decision{By: "ann", Why: "done", At: noon}); err != nil {
			t.Fatal(err)
		}
	}
	all := list(t, s, Filter{})
	if len(all) != 3 || all[0].Key == all[1].Key || all[0].ID == all[1].ID {
		t.Errorf("%+v", all)
	}
	// What is known stays in the alert that is closed.
	if r := record(t, s, everywhere("x"), found("a", "0", 0)); r.Known != 1 || len(r.Opened) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestTheAlertThatIsTold(t *testing.T) {
	s := open(t, t.TempDir())
	one := found("a", "1", 0)
	one.Around, one.AroundGap = []finding.Event{one.Match.Event}, "the 30 minutes after are not over"
	two := found("a", "2", 1, func(f *Finding) {
		f.Match.Region = "ap-south-1"
		f.Actor.IPs, f.Actor.Behind, f.Actor.Kind, f.Actor.Chain = []string{"192.0.2.1"}, "ann", "person", []string{"ann assumed it"}
	})
	r := must[Recorded](t)(s.Record(t.Context(), Batch{Findings: []Finding{two, one}, Routes: everywhere("x"), At: noon.Add(2 * time.Hour),
		Link: func(a finding.Alert) string { return "https://wiki.example.com/" + a.Detection + "/" + a.ID }}))
	id := r.Opened[0].ID
	want := finding.Alert{
		ID: id, Key: r.Opened[0].Key, Detection: "a", Title: "Title of a", What: "What it means.", Severity: finding.High, Criteria: []string{"soc2/CC7.2"},
		Steps: []string{"Look."}, Account: "111122223333", Regions: []string{"ap-south-1", "eu-west-1"},
		Actor: finding.Actor{Principal: "arn:aws:iam::111122223333:role/deploy", Behind: "ann", Kind: "person", Chain: []string{"ann assumed it"},
			IPs: []string{"192.0.2.1", "198.51.100.7"}, Agents: []string{"cli"}},
		First: noon, Last: noon.Add(time.Minute), Count: 2, Events: []finding.Event{one.Match.Event, two.Match.Event}, Around: []finding.Event{one.Match.Event},
		AroundGap: "the 30 minutes after are not over", Verified: finding.Waiting, Status: finding.Open, Link: "https://wiki.example.com/a/" + id, Opened: noon.Add(2 * time.Hour),
	}
	// What happens later does not change what was to be told.
	record(t, s, nil, found("a", "3", 2))
	var e ear
	if _, err := s.Deliver(t.Context(), DeliverOptions{Sinks: map[string]notice.Sink{"x": &e}, Once: true}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]notice.Notice{{Key: id + "-opened", Kind: notice.Opened, Alert: want, At: noon.Add(2 * time.Hour)}}, e.heard); d != "" {
		t.Error(d)
	}
	d := must[Detail](t)(s.Show(t.Context(), id))
	if d.Alert.Count != 3 || len(d.Events) != 3 || len(d.Alert.Around) != 1 {
		t.Errorf("%+v", d)
	}
}

func TestRising(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes []int // of batches
		want  []string
	}{
		{"one at a time up to nine", []int{1, 1, 1, 1, 1, 1, 1, 1, 1}, []string{"opened x pending"}},
		{"the tenth", []int{9, 1, 1}, []string{"opened x pending", "rising-10 x pending"}},
		{"a jump over two is told once", []int{1, 150, 1}, []string{"opened x pending", "rising-100 x pending"}},
		{"each power of ten once", []int{5, 5, 90, 899, 1, 1}, []string{"opened x pending", "rising-10 x pending", "rising-100 x pending", "rising-1000 x pending"}},
		{"what opens with many says so itself", []int{500, 400, 100}, []string{"opened x pending", "rising-1000 x pending"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			n := 0
			for _, size := range c.sizes {
				var b []Finding
				for range size {
					n++
					b = append(b, found("a", fmt.Sprint(n), 1))
				}
				record(t, s, everywhere("x"), b...)
			}
			if d := cmp.Diff(c.want, outbox(t, s)); d != "" {
				t.Error(d)
			}
			i := list(t, s, Filter{})
			if len(i) != 1 || i[0].Count != n {
				t.Errorf("%+v", i)
			}
		})
	}
}

func TestOnlyTheFirstEventsAreKeptWhole(t *testing.T) {
	s := open(t, t.TempDir())
	var b []Finding
	for i := range maxEvents + 5 {
		b = append(b, found("a", fmt.Sprint(i), float64(i)/100))
	}
	record(t, s, nil, b...)
	d := must[Detail](t)(s.Show(t.Context(), list(t, s, Filter{})[0].ID))
	if len(d.Events) != maxEvents || d.Alert.Count != maxEvents+5 || len(d.Alert.Events) != finding.MaxEvents {
		t.Errorf("%d events, count %d, %d in the alert", len(d.Events), d.Alert.Count, len(d.Alert.Events))
	}
	if r := record(t, s, nil, b...); r.Added != 0 {
		t.Errorf("%+v", r)
	}
}

func TestRoutes(t *testing.T) {
	for _, c := range []struct {
		name   string
		routes []Route
		want   []string
	}{
		{"none", nil, nil},
		{"all", everywhere("x", "y"), []string{"x", "y"}},
		{"each sink once", []Route{{To: []string{"y"}}, {To: []string{"x", "y"}}}, []string{"y", "x"}},
		{"severity reached", []Route{{Severity: finding.High, To: []string{"x"}}}, []string{"x"}},
		{"severity not reached", []Route{{Severity: finding.Critical, To: []string{"x"}}}, nil},
		{"a glob of detections", []Route{{Detections: []string{"iam-*", "cis-*"}, To: []string{"x"}}}, []string{"x"}},
		{"other detections", []Route{{Detections: []string{"iam-*"}, To: []string{"x"}}}, nil},
		{"the account", []Route{{Accounts: []string{"999988887777", "111122223333"}, To: []string{"x"}}}, []string{"x"}},
		{"other accounts", []Route{{Accounts: []string{"999988887777"}, To: []string{"x"}}}, nil},
		{"all conditions of a route", []Route{{Severity: finding.Low, Detections: []string{"cis-*"}, Accounts: []string{"9*"}, To: []string{"x"}}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			r := record(t, s, c.routes, found("cis-root", "1", 0))
			var got []string
			for _, o := range outbox(t, s) {
				got = append(got, strings.Fields(o)[1])
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if lost := list(t, s, Filter{})[0].Told.NoRoute; lost != (c.want == nil) || (r.NoRoute == 1) != lost {
				t.Errorf("no route: %v, %+v", lost, r)
			}
		})
	}
}

func TestWhatComesLaterGoesWhereTheOpeningWent(t *testing.T) {
	s := open(t, t.TempDir())
	record(t, s, everywhere("x"), found("a", "0", 0))
	for i := range 9 {
		record(t, s, everywhere("y"), found("a", fmt.Sprint(i+1), 1))
	}
	if d := cmp.Diff([]string{"opened x pending", "rising-10 x pending"}, outbox(t, s)); d != "" {
		t.Error(d)
	}
}

func TestSuppressedAlertsAreListedAndToldNobody(t *testing.T) {
	s := open(t, t.TempDir())
	var b []Finding
	for i := range 12 {
		b = append(b, found("a", fmt.Sprint(i), 0, suppressed("known")))
	}
	if r := record(t, s, everywhere("x"), b...); r.Silenced != 12 || r.NoRoute != 0 || r.Notices != 0 {
		t.Errorf("%+v", r)
	}
	i := list(t, s, Filter{})
	if len(i) != 1 || i[0].Suppressed == nil || i[0].Suppressed.Why != "known" || i[0].Told.NoRoute {
		t.Fatalf("%+v", i)
	}
	if _, err := s.Ack(t.Context(), i[0].ID, Decision{By: "ann", Why: "seen", At: noon}); err != nil {
		t.Fatal(err)
	}
	if o := outbox(t, s); len(o) != 0 {
		t.Errorf("%v", o)
	}
}

func TestAllOfABatchOrNothing(t *testing.T) {
	s := open(t, t.TempDir())
	_, err := s.Record(t.Context(), Batch{At: noon, Routes: everywhere("x"), Positions: map[string]string{"queue": "7"},
		Findings: []Finding{found("a", "1", 0), found("b", "2", 1, severe("loud"))}})
	if err == nil || !strings.Contains(err.Error(), `severity "loud"`) {
		t.Errorf("%v", err)
	}
	if p := must[string](t)(s.Position(t.Context(), "queue")); p != "" || len(list(t, s, Filter{})) != 0 || len(outbox(t, s)) != 0 {
		t.Error("half of a batch was kept")
	}
	if _, err := s.Record(t.Context(), Batch{}); err == nil {
		t.Error("a batch without a time was taken")
	}
	if err := s.SavePositions(t.Context(), map[string]string{"queue": "8", "list": "{}"}, noon); err != nil {
		t.Fatal(err)
	}
	must[Recorded](t)(s.Record(t.Context(), Batch{At: noon, Positions: map[string]string{"queue": "9"}}))
	s = reopen(t, s)
	if p, q := must[string](t)(s.Position(t.Context(), "queue")), must[string](t)(s.Position(t.Context(), "list")); p != "9" || q != "{}" {
		t.Errorf("%q %q", p, q)
	}
}

func TestOpeningNamesWhatIsNew(t *testing.T) {
	s := open(t, t.TempDir())
	record(t, s, nil, found("a", "1", 0))
	got := must[[]int](t)(s.Opening(t.Context(), []Finding{
		found("a", "2", 1), found("b", "2", 5), found("b", "3", 1), found("b", "3", 1), found("a", "4", 90), found("a", "1", 0),
	}, noon))
	if d := cmp.Diff([]int{2, 4}, got); d != "" {
		t.Error(d)
	}
	if i := list(t, s, Filter{}); len(i) != 1 || i[0].Count != 1 {
		t.Errorf("a question changed something: %+v", i)
	}
}

func TestHostileTexts(t *testing.T) {
	for name, bad := range map[string]string{
		"NUL":                  "a\x00b",
		"no UTF-8":             "a\xff\xfeb\xc3",
		"a megabyte":           strings.Repeat("x", 1<<20),
		"a megabyte of NULs":   strings.Repeat("\x00", 1<<20),
		"a megabyte of no one": strings.Repeat("\xff", 1<<20),
		"runes at the limit":   strings.Repeat("€", 1<<18),
		"SQL":                  `'); DROP TABLE alert; --`,
		"bidi and escapes":     "\u202e\x1b[2J\u2028",
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir())
			lots := many(bad)
			f := Finding{
				Match: finding.Match{Detection: bad, Severity: finding.Low, Suppressed: nil, Event: finding.Event{
					ID: bad, Account: bad, Region: bad, Source: bad, Record: -1, State: "pending", SHA256: bad, Service: bad, Name: bad, ErrorCode: bad,
					Principal: bad, Identity: bad, Type: bad, AccessKey: bad, IP: bad, Agent: bad,
				}},
				Title: bad, What: bad, Criteria: lots, Steps: lots, AroundGap: bad,
				Actor: finding.Actor{Principal: bad, Behind: bad, Kind: bad, Confidence: bad, Chain: lots, Reason: bad, IPs: lots, Agents: lots},
			}
			for range 60 {
				f.Around = append(f.Around, f.Match.Event)
			}
			quiet := f
			quiet.Match.ID += "2"
			quiet.Match.Suppressed = &finding.Suppression{Detection: bad, Account: bad, Actor: bad, Where: bad, Who: bad, Why: bad}
			b := Batch{At: noon, Findings: []Finding{f, quiet}, Routes: everywhere("x"), Link: func(finding.Alert) string { return bad }}
			if r := must[Recorded](t)(s.Record(t.Context(), b)); r.Added != 2 {
				t.Fatalf("%+v", r)
			}
			if r := must[Recorded](t)(s.Record(t.Context(), b)); r.Known != 2 {
				t.Fatalf("%+v", r)
			}
			waiting := must[[]Log](t)(s.Waiting(t.Context()))
			if len(waiting) != 1 {
				t.Fatalf("%d log files wait", len(waiting))
			}
			must[Settled](t)(s.Settle(t.Context(), map[Log]string{waiting[0]: "verified"}, noon))
			e := ear{say: func(int, notice.Notice) (notice.Receipt, error) { return notice.Receipt{}, errors.New(bad) }}
			if _, err := s.Deliver(t.Context(), DeliverOptions{Sinks: map[string]notice.Sink{"x": &e}, Once: true, Backoff: Backoff{First: time.Nanosecond, Most: time.Nanosecond}, MaxAttempts: 2}); err != nil {
				t.Fatal(err)
			}
			must[int](t)(s.Retry(t.Context(), "", Decision{By: bad, Why: bad, At: noon}))
			e.say = func(int, notice.Notice) (notice.Receipt, error) { return notice.Receipt{Status: bad, ID: bad}, nil }
			if _, err := s.Deliver(t.Context(), DeliverOptions{Sinks: map[string]notice.Sink{"x": &e}, Drain: true}); err != nil {
				t.Fatal(err)
			}
			n := e.heard[0].Alert
			if size := len(text(n)); size > 2<<20 || len(n.Around) != finding.MaxAround || len(n.Actor.IPs) > maxIPs || len(n.Actor.Agents) > maxAgents {
				t.Errorf("the alert has %d bytes, %d events around, %d addresses", size, len(n.Around), len(n.Actor.IPs))
			}
			d := must[Detail](t)(s.Show(t.Context(), n.ID))
			for _, a := range d.Deliveries[0].Attempts {
				if len(a.Error)+len(a.Status)+len(a.Response) > 3*maxText || strings.ContainsAny(a.Error+a.Status+a.Response, "\x00\x1b\n") {
					t.Errorf("%+q", a.Error+a.Status+a.Response)
				}
			}
			for _, v := range []string{n.Title, n.Actor.Principal, n.Events[0].Agent, n.Link, d.Deliveries[0].Attempts[0].Error} {
				if !utf8.ValidString(v) || strings.Contains(v, "\x00") {
					t.Errorf("%q", v)
				}
			}
			if _, err := s.Ack(t.Context(), bad, Decision{By: bad, Why: bad, At: noon}); !errors.Is(err, ErrUnknown) || len(err.Error()) > 4096 {
				t.Errorf("%v", err)
			}
			if _, err := s.Ack(t.Context(), n.ID, Decision{By: bad, Why: bad, At: noon}); err != nil {
				t.Error(err)
			}
		})
	}
}

// many is a list of 100 texts.
func many(s string) (out []string) {
	for i := range 100 {
		out = append(out, fmt.Sprint(i, s))
	}
	return out
}
