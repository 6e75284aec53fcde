package dialecttest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/dialect"
	"github.com/trailseal/trailseal/internal/event"
)

// DB is a DuckDB in memory that answers questions about its table events.
type DB struct {
	db *sql.DB
}

// Open makes a database whose table events holds rows, each a value for each column's name; a column that is missing is
// NULL. A time is a time.Time or its RFC 3339 text; a map or a list is written as its JSON. Where they are missing, date,
// account, region and principal are what the lake would make of the row. The database is closed with the test.
func Open(t testing.TB, rows []map[string]any) *DB {
	t.Helper()
	connector, err := duckdb.NewConnector("", prepare)
	if err != nil {
		t.Fatalf("open DuckDB: %v", err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close DuckDB: %v", err)
		}
	})
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatalf("connect to DuckDB: %v", err)
	}
	defer conn.Close()
	if err := duckdb.RegisterScalarUDF(conn, "ip_in_cidr", inCIDR{}); err != nil {
		t.Fatalf("register ip_in_cidr: %v", err)
	}
	if _, err := conn.ExecContext(t.Context(), table()); err != nil {
		t.Fatalf("create table events: %v", err)
	}
	if err := conn.Raw(func(c any) error { return insert(c.(driver.Conn), rows) }); err != nil {
		t.Fatalf("insert events: %v", err)
	}
	return &DB{db}
}

// prepare gives each connection the functions of Trino.
func prepare(exec driver.ExecerContext) error {
	_, err := exec.ExecContext(context.Background(), dialect.Settings()+dialect.Prelude(), nil)
	return err
}

func table() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE events (")
	for i, c := range event.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(`"` + c.Name + `" `)
		switch c.Type {
		case event.Bool:
			b.WriteString("BOOLEAN")
		case event.Timestamp:
			b.WriteString("TIMESTAMP")
		case event.Int:
			b.WriteString("INTEGER")
		default:
			b.WriteString("VARCHAR")
		}
	}
	b.WriteString(")")
	return b.String()
}

func insert(conn driver.Conn, rows []map[string]any) error {
	appender, err := duckdb.NewAppenderFromConn(conn, "", "events")
	if err != nil {
		return err
	}
	for i, row := range rows {
		values, err := cells(row)
		if err == nil {
			err = appender.AppendRow(values...)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("row %d: %w", i, err), appender.Close())
		}
	}
	return appender.Close()
}

// cells are the values of all columns of a row.
func cells(row map[string]any) ([]driver.Value, error) {
	values := make([]driver.Value, len(event.Columns))
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

func cell(typ event.Type, v any) (driver.Value, error) {
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
			return int32(v), nil
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
func derive(row map[string]any, values []driver.Value) {
	set := func(column int, otherwise driver.Value, from ...int) {
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

// inCIDR is dialect.InCIDR as a function of DuckDB.
type inCIDR struct{}

func (inCIDR) Config() duckdb.ScalarFuncConfig {
	text, textErr := duckdb.NewTypeInfo(duckdb.TYPE_VARCHAR)
	truth, truthErr := duckdb.NewTypeInfo(duckdb.TYPE_BOOLEAN)
	if err := errors.Join(textErr, truthErr); err != nil {
		panic(err) // both are types of DuckDB
	}
	return duckdb.ScalarFuncConfig{InputTypeInfos: []duckdb.TypeInfo{text, text}, ResultTypeInfo: truth}
}

func (inCIDR) Executor() duckdb.ScalarFuncExecutor {
	return duckdb.ScalarFuncExecutor{RowExecutor: func(values []driver.Value) (any, error) {
		in, err := dialect.InCIDR(values[0].(string), values[1].(string))
		if errors.Is(err, dialect.ErrNotAddress) {
			return nil, nil
		}
		return in, err
	}}
}

var _ interface {
	Ask(ctx context.Context, sql string) (answer.Result, error)
} = (*DB)(nil)
