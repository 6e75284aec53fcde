package sigma

import (
	"time"

	"github.com/trailseal/trailseal/internal/pattern"
)

// part is a part of a time.
type part byte

const (
	none part = iota
	minute
	hour
	day
	week
	month
	year
)

// of returns a part of a time in RFC 3339, as it is written there: in no other zone.
func (p part) of(typ pattern.Type, text []byte) (int, bool) {
	const shortest, longest = len("2006-01-02T15:04:05Z"), len("2006-01-02T15:04:05.000000000+00:00")
	var t time.Time
	if typ != pattern.String || len(text) < shortest || len(text) > longest || text[4] != '-' || t.UnmarshalText(text) != nil {
		return 0, false
	}
	n := 0
	switch p {
	case minute:
		n = t.Minute()
	case hour:
		n = t.Hour()
	case day:
		n = t.Day()
	case week:
		_, n = t.ISOWeek()
	case month:
		n = int(t.Month())
	case year:
		n = t.Year()
	}
	return n, true
}

// bounds are the least and the greatest number that a part can be.
func (p part) bounds() (least, most int) {
	switch p {
	case minute:
		return 0, 59
	case hour:
		return 0, 23
	case day:
		return 1, 31
	case week:
		return 1, 53
	case month:
		return 1, 12
	}
	return 0, 9999
}
