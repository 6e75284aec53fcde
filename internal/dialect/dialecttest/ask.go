package dialecttest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/dialect"
)

// Ask answers one SELECT over events. Its rows are read, or left off, before the next question; each is valid until the
// next. Errors are those of duckdb.DB's Parse and Select.
func (db *DB) Ask(ctx context.Context, sql string) (answer.Result, error) {
	return db.Between(ctx, time.Time{}, time.Time{}, sql)
}

// Between is Ask about the events of [from, to) only, where zero is open.
func (db *DB) Between(ctx context.Context, from, to time.Time, sql string) (answer.Result, error) {
	statement, err := db.db.Parse(ctx, sql, []string{"events"})
	if err != nil {
		return answer.Result{}, err
	}
	if err := db.show(ctx, from, to); err != nil {
		return answer.Result{}, err
	}
	return db.db.Select(ctx, statement)
}

// show makes the view events.
func (db *DB) show(ctx context.Context, from, to time.Time) error {
	var and []string
	for _, b := range []struct {
		op string
		at time.Time
	}{{">=", from}, {"<", to}} {
		if b.at.IsZero() {
			continue
		}
		s, err := dialect.Literal(b.at)
		if err != nil {
			return err
		}
		and = append(and, "event_time "+b.op+" "+s)
	}
	view := "SELECT * FROM " + records
	if len(and) > 0 {
		view += " WHERE " + strings.Join(and, " AND ")
	}
	if view == db.view {
		return nil
	}
	if err := db.db.Exec(ctx, "CREATE OR REPLACE VIEW events AS "+view); err != nil {
		return err
	}
	db.view = view
	return nil
}

// All reads all rows of an answer. An error in them fails the test.
func All(t testing.TB, r answer.Result) [][]any {
	t.Helper()
	var all [][]any
	for row, err := range r.Rows {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, append([]any(nil), row...))
	}
	return all
}
