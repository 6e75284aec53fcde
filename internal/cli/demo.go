package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/verdict"
	"github.com/trailseal/trailseal/internal/web"
)

func (g *global) demo() *cobra.Command {
	var seed uint64
	var days int
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Validate a generated, spoiled organization; no AWS account needed",
		Long: `Demo generates 14 days (--days) of an organization's CloudTrail bucket (3
accounts, 4 regions, signed digests), spoils it in four places, validates it,
and leaves an HTML report. It exits with 0 when it has found what it spoiled.

Everything stays below --home; without it, below a new temporary folder.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if g.home == "" {
				dir, err := os.MkdirTemp("", "trailseal-demo-")
				if err != nil {
					return app.Output(os.TempDir(), err)
				}
				g.home = dir
			}
			if days < 2 || days > 366 {
				return usage("--days %d: want 2 to 366", days)
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			var p app.Progress
			stop := g.progress(cmd.Context(), &p, "generating an organization")
			d, err := a.Demo(cmd.Context(), seed, days, &p)
			stop()
			if err != nil {
				return err
			}
			html := filepath.Join(g.home, "report.html")
			if err := g.export(d.Report, []string{html}); err != nil {
				return err
			}
			if g.output != "table" {
				err = g.writeReport(cmd.OutOrStdout(), d.Report, g.output)
			} else {
				err = tellDemo(cmd.OutOrStdout(), d, html, g.style(cmd.OutOrStdout()))
			}
			if err != nil {
				return err
			}
			if missed, other := compareDemo(d); missed+other > 0 {
				return fmt.Errorf("demo: %d of the changes that were made are not found, and %d faults are found that nobody made", missed, other)
			}
			return nil
		},
	}
	cmd.Flags().Uint64Var(&seed, "seed", 0, "another organization for each `N`")
	cmd.Flags().IntVar(&days, "days", 14, "length of the period: `N` days")
	return cmd
}

// compareDemo counts the changes that validate has not found, and the faults that are neither a change's nor the
// incident's.
func compareDemo(d app.Demo) (missed, other int) {
	made := map[string]bool{}
	for _, done := range d.Done {
		for _, key := range done.Keys {
			made[key] = true
			if !slices.ContainsFunc(d.Report.Faults, func(f integrity.Fault) bool { return f.Key == key }) {
				missed++
			}
		}
	}
	for _, f := range d.Report.Faults {
		if !made[f.Key] && (f.Kind != integrity.ChainBroken || d.Truth.Incident == nil) {
			other++
		}
	}
	return missed, other
}

// tellDemo sets beside each other what was done and what was found.
func tellDemo(w io.Writer, d app.Demo, html string, s style) error {
	var b strings.Builder
	m, r := d.Truth, d.Report
	fmt.Fprintf(&b, "Generated %d accounts × %d regions, %s to %s:\n%d digests, %d log files, %d events.\n\n",
		len(m.Accounts), len(m.Regions), m.Start.Format("2006-01-02"), m.End.Format("2006-01-02"), m.Digests, m.Logs, m.Events)
	fmt.Fprintf(&b, "Spoiled in four places. What was done, and what validate says:\n\n")
	for i, done := range d.Done {
		fmt.Fprintf(&b, "%d. %s\n", i+1, wrap(web.Visible(done.Detail), 76, "   "))
		for _, key := range done.Keys {
			at := slices.IndexFunc(r.Faults, func(f integrity.Fault) bool { return f.Key == key })
			if at < 0 {
				fmt.Fprintf(&b, "   %s  %s\n", s.bad("NOT FOUND"), web.Visible(key))
				continue
			}
			f := r.Faults[at]
			fmt.Fprintf(&b, "   %s  %s\n   %s\n", s.bad(string(f.Kind)), web.Visible(filepath.Base(f.Key)), wrap(web.Visible(f.Detail), 76, "   "))
		}
		b.WriteByte('\n')
	}
	stopped := 0
	for _, f := range r.Faults {
		if f.Kind == integrity.ChainBroken {
			stopped++
		}
	}
	if m.Incident != nil {
		fmt.Fprintf(&b, "The events tell an incident: a leaked access key, a new administrator, and\nStopLogging for three hours. In %d chains of digests, validate finds the gap and\nthe restart after it (chain_broken).\n\n", stopped)
	}
	fmt.Fprintf(&b, "digests    %s\n", counts("valid", r.Digests.Valid, "invalid", r.Digests.Invalid, "missing", r.Digests.Missing))
	fmt.Fprintf(&b, "log files  %s\n", counts("valid", r.LogFiles.Valid, "invalid", r.LogFiles.Invalid, "missing", r.LogFiles.Missing, "unlisted", r.LogFiles.Unlisted, "pending", r.LogFiles.Pending))
	word := s.bad(strings.ToUpper(string(r.Result)))
	if r.Result == verdict.Pass {
		word = s.good("PASS")
	}
	fmt.Fprintf(&b, "result     %s\n\n", word)
	fmt.Fprintf(&b, "Report:  %s\nBucket:  %s\n", web.Visible(html), web.Visible(d.Source))
	fmt.Fprintf(&b, "Try:     trailseal validate %s \\\n           --public-keys %s \\\n           --home %s\n",
		web.Visible(app.Quote(d.Source)), web.Visible(app.Quote(d.KeysFile)), web.Visible(app.Quote(filepath.Dir(html))))
	_, err := io.WriteString(w, b.String())
	return err
}
