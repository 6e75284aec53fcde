package ledger

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

var (
	//go:embed schema.sql
	schema string
	//go:embed upgrade_2.sql
	upgrade2 string
)

const (
	// version of the schema, in SQLite's user_version.
	version = 2
	// application is what SQLite's application_id says of a file that is a ledger: "TSL1".
	application = 0x54534c31
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

// Ledger is an open ledger. Its methods may be called concurrently.
type Ledger struct {
	write *sql.DB // one connection
	read  *sql.DB
	mu    sync.Mutex // held for each transaction, so that writers queue here and not in SQLite
	path  string
}

// Open opens the ledger of a home folder, and makes it, folder and all, where it is not there. Errors wrap one of
// ErrDamaged, ErrForeign, ErrFull, ErrDenied, ErrNewer or ErrBusy where one fits.
func Open(ctx context.Context, home string) (*Ledger, error) {
	path := filepath.Join(home, "ledger.db")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fmt.Errorf("open ledger %q: %w", path, classify(err))
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open ledger %q: %w: it is not a file", path, ErrForeign)
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
		case owner != application:
			return ErrForeign
		case have > version:
			return fmt.Errorf("%w: schema %d, and this one knows %d", ErrNewer, have, version)
		case have == version:
			return nil
		case have == 1:
			_, err := tx.ExecContext(ctx, upgrade2+fmt.Sprintf("PRAGMA user_version = %d", version))
			return err
		default:
			return fmt.Errorf("%w: schema %d", ErrDamaged, have)
		}
		if _, err := tx.ExecContext(ctx, schema); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d; PRAGMA application_id = %d", version, application))
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

// classify puts a sentinel around an error of SQLite or of the file system.
func classify(err error) error {
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
