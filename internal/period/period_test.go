package period

import (
	"testing"
	"time"
)

var now = time.Date(2026, 11, 23, 12, 30, 15, 500, time.UTC)

func TestTimesAreConvertedToUTC(t *testing.T) {
	for _, c := range []struct{ in, from, to string }{
		{"2026-03-02", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"},
		{"2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"},
		{"2026-03-02T10:00:00-08:00", "2026-03-02T18:00:00Z", "2026-03-02T18:00:00Z"},
		{"2026-03-02T10:00+05:30", "2026-03-02T04:30:00Z", "2026-03-02T04:30:00Z"},
		{"2026-03-02 10:00", "2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"},
		{"now", "2026-11-23T12:30:15Z", "2026-11-23T12:30:15Z"},
	} {
		from, err := From(c.in, now)
		if got := from.Format(time.RFC3339); err != nil || got != c.from || from.Location() != time.UTC {
			t.Errorf("From(%q) = %s, %v; want %s", c.in, got, err, c.from)
		}
		to, err := To(c.in, now)
		if got := to.Format(time.RFC3339); err != nil || got != c.to {
			t.Errorf("To(%q) = %s, %v; want %s", c.in, got, err, c.to)
		}
	}
}

func TestNamedPeriods(t *testing.T) {
	for _, c := range []struct{ in, from, to string }{
		{"2026", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{"2026-Q4", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{"2024-02", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"},
		{"last-90d", "2026-08-25T12:30:15Z", "2026-11-23T12:30:15Z"},
		{"2026-01-01..2026-06-30", "2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z"},
	} {
		from, to, err := Named(c.in, now)
		if f, g := from.Format(time.RFC3339), to.Format(time.RFC3339); err != nil || f != c.from || g != c.to {
			t.Errorf("Named(%q) = %s, %s, %v; want %s, %s", c.in, f, g, err, c.from, c.to)
		}
	}
}

func TestWhatIsNoTimeIsRefused(t *testing.T) {
	for _, in := range []string{"", "yesterday", "2026-13-01", "2026-02-30", "1771632000", "2026-03-02T10:00:00 PST"} {
		if got, err := From(in, now); err == nil {
			t.Errorf("From(%q) = %s, want an error", in, got)
		}
	}
	for _, in := range []string{"", "2026-Q5", "26", "2026-00", "2026-01-01..x"} {
		if _, _, err := Named(in, now); err == nil {
			t.Errorf("Named(%q): want an error", in)
		}
	}
}
