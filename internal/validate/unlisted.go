package validate

import (
	"fmt"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
)

// unlisted: an object that no digest lists, or only one that is itself not valid.
func (m *merge) unlisted(info object.Info, forged bool) {
	t, ok := logTime(m.folder.root, info.Key)
	if !ok {
		m.oddName(info)
		return
	}
	if !m.future(t) {
		m.saw(t)
	}
	if !m.asks(t, t.Add(time.Second)) {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if forged || !m.vouched(t) {
		m.logs.Pending++
		if !m.future(t) { // else it is no evidence of a digest either
			m.seen[t] = true
		}
		return
	}
	m.logs.Unlisted++
	m.bad[t] = true
	m.faults = append(m.faults, integrity.Fault{Kind: integrity.LogUnlisted, Severity: integrity.Failure, Account: m.account, Region: m.region,
		Time: t, Key: m.folder.root.key(info.Key), Detail: fmt.Sprintf("no digest lists it, although valid digests speak for all of %s to %s",
			t.Add(-early).UTC().Format(time.RFC3339), t.Add(late).UTC().Format(time.RFC3339))})
}

func logTime(rt *root, name string) (time.Time, bool) {
	k, err := integrity.ParseKey(rt.key(name))
	return k.Time, err == nil && k.Class == integrity.LogFile
}

// vouched reports whether every digest that could list a log file delivered at t is there and valid, in every chain
// that was at work then.
func (s *scope) vouched(t time.Time) bool {
	from, to := t.Add(-early), t.Add(late)
	some := false
	for _, d := range s.doubt {
		if d.From.Before(to) && from.Before(d.To) {
			return false
		}
	}
	for i, active := range s.active {
		if !active.From.Before(to) || !from.Before(active.To) {
			continue
		}
		some = true
		if !covers(s.covered[i], from, to) {
			return false
		}
	}
	return some
}

// covers reports whether spans, in order, leave no second out between from and to.
func covers(spans []integrity.Span, from, to time.Time) bool {
	// The last span that starts at or before from.
	lo, hi := 0, len(spans)
	for lo < hi {
		mid := (lo + hi) / 2
		if spans[mid].From.After(from) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	for i := max(lo-1, 0); i < len(spans) && !spans[i].From.After(from); i++ {
		if spans[i].To.After(from) {
			from = spans[i].To
		}
		if !from.Before(to) {
			return true
		}
	}
	return false
}
