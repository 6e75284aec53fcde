package validate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/verdict"
)

// A log file's name tells its delivery time to five minutes. Digests that speak for the time from early before to
// late after it are all that could list it.
const (
	early = 5 * time.Minute
	late  = 15 * time.Minute
)

// readLogs compares, folder by folder, what is there with what the digests list, and reads what is not known yet.
// Both come in the order of names, so memory holds one log file's name at a time.
func (s *scope) readLogs(ctx context.Context) error {
	folders, err := s.allFolders(ctx)
	if err != nil {
		return err
	}
	limit := ^uint64(0)
	if s.Logs.mode == sample {
		if limit, err = s.draw(ctx, folders); err != nil {
			return err
		}
	}
	for _, f := range folders {
		m := &merge{scope: s, folder: f, limit: limit, found: make(chan foundLog, 256)}
		if err := m.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// draw returns the highest score that belongs to the sample.
func (s *scope) draw(ctx context.Context, folders []*folder) (uint64, error) {
	low := lowest{n: s.Logs.sample}
	for _, f := range folders {
		last := ""
		for g, err := range s.Ledger.Logs(ctx, f.id, "", "") {
			if err != nil {
				return 0, err
			}
			if n := s.byID[g.Digest]; n != nil && n.asked && g.Name != last {
				low.add(s.Logs.score(g.Name))
				last = g.Name
			}
		}
	}
	limit, ok := low.limit()
	if !ok {
		limit = ^uint64(0)
	}
	return limit, nil
}

type merge struct {
	*scope
	folder *folder
	limit  uint64 // of the score, for a sample
	found  chan foundLog
	reads  *errgroup.Group
}

// foundLog is what reading a log file found, as each digest that lists it sees it.
type foundLog struct {
	logs []verdict.Log
}

func (m *merge) run(ctx context.Context) error {
	saved := make(chan error, 1)
	go func() { saved <- m.save(ctx) }()
	var rctx context.Context
	m.reads, rctx = errgroup.WithContext(ctx)
	m.reads.SetLimit(m.Parallel)
	err := m.walk(rctx)
	err = errors.Join(m.reads.Wait(), err)
	close(m.found)
	return errors.Join(err, <-saved)
}

// walk goes through both lists at once.
func (m *merge) walk(ctx context.Context) error {
	claims, stopClaims := iter.Pull2(m.Ledger.Logs(ctx, m.folder.id, "", ""))
	defer stopClaims()
	start := m.startAfter(m.folder.prefix, margin)
	objects := func(func(object.Info, error) bool) {}
	if m.folder.prefix != "" {
		objects = m.list(ctx, m.folder.prefix, start)
	}
	listed, stopListed := iter.Pull2(iter.Seq2[object.Info, error](objects))
	defer stopListed()
	first := strings.TrimPrefix(start, m.folder.prefix) // names before it are not listed

	info, err, more := listed()
	next, cerr, moreClaims := claims()
	for more || moreClaims {
		if err = errors.Join(err, cerr); err != nil {
			return err
		}
		name := strings.TrimPrefix(info.Key, m.folder.prefix)
		var same []verdict.Log
		if moreClaims && (!more || next.Name <= name) {
			name = next.Name
			for moreClaims && next.Name == name {
				if m.byID[next.Digest] != nil {
					same = append(same, next)
				}
				if next, cerr, moreClaims = claims(); cerr != nil {
					return cerr
				}
			}
		}
		there := more && strings.TrimPrefix(info.Key, m.folder.prefix) == name
		switch {
		case there:
			m.present(ctx, name, info, same)
		case len(same) > 0 && (m.folder.prefix == "" || name < first):
			m.unlooked(ctx, name, same)
		case len(same) > 0:
			m.absent(name, same)
		}
		if there {
			info, err, more = listed()
			if more && err == nil && !m.To.IsZero() && m.beyond(info.Key) {
				more = false // the rest was delivered after the period; what digests list of it is not asked about
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// beyond reports whether a listed object lies in the folder of a day well after the period.
func (m *merge) beyond(key string) bool {
	day := strings.TrimPrefix(key, m.folder.prefix)
	return len(day) > 10 && day[:10] > m.To.Add(48*time.Hour).UTC().Format("2006/01/02")
}

// voices sorts out which digests speak for a log file.
func (m *merge) voices(logs []verdict.Log) (asked []verdict.Log, context, forged bool) {
	for _, g := range logs {
		switch n := m.byID[g.Digest]; {
		case n.Status == integrity.Forged:
			forged = forged || n.asked
		case n.asked:
			asked = append(asked, g)
		default:
			context = true
		}
	}
	return asked, context, forged
}

// present: the object is there.
func (m *merge) present(ctx context.Context, name string, info object.Info, logs []verdict.Log) {
	asked, context, forged := m.voices(logs)
	switch {
	case len(asked) > 0:
		m.check(ctx, name, info, asked)
	case context:
	default:
		m.unlisted(info, forged)
	}
}

// check uses what the ledger knows of a log file, or has it read.
func (m *merge) check(ctx context.Context, name string, info object.Info, logs []verdict.Log) {
	if t, ok := logTime(m.folder.root, info.Key); ok {
		m.saw(t)
	}
	known := !m.Full
	for _, g := range logs {
		known = known && g.State != verdict.LogUnread && g.Version == info.Version
	}
	if known {
		for _, g := range logs {
			m.count(g, len(logs) > 1 && g.Digest != logs[0].Digest)
		}
		return
	}
	if m.Logs.mode == sample && m.Logs.score(name) > m.limit {
		m.unread(logs, nil)
		return
	}
	m.Progress.Wanted.Add(1)
	m.reads.Go(func() error { return m.read(ctx, info.Key, info.Size, logs) })
}

func (m *merge) read(ctx context.Context, key string, size int64, logs []verdict.Log) error {
	info, content, format, err := m.readLog(ctx, key, size)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, object.ErrCredentials):
		return err
	case errors.Is(err, object.ErrNotFound):
		m.missing(logs)
		return nil
	case err != nil:
		m.unread(logs, err)
		return nil
	}
	for i := range logs {
		g := &logs[i]
		g.Version, g.Size = info.Version, info.Size
		g.State = verdict.LogGood
		if g.Problem = integrity.LogProblem(g.SHA256, content, format); g.Problem != "" {
			g.State = verdict.LogBad
		}
	}
	select {
	case m.found <- foundLog{logs: logs}:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// save counts what was read and writes it to the ledger.
func (m *merge) save(ctx context.Context) error {
	var batch []verdict.Log
	var failed error
	for f := range m.found {
		for i, g := range f.logs {
			m.count(g, i > 0)
		}
		if failed != nil {
			continue // drain, so that nobody waits for ever
		}
		if batch = append(batch, f.logs...); len(batch) >= 1000 {
			failed = m.Ledger.SaveLogs(ctx, m.folder.id, batch)
			batch = batch[:0]
		}
	}
	if failed == nil && len(batch) > 0 {
		// What was read is kept even when the run is being stopped.
		failed = m.Ledger.SaveLogs(context.WithoutCancel(ctx), m.folder.id, batch)
	}
	return failed
}

// count adds a log file that was read, now or before, to the result. again: another digest lists it too, and it has
// been counted for that one.
func (m *merge) count(g verdict.Log, again bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.byID[g.Digest]
	switch {
	case g.State == verdict.LogBad:
		n.state.Bad = true
		if !again {
			m.logs.Invalid++
		}
		detail := g.Problem
		if n.Status != integrity.Valid {
			detail += " (the digest that lists it is not proven itself: " + n.Name + ")"
		}
		m.faults = append(m.faults, m.logFault(integrity.LogInvalid, integrity.Failure, g.Name, detail))
	case again:
	case n.Status == integrity.Valid:
		m.logs.Valid++
	default:
		m.logs.Pending++
	}
}

func (m *merge) logFault(k integrity.Kind, sev integrity.Severity, name, detail string) integrity.Fault {
	f := integrity.Fault{Kind: k, Severity: sev, Account: m.account, Region: m.region, Key: name, Detail: detail}
	if m.folder.prefix != "" {
		f.Key = m.folder.root.key(m.folder.prefix + name)
	} else if _, key, ok := strings.Cut(name, "/"); ok {
		f.Key = key
	}
	if key, err := integrity.ParseKey(f.Key); err == nil {
		f.Time = key.Time
	}
	return f
}

// absent: a digest lists it, and it is not there.
func (m *merge) absent(name string, logs []verdict.Log) {
	asked, _, _ := m.voices(logs)
	switch {
	case len(asked) == 0:
	case m.blinded(m.folder.prefix + name):
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, g := range asked {
			m.byID[g.Digest].state.Unknown = true
		}
		m.logs.Unreadable++ // the fault is the listing's
	default:
		m.missing(asked)
	}
}

func (m *merge) missing(logs []verdict.Log) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.logs.Missing++
	names := make([]string, len(logs))
	for i, g := range logs {
		n := m.byID[g.Digest]
		n.state.Bad = true
		names[i] = n.Name
	}
	m.faults = append(m.faults, m.logFault(integrity.LogMissing, integrity.Failure, logs[0].Name, "it is not there; the digest that lists it is "+strings.Join(names, ", ")))
}

// unread: nothing is known of the content; err is nil when it was not meant to be read.
func (m *merge) unread(logs []verdict.Log, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, g := range logs {
		m.byID[g.Digest].state.Unknown = true
	}
	if err == nil {
		m.logs.Unchecked++
		return
	}
	m.logs.Unreadable++
	m.faults = append(m.faults, m.logFault(integrity.Unreadable, integrity.Unknown, logs[0].Name, err.Error()))
}

// unlooked: a digest lists a log file that lies where nothing was listed: long before the period, or elsewhere.
func (m *merge) unlooked(ctx context.Context, name string, logs []verdict.Log) {
	asked, _, _ := m.voices(logs)
	if len(asked) == 0 {
		return
	}
	source := m.folder.prefix + name
	if m.folder.prefix == "" {
		bucket, key, _ := strings.Cut(name, "/")
		at := ""
		for _, p := range m.places {
			if n, ok := p.name(bucket, key); ok {
				at = n
			}
		}
		if at == "" {
			m.unread(asked, fmt.Errorf("%w: s3://%s", object.ErrForeign, name))
			return
		}
		source = at
	}
	m.Progress.Wanted.Add(1)
	m.reads.Go(func() error { return m.read(ctx, source, 0, asked) })
}
