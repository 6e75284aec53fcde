package validate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
)

// Store is where Mirror puts objects.
type Store interface {
	// Has reports whether the store holds the object as it is listed.
	Has(info object.Info) bool
	// Put stores the object with its metadata, all or nothing.
	Put(body object.Body) error
}

// Copied is what a mirror run did.
type Copied struct {
	Objects int   `json:"objects"` // copied in this run
	Bytes   int64 `json:"bytes"`
	Present int   `json:"present"` // there already
	// Faults names what could not be copied.
	Faults []integrity.Fault `json:"faults"`
}

// Mirror copies the digests and log files below a source, account by account and region by region, and calls each
// after every one. What is there already is not read. An object that cannot be read is a fault, and the rest goes on.
// Of o it uses Source, Name, Bucket, Under, the period, Accounts, Regions, Parallel, Now, Wait, Ledger and Progress.
func Mirror(ctx context.Context, o Options, store Store, each func(ctx context.Context, account, region string) error) (Copied, error) {
	r := newRun(o)
	scopes, err := r.discover(ctx)
	if err != nil {
		return Copied{}, err
	}
	m := &mirror{run: r, store: store, done: Copied{Faults: []integrity.Fault{}}}
	for _, s := range scopes {
		if err := m.copy(ctx, s); err != nil {
			return m.done, err
		}
		if err := each(ctx, s.account, s.region); err != nil {
			return m.done, err
		}
	}
	m.done.Faults = append(m.done.Faults, r.report.Faults...)
	if m.done.Objects+m.done.Present == 0 && len(m.done.Faults) == 0 {
		return m.done, ErrNothing
	}
	return m.done, nil
}

type mirror struct {
	*run
	store Store
	mu    sync.Mutex
	done  Copied
}

func (m *mirror) copy(ctx context.Context, s *scope) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(m.Parallel + 1)
	for _, p := range s.places {
		for _, f := range slices.Sorted(maps.Keys(p.folders)) {
			prefix := p.base + f + "/" + s.region + "/"
			for info, err := range s.list(gctx, prefix, s.startAfter(prefix, margin)) {
				if err != nil {
					return errors.Join(err, g.Wait())
				}
				k, err := integrity.ParseKey(p.key(info.Key))
				if err != nil || strings.Contains(info.Key, "..") {
					s.oddName(info)
					continue
				}
				if !m.To.IsZero() && k.Time.After(m.To.Add(margin)) {
					continue
				}
				if m.store.Has(info) {
					m.done.Present++
					continue
				}
				m.Progress.Wanted.Add(1)
				g.Go(func() error { return m.one(gctx, s, info) })
			}
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done.Faults = append(m.done.Faults, s.faults...)
	return nil
}

func (m *mirror) one(ctx context.Context, s *scope, info object.Info) error {
	leave, err := m.enter(ctx, info.Size)
	if err != nil {
		return err
	}
	defer leave()
	var stored error
	err = m.retry(ctx, func() error {
		body, err := m.Source.Open(ctx, info.Key)
		if err != nil {
			return err
		}
		defer body.Close()
		var failed readFailed
		body.ReadCloser = watched{body.ReadCloser, &failed}
		stored = m.store.Put(body)
		return failed.err
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, object.ErrCredentials):
		return err
	case err == nil && stored != nil:
		return fmt.Errorf("store %q: %w", info.Key, stored)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.done.Faults = append(m.done.Faults, integrity.Fault{Kind: integrity.Unreadable, Severity: integrity.Unknown,
			Account: s.account, Region: s.region, Key: info.Key, Detail: err.Error()})
		return nil
	}
	m.done.Objects++
	m.done.Bytes += info.Size
	m.Progress.Read.Add(1)
	m.Progress.Bytes.Add(info.Size)
	return nil
}

// readFailed remembers that the source failed, so that it is not taken for a fault of the store.
type readFailed struct{ err error }

type watched struct {
	io.ReadCloser
	failed *readFailed
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		w.failed.err = err
	}
	return n, err
}
