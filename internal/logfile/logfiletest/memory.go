// Package logfiletest has a source of log files that lies in memory, for tests of what reads one.
//
// It promises to keep the contract of objecttest, and to fail where a test says so. It never waits.
package logfiletest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/trailseal/trailseal/internal/object"
)

// Memory is a source in memory. Its methods may be called concurrently.
type Memory struct {
	mu      sync.Mutex
	now     func() time.Time
	objects map[string]stored
	puts    int
	fail    func(op, key string) error
	calls   map[string]int
}

type stored struct {
	info     object.Info
	body     []byte
	metadata map[string]string
}

// New makes an empty source. now is when what is put was modified; nil: always the same time.
func New(now func() time.Time) *Memory {
	if now == nil {
		now = func() time.Time { return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) }
	}
	return &Memory{now: now, objects: map[string]stored{}, calls: map[string]int{}}
}

// Put writes an object, or another version of it.
func (m *Memory) Put(key string, body []byte, metadata map[string]string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.puts++
	if metadata == nil {
		metadata = map[string]string{}
	}
	m.objects[key] = stored{
		info: object.Info{Key: key, Size: int64(len(body)), Version: fmt.Sprint("v", m.puts), Modified: m.now().UTC()},
		body: bytes.Clone(body), metadata: maps.Clone(metadata),
	}
}

// Delete removes an object.
func (m *Memory) Delete(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
}

// Fail has each call ask f first: op is "dirs", "list" or "open", key the prefix or key. An error of f is the call's.
func (m *Memory) Fail(f func(op, key string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = f
}

// Calls is how often each op was called; for "list" it has the prefixes too, as "list PREFIX".
func (m *Memory) Calls() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.calls)
}

// call counts a call and says whether it fails. m.mu is held.
func (m *Memory) call(ctx context.Context, op, key string) error {
	m.calls[op]++
	m.calls[op+" "+key]++
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.fail != nil {
		if err := m.fail(op, key); err != nil {
			return fmt.Errorf("%s %q: %w", op, key, err)
		}
	}
	return nil
}

// Dirs is as objecttest.Source has it.
func (m *Memory) Dirs(ctx context.Context, prefix string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	if err := m.call(ctx, "dirs", prefix); err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for key := range m.objects {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			if name, _, below := strings.Cut(rest, "/"); below {
				names[name+"/"] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// List is as objecttest.Source has it.
func (m *Memory) List(ctx context.Context, prefix, startAfter string) iter.Seq2[object.Info, error] {
	return func(yield func(object.Info, error) bool) {
		m.mu.Lock()
		err := m.call(ctx, "list", prefix)
		var keys []string
		for key := range m.objects {
			if strings.HasPrefix(key, prefix) && key > startAfter {
				keys = append(keys, key)
			}
		}
		m.mu.Unlock()
		if err != nil {
			yield(object.Info{Key: prefix}, err)
			return
		}
		slices.Sort(keys)
		for _, key := range keys {
			m.mu.Lock()
			o, there := m.objects[key]
			m.mu.Unlock()
			if err := ctx.Err(); err != nil {
				yield(object.Info{Key: prefix}, err)
				return
			}
			if there && !yield(o.info, nil) {
				return
			}
		}
	}
}

// Open is as objecttest.Source has it.
func (m *Memory) Open(ctx context.Context, key string) (object.Body, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call(ctx, "open", key); err != nil {
		return object.Body{}, err
	}
	o, there := m.objects[key]
	switch {
	case key == "":
		return object.Body{}, fmt.Errorf("open %q: %w", key, object.ErrForeign)
	case !there:
		return object.Body{}, fmt.Errorf("open %q: %w", key, object.ErrNotFound)
	}
	return object.Body{Info: o.info, Metadata: maps.Clone(o.metadata), ReadCloser: &body{ctx: ctx, r: bytes.NewReader(o.body)}}, nil
}

// body ends with its context.
type body struct {
	ctx context.Context
	r   *bytes.Reader
}

func (b *body) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.r.Read(p)
}

func (b *body) Close() error { return nil }

// Key is the name that CloudTrail gives a log file of an account and region.
func Key(prefix, account, region string, at time.Time, unique string) string {
	at = at.UTC()
	return prefix + "AWSLogs/" + account + "/CloudTrail/" + region + "/" + at.Format("2006/01/02/") +
		account + "_CloudTrail_" + region + "_" + at.Format("20060102T1504Z") + "_" + unique + ".json.gz"
}

// Gzip compresses text.
func Gzip(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, text)
	if err = errors.Join(err, z.Close()); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// Records is a log file with a record for each event ID.
func Records(ids ...string) []byte {
	records := make([]string, len(ids))
	for i, id := range ids {
		records[i] = fmt.Sprintf(`{"eventVersion":"1.11","eventID":%q,"eventTime":"2026-03-02T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","awsRegion":"eu-west-1"}`, id)
	}
	return Gzip(`{"Records":[` + strings.Join(records, ",") + `]}`)
}
