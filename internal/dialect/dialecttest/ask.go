package dialecttest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/trailseal/trailseal/internal/answer"
)

// Ask runs one statement. Its error, and the error that ends its rows, is DuckDB's.
func (db *DB) Ask(ctx context.Context, sql string) (answer.Result, error) {
	rows, err := db.db.QueryContext(ctx, sql)
	if err != nil {
		return answer.Result{}, fmt.Errorf("ask DuckDB: %w", err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return answer.Result{}, fmt.Errorf("ask DuckDB: %w", err)
	}
	var result answer.Result
	for _, t := range types {
		result.Columns = append(result.Columns, answer.Column{Name: t.Name(), Type: t.DatabaseTypeName()})
	}
	var all [][]any
	var end error
	for rows.Next() && end == nil {
		row := make([]any, len(types))
		into := make([]any, len(types))
		for i := range row {
			into[i] = &row[i]
		}
		if end = rows.Scan(into...); end != nil {
			break
		}
		for i := range row {
			if row[i], err = plain(row[i]); err != nil {
				end = err
			}
		}
		all = append(all, row)
	}
	if end == nil {
		end = rows.Err()
	}
	result.Rows = func(yield func([]any, error) bool) {
		for _, row := range all {
			if !yield(row, nil) {
				return
			}
		}
		if end != nil {
			yield(nil, fmt.Errorf("ask DuckDB: %w", end))
		}
	}
	return result, nil
}

// plain is v as one of the types of answer.Result.
func plain(v any) (any, error) {
	switch v := v.(type) {
	case nil, string, int64, float64, bool:
		return v, nil
	case time.Time:
		return v.UTC(), nil
	case int8:
		return int64(v), nil
	case int16:
		return int64(v), nil
	case int32:
		return int64(v), nil
	case uint8:
		return int64(v), nil
	case uint16:
		return int64(v), nil
	case uint32:
		return int64(v), nil
	case uint64:
		return plain(new(big.Int).SetUint64(v))
	case float32:
		return float64(v), nil
	case *big.Int:
		if v.IsInt64() {
			return v.Int64(), nil
		}
		return v.String(), nil
	case duckdb.Decimal:
		return v.Float64(), nil
	case []byte:
		return string(v), nil
	}
	b, err := json.Marshal(v)
	return string(b), err
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
