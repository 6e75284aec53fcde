package lake

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/parquet"
	"github.com/trailseal/trailseal/internal/receipt"
	"github.com/trailseal/trailseal/internal/sqlite"
)

// ErrBusy: another process is changing the lake.
var ErrBusy = errors.New("another process is changing the lake")

// Load changes the lake. There is one at a time. What it writes is not part of the lake before Commit; what Commit
// returned for stays, and what it did not is gone after the next Begin. Its methods may be called concurrently, but for
// Close.
type Load struct {
	lake    *Lake
	lock    *os.File
	writers sync.Pool // of *parquet.Writer
	commit  sync.Mutex

	mu     sync.Mutex
	places map[event.Place]*sync.Mutex
	added  []Part
	gone   map[int64]Part // of parts, by id
}

// tmpPrefix begins the names of files that are being written. Hive, Spark and Trino pass over names that begin with a dot.
const tmpPrefix = ".part-"

// Begin locks the lake and clears away what killed loads left. The error wraps ErrBusy when another process has the lock.
func (l *Lake) Begin(ctx context.Context) (*Load, error) {
	lock, err := os.OpenFile(filepath.Join(l.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lake: %w", sqlite.Classify(err))
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrBusy
		}
		return nil, fmt.Errorf("lake %q: %w", l.dir, err)
	}
	ld := &Load{lake: l, lock: lock, places: map[event.Place]*sync.Mutex{}, gone: map[int64]Part{}}
	if err := ld.clear(ctx); err != nil {
		lock.Close()
		return nil, err
	}
	return ld, nil
}

// Close gives the lock back. What was not committed is removed.
func (ld *Load) Close() error {
	ld.mu.Lock()
	defer ld.mu.Unlock()
	var errs []error
	for _, p := range ld.added {
		errs = append(errs, ld.remove(p))
	}
	ld.added = nil
	return errors.Join(append(errs, ld.lock.Close())...)
}

// clear removes files that no part names, and parts that were replaced.
func (ld *Load) clear(ctx context.Context) error {
	live, err := ld.lake.parts(ctx, "retired = 0")
	if err != nil {
		return err
	}
	known := make(map[string]bool, len(live))
	for _, p := range live {
		path, err := ld.lake.path(p)
		if err != nil {
			return err
		}
		known[path] = true
	}
	err = filepath.WalkDir(ld.lake.events, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if d.Type().IsRegular() && !known[path] && strings.HasSuffix(path, ".parquet") {
			return os.Remove(path)
		}
		return nil
	})
	if err == nil {
		err = ld.lake.clearSpill()
	}
	if err == nil {
		err = ld.lake.db.Tx(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "DELETE FROM part WHERE retired = 1")
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("lake: clear away what is left over: %w", sqlite.Classify(err))
	}
	return nil
}

// clearSpill removes what questions that were killed have left.
func (l *Lake) clearSpill() error {
	const old = 24 * time.Hour // no question takes so long
	left, err := filepath.Glob(filepath.Join(l.dir, spillPrefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range left {
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > old {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// changed are the partitions that differ from what was committed, in an order in which all can be held.
func (ld *Load) changed() []event.Place {
	ld.mu.Lock()
	defer ld.mu.Unlock()
	all := map[event.Place]bool{}
	for _, p := range ld.added {
		all[p.Place] = true
	}
	for _, p := range ld.gone {
		all[p.Place] = true
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b event.Place) int {
		return slices.Compare([]string{a.Account, a.Region, a.Date}, []string{b.Account, b.Region, b.Date})
	})
}

// hold locks a partition.
func (ld *Load) hold(p event.Place) (release func()) {
	ld.mu.Lock()
	m := ld.places[p]
	if m == nil {
		m = new(sync.Mutex)
		ld.places[p] = m
	}
	ld.mu.Unlock()
	m.Lock()
	return m.Unlock
}

// here are the parts of a partition as this load sees them.
func (ld *Load) here(ctx context.Context, p event.Place) ([]Part, error) {
	all, err := ld.lake.parts(ctx, "retired = 0 AND account = ? AND region = ? AND date = ?", p.Account, p.Region, p.Date)
	if err != nil {
		return nil, err
	}
	ld.mu.Lock()
	defer ld.mu.Unlock()
	all = slices.DeleteFunc(all, func(p Part) bool { _, gone := ld.gone[p.ID]; return gone })
	for _, a := range ld.added {
		if a.Place == p {
			all = append(all, a)
		}
	}
	return all, nil
}

// Write adds rows to their partition. An event that is there already is not added again: the row that is there learns of
// its further origin. The result counts events that share an eventID with another and differ from it.
func (ld *Load) Write(ctx context.Context, rows *event.Rows) (conflicts int, err error) {
	if rows.Len() == 0 {
		return 0, nil
	}
	defer ld.hold(rows.Place)()
	parts, err := ld.here(ctx, rows.Place)
	if err != nil {
		return 0, err
	}
	if len(parts) > 0 {
		if err := ld.absorb(ctx, rows, parts); err != nil {
			return 0, err
		}
	}
	return ld.write(rows)
}

// absorb adds to rows those parts that hold some of their events, which are replaced thereby. An event's time is the same
// wherever it is delivered, so parts of other times hold none.
func (ld *Load) absorb(ctx context.Context, rows *event.Rows, parts []Part) error {
	ids := make(map[string]bool, rows.Len())
	first, last, untimed := noTime, -noTime, false
	for i := range rows.Len() {
		ids[rows.Identity(i)] = true
		if t := rows.Time[i]; t == event.NoTime {
			untimed = true
		} else {
			first, last = min(first, t), max(last, t)
		}
	}
	for _, p := range parts {
		if !(untimed && p.Untimed > 0) && (p.First > last || p.Last < first) {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		some, err := ld.holds(p, ids)
		if err != nil {
			return err
		}
		if !some {
			continue
		}
		if err := ld.lake.readInto(rows, p); err != nil {
			return err
		}
		ld.retire(p)
	}
	return nil
}

// retire takes a part out of what this load sees.
func (ld *Load) retire(p Part) {
	ld.mu.Lock()
	defer ld.mu.Unlock()
	if p.ID != 0 {
		ld.gone[p.ID] = p
		return
	}
	ld.added = slices.DeleteFunc(ld.added, p.sameFile)
	_ = ld.remove(p) // it is no part of the lake: if it stays, the next load clears it away
}

func (ld *Load) remove(p Part) error {
	path, err := ld.lake.path(p)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("lake: %w", sqlite.Classify(err))
	}
	return nil
}

// write writes rows to a new part.
func (ld *Load) write(rows *event.Rows) (conflicts int, err error) {
	order, conflicts := rows.Order()
	part := Part{Place: rows.Place, Rows: int64(len(order)), First: noTime, Last: -noTime}
	for _, i := range order {
		if t := rows.Time[i]; t == event.NoTime {
			part.Untimed++
		} else {
			part.First, part.Last = min(part.First, t), max(part.Last, t)
		}
		switch rows.Delivery[i].File.State {
		case event.Verified:
			part.Verified++
		case event.Unlisted:
			part.Unlisted++
		case event.Failed:
			part.Failed++
		default:
			part.Pending++
		}
	}
	name, err := folder(rows.Place)
	if err != nil {
		return 0, err
	}
	dir := filepath.Join(ld.lake.events, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, fmt.Errorf("lake: %w", sqlite.Classify(err))
	}
	tmp, err := os.CreateTemp(dir, tmpPrefix+"*.parquet")
	if err != nil {
		return 0, fmt.Errorf("lake: %w", sqlite.Classify(err))
	}
	sum := sha256.New()
	w := &counter{w: io.MultiWriter(tmp, sum)}
	err = errors.Join(ld.encode(w, rows, order), tmp.Close()) // Commit has it brought to the disk
	if err == nil {
		at := "untimed"
		if part.First <= part.Last {
			at = time.UnixMicro(part.First).UTC().Format("20060102T150405Z")
		}
		part.Bytes, part.Name = w.n, at+"-"+hex.EncodeToString(sum.Sum(nil)[:8])+".parquet"
		err = os.Rename(tmp.Name(), filepath.Join(dir, part.Name))
	}
	if err != nil {
		os.Remove(tmp.Name())
		return 0, fmt.Errorf("lake: write a part of %s: %w", name, sqlite.Classify(err))
	}
	ld.mu.Lock()
	defer ld.mu.Unlock()
	ld.added = append(ld.added, part)
	return conflicts, nil
}

// sameFile reports whether two parts are the same file.
func (p Part) sameFile(o Part) bool { return p.Place == o.Place && p.Name == o.Name }

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// encode writes rows in order as one Parquet file, without the columns that are NULL in all of them.
func (ld *Load) encode(out io.Writer, rows *event.Rows, order []int32) error {
	columns := fields(rows, order)
	present := make([]parquet.Column, len(columns))
	for i, f := range columns {
		present[i] = f.column()
	}
	w, _ := ld.writers.Get().(*parquet.Writer)
	if w == nil {
		w = parquet.NewWriter(out, present)
	} else {
		w.Reset(out, present)
	}
	const groupRows = 122880 // DuckDB reads that many in one piece
	for at := 0; at < len(order); at += groupRows {
		group := order[at:min(at+groupRows, len(order))]
		w.Group(len(group))
		for _, f := range columns {
			f.write(w, group)
		}
	}
	err := w.Close()
	if err == nil {
		ld.writers.Put(w)
	}
	return err
}

// Commit makes what was written part of the lake, all or nothing, with log files whose rows were all written before.
func (ld *Load) Commit(ctx context.Context, logs []receipt.File) error {
	ld.commit.Lock()
	defer ld.commit.Unlock()
	// Nobody may replace a part while it is being committed.
	held := map[event.Place]bool{}
	for _, p := range ld.changed() {
		held[p] = true
		defer ld.hold(p)()
	}
	ld.mu.Lock()
	added := slices.DeleteFunc(slices.Clone(ld.added), func(p Part) bool { return !held[p.Place] })
	gone := maps.Clone(ld.gone)
	ld.mu.Unlock()
	maps.DeleteFunc(gone, func(_ int64, p Part) bool { return !held[p.Place] })
	if len(added)+len(gone)+len(logs) == 0 {
		return nil
	}
	if err := ld.lake.sync(added); err != nil {
		return fmt.Errorf("lake: commit: %w", sqlite.Classify(err))
	}
	err := ld.lake.db.Tx(ctx, func(tx *sql.Tx) error {
		if err := retireParts(ctx, tx, gone); err != nil {
			return err
		}
		if err := addParts(ctx, tx, added); err != nil {
			return err
		}
		if err := saveLogs(ctx, tx, logs); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE lake SET version = version + 1")
		return err
	})
	if err != nil {
		return fmt.Errorf("lake: commit: %w", err)
	}
	// From here on the lake is as it should be. A file of the same content has the same name: it is not removed with its
	// predecessor.
	var errs []error
	for _, p := range gone {
		if !slices.ContainsFunc(added, p.sameFile) {
			errs = append(errs, ld.remove(p))
		}
	}
	ld.mu.Lock()
	defer ld.mu.Unlock()
	ld.added = slices.DeleteFunc(ld.added, func(p Part) bool { return slices.ContainsFunc(added, p.sameFile) })
	maps.DeleteFunc(ld.gone, func(id int64, _ Part) bool { _, done := gone[id]; return done })
	return errors.Join(errs...)
}

func retireParts(ctx context.Context, tx *sql.Tx, gone map[int64]Part) error {
	for id := range gone {
		if _, err := tx.ExecContext(ctx, "UPDATE part SET retired = 1 WHERE id = ?", id); err != nil {
			return err
		}
	}
	return nil
}

func addParts(ctx context.Context, tx *sql.Tx, added []Part) error {
	put, err := tx.PrepareContext(ctx, `INSERT INTO part (account, region, date, name, rows, bytes, first_time, last_time, untimed, verified, pending, unlisted, failed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	for _, p := range added {
		if _, err := put.ExecContext(ctx, p.Place.Account, p.Place.Region, p.Place.Date, p.Name, p.Rows, p.Bytes, p.First, p.Last, p.Untimed,
			p.Verified, p.Pending, p.Unlisted, p.Failed); err != nil {
			return err
		}
	}
	return nil
}

func saveLogs(ctx context.Context, tx *sql.Tx, logs []receipt.File) error {
	put, err := tx.PrepareContext(ctx, `INSERT INTO log_file (`+logColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (source, key, sha256) DO UPDATE SET version = excluded.version, state = excluded.state, digest = excluded.digest RETURNING id`)
	if err != nil {
		return err
	}
	forget, err := tx.PrepareContext(ctx, "DELETE FROM fault WHERE log_file = ?")
	if err != nil {
		return err
	}
	fault, err := tx.PrepareContext(ctx, "INSERT INTO fault VALUES (?, ?, ?, ?)")
	if err != nil {
		return err
	}
	for _, g := range logs {
		var id int64
		if err := put.QueryRowContext(ctx, g.Source, g.Key, g.SHA256, g.Version, g.Account, g.Region, g.Size, g.Inflated, g.Records,
			g.Odd, g.Faulty, g.State, g.Digest, placesText(g.Places), g.Ingested.Unix()).Scan(&id); err != nil {
			return err
		}
		if len(g.Faults) == 0 {
			continue
		}
		if _, err := forget.ExecContext(ctx, id); err != nil {
			return err
		}
		for _, f := range g.Faults {
			if _, err := fault.ExecContext(ctx, id, f.Record, f.Offset, f.Reason); err != nil {
				return err
			}
		}
	}
	return nil
}
