package awstest

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrNoKey is what a Backend answers for a key it does not have.
var ErrNoKey = errors.New("no such key")

// Entry is an object as a listing shows it.
type Entry struct {
	Key          string
	Size         int64
	ETag         string // without quotes
	Modified     time.Time
	StorageClass string // "" is STANDARD
}

// Object is an opened object. Body is closed by the server.
type Object struct {
	Entry
	Metadata map[string]string
	Body     io.ReadCloser
}

// Backend is the content of one bucket. It is used by many goroutines at a time.
type Backend interface {
	// List yields, in byte order, the objects whose key starts with prefix and is greater than after.
	List(prefix, after string) iter.Seq[Entry]
	// Open returns one object, or ErrNoKey.
	Open(key string) (Object, error)
	// Put writes one.
	Put(key string, body []byte, metadata map[string]string) error
}

// Memory is a bucket in memory.
type Memory struct {
	mu      sync.RWMutex
	objects map[string]memoryObject
	sorted  []Entry // nil when it must be made again
}

type memoryObject struct {
	Entry
	body     []byte
	metadata map[string]string
}

// NewMemory makes an empty bucket.
func NewMemory() *Memory { return &Memory{objects: map[string]memoryObject{}} }

// Put writes an object.
func (m *Memory) Put(key string, body []byte, metadata map[string]string) error {
	sum := md5.Sum(body)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects[key] = memoryObject{body: bytes.Clone(body), metadata: maps.Clone(metadata), Entry: Entry{
		Key: key, Size: int64(len(body)), ETag: hex.EncodeToString(sum[:]), Modified: time.Now().UTC().Truncate(time.Second)}}
	m.sorted = nil
	return nil
}

// Delete removes an object.
func (m *Memory) Delete(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
	m.sorted = nil
}

// SetStorageClass moves an object to another class. GLACIER and DEEP_ARCHIVE cannot be read.
func (m *Memory) SetStorageClass(key, class string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.objects[key]
	o.StorageClass = class
	m.objects[key] = o
	m.sorted = nil
}

// Open returns an object.
func (m *Memory) Open(key string) (Object, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	o, ok := m.objects[key]
	if !ok {
		return Object{}, ErrNoKey
	}
	return Object{Entry: o.Entry, Metadata: o.metadata, Body: io.NopCloser(bytes.NewReader(o.body))}, nil
}

// List yields objects as they were when it began.
func (m *Memory) List(prefix, after string) iter.Seq[Entry] {
	m.mu.Lock()
	if m.sorted == nil {
		m.sorted = make([]Entry, 0, len(m.objects))
		for _, o := range m.objects {
			m.sorted = append(m.sorted, o.Entry)
		}
		slices.SortFunc(m.sorted, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	}
	sorted := m.sorted
	m.mu.Unlock()
	return listSorted(sorted, prefix, after)
}

// listSorted yields a part of sorted.
func listSorted(sorted []Entry, prefix, after string) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		from := max(prefix, after)
		i, found := slices.BinarySearchFunc(sorted, from, func(e Entry, key string) int { return strings.Compare(e.Key, key) })
		if found && from == after {
			i++
		}
		for ; i < len(sorted) && strings.HasPrefix(sorted[i].Key, prefix); i++ {
			if !yield(sorted[i]) {
				return
			}
		}
	}
}
