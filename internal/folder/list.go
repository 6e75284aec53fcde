package folder

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/object"
)

// List yields every object whose key starts with prefix (any string, not only a folder) and is greater than
// startAfter, in byte order of the keys. Side-cars are not listed; an object's is part of its Version.
//
// A folder that cannot be read is yielded at its place as (object.Info{Key: folder}, err), and so is each entry that
// is neither file nor folder or has a name no key can have; the listing then goes on, so a consumer that wants to
// know what was listed must look at every error. Only the end of ctx ends it, yielded as (object.Info{}, err).
func (s *Source) List(ctx context.Context, prefix, startAfter string) iter.Seq2[object.Info, error] {
	return func(yield func(object.Info, error) bool) {
		dir, _ := splitKey(prefix)
		w := walk{Source: s, ctx: ctx, prefix: prefix, after: startAfter, yield: yield}
		w.folder(dir)
	}
}

// walk is one listing.
type walk struct {
	*Source
	ctx           context.Context
	prefix, after string
	yield         func(object.Info, error) bool
}

// folder lists what lies below dir and says whether the listing goes on.
func (w *walk) folder(dir string) bool {
	if err := w.ctx.Err(); err != nil {
		w.yield(object.Info{}, fmt.Errorf("list folder %q: %w", dir, err))
		return false
	}
	// All keys in it begin with dir, so they all precede after, unless after begins with dir or follows it.
	if dir < w.after && !strings.HasPrefix(w.after, dir) {
		return true
	}
	entries, err := w.readDir(dir)
	if err != nil && !w.yield(object.Info{Key: dir}, fmt.Errorf("list folder %q: %w", dir, err)) {
		return false
	}
	for i := range entries {
		if i&0xfff == 0xfff && w.ctx.Err() != nil {
			w.yield(object.Info{}, fmt.Errorf("list folder %q: %w", dir, w.ctx.Err()))
			return false
		}
		if !w.entry(dir, &entries[i], entries) {
			return false
		}
	}
	return true
}

func (w *walk) entry(dir string, e *entry, siblings []entry) bool {
	key := dir + e.name
	if e.isDir {
		if !strings.HasPrefix(key, w.prefix) && !strings.HasPrefix(w.prefix, key) {
			return true
		}
		if strings.ContainsAny(e.name, "\\") {
			return w.refuse(key, "its name has a backslash")
		}
		return w.folder(key)
	}
	if key <= w.after || !strings.HasPrefix(key, w.prefix) || strings.HasSuffix(key, sidecarSuffix) {
		return true
	}
	switch kind := e.info.Mode().Type(); {
	case kind == fs.ModeSymlink:
		return w.refuse(key, "it is a symbolic link")
	case kind != 0:
		return w.refuse(key, "it is not a regular file")
	case strings.ContainsAny(e.name, "\\"):
		return w.refuse(key, "its name has a backslash")
	}
	var sidecar fs.FileInfo
	if i, ok := slices.BinarySearchFunc(siblings, e.name+sidecarSuffix, func(e entry, name string) int {
		return strings.Compare(e.name, name)
	}); ok {
		sidecar = siblings[i].info
	}
	return w.yield(info(key, e.info, sidecar), nil)
}

func (w *walk) refuse(key, why string) bool {
	return w.yield(object.Info{Key: key}, fmt.Errorf("list %q: %w: %s", key, object.ErrForeign, why))
}
