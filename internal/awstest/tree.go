package awstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
)

const sidecarSuffix = ".metadata.json"

// Tree is a bucket in a directory as `aws s3 sync` leaves it. What exists is read once, at the first listing, and
// again after Rescan; what an object holds is read from the file each time. ETags are made of size and time.
type Tree struct {
	dir string

	mu     sync.Mutex
	sorted []Entry
}

// NewTree serves the directory dir.
func NewTree(dir string) *Tree { return &Tree{dir: dir} }

// Rescan makes the next listing read the directory again.
func (t *Tree) Rescan() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sorted = nil
}

// List yields objects. A directory that cannot be read is a panic: the test has no business going on.
func (t *Tree) List(prefix, after string) iter.Seq[Entry] {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sorted == nil {
		t.sorted = t.scan()
	}
	return listSorted(t.sorted, prefix, after)
}

func (t *Tree) scan() []Entry {
	entries := []Entry{}
	err := filepath.WalkDir(t.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(name, sidecarSuffix) {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(t.dir, name)
		if err != nil {
			return err
		}
		entries = append(entries, entryOf(filepath.ToSlash(rel), info))
		return nil
	})
	if err != nil {
		panic(err)
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	return entries
}

func entryOf(key string, info fs.FileInfo) Entry {
	return Entry{Key: key, Size: info.Size(), Modified: info.ModTime().UTC(),
		ETag: fmt.Sprintf("%016x%016x", info.Size(), info.ModTime().UnixNano())}
}

// Open opens the file of an object.
func (t *Tree) Open(key string) (Object, error) {
	if !filepath.IsLocal(key) || strings.HasSuffix(key, sidecarSuffix) {
		return Object{}, ErrNoKey
	}
	name := filepath.Join(t.dir, key)
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG) {
		return Object{}, ErrNoKey
	}
	if err != nil {
		return Object{}, err
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		f.Close()
		return Object{}, errors.Join(err, ErrNoKey)
	}
	o := Object{Entry: entryOf(key, info), Body: f}
	data, err := os.ReadFile(name + sidecarSuffix)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENAMETOOLONG) {
		return o, nil
	}
	var head struct{ Metadata map[string]string }
	if err == nil {
		err = json.Unmarshal(data, &head)
	}
	if err != nil {
		f.Close()
		return Object{}, fmt.Errorf("side-car of %q: %w", key, err)
	}
	o.Metadata = maps.Clone(head.Metadata)
	return o, nil
}

// Put writes the file of an object, and its side-car if there is metadata.
func (t *Tree) Put(key string, body []byte, metadata map[string]string) error {
	if !filepath.IsLocal(key) {
		return fmt.Errorf("key %q cannot be a file", key)
	}
	name := filepath.Join(t.dir, key)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(name, body, 0o644); err != nil {
		return err
	}
	if len(metadata) > 0 {
		data, err := json.Marshal(map[string]any{"Metadata": metadata})
		if err != nil {
			return err
		}
		if err := os.WriteFile(name+sidecarSuffix, data, 0o644); err != nil {
			return err
		}
	}
	t.Rescan()
	return nil
}
