package ledger

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/mattn/go-sqlite3"
)

//go:embed schema.sql
var schema string

// version of the schema, in SQLite's user_version.
const version = 1

// Errors that a caller has an answer for.
var (
	ErrDamaged = errors.New("the ledger is damaged")
	ErrFull    = errors.New("no space left for the ledger")
	ErrDenied  = errors.New("the ledger cannot be opened or written")
	ErrNewer   = errors.New("the ledger was written by a newer version")
	ErrBusy    = errors.New("another process is writing to the ledger")
)

// Ledger is an open ledger. Its methods may be called concurrently.
type Ledger struct {
	write *sql.DB // one connection
	read  *sql.DB
	mu    sync.Mutex // held for each transaction, so that writers queue here and not in SQLite
	path  string
}

// Open opens the ledger of a home folder, and makes it, folder and all, where it is not there. Errors wrap one of
// ErrDamaged, ErrFull, ErrDenied, ErrNewer or ErrBusy where one fits.
func Open(ctx context.Context, home string) (*Ledger, error) {
	path := filepath.Join(home, "ledger.db")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fmt.Errorf("open ledger %q: %w: %w", path, ErrDenied, err)
	}
	l := &Ledger{path: path}
	if err := l.open(ctx); err != nil {
		l.Close()
		return nil, fmt.Errorf("open ledger %q: %w", path, classify(err))
	}
	return l, nil
}

// Path is where the ledger's file lies.
func (l *Ledger) Path() string { return l.path }

func (l *Ledger) open(ctx context.Context) error {
	pragmas := url.Values{
		"_journal_mode": {"WAL"}, "_synchronous": {"NORMAL"}, "_busy_timeout": {"30000"},
		"_txlock": {"immediate"}, "_cache_size": {"-16384"},
	}
	uri := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: l.path}).EscapedPath(), RawQuery: pragmas.Encode()}).String()
	var err error
	if l.write, err = sql.Open("sqlite3", uri); err != nil {
		return err
	}
	l.write.SetMaxOpenConns(1)
	if err := l.migrate(ctx); err != nil {
		return err
	}
	if l.read, err = sql.Open("sqlite3", uri+"&_query_only=1"); err != nil {
		return err
	}
	l.read.SetMaxOpenConns(4 * runtime.NumCPU())
	l.read.SetMaxIdleConns(2 * runtime.NumCPU())
	return nil
}

func (l *Ledger) migrate(ctx context.Context) error {
	return l.tx(ctx, func(tx *sql.Tx) error {
		var have int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
			return err
		}
		switch {
		case have > version:
			return fmt.Errorf("%w of trailseal (schema %d; this one knows %d)", ErrNewer, have, version)
		case have == version:
			return nil
		}
		if _, err := tx.ExecContext(ctx, schema); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version))
		return err
	})
}

// Close closes the ledger. It may be called more than once.
func (l *Ledger) Close() error {
	var errs []error
	for _, db := range []*sql.DB{l.read, l.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// tx runs f in one transaction, alone.
func (l *Ledger) tx(ctx context.Context, f func(*sql.Tx) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	tx, err := l.write.BeginTx(ctx, nil)
	if err != nil {
		return classify(err)
	}
	if err := f(tx); err != nil {
		return classify(errors.Join(err, ignoreDone(tx.Rollback())))
	}
	return classify(tx.Commit())
}

// ignoreDone: a transaction whose context was cancelled is rolled back already.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// classify puts a sentinel around SQLite's error.
func classify(err error) error {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return err
	}
	var kind error
	switch e.Code {
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrFormat:
		kind = ErrDamaged
	case sqlite3.ErrFull:
		kind = ErrFull
	case sqlite3.ErrReadonly, sqlite3.ErrCantOpen, sqlite3.ErrPerm, sqlite3.ErrAuth:
		kind = ErrDenied
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		kind = ErrBusy
	case sqlite3.ErrError:
		// A table that is gone: a SQLite file, but no ledger.
		if strings.Contains(e.Error(), "no such table") || strings.Contains(e.Error(), "no such column") {
			kind = ErrDamaged
		}
	}
	if kind == nil || errors.Is(err, kind) {
		return err
	}
	return fmt.Errorf("%w: %w", kind, err)
}
