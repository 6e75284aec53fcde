package cli

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/web"
)

func (g *global) backtest() *cobra.Command {
	var q app.BacktestRequest
	var compare, failOn string
	var exports []string
	var first int
	cmd := &cobra.Command{
		Use:   "backtest [SOURCE]",
		Short: "Run detections over history",
		Long: `Backtest runs the detections over events of the past: over the lake (--home), or
over SOURCE, which is s3://bucket[/prefix], one object of a bucket (.json.gz,
.json, .ndjson), a folder, or a file; or over records, one a line, with --events
FILE (- is standard input).

-o jsonl and csv print a line for each match; the table sums them up by
detection, week and account. Suppressed matches are marked, never left out.
--pattern tries a CloudWatch Logs filter pattern before it is deployed, and
--compare A B says what one detection or pattern catches that the other does
not.

Exit codes: 0; 1 with --fail-on, when a match that is not suppressed is at least
that severe; 2 something could not be read, or there are no events; 3 error;
4 credentials or permission; 64 usage; 130 interrupted.`,
		Example: `  trailseal detect backtest --period 2026-Q3
  trailseal detect backtest s3://my-trail-bucket --detection 'cis-*' -o jsonl
  trailseal detect backtest --pattern '{ $.eventName = "PutBucketAcl" }'
  trailseal detect backtest ./logs --sigma ./rules --fail-on high
  trailseal detect backtest --compare cis-cloudtrail-changes \
      '{ $.eventSource = "cloudtrail.amazonaws.com" && $.readOnly IS FALSE }'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			second := ""
			if cmd.Flags().Changed("pattern") && q.Pattern == "" {
				return usage("--pattern is empty")
			}
			if compare != "" {
				for _, other := range []string{"export", "fail-on", "pattern", "detection"} {
					if cmd.Flags().Changed(other) {
						return usage("--compare goes without --%s; -o json > FILE keeps what it says", other)
					}
				}
				var err error
				if second, args, err = compared(g.env.Args, args); err != nil {
					return err
				}
			}
			if len(args) > 1 {
				return usage("backtest takes one SOURCE, got %s", words(len(args)))
			}
			if len(args) == 1 {
				q.Source = args[0]
			}
			var floor finding.Severity
			var err error
			if failOn != "" {
				if floor, err = finding.ParseSeverity(failOn); err != nil {
					return usage("--fail-on: %w", err)
				}
			}
			if first < 0 || first > 10_000 {
				return usage("--first %d: want 0 to 10000", first)
			}
			if err := checkExports(exports); err != nil {
				return err
			}
			if q.From, q.To, err = g.span(); err != nil {
				return err
			}
			q.Accounts, q.Regions, q.Stdin, q.Suppressions = g.accounts, g.regions, g.env.Stdin, g.file.Suppressions
			a, err := g.app()
			if err != nil {
				return err
			}
			var p app.Progress
			stop := g.progress(cmd.Context(), &p, "reading events")
			defer stop()
			w := cmd.OutOrStdout()
			if compare != "" {
				c, err := a.Compare(cmd.Context(), q, compare, second, first, &p)
				stop()
				if err != nil {
					return err
				}
				if err := g.writeComparison(w, c); err != nil {
					return err
				}
				if (g.output == "jsonl" || g.output == "csv") && !g.quiet {
					g.cutSides(c)
				}
				return wholeExit(c.Report)
			}
			return g.runBacktest(cmd, a, q, floor, exports, &p, stop)
		},
	}
	ruleFlags(cmd, &q.RuleRequest)
	f := cmd.Flags()
	f.StringSliceVar(&q.IDs, "detection", nil, "only these detections, by `ID` or glob")
	f.StringVar(&q.Pattern, "pattern", "", "run this filter `PATTERN`, alone unless --detection is there")
	f.StringVar(&q.Events, "events", "", "read records, one a line, from `FILE`; - is standard input")
	f.BoolVar(&q.OnlyVerified, "only-verified", false, "of the lake: only events of verified log files")
	f.StringVar(&compare, "compare", "", "what does `A` catch that B does not: two ids or patterns, --compare A B")
	f.IntVar(&first, "first", 20, "list the first `N` events of each side of --compare")
	f.StringVar(&failOn, "fail-on", "", "exit with 1 for a match of this `SEVERITY` or a worse one")
	f.StringArrayVar(&exports, "export", nil, "also write the result to `FILE`: .html, .json, .jsonl or .csv")
	return cmd
}

// compared finds the second word of --compare among the arguments, and returns the others.
func compared(typed, args []string) (second string, rest []string, err error) {
	for i, a := range typed {
		at := i + 1
		if a == "--compare" {
			at = i + 2
		} else if !strings.HasPrefix(a, "--compare=") {
			continue
		}
		if at < len(typed) {
			if j := slices.Index(args, typed[at]); j >= 0 {
				return args[j], slices.Delete(slices.Clone(args), j, j+1), nil
			}
		}
	}
	return "", nil, usage("--compare takes two detections or patterns: --compare A B")
}

func (g *global) runBacktest(cmd *cobra.Command, a *app.App, q app.BacktestRequest, floor finding.Severity, exports []string, p *app.Progress, stop func()) error {
	w := cmd.OutOrStdout()
	failed := false
	var kept []app.Match
	keep := slices.ContainsFunc(exports, func(f string) bool { return filepath.Ext(f) == ".jsonl" || filepath.Ext(f) == ".csv" })
	out := matchWriter(w, g.output)
	rep, err := a.Backtest(cmd.Context(), q, func(m app.Match) error {
		failed = failed || floor != "" && m.Suppressed == nil && m.Severity.Reaches(floor)
		if keep {
			if len(kept) == maxKept {
				return fmt.Errorf("--export: there are more than %d matches; ask for less, or use -o jsonl", maxKept)
			}
			kept = append(kept, m)
		}
		return out.put(m)
	}, p)
	stop()
	if end := out.end(); err == nil {
		err = end
	}
	if err != nil {
		if out.lines > 0 {
			return toldOf(err)
		}
		return err
	}
	switch g.output {
	case "json":
		err = writeJSON(w, rep)
	case "table":
		_, err = io.WriteString(w, backtestText(rep, g.style(w)))
	default:
		if !g.quiet {
			fmt.Fprint(g.env.Stderr, backtestTail(rep, g.style(g.env.Stderr)))
		}
	}
	if err != nil {
		return err
	}
	for _, path := range exports {
		if err := exported(path, func(w io.Writer) error { return g.exportBacktest(w, filepath.Ext(path), rep, kept) }); err != nil {
			return toldOf(err)
		}
	}
	if failed {
		return &failure{code: exitFailed}
	}
	return wholeExit(rep)
}

// maxKept bounds the matches that exports keep in memory.
const maxKept = 2_000_000

// wholeExit ends a command by whether everything could be read.
func wholeExit(rep app.BacktestReport) error {
	if rep.Whole() {
		return nil
	}
	return &failure{code: exitIncomplete}
}

func (g *global) exportBacktest(w io.Writer, ext string, rep app.BacktestReport, kept []app.Match) error {
	switch ext {
	case ".html":
		return web.Backtest(w, rep, web.ReportOptions{Generated: g.env.Now().UTC().Truncate(time.Second), Version: Version()})
	case ".json":
		return writeJSON(w, rep)
	}
	out := matchWriter(w, ext[1:])
	for _, m := range kept {
		if err := out.put(m); err != nil {
			return err
		}
	}
	return out.end()
}

// matches writes a line for each match, as they come.
type matches struct {
	put   func(app.Match) error
	end   func() error
	lines int64
}

var matchColumns = []string{"detection", "severity", "event_id", "event_time", "account", "region", "event_source", "event_name", "error_code", "principal", "source_ip_address",
	"events", "suppressed_why", "log_state", "source", "record"}

func matchWriter(w io.Writer, format string) *matches {
	m := new(matches)
	switch format {
	case "jsonl":
		b := bufio.NewWriterSize(w, 64<<10)
		enc := json.NewEncoder(b)
		enc.SetEscapeHTML(false)
		m.put = func(x app.Match) error {
			m.lines++
			return enc.Encode(x)
		}
		m.end = b.Flush
	case "csv":
		c := csv.NewWriter(w)
		head := func() error {
			if m.lines++; m.lines > 1 {
				return nil
			}
			return c.Write(matchColumns)
		}
		m.put = func(x app.Match) error {
			row := matchRow(x)
			for i := range row {
				row[i] = defuse(row[i])
			}
			return cmp.Or(head(), c.Write(row))
		}
		m.end = func() error {
			err := head()
			c.Flush()
			return cmp.Or(err, c.Error())
		}
	default:
		m.put, m.end = func(app.Match) error { return nil }, func() error { return nil }
	}
	return m
}

func matchRow(x app.Match) []string {
	why, at := "", ""
	if x.Suppressed != nil {
		why = x.Suppressed.Why
	}
	if !x.Time.IsZero() {
		at = x.Time.UTC().Format(time.RFC3339Nano)
	}
	return []string{x.Detection, string(x.Severity), x.ID, at, x.Account, x.Region, x.Service, x.Name, x.ErrorCode, x.Principal, x.IP,
		fmt.Sprint(max(1, x.Events)), why, x.State, x.Source, fmt.Sprint(x.Record)}
}

// backtestText is a report for a person at a terminal of 80 columns.
func backtestText(r app.BacktestReport, s style) string {
	var b strings.Builder
	var body [][]string
	for _, d := range r.Detections {
		body = append(body, []string{web.Visible(cut(d.Detection, 38)), string(d.Severity), fmt.Sprint(d.Matches), day(d.First), day(d.Last)})
	}
	if len(body) > 0 {
		b.WriteString(trimLines(rows([]string{"detection", "severity", "matches", "first", "last"}, body, 2)))
	}
	for _, d := range r.Detections {
		fmt.Fprintf(&b, "%s\n", s.paint("6", web.Visible(d.Detection)))
		accounts, weeks := map[string]int64{}, map[string]int64{}
		var accountNames, weekNames []string
		for _, w := range d.Weeks {
			if accounts[w.Account] == 0 {
				accountNames = append(accountNames, w.Account)
			}
			if weeks[w.Week] == 0 {
				weekNames = append(weekNames, w.Week)
			}
			accounts[w.Account] += w.Matches
			weeks[w.Week] += w.Matches
		}
		tell := func(head string, names []string, count func(string) int64) {
			var parts []string
			for _, n := range names {
				parts = append(parts, fmt.Sprintf("%s %d", orNone(web.Visible(n)), count(n)))
			}
			fmt.Fprintf(&b, "  %-9s%s\n", head, wrapLong(strings.Join(parts, ", "), 69, "           "))
		}
		slices.Sort(accountNames)
		slices.Sort(weekNames)
		tell("accounts", accountNames, func(n string) int64 { return accounts[n] })
		tell("weeks", weekNames, func(n string) int64 { return weeks[n] })
		var loud []string
		by := map[string]int64{}
		for _, p := range d.Principals[:min(3, len(d.Principals))] {
			loud = append(loud, p.Principal)
			by[p.Principal] = p.Matches
		}
		tell("loudest", loud, func(n string) int64 { return by[n] })
		if d.Suppressed > 0 {
			fmt.Fprintf(&b, "  silenced %d of them fall under suppressions\n", d.Suppressed)
		}
	}
	if len(r.Detections) > 0 {
		b.WriteByte('\n')
	}
	b.WriteString(backtestTail(r, s))
	return b.String()
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// backtestTail says what a backtest stands on.
func backtestTail(r app.BacktestReport, s style) string {
	var b strings.Builder
	for _, m := range r.MalformedFirst[:min(5, len(r.MalformedFirst))] {
		fmt.Fprintf(&b, "%s  %s, record %d\n  %s\n", s.bad("malformed"), web.Visible(m.Source), m.Record, wrap(web.Visible(m.Reason), 76, "  "))
	}
	if r.Malformed > 5 {
		fmt.Fprintf(&b, "%s  %d more\n", s.bad("malformed"), r.Malformed-5)
	}
	for _, u := range r.UnreadFirst[:min(5, len(r.UnreadFirst))] {
		fmt.Fprintf(&b, "%s  %s\n  %s\n", s.bad("unreadable"), web.Visible(u.Source), wrap(web.Visible(u.Reason), 76, "  "))
	}
	if r.Unreadable > 5 {
		fmt.Fprintf(&b, "%s  %d more\n", s.bad("unreadable"), r.Unreadable-5)
	}
	for _, x := range r.Warnings {
		fmt.Fprintf(&b, "%s  %s\n", s.odd("note"), wrap(web.Visible(x), 72, "      "))
	}
	fmt.Fprintf(&b, "matches    %s\n", wide("of "+many(len(r.Detections), "detection"), int(r.Matches), "suppressed", int(r.Suppressed), "delivered twice and counted once", int(r.Twins)))
	judged := fmt.Sprintf("%d judged", r.Records)
	if !r.Earliest.IsZero() {
		judged += ", " + stamp(r.Earliest) + " to " + stamp(r.Latest)
	}
	fmt.Fprintf(&b, "events     %s\n", judged)
	fmt.Fprintf(&b, "files      %s\n", wide("read", int(r.Files-r.Unreadable), "unreadable", int(r.Unreadable), "malformed records", int(r.Malformed), "events outside the period or scope", int(r.Outside)))
	fmt.Fprintf(&b, "silent     %s\n", many(len(r.Silent), "detection")+" without a match")
	if !r.Whole() {
		fmt.Fprintf(&b, "%s: not everything could be read, so there may be more matches\n", s.odd("INCOMPLETE"))
	}
	return b.String()
}

func many(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "ch") {
		noun += "e"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// cutSides says what a comparison's lines leave out.
func (g *global) cutSides(c app.Comparison) {
	for i, rest := range []int64{c.OnlyA.Count - int64(len(c.OnlyA.First)), c.OnlyB.Count - int64(len(c.OnlyB.First)), c.Both.Count - int64(len(c.Both.First))} {
		if rest > 0 {
			fmt.Fprintf(g.env.Stderr, "trailseal: %s: %d more; --first lists them\n", [...]string{"only_a", "only_b", "both"}[i], rest)
		}
	}
}

func (g *global) writeComparison(w io.Writer, c app.Comparison) error {
	sides := []struct {
		name string
		n    int64
		list []app.Match
	}{{"only_a", c.OnlyA.Count, c.OnlyA.First}, {"only_b", c.OnlyB.Count, c.OnlyB.First}, {"both", c.Both.Count, c.Both.First}}
	switch g.output {
	case "json":
		return writeJSON(w, c)
	case "jsonl", "csv":
		out := answer.Result{}
		for _, n := range []string{"side", "event_id", "event_time", "account", "region", "event_source", "event_name", "principal", "source", "record"} {
			out.Columns = append(out.Columns, answer.Column{Name: n})
		}
		out.Rows = func(yield func([]any, error) bool) {
			for _, side := range sides {
				for _, m := range side.list {
					if !yield([]any{side.name, m.ID, m.Time, m.Account, m.Region, m.Service, m.Name, m.Principal, m.Source, int64(m.Record)}, nil) {
						return
					}
				}
			}
		}
		_, err := g.writeRows(w, out)
		return err
	}
	s := g.style(w)
	var b strings.Builder
	fmt.Fprintf(&b, "A          %s\nB          %s\n\n", wrapLong(web.Visible(title(c, 0)), 67, "           "), wrapLong(web.Visible(title(c, 1)), 67, "           "))
	for i, side := range sides {
		head := [...]string{"caught by A alone", "caught by B alone", "caught by both"}[i]
		fmt.Fprintf(&b, "%s: %d\n", head, side.n)
		if i == 2 {
			break
		}
		for _, m := range side.list {
			fmt.Fprintf(&b, "  %s  %s\n    %s\n", stamp(m.Time), wrapLong(web.Visible(m.Service+" "+m.Name+"  "+m.Account), 54, "      "),
				wrapLong(web.Visible("by "+orNone(m.Principal)+", event "+orNone(m.ID)), 74, "    "))
		}
		if rest := side.n - int64(len(side.list)); rest > 0 {
			fmt.Fprintf(&b, "  %d more; --first lists them\n", rest)
		}
	}
	b.WriteByte('\n')
	b.WriteString(backtestTail(c.Report, s))
	_, err := io.WriteString(w, b.String())
	return err
}

// title is what side i of a comparison is: a typed pattern stands there as it was typed.
func title(c app.Comparison, i int) string {
	name := [...]string{c.A, c.B}[i]
	for _, d := range c.Report.Detections {
		if d.Detection == name && (name == "a" || name == "b" || name == "pattern") {
			return d.Title
		}
	}
	return name
}
