package follow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/trailseal/trailseal/internal/logfile"
	"github.com/trailseal/trailseal/internal/object"
)

const (
	// A file that is not there is given up after an hour: S3 lists no file that cannot be opened, and messages can
	// name one that was deleted since. Others may become readable: a right is granted, an archived file restored.
	patienceMissing = time.Hour
	patience        = 7 * 24 * time.Hour
	slowest         = time.Hour // between tries
)

// hand reads files and hands them out.
func (r *run) hand(ctx context.Context, all []news) error {
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b news) int {
		switch {
		case a.again && !b.again:
			return -1
		case b.again && !a.again:
			return 1
		}
		return order(a, b)
	})
	infos := make([]object.Info, len(all))
	for i, x := range all {
		infos[i] = x.info
	}
	var files []File
	size := 0
	for f, err := range r.tree.Load(ctx, infos) {
		if err != nil {
			return err
		}
		file, ok := r.look(all[f.Number], f)
		if !ok {
			continue
		}
		files = append(files, file)
		if size += len(f.Data); len(files) >= r.Size || size >= batchBytes {
			if err := r.emit(ctx, files); err != nil {
				return err
			}
			files, size = nil, 0
		}
	}
	if len(files) == 0 {
		return nil
	}
	return r.emit(ctx, files)
}

// look decides about a file that was read, or not. It is not ok where there is nothing to be handed out.
func (r *run) look(x news, f logfile.File) (File, bool) {
	out := File{File: f, Again: x.again}
	if f.Err != nil {
		out.Info = x.info
		return r.fail(x, out)
	}
	if x.again {
		return out, true
	}
	waiting := r.retries[x.info.Key] != nil
	delete(r.retries, x.info.Key)
	r.full = r.full && len(r.retries) >= maxRetries
	added, changed := x.folder.at(x.day).add(f.Info.Key, f.Info.Version)
	out.Changed = changed && !waiting
	return out, added || changed || waiting || x.retried
}

// at is what is known of a day, from now on.
func (f *folder) at(name string) *day {
	d := f.days[name]
	if d == nil {
		d = newDay()
		f.days[name] = d
	}
	return d
}

// fail notes a file that could not be read.
func (r *run) fail(x news, out File) (File, bool) {
	if x.again {
		return out, false // it was told before
	}
	now := r.Now().UTC()
	w := r.retries[x.info.Key]
	first := w == nil
	if first {
		if len(r.retries) >= maxRetries {
			if !r.full {
				r.Warn(fmt.Errorf("more than %d files cannot be read, as %q: %w", maxRetries, x.info.Key, out.Err))
			}
			r.full = true
			return out, false // the next listing meets it again
		}
		w = &retry{Key: x.info.Key, Since: now}
		r.retries[x.info.Key] = w
		if x.info.Version != "" {
			x.folder.at(x.day).add(x.info.Key, x.info.Version)
		}
	}
	w.Tries++
	pause := min(time.Minute<<min(w.Tries-1, 10), slowest)
	limit := patience
	switch {
	case errors.Is(out.Err, object.ErrNotFound):
		limit = patienceMissing
	case errors.Is(out.Err, object.ErrArchived):
		pause = slowest
	}
	w.Next = now.Add(r.jittered(pause))
	if now.Sub(w.Since) >= limit {
		delete(r.retries, x.info.Key)
		out.GivenUp = true
		return out, true
	}
	return out, first || r.Once
}

// again tries the files once more that could not be read and are due.
func (r *run) again(ctx context.Context) error {
	now := r.Now()
	var all []news
	for _, key := range slices.Sorted(maps.Keys(r.retries)) {
		w := r.retries[key]
		if w.Next.After(now) && !(r.Once && r.left[key]) {
			continue
		}
		delete(r.left, key)
		f := r.home(key)
		if f == nil {
			delete(r.retries, key) // it lies outside of what is followed now
			continue
		}
		x, _ := r.newsOf(f, object.Info{Key: key, Modified: w.Since})
		x.retried = true
		all = append(all, x)
	}
	return r.hand(ctx, all)
}
