package alert

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/finding"
)

func TestDecisions(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps string // a: acknowledge, c: close
		err   error  // of the last
		end   finding.Status
		want  []string
	}{
		{"acknowledge", "a", nil, finding.Acknowledged, []string{"opened x pending", "opened y pending", "acknowledged x pending", "acknowledged y pending"}},
		{"close", "c", nil, finding.Closed, []string{"opened x pending", "opened y pending", "closed x pending", "closed y pending"}},
		{"acknowledge and close", "ac", nil, finding.Closed,
			[]string{"opened x pending", "opened y pending", "acknowledged x pending", "acknowledged y pending", "closed x pending", "closed y pending"}},
		{"acknowledge twice", "aa", ErrDecided, finding.Acknowledged, []string{"opened x pending", "opened y pending", "acknowledged x pending", "acknowledged y pending"}},
		{"close twice", "cc", ErrDecided, finding.Closed, []string{"opened x pending", "opened y pending", "closed x pending", "closed y pending"}},
		{"acknowledge what is closed", "ca", ErrDecided, finding.Closed, []string{"opened x pending", "opened y pending", "closed x pending", "closed y pending"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			id := record(t, s, everywhere("x", "y"), found("a", "1", 0)).Opened[0].ID
			var err error
			for i, step := range c.steps {
				if err != nil {
					t.Fatal(err)
				}
				d := Decision{By: fmt.Sprint("ann", i), Why: "because", At: noon}
				if step == 'a' {
					_, err = s.Ack(t.Context(), id, d)
				} else {
					_, err = s.CloseAlert(t.Context(), id, d)
				}
			}
			if !errors.Is(err, c.err) || c.err != nil && (!strings.Contains(err.Error(), `by "ann0"`) || !strings.Contains(err.Error(), "because")) {
				t.Errorf("%v, want %v", err, c.err)
			}
			s = reopen(t, s)
			d := must[Detail](t)(s.Show(t.Context(), id))
			if d.Alert.Status != c.end || d.History[1].By != "ann0" || d.History[1].Why != "because" || !d.History[1].At.Equal(noon) {
				t.Errorf("%+v", d)
			}
			if d := cmp.Diff(c.want, outbox(t, s)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestADecisionHasAPersonAndAReason(t *testing.T) {
	s := open(t, t.TempDir())
	id := record(t, s, nil, found("a", "1", 0)).Opened[0].ID
	for name, d := range map[string]Decision{
		"nobody is named": {By: " ", Why: "w", At: noon}, "no reason": {By: "ann", Why: "\n", At: noon}, "no time": {By: "ann", Why: "w"},
	} {
		_, ack := s.Ack(t.Context(), id, d)
		_, close := s.CloseAlert(t.Context(), id, d)
		_, retry := s.Retry(t.Context(), id, d)
		for _, err := range []error{ack, close, retry} {
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%v, want %s", err, name)
			}
		}
	}
	if d := must[Detail](t)(s.Show(t.Context(), id)); d.Alert.Status != finding.Open || len(d.History) != 1 {
		t.Errorf("%+v", d)
	}
}

func TestIDs(t *testing.T) {
	s := open(t, t.TempDir())
	var ids []string
	for i := range 50 {
		ids = append(ids, record(t, s, nil, found(fmt.Sprint("d", i), "1", 0)).Opened[0].ID)
	}
	one := ids[0]
	shared := map[byte]int{}
	for _, id := range ids {
		shared[id[0]]++
	}
	crowd := ""
	for b, n := range shared {
		if n > 1 {
			crowd = string(b)
		}
	}
	last := "a"
	if one[11] == 'a' {
		last = "b"
	}
	for _, c := range []struct {
		name, id string
		want     error
		text     string
	}{
		{"whole", one, nil, ""},
		{"capitals", strings.ToUpper(one), nil, ""},
		{"as much as no other begins with", one[:9], nil, ""},
		{"a letter that several begin with", crowd, ErrAmbiguous, ", "},
		{"a wrong letter", one[:11] + last, ErrUnknown, "near it: " + one},
		{"a letter left out", one[:4] + one[5:], ErrUnknown, one},
		{"too long", one + "a", ErrUnknown, ""},
		{"nothing like it", "0000000000000", ErrUnknown, ""},
		{"empty", "", ErrUnknown, "letters and digits"},
		{"a glob", "%", ErrUnknown, "letters and digits"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := s.Show(t.Context(), c.id)
			if !errors.Is(err, c.want) || err == nil && d.Alert.ID != one || err != nil && !strings.Contains(err.Error(), c.text) {
				t.Errorf("%v, %v", d.Alert.ID, err)
			}
		})
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "bc", 1}, {"kitten", "sitting", 3}, {"", "abc", 3}, {strings.Repeat("a", 21), "a", 20}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestSettle(t *testing.T) {
	pendingLog := func(n string) func(*Finding) { return from("log-"+n, "aa", event.Pending) }
	log := func(n string) Log { return Log{Source: "log-" + n, SHA256: "aa"} }
	say := func(state string, logs ...string) map[Log]string {
		m := map[Log]string{}
		for _, n := range logs {
			m[log(n)] = state
		}
		return m
	}
	for _, c := range []struct {
		name   string
		found  []Finding
		states []map[Log]string
		later  []Finding
		want   finding.Verification
		told   []string
	}{
		{"no digest yet", []Finding{found("a", "1", 0, pendingLog("1"))}, []map[Log]string{say(event.Pending, "1")}, nil, finding.Waiting, []string{"opened x pending"}},
		{"every file is verified", []Finding{found("a", "1", 0, pendingLog("1")), found("a", "2", 0, pendingLog("2"))},
			[]map[Log]string{say(event.Verified, "1"), say(event.Verified, "2")}, nil, finding.Proven, []string{"opened x pending", "verified x pending"}},
		{"one of two", []Finding{found("a", "1", 0, pendingLog("1")), found("a", "2", 0, pendingLog("2"))},
			[]map[Log]string{say(event.Verified, "1")}, nil, finding.Waiting, []string{"opened x pending"}},
		{"one failed", []Finding{found("a", "1", 0, pendingLog("1")), found("a", "2", 0, pendingLog("2"))},
			[]map[Log]string{say(event.Failed, "1")}, nil, finding.Disputed, []string{"opened x pending", "disputed x pending"}},
		{"unlisted", []Finding{found("a", "1", 0, pendingLog("1"))}, []map[Log]string{say(event.Unlisted, "1")}, nil, finding.Disputed, []string{"opened x pending", "disputed x pending"}},
		{"listed after all", []Finding{found("a", "1", 0, pendingLog("1"))}, []map[Log]string{say(event.Unlisted, "1"), say(event.Verified, "1")}, nil, finding.Proven,
			[]string{"opened x pending", "disputed x pending", "verified x pending"}},
		{"told once of each", []Finding{found("a", "1", 0, pendingLog("1"))},
			[]map[Log]string{say(event.Verified, "1"), say(event.Failed, "1"), say(event.Verified, "1"), say(event.Failed, "1")}, nil, finding.Disputed,
			[]string{"opened x pending", "verified x pending", "disputed x pending"}},
		{"another file joins", []Finding{found("a", "1", 0, pendingLog("1"))}, []map[Log]string{say(event.Verified, "1")}, []Finding{found("a", "2", 1, pendingLog("2"))},
			finding.Waiting, []string{"opened x pending", "verified x pending"}},
		{"a later finding knows more", []Finding{found("a", "1", 0, pendingLog("1"))}, nil, []Finding{found("b", "2", 1, from("log-1", "aa", event.Verified))},
			finding.Proven, []string{"opened x pending", "opened x pending", "verified x pending"}},
		{"verified from the start is said in the opening", []Finding{found("a", "1", 0, from("log-1", "aa", event.Verified))}, nil, nil, finding.Proven, []string{"opened x pending"}},
		{"disputed from the start", []Finding{found("a", "1", 0, from("log-1", "aa", event.Unlisted))}, nil, nil, finding.Disputed, []string{"opened x pending"}},
		{"from no log file", []Finding{found("a", "1", 0, from("stdin", "", ""))}, []map[Log]string{{{Source: "stdin"}: event.Verified}}, nil, finding.Unasked, []string{"opened x pending"}},
		{"some event is from no log file", []Finding{found("a", "1", 0, pendingLog("1")), found("a", "2", 0, from("stdin", "", ""))}, []map[Log]string{say(event.Verified, "1")}, nil,
			finding.Unasked, []string{"opened x pending"}},
		{"the same file with other content", []Finding{found("a", "1", 0, pendingLog("1"))}, []map[Log]string{{{Source: "log-1", SHA256: "bb"}: event.Failed}}, nil, finding.Waiting,
			[]string{"opened x pending"}},
		{"suppressed", []Finding{found("a", "1", 0, pendingLog("1"), suppressed("x"))}, []map[Log]string{say(event.Verified, "1")}, nil, finding.Proven, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			id := record(t, s, everywhere("x"), c.found...).Opened[0].ID
			for _, m := range c.states {
				must[Settled](t)(s.Settle(t.Context(), m, noon.Add(3*time.Hour)))
				if again := must[Settled](t)(s.Settle(t.Context(), m, noon.Add(3*time.Hour))); again != (Settled{}) {
					t.Errorf("again: %+v", again)
				}
			}
			if len(c.later) > 0 {
				record(t, s, everywhere("x"), c.later...)
			}
			if d := must[Detail](t)(s.Show(t.Context(), id)); d.Alert.Verified != c.want {
				t.Errorf("%+v, want %s", d.Alert.Verified, c.want)
			}
			if d := cmp.Diff(c.told, outbox(t, s)); d != "" {
				t.Error(d)
			}
			waits := c.want == finding.Waiting
			if w := must[[]Log](t)(s.Waiting(t.Context())); (len(w) > 0) != waits && c.name != "one failed" {
				t.Errorf("waiting: %+v", w)
			}
		})
	}
	s := open(t, t.TempDir())
	if _, err := s.Settle(t.Context(), map[Log]string{log("1"): "fine"}, noon); err == nil || !strings.Contains(err.Error(), `state "fine"`) {
		t.Errorf("%v", err)
	}
}

func TestSettledHistory(t *testing.T) {
	s := open(t, t.TempDir())
	r := record(t, s, everywhere("x"), found("a", "1", 0), found("b", "2", 0))
	got := must[Settled](t)(s.Settle(t.Context(), map[Log]string{{Source: "log-1.json.gz", SHA256: "aa"}: event.Verified}, noon.Add(3*time.Hour)))
	if (got != Settled{Proven: 2, Notices: 2}) {
		t.Errorf("%+v", got)
	}
	d := must[Detail](t)(s.Show(t.Context(), r.Opened[0].ID))
	want := []Entry{{At: noon.Add(2 * time.Hour), Kind: "opened", By: "detect"},
		{At: noon.Add(3 * time.Hour), Kind: "verified", By: "validate", Why: "valid digests list its log files as they were read"}}
	if d := cmp.Diff(want, d.History); d != "" {
		t.Error(d)
	}
}
