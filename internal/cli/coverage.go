package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/verdict"
	"github.com/trailseal/trailseal/internal/web"
)

func (g *global) coverage() *cobra.Command {
	var q app.CoverageRequest
	var by string
	var under float64
	cmd := &cobra.Command{
		Use:   "coverage [SOURCE]",
		Short: "Show from the ledger which hours are proven",
		Long: `Coverage shows from the ledger, without reading anything else, how many hours of
each account and region are in each state:

  verified         valid digests cover it; each log file they list matches
  verified-empty   valid digests cover it and list no log file
  gap-explained    no digest, and a person has said why (coverage explain)
  gap-unexplained  no digest, and nobody has said why
  invalid          a digest is damaged, or a log file missing, changed, unlisted
  pending          not proven yet: no digest yet, not read, or not readable
  out-of-scope     before the first digest, or outside the period

Without SOURCE it shows the source that was validated last.`,
		Example: `  trailseal coverage --period 2026-Q3 --fail-under 100
  trailseal coverage --by day -o csv > coverage.csv
  trailseal coverage -o svg > coverage.svg`,
		Annotations: map[string]string{"output": "table,json,jsonl,csv,svg"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("coverage takes one SOURCE at most, got %s", words(len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if by != "" && by != "day" && by != "hour" {
				return usage("--by %q: want day or hour", by)
			}
			if under < 0 || under > 100 {
				return usage("--fail-under %g: want a percentage, 0 to 100", under)
			}
			var err error
			if q.From, q.To, err = g.span(); err != nil {
				return err
			}
			if len(args) == 1 {
				q.Source = args[0]
			}
			q.Accounts, q.Regions = g.accounts, g.regions
			a, err := g.app()
			if err != nil {
				return err
			}
			source, all, err := a.Coverage(cmd.Context(), q)
			if err != nil {
				return err
			}
			if err := writeCoverage(cmd.OutOrStdout(), coverageOf{source, all, by, q.From, q.To}, g.output); err != nil {
				return err
			}
			return g.failUnder(all, under, cmd.Flags().Changed("fail-under"))
		},
	}
	cmd.Flags().StringVar(&by, "by", "", "one row for each `STEP`: day or hour (default: for each account and region)")
	cmd.Flags().Float64Var(&under, "fail-under", 0, "fail when less than `PERCENT` of the hours that are verified, invalid or an unexplained gap is verified")
	cmd.AddCommand(g.explain())
	return cmd
}

func (g *global) explain() *cobra.Command {
	var e integrity.Explanation
	cmd := &cobra.Command{
		Use:   "explain",
		Short: "Record why there are no digests for a span of time",
		Long: `Explain records why a span has no digests: who says so, why, and where that is
documented. Explanations are append-only. A gap that lies wholly in the span
is then "explained"; digests that are missing stay missing.`,
		Example: `  trailseal coverage explain --account 111122223333 \
    --from 2026-03-02T10:00:00Z --to 2026-03-02T13:00:00Z \
    --reason "trail rebuilt" --ticket SEC-42 --reviewer alice`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if e.Span.From, e.Span.To, err = g.span(); err != nil {
				return err
			}
			e.Reason, e.Ticket, e.Reviewer = strings.TrimSpace(e.Reason), strings.TrimSpace(e.Ticket), strings.TrimSpace(e.Reviewer)
			if e.Span.From.IsZero() || e.Span.To.IsZero() || e.Reason == "" || e.Reviewer == "" {
				return usage("explain needs --from, --to (or --period), --reason and --reviewer")
			}
			if len(g.accounts) > 1 || len(g.regions) > 1 {
				return usage("explain takes one --account and one --region, or none for all")
			}
			if len(g.accounts) == 1 {
				e.Account = g.accounts[0]
			}
			if len(g.regions) == 1 {
				e.Region = g.regions[0]
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			if err := a.Explain(cmd.Context(), e); err != nil {
				return err
			}
			if !g.quiet {
				fmt.Fprintln(g.env.Stderr, "trailseal: recorded; the next validate takes it into account")
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&e.Reason, "reason", "", "why there are no digests (`TEXT`)")
	f.StringVar(&e.Ticket, "ticket", "", "where it is documented (`TEXT`)")
	f.StringVar(&e.Reviewer, "reviewer", "", "who says so (`NAME`)")
	return cmd
}

// total is one row of coverage in JSON: of verdict.Coverage what the ledger knows.
type total struct {
	Account string         `json:"account"`
	Region  string         `json:"region"`
	Percent float64        `json:"percent"`
	Hours   map[string]int `json:"hours"`
}

func totals(all []verdict.Coverage) []total {
	out := make([]total, len(all))
	for i, c := range all {
		out[i] = total{c.Account, c.Region, c.Percent, c.Hours}
	}
	return out
}

// cell is one row of coverage by day or hour.
type cell struct {
	Account string         `json:"account"`
	Region  string         `json:"region"`
	From    time.Time      `json:"from"`
	State   string         `json:"state,omitempty"` // by hour
	Hours   map[string]int `json:"hours,omitempty"` // by day
}

// coverageOf is what the command shows.
type coverageOf struct {
	source   string
	all      []verdict.Coverage
	by       string
	from, to time.Time // as asked; hours outside are not shown
}

func (v coverageOf) cells() []cell {
	out := []cell{}
	for _, c := range v.all {
		for _, d := range c.Days {
			if v.by == "day" {
				one := verdict.Coverage{Days: []verdict.Day{d}}
				one.Count()
				out = append(out, cell{Account: c.Account, Region: c.Region, From: d.Date, Hours: one.Hours})
				continue
			}
			for h, st := range d.Hours {
				at := d.Date.Add(time.Duration(h) * time.Hour)
				if !v.from.IsZero() && !at.Add(time.Hour).After(v.from) || !v.to.IsZero() && !at.Before(v.to) {
					continue
				}
				out = append(out, cell{Account: c.Account, Region: c.Region, From: at, State: st.String()})
			}
		}
	}
	return out
}

func writeCoverage(w io.Writer, v coverageOf, format string) error {
	source, all, by := v.source, v.all, v.by
	switch format {
	case "svg":
		return web.CoverageSVG(w, all, web.SVGOptions{Title: "Coverage of " + source})
	case "json":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if by == "" {
			return enc.Encode(map[string]any{"source": source, "coverage": totals(all)})
		}
		return enc.Encode(map[string]any{"source": source, "coverage": v.cells()})
	case "jsonl":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		if by == "" {
			for _, c := range totals(all) {
				if err := enc.Encode(c); err != nil {
					return err
				}
			}
			return nil
		}
		for _, c := range v.cells() {
			if err := enc.Encode(c); err != nil {
				return err
			}
		}
		return nil
	}
	head := []string{"account", "region"}
	var body [][]string
	switch by {
	case "hour":
		head = append(head, "hour", "state")
		for _, c := range v.cells() {
			body = append(body, []string{c.Account, c.Region, stamp(c.From), c.State})
		}
	case "day":
		head = append(append(head, "day"), stateNames(format)...)
		for _, c := range v.cells() {
			body = append(body, append([]string{c.Account, c.Region, c.From.Format(time.DateOnly)}, stateCounts(c.Hours)...))
		}
	default:
		head = append(append(head, "percent"), stateNames(format)...)
		for _, c := range all {
			body = append(body, append([]string{c.Account, c.Region, percent(c)}, stateCounts(c.Hours)...))
		}
	}
	if format == "csv" {
		return writeCSV(w, head, func(put func(...string) error) error {
			for _, r := range body {
				if err := put(r...); err != nil {
					return err
				}
			}
			return nil
		})
	}
	_, err := fmt.Fprintf(w, "%s\n\n%s", web.Visible(source), trimLines(rows(head, body)))
	if err == nil && by != "hour" {
		_, err = fmt.Fprintln(w, "\nhours: ver verified, emp verified-empty, exp gap-explained, gap gap-unexplained,\ninv invalid, pen pending, out out-of-scope")
	}
	return err
}

// stateNames are the columns; a terminal of 80 columns has room for three letters each.
func stateNames(format string) []string {
	if format != "csv" {
		return []string{"ver", "emp", "exp", "gap", "inv", "pen", "out"}
	}
	var out []string
	for _, s := range integrity.States {
		out = append(out, s.String())
	}
	return out
}

func stateCounts(hours map[string]int) []string {
	var out []string
	for _, s := range integrity.States {
		out = append(out, fmt.Sprint(hours[s.String()]))
	}
	return out
}
