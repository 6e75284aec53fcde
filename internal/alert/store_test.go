package alert

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sqlite"
)

func TestExists(t *testing.T) {
	home := t.TempDir()
	if _, err := Exists(t.Context(), home); !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), home) {
		t.Errorf("%v", err)
	}
	if entries := must[[]os.DirEntry](t)(os.ReadDir(home)); len(entries) != 0 {
		t.Errorf("a question made %v", entries)
	}
	if err := open(t, home).Close(); err != nil {
		t.Fatal(err)
	}
	s := must[*Store](t)(Exists(t.Context(), home))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestWrongFiles(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		want error
	}{
		{"no database", func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("garbage ", 100)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, ErrDamaged},
		{"another program's", func(t *testing.T, path string) {
			db := must[*sqlite.DB](t)(sqlite.Open(t.Context(), path, sqlite.Schema{Application: 7, Create: "CREATE TABLE alert (id)"}))
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}, ErrForeign},
		{"a newer trailseal's", func(t *testing.T, path string) {
			db := must[*sqlite.DB](t)(sqlite.Open(t.Context(), path, sqlite.Schema{Application: application, Create: schema, Upgrades: []string{"SELECT 1"}}))
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}, ErrNewer},
		{"a folder", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, ErrForeign},
	} {
		t.Run(c.name, func(t *testing.T) {
			home := t.TempDir()
			c.make(t, filepath.Join(home, "alerts.db"))
			for _, f := range []func(context.Context, string) (*Store, error){Open, Exists} {
				if _, err := f(t.Context(), home); !errors.Is(err, c.want) || strings.Count(fmt.Sprint(err), "alerts.db") != 1 {
					t.Errorf("%v, want %v", err, c.want)
				}
			}
		})
	}
}

func TestDamageIsSaid(t *testing.T) {
	for _, c := range []struct {
		name, harm string
		ask        func(s *Store, id string) error
	}{
		{"a table is gone", "DROP TABLE delivery", func(s *Store, _ string) error { _, err := s.List(t.Context(), Filter{}); return err }},
		{"an actor is no JSON", "UPDATE alert SET actor = '{'", func(s *Store, _ string) error { _, err := s.List(t.Context(), Filter{}); return err }},
		{"in a detail", "UPDATE alert SET regions = '7'", func(s *Store, id string) error { _, err := s.Show(t.Context(), id); return err }},
		{"in what is recorded", "UPDATE alert SET actor = '['", func(s *Store, _ string) error {
			_, err := s.Record(t.Context(), Batch{Findings: []Finding{found("a", "2", 0)}, At: noon})
			return err
		}},
		{"a state that is none", "UPDATE delivery SET state = 9", func(s *Store, _ string) error { _, err := s.Dead(t.Context()); return errors.Join(err, drop(s)) }},
		{"positions are gone", "DROP TABLE position", func(s *Store, _ string) error { _, err := s.Position(t.Context(), "p"); return err }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			id := record(t, s, everywhere("x"), found("a", "1", 0)).Opened[0].ID
			if _, err := s.db.Write.ExecContext(t.Context(), c.harm); err != nil {
				t.Fatal(err)
			}
			if err := c.ask(s, id); !errors.Is(err, ErrDamaged) {
				t.Errorf("%v, want %v", err, ErrDamaged)
			}
		})
	}
}

// drop reads all deliveries.
func drop(s *Store) error {
	_, err := all(s.Deliveries(context.Background(), DeliveryFilter{}))
	return err
}

func TestADamagedNoticeIsDeadAndHoldsUpNothing(t *testing.T) {
	s := open(t, t.TempDir())
	record(t, s, everywhere("x"), found("a", "1", 0), found("b", "2", 1))
	for _, harm := range []string{"DROP TRIGGER notice_no_update", "UPDATE notice SET body = '{' WHERE id = 1"} {
		if _, err := s.db.Write.ExecContext(t.Context(), harm); err != nil {
			t.Fatal(err)
		}
	}
	var x ear
	if _, err := s.Deliver(t.Context(), DeliverOptions{Sinks: map[string]notice.Sink{"x": &x}, Drain: true}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"opened x dead", "opened x delivered"}, outbox(t, s)); d != "" {
		t.Error(d)
	}
}

func TestHistoryCannotBeChanged(t *testing.T) {
	s := open(t, t.TempDir())
	id := record(t, s, everywhere("x"), found("a", "1", 0)).Opened[0].ID
	must[finding.Alert](t)(s.Ack(t.Context(), id, Decision{By: "ann", Why: "because", At: noon}))
	var x ear
	if _, err := s.Deliver(t.Context(), DeliverOptions{Sinks: map[string]notice.Sink{"x": &x}, Drain: true}); err != nil {
		t.Fatal(err)
	}
	before := must[Detail](t)(s.Show(t.Context(), id))
	if len(before.Deliveries) != 2 || len(before.Events) != 1 {
		t.Fatalf("%+v", before)
	}
	for _, text := range []string{
		"DELETE FROM alert", "DELETE FROM match", "DELETE FROM action", "DELETE FROM notice", "DELETE FROM delivery", "DELETE FROM attempt",
		"DELETE FROM log", "DELETE FROM alert_log",
		"UPDATE match SET event = ''", "UPDATE action SET by = 'x'", "UPDATE notice SET why = 'x'", "UPDATE attempt SET result = 'failed'",
		"UPDATE alert SET opened = 0", "UPDATE alert SET name = 'x'", "UPDATE alert SET body = '{}'", "UPDATE delivery SET sink = 'y'",
		"REPLACE INTO match SELECT * FROM match", "REPLACE INTO action SELECT * FROM action", "REPLACE INTO notice SELECT * FROM notice",
		"REPLACE INTO attempt SELECT * FROM attempt", "REPLACE INTO alert SELECT * FROM alert", "REPLACE INTO delivery SELECT * FROM delivery",
		"REPLACE INTO attempt SELECT id + 100, delivery, number, at, latency_ms, 'failed', status, response, error FROM attempt",
	} {
		if _, err := s.db.Write.ExecContext(t.Context(), text); err == nil || !strings.Contains(err.Error(), "append-only") && !strings.Contains(err.Error(), "stay") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if d := cmp.Diff(before, must[Detail](t)(s.Show(t.Context(), id))); d != "" {
		t.Error(d)
	}
}

func TestWhatIsRecordedOutlivesALossOfPower(t *testing.T) {
	s := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	s.step = cancel // in the middle
	if _, err := s.Record(ctx, Batch{Findings: []Finding{found("a", "1", 0)}, At: noon}); err != nil {
		t.Error(err)
	}
	if _, err := s.Record(ctx, Batch{Findings: []Finding{found("a", "2", 0)}, At: noon}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	var level int
	if err := s.db.Write.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&level); err != nil || level != 2 {
		t.Errorf("synchronous %d, %v; want 2: FULL", level, err)
	}
}

func TestFilters(t *testing.T) {
	s := open(t, t.TempDir())
	record(t, s, everywhere("x"), found("cis-a", "1", 0), found("cis-b", "2", 60, severe(finding.Low)), found("own-c", "3", 120, in("999988887777"), suppressed("x")))
	closed := list(t, s, Filter{Detection: "cis-b"})[0].ID
	must[finding.Alert](t)(s.CloseAlert(t.Context(), closed, Decision{By: "ann", Why: "because", At: noon}))
	yes, no := true, false
	for _, c := range []struct {
		name string
		f    Filter
		want string
	}{
		{"all, the newest first", Filter{}, "own-c cis-b cis-a"},
		{"a status", Filter{Status: []finding.Status{finding.Open}}, "own-c cis-a"},
		{"statuses", Filter{Status: []finding.Status{finding.Closed, finding.Acknowledged}}, "cis-b"},
		{"a severity reached", Filter{Severity: finding.High}, "own-c cis-a"},
		{"every severity", Filter{Severity: finding.Informational}, "own-c cis-b cis-a"},
		{"a glob", Filter{Detection: "cis-*"}, "cis-b cis-a"},
		{"an account", Filter{Account: "111122223333"}, "cis-b cis-a"},
		{"from a time on", Filter{From: noon.Add(time.Hour)}, "own-c cis-b"},
		{"before a time", Filter{To: noon.Add(time.Hour)}, "cis-a"},
		{"within", Filter{From: noon.Add(time.Minute), To: noon.Add(2 * time.Hour)}, "cis-b"},
		{"suppressed ones", Filter{Suppressed: &yes}, "own-c"},
		{"not suppressed", Filter{Suppressed: &no}, "cis-b cis-a"},
		{"tests", Filter{Test: &yes}, ""},
		{"no tests", Filter{Test: &no, Limit: 2}, "own-c cis-b"},
		{"one", Filter{Limit: 1, Detection: "cis-*"}, "cis-b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, i := range list(t, s, c.f) {
				got = append(got, i.Detection)
			}
			if g := strings.Join(got, " "); g != c.want {
				t.Errorf("%s, want %s", g, c.want)
			}
		})
	}
	for _, c := range []struct {
		name string
		f    DeliveryFilter
		want int
	}{
		{"all", DeliveryFilter{}, 3}, {"an alert's", DeliveryFilter{Alert: closed}, 2}, {"a sink's", DeliveryFilter{Sink: "y"}, 0}, {"a state's", DeliveryFilter{State: Pending}, 3},
		{"dead", DeliveryFilter{State: Dead}, 0}, {"queued later", DeliveryFilter{From: noon.Add(time.Hour)}, 2}, {"queued earlier", DeliveryFilter{To: noon.Add(time.Hour)}, 1},
		{"tests", DeliveryFilter{Test: &yes}, 0},
	} {
		if got := must[[]Delivery](t)(all(s.Deliveries(t.Context(), c.f))); len(got) != c.want {
			t.Errorf("%s: %d, want %d", c.name, len(got), c.want)
		}
	}
	for range s.Deliveries(t.Context(), DeliveryFilter{}) {
		break // a reader may stop
	}
}
