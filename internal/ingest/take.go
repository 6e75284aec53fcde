package ingest

import (
	"context"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/logfile"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/receipt"
)

// bufferLimit is how much memory the rows of one worker may hold on to before the largest partition is written.
const bufferLimit = 40 << 20

// taker takes in one group.
type taker struct {
	*run
	group   *logfile.Group
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

// take takes in the files of a group.
func (r *run) take(ctx context.Context, g *logfile.Group) error {
	t := &taker{run: r, group: g, open: map[event.Place]*event.Rows{}}
	if len(g.Folders) == 0 {
		return t.anywhere(ctx)
	}
	if err := t.restateOld(ctx); err != nil {
		return err
	}
	for day, err := range t.tree.Days(ctx, t.group, func(folder string) (string, error) { return t.newest(ctx, folder) }) {
		if err != nil {
			return err
		}
		for _, folder := range day.Folders {
			t.seen(folder, day.Name)
		}
		if err := t.day(ctx, day.Name, day.Files); err != nil {
			return err
		}
		// A record is delivered within minutes of its event, but midnight may lie between.
		if err := t.flush(ctx, func(p event.Place, _ *event.Rows) bool { return p.Date < strings.ReplaceAll(day.Name, "/", "-") }); err != nil {
			return err
		}
	}
	return t.flush(ctx, func(event.Place, *event.Rows) bool { return true })
}

// newest is the day before the one up to which the lake has every file of a folder: CloudTrail names a file by the time of
// its delivery, and may put two under way at once. Empty: that is not known, or not asked for, and everything is listed.
func (t *taker) newest(ctx context.Context, folder string) (string, error) {
	if !t.SinceLast {
		return "", nil
	}
	last, err := t.Known.Seen(ctx, t.Name, folder)
	if err != nil || last == "" {
		return "", err
	}
	day, err := time.Parse("2006/01/02", last)
	if err != nil {
		return "", nil
	}
	return logfile.DayOf(day, -1), nil
}

// anywhere takes in files of a source without an AWSLogs folder.
func (t *taker) anywhere(ctx context.Context) error {
	const batch = 256
	var files []object.Info
	for info, err := range t.tree.List(ctx, t.Under, "") {
		if err != nil {
			return err
		}
		if !logfile.MayBe(info.Key) {
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
