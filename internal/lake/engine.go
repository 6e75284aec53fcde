package lake

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/dialect"
	"github.com/trailseal/trailseal/internal/duckdb"
	"github.com/trailseal/trailseal/internal/event"
)

// Table is a table beside the events that questions may read. Its rows are made when a question reads it.
type Table struct {
	Name    string
	Columns []answer.Column // with DuckDB's types
	Rows    func(ctx context.Context, s Scope) iter.Seq2[[]any, error]
}

// EngineOptions bound what a question may see and cost.
type EngineOptions struct {
	Scope   Scope
	Memory  int64         // bytes; 0: 1 GiB
	Threads int           // 0: as many as there are processors
	Timeout time.Duration // of one question; 0: none
	Tables  []Table
}

// Engine answers questions over the lake as it is when each is asked. One question is asked at a time.
type Engine struct {
	lake   *Lake
	o      EngineOptions
	db     *duckdb.DB
	temp   string
	loaded map[string]bool
	basis  answer.Basis
	view   string // SQL of the view of events; empty: there is none yet
}

// Errors of a question.
var (
	ErrTimeout = errors.New("it took longer than it may")
	ErrSQL     = duckdb.ErrSQL
	ErrRefused = duckdb.ErrRefused
	ErrMemory  = duckdb.ErrMemory
)

// spillPrefix begins the names of folders for what does not fit into memory.
const spillPrefix = ".query-"

// eventsTable is the name under which questions read the events.
const eventsTable = "events"

// Engine opens an engine.
func (l *Lake) Engine(ctx context.Context, o EngineOptions) (*Engine, error) {
	temp, err := os.MkdirTemp(l.dir, spillPrefix)
	if err != nil {
		return nil, fmt.Errorf("lake: %w", err)
	}
	e := &Engine{lake: l, o: o, temp: temp, loaded: map[string]bool{}}
	e.db, err = duckdb.Open(ctx, duckdb.Options{Memory: o.Memory, Threads: o.Threads, Temp: filepath.Join(temp, "spill"), Dirs: []string{l.events}})
	if err == nil {
		for _, t := range o.Tables {
			if err = e.db.Exec(ctx, createTable(t)); err != nil {
				break
			}
		}
	}
	if err == nil {
		err = e.db.Seal(ctx)
	}
	if err != nil {
		e.Close()
		return nil, fmt.Errorf("lake: %w", err)
	}
	return e, nil
}

func createTable(t Table) string {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = `"` + c.Name + `" ` + c.Type
	}
	return `CREATE TABLE "` + t.Name + `" (` + strings.Join(columns, ", ") + ")"
}

// Close releases what the engine holds.
func (e *Engine) Close() error {
	var err error
	if e.db != nil {
		err = e.db.Close()
	}
	return errors.Join(err, os.RemoveAll(e.temp))
}

// Tables are the names that a question may read from.
func (e *Engine) Tables() []string {
	names := []string{eventsTable}
	for _, t := range e.o.Tables {
		names = append(names, t.Name)
	}
	return names
}

// Between is Ask about the events of [from, to) only, where zero is open, and within the engine's scope otherwise.
func (e *Engine) Between(ctx context.Context, from, to time.Time, sql string) (answer.Result, error) {
	e.o.Scope.From, e.o.Scope.To = from, to
	return e.Ask(ctx, sql)
}

// Ask answers one SELECT of anybody's. Errors wrap ErrSQL, ErrRefused, ErrMemory or ErrTimeout where one fits.
func (e *Engine) Ask(ctx context.Context, sql string) (answer.Result, error) {
	started := time.Now()
	cancel := context.CancelFunc(func() {})
	if e.o.Timeout > 0 {
		ctx, cancel = context.WithTimeoutCause(ctx, e.o.Timeout, fmt.Errorf("%w: %s", ErrTimeout, e.o.Timeout))
	}
	result, err := e.ask(ctx, sql)
	if errors.Is(err, duckdb.ErrGone) {
		// A load has replaced files since they were looked up.
		e.view = ""
		result, err = e.ask(ctx, sql)
	}
	if err != nil {
		cancel()
		return answer.Result{}, err
	}
	rows := result.Rows
	result.Rows = func(yield func([]any, error) bool) {
		defer cancel()
		for row, err := range rows {
			if !yield(row, err) {
				return
			}
		}
		e.basis.Seconds = time.Since(started).Seconds()
	}
	return result, nil
}

func (e *Engine) ask(ctx context.Context, sql string) (answer.Result, error) {
	statement, err := e.db.Parse(ctx, sql, e.Tables())
	if err != nil {
		return answer.Result{}, err
	}
	e.basis = answer.Basis{
		From: e.o.Scope.From, To: e.o.Scope.To, Accounts: e.o.Scope.Accounts, Regions: e.o.Scope.Regions,
		Engine: "duckdb", Lake: e.lake.dir, SQL: sql, SQLSHA256: SumSQL(sql), States: map[string]int64{},
	}
	if e.basis.Version, err = e.lake.Version(ctx); err != nil {
		return answer.Result{}, err
	}
	if slices.Contains(statement.Tables, eventsTable) {
		if err := e.show(ctx, statement); err != nil {
			return answer.Result{}, err
		}
	}
	for _, t := range e.o.Tables {
		if slices.Contains(statement.Tables, t.Name) && !e.loaded[t.Name] {
			if err := e.db.Append(ctx, t.Name, t.Rows(ctx, e.o.Scope)); err != nil {
				return answer.Result{}, fmt.Errorf("lake: table %s: %w", t.Name, err)
			}
			e.loaded[t.Name] = true
		}
	}
	return e.db.Select(ctx, statement)
}

// Basis says what the last answer stands on, but for the coverage, of which the lake knows nothing. It is complete once
// the rows have been read.
func (e *Engine) Basis() answer.Basis { return e.basis }

// show makes the view events over the files that can hold what the statement reads.
func (e *Engine) show(ctx context.Context, s duckdb.Statement) error {
	all, err := e.lake.Parts(ctx, e.o.Scope)
	if err != nil {
		return err
	}
	parts := all
	if readings, ok := s.Bounds(eventsTable, []string{"event_time", "date", "account", "region"}); ok {
		parts = slices.DeleteFunc(slices.Clone(all), func(p Part) bool {
			return !slices.ContainsFunc(readings, func(b map[string]duckdb.Bounds) bool { return p.mayHold(b) })
		})
	}
	Count(&e.basis, parts, e.o.Scope.Verified)
	sql, err := e.lake.viewSQL(parts, e.o.Scope)
	if err != nil || sql == e.view {
		return err
	}
	if err := e.db.Exec(ctx, "CREATE OR REPLACE VIEW "+eventsTable+" AS "+sql); err != nil {
		return err
	}
	e.view = sql
	return nil
}

// Count adds parts to what a basis says was scanned.
func Count(b *answer.Basis, parts []Part, verified bool) {
	for _, p := range parts {
		b.Files++
		b.Bytes += p.Bytes
		for state, n := range p.states() {
			if n > 0 && (state == event.Verified || !verified) {
				b.States[state] += n
				b.Events += n
			}
		}
	}
}

// mayHold reports whether a part can hold rows within bounds. When in doubt it can.
func (p Part) mayHold(bounds map[string]duckdb.Bounds) bool {
	for column, b := range bounds {
		switch column {
		case "account":
			if !b.Allows(p.Place.Account) {
				return false
			}
		case "region":
			if !b.Allows(p.Place.Region) {
				return false
			}
		case "date":
			if len(b.Low) == len(time.DateOnly) && p.Place.Date < b.Low || len(b.High) == len(time.DateOnly) && p.Place.Date > b.High ||
				len(b.In) > 0 && !slices.Contains(b.In, p.Place.Date) {
				return false
			}
		case "event_time":
			// Of a part where no event has a time, no comparison with it holds.
			if t, ok := duckdb.Time(b.Low); ok && p.Last < t.UnixMicro() {
				return false
			}
			if t, ok := duckdb.Time(b.High); ok && p.First > t.UnixMicro() {
				return false
			}
		}
	}
	return true
}

// viewSQL reads the parts. Columns that a file leaves out are NULL there; the columns are found by their field ids.
func (l *Lake) viewSQL(parts []Part, s Scope) (string, error) {
	if len(parts) == 0 {
		columns := make([]string, len(event.Columns))
		for i, c := range event.Columns {
			columns[i] = "CAST(NULL AS " + duckType(c.Type) + `) AS "` + c.Name + `"`
		}
		return "SELECT " + strings.Join(columns, ", ") + " WHERE false", nil
	}
	var b strings.Builder
	b.WriteString("SELECT * FROM read_parquet([")
	for i, p := range parts {
		path, err := l.path(p)
		if err != nil {
			return "", err
		}
		name, err := dialect.Literal(path)
		if err != nil {
			return "", err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(name)
	}
	b.WriteString("], schema = MAP {")
	for i, c := range event.Columns {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%d: {name: '%s', type: '%s', default_value: NULL}", i+1, c.Name, duckType(c.Type))
	}
	b.WriteString("})")
	if where := s.where(slices.ContainsFunc(parts, func(p Part) bool { return p.Untimed > 0 })); where != "" {
		b.WriteString(" WHERE " + where)
	}
	return b.String(), nil
}

// where is the condition of a scope on rows. untimed: some of them have no time, and belong to the day of their partition.
func (s Scope) where(untimed bool) string {
	var all []string
	bound := func(op string, t time.Time, day time.Time) {
		if t.IsZero() {
			return
		}
		c := fmt.Sprintf("event_time %s TIMESTAMP '%s'", op, t.UTC().Format("2006-01-02 15:04:05.000000"))
		if untimed {
			c = fmt.Sprintf("(%s OR event_time IS NULL AND date %s '%s')", c, op, day.UTC().Format(time.DateOnly))
		}
		all = append(all, c)
	}
	bound(">=", s.From, s.From)
	bound("<", s.To, s.To.Add(24*time.Hour-1))
	if s.Verified {
		all = append(all, "log_state = 'verified'")
	}
	return strings.Join(all, " AND ")
}

func duckType(t event.Type) string {
	switch t {
	case event.Bool:
		return "BOOLEAN"
	case event.Timestamp:
		return "TIMESTAMP"
	case event.Int:
		return "INTEGER"
	}
	return "VARCHAR"
}
