package alert

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/trailseal/trailseal/internal/sqlite"
)

//go:embed schema.sql
var schema string

// application is what SQLite's application_id says of a file of alerts: "TSA1".
const application = 0x54534131

// Errors that a caller has an answer for.
var (
	ErrNone    = errors.New("there are no alerts yet")
	ErrDamaged = sqlite.ErrDamaged
	ErrForeign = sqlite.ErrForeign
	ErrFull    = sqlite.ErrFull
	ErrDenied  = sqlite.ErrDenied
	ErrNewer   = sqlite.ErrNewer
	ErrBusy    = sqlite.ErrBusy
)

// Store is an open file of alerts. Its methods may be called concurrently, and by several processes.
type Store struct {
	db   *sqlite.DB
	home string
	bell chan struct{} // rung when something was queued in this process
	step func()        // called between any two writes; tests end the process there
}

// Open opens the alerts of a home folder, and makes the file, folder and all, where it is not there. Errors wrap one of
// ErrDamaged, ErrForeign, ErrFull, ErrDenied, ErrNewer or ErrBusy where one fits.
func Open(ctx context.Context, home string) (*Store, error) {
	path := filepath.Join(home, "alerts.db")
	db, err := sqlite.Open(ctx, path, sqlite.Schema{Application: application, Create: schema})
	if err != nil {
		return nil, fmt.Errorf("open alerts %q: %w", path, err)
	}
	// A caller goes on, and deletes a message or moves a position elsewhere, as soon as something is recorded: it has to
	// outlive a loss of power as well. The connection is never given up, because no transaction's context ends.
	if _, err := db.Write.ExecContext(ctx, "PRAGMA synchronous = FULL"); err != nil {
		return nil, fmt.Errorf("open alerts %q: %w", path, errors.Join(sqlite.Classify(err), db.Close()))
	}
	return &Store{db: db, home: home, bell: make(chan struct{}, 1), step: func() {}}, nil
}

// Exists opens the alerts of a home folder if there are some; otherwise the error wraps ErrNone.
func Exists(ctx context.Context, home string) (*Store, error) {
	if _, err := os.Stat(filepath.Join(home, "alerts.db")); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %q", ErrNone, home)
	}
	return Open(ctx, home)
}

// Path is where the file lies.
func (s *Store) Path() string { return s.db.Path }

// Close closes the file. It may be called more than once.
func (s *Store) Close() error { return s.db.Close() }

// Position is how far a source of events has been read, as it was recorded last; empty where nothing was.
func (s *Store) Position(ctx context.Context, name string) (string, error) {
	q := s.query("position", "SELECT value FROM position WHERE name = ?", name)
	all, err := sqlite.All(ctx, q, func(r *sql.Rows) (v string, err error) {
		err = r.Scan(&v)
		return v, err
	})
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[0], nil
}

// SavePositions records how far sources have been read, where nothing was found. See Batch.Positions.
func (s *Store) SavePositions(ctx context.Context, positions map[string]string, at time.Time) error {
	err := s.tx(ctx, func(w *work) error { return w.positions(ctx, positions, micros(at)) })
	if err != nil {
		return fmt.Errorf("alerts: save positions: %w", err)
	}
	return nil
}

func (s *Store) query(what, text string, args ...any) sqlite.Query {
	return sqlite.Query{DB: s.db, What: "alerts: " + what, SQL: text, Args: args}
}

// ring tells the delivery loop of this process that something was queued.
func (s *Store) ring() {
	select {
	case s.bell <- struct{}{}:
	default:
	}
}

// tx runs f in one transaction, alone. ctx ends it only before it begins.
func (s *Store) tx(ctx context.Context, f func(*work) error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	s.step()
	err := s.db.Tx(context.WithoutCancel(ctx), func(tx *sql.Tx) error {
		return f(&work{tx: tx, ready: map[string]*sql.Stmt{}, step: s.step})
	})
	s.step()
	return err
}

// work is a transaction with the statements that it has used.
type work struct {
	tx    *sql.Tx
	ready map[string]*sql.Stmt
	step  func()
}

func (w *work) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	if s := w.ready[text]; s != nil {
		return s, nil
	}
	s, err := w.tx.PrepareContext(context.WithoutCancel(ctx), text)
	if err == nil {
		w.ready[text] = s
	}
	return s, err
}

// exec changes something, and returns the number of the row that was inserted last and how many rows there were.
func (w *work) exec(ctx context.Context, text string, args ...any) (id, rows int64, err error) {
	s, err := w.prepare(ctx, text)
	if err != nil {
		return 0, 0, err
	}
	res, err := s.ExecContext(context.WithoutCancel(ctx), args...)
	w.step()
	if err != nil {
		return 0, 0, err
	}
	if id, err = res.LastInsertId(); err != nil {
		return 0, 0, err
	}
	rows, err = res.RowsAffected()
	return id, rows, err
}

// QueryContext makes a transaction a querier.
func (w *work) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	s, err := w.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.WithoutCancel(ctx), args...)
}

// one reads the first row into values; there may be none.
func (w *work) one(ctx context.Context, text string, args []any, into ...any) (found bool, err error) {
	err = each(ctx, w, text, args, func(r *sql.Rows) error {
		if found {
			return nil
		}
		found = true
		return r.Scan(into...)
	})
	return found, err
}

// querier is a transaction, or a reader.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each calls f with every row.
func each(ctx context.Context, q querier, text string, args []any, f func(*sql.Rows) error) error {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (w *work) positions(ctx context.Context, positions map[string]string, at int64) error {
	for name, value := range positions {
		if _, _, err := w.exec(ctx, `INSERT INTO position VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET value = excluded.value, at = excluded.at`, name, value, at); err != nil {
			return err
		}
	}
	return nil
}

// micros is a time as the file has it. A time that RFC 3339 cannot write is none.
func micros(t time.Time) int64 {
	if t.IsZero() || t.Year() < 1 || t.Year() > 9998 {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
