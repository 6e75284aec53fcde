package logfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
)

// Source is where the objects are; see validate.Source.
type Source interface {
	Dirs(ctx context.Context, prefix string) ([]string, error)
	List(ctx context.Context, prefix, startAfter string) iter.Seq2[object.Info, error]
	Open(ctx context.Context, key string) (object.Body, error)
}

// Options say which log files are meant, and how they are read.
type Options struct {
	Source Source
	Under  string // narrows the source to what lies below a prefix

	// From and To bound the days of delivery; zero: open. The day after To belongs to it: a log file follows its events.
	From, To          time.Time
	Accounts, Regions []string // empty: all

	Parallel int // objects being read at once; 0: a number that suits a folder
	Workers  int // of Each; 0: one

	// Inflate inflates a gzip file of size bytes, and returns what comes out, of at most max bytes.
	Inflate func(r io.Reader, size, max int64) ([]byte, integrity.Content, error)
	// Wait is how long to wait before the first further try of a read, doubled for each one after. 0: 200 ms.
	Wait     time.Duration
	Progress *object.Progress // may be nil

	// Unreadable is told of folders that cannot be listed; may be nil. It may be called concurrently, and so may Warn.
	Unreadable func(key string, err error)
	Warn       func(text string) // may be nil
}

// Tree is a source of log files. Its methods may be called concurrently.
type Tree struct {
	Options
	reads  *semaphore.Weighted // objects being read
	memory *semaphore.Weighted // bytes of objects that were read and not taken yet
}

// memoryLimit bounds the compressed bytes that are read ahead.
const memoryLimit = 48 << 20

// New makes a tree of a source. It reads nothing.
func New(o Options) *Tree {
	if o.Progress == nil {
		o.Progress = new(object.Progress)
	}
	if o.Wait == 0 {
		o.Wait = 200 * time.Millisecond
	}
	if o.Parallel <= 0 {
		o.Parallel = 2 * runtime.NumCPU()
	}
	if o.Workers <= 0 {
		o.Workers = 1
	}
	return &Tree{Options: o, reads: semaphore.NewWeighted(int64(o.Parallel)), memory: semaphore.NewWeighted(memoryLimit)}
}

// Fatal reports whether an error ends a run: the next read would meet it too.
func Fatal(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, object.ErrCredentials) || errors.Is(err, object.ErrNoSource)
}

func (t *Tree) unreadable(key string, err error) {
	if t.Unreadable != nil {
		t.Unreadable(key, err)
	}
}

func (t *Tree) warn(format string, args ...any) {
	if t.Warn != nil {
		t.Warn(fmt.Sprintf(format, args...))
	}
}

func wanted(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }
