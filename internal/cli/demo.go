package cli

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/verdict"
	"github.com/trailseal/trailseal/internal/web"
)

func (g *global) demo() *cobra.Command {
	var seed uint64
	var days int
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Try it all on a generated, spoiled organization; no AWS needed",
		Long: `Demo generates 14 days (--days) of an organization's CloudTrail bucket (3
accounts, 4 regions, signed digests), spoils it in four places, validates it,
ingests it, asks for every change to production, tells an incident from the
events, and runs every detection over them. It exits with 0 when it has found
what it spoiled and who did it.

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
			found := filepath.Join(g.home, "detections.html")
			if err := exported(found, func(w io.Writer) error { return g.exportBacktest(w, ".html", d.Detected, nil) }); err != nil {
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
			if err := checkStory(d); err != nil {
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

// checkStory holds what the questions found against what was made.
func checkStory(d app.Demo) error {
	if got, want := d.Ingested.Events, int64(d.Truth.Events); got == 0 || got > want {
		return fmt.Errorf("demo: %d events are in the lake, and %d were made", got, want)
	}
	in := d.Truth.Incident
	if in == nil {
		return nil
	}
	if d.Story == nil || d.Story.Stop.Actor.Session.AccessKeyID != in.CreatedAccessKeyID {
		return fmt.Errorf("demo: the access key that stopped the logging is not found")
	}
	if !slices.ContainsFunc(d.Story.Maker.Actors, func(a app.Actor) bool { return a.Session.AccessKeyID == in.AccessKeyID }) {
		return fmt.Errorf("demo: the leaked access key behind it is not found")
	}
	if !slices.Contains(d.Stopped, d.Story.Stop.EventID) {
		return fmt.Errorf("demo: no detection finds that the logging was stopped")
	}
	return nil
}

// tellDetected says what detections found in the lake.
func tellDetected(b *strings.Builder, r app.BacktestReport, s style) {
	fmt.Fprintf(b, "Asked: which high-risk events are there? %d detections ran over %d events.\n", len(r.Detections)+len(r.Silent), r.Records)
	for _, severity := range finding.Severities {
		var list []string
		n := int64(0)
		for _, d := range r.Detections {
			if d.Severity == severity {
				list = append(list, fmt.Sprintf("%s %d", d.Detection, d.Matches))
				n += d.Matches
			}
		}
		if n > 0 {
			fmt.Fprintf(b, "  %-8s %d: %s\n", s.severity(severity), n, wrap(strings.Join(list, ", "), 62, "           "))
		}
	}
	b.WriteByte('\n')
}

// tellStory tells what the lake knows of the incident.
func tellStory(b *strings.Builder, d app.Demo, s style) {
	fmt.Fprintf(b, "Ingested %d events of %d log files: one row each, %d of them verified.\n\n", d.Ingested.Events, d.Ingested.Files.Read, verifiedFiles(d))
	t := d.Story
	if t == nil {
		return
	}
	var kinds []any
	for _, k := range slices.Sorted(maps.Keys(t.MadeBy)) {
		kinds = append(kinds, k, int(t.MadeBy[k]))
	}
	fmt.Fprintf(b, "Asked: every change to production (account %s) in the period.\n  %d changes by %s\n\n", t.Account, t.Changes, wrap(counts(kinds...), 66, "  "))
	fmt.Fprintf(b, "Asked: who stopped the logging?\n  %s %s %s from %s\n", t.Stop.Time.Format(time.RFC3339), t.Stop.Action, s.bad(string(t.Stop.Effect)), web.Visible(t.Stop.SourceIP))
	if t.Stop.Change.From != nil && t.Stop.Change.To != nil {
		fmt.Fprintf(b, "  no logging until %s\n", t.Stop.Change.To.Format(time.RFC3339))
	}
	fmt.Fprintf(b, "  by %s %s, access key %s\n\n", t.Stop.Actor.State, web.Visible(t.Stop.Actor.Name), web.Visible(t.Stop.Actor.Session.AccessKeyID))
	fmt.Fprintf(b, "Asked: what else did that key do, and where did it come from?\n")
	for _, e := range t.Case.Timeline {
		fmt.Fprintf(b, "  %s  %s\n", e.Time.Format("01-02 15:04:05"), wrap(web.Visible(e.Who.Name+": "+e.Action+" "+e.Target), 62, "                  "))
	}
	b.WriteByte('\n')
}

// verifiedFiles counts the log files that were taken in as verified.
func verifiedFiles(d app.Demo) int64 { return d.Ingested.States["verified"] }

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
		fmt.Fprintf(&b, "The events tell an incident: a leaked access key, a new administrator, and\nStopLogging for four hours. In %d chains of digests, validate finds the gap and\nthe restart after it (chain_broken).\n\n", stopped)
	}
	fmt.Fprintf(&b, "digests    %s\n", counts("valid", r.Digests.Valid, "invalid", r.Digests.Invalid, "missing", r.Digests.Missing))
	fmt.Fprintf(&b, "log files  %s\n", counts("valid", r.LogFiles.Valid, "invalid", r.LogFiles.Invalid, "missing", r.LogFiles.Missing, "unlisted", r.LogFiles.Unlisted, "pending", r.LogFiles.Pending))
	word := s.bad(strings.ToUpper(string(r.Result)))
	if r.Result == verdict.Pass {
		word = s.good("PASS")
	}
	fmt.Fprintf(&b, "result     %s\n\n", word)
	tellStory(&b, d, s)
	tellDetected(&b, d.Detected, s)
	fmt.Fprintf(&b, "Report:  %s\nAlarms:  %s\nBucket:  %s\n", web.Visible(html), web.Visible(filepath.Join(filepath.Dir(html), "detections.html")), web.Visible(d.Source))
	home := web.Visible(app.Quote(filepath.Dir(html)))
	fmt.Fprintf(&b, "Try:     trailseal validate %s \\\n           --public-keys %s \\\n           --home %s\n",
		web.Visible(app.Quote(d.Source)), web.Visible(app.Quote(d.KeysFile)), home)
	if d.Story != nil {
		fmt.Fprintf(&b, "         trailseal query --saved changes-to-production \\\n           --param accounts=%s --home %s\n         trailseal changes list --home %s\n         trailseal detect backtest --home %s\n", d.Story.Account, home, home, home)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
