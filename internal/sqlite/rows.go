package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
)

// Query is a question of a reader.
type Query struct {
	DB   *DB
	What string // is asked for, as errors say it
	SQL  string
	Args []any
}

// Rows yields what scan makes of each row. The question is asked when its rows are read. An error ends them; it is
// classified, and says what was asked for.
func Rows[T any](ctx context.Context, q Query, scan func(*sql.Rows) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := q.DB.Read.QueryContext(ctx, q.SQL, q.Args...)
		if err != nil {
			yield(none, fmt.Errorf("%s: %w", q.What, Classify(err)))
			return
		}
		defer rows.Close()
		for rows.Next() {
			v, err := scan(rows)
			if err != nil {
				yield(v, fmt.Errorf("%s: %w", q.What, Classify(err)))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, fmt.Errorf("%s: %w", q.What, Classify(err)))
		}
	}
}

// All is what Rows yields, nil where there is none.
func All[T any](ctx context.Context, q Query, scan func(*sql.Rows) (T, error)) ([]T, error) {
	var all []T
	for v, err := range Rows(ctx, q, scan) {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}
