package logfile

import (
	"context"
	"errors"
	"iter"
	"path"
	"strings"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
)

// Day is the files that a group has in the folders of one day.
type Day struct {
	Name    string   // as folders have it: 2026/03/02; or what stands in its place
	Folders []string // of the group, in which there is one
	Files   []object.Info
}

// Days yields the days of a group, in order, and ends before the second day after To. first says for each folder the day
// to begin with, where that is later than From and the group's own; it may be nil. An error is the last thing yielded, and
// one that ends a run.
func (t *Tree) Days(ctx context.Context, g *Group, first func(folder string) (string, error)) iter.Seq2[Day, error] {
	return func(yield func(Day, error) bool) {
		heads, stop, err := t.listings(ctx, g, first)
		defer stop()
		if err != nil {
			yield(Day{}, err)
			return
		}
		for {
			day := ""
			for _, h := range heads {
				if h.more && h.err != nil {
					yield(Day{}, h.err)
					return
				}
				if d := h.day(); h.more && (day == "" || d < day) {
					day = d
				}
			}
			if day == "" || g.To != "" && day >= g.To || !t.To.IsZero() && day > DayOf(t.To, 1) {
				return
			}
			out := Day{Name: day}
			for _, h := range heads {
				if h.more && h.day() == day {
					out.Folders = append(out.Folders, h.folder)
				}
				for h.more && h.err == nil && h.day() == day {
					out.Files = append(out.Files, h.info)
					h.advance()
				}
			}
			if !yield(out, nil) {
				return
			}
		}
	}
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

// listings opens the listing of each folder of the group. stop is never nil.
func (t *Tree) listings(ctx context.Context, g *Group, first func(folder string) (string, error)) (heads []*head, stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, s := range stops {
			s()
		}
	}
	for _, f := range g.Folders {
		from := max(g.From, DayOf(t.From, 0))
		if first != nil {
			day, err := first(f)
			if err != nil {
				return nil, stop, err
			}
			from = max(from, day)
		}
		after := ""
		if from != "" {
			after = f + from
		}
		prefix := f
		if strings.HasPrefix(t.Under, f) {
			prefix = t.Under
		}
		next, s := iter.Pull2(t.List(ctx, prefix, after))
		stops = append(stops, s)
		h := &head{folder: f, next: next}
		h.advance()
		heads = append(heads, h)
	}
	return heads, stop, nil
}

// DayOf is the folder of the day of a time, some days on; empty for no time.
func DayOf(at time.Time, days int) string {
	if at.IsZero() {
		return ""
	}
	return at.AddDate(0, 0, days).UTC().Format("2006/01/02")
}

// List is Source.List: what cannot be listed is noted and the rest goes on, unless nothing can. An error that ends a run is
// the last thing yielded.
func (t *Tree) List(ctx context.Context, prefix, after string) iter.Seq2[object.Info, error] {
	return func(yield func(object.Info, error) bool) {
		for info, err := range t.Source.List(ctx, prefix, after) {
			switch {
			case err == nil:
				t.Progress.Listed.Add(1)
				if !yield(info, nil) {
					return
				}
			case errors.Is(err, object.ErrNotFound):
			case Fatal(ctx, err):
				yield(info, err)
				return
			default:
				t.unreadable(info.Key, err)
			}
		}
	}
}

// Named reports whether an object has the name of a log file.
func Named(key string) bool {
	k, err := integrity.ParseKey(key)
	return err == nil && k.Class == integrity.LogFile
}

// MayBe reports whether an object outside of AWSLogs folders may hold records, as far as its name can tell.
func MayBe(key string) bool {
	if strings.HasSuffix(key, ".metadata.json") {
		return false
	}
	switch path.Ext(key) {
	case ".json", ".jsonl", ".ndjson", ".gz", ".log", ".txt", "":
		return true
	}
	return false
}
