package dialecttest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/duckdb"
	"github.com/trailseal/trailseal/internal/event"
)

// DB answers questions about its table events with package duckdb, as the lake does.
type DB struct {
	db   *duckdb.DB
	view string // SQL of the view events; empty: there is none yet
}

// records is the table behind the view events. No question can name it.
const records = "records"

// Open makes a database whose table events holds rows, each a value for each column's name; a column that is missing is
// NULL. A time is a time.Time or its RFC 3339 text; a map or a list is written as its JSON. Where they are missing, date,
// account, region and principal are what the lake would make of the row. The database is closed with the test.
func Open(t testing.TB, rows []map[string]any) *DB {
	t.Helper()
	db, err := duckdb.Open(t.Context(), duckdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close DuckDB: %v", err)
		}
	})
	err = db.Exec(t.Context(), table())
	if err == nil {
		err = db.Append(t.Context(), records, func(yield func([]any, error) bool) {
			for i, row := range rows {
				values, err := cells(row)
				if err != nil {
					err = fmt.Errorf("row %d: %w", i, err)
				}
				if !yield(values, err) {
					return
				}
			}
		})
	}
	if err == nil {
		err = db.Seal(t.Context())
	}
	if err != nil {
		t.Fatalf("make table events: %v", err)
	}
	return &DB{db: db}
}

func table() string {
	types := map[event.Type]string{event.String: "VARCHAR", event.JSON: "VARCHAR", event.Bool: "BOOLEAN", event.Timestamp: "TIMESTAMP", event.Int: "INTEGER"}
	columns := make([]string, len(event.Columns))
	for i, c := range event.Columns {
		columns[i] = `"` + c.Name + `" ` + types[c.Type]
	}
	return "CREATE TABLE " + records + " (" + strings.Join(columns, ", ") + ")"
}

// cells are the values of all columns of a row.
func cells(row map[string]any) ([]any, error) {
	values := make([]any, len(event.Columns))
	given := 0
	for i, c := range event.Columns {
		v, ok := row[c.Name]
		if !ok {
			continue
		}
		given++
		cell, err := cell(c.Type, v)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", c.Name, err)
		}
		values[i] = cell
	}
	if given != len(row) {
		return nil, fmt.Errorf("a column of %v does not exist", keys(row))
	}
	derive(row, values)
	return values, nil
}

func keys(row map[string]any) []string {
	var out []string
	for k := range row {
		out = append(out, k)
	}
	return out
}

func cell(typ event.Type, v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		if typ == event.Timestamp {
			t, err := time.Parse(time.RFC3339Nano, v)
			return t.UTC(), err
		}
		if typ == event.String || typ == event.JSON {
			return v, nil
		}
	case bool:
		if typ == event.Bool {
			return v, nil
		}
	case time.Time:
		if typ == event.Timestamp {
			return v.UTC(), nil
		}
	case int:
		if typ == event.Int {
			return int64(v), nil
		}
	default:
		if typ == event.JSON {
			b, err := json.Marshal(v)
			return string(b), err
		}
	}
	return nil, fmt.Errorf("a %T does not fit", v)
}

// derive sets what Trailseal adds to a record, where the row does not say it.
func derive(row map[string]any, values []any) {
	set := func(column int, otherwise any, from ...int) {
		if _, ok := row[event.Columns[column].Name]; ok {
			return
		}
		values[column] = otherwise
		for _, i := range from {
			if values[i] != nil && values[i] != "" {
				values[column] = values[i]
				return
			}
		}
	}
	set(event.Account, "unknown", event.RecipientAccountID)
	set(event.Region, "unknown", event.AWSRegion)
	set(event.Date, "1970-01-01")
	if _, ok := row["date"]; !ok {
		if t, ok := values[event.EventTime].(time.Time); ok {
			values[event.Date] = t.Format(time.DateOnly)
		}
	}
	set(event.Principal, nil, event.SessionIssuerARN, event.UserIdentityARN, event.UserIdentityInvokedBy,
		event.UserIdentityPrincipalID, event.UserIdentityUserName)
}
