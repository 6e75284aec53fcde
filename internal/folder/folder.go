package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/trailseal/trailseal/internal/object"
)

// sidecarSuffix follows the object's name in the name of its side-car.
const sidecarSuffix = ".metadata.json"

// Source is an opened directory. It may be used by many goroutines at a time.
type Source struct {
	dir  string
	root *os.Root
}

// New opens dir. A missing one is object.ErrNoSource, an unreadable one object.ErrDenied. The directory itself may be
// a symbolic link.
func New(dir string) (*Source, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("open folder %q: %w", dir, object.ErrNoSource)
	case err != nil:
		return nil, fmt.Errorf("open folder %q: %w", dir, classify(err))
	case !info.IsDir():
		return nil, fmt.Errorf("open folder %q: it is a file, not a folder", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open folder %q: %w", dir, classify(err))
	}
	return &Source{dir: dir, root: root}, nil
}

// Close releases the directory. Bodies that were opened stay readable.
func (s *Source) Close() error { return s.root.Close() }

// Dirs returns the names of the folders directly below prefix, each with a trailing "/", in byte order. prefix is ""
// or names a folder, with or without its trailing "/"; one that does not exist has none. Empty folders are among
// them; links are not: a link to a folder above would be walked for ever.
func (s *Source) Dirs(ctx context.Context, prefix string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("list folder %q: %w", prefix, err)
	}
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	entries, err := s.readDir(prefix)
	if err != nil {
		return nil, fmt.Errorf("list folder %q: %w", prefix, err)
	}
	var names []string
	for _, e := range entries {
		if e.isDir {
			names = append(names, strings.TrimSuffix(e.name, "/")+"/")
		}
	}
	slices.Sort(names)
	return names, nil
}

// entry is one member of a folder. The name of a sub-folder ends in "/", so that names sort as S3 sorts keys.
type entry struct {
	name  string
	isDir bool
	info  fs.FileInfo
}

// readDir reads the folder dir ("" or with a trailing "/"), sorted. A folder that does not exist is empty. Entries may
// come with an error: they are what could be read.
func (s *Source) readDir(dir string) ([]entry, error) {
	name := "."
	if dir != "" {
		name = strings.TrimSuffix(dir, "/")
		if !validKey(name) {
			return nil, nil // no file has such a name
		}
	}
	f, err := s.root.Open(name)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, classify(err)
	}
	defer f.Close()
	list, err := f.ReadDir(-1) // below an os.Root this stats each entry relative to the open folder
	if missing(err) && len(list) == 0 {
		return nil, nil
	}
	if err != nil {
		err = classify(err)
	}
	entries := make([]entry, 0, len(list))
	for _, e := range list {
		if dir == "" && e.Name() == partial {
			continue // what a Store is writing
		}
		info, infoErr := e.Info()
		if errors.Is(infoErr, fs.ErrNotExist) {
			continue
		}
		if infoErr != nil {
			err = errors.Join(err, classify(infoErr))
			continue
		}
		n := entry{name: e.Name(), isDir: info.IsDir(), info: info}
		if n.isDir {
			n.name += "/"
		}
		entries = append(entries, n)
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return entries, err
}

// validKey says whether a file below the directory can have the key as its path.
func validKey(key string) bool {
	if key == "" || strings.ContainsAny(key, "\\\x00") {
		return false
	}
	for element := range strings.SplitSeq(key, "/") {
		if element == "" || element == "." || element == ".." {
			return false
		}
	}
	return true
}

// missing says whether nothing has this name.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG)
}

// classify puts the word of package object for err around it, where there is one.
func classify(err error) error {
	var pathErr *fs.PathError
	switch {
	case missing(err):
		return fmt.Errorf("%w: %w", object.ErrNotFound, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", object.ErrDenied, err)
	case errors.Is(err, syscall.ELOOP),
		// os.Root has no error value for a link that leads out of it.
		errors.As(err, &pathErr) && pathErr.Err.Error() == "path escapes from parent":
		return fmt.Errorf("%w: %w", object.ErrForeign, err)
	}
	return err
}

// splitKey cuts a key into its folder (with trailing "/", or "") and the rest.
func splitKey(key string) (dir, base string) { return path.Split(key) }
