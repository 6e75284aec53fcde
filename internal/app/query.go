package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/cloud"
	"github.com/trailseal/trailseal/internal/dialect"
	"github.com/trailseal/trailseal/internal/lake"
	"github.com/trailseal/trailseal/internal/ledger"
)

// QueryRequest is a question.
type QueryRequest struct {
	SQL               string            // one SELECT, or
	Saved             string            // the id of a saved query
	Params            map[string]string // of a saved query
	Catalog           string            // a folder with further saved queries; may be empty
	From, To          time.Time
	Accounts, Regions []string
	OnlyVerified      bool
	Memory            int64 // bytes; 0: 1 GiB
	Timeout           time.Duration
	Athena            *AthenaRequest // nil: DuckDB, in this process
}

// AthenaRequest says where Athena is to answer.
type AthenaRequest struct {
	Workgroup, Database, Table, Output string
	MaxBytes                           int64
}

// Query is a saved query.
type Query = catalog.Query

// Answer is an open answer. The caller reads its rows, and closes it.
type Answer struct {
	answer.Result
	Query *Query // of a saved query
	Limit int64  // of a saved query: there may be more rows where it has that many; 0: none
	basis func(context.Context) (answer.Basis, error)
	close func() error
}

// Basis says what the answer stands on. It is complete once the rows have been read.
func (a *Answer) Basis(ctx context.Context) (answer.Basis, error) { return a.basis(ctx) }

// Close releases what the answer holds.
func (a *Answer) Close() error { return a.close() }

// Queries are the saved queries, those of a folder of one's own among them.
func (a *App) Queries(dir string) ([]Query, error) {
	all, err := catalog.Queries()
	if err != nil {
		return nil, err
	}
	if dir == "" {
		return all, nil
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		if err == nil {
			err = errors.New("it is no folder")
		}
		return nil, fileProblem("catalog", dir, err)
	}
	own, err := catalog.LoadQueries(os.DirFS(dir))
	if err != nil {
		return nil, problem(Usage, fmt.Errorf("catalog %q: %w", dir, err), "trailseal query show changes-to-production   # a query as it should be")
	}
	for _, q := range own {
		if slices.ContainsFunc(all, func(o Query) bool { return o.ID == q.ID }) {
			return nil, problem(Usage, fmt.Errorf("catalog %q: the query %q is one of Trailseal's own", dir, q.ID), "ls %s", quote(dir))
		}
	}
	all = append(all, own...)
	slices.SortFunc(all, func(x, y Query) int { return strings.Compare(x.ID, y.ID) })
	return all, nil
}

// FindQuery returns one of them.
func (a *App) FindQuery(dir, id string) (Query, error) {
	all, err := a.Queries(dir)
	if err != nil {
		return Query{}, err
	}
	for _, q := range all {
		if q.ID == id {
			return q, nil
		}
	}
	return Query{}, problem(Usage, fmt.Errorf("there is no saved query %q", id), "trailseal query list")
}

// Ask answers a question.
func (a *App) Ask(ctx context.Context, q QueryRequest) (*Answer, error) {
	if err := checkScope(q.Accounts); err != nil {
		return nil, err
	}
	var saved *Query
	if q.Saved != "" {
		found, err := a.FindQuery(q.Catalog, q.Saved)
		if err != nil {
			return nil, err
		}
		saved = &found
	}
	if q.Athena != nil {
		return a.askAthena(ctx, q, saved)
	}
	o, err := a.openLake(ctx)
	if err != nil {
		return nil, err
	}
	ans, err := a.askLake(ctx, q, saved, o)
	if err != nil {
		o.Close()
		return nil, err
	}
	return ans, nil
}

// checkScope checks accounts that the lake is asked for: it may hold events of which the account is not known.
func checkScope(accounts []string) error {
	for _, id := range accounts {
		if id != "unknown" {
			if err := checkAccounts([]string{id}); err != nil {
				return err
			}
		}
	}
	return nil
}

// openedLake is the lake with what the ledger knows.
type openedLake struct {
	*lake.Lake
	ledger  *ledger.Ledger
	sources []string
}

func (o *openedLake) Close() error { return errors.Join(o.Lake.Close(), o.ledger.Close()) }

func (a *App) openLake(ctx context.Context) (*openedLake, error) {
	l, err := lake.Exists(ctx, a.Home)
	if err != nil {
		return nil, a.lakeProblem(err)
	}
	led, err := a.ledger(ctx)
	if err != nil {
		l.Close()
		return nil, err
	}
	o := &openedLake{Lake: l, ledger: led}
	if o.sources, err = l.Sources(ctx); err != nil {
		o.Close()
		return nil, a.lakeProblem(err)
	}
	return o, nil
}

func (o *openedLake) engine(ctx context.Context, q QueryRequest, scope lake.Scope) (*lake.Engine, error) {
	return o.Engine(ctx, lake.EngineOptions{Scope: scope, Memory: q.Memory, Timeout: q.Timeout,
		Tables: append(ledgerTables(o.ledger, o.sources), o.LogFiles())})
}

func (a *App) askLake(ctx context.Context, q QueryRequest, saved *Query, o *openedLake) (*Answer, error) {
	scope := lake.Scope{From: q.From, To: q.To, Accounts: q.Accounts, Regions: q.Regions, Verified: q.OnlyVerified}
	sql, limit := q.SQL, int64(0)
	from, to := q.From, q.To
	if saved != nil {
		var err error
		if from, to, err = o.window(ctx, from, to); err != nil {
			return nil, a.lakeProblem(err)
		}
		if sql, limit, err = bindSaved(*saved, q, from, to); err != nil {
			return nil, err
		}
		scope.From, scope.To = from, to
		if saved.Window == catalog.All {
			scope.From, scope.To = time.Time{}, time.Time{}
		}
	}
	e, err := o.engine(ctx, q, scope)
	if err != nil {
		return nil, a.lakeProblem(err)
	}
	result, err := e.Ask(ctx, sql)
	if err != nil {
		e.Close()
		return nil, a.lakeProblem(err)
	}
	return &Answer{
		Result: a.told(result), Query: saved, Limit: limit,
		basis: func(ctx context.Context) (answer.Basis, error) {
			b := e.Basis()
			b.From, b.To = q.From, q.To // where nobody named an end, that of the events and not of their day
			if err := cover(ctx, o.ledger, o.Lake, o.sources, &b); err != nil {
				return b, a.lakeProblem(err)
			}
			return b, nil
		},
		close: func() error { return errors.Join(e.Close(), o.Close()) },
	}, nil
}

// told gives errors in the middle of rows their hints.
func (a *App) told(r answer.Result) answer.Result {
	rows := r.Rows
	r.Rows = func(yield func([]any, error) bool) {
		for row, err := range rows {
			if err != nil {
				err = a.lakeProblem(err)
			}
			if !yield(row, err) {
				return
			}
		}
	}
	return r
}

// window fills the ends of a period that nobody named with those of the lake, in whole days.
func (o *openedLake) window(ctx context.Context, from, to time.Time) (time.Time, time.Time, error) {
	if !from.IsZero() && !to.IsZero() {
		return from, to, nil
	}
	s, err := o.Stats(ctx)
	if err != nil {
		return from, to, err
	}
	if from.IsZero() {
		from = s.From.Truncate(24 * time.Hour)
	}
	if to.IsZero() {
		to = s.To.Truncate(24 * time.Hour).Add(24 * time.Hour)
	}
	if !from.Before(to) {
		to = from.Add(24 * time.Hour)
	}
	return from, to, nil
}

// bindSaved writes a saved query for a period. limit is how many rows it asks for at most, 0 for all.
func bindSaved(s Query, q QueryRequest, from, to time.Time) (sql string, limit int64, err error) {
	values, err := s.Values(q.Params)
	if err == nil {
		limit, _ = values["limit"].(int64)
		if sql, err = s.Bind(from, to, values); err == nil {
			return sql, limit, nil
		}
	}
	return "", 0, problem(Usage, err, "trailseal query show %s", quote(s.ID))
}

// askAthena answers on Amazon Athena, over the same files in a bucket or over AWS's own.
func (a *App) askAthena(ctx context.Context, q QueryRequest, saved *Query) (*Answer, error) {
	if q.OnlyVerified {
		return nil, problem(Usage, errors.New("--only-verified goes with DuckDB"), "trailseal query … -- \"… WHERE log_state = 'verified'\"")
	}
	if q.From.IsZero() || q.To.IsZero() {
		return nil, problem(Usage, errors.New("a question to Athena needs a period: without one it reads, and you pay for, everything"), "trailseal query --engine athena --period 2026-Q3 …")
	}
	s, err := a.session(ctx)
	if err != nil {
		return nil, err
	}
	sql, limit := q.SQL, int64(0)
	if saved != nil {
		if !slices.Contains(saved.Engines, catalog.Trino) {
			return nil, problem(Usage, fmt.Errorf("the query %q does not run on Athena: %s says why", saved.ID, saved.File), "trailseal query show %s", quote(saved.ID))
		}
		if sql, limit, err = bindSaved(*saved, q, q.From, q.To); err != nil {
			return nil, err
		}
	}
	scope := lake.Scope{From: q.From, To: q.To, Accounts: q.Accounts, Regions: q.Regions}
	if saved != nil && saved.Window == catalog.All {
		scope.From, scope.To = time.Time{}, time.Time{}
	}
	events, err := lake.TrinoEvents(q.Athena.Table, scope)
	if err != nil {
		return nil, problem(Usage, err, "trailseal query --help")
	}
	if sql, err = dialect.Trino(sql, events); err != nil {
		return nil, problem(Usage, err, "trailseal query show changes-to-production   # a query that runs on both engines")
	}
	engine := s.Athena(cloud.AthenaOptions{Workgroup: q.Athena.Workgroup, Database: q.Athena.Database, OutputLocation: q.Athena.Output, MaxBytes: q.Athena.MaxBytes})
	if q.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, q.Timeout, fmt.Errorf("%w: %s", lake.ErrTimeout, q.Timeout))
		context.AfterFunc(ctx, cancel)
	}
	started := a.Now()
	result, scan, err := engine.Ask(ctx, sql)
	if err != nil {
		return nil, a.athenaProblem(err)
	}
	return &Answer{
		Result: result, Query: saved, Limit: limit,
		basis: func(context.Context) (answer.Basis, error) {
			b := answer.Basis{From: q.From, To: q.To, Accounts: q.Accounts, Regions: q.Regions, Engine: "athena", Lake: q.Athena.Database + "." + q.Athena.Table,
				Bytes: scan.Bytes, SQL: sql, Hours: map[string]int{}, Gaps: []answer.Gap{}, States: map[string]int64{}, Seconds: a.Now().Sub(started).Seconds(),
				Warnings: append(scan.Warnings, "what a table of Athena's covers is not known here: coverage says what was validated")}
			b.SQLSHA256 = lake.SumSQL(sql)
			return b, nil
		},
		close: func() error { return nil },
	}, nil
}

func (a *App) athenaProblem(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, cloud.ErrTooManyBytes):
		return problem(Broken, err, "trailseal query … --max-bytes 10GiB   # or ask about a shorter period")
	case errors.Is(err, cloud.ErrQuery):
		return problem(Usage, err, "trailseal query ddl   # the tables that the questions need")
	case errors.Is(err, lake.ErrTimeout):
		return problem(Broken, err, "trailseal query … --timeout 10m")
	}
	return a.awsProblem(err)
}
