package lake

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/receipt"
	"github.com/trailseal/trailseal/internal/sqlite"
)

const (
	// fullRows and fullBytes are how large a part may grow by compaction. Beyond, a further part costs little.
	fullRows  = 4 * 122880
	fullBytes = 64 << 20
)

// Restate gives the rows of files that are in the lake the state and the digest that the files have now.
func (ld *Load) Restate(ctx context.Context, files []receipt.File) error {
	type name struct{ key, sum string }
	now := map[name]receipt.File{}
	places := map[event.Place]bool{}
	for _, f := range files {
		now[name{f.Key, hex.EncodeToString(f.SHA256)}] = f
		for _, p := range f.Places {
			places[p] = true
		}
	}
	for p := range places {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := ld.rewrite(ctx, p, func(f *event.File) bool {
			n, ok := now[name{f.Key, f.SHA256}]
			if !ok || f.State == n.State && f.Digest == n.Digest {
				return false
			}
			f.State, f.Digest = n.State, n.Digest
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rewrite replaces those parts of a partition in which change changes a file.
func (ld *Load) rewrite(ctx context.Context, p event.Place, change func(*event.File) bool) error {
	defer ld.hold(p)()
	parts, err := ld.here(ctx, p)
	if err != nil {
		return err
	}
	for _, part := range parts {
		rows := &event.Rows{Place: p}
		if err := ld.lake.readInto(rows, part); err != nil {
			return err
		}
		seen, changed := map[*event.File]bool{}, false
		visit := func(f *event.File) {
			if !seen[f] {
				seen[f] = true
				changed = change(f) || changed
			}
		}
		for i := range rows.Len() {
			visit(rows.Delivery[i].File)
			for _, o := range rows.OthersOf(i) {
				visit(o.File)
			}
		}
		if !changed {
			continue
		}
		for i := range rows.Len() {
			if len(rows.OthersOf(i)) > 0 {
				rows.Best(i)
			}
		}
		ld.retire(part)
		if _, err := ld.write(rows); err != nil {
			return err
		}
	}
	return nil
}

// Compaction is what compaction did.
type Compaction struct {
	Partitions    int   `json:"partitions"`
	PartsBefore   int   `json:"parts_before"`
	PartsAfter    int   `json:"parts_after"`
	BytesBefore   int64 `json:"bytes_before"`
	BytesAfter    int64 `json:"bytes_after"`
	RowsRewritten int64 `json:"rows_rewritten"`
}

// Compact joins the small parts of each partition that has at least that many of them, and commits. Rows stay as they are.
func (ld *Load) Compact(ctx context.Context, atLeast int) (Compaction, error) {
	var c Compaction
	all, err := ld.lake.parts(ctx, "retired = 0")
	if err != nil {
		return c, err
	}
	small := map[event.Place][]Part{}
	for _, p := range all {
		if p.Rows < fullRows/2 && p.Bytes < fullBytes/2 {
			small[p.Place] = append(small[p.Place], p)
		}
	}
	var order []event.Place
	for p, parts := range small {
		if len(parts) >= max(2, atLeast) {
			order = append(order, p)
		}
	}
	slices.SortFunc(order, func(a, b event.Place) int {
		return slices.Compare([]string{a.Date, a.Account, a.Region}, []string{b.Date, b.Account, b.Region})
	})
	pending := 0
	for _, place := range order {
		if err := ctx.Err(); err != nil {
			return c, err
		}
		c.Partitions++
		n, err := ld.join(ctx, small[place], &c)
		if err != nil {
			return c, err
		}
		if pending += n; pending >= 64 {
			if err := ld.Commit(ctx, nil); err != nil {
				return c, err
			}
			pending = 0
		}
	}
	return c, ld.Commit(ctx, nil)
}

// join writes small parts of one partition as few larger ones.
func (ld *Load) join(ctx context.Context, parts []Part, c *Compaction) (written int, err error) {
	defer ld.hold(parts[0].Place)()
	for len(parts) > 0 {
		var rows, bytes int64
		n := 0
		for n < len(parts) && (n == 0 || rows+parts[n].Rows <= fullRows && bytes+parts[n].Bytes <= fullBytes) {
			rows += parts[n].Rows
			bytes += parts[n].Bytes
			n++
		}
		c.PartsBefore += n
		c.BytesBefore += bytes
		if n == 1 {
			c.PartsAfter++
			c.BytesAfter += bytes
			parts = parts[1:]
			continue
		}
		joined := &event.Rows{Place: parts[0].Place}
		for _, p := range parts[:n] {
			if err := ld.lake.readInto(joined, p); err != nil {
				return written, err
			}
		}
		for _, p := range parts[:n] {
			ld.retire(p)
		}
		if _, err := ld.write(joined); err != nil {
			return written, err
		}
		written++
		c.PartsAfter++
		c.RowsRewritten += rows
		ld.mu.Lock()
		c.BytesAfter += ld.added[len(ld.added)-1].Bytes
		ld.mu.Unlock()
		parts = parts[n:]
		if err := ctx.Err(); err != nil {
			return written, err
		}
	}
	return written, nil
}

// Expired are the parts whose day lies before a time. Evidence is not part of the lake, and nothing of it is named here.
func (l *Lake) Expired(ctx context.Context, before time.Time) ([]Part, error) {
	return l.parts(ctx, "retired = 0 AND date < ? AND date <> '1970-01-01'", before.UTC().Format(time.DateOnly))
}

// Forget removes parts from the lake. Their log files stay known, so that they are not taken in again.
func (ld *Load) Forget(ctx context.Context, parts []Part) error {
	for _, p := range parts {
		ld.retire(p)
	}
	return ld.Commit(ctx, nil)
}

// Stats says what the lake holds.
type Stats struct {
	Dir        string           `json:"lake"`
	Version    int64            `json:"lake_version"`
	Partitions int64            `json:"partitions"`
	Parts      int64            `json:"parts"`
	Events     int64            `json:"events"`
	Bytes      int64            `json:"bytes"`
	From       time.Time        `json:"from,omitzero"` // time of the first event
	To         time.Time        `json:"to,omitzero"`   // time of the last
	Accounts   []string         `json:"accounts"`
	Regions    []string         `json:"regions"`
	ByState    map[string]int64 `json:"events_by_log_state"`
	LogFiles   int64            `json:"log_files"`
	Inflated   int64            `json:"log_bytes_inflated"`
	Odd        int64            `json:"odd_records"`
	Faults     int64            `json:"faults"`
}

// Stats counts.
func (l *Lake) Stats(ctx context.Context) (Stats, error) {
	s := Stats{Dir: l.dir, Accounts: []string{}, Regions: []string{}, ByState: map[string]int64{}}
	parts, err := l.Parts(ctx, Scope{})
	if err != nil {
		return s, err
	}
	places, first, last := map[event.Place]bool{}, noTime, -noTime
	for _, p := range parts {
		places[p.Place] = true
		s.Parts++
		s.Events += p.Rows
		s.Bytes += p.Bytes
		first, last = min(first, p.First), max(last, p.Last)
		for state, n := range p.states() {
			s.ByState[state] += n
		}
		if !slices.Contains(s.Accounts, p.Place.Account) {
			s.Accounts = append(s.Accounts, p.Place.Account)
		}
		if !slices.Contains(s.Regions, p.Place.Region) {
			s.Regions = append(s.Regions, p.Place.Region)
		}
	}
	slices.Sort(s.Accounts)
	slices.Sort(s.Regions)
	s.Partitions = int64(len(places))
	if first <= last {
		s.From, s.To = time.UnixMicro(first).UTC(), time.UnixMicro(last).UTC()
	}
	if s.Version, err = l.Version(ctx); err != nil {
		return s, err
	}
	err = l.db.Read.QueryRowContext(ctx, "SELECT count(*), coalesce(sum(inflated), 0), coalesce(sum(odd), 0), coalesce(sum(faults), 0) FROM log_file").
		Scan(&s.LogFiles, &s.Inflated, &s.Odd, &s.Faults)
	if err != nil {
		return s, fmt.Errorf("lake: %w", sqlite.Classify(err))
	}
	return s, nil
}

func (p Part) states() map[string]int64 {
	return map[string]int64{event.Verified: p.Verified, event.Pending: p.Pending, event.Unlisted: p.Unlisted, event.Failed: p.Failed}
}

// Rows counts the rows of the lake.
func (l *Lake) Rows(ctx context.Context) (n int64, err error) {
	if err := l.db.Read.QueryRowContext(ctx, "SELECT coalesce(sum(rows), 0) FROM part WHERE retired = 0").Scan(&n); err != nil {
		return 0, fmt.Errorf("lake: rows: %w", sqlite.Classify(err))
	}
	return n, nil
}
