package ledger

import (
	"context"
	_ "embed"
	"fmt"
	"path/filepath"

	"github.com/trailseal/trailseal/internal/sqlite"
)

var (
	//go:embed schema.sql
	schema string
	//go:embed upgrade_2.sql
	upgrade2 string
)

// application is what SQLite's application_id says of a file that is a ledger: "TSL1".
const application = 0x54534c31

// Errors that a caller has an answer for.
var (
	ErrDamaged = sqlite.ErrDamaged
	ErrForeign = sqlite.ErrForeign
	ErrFull    = sqlite.ErrFull
	ErrDenied  = sqlite.ErrDenied
	ErrNewer   = sqlite.ErrNewer
	ErrBusy    = sqlite.ErrBusy
)

// Ledger is an open ledger. Its methods may be called concurrently.
type Ledger struct{ db *sqlite.DB }

// Open opens the ledger of a home folder, and makes it, folder and all, where it is not there. Errors wrap one of
// ErrDamaged, ErrForeign, ErrFull, ErrDenied, ErrNewer or ErrBusy where one fits.
func Open(ctx context.Context, home string) (*Ledger, error) {
	path := filepath.Join(home, "ledger.db")
	db, err := sqlite.Open(ctx, path, sqlite.Schema{Application: application, Create: schema, Upgrades: []string{upgrade2}})
	if err != nil {
		return nil, fmt.Errorf("open ledger %q: %w", path, err)
	}
	return &Ledger{db}, nil
}

// query is a question about what, for package sqlite.
func (l *Ledger) query(what, sql string, args ...any) sqlite.Query {
	return sqlite.Query{DB: l.db, What: "ledger: " + what, SQL: sql, Args: args}
}

// Path is where the ledger's file lies.
func (l *Ledger) Path() string { return l.db.Path }

// Close closes the ledger. It may be called more than once.
func (l *Ledger) Close() error { return l.db.Close() }
