package alert

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// Rerouted is what Reroute found.
type Rerouted struct {
	Queued int // deliveries to other sinks
	// Stranded are the deliveries that wait for a sink that is not there and go nowhere else, by its name.
	Stranded map[string]int
}

// Reroute queues what waits for sinks that are not there any more, as after a change of the configuration, for the sinks to
// which routes lead now. sinks are the names of those that are there. What waits goes on waiting: the sink may come back, or
// be another process's.
func (s *Store) Reroute(ctx context.Context, routes []Route, sinks []string, at time.Time) (Rerouted, error) {
	var out Rerouted
	err := s.tx(ctx, func(w *work) (err error) {
		out, err = w.reroute(ctx, routes, sinks, micros(at))
		return err
	})
	if err != nil {
		return Rerouted{}, fmt.Errorf("alerts: find other ways for what waits: %w", err)
	}
	if out.Queued > 0 {
		s.ring()
	}
	return out, nil
}

func (w *work) reroute(ctx context.Context, routes []Route, sinks []string, at int64) (Rerouted, error) {
	out := Rerouted{Stranded: map[string]int{}}
	type waiting struct {
		notice, alert int64
		sink          string
	}
	var all []waiting
	if err := each(ctx, w, "SELECT notice, alert, sink FROM delivery WHERE state = 0 AND alone = 0 ORDER BY id", nil, func(r *sql.Rows) error {
		var d waiting
		err := r.Scan(&d.notice, &d.alert, &d.sink)
		if !slices.Contains(sinks, d.sink) {
			all = append(all, d)
		}
		return err
	}); err != nil {
		return out, err
	}
	ways := map[int64][]string{} // by alert
	for _, d := range all {
		to, known := ways[d.alert]
		if !known {
			r, err := load(ctx, w, d.alert)
			if err != nil {
				return out, err
			}
			to = slices.DeleteFunc(sinksFor(routes, r.Alert), func(name string) bool { return !slices.Contains(sinks, name) })
			ways[d.alert] = to
		}
		if len(to) == 0 {
			out.Stranded[d.sink]++
		}
		for _, name := range to {
			_, rows, err := w.exec(ctx, `INSERT INTO delivery (notice, alert, sink, alone, state, attempts, tries, since, next_at, begun)
				SELECT ?1, ?2, ?3, 0, 0, 0, 0, 0, ?4, ?4 WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE notice = ?1 AND sink = ?3)`, d.notice, d.alert, name, at)
			if err != nil {
				return out, err
			}
			out.Queued += int(rows)
		}
	}
	return out, nil
}
