package lake_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/lake"
	"github.com/trailseal/trailseal/internal/receipt"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// filled is a lake with one event an hour of the days from 2 March on, in an account each day.
func filled(t *testing.T, days int) *lake.Lake {
	t.Helper()
	l, err := lake.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	load, err := l.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer load.Close()
	var parser event.Parser
	var rec event.Record
	file := &event.File{Key: "k", SHA256: "00", State: event.Verified}
	for day := range days {
		rows := &event.Rows{Place: event.Place{Account: fmt.Sprintf("%012d", day), Region: "eu-west-1", Date: noon.AddDate(0, 0, day).Format(time.DateOnly)}}
		for hour := range 24 {
			at := noon.Truncate(24*time.Hour).AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour)
			raw := fmt.Appendf(nil, `{"eventVersion":"1.11","eventID":"d%dh%d","eventTime":%q,"eventName":"E%d"}`, day, hour, at.Format(time.RFC3339), hour%3)
			if err := parser.Parse(raw, &rec); err != nil {
				t.Fatal(err)
			}
			rows.Add(&rec, raw, event.Delivery{File: file, Record: int32(day*24 + hour)})
		}
		if day == 1 { // one that has no time
			raw := []byte(`{"eventVersion":"1.0","eventID":"untimed"}`)
			if err := parser.Parse(raw, &rec); err != nil {
				t.Fatal(err)
			}
			rows.Add(&rec, raw, event.Delivery{File: file, Record: 9999})
		}
		if _, err := load.Write(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := load.Commit(t.Context(), []receipt.File{{Source: "s", Key: "k", SHA256: []byte{0}, State: event.Verified, Ingested: noon}}); err != nil {
		t.Fatal(err)
	}
	return l
}

func engine(t *testing.T, l *lake.Lake, o lake.EngineOptions) *lake.Engine {
	t.Helper()
	e, err := l.Engine(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func read(t *testing.T, r answer.Result, err error) (out []string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for row, err := range r.Rows {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(row...))
	}
	return out
}

const count = "SELECT count(*) FROM events"

func TestEveryWindowIsItsOwn(t *testing.T) {
	e := engine(t, filled(t, 3), lake.EngineOptions{})
	midnight := noon.Truncate(24 * time.Hour)
	for _, c := range []struct {
		from, to time.Duration
		want     string
	}{{time.Hour, 20 * time.Hour, "19"}, {3 * time.Hour, 19 * time.Hour, "16"}, {0, 24 * time.Hour, "24"}, {0, 48 * time.Hour, "49"}, {23 * time.Hour, 25 * time.Hour, "3"}} {
		r, err := e.Between(t.Context(), midnight.Add(c.from), midnight.Add(c.to), count)
		if d := cmp.Diff([]string{c.want}, read(t, r, err)); d != "" {
			t.Errorf("%s to %s: %s", c.from, c.to, d)
		}
	}
	r, err := e.Between(t.Context(), time.Time{}, time.Time{}, count)
	if d := cmp.Diff([]string{"73"}, read(t, r, err)); d != "" {
		t.Error("open on both sides:", d)
	}
}

func TestFilesOutsideTheQuestionAreLeftOut(t *testing.T) {
	e := engine(t, filled(t, 5), lake.EngineOptions{})
	for sql, want := range map[string][2]string{
		count:                                {"121", "5"},
		count + " WHERE date = '2026-03-03'": {"25", "1"},
		count + " WHERE date BETWEEN '2026-03-03' AND '2026-03-04'":                                                                     {"49", "2"},
		count + " WHERE event_time >= TIMESTAMP '2026-03-05 06:00:00'":                                                                  {"42", "2"},
		count + " WHERE event_time < '2026-03-03' AND event_time >= '2026-03-02 12:00:00'":                                              {"12", "2"},
		count + " WHERE account = '000000000002' OR date = '2026-03-02'":                                                                {"48", "5"},
		count + " WHERE account IN ('000000000002', '000000000003') AND event_name = 'E1'":                                              {"16", "2"},
		count + " WHERE region = 'nowhere-1'":                                                                                           {"0", "0"},
		"SELECT (SELECT count(*) FROM events WHERE date = '2026-03-02') + (SELECT count(*) FROM events WHERE account = '000000000004')": {"48", "2"},
		"SELECT count(*) FROM events a JOIN events b ON a.event_id = b.event_id WHERE a.date = '2026-03-02'":                            {"24", "5"},
		"SELECT count(*) FROM (SELECT * FROM events) WHERE date = '2026-03-02'":                                                         {"24", "5"},
	} {
		r, err := e.Ask(t.Context(), sql)
		got := read(t, r, err)
		b := e.Basis()
		if d := cmp.Diff(want, [2]string{got[0], fmt.Sprint(b.Files)}); d != "" {
			t.Errorf("%s: rows and files: %s", sql, d)
		}
		if b.SQLSHA256 != lake.SumSQL(sql) || b.SQL != sql || b.Version == 0 {
			t.Errorf("%s: basis %+v", sql, b)
		}
	}
}

func TestAScopeHolds(t *testing.T) {
	l := filled(t, 3)
	midnight := noon.Truncate(24 * time.Hour)
	for name, c := range map[string]struct {
		scope lake.Scope
		want  string
	}{
		"accounts":                  {lake.Scope{Accounts: []string{"000000000001"}}, "25"},
		"regions":                   {lake.Scope{Regions: []string{"us-east-1"}}, "0"},
		"verified":                  {lake.Scope{Verified: true}, "73"},
		"a day with an untimed":     {lake.Scope{From: midnight.AddDate(0, 0, 1), To: midnight.AddDate(0, 0, 2)}, "25"},
		"part of the day":           {lake.Scope{From: midnight.AddDate(0, 0, 1).Add(6 * time.Hour), To: midnight.AddDate(0, 0, 1).Add(7 * time.Hour)}, "2"}, // and the one that belongs to the day as a whole
		"before everything":         {lake.Scope{To: midnight}, "0"},
		"an account and an instant": {lake.Scope{Accounts: []string{"000000000000"}, From: noon, To: noon.Add(time.Second)}, "1"},
	} {
		e := engine(t, l, lake.EngineOptions{Scope: c.scope})
		r, err := e.Ask(t.Context(), count)
		if d := cmp.Diff([]string{c.want}, read(t, r, err)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestAnEmptyLakeHasAllColumns(t *testing.T) {
	l, err := lake.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	e := engine(t, l, lake.EngineOptions{})
	r, err := e.Ask(t.Context(), "SELECT * FROM events")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Columns) != len(event.Columns) || read(t, r, nil) != nil {
		t.Errorf("%d columns, want %d", len(r.Columns), len(event.Columns))
	}
}
