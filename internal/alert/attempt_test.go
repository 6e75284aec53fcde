package alert

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
)

func TestNothingSecretGoesOnRecord(t *testing.T) {
	const key = "T000/B000/hunter2"
	for name, err := range map[string]error{
		"of net/http": &url.Error{Op: "Post", URL: "https://hooks.slack.com/services/" + key, Err: errors.New("connection refused")},
		"wrapped":     fmt.Errorf("slack: %w", &url.Error{Op: "Post", URL: "https://ann:hunter2@hooks.slack.com/?k=hunter2", Err: http.ErrHandlerTimeout}),
		"no URL":      errors.New("dial smtp://user:hunter2@%zz/hunter2 failed"),
		"refusal":     &notice.Refusal{Status: "403\x1b[2J\nForbidden", Permanent: true, Err: errors.New("see https://x.example.com/a?token=hunter2)\u202e.")},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *Store) {
				queue(t, s, everywhere("x"), "a")
				var log strings.Builder
				e := ear{say: func(int, notice.Notice) (notice.Receipt, error) { return notice.Receipt{}, err }}
				deliver(t, s, DeliverOptions{Sinks: map[string]notice.Sink{"x": &e}, Once: true, Log: slog.New(slog.NewTextHandler(&log, nil))})
				d := must[[]Delivery](t)(all(s.Deliveries(t.Context(), DeliveryFilter{})))
				a := d[0].Attempts[0]
				if a.Error == "" || strings.Contains(a.Error+a.Status+log.String(), "hunter2") || strings.ContainsAny(a.Error+a.Status, "\x1b\n\u202e") {
					t.Errorf("%+q %s", a.Error+a.Status, log.String())
				}
				if !strings.Contains(log.String(), "sink=x") || !strings.Contains(log.String(), "notice="+d[0].Notice) {
					t.Error(log.String())
				}
			})
		})
	}
}

func TestTests(t *testing.T) {
	inBubble(t, func(t *testing.T, s *Store) {
		var x ear
		good := must[Delivery](t)(s.Test(t.Context(), Trial{Sink: "x", To: &x}))
		if good.State != Delivered || !good.Test || len(good.Attempts) != 1 || good.Attempts[0].Result != Taken || good.Attempts[0].Response != "r1" {
			t.Errorf("%+v", good)
		}
		if n := x.heard[0]; !n.Alert.Test || n.Key != good.Notice || n.Alert.Status != finding.Open || len(n.Alert.Events) != 1 || n.Alert.Verified != finding.Unasked {
			t.Errorf("%+v", n)
		}
		for name, sink := range map[string]notice.Sink{"hangs": hang{}, "down": &ear{say: func(int, notice.Notice) (notice.Receipt, error) { return notice.Receipt{}, errors.New("down") }}} {
			bad := must[Delivery](t)(s.Test(t.Context(), Trial{Sink: name, To: sink, Timeout: time.Second}))
			if bad.State != Dead || len(bad.Attempts) != 1 || bad.Attempts[0].Error == "" || bad.Alert == good.Alert {
				t.Errorf("%+v", bad)
			}
			if n := must[int](t)(s.Retry(t.Context(), bad.Alert, now("ann"))); n != 0 {
				t.Errorf("%d deliveries of a test are requeued", n)
			}
		}
		// A test is closed, on record, and nobody's business any more.
		if n := must[int](t)(s.Retry(t.Context(), "", now("ann"))); n != 0 || len(must[[]Delivery](t)(s.Dead(t.Context()))) != 0 {
			t.Error("tests are among the dead")
		}
		if i := list(t, s, Filter{Status: []finding.Status{finding.Closed}}); len(i) != 3 || !i[0].Test {
			t.Errorf("%+v", i)
		}
		deliver(t, s, DeliverOptions{Sinks: map[string]notice.Sink{"x": &x, "down": &x, "hangs": &x}, Once: true})
		if len(x.heard) != 1 {
			t.Errorf("a test was sent again: %v", x.keys())
		}
	})
}

func TestAttemptsThatDeathCutShort(t *testing.T) {
	inBubble(t, func(t *testing.T, s *Store) {
		queue(t, s, everywhere("x"), "a")
		var x ear
		must[Delivery](t)(s.Test(t.Context(), Trial{Sink: "x", To: &x}))
		// As if the process had died in the middle of both.
		for _, text := range []string{"DROP TRIGGER attempt_no_delete", "DELETE FROM attempt", "UPDATE delivery SET state = 1, attempts = 1, begun = 946684800000000"} {
			if _, err := s.db.Write.ExecContext(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		deliver(t, s, DeliverOptions{Sinks: map[string]notice.Sink{"x": &x}, Once: true})
		states := func() (out []string) {
			for d, err := range s.Deliveries(t.Context(), DeliveryFilter{}) {
				if err != nil {
					t.Fatal(err)
				}
				var results []string
				for _, a := range d.Attempts {
					results = append(results, string(a.Result))
				}
				out = append(out, fmt.Sprintf("%v %s %v", d.Test, d.State, results))
			}
			return out
		}
		if d := cmp.Diff([]string{"false delivered [interrupted delivered]", "true delivering []"}, states()); d != "" {
			t.Error(d) // the test may still be under way, in another process
		}
		time.Sleep(aloneFor)
		deliver(t, s, DeliverOptions{Sinks: map[string]notice.Sink{"x": &x}, Once: true})
		if d := cmp.Diff([]string{"false delivered [interrupted delivered]", "true dead [interrupted]"}, states()); d != "" {
			t.Error(d)
		}
		if len(x.heard) != 2 {
			t.Errorf("%v", x.keys())
		}
	})
}
