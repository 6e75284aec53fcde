package sqlite

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func text(r *sql.Rows) (s string, err error) {
	err = r.Scan(&s)
	return s, err
}

func TestRows(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "notes.db"), notes)
	q := Query{DB: d, What: "notes", SQL: "SELECT text FROM note WHERE text <> ? ORDER BY text", Args: []any{"b"}}
	if got, err := All(t.Context(), q, text); got != nil || err != nil {
		t.Errorf("of an empty table: %q, %v", got, err)
	}
	if err := d.exec(t.Context(), "INSERT INTO note VALUES ('c'), ('b'), ('a')"); err != nil {
		t.Fatal(err)
	}
	got, err := All(t.Context(), q, text)
	if diff := cmp.Diff([]string{"a", "c"}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for range Rows(t.Context(), q, text) {
		break
	}
	if open := d.Read.Stats().InUse; open != 0 {
		t.Errorf("rows that were left off hold %d connections", open)
	}
}

func TestErrorsOfRowsSayWhatWasAskedFor(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "notes.db"), notes)
	if err := d.exec(t.Context(), "INSERT INTO note VALUES ('a'), ('b')"); err != nil {
		t.Fatal(err)
	}
	odd := errors.New("odd")
	for name, c := range map[string]struct {
		sql  string
		scan func(*sql.Rows) (string, error)
		want error
	}{
		"a table that is gone": {"SELECT text FROM gone", text, ErrDamaged},
		"a row that is odd":    {"SELECT text FROM note", func(*sql.Rows) (string, error) { return "", odd }, odd},
	} {
		n := 0
		for _, err := range Rows(t.Context(), Query{DB: d, What: "notes", SQL: c.sql}, c.scan) {
			if n++; !errors.Is(err, c.want) || !strings.HasPrefix(err.Error(), "notes: ") {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d errors", name, n)
		}
	}
	if got, err := All(t.Context(), Query{DB: d, What: "notes", SQL: "SELECT text FROM note UNION ALL SELECT abs(-9223372036854775808)"}, text); got != nil || err == nil {
		t.Errorf("an error after the first rows: %q, %v", got, err)
	}
}
