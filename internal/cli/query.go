package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/web"
)

// asking holds the flags of commands that ask the lake.
type asking struct {
	memory, engine, workgroup, database, table, results, maxBytes, catalog string
	timeout                                                                time.Duration
	verified                                                               bool
}

func (q *asking) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&q.memory, "memory", "1GiB", "use at most this much memory: `SIZE`")
	f.DurationVar(&q.timeout, "timeout", 5*time.Minute, "give up after this `TIME`; 0: never")
	f.BoolVar(&q.verified, "only-verified", false, "look at events of verified log files only")
}

func (q *asking) request(g *global) (app.QueryRequest, error) {
	r := app.QueryRequest{Accounts: g.accounts, Regions: g.regions, OnlyVerified: q.verified, Timeout: q.timeout, Catalog: q.catalog}
	var err error
	if r.From, r.To, err = g.span(); err != nil {
		return r, err
	}
	if r.Memory, err = parseSize(q.memory); err != nil || r.Memory < 64<<20 {
		return r, usage("--memory %q: want a size of 64MiB or more, such as 2GiB", q.memory)
	}
	if q.timeout < 0 {
		return r, usage("--timeout %s: want a time, such as 90s", q.timeout)
	}
	switch q.engine {
	case "", "duckdb":
	case "athena":
		r.Athena = &app.AthenaRequest{Workgroup: q.workgroup, Database: q.database, Table: q.table, Output: q.results}
		if r.Athena.MaxBytes, err = parseSize(q.maxBytes); err != nil {
			return r, usage("--max-bytes %q: want a size, such as 10GiB", q.maxBytes)
		}
		if q.database == "" {
			return r, usage("--engine athena needs --database NAME")
		}
	default:
		return r, usage("--engine %q: want duckdb or athena", q.engine)
	}
	return r, nil
}

// parseSize reads a number of bytes, with KiB, MiB, GiB or TiB behind it or not.
func parseSize(s string) (int64, error) {
	number, unit := s, int64(1)
	for i, suffix := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if rest, ok := strings.CutSuffix(s, suffix); ok {
			number, unit = rest, 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || n < 0 || n > (1<<62)/unit {
		return 0, fmt.Errorf("%q is no size", s)
	}
	return n * unit, nil
}

func (g *global) query() *cobra.Command {
	var q asking
	var saved string
	var params, exports []string
	var under float64
	var basisFile string
	cmd := &cobra.Command{
		Use:   "query 'SQL' | --saved NAME",
		Short: "Ask the lake in SQL, or a saved question",
		Long: `Query answers one SELECT over the tables events, log_files, digests, coverage
and findings ("trailseal query 'DESCRIBE events'" lists the columns), or a saved
query ("trailseal query list").

Every answer says what it stands on: the period, how much of it is verified and
where it is not, what was scanned, and the hash of the SQL. SQL can read the
lake, and nothing else.

With --engine athena the same question runs on Amazon Athena, over the same
files in a bucket (ingest --to s3://…) or over CloudTrail's own ("query ddl"
prints the tables).

Exit codes: 0 there is an answer; 2 the lake holds no events of the period, or
less of it is verified than --fail-under says; 3 error; 4 credentials or
permission; 64 usage; 130 interrupted.`,
		Example: `  trailseal query --saved changes-to-production --period 2026-Q3
  trailseal query --saved key-from-new-network --param days=30 -o csv
  trailseal query 'SELECT principal, count(*) AS n FROM events
                   GROUP BY principal ORDER BY n DESC LIMIT 10' --period 2026-07`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case saved == "" && len(args) != 1:
				return &failure{code: exitUsage, err: fmt.Errorf("query takes one SELECT, in quotes, or --saved NAME; got %s", words(len(args))), hint: "trailseal query list"}
			case saved != "" && len(args) > 0:
				return usage("query takes a SELECT or --saved NAME, not both")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := q.request(g)
			if err != nil {
				return err
			}
			r.Saved = saved
			if saved == "" {
				r.SQL = args[0]
				if len(params) > 0 {
					return usage("--param goes with --saved")
				}
			}
			if r.Params, err = parseParams(params); err != nil {
				return err
			}
			if under < 0 || under > 100 {
				return usage("--fail-under %g: want a percentage, 0 to 100", under)
			}
			if err := checkResultExports(exports); err != nil {
				return err
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			return g.answer(cmd.Context(), cmd.OutOrStdout(), a, r, telling{exports: exports, basis: basisFile, under: under, underAsked: cmd.Flags().Changed("fail-under")})
		},
	}
	q.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&saved, "saved", "", "ask the saved query of this `NAME`")
	f.StringArrayVar(&params, "param", nil, "parameter of a saved query: `NAME=VALUE`")
	f.StringArrayVar(&exports, "export", nil, "also write the answer to `FILE`: .html, .csv, .json, .jsonl or .parquet")
	f.StringVar(&basisFile, "basis", "", "write what the answer stands on to `FILE`, as JSON")
	f.Float64Var(&under, "fail-under", 0, "exit with 2 when less than `PERCENT` of the period is verified")
	f.StringVar(&q.catalog, "catalog", "", "further saved queries: `DIR` with .sql files")
	f.StringVar(&q.engine, "engine", "duckdb", "`NAME`: duckdb, or athena")
	f.StringVar(&q.workgroup, "workgroup", "primary", "of Athena, by `NAME`")
	f.StringVar(&q.database, "database", "", "of Athena, by `NAME`")
	f.StringVar(&q.table, "table", "events", "of Athena, by `NAME`")
	f.StringVar(&q.results, "results", "", "where Athena puts results: `s3://…` (default: as the workgroup says)")
	f.StringVar(&q.maxBytes, "max-bytes", "0", "stop Athena after reading this much: `SIZE`; 0: no limit")
	cmd.AddCommand(g.queryList(), g.queryShow(), g.queryDDL())
	return cmd
}

func parseParams(all []string) (map[string]string, error) {
	out := map[string]string{}
	for _, p := range all {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, usage("--param %q: want NAME=VALUE", p)
		}
		if _, twice := out[name]; twice {
			return nil, usage("--param %s is there twice", name)
		}
		out[name] = value
	}
	return out, nil
}

func checkResultExports(paths []string) error {
	for _, p := range paths {
		if filepath.Ext(p) == ".parquet" {
			continue
		}
		if err := checkExports([]string{p}); err != nil {
			return err
		}
	}
	return nil
}

// telling says where an answer goes beside stdout.
type telling struct {
	exports    []string
	basis      string
	under      float64
	underAsked bool
}

// answer asks, and tells.
func (g *global) answer(ctx context.Context, w io.Writer, a *app.App, r app.QueryRequest, to telling) error {
	ans, err := a.Ask(ctx, r)
	if err != nil {
		return err
	}
	defer ans.Close()
	result := ans.Result
	var kept *spool
	if len(to.exports) > 0 {
		// Rows come once: those that are written to several places are kept.
		if kept, err = newSpool(result); err != nil {
			return err
		}
		defer kept.Close()
		result = kept.Result()
	}
	n, err := g.writeRows(w, result)
	if err != nil {
		if n > 0 {
			return toldOf(err)
		}
		return err
	}
	b, err := ans.Basis(ctx)
	if err != nil {
		return toldOf(err)
	}
	if ans.Limit > 0 && n >= ans.Limit {
		b.Warnings = append(b.Warnings, fmt.Sprintf("the answer ends at its limit of %d rows, and there may be more: --param limit=%d", ans.Limit, 10*ans.Limit))
	}
	switch {
	case g.output == "table":
		if _, err := fmt.Fprintf(w, "\n%s", basisText(b, n, g.style(w))); err != nil {
			return err
		}
	case !g.quiet:
		fmt.Fprint(g.env.Stderr, basisText(b, n, g.style(g.env.Stderr)))
	}
	for _, path := range to.exports {
		err = cmp.Or(err, g.exportRows(path, kept.Result(), ans, b))
	}
	if to.basis != "" {
		err = cmp.Or(err, exported(to.basis, func(w io.Writer) error { return writeJSON(w, b) }))
	}
	if err != nil {
		return toldOf(err)
	}
	if b.Engine == "duckdb" && b.Events == 0 && asksEvents(r) {
		return &failure{code: exitIncomplete, told: true, err: errors.New("the lake holds no events of what was asked for"), hint: "trailseal lake stats" + g.sameHome()}
	}
	if to.underAsked && (b.Coverage == nil || *b.Coverage < to.under) {
		return &failure{code: exitIncomplete, told: true, err: fmt.Errorf("less than %g%% of the period is verified", to.under), hint: "trailseal coverage" + g.sameHome()}
	}
	return nil
}

// asksEvents reports whether an answer without events stands on nothing.
func asksEvents(r app.QueryRequest) bool {
	return r.Saved != "" || strings.Contains(strings.ToLower(r.SQL), "events")
}

func exported(path string, write func(io.Writer) error) error {
	if err := writeFile(path, write); err != nil {
		return app.Output(path, err)
	}
	return nil
}

func (g *global) writeRows(w io.Writer, r answer.Result) (int64, error) {
	switch g.output {
	case "json":
		return rowsJSON(w, r, false)
	case "jsonl":
		return rowsJSON(w, r, true)
	case "csv":
		return rowsCSV(w, r)
	}
	return rowsTable(w, r, g.width(w))
}

// width is how wide a table may be: that of the terminal, 80 elsewhere.
func (g *global) width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 20 {
			return n
		}
	}
	return 80
}

func (g *global) exportRows(path string, r answer.Result, ans *app.Answer, b answer.Basis) error {
	return exported(path, func(w io.Writer) error {
		var err error
		switch filepath.Ext(path) {
		case ".html":
			title, question := "Answer", ""
			if ans.Query != nil {
				title, question = ans.Query.Title, ans.Query.Question
			}
			return web.Answer(w, r, b, web.AnswerOptions{Title: title, Question: question, ReportOptions: web.ReportOptions{Generated: g.env.Now().UTC().Truncate(time.Second), Version: Version()}})
		case ".csv":
			_, err = rowsCSV(w, r)
		case ".jsonl":
			_, err = rowsJSON(w, r, true)
		case ".parquet":
			err = app.WriteParquet(w, r)
		default:
			_, err = rowsJSON(w, r, false)
		}
		return err
	})
}

func (g *global) queryList() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the saved queries",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := g.app()
			if err != nil {
				return err
			}
			all, err := a.Queries(dir)
			if err != nil {
				return err
			}
			if g.output == "table" {
				var b strings.Builder
				for _, q := range all {
					fmt.Fprintf(&b, "%s\n  %s\n", q.ID, wrap(q.Question, 76, "  "))
				}
				_, err := io.WriteString(cmd.OutOrStdout(), b.String())
				return err
			}
			i := 0
			r := answer.Result{Columns: []answer.Column{{Name: "name"}, {Name: "title"}, {Name: "criteria"}, {Name: "parameters"}, {Name: "engines"}, {Name: "question"}}}
			r.Rows = func(yield func([]any, error) bool) {
				for ; i < len(all); i++ {
					q := all[i]
					var names, engines []string
					for _, p := range q.Params {
						names = append(names, p.Name)
					}
					for _, e := range q.Engines {
						engines = append(engines, string(e))
					}
					row := []any{q.ID, q.Title, strings.Join(q.Criteria, " "), strings.Join(names, " "), strings.Join(engines, " "), q.Question}
					if !yield(row, nil) {
						return
					}
				}
			}
			_, err = g.writeRows(cmd.OutOrStdout(), r)
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "catalog", "", "further saved queries: `DIR` with .sql files")
	return cmd
}

func (g *global) queryShow() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:         "show NAME",
		Short:       "Show a saved query: question, parameters, criteria, SQL",
		Annotations: map[string]string{"output": "table,json"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("show takes the NAME of a saved query, got %s", words(len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := g.app()
			if err != nil {
				return err
			}
			q, err := a.FindQuery(dir, args[0])
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			if g.output == "json" {
				return writeJSON(w, q)
			}
			var b strings.Builder
			fmt.Fprintf(&b, "%s\n%s\n\ncriteria   %s\nwindow     %s\ncolumns    %s\n", q.Title, wrap(q.Question, 78, ""), strings.Join(q.Criteria, ", "), q.Window,
				wrap(strings.Join(q.Columns, ", "), 68, "           "))
			if len(q.Params) > 0 {
				b.WriteString("\nparameters\n")
			}
			for _, p := range q.Params {
				def := "must be given"
				if p.Default != nil {
					def = fmt.Sprintf("default %v", p.Default)
				}
				fmt.Fprintf(&b, "  %s  %s, %s\n      %s\n", p.Name, p.Type, def, wrap(p.Doc, 72, "      "))
			}
			fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(q.SQL))
			_, err = io.WriteString(w, b.String())
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "catalog", "", "further saved queries: `DIR` with .sql files")
	return cmd
}

func (g *global) queryDDL() *cobra.Command {
	var q app.DDLRequest
	cmd := &cobra.Command{
		Use:   "ddl",
		Short: "Print the table definitions for Athena or Trino",
		Long: `DDL prints the table definitions with which Athena or Trino answer the saved
queries: over the lake's Parquet files in a bucket (ingest --to s3://…), or
over CloudTrail's own files, without ingest. Days before --from cannot be asked
for; without it, those before 2013-11-01, when CloudTrail began.`,
		Example: `  trailseal query ddl --location s3://my-lake/trailseal --database audit
  trailseal query ddl --of raw --location s3://my-trail-bucket \
      --organization o-abcdefghij --account 111122223333 --database audit`,
		Annotations: map[string]string{"output": "table"},
		Args:        noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q.Accounts, q.Regions = g.accounts, g.regions
			var err error
			if q.From, _, err = g.span(); err != nil {
				return err
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			text, err := a.DDL(q)
			if err != nil {
				return err
			}
			_, err = io.WriteString(cmd.OutOrStdout(), text)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.Of, "of", "lake", "`WHAT`: lake (Parquet), raw (CloudTrail's own files), or trino (the lake, for Trino's Hive connector)")
	f.StringVar(&q.Location, "location", "", "where the files are: `s3://BUCKET[/PREFIX]`")
	f.StringVar(&q.Organization, "organization", "", "`ID` of the organization whose trail it is, of raw files")
	f.StringVar(&q.Database, "database", "", "of Athena, by `NAME`")
	return cmd
}

// spool keeps rows, so that they can be read more than once.
type spool struct {
	columns []answer.Column
	rows    [][]any
}

// maxSpool bounds the values that a spool keeps in memory.
const maxSpool = 20_000_000

func newSpool(r answer.Result) (*spool, error) {
	s := &spool{columns: r.Columns}
	for row, err := range r.Rows {
		if err != nil {
			return nil, err
		}
		if len(s.rows)*max(1, len(row)) >= maxSpool {
			return nil, fmt.Errorf("--export: the answer has more than %d rows; ask for less, or use -o csv", len(s.rows))
		}
		s.rows = append(s.rows, slices.Clone(row))
	}
	return s, nil
}

// Result reads the rows from the first on.
func (s *spool) Result() answer.Result {
	return answer.Result{Columns: s.columns, Rows: func(yield func([]any, error) bool) {
		for _, row := range s.rows {
			if !yield(row, nil) {
				return
			}
		}
	}}
}

// Close lets go of the rows.
func (s *spool) Close() { s.rows = nil }
