package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mattn/go-sqlite3"
	"golang.org/x/sync/errgroup"
)

// notes is a file with one table.
var notes = Schema{Application: 0x4e4f5445, Create: "CREATE TABLE note (text TEXT NOT NULL)"}

func open(t *testing.T, path string, schema Schema) *DB {
	t.Helper()
	d, err := Open(t.Context(), path, schema)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// exec runs one statement in a transaction of its own.
func (d *DB) exec(ctx context.Context, statement string, args ...any) error {
	return d.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, statement, args...)
		return err
	})
}

// ask is the one value that a question has for its answer.
func ask(t *testing.T, d *DB, question string) (value string) {
	t.Helper()
	if err := d.Read.QueryRowContext(t.Context(), question).Scan(&value); err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	return value
}

func TestWhatIsWrittenIsThereAgain(t *testing.T) {
	// A path may hold what means something in a URI.
	path := filepath.Join(t.TempDir(), "a folder", "new?mode=memory&#%41.db")
	d := open(t, path, notes)
	if err := d.exec(t.Context(), "INSERT INTO note VALUES ('kept')"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Close(), d.Close()); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		t.Errorf("%v, %v", info, err)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info, err)
	}
	if got := ask(t, open(t, path, notes), "SELECT text FROM note"); got != "kept" {
		t.Errorf("%q", got)
	}
}

func TestWrongFilesAreNamedAndLeftAlone(t *testing.T) {
	foreign := func(statements ...string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			db, err := sql.Open("sqlite3", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			for _, s := range statements {
				if _, err := db.ExecContext(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	write := func(content string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	folder := func(t *testing.T, path string) {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	ours := fmt.Sprintf("PRAGMA application_id = %d", notes.Application)
	for name, c := range map[string]struct {
		make func(*testing.T, string)
		want error
	}{
		"garbage":                    {write(strings.Repeat("garbage ", 100)), ErrDamaged},
		"another program's":          {foreign("CREATE TABLE t (a)"), ErrForeign},
		"another's with our number":  {foreign("CREATE TABLE t (a)", "PRAGMA user_version = 1"), ErrForeign},
		"another's with no table":    {foreign("PRAGMA application_id = 7"), ErrForeign},
		"newer":                      {foreign(ours, "PRAGMA user_version = 99"), ErrNewer},
		"ours without a version":     {foreign(ours), ErrDamaged},
		"a version below the first":  {foreign(ours, "PRAGMA user_version = -1"), ErrDamaged},
		"a folder":                   {folder, ErrForeign},
		"a header and nothing after": {write("SQLite format 3\x00" + strings.Repeat("\xff", 2000)), ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "notes.db")
			c.make(t, path)
			before, _ := os.ReadFile(path)
			if _, err := Open(t.Context(), path, notes); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			after, _ := os.ReadFile(path)
			// SQLite may note its journal mode in the header; what is behind that is untouched.
			if len(before) > 100 && string(before[100:]) != string(after[100:]) {
				t.Error("the file was changed")
			}
		})
	}
}

// versions are three versions of a file. Each upgrade needs the one before it.
func versions() []Schema {
	first := notes
	second := Schema{
		Application: notes.Application,
		Create:      "CREATE TABLE note (text TEXT NOT NULL, author TEXT NOT NULL DEFAULT 'nobody')",
		Upgrades:    []string{"ALTER TABLE note ADD COLUMN author TEXT NOT NULL DEFAULT 'nobody'"},
	}
	third := Schema{
		Application: notes.Application,
		Create:      "CREATE TABLE letter (text TEXT NOT NULL, sender TEXT NOT NULL DEFAULT 'nobody')",
		Upgrades:    append(second.Upgrades[:1:1], "ALTER TABLE note RENAME COLUMN author TO sender; ALTER TABLE note RENAME TO letter"),
	}
	return []Schema{first, second, third}
}

func TestUpgradesLeadThroughAllVersionsInOrder(t *testing.T) {
	all := versions()
	for i, old := range all {
		t.Run(fmt.Sprint("from version ", i+1), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "notes.db")
			d := open(t, path, old)
			table := []string{"note", "note", "letter"}[i]
			if err := errors.Join(d.exec(t.Context(), "INSERT INTO "+table+" (text) VALUES ('kept')"), d.Close()); err != nil {
				t.Fatal(err)
			}
			d = open(t, path, all[2])
			if got := ask(t, d, "SELECT text || ' by ' || sender FROM letter"); got != "kept by nobody" {
				t.Errorf("%q", got)
			}
			if got := ask(t, d, "PRAGMA user_version"); got != "3" {
				t.Errorf("version %s", got)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(t.Context(), path, all[1]); !errors.Is(err, ErrNewer) {
				t.Errorf("the program before: %v, want %v", err, ErrNewer)
			}
		})
	}
}

func TestAnUpgradeThatFailsLeavesTheOldVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.db")
	old := open(t, path, notes)
	if err := errors.Join(old.exec(t.Context(), "INSERT INTO note VALUES ('kept')"), old.Close()); err != nil {
		t.Fatal(err)
	}
	broken := versions()[2]
	// The first upgrade and half of the second have been made when it fails.
	broken.Upgrades[1] = "ALTER TABLE note RENAME TO letter; INSERT INTO nothing VALUES (1)"
	if _, err := Open(t.Context(), path, broken); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Fatalf("an upgrade without its table: %v", err)
	}
	old = open(t, path, notes)
	for question, want := range map[string]string{
		"SELECT text FROM note": "kept",
		"SELECT group_concat(name) FROM pragma_table_info('note')": "text",
		"SELECT count(*) FROM sqlite_schema":                       "1",
		"PRAGMA user_version":                                      "1",
	} {
		if got := ask(t, old, question); got != want {
			t.Errorf("%s: %q, want %q", question, got, want)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, open(t, path, versions()[2]), "SELECT text FROM letter"); got != "kept" {
		t.Errorf("upgraded after all: %q", got)
	}
}

// TestManyOpenAtOnce: whoever comes first makes or upgrades the file, and only once.
func TestManyOpenAtOnce(t *testing.T) {
	for name, before := range map[string]bool{"a new file": false, "an old one": true} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "notes.db")
			if before {
				if err := open(t, path, notes).Close(); err != nil {
					t.Fatal(err)
				}
			}
			g, ctx := errgroup.WithContext(t.Context())
			for range 8 {
				g.Go(func() error {
					d, err := Open(ctx, path, versions()[2])
					if err != nil {
						return fmt.Errorf("open: %w", err)
					}
					if err := d.exec(ctx, "INSERT INTO letter (text) VALUES ('x')"); err != nil {
						return fmt.Errorf("write: %w", errors.Join(err, d.Close()))
					}
					return d.Close()
				})
			}
			if err := g.Wait(); err != nil {
				t.Fatal(err)
			}
			if got := ask(t, open(t, path, versions()[2]), "SELECT count(*) FROM letter"); got != "8" {
				t.Errorf("%s letters", got)
			}
		})
	}
}

func TestManyAtOnceInTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.db")
	// Two handles stand for two processes; SQLite knows no difference.
	handles := []*DB{open(t, path, notes), open(t, path, notes)}
	g, ctx := errgroup.WithContext(t.Context())
	const each = 20
	for w := range 4 {
		d := handles[w%2]
		g.Go(func() error {
			for range each {
				// What is written rests on what was read, so that a writer in between would show.
				err := d.Tx(ctx, func(tx *sql.Tx) error {
					var n int
					if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM note").Scan(&n); err != nil {
						return err
					}
					_, err := tx.ExecContext(ctx, "INSERT INTO note VALUES (?), (?)", n, n+1)
					return err
				})
				if err != nil {
					return err
				}
				var n int
				if err := d.Read.QueryRowContext(ctx, "SELECT count(*) FROM note").Scan(&n); err != nil {
					return err
				}
				if n%2 != 0 {
					return fmt.Errorf("half of a transaction is seen: %d", n)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, d := range handles {
		if got := ask(t, d, "SELECT count(DISTINCT text) || ' of ' || count(*) FROM note"); got != "160 of 160" {
			t.Errorf("%s, want %d", got, 4*each*2)
		}
	}
}

func TestTransactionsThatFailLeaveNothing(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "notes.db"), notes)
	stop := errors.New("stop")
	err := d.Tx(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO note VALUES ('lost')"); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = d.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO note VALUES ('lost')")
		cancel()
		for done := error(nil); !errors.Is(done, sql.ErrTxDone); { // until it has been rolled back behind our back
			_, done = tx.ExecContext(t.Context(), "SELECT 1")
		}
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled within: %v", err)
	}
	if err := d.exec(ctx, "INSERT INTO note VALUES ('lost')"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	if got := ask(t, d, "SELECT count(*) FROM note"); got != "0" {
		t.Errorf("%s notes", got)
	}
	if err := d.exec(t.Context(), "INSERT INTO note VALUES ('kept')"); err != nil {
		t.Error(err)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "notes.db"), notes)
	if _, err := d.Read.ExecContext(t.Context(), "INSERT INTO note VALUES ('x')"); !errors.Is(Classify(err), ErrDenied) {
		t.Error(err)
	}
}

func TestATableThatIsGoneIsDamage(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "notes.db"), notes)
	if err := d.exec(t.Context(), "DROP TABLE note"); err != nil {
		t.Fatal(err)
	}
	if err := d.exec(t.Context(), "INSERT INTO note VALUES ('x')"); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

func TestErrorsAreSorted(t *testing.T) {
	for _, c := range []struct{ in, want error }{
		{sqlite3.Error{Code: sqlite3.ErrCorrupt}, ErrDamaged},
		{sqlite3.Error{Code: sqlite3.ErrNotADB}, ErrDamaged},
		{sqlite3.Error{Code: sqlite3.ErrFull}, ErrFull},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, SystemErrno: syscall.ENOSPC}, ErrFull},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, SystemErrno: syscall.EDQUOT}, ErrFull},
		{sqlite3.Error{Code: sqlite3.ErrIoErr}, nil},
		{sqlite3.Error{Code: sqlite3.ErrReadonly}, ErrDenied},
		{sqlite3.Error{Code: sqlite3.ErrCantOpen, SystemErrno: syscall.EACCES}, ErrDenied},
		{sqlite3.Error{Code: sqlite3.ErrBusy}, ErrBusy},
		{sqlite3.Error{Code: sqlite3.ErrLocked}, ErrBusy},
		{&fs.PathError{Op: "mkdir", Path: "x", Err: syscall.EACCES}, ErrDenied},
		{&fs.PathError{Op: "mkdir", Path: "x", Err: syscall.EROFS}, ErrDenied},
		{&fs.PathError{Op: "mkdir", Path: "x", Err: syscall.ENOSPC}, ErrFull},
		{&fs.PathError{Op: "mkdir", Path: "x", Err: syscall.ENOTDIR}, nil},
		{context.Canceled, nil},
		{nil, nil},
	} {
		got := Classify(c.in)
		if c.in != nil && !errors.Is(got, c.in) {
			t.Errorf("%v is lost in %v", c.in, got)
		}
		for _, kind := range []error{ErrDamaged, ErrForeign, ErrFull, ErrDenied, ErrNewer, ErrBusy} {
			if errors.Is(got, kind) != (kind == c.want) {
				t.Errorf("%#v is %v", c.in, got)
			}
		}
		if again := Classify(got); !errors.Is(again, got) || fmt.Sprint(again) != fmt.Sprint(got) {
			t.Errorf("classified twice: %v", again)
		}
	}
}
