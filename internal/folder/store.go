package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/object"
)

// partial is the folder of files that are being written.
const partial = ".trailseal-partial"

// Store writes objects into a directory, in the layout that Source reads: a file for the object and, where it has
// metadata, the side-car beside it. Files carry the time at which the object was last written, as `aws s3 sync` has
// it. Nothing outside the directory is ever written.
type Store struct {
	dir  string
	root *os.Root
}

// NewStore opens a directory for writing, and makes it where it is not there.
func NewStore(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	s := &Store{dir: dir, root: root}
	if err := root.Mkdir(partial, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, errors.Join(fmt.Errorf("write to folder: %w", err), root.Close())
	}
	return s, nil
}

// Close removes what was being written and closes the directory.
func (s *Store) Close() error {
	return errors.Join(s.root.RemoveAll(partial), s.root.Close())
}

// Has reports whether the object is there with the size and time that the listing shows. Its side-car was written
// before it, so that is there too.
func (s *Store) Has(info object.Info) bool {
	if !validKey(info.Key) {
		return false
	}
	have, err := s.root.Stat(filepath.FromSlash(info.Key))
	return err == nil && have.Mode().IsRegular() && have.Size() == info.Size && have.ModTime().Equal(fileTime(info.Modified))
}

// fileTime is the time in whole seconds: S3 tells no more.
func fileTime(t time.Time) time.Time { return t.Truncate(time.Second) }

// Put writes an object, all or nothing: under another name first, and under its own once it is whole. What was there
// under that name is replaced.
func (s *Store) Put(body object.Body) error {
	if first, _, _ := strings.Cut(body.Key, "/"); !validKey(body.Key) || first == partial {
		return fmt.Errorf("%w: %q is no name for a file", object.ErrForeign, body.Key)
	}
	if err := s.mkdirAll(path.Dir(body.Key)); err != nil {
		return err
	}
	if len(body.Metadata) > 0 {
		head, err := json.MarshalIndent(struct {
			LastModified  string
			ContentLength int64
			Metadata      map[string]string
		}{body.Modified.UTC().Format(time.RFC3339), body.Size, body.Metadata}, "", "  ")
		if err != nil {
			return err
		}
		if err := s.write(body.Key+sidecarSuffix, body.Modified, func(w io.Writer) error {
			_, err := w.Write(append(head, '\n'))
			return err
		}); err != nil {
			return err
		}
	}
	return s.write(body.Key, body.Modified, func(w io.Writer) error {
		_, err := io.Copy(w, body)
		return err
	})
}

func (s *Store) mkdirAll(dir string) error {
	if dir == "." {
		return nil
	}
	return s.root.MkdirAll(filepath.FromSlash(dir), 0o755)
}

func (s *Store) write(key string, modified time.Time, fill func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Join(s.dir, partial), "*")
	if err != nil {
		return err
	}
	tmp := path.Join(partial, filepath.Base(f.Name()))
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
			_ = s.root.Remove(tmp) // Close of the store removes what is left
		}
	}()
	if err := fill(f); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := s.root.Chtimes(tmp, fileTime(modified), fileTime(modified)); err != nil {
		return err
	}
	return s.root.Rename(tmp, filepath.FromSlash(key))
}
