package alert

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
)

func TestWhatWaitsForASinkThatIsGone(t *testing.T) {
	inBubble(t, func(t *testing.T, s *Store) {
		ids := queue(t, s, everywhere("old", "kept"), "a", "b")
		must[finding.Alert](t)(s.Ack(t.Context(), ids[0], now("ann")))
		routes := []Route{{Detections: []string{"a"}, To: []string{"new", "kept"}}, {To: []string{"not-there"}}}
		sinks := []string{"kept", "new"}
		got := must[Rerouted](t)(s.Reroute(t.Context(), routes, sinks, time.Now()))
		if d := cmp.Diff(Rerouted{Queued: 2, Stranded: map[string]int{"old": 1}}, got); d != "" {
			t.Error(d)
		}
		if again := must[Rerouted](t)(s.Reroute(t.Context(), routes, sinks, time.Now())); again.Queued != 0 || again.Stranded["old"] != 1 {
			t.Errorf("again: %+v", again)
		}
		var kept, fresh, old ear
		deliver(t, s, DeliverOptions{Sinks: map[string]notice.Sink{"kept": &kept, "new": &fresh}, Drain: true})
		if d := cmp.Diff([]string{ids[0] + "-opened", ids[0] + "-acknowledged"}, fresh.keys()); d != "" {
			t.Error(d)
		}
		if len(kept.keys()) != 3 {
			t.Errorf("the sink that stayed was told of %v", kept.keys())
		}
		// The sink comes back, and is told what was for it.
		deliver(t, s, DeliverOptions{Sinks: map[string]notice.Sink{"old": &old}, Drain: true})
		if len(old.keys()) != 3 {
			t.Errorf("the sink that came back was told of %v", old.keys())
		}
	})
}

func TestAClockThatWasSetBackDelaysNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, s *Store) {
		ahead := time.Now().AddDate(1, 0, 0)
		must[Recorded](t)(s.Record(t.Context(), Batch{Findings: []Finding{{Match: finding.Match{Detection: "a", Severity: finding.High, Event: finding.Event{ID: "1", Time: time.Now()}}}}, Routes: everywhere("x"), At: ahead}))
		var x ear
		deliver(t, s, DeliverOptions{Sinks: map[string]notice.Sink{"x": &x}, Once: true})
		if len(x.at) != 1 {
			t.Errorf("told %d times, want once", len(x.at))
		}
	})
}
