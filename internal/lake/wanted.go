package lake

import (
	"strings"
	"time"
	"unicode"

	"github.com/trailseal/trailseal/internal/event"
)

// wanted is what of a query is looked for in every row.
type wanted struct {
	period         bool
	from, to       int64  // of event_time, as in [from, to)
	fromDay, toDay string // of rows without it; empty: open
	names, sources *texts // nil: all
}

func newWanted(q *RecordQuery) wanted {
	w := wanted{from: event.NoTime, to: noTime, period: !q.Scope.From.IsZero() || !q.Scope.To.IsZero(),
		names: newTexts(q.Names, q.Fold), sources: newTexts(q.Sources, q.Fold)}
	if t := q.Scope.From; !t.IsZero() {
		w.from, w.fromDay = t.UnixMicro(), t.UTC().Format(time.DateOnly)
	}
	if t := q.Scope.To; !t.IsZero() {
		w.to, w.toDay = t.UnixMicro(), t.Add(24*time.Hour-1).UTC().Format(time.DateOnly)
	}
	return w
}

// span reports whether events from first to last can lie in the period.
func (w *wanted) span(first, last int64) bool { return last >= w.from && first < w.to }

// day reports whether rows of a day that have no time are in the period.
func (w *wanted) day(date string) bool {
	return date >= w.fromDay && (w.toDay == "" || date < w.toDay)
}

// texts are the values that are wanted of a column.
type texts struct {
	fold  bool
	all   map[string]bool
	known map[string]bool // with fold: what was looked for
}

func newTexts(values []string, fold bool) *texts {
	if len(values) == 0 {
		return nil
	}
	t := &texts{fold: fold, all: map[string]bool{}, known: map[string]bool{}}
	for _, v := range values {
		if fold {
			v = folded(v)
		}
		t.all[v] = true
	}
	return t
}

func (t *texts) has(v []byte) bool {
	if !t.fold {
		return v != nil && t.all[string(v)]
	}
	if v == nil {
		return false
	}
	has, known := t.known[string(v)]
	if !known {
		const most = 1 << 12
		if len(t.known) == most {
			clear(t.known)
		}
		text := string(v)
		has = t.all[folded(text)]
		t.known[text] = has
	}
	return has
}

// folded is the same for texts that strings.EqualFold takes for equal, and for no others.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, s)
}
