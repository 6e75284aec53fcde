package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/trailseal/trailseal/internal/alert"
	"github.com/trailseal/trailseal/internal/detect"
	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/follow"
	"github.com/trailseal/trailseal/internal/recall"
)

// around is how far before and after an event an alert looks.
const around = 30 * time.Minute

// batch looks at some log files, and records what was found together with the position.
func (w *watcher) batch(ctx context.Context, b follow.Batch, name string) error {
	var found []alert.Finding
	w.settled = false
	for _, f := range b.Files {
		more, err := w.file(ctx, f)
		if err != nil {
			return err
		}
		found = append(found, more...)
	}
	return w.record(ctx, found, map[string]string{name: b.Position})
}

// file looks at one log file.
func (w *watcher) file(ctx context.Context, f follow.File) ([]alert.Finding, error) {
	key := f.Info.Key
	switch {
	case f.Err != nil && f.GivenUp:
		w.done.Unreadable++
		w.Log.Error("a log file could not be read and is given up", "key", key, "error", f.Err.Error())
		return nil, nil
	case f.Err != nil:
		w.done.Unreadable++
		w.Log.Warn("a log file cannot be read; it is tried again", "key", key, "error", f.Err.Error())
		return nil, nil
	case f.Changed:
		w.Log.Warn("a log file has changed since it was read", "key", key)
	}
	place := detect.Place{Source: key, State: event.Pending, Origin: f.Origin}
	if f.SHA256 != [32]byte{} {
		place.SHA256 = hex.EncodeToString(f.SHA256[:])
	}
	w.done.Files++
	if f.Damage != nil {
		w.done.Unreadable++
		w.Log.Warn("a log file is damaged; what lies before the damage is looked at", "key", key, "error", f.Damage.Error())
	}
	if f.Data != nil {
		if err := w.remember(w.parser.Records(f.Data, &w.row), place); err != nil {
			return nil, err
		}
		if f.Again && !f.Changed {
			w.live.Learn(f.Data, place)
			return nil, nil
		}
		return w.findings(w.live.File(f.Data, place))
	}
	if f.Open == nil {
		return nil, nil
	}
	if err := w.each(ctx, f, func(r io.Reader) error { return w.remember(event.Stream(r, 0), place) }); err != nil || f.Again && !f.Changed {
		return nil, err
	}
	var found []alert.Finding
	err := w.each(ctx, f, func(r io.Reader) (err error) {
		found, err = w.findings(w.live.Stream(r, place))
		return err
	})
	return found, err
}

// each opens a file that is read as a stream. An error ends the watch: what was found is not recorded, and the next start reads
// the file again.
func (w *watcher) each(ctx context.Context, f follow.File, read func(io.Reader) error) error {
	r, err := f.Open(ctx)
	if err != nil {
		return fmt.Errorf("read %q: %w", f.Info.Key, err)
	}
	defer r.Close()
	sum := sha256.New()
	all := io.TeeReader(r, sum)
	if err := read(all); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, all); err != nil {
		return fmt.Errorf("read %q: %w", f.Info.Key, err)
	}
	// The hash that a digest is compared with is of an earlier reading.
	if f.SHA256 != [32]byte{} && [32]byte(sum.Sum(nil)) != f.SHA256 {
		return fmt.Errorf("read %q: it changed while it was read", f.Info.Key)
	}
	return nil
}

// remember keeps what every record says of who did what, for alerts that come. An error is one of reading.
func (w *watcher) remember(all iter.Seq2[event.Item, error], p detect.Place) error {
	for item, err := range all {
		switch bad := (*event.Fault)(nil); {
		case errors.As(err, &bad): // findings tells of it
		case err != nil:
			return fmt.Errorf("read %q: %w", p.Source, err)
		default:
			w.note(item, p)
		}
	}
	return nil
}

// note remembers one record.
func (w *watcher) note(item event.Item, p detect.Place) {
	if !item.Parsed && w.parser.Parse(item.Raw, &w.row) != nil {
		return
	}
	w.done.Records++
	e := finding.EventOf(&w.row, p.Source, item.Number, p.State, p.Origin)
	if i, ok := recall.IssueOf(&w.row); ok {
		w.memory.AddIssued(i, e)
		return
	}
	w.memory.Add(e)
}

// findings are the hits with what an alert needs besides them. An error is one of reading.
func (w *watcher) findings(hits iter.Seq2[detect.Hit, error]) ([]alert.Finding, error) {
	var out []alert.Finding
	for h, err := range hits {
		var bad *detect.Malformed
		switch {
		case errors.As(err, &bad):
			w.done.Malformed++
			w.Log.Warn("a record cannot be judged", "source", bad.Source, "record", bad.Record, "reason", bad.Reason)
		case err != nil:
			return nil, err
		default:
			out = append(out, w.finding(h))
		}
	}
	return out, nil
}

func (w *watcher) finding(h detect.Hit) alert.Finding {
	return alert.Finding{Match: h.Match, Title: h.Rule.Title, What: h.Rule.What, Criteria: h.Rule.Criteria, Steps: h.Rule.Steps, Actor: w.memory.Actor(h.Event), Window: w.q.Alerts.Window}
}

// record keeps findings and positions, and tells of alerts that are new. Of those, who stands behind them and what happened
// around them is found out first.
func (w *watcher) record(ctx context.Context, found []alert.Finding, positions map[string]string) error {
	for _, text := range w.live.Warnings() {
		w.Log.Warn(text)
	}
	now := w.Now().UTC()
	opening, err := w.store.Opening(ctx, found, now)
	if err != nil {
		return err
	}
	for _, i := range opening {
		f := &found[i]
		f.Around, f.AroundGap = w.memory.Around(f.Match.Event, around, around, finding.MaxAround)
		w.lake.actor(ctx, f)
	}
	r, err := w.store.Record(ctx, alert.Batch{Findings: found, Positions: w.memorized(positions, false), Routes: routesOf(w.q.Alerts), Link: linkOf(w.q.Alerts), At: now})
	if err != nil {
		return err
	}
	w.settled = true
	w.done.Opened += len(r.Opened)
	w.done.Matches += r.Added
	w.done.Suppressed += r.Silenced
	w.done.NoRoute += r.NoRoute
	for _, x := range r.Opened {
		if err := w.tell(x); err != nil {
			return err
		}
	}
	return nil
}

// stream looks at what comes on standard input, until it ends. Nothing can be proven of it.
func (w *watcher) stream(ctx context.Context, r io.Reader) error {
	w.memory = recall.New(w.Now, w.Now())
	if err := w.resume(ctx, "watch -"); err != nil {
		return err
	}
	read := func(ctx context.Context) error {
		if err := w.lines(ctx, r); err != nil {
			return err
		}
		return errStreamEnded
	}
	err := w.together(ctx, read)
	if !errors.Is(err, errStreamEnded) {
		return err
	}
	return w.flush(ctx)
}

var errStreamEnded = errors.New("standard input has ended")

// lines looks at records as they come. What has come is recorded at once: who waits for the next line is told of this one.
func (w *watcher) lines(ctx context.Context, r io.Reader) error {
	place := detect.Place{Source: "-"}
	for item, err := range follow.Lines(interruptible(ctx, r)) {
		var bad *event.Fault
		switch {
		case errors.As(err, &bad):
			w.done.Malformed++
			w.Log.Warn("a record cannot be judged", "record", bad.Number, "reason", bad.Reason)
			continue
		case err != nil:
			return fmt.Errorf("standard input: %w", err)
		}
		w.note(item, place)
		w.settled = false
		found, err := w.findings(w.live.Record(item.Raw, item.Number, place))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			w.settled = true
			continue
		}
		if err := w.record(ctx, found, nil); err != nil {
			return err
		}
	}
	return ctx.Err()
}
