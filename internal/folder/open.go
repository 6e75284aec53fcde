package folder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/trailseal/trailseal/internal/object"
)

// maxSidecar bounds a side-car. S3 allows 2 KB of user metadata.
const maxSidecar = 1 << 20

// Open opens the object key. Its metadata are the Metadata member of the side-car, nil when there is no side-car. A
// damaged side-car is an error that names it, never "not found" and never an object without metadata.
func (s *Source) Open(ctx context.Context, key string) (object.Body, error) {
	body, err := s.open(ctx, key)
	if err != nil {
		return object.Body{}, fmt.Errorf("open %q: %w", key, err)
	}
	return body, nil
}

func (s *Source) open(ctx context.Context, key string) (object.Body, error) {
	if err := ctx.Err(); err != nil {
		return object.Body{}, err
	}
	if !validKey(key) {
		return object.Body{}, fmt.Errorf("%w: no file can have this name", object.ErrForeign)
	}
	if strings.HasSuffix(key, sidecarSuffix) {
		return object.Body{}, fmt.Errorf("%w: it is the side-car of an object", object.ErrNotFound)
	}
	dir, base := splitKey(key)
	root := s.root
	if dir != "" {
		sub, err := s.root.OpenRoot(strings.TrimSuffix(dir, "/"))
		if err != nil {
			if _, cause := s.root.Lstat(key); cause != nil {
				err = cause // OpenRoot has no error value for "not a directory"
			}
			return object.Body{}, classify(err)
		}
		defer sub.Close()
		root = sub
	}
	f, stat, err := openFile(root, base)
	if err != nil {
		return object.Body{}, err
	}
	sidecar, metadata, err := readSidecar(root, base+sidecarSuffix)
	if err != nil {
		f.Close()
		return object.Body{}, fmt.Errorf("side-car %q: %w", key+sidecarSuffix, err)
	}
	return object.Body{Info: info(key, stat, sidecar), Metadata: metadata, ReadCloser: f}, nil
}

// openFile opens a regular file of this folder. It asks first what the file is: opening a pipe would wait for ever.
func openFile(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	stat, err := root.Lstat(name)
	if err != nil {
		return nil, nil, classify(err)
	}
	switch kind := stat.Mode().Type(); kind {
	case 0:
	case fs.ModeDir:
		return nil, nil, fmt.Errorf("%w: it is a folder", object.ErrNotFound)
	case fs.ModeSymlink:
		return nil, nil, fmt.Errorf("%w: it is a symbolic link", object.ErrForeign)
	default:
		return nil, nil, fmt.Errorf("%w: it is not a regular file", object.ErrForeign)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, nil, classify(err)
	}
	if stat, err = f.Stat(); err != nil {
		f.Close()
		return nil, nil, classify(err)
	}
	return f, stat, nil
}

// readSidecar reads the metadata. No side-car is (nil, nil, nil). No error of it is object.ErrNotFound.
func readSidecar(root *os.Root, name string) (fs.FileInfo, map[string]string, error) {
	f, stat, err := openFile(root, name)
	if errors.Is(err, object.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSidecar+1))
	if err != nil {
		return nil, nil, err
	}
	if len(data) > maxSidecar {
		return nil, nil, fmt.Errorf("%w: has more than %d bytes", object.ErrDamaged, maxSidecar)
	}
	var head struct{ Metadata map[string]string }
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, nil, fmt.Errorf("%w: is not the JSON of head-object: %w", object.ErrDamaged, err)
	}
	metadata := make(map[string]string, len(head.Metadata))
	for name, value := range head.Metadata {
		name = strings.ToLower(name)
		if old, twice := metadata[name]; twice && old != value {
			return nil, nil, fmt.Errorf("%w: has metadata %q twice, with different values", object.ErrDamaged, name)
		}
		metadata[name] = value
	}
	return stat, metadata, nil
}
