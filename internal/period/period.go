// Package period reads the times and audit periods that people type.
//
// It promises that a zone is converted and never dropped, that a time without one is UTC, and that everything it
// returns is UTC. It knows no calendar but the Gregorian one.
package period

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02 15:04",
}

// From reads the start of a period: RFC 3339, a time without a zone (UTC), a date (its first moment), or "now".
func From(s string, now time.Time) (time.Time, error) { return parse(s, now, 0) }

// To reads the end of a period as From does, but for a date: that is its last moment, so that --from 2026-01-01
// --to 2026-12-31 is the whole year.
func To(s string, now time.Time) (time.Time, error) { return parse(s, now, 1) }

func parse(s string, now time.Time, days int) (time.Time, error) {
	if s == "now" {
		return now.UTC().Truncate(time.Second), nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t.AddDate(0, 0, days), nil
	}
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: want 2026-03-02, 2026-03-02T15:04:05Z, 2026-03-02T15:04:05+01:00 or now", s)
}

var (
	year    = regexp.MustCompile(`^(\d{4})$`)
	quarter = regexp.MustCompile(`^(\d{4})-?[qQ]([1-4])$`)
	month   = regexp.MustCompile(`^(\d{4})-(0[1-9]|1[0-2])$`)
	last    = regexp.MustCompile(`^last-(\d{1,4})d$`)
)

// Named reads the name of a period: 2026, 2026-Q1, 2026-03, last-90d, or FROM..TO.
func Named(s string, now time.Time) (from, to time.Time, err error) {
	at := func(m, y string) time.Time {
		yy, _ := strconv.Atoi(y)
		mm, _ := strconv.Atoi(m)
		return time.Date(yy, time.Month(mm), 1, 0, 0, 0, 0, time.UTC)
	}
	if m := year.FindStringSubmatch(s); m != nil {
		from = at("1", m[1])
		return from, from.AddDate(1, 0, 0), nil
	}
	if m := quarter.FindStringSubmatch(s); m != nil {
		from = at("1", m[1])
		q, _ := strconv.Atoi(m[2])
		from = from.AddDate(0, 3*(q-1), 0)
		return from, from.AddDate(0, 3, 0), nil
	}
	if m := month.FindStringSubmatch(s); m != nil {
		from = at(m[2], m[1])
		return from, from.AddDate(0, 1, 0), nil
	}
	if m := last.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1])
		to = now.UTC().Truncate(time.Second)
		return to.AddDate(0, 0, -n), to, nil
	}
	if a, b, ok := strings.Cut(s, ".."); ok {
		if from, err = From(a, now); err != nil {
			return from, to, err
		}
		to, err = To(b, now)
		return from, to, err
	}
	return from, to, fmt.Errorf("%q is no period: want 2026, 2026-Q1, 2026-03, last-90d or FROM..TO", s)
}
