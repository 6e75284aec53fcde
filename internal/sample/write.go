package sample

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// SideCar is the suffix of the file beside a digest that keeps its object's metadata.
const SideCar = ".metadata.json"

// Write generates the bucket into dir, as `aws s3 sync` would leave it: dir/[prefix/]AWSLogs/…, with the objects'
// modification times. Beside each digest lies a side-car with what `aws s3api head-object` prints, since a sync loses
// metadata. Files that are there already are overwritten; no other file is touched.
func Write(ctx context.Context, dir string, o Options) (Manifest, error) {
	w := &writer{dir: dir}
	m, err := Generate(ctx, o, w.put)
	if err != nil {
		return m, fmt.Errorf("write sample to %q: %w", dir, err)
	}
	return m, nil
}

type writer struct {
	dir  string
	made sync.Map // folders that are there
}

func (w *writer) put(o Object) error {
	name := filepath.Join(w.dir, filepath.FromSlash(o.Key))
	if folder := filepath.Dir(name); !w.has(folder) {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		w.made.Store(folder, true)
	}
	if err := writeFile(name, o.Body, o.Modified); err != nil || o.Metadata == nil {
		return err
	}
	head, err := Head(o)
	if err != nil {
		return err
	}
	return writeFile(name+SideCar, head, o.Modified)
}

func (w *writer) has(folder string) bool {
	_, ok := w.made.Load(folder)
	return ok
}

func writeFile(name string, body []byte, modified time.Time) error {
	if err := os.WriteFile(name, body, 0o644); err != nil {
		return err
	}
	return os.Chtimes(name, modified, modified)
}

// Head is what `aws s3api head-object` prints of an object: the content of its side-car.
func Head(o Object) ([]byte, error) {
	sum := md5.Sum(o.Body)
	b, err := json.MarshalIndent(struct {
		AcceptRanges         string
		LastModified         string
		ContentLength        int
		ETag                 string
		ContentType          string
		ServerSideEncryption string
		Metadata             map[string]string
	}{
		"bytes", o.Modified.UTC().Format(isoOffset), len(o.Body), `"` + hex.EncodeToString(sum[:]) + `"`,
		"application/x-gzip", "AES256", o.Metadata,
	}, "", "    ")
	if err != nil {
		return nil, fmt.Errorf("print head of %q: %w", o.Key, err)
	}
	return append(b, '\n'), nil
}

// remove deletes a file and its side-car, if it has one.
func remove(name string) error {
	if err := os.Remove(name); err != nil {
		return err
	}
	if err := os.Remove(name + SideCar); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
