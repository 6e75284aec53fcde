package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mattn/go-sqlite3"
)

// Errors that a caller has an answer for.
var (
	ErrDamaged = errors.New("it is damaged")
	ErrForeign = errors.New("it is a database of another program")
	ErrFull    = errors.New("no space left")
	ErrDenied  = errors.New("no permission")
	ErrNewer   = errors.New("it was written by a newer trailseal")
	ErrBusy    = errors.New("another process is writing to it")
)

// Schema says what a file must be.
type Schema struct {
	Application int      // SQLite's application_id
	Create      string   // makes a new file of the newest version
	Upgrades    []string // Upgrades[i] leads from version i+1 to i+2; so there are len(Upgrades)+1 versions
}

func (s Schema) version() int { return len(s.Upgrades) + 1 }

// DB is an open file. Its methods may be called concurrently.
type DB struct {
	Read   *sql.DB // refuses to write
	Write  *sql.DB // one connection; see Tx
	Path   string
	schema Schema
	mu     sync.Mutex // held for each transaction, so that writers queue here and not in SQLite
}

// Open opens a file, and makes it, folder and all, where it is not there. Errors wrap one of ErrDamaged, ErrForeign,
// ErrFull, ErrDenied, ErrNewer or ErrBusy where one fits.
func Open(ctx context.Context, path string, schema Schema) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, Classify(err)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: it is not a file", ErrForeign)
	}
	// SQLite itself waits for other processes, except where two of them turn a new file to WAL at the same time: there
	// one is told at once that the file is locked, and has to come again.
	enough := time.After(patience)
	for {
		d := &DB{Path: path, schema: schema}
		err := Classify(d.open(ctx))
		if err == nil {
			return d, nil
		}
		d.Close()
		if !errors.Is(err, ErrBusy) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-enough:
			return nil, err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// patience is how long one process waits for another.
const patience = 30 * time.Second

func (d *DB) open(ctx context.Context) error {
	pragmas := url.Values{
		"_journal_mode": {"WAL"}, "_synchronous": {"NORMAL"}, "_busy_timeout": {strconv.FormatInt(patience.Milliseconds(), 10)},
		"_txlock": {"immediate"}, "_cache_size": {"-16384"},
	}
	uri := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: d.Path}).EscapedPath(), RawQuery: pragmas.Encode()}).String()
	var err error
	if d.Write, err = sql.Open("sqlite3", uri); err != nil {
		return err
	}
	d.Write.SetMaxOpenConns(1)
	if err := d.migrate(ctx); err != nil {
		return err
	}
	if d.Read, err = sql.Open("sqlite3", uri+"&_query_only=1"); err != nil {
		return err
	}
	d.Read.SetMaxOpenConns(4 * runtime.NumCPU())
	d.Read.SetMaxIdleConns(2 * runtime.NumCPU())
	return nil
}

func (d *DB) migrate(ctx context.Context) error {
	return d.Tx(ctx, func(tx *sql.Tx) error {
		var have, owner, tables int
		for pragma, to := range map[string]*int{"user_version": &have, "application_id": &owner} {
			if err := tx.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(to); err != nil {
				return err
			}
		}
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
			return err
		}
		switch {
		case have == 0 && owner == 0 && tables == 0: // a new file
			if _, err := tx.ExecContext(ctx, d.schema.Create); err != nil {
				return err
			}
		case owner != d.schema.Application:
			return ErrForeign
		case have > d.schema.version():
			return fmt.Errorf("%w: schema %d, and this one knows %d", ErrNewer, have, d.schema.version())
		case have == d.schema.version():
			return nil
		case have < 1:
			return fmt.Errorf("%w: schema %d", ErrDamaged, have)
		default:
			for _, up := range d.schema.Upgrades[have-1:] {
				if _, err := tx.ExecContext(ctx, up); err != nil {
					return err
				}
			}
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d; PRAGMA application_id = %d", d.schema.version(), d.schema.Application))
		return err
	})
}

// Close closes the file. It may be called more than once.
func (d *DB) Close() error {
	var errs []error
	for _, db := range []*sql.DB{d.Read, d.Write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Tx runs f in one transaction, alone.
func (d *DB) Tx(ctx context.Context, f func(*sql.Tx) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	tx, err := d.Write.BeginTx(ctx, nil)
	if err != nil {
		return Classify(err)
	}
	if err := f(tx); err != nil {
		return Classify(errors.Join(cancelled(ctx, err), ignoreDone(tx.Rollback())))
	}
	return Classify(cancelled(ctx, tx.Commit()))
}

// cancelled says why a transaction is done before its end: package sql rolls it back as soon as its context is.
func cancelled(ctx context.Context, err error) error {
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// ignoreDone: a transaction whose context was cancelled is rolled back already.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// Classify puts a sentinel around an error of SQLite or of the file system.
func Classify(err error) error {
	kind := kindOf(err)
	if kind == nil || errors.Is(err, kind) {
		return err
	}
	return fmt.Errorf("%w: %w", kind, err)
}

func kindOf(err error) error {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return kindOfErrno(err)
	}
	// What the system said is more exact than "disk I/O error".
	if kind := kindOfErrno(e.SystemErrno); kind != nil {
		return kind
	}
	switch e.Code {
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrFormat:
		return ErrDamaged
	case sqlite3.ErrFull:
		return ErrFull
	case sqlite3.ErrReadonly, sqlite3.ErrCantOpen, sqlite3.ErrPerm, sqlite3.ErrAuth:
		return ErrDenied
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return ErrBusy
	case sqlite3.ErrError:
		// A table that is gone.
		if strings.Contains(e.Error(), "no such table") || strings.Contains(e.Error(), "no such column") {
			return ErrDamaged
		}
	}
	return nil
}

func kindOfErrno(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return ErrFull
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return ErrDenied
	}
	return nil
}
