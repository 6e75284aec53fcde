package lake

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/sqlite"
)

//go:embed schema.sql
var schema string

// application is what SQLite's application_id says of a file that is a lake's: "TSK1".
const application = 0x54534b31

// ErrNone: there is no lake in this home folder.
var ErrNone = errors.New("nothing has been ingested yet")

// Lake is an open lake. Its methods may be called concurrently.
type Lake struct {
	db     *sqlite.DB
	dir    string // of the lake
	events string // of its Parquet files
}

// Open opens the lake of a home folder, and makes it where it is not there. Errors wrap those of package sqlite.
func Open(ctx context.Context, home string) (*Lake, error) {
	dir, err := filepath.Abs(filepath.Join(home, "lake"))
	if err != nil {
		return nil, fmt.Errorf("open lake %q: %w", home, err)
	}
	path := filepath.Join(dir, "lake.db")
	db, err := sqlite.Open(ctx, path, sqlite.Schema{Application: application, Create: schema})
	if err != nil {
		return nil, fmt.Errorf("open lake %q: %w", path, err)
	}
	l := &Lake{db: db, dir: dir, events: filepath.Join(dir, "events")}
	err = os.MkdirAll(l.events, 0o700)
	if err == nil {
		err = l.agree(ctx)
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open lake %q: %w", path, sqlite.Classify(err))
	}
	return l, nil
}

// agree compares the columns of the lake's files with those that are known here: a file's columns are found by their
// numbers, so what is not the same or further of the same must not be read.
func (l *Lake) agree(ctx context.Context) error {
	names := make([]string, len(event.Columns))
	for i, c := range event.Columns {
		names[i] = c.Name
	}
	have, want := "", strings.Join(names, ",")
	if err := l.db.Read.QueryRowContext(ctx, "SELECT columns FROM lake").Scan(&have); err != nil {
		return err
	}
	switch {
	case have == want:
		return nil
	case have != "" && !strings.HasPrefix(want+",", have+","):
		return fmt.Errorf("%w: its files have other columns than this one knows", sqlite.ErrNewer)
	}
	return l.db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE lake SET columns = ?", want)
		return err
	})
}

// Exists opens the lake of a home folder if there is one; otherwise the error wraps ErrNone.
func Exists(ctx context.Context, home string) (*Lake, error) {
	if _, err := os.Stat(filepath.Join(home, "lake", "lake.db")); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: there is no lake in %q", ErrNone, home)
	}
	return Open(ctx, home)
}

// Close closes the lake.
func (l *Lake) Close() error { return l.db.Close() }

// Dir is the folder of the lake.
func (l *Lake) Dir() string { return l.dir }

// Version grows with every change of the lake.
func (l *Lake) Version(ctx context.Context) (v int64, err error) {
	if err := l.db.Read.QueryRowContext(ctx, "SELECT version FROM lake").Scan(&v); err != nil {
		return 0, fmt.Errorf("lake: version: %w", sqlite.Classify(err))
	}
	return v, nil
}

// folder is where a partition's files lie, below the folder of the events. The words come from event.Record.Place,
// which lets nothing through that could lead elsewhere; it is checked here again, because they are names of folders.
func folder(p event.Place) (string, error) {
	for _, s := range []string{p.Account, p.Region, p.Date} {
		if s == "" || len(s) > 64 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return "", fmt.Errorf("lake: %q cannot be the name of a partition", s)
		}
	}
	return filepath.Join("account="+p.Account, "region="+p.Region, "date="+p.Date), nil
}

// Part is one Parquet file.
type Part struct {
	ID                                  int64
	Place                               event.Place
	Name                                string
	Rows, Bytes                         int64
	First, Last                         int64 // microseconds since 1970, of the events that have a time; First > Last: none has
	Untimed                             int64 // rows without a time
	Verified, Pending, Unlisted, Failed int64 // rows by state
}

// noTime is First of a part in which no event has a time.
const noTime = int64(1)<<62 - 1

func (l *Lake) path(p Part) (string, error) {
	folder, err := folder(p.Place)
	if err != nil {
		return "", err
	}
	return filepath.Join(l.events, folder, p.Name), nil
}

const partColumns = "id, account, region, date, name, rows, bytes, first_time, last_time, untimed, verified, pending, unlisted, failed"

func scanPart(rows *sql.Rows) (p Part, err error) {
	err = rows.Scan(&p.ID, &p.Place.Account, &p.Place.Region, &p.Place.Date, &p.Name, &p.Rows, &p.Bytes, &p.First, &p.Last, &p.Untimed,
		&p.Verified, &p.Pending, &p.Unlisted, &p.Failed)
	return p, err
}

// Scope narrows the lake. The zero value is all of it.
type Scope struct {
	From, To          time.Time // of event_time; zero: open
	Accounts, Regions []string
	Verified          bool // only rows of verified log files
}

// Parts returns the files that can hold rows of a scope, in order of partition and time.
func (l *Lake) Parts(ctx context.Context, s Scope) ([]Part, error) {
	where, args := s.condition()
	return l.parts(ctx, where, args...)
}

// condition is the SQL that holds of parts that can hold rows of the scope.
func (s Scope) condition() (where string, args []any) {
	where = "retired = 0"
	in := func(column string, values []string) {
		if len(values) == 0 {
			return
		}
		where += " AND " + column + " IN (?" + strings.Repeat(", ?", len(values)-1) + ")"
		for _, v := range values {
			args = append(args, v)
		}
	}
	in("account", s.Accounts)
	in("region", s.Regions)
	// Events without a time belong to the day of their log file's delivery.
	if !s.From.IsZero() {
		where += " AND (last_time >= ? OR untimed > 0 AND date >= ?)"
		args = append(args, s.From.UnixMicro(), s.From.UTC().Format(time.DateOnly))
	}
	if !s.To.IsZero() {
		where += " AND (first_time < ? OR untimed > 0 AND date < ?)"
		args = append(args, s.To.UnixMicro(), s.To.Add(24*time.Hour-1).UTC().Format(time.DateOnly))
	}
	if s.Verified {
		where += " AND verified > 0"
	}
	return where, args
}

func (l *Lake) parts(ctx context.Context, where string, args ...any) ([]Part, error) {
	return sqlite.All(ctx, sqlite.Query{DB: l.db, What: "lake: parts", Args: args,
		SQL: "SELECT " + partColumns + " FROM part WHERE " + where + " ORDER BY date, account, region, first_time, id"}, scanPart)
}

// Errors of the lake's own file; see package sqlite.
var (
	ErrDamaged = sqlite.ErrDamaged
	ErrForeign = sqlite.ErrForeign
)
