package ingest

import (
	"context"
	"errors"
	"iter"
	"path"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/receipt"
)

// bufferLimit is how much memory the rows of one worker may hold on to before the largest partition is written.
const bufferLimit = 40 << 20

// taker takes in one unit.
type taker struct {
	*run
	unit    *unit
	parser  event.Parser
	record  event.Record
	open    map[event.Place]*event.Rows
	spare   []*event.Rows // written, to be used again
	waiting []waiting     // files with rows in open
}

// waiting is a file some of whose rows are not written yet.
type waiting struct {
	file receipt.File
	left map[event.Place]bool
}

// take takes in the files of a unit.
func (r *run) take(ctx context.Context, u *unit) error {
	t := &taker{run: r, unit: u, open: map[event.Place]*event.Rows{}}
	if len(u.folders) == 0 {
		return t.anywhere(ctx)
	}
	if err := t.restateOld(ctx); err != nil {
		return err
	}
	heads, stop, err := t.listings(ctx)
	if err != nil {
		return err
	}
	defer stop()
	for {
		day := ""
		for _, h := range heads {
			if d := h.day(); h.more && (day == "" || d < day) {
				day = d
			}
		}
		if day == "" || u.to != "" && day >= u.to || !t.To.IsZero() && day > dayOf(t.To, 1) {
			break
		}
		var files []object.Info
		for _, h := range heads {
			if h.more && h.day() == day {
				t.seen(h.folder, day)
			}
			for h.more && h.day() == day {
				if h.err == nil {
					files = append(files, h.info)
				}
				h.advance()
			}
		}
		if err := t.day(ctx, day, files); err != nil {
			return err
		}
		// A record is delivered within minutes of its event, but midnight may lie between.
		if err := t.flush(ctx, func(p event.Place, _ *event.Rows) bool { return p.Date < strings.ReplaceAll(day, "/", "-") }); err != nil {
			return err
		}
	}
	return t.flush(ctx, func(event.Place, *event.Rows) bool { return true })
}

// head is where the listing of one folder stands.
type head struct {
	folder string
	next   func() (object.Info, error, bool)
	info   object.Info
	err    error
	more   bool
}

func (h *head) advance() { h.info, h.err, h.more = h.next() }

// day is the folder of the day that the object lies in, or what stands in its place.
func (h *head) day() string {
	rest := strings.TrimPrefix(h.info.Key, h.folder)
	if len(rest) > 10 {
		return rest[:10]
	}
	return rest
}

// listings opens the listing of each folder of the unit.
func (t *taker) listings(ctx context.Context) (heads []*head, stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, s := range stops {
			s()
		}
	}
	for _, f := range t.unit.folders {
		from := t.unit.from
		if day := dayOf(t.From, 0); day > from {
			from = day
		}
		if t.SinceLast {
			last, err := t.newest(ctx, f)
			if err != nil {
				stop()
				return nil, nil, err
			}
			from = max(from, last)
		}
		after := ""
		if from != "" {
			after = f + from
		}
		prefix := f
		if strings.HasPrefix(t.Under, f) {
			prefix = t.Under
		}
		next, s := iter.Pull2(t.list(ctx, prefix, after))
		stops = append(stops, s)
		h := &head{folder: f, next: next}
		h.advance()
		heads = append(heads, h)
	}
	return heads, stop, nil
}

// dayOf is the folder of the day of a time, some days on; empty for no time.
func dayOf(at time.Time, days int) string {
	if at.IsZero() {
		return ""
	}
	return at.AddDate(0, 0, days).UTC().Format("2006/01/02")
}

// newest is the day before the one up to which the lake has every file of a folder: CloudTrail names a file by the time of
// its delivery, and may put two under way at once. Empty: that is not known, and everything is listed.
func (t *taker) newest(ctx context.Context, folder string) (string, error) {
	last, err := t.Known.Seen(ctx, t.Name, folder)
	if err != nil || last == "" {
		return "", err
	}
	day, err := time.Parse("2006/01/02", last)
	if err != nil {
		return "", nil
	}
	return dayOf(day, -1), nil
}

// list is Source.List: what cannot be listed is noted and the rest goes on, unless nothing can.
func (t *taker) list(ctx context.Context, prefix, after string) iter.Seq2[object.Info, error] {
	return func(yield func(object.Info, error) bool) {
		for info, err := range t.Source.List(ctx, prefix, after) {
			switch {
			case err == nil:
				t.Progress.Listed.Add(1)
				if !yield(info, nil) {
					return
				}
			case errors.Is(err, object.ErrNotFound):
			case ctx.Err() != nil || errors.Is(err, object.ErrCredentials) || errors.Is(err, object.ErrNoSource):
				yield(info, err)
				return
			default:
				t.unreadable(info.Key, err)
			}
		}
	}
}

// anywhere takes in files of a source without an AWSLogs folder.
func (t *taker) anywhere(ctx context.Context) error {
	const batch = 256
	var files []object.Info
	for info, err := range t.list(ctx, t.Under, "") {
		if err != nil {
			return err
		}
		if !mayBeLogs(info.Key) {
			t.tally(&t.report.Files.Other, 1)
			continue
		}
		if files = append(files, info); len(files) == batch {
			if err := t.batch(ctx, "", files); err != nil {
				return err
			}
			files = files[:0]
		}
	}
	if err := t.batch(ctx, "", files); err != nil {
		return err
	}
	return t.flush(ctx, func(event.Place, *event.Rows) bool { return true })
}

func mayBeLogs(key string) bool {
	if strings.HasSuffix(key, ".metadata.json") {
		return false
	}
	switch path.Ext(key) {
	case ".json", ".jsonl", ".ndjson", ".gz", ".log", ".txt", "":
		return true
	}
	return false
}

// flush writes the partitions that are due, and hands on the files that are whole thereby.
func (t *taker) flush(ctx context.Context, due func(event.Place, *event.Rows) bool) error {
	parts := 0
	for place, rows := range t.open {
		if !due(place, rows) {
			continue
		}
		differing, err := t.Load.Write(ctx, rows)
		if err != nil {
			return err
		}
		t.tally(&t.report.Differ, int64(differing))
		delete(t.open, place)
		t.spare = append(t.spare, rows)
		parts++
		for _, w := range t.waiting {
			delete(w.left, place)
		}
	}
	var done []receipt.File
	still := t.waiting[:0]
	for _, w := range t.waiting {
		if len(w.left) == 0 {
			done = append(done, w.file)
		} else {
			still = append(still, w)
		}
	}
	t.waiting = still
	if len(done) == 0 && parts == 0 {
		return nil
	}
	return t.whole(ctx, done, parts)
}

// relieve writes the largest partitions until the rows hold on to less than they may.
func (t *taker) relieve(ctx context.Context) error {
	for {
		var sum, most int64
		for _, rows := range t.open {
			sum += rows.Size
			most = max(most, rows.Size)
		}
		if sum < bufferLimit {
			return nil
		}
		if err := t.flush(ctx, func(_ event.Place, rows *event.Rows) bool { return rows.Size == most }); err != nil {
			return err
		}
	}
}
