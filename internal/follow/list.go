package follow

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/logfile"
	"github.com/trailseal/trailseal/internal/object"
)

// folder is the log files of an account and region, or, where they lie anywhere, all files.
type folder struct {
	name   string
	loose  bool
	listed time.Time // all that was listed then has been handed out
	looked time.Time // when the last listing that came to its end began
	primed bool      // it was listed since the start of this process
	saved  map[string]mark
	days   map[string]*day // by 2026/03/02; those that saved has are not in it

	next    time.Time     // when to list it again
	every   time.Duration // that is after so long
	failing bool
}

// day is which files of a folder and day were handed out.
type day struct {
	mark
	seen map[uint64]uint64 // hash of the key, and of the key and version
}

// hashOf identifies a file, and a version of it.
func hashOf(key, version string) (k, v uint64) {
	a, b := sha256.Sum256([]byte(key)), sha256.Sum256([]byte(key+"\x00"+version))
	return binary.BigEndian.Uint64(a[:]), binary.BigEndian.Uint64(b[:])
}

// add notes that a version of a file was handed out.
func (d *day) add(key, version string) (added, changed bool) {
	k, v := hashOf(key, version)
	old, known := d.seen[k]
	switch {
	case known && old == v:
		return false, false
	case known:
		d.x ^= old
	default:
		d.n++
	}
	d.x ^= v
	d.seen[k] = v
	return !known, known
}

// has reports whether that version of a file was handed out.
func (d *day) has(key, version string) bool {
	if d == nil {
		return false
	}
	k, v := hashOf(key, version)
	old, known := d.seen[k]
	return known && old == v
}

func newDay() *day { return &day{seen: map[uint64]uint64{}} }

// news is a file that may have to be handed out.
type news struct {
	info      object.Info
	folder    *folder
	day       string
	delivered time.Time
	again     bool // it was handed out before, and is for memory only
	retried   bool // it could not be read before
}

// order is that of handing out. Within a folder and day, a position counts on it.
func order(a, b news) int {
	return cmp.Or(a.info.Modified.Compare(b.info.Modified), strings.Compare(a.info.Key, b.info.Key))
}

const (
	manyFolders = 256    // that are listed before their news is looked at
	manyNews    = 50_000 // files that are known to be new before they are handed out
)

// sweep lists folders and hands out what is new in them.
func (r *run) sweep(ctx context.Context, folders []*folder) error {
	var all []news
	var listed []*folder
	for chunk := range slices.Chunk(folders, manyFolders) {
		found := make([][]news, len(chunk))
		failed := make([]error, len(chunk))
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(r.tree.Parallel)
		for i, f := range chunk {
			g.Go(func() error {
				found[i], failed[i] = r.list(gctx, f)
				if err := failed[i]; err != nil && logfile.Fatal(gctx, err) {
					return err
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		for i, f := range chunk {
			r.schedule(f, len(found[i]) > 0, failed[i])
			if failed[i] == nil {
				all = append(all, found[i]...)
				listed = append(listed, f)
			}
		}
		if len(all) >= manyNews {
			if err := r.finish(ctx, all, listed); err != nil {
				return err
			}
			all, listed = nil, nil
		}
	}
	return r.finish(ctx, all, listed)
}

// finish hands out what was found in folders, whereupon their listing counts.
func (r *run) finish(ctx context.Context, all []news, listed []*folder) error {
	if err := r.hand(ctx, all); err != nil {
		return err
	}
	for _, f := range listed {
		f.listed = f.looked
		oldest := logfile.DayOf(f.listed.Add(-r.Late), 0)
		for name := range f.days {
			if name < oldest && !f.loose {
				delete(f.days, name)
			}
		}
		for name := range f.saved {
			if name < oldest {
				delete(f.saved, name)
			}
		}
	}
	return nil
}

// schedule says when to list a folder again.
func (r *run) schedule(f *folder, news bool, err error) {
	every, quiet := r.pace()
	switch {
	case news || f.every == 0:
		f.every = every
	default:
		f.every = min(f.every*3/2, quiet)
	}
	f.every = min(max(f.every, every), quiet)
	f.next = r.Now().Add(r.jittered(f.every))
	if err != nil && !f.failing {
		r.Warn(fmt.Errorf("look for news in %q: %w", f.name, err))
	}
	f.failing = err != nil
}

// list lists a folder and returns what is new in it. It changes nothing when the listing fails.
func (r *run) list(ctx context.Context, f *folder) ([]news, error) {
	looked := r.Now()
	oldest := min(f.listed.Unix(), looked.Unix()) - int64(r.Late/time.Second)
	if !f.primed {
		oldest = min(oldest, r.resumed.Add(-r.Overlap).Unix())
	}
	after, prefix := f.name+logfile.DayOf(time.Unix(oldest, 0), 0), f.name
	if f.loose {
		after = ""
	}
	if strings.HasPrefix(r.Logs.Under, f.name) {
		prefix = r.Logs.Under
	}
	begin := r.start.Truncate(time.Minute) // names have minutes
	var out []news
	fresh := map[string][]news{} // of days of which nothing is known yet
	for info, err := range r.Logs.Source.List(ctx, prefix, after) {
		if errors.Is(err, object.ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		x, ok := r.newsOf(f, info)
		if !ok {
			continue
		}
		history := x.delivered.Before(begin) && info.Modified.Before(begin)
		switch d := f.days[x.day]; {
		case history:
			out = r.remember(out, x)
		case d == nil:
			fresh[x.day] = append(fresh[x.day], x)
		case d.has(info.Key, info.Version):
			out = r.remember(out, x)
		case r.retries[info.Key] == nil:
			out = append(out, x)
		}
	}
	for name, files := range fresh {
		slices.SortFunc(files, order)
		d, known := newDay(), make([]bool, len(files))
		if m, ok := f.saved[name]; ok && !m.among(files, known) {
			r.Warn(fmt.Errorf("the position does not fit %q: its files are handed out again", f.name+name))
		}
		for i, x := range files {
			if known[i] {
				d.add(x.info.Key, x.info.Version)
				out = r.remember(out, x)
			} else if r.retries[x.info.Key] == nil {
				out = append(out, x)
			}
		}
		f.days[name] = d
		delete(f.saved, name)
	}
	f.looked, f.primed = looked, true
	return out, nil
}

// among marks as known the files that m stands for, if they are the first, or the first but for one or two: messages do not
// come in order.
func (m mark) among(files []news, known []bool) bool {
	hashes := make([]uint64, len(files))
	at := make(map[uint64]int, len(files))
	for i, x := range files {
		_, hashes[i] = hashOf(x.info.Key, x.info.Version)
		at[hashes[i]] = i
	}
	if m.n > len(files) {
		return false
	}
	rest := m.x
	for _, h := range hashes[:m.n] {
		rest ^= h
	}
	take := func(n int, but ...int) bool {
		for i := range n {
			known[i] = !slices.Contains(but, i)
		}
		return true
	}
	if rest == 0 {
		return take(m.n)
	}
	if m.n+1 > len(files) {
		return false
	}
	rest ^= hashes[m.n]
	if i, ok := at[rest]; ok && i <= m.n {
		return take(m.n+1, i)
	}
	if m.n+2 > len(files) {
		return false
	}
	rest ^= hashes[m.n+1]
	for i, h := range hashes[:m.n+2] {
		if j, ok := at[rest^h]; ok && j != i && j < m.n+2 {
			return take(m.n+2, i, j)
		}
	}
	return false
}

// remember adds what was handed out before, where it is to be handed out again at the start.
func (r *run) remember(out []news, x news) []news {
	if x.folder.primed || x.delivered.Before(r.resumed.Add(-r.Overlap)) || r.retries[x.info.Key] != nil {
		return out
	}
	x.again = true
	return append(out, x)
}

// newsOf is an object in a folder; not ok where it is no log file by its name.
func (r *run) newsOf(f *folder, info object.Info) (x news, ok bool) {
	x = news{info: info, folder: f}
	if f.loose {
		x.delivered = info.Modified
		return x, logfile.MayBe(info.Key)
	}
	k, err := integrity.ParseKey(info.Key)
	if err != nil || k.Class != integrity.LogFile {
		return x, false
	}
	x.delivered, x.day = k.Time, logfile.DayOf(k.Time, 0)
	return x, true
}
