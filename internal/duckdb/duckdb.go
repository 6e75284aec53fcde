package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/dialect"
)

// Errors that a caller has an answer for.
var (
	// ErrSQL: the text is at fault.
	ErrSQL = errors.New("the SQL is not understood")
	// ErrRefused: the text asks for what no question may.
	ErrRefused = errors.New("refused")
	// ErrMemory: the memory limit was reached.
	ErrMemory = errors.New("it needs more memory than it may use")
	// ErrGone: a file that was to be read is not there (any more).
	ErrGone = errors.New("a file of the lake is gone")
)

// Options bound what a database may use.
type Options struct {
	Memory  int64    // bytes; 0: 1 GiB
	Threads int      // 0: as many as there are processors
	Temp    string   // folder for what does not fit into memory; empty: then it is an error
	Dirs    []string // folders that may be read
}

// DB is a database. One question is asked at a time.
type DB struct {
	db   *sql.DB
	conn *sql.Conn
}

// Open opens an empty database in memory, with the functions of package dialect. It is not sealed yet.
func Open(ctx context.Context, o Options) (*DB, error) {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		return nil, fmt.Errorf("open DuckDB: %w", err)
	}
	d := &DB{db: sql.OpenDB(connector)}
	if d.conn, err = d.db.Conn(ctx); err != nil {
		d.Close()
		return nil, fmt.Errorf("open DuckDB: %w", err)
	}
	if o.Memory <= 0 {
		o.Memory = 1 << 30
	}
	set := []string{
		fmt.Sprintf("SET memory_limit = '%dB'", o.Memory),
		"SET preserve_insertion_order = false",
		"SET autoinstall_known_extensions = false", "SET autoload_known_extensions = false",
		"SET allow_community_extensions = false", "SET allow_unsigned_extensions = false",
		// Files are read once: keeping copies of them costs more than it saves.
		"SET enable_external_file_cache = false",
	}
	temp, err := dialect.Literal(o.Temp)
	if err != nil {
		d.Close()
		return nil, fmt.Errorf("open DuckDB: %w", err)
	}
	set = append(set, "SET temp_directory = "+temp)
	if o.Threads > 0 {
		set = append(set, fmt.Sprintf("SET threads = %d", o.Threads))
	}
	if len(o.Dirs) > 0 {
		quoted := make([]string, len(o.Dirs))
		for i, dir := range o.Dirs {
			if quoted[i], err = dialect.Literal(strings.TrimSuffix(dir, "/") + "/"); err != nil {
				d.Close()
				return nil, fmt.Errorf("open DuckDB: %w", err)
			}
		}
		set = append(set, "SET allowed_directories = ["+strings.Join(quoted, ", ")+"]")
	}
	set = append(set, dialect.Settings(), dialect.Prelude())
	for _, q := range set {
		if _, err := d.conn.ExecContext(ctx, q); err != nil {
			d.Close()
			return nil, fmt.Errorf("open DuckDB: %w", err)
		}
	}
	if err := duckdb.RegisterScalarUDF(d.conn, "ip_in_cidr", inCIDR{}); err != nil {
		d.Close()
		return nil, fmt.Errorf("open DuckDB: %w", err)
	}
	return d, nil
}

// Seal takes away everything that a question must not reach. Nothing gives it back.
func (d *DB) Seal(ctx context.Context) error {
	for _, q := range []string{"SET enable_external_access = false", "SET lock_configuration = true"} {
		if _, err := d.conn.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("seal DuckDB: %w", err)
		}
	}
	return nil
}

// Exec runs our own SQL. It must never be given a text of anybody else's.
func (d *DB) Exec(ctx context.Context, query string) error {
	if _, err := d.conn.ExecContext(ctx, query); err != nil {
		return classify(ctx, err)
	}
	return nil
}

// Close closes the database.
func (d *DB) Close() error {
	var errs []error
	if d.conn != nil {
		errs = append(errs, d.conn.Close())
	}
	return errors.Join(append(errs, d.db.Close())...)
}

// Append fills a table. A row has a value for each of its columns: nil, string, int64, float64, bool or time.Time.
func (d *DB) Append(ctx context.Context, table string, rows iter.Seq2[[]any, error]) error {
	return d.conn.Raw(func(c any) error {
		a, err := duckdb.NewAppenderFromConn(c.(driver.Conn), "", table)
		if err != nil {
			return fmt.Errorf("fill table %q: %w", table, err)
		}
		var values []driver.Value
		for row, err := range rows {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return errors.Join(err, a.Close())
			}
			values = values[:0]
			for _, v := range row {
				values = append(values, v)
			}
			if err := a.AppendRow(values...); err != nil {
				return errors.Join(fmt.Errorf("fill table %q: %w", table, err), a.Close())
			}
		}
		if err := a.Close(); err != nil {
			return fmt.Errorf("fill table %q: %w", table, err)
		}
		return nil
	})
}

// Select answers a statement that Parse let pass. The rows must be read, or left off, before the next call. Errors wrap
// ErrSQL, ErrRefused, ErrMemory or ErrGone where one fits, and the context's when it ended first.
func (d *DB) Select(ctx context.Context, s Statement) (answer.Result, error) {
	if s.root == nil {
		return answer.Result{}, fmt.Errorf("%w: it was not parsed", ErrRefused)
	}
	return d.run(ctx, s.SQL)
}

// run prepares a text once, since that opens files, and runs it if it is a SELECT.
func (d *DB) run(ctx context.Context, query string) (answer.Result, error) {
	var rows driver.Rows
	var stmt driver.Stmt
	err := d.conn.Raw(func(c any) error {
		var err error
		if stmt, err = c.(driver.ConnPrepareContext).PrepareContext(ctx, query); err != nil {
			return classify(ctx, err)
		}
		kind, err := stmt.(*duckdb.Stmt).StatementType()
		if err == nil && kind != duckdb.STATEMENT_TYPE_SELECT && kind != duckdb.STATEMENT_TYPE_EXPLAIN {
			err = fmt.Errorf("%w: only a SELECT can be asked", ErrRefused)
		}
		if err == nil {
			rows, err = stmt.(driver.StmtQueryContext).QueryContext(ctx, nil)
			err = classify(ctx, err)
		}
		if err != nil {
			return errors.Join(err, stmt.Close())
		}
		return nil
	})
	if err != nil {
		return answer.Result{}, err
	}
	var result answer.Result
	for i, name := range rows.Columns() {
		c := answer.Column{Name: name}
		if t, ok := rows.(driver.RowsColumnTypeDatabaseTypeName); ok {
			c.Type = t.ColumnTypeDatabaseTypeName(i)
		}
		result.Columns = append(result.Columns, c)
	}
	result.Rows = func(yield func([]any, error) bool) {
		// The connection is nobody else's, so its rows may be read outside of Raw.
		defer stmt.Close()
		defer rows.Close()
		values, row := make([]driver.Value, len(result.Columns)), make([]any, len(result.Columns))
		for {
			err := rows.Next(values)
			if err == io.EOF {
				break
			}
			for i := range values {
				if err == nil {
					row[i], err = plain(values[i])
				}
			}
			if err != nil {
				yield(nil, classify(ctx, err))
				return
			}
			if ctx.Err() != nil {
				break
			}
			if !yield(row, nil) {
				return
			}
		}
		if ctx.Err() != nil {
			yield(nil, context.Cause(ctx))
		}
	}
	return result, nil
}

// classify finds the sentinel for an error of DuckDB's, and keeps its first lines: the text after them is long.
func classify(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var e *duckdb.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Type {
	case duckdb.ErrorTypeParser, duckdb.ErrorTypeBinder, duckdb.ErrorTypeSyntax, duckdb.ErrorTypeCatalog, duckdb.ErrorTypeConversion,
		duckdb.ErrorTypeInvalidInput, duckdb.ErrorTypeOutOfRange, duckdb.ErrorTypeMismatchType, duckdb.ErrorTypeExpression, duckdb.ErrorTypeNotImplemented:
		return fmt.Errorf("%w: %s", ErrSQL, short(e.Msg))
	case duckdb.ErrorTypePermission, duckdb.ErrorTypeMissingExtension, duckdb.ErrorTypeAutoLoad:
		return fmt.Errorf("%w: %s", ErrRefused, short(e.Msg))
	case duckdb.ErrorTypeOutOfMemory:
		return fmt.Errorf("%w: %s", ErrMemory, short(e.Msg))
	case duckdb.ErrorTypeIO:
		if strings.Contains(e.Msg, "No files found") || strings.Contains(e.Msg, "No such file") {
			return fmt.Errorf("%w: %s", ErrGone, short(e.Msg))
		}
	}
	return errors.New("DuckDB: " + short(e.Msg))
}

// short is a message without the excerpts of a long SQL text.
func short(s string) string {
	const most = 600
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strings.TrimSpace(s)
}
