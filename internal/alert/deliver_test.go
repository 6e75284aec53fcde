package alert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
)

// inBubble runs f under a clock of its own, at noon, with an open store.
func inBubble(t *testing.T, f func(t *testing.T, s *Store)) {
	t.Helper()
	home := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f(t, open(t, home))
	})
}

// queue opens an alert of each detection, in turn.
func queue(t *testing.T, s *Store, routes []Route, detections ...string) (ids []string) {
	t.Helper()
	for _, d := range detections {
		r := must[Recorded](t)(s.Record(t.Context(), Batch{Findings: []Finding{found(d, d, 0)}, Routes: routes, At: time.Now()}))
		ids = append(ids, r.Opened[0].ID)
	}
	return ids
}

func now(by string) Decision { return Decision{By: by, Why: "because", At: time.Now()} }

func deliver(t *testing.T, s *Store, o DeliverOptions) Summary {
	t.Helper()
	return must[Summary](t)(s.Deliver(t.Context(), o))
}

func TestBackoffGrowsUntilItIsDead(t *testing.T) {
	inBubble(t, func(t *testing.T, s *Store) {
		queue(t, s, everywhere("x"), "a")
		begun := time.Now()
		e := ear{say: func(int, notice.Notice) (notice.Receipt, error) { return notice.Receipt{}, errors.New("down") }}
		sum := deliver(t, s, DeliverOptions{Sinks: map[string]notice.Sink{"x": &e}, Drain: true, Poll: time.Hour})
		if sum.Dead != 1 || sum.Failed != len(e.at) || sum.Attempts != len(e.at) {
			t.Errorf("%+v after %d attempts", sum, len(e.at))
		}
		want := time.Second
		for i := 1; i < len(e.at); i++ {
			if d := e.at[i].Sub(e.at[i-1]); d < want/2 || d > want {
				t.Errorf("attempt %d came after %v, want %v to %v", i+1, d, want/2, want)
			}
			want = min(2*want, 15*time.Minute)
		}
		if d := time.Since(begun); d < 24*time.Hour || d > 24*time.Hour+15*time.Minute {
			t.Errorf("dead after %v", d)
		}
		dead := must[[]Delivery](t)(s.Dead(t.Context()))
		if len(dead) != 1 || len(dead[0].Attempts) != len(e.at) || dead[0].State != Dead {
			t.Fatalf("%+v", dead)
		}
		for i, a := range dead[0].Attempts {
			if a.Number != i+1 || !a.At.Equal(e.at[i]) || a.Result != Failed || a.Error != "down" {
				t.Errorf("%+v", a)
			}
		}
		// Requeued it begins anew.
		e.say = nil
		if n := must[int](t)(s.Retry(t.Context(), dead[0].Alert, now("ann"))); n != 1 {
			t.Errorf("%d requeued", n)
		}
		deliver(t, s, DeliverOptions{Sinks: map[string]notice.Sink{"x": &e}, Once: true})
		d := must[Detail](t)(s.Show(t.Context(), dead[0].Alert))
		if last := d.Deliveries[0].Attempts[len(e.at)-1]; d.Deliveries[0].State != Delivered || last.Result != Taken || last.Status != "200 OK" || last.Response == "" || last.Number != len(e.at) {
			t.Errorf("%+v", last)
		}
		if h := d.History[len(d.History)-1]; h.Kind != "retried" || h.By != "ann" || h.Why != "because" {
			t.Errorf("%+v", h)
		}
		if slices.ContainsFunc(e.heard, func(n notice.Notice) bool { return n.Key != e.heard[0].Key }) {
			t.Error("attempts carry different keys")
		}
	})
}

func TestLimits(t *testing.T) {
	refusal := func(r notice.Refusal) error { r.Err = errors.New("no"); return &r }
	for _, c := range []struct {
		name string
		err  error
		o    DeliverOptions
		want []time.Duration // between attempts, without jitter: each is from a half of it on
		end  State
	}{
		{"a number of attempts", errors.New("x"), DeliverOptions{MaxAttempts: 3}, []time.Duration{time.Second, 2 * time.Second}, Dead},
		{"an age", errors.New("x"), DeliverOptions{MaxAge: time.Second}, []time.Duration{time.Second, 2 * time.Second}, Dead},
		{"refused for good", refusal(notice.Refusal{Permanent: true, Status: "400 Bad Request"}), DeliverOptions{}, nil, Dead},
		{"a wrapped refusal", fmt.Errorf("slack: %w", refusal(notice.Refusal{Permanent: true})), DeliverOptions{}, nil, Dead},
		{"the most of a back-off", errors.New("x"), DeliverOptions{MaxAttempts: 5, Backoff: Backoff{First: 2 * time.Second, Most: 3 * time.Second}},
			[]time.Duration{2 * time.Second, 3 * time.Second, 3 * time.Second, 3 * time.Second}, Dead},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *Store) {
				queue(t, s, everywhere("x"), "a")
				e := ear{say: func(int, notice.Notice) (notice.Receipt, error) { return notice.Receipt{}, c.err }}
				c.o.Sinks, c.o.Drain = map[string]notice.Sink{"x": &e}, true
				deliver(t, s, c.o)
				if len(e.at) < 1 || len(e.at)-1 > len(c.want) || c.o.MaxAge == 0 && len(e.at)-1 != len(c.want) {
					t.Fatalf("%d attempts, want %d", len(e.at), len(c.want)+1)
				}
				for i, at := range e.at[1:] {
					if d := at.Sub(e.at[i]); d < c.want[i]/2 || d > c.want[i] {
						t.Errorf("attempt %d after %v, want up to %v", i+2, d, c.want[i])
					}
				}
				if d := must[[]Delivery](t)(all(s.Deliveries(t.Context(), DeliveryFilter{}))); d[0].State != c.end {
					t.Errorf("%+v", d)
				}
			})
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for _, c := range []struct{ asked, waits time.Duration }{{90 * time.Second, 90 * time.Second}, {10 * 365 * 24 * time.Hour, time.Hour}} {
		inBubble(t, func(t *testing.T, s *Store) {
			queue(t, s, everywhere("x"), "a", "b")
			e := ear{say: func(n int, _ notice.Notice) (notice.Receipt, error) {
				if n == 1 {
					return notice.Receipt{}, &notice.Refusal{Status: "429 Too Many Requests", After: c.asked, Err: errors.New("slow down")}
				}
				return notice.Receipt{}, nil
			}}
			// The other notice waits as well: it is the receiver that asks.
			deliver(t, s, DeliverOptions{Sinks: map[string]notice.Sink{"x": &e}, Drain: true, Parallel: 1})
			if len(e.at) != 3 || e.at[1].Sub(e.at[0]) != c.waits || e.at[2].Sub(e.at[0]) != c.waits {
				t.Errorf("%v", e.at)
			}
		})
	}
}

func TestASinkThatIsDownHoldsUpNoOther(t *testing.T) {
	inBubble(t, func(t *testing.T, s *Store) {
		queue(t, s, everywhere("hangs", "panics", "works", "gone"), "a", "b", "c", "d", "e", "f")
		var works, panics ear
		panics.say = func(n int, _ notice.Notice) (notice.Receipt, error) {
			return notice.Receipt{Status: []string{}[n:][0]}, nil
		}
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := s.Deliver(ctx, DeliverOptions{Sinks: map[string]notice.Sink{"hangs": hang{}, "panics": &panics, "works": &works}, Parallel: 2, Grace: time.Second})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if len(works.at) != 6 || works.at[5].Sub(begun) > 0 {
			t.Errorf("%d of 6 were told, the last after %v", len(works.at), works.at[len(works.at)-1].Sub(begun))
		}
		for _, v := range must[[]SinkState](t)(s.Sinks(t.Context())) {
			switch {
			case v.Name == "works" && v.Delivered == 6, v.Name != "works" && v.Pending == 6 && v.Oldest.Equal(begun):
			default:
				t.Errorf("%+v", v)
			}
		}
		for d, err := range s.Deliveries(t.Context(), DeliveryFilter{}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range d.Attempts {
				switch {
				case d.Sink == "panics" && strings.Contains(a.Error, "panicked: runtime error: slice bounds out of range") && a.Result == Failed:
				case d.Sink == "hangs" && a.Result == Failed && strings.HasPrefix(a.Error, "no answer within 30s") && a.Latency == 30000:
				case d.Sink == "hangs" && a.Result == Interrupted && d.State == Pending:
				case d.Sink == "works" && a.Result == Taken:
				default:
					t.Errorf("%s: %+v", d.Sink, a)
				}
			}
			if d.Sink == "gone" && len(d.Attempts) != 0 {
				t.Errorf("a sink that is not there was asked: %+v", d)
			}
		}
	})
}

// hang is a sink that never answers.
type hang struct{}

func (hang) Send(ctx context.Context, _ notice.Notice) (notice.Receipt, error) {
	<-ctx.Done()
	return notice.Receipt{}, ctx.Err()
}

func TestOrderOfAnAlert(t *testing.T) {
	inBubble(t, func(t *testing.T, s *Store) {
		ids := queue(t, s, everywhere("x", "y"), "a", "b")
		must[finding.Alert](t)(s.Ack(t.Context(), ids[0], now("ann")))
		must[finding.Alert](t)(s.CloseAlert(t.Context(), ids[0], now("ann")))
		x := ear{say: func(n int, v notice.Notice) (notice.Receipt, error) {
			if v.Kind == notice.Opened && v.Alert.ID == ids[0] && n < 5 {
				return notice.Receipt{}, errors.New("not yet")
			}
			return notice.Receipt{}, nil
		}}
		var y ear
		deliver(t, s, DeliverOptions{Sinks: map[string]notice.Sink{"x": &x, "y": &y}, Drain: true})
		a := ids[0]
		b := ids[1]
		// The other alert does not wait; each notice waits for the one before it.
		want := []string{a + "-opened", b + "-opened", a + "-opened", a + "-opened", a + "-opened", a + "-acknowledged", a + "-closed"}
		keys := x.keys()
		slices.Sort(want[:2])
		slices.Sort(keys[:2])
		if d := cmp.Diff(want, keys); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{a + "-acknowledged", a + "-closed"}, y.keys()[2:]); d != "" {
			t.Error(d)
		}
		if n := y.heard[2]; n.By != "ann" || n.Why != "because" || n.Alert.Status != finding.Acknowledged || y.heard[3].Alert.Status != finding.Closed {
			t.Errorf("%+v", n)
		}
	})
}

func TestADeadNoticeHoldsUpNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, s *Store) {
		ids := queue(t, s, everywhere("x"), "a")
		must[finding.Alert](t)(s.Ack(t.Context(), ids[0], now("ann")))
		x := ear{say: func(_ int, v notice.Notice) (notice.Receipt, error) {
			if v.Kind == notice.Opened {
				return notice.Receipt{}, &notice.Refusal{Permanent: true, Status: "400", Err: errors.New("too long")}
			}
			return notice.Receipt{}, nil
		}}
		deliver(t, s, DeliverOptions{Sinks: map[string]notice.Sink{"x": &x}, Drain: true})
		if d := cmp.Diff([]string{"opened x dead", "acknowledged x delivered"}, outbox(t, s)); d != "" {
			t.Error(d)
		}
	})
}

func TestASinkThatIsDownIsProbed(t *testing.T) {
	inBubble(t, func(t *testing.T, s *Store) {
		var many []string
		for i := range 300 {
			many = append(many, fmt.Sprint("d", i))
		}
		queue(t, s, everywhere("x"), many...)
		begun := time.Now()
		x := ear{say: func(int, notice.Notice) (notice.Receipt, error) {
			if time.Since(begun) < time.Hour {
				return notice.Receipt{}, errors.New("down")
			}
			return notice.Receipt{}, nil
		}}
		sum := deliver(t, s, DeliverOptions{Sinks: map[string]notice.Sink{"x": &x}, Drain: true, Poll: time.Minute})
		// Without the pause each of the 300 would be tried a dozen times in an hour.
		if sum.Failed < 60 || sum.Failed > 60*2+2*trouble || sum.Delivered != 300 || sum.Dead != 0 {
			t.Errorf("%+v", sum)
		}
	})
}

func TestOnceLeavesWhatWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, s *Store) {
		queue(t, s, everywhere("x", "y"), "a")
		x := ear{say: func(int, notice.Notice) (notice.Receipt, error) { return notice.Receipt{}, errors.New("down") }}
		var y ear
		begun := time.Now()
		sum := deliver(t, s, DeliverOptions{Sinks: map[string]notice.Sink{"x": &x, "y": &y}, Once: true})
		if (sum != Summary{Attempts: 2, Delivered: 1, Failed: 1}) || time.Since(begun) > 0 {
			t.Errorf("%+v after %v", sum, time.Since(begun))
		}
		for d, err := range s.Deliveries(t.Context(), DeliveryFilter{State: Pending}) {
			if err != nil || d.Sink != "x" || d.Next.Sub(begun) < time.Second/2 || d.Next.Sub(begun) > time.Second {
				t.Errorf("%+v, %v", d, err)
			}
		}
	})
}

func TestALoopIsWokenByWhatIsQueued(t *testing.T) {
	inBubble(t, func(t *testing.T, s *Store) {
		ctx, cancel := context.WithCancel(t.Context())
		var x ear
		var g errgroup.Group
		g.Go(func() error {
			_, err := s.Deliver(ctx, DeliverOptions{Sinks: map[string]notice.Sink{"x": &x}, Poll: time.Hour})
			return err
		})
		time.Sleep(time.Minute)
		queue(t, s, everywhere("x"), "a")
		at := time.Now()
		time.Sleep(time.Second)
		cancel()
		if err := g.Wait(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if len(x.at) != 1 || !x.at[0].Equal(at) {
			t.Errorf("%v, want %v", x.at, at)
		}
	})
}

func TestOneLoopDeliversAndTheNextTakesOver(t *testing.T) {
	inBubble(t, func(t *testing.T, s *Store) {
		var x, y ear
		first, stop := context.WithCancel(t.Context())
		second, end := context.WithCancel(t.Context())
		var g errgroup.Group
		g.Go(func() error {
			_, err := s.Deliver(first, DeliverOptions{Sinks: map[string]notice.Sink{"x": &x}})
			return err
		})
		synctest.Wait()
		g.Go(func() error {
			_, err := s.Deliver(second, DeliverOptions{Sinks: map[string]notice.Sink{"x": &y}})
			return err
		})
		synctest.Wait()
		if _, err := s.Deliver(t.Context(), DeliverOptions{Once: true}); !errors.Is(err, ErrElsewhere) {
			t.Errorf("%v", err)
		}
		queue(t, s, everywhere("x"), "a")
		time.Sleep(10 * time.Second)
		stop()
		time.Sleep(10 * time.Second)
		queue(t, s, everywhere("x"), "b")
		time.Sleep(10 * time.Second)
		end()
		if err := g.Wait(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if len(x.heard) != 1 || len(y.heard) != 1 || x.heard[0].Alert.Detection != "a" || y.heard[0].Alert.Detection != "b" {
			t.Errorf("%v %v", x.keys(), y.keys())
		}
	})
}

func TestAttemptsUnderWayGetTheirTime(t *testing.T) {
	for _, c := range []struct {
		name  string
		takes time.Duration
		want  Result
		state State
	}{{"within the grace", 3 * time.Second, Taken, Delivered}, {"beyond it", 20 * time.Second, Interrupted, Pending}} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *Store) {
				queue(t, s, everywhere("x"), "a")
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				sum, err := s.Deliver(ctx, DeliverOptions{Sinks: map[string]notice.Sink{"x": slow(c.takes)}})
				if !errors.Is(err, context.DeadlineExceeded) || sum.Failed != 0 || sum.Attempts != 1 {
					t.Errorf("%+v, %v", sum, err)
				}
				d := must[[]Delivery](t)(all(s.Deliveries(t.Context(), DeliveryFilter{})))
				if len(d) != 1 || d[0].State != c.state || len(d[0].Attempts) != 1 || d[0].Attempts[0].Result != c.want {
					t.Errorf("%+v", d)
				}
			})
		})
	}
}

// slow is a sink that takes its time.
type slow time.Duration

func (d slow) Send(ctx context.Context, _ notice.Notice) (notice.Receipt, error) {
	select {
	case <-ctx.Done():
		return notice.Receipt{}, ctx.Err()
	case <-time.After(time.Duration(d)):
		return notice.Receipt{}, nil
	}
}
