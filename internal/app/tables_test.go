package app

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/verdict"
)

func TestLookedLeavesOutWhatNoRunSaw(t *testing.T) {
	first := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	// A day is verified from one hour up to another, and out of scope for the rest.
	day := func(n, from, to int) verdict.Day {
		d := verdict.Day{Date: first.AddDate(0, 0, n)}
		for h := range d.Hours {
			d.Hours[h] = integrity.OutOfScope
			if from <= h && h < to {
				d.Hours[h] = integrity.Verified
			}
		}
		return d
	}
	for _, c := range []struct {
		name             string
		days             []verdict.Day
		outside, written int // hours
	}{
		{"a period within a day", []verdict.Day{day(0, 4, 8)}, 0, 4},
		{"a whole day before the first digest", []verdict.Day{day(0, 0, 0), day(1, 10, 24)}, 34, 14},
		{"a day is missing before it", []verdict.Day{day(0, 0, 0), day(2, 10, 24)}, 24, 14},
		{"the end of the last day", []verdict.Day{day(0, 0, 24), day(1, 0, 1)}, 0, 25},
		{"nothing", nil, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := map[integrity.State]int{}
			for _, state := range looked(c.days) {
				got[state]++
			}
			want := map[integrity.State]int{}
			if c.outside > 0 {
				want[integrity.OutOfScope] = c.outside
			}
			if c.written > 0 {
				want[integrity.Verified] = c.written
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLackingDaysAreVerifiedAndNotInTheLake(t *testing.T) {
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	hours := map[time.Time]integrity.State{
		day.Add(3 * time.Hour):  integrity.Verified,
		day.Add(4 * time.Hour):  integrity.Verified,
		day.Add(24 * time.Hour): integrity.Verified, // may be of the day before
		day.Add(50 * time.Hour): integrity.VerifiedEmpty,
		day.Add(75 * time.Hour): integrity.Verified,
	}
	for _, c := range []struct {
		name     string
		have     map[time.Time]bool
		from, to time.Time
		want     int
	}{
		{"nothing is there", nil, day, day.AddDate(0, 0, 5), 2},
		{"all is there", map[time.Time]bool{day: true, day.AddDate(0, 0, 3): true}, day, day.AddDate(0, 0, 5), 0},
		{"one was let go", map[time.Time]bool{day.AddDate(0, 0, 3): true}, day, day.AddDate(0, 0, 5), 1},
		{"outside the period", nil, day.AddDate(0, 0, 1), day.AddDate(0, 0, 2), 0},
	} {
		if got := len(lackingDays(hours, c.have, c.from, c.to)); got != c.want {
			t.Errorf("%s: %d days, want %d", c.name, got, c.want)
		}
	}
}
