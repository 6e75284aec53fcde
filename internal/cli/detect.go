package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/web"
)

func (g *global) detect() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "detect",
		Short: "Find high-risk events in history; show and test detections",
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(g.backtest(), g.detectList(), g.detectShow(), g.detectTest())
	return cmd
}

// ruleFlags are the flags that say which detections are meant.
func ruleFlags(cmd *cobra.Command, q *app.RuleRequest) {
	f := cmd.Flags()
	f.StringVar(&q.Catalog, "catalog", "", "further detections: `DIR` with .yaml files")
	f.StringVar(&q.Sigma, "sigma", "", "further detections: `DIR` with Sigma rules")
}

func (g *global) detectList() *cobra.Command {
	var q app.RuleRequest
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the detections",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := g.app()
			if err != nil {
				return err
			}
			all, err := a.Rules(q)
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			if g.output == "table" {
				ids, severities := 0, len("severity")
				for _, r := range all {
					ids, severities = max(ids, len(web.Visible(r.ID))), max(severities, len(r.Severity))
				}
				var body [][]string
				for _, r := range all {
					body = append(body, []string{web.Visible(r.ID), string(r.Severity), cut(web.Visible(r.Title), max(16, columns(w)-ids-severities-4))})
				}
				_, err := io.WriteString(w, trimLines(rows([]string{"detection", "severity", "title"}, body)))
				return err
			}
			i := 0
			out := answer.Result{}
			for _, n := range []string{"detection", "title", "severity", "language", "criteria", "attack", "alarm", "file"} {
				out.Columns = append(out.Columns, answer.Column{Name: n})
			}
			out.Rows = func(yield func([]any, error) bool) {
				for ; i < len(all); i++ {
					r := all[i]
					row := []any{r.ID, r.Title, string(r.Severity), r.Language, strings.Join(r.Criteria, " "), strings.Join(r.Attack, " "), r.Alarm, r.File}
					if !yield(row, nil) {
						return
					}
				}
			}
			_, err = g.writeRows(w, out)
			return err
		},
	}
	ruleFlags(cmd, &q)
	return cmd
}

// cut shortens a text to n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

func (g *global) detectShow() *cobra.Command {
	var q app.RuleRequest
	cmd := &cobra.Command{
		Use:   "show DETECTION",
		Short: "Show a detection: pattern, criteria, alarm, and blind spots",
		Long: `Show prints what is known of a detection: its filter pattern, the criteria it
speaks to, the CloudWatch alarm that "setup" makes of it, what to do when it
fires, and what it is known not to see.`,
		Annotations: map[string]string{"output": "table,json"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("show takes the id of a detection, got %s", words(len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := g.app()
			if err != nil {
				return err
			}
			r, err := a.Rule(q, args[0])
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			if g.output == "json" {
				return writeJSON(w, r)
			}
			_, err = io.WriteString(w, ruleText(r))
			return err
		},
	}
	ruleFlags(cmd, &q)
	return cmd
}

// ruleText is a detection for a person at a terminal of 80 columns.
func ruleText(r app.RuleInfo) string {
	var b strings.Builder
	list := func(head string, texts []string) {
		if len(texts) == 0 {
			return
		}
		fmt.Fprintf(&b, "\n%s\n", head)
		for _, t := range texts {
			fmt.Fprintf(&b, "  %s\n", wrapLong(web.Visible(t), 76, "    "))
		}
	}
	fmt.Fprintf(&b, "%s\n%s\n\n", web.Visible(r.Title), wrap(web.Visible(r.What), 78, ""))
	fmt.Fprintf(&b, "detection  %s\nseverity   %s\n", web.Visible(r.ID), r.Severity)
	if len(r.Criteria) > 0 {
		fmt.Fprintf(&b, "criteria   %s\n", wrap(web.Visible(strings.Join(r.Criteria, " ")), 67, "           "))
	}
	if len(r.Attack) > 0 {
		fmt.Fprintf(&b, "ATT&CK     %s\n", wrap(web.Visible(strings.Join(r.Attack, " ")), 67, "           "))
	}
	if r.Citation != "" {
		fmt.Fprintf(&b, "source     %s\n", wrapLong(web.Visible(r.Citation), 67, "           "))
	}
	if r.Pattern != "" {
		fmt.Fprintf(&b, "\nfilter pattern, as it is deployed\n%s\n", web.Visible(r.Pattern))
	}
	if r.OverTime != "" {
		fmt.Fprintf(&b, "\nover time\n  %s\n", wrap(web.Visible(r.OverTime), 76, "  "))
	}
	switch {
	case r.Alarm != "":
		fmt.Fprintf(&b, "\nalarm that setup makes of it\n  name       %s\n  metric     LogMetrics/%s, value 1, default 0\n  alarm      Sum over 300 s >= 1, missing data are not breaching\n", r.Alarm, r.Metric)
	case r.Language == app.Sigma:
		b.WriteString("\nno alarm: a metric filter has no Sigma; backtest and watch find it\n")
	default:
		b.WriteString("\nno alarm: a metric filter cannot say this; backtest and watch find it\n")
	}
	list("what to do", r.Steps)
	list("what it does not see", r.BlindSpots)
	list("what it also sees", r.FalseAlarms)
	list("warnings of the pattern's text", r.Warnings)
	return b.String()
}

func (g *global) detectTest() *cobra.Command {
	var q app.RuleRequest
	cmd := &cobra.Command{
		Use:   "test [DETECTION...]",
		Short: "Run the cases of detections: events that must match, and must not",
		Long: `Test runs the cases that stand in every detection: events that it must match,
and events that it must not. With --catalog it tests your own as well.

Exit codes: 0 every case holds; 1 a case does not; 3 error; 64 usage.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := g.app()
			if err != nil {
				return err
			}
			results, err := a.TestRules(q, args)
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			failed, detections := 0, map[string]bool{}
			var b strings.Builder
			for _, r := range results {
				detections[r.Detection] = true
				if !r.Held {
					failed++
				}
				if g.output == "jsonl" {
					line, err := json.Marshal(r)
					if err != nil {
						return err
					}
					fmt.Fprintf(&b, "%s\n", line)
				} else if g.output == "table" && !r.Held {
					fmt.Fprintf(&b, "%s  %s: %s\n  wanted %d, got %d %s\n", g.style(w).bad("FAIL"), web.Visible(r.Detection), web.Visible(r.Case), r.Want, r.Got, web.Visible(r.Problem))
				}
			}
			switch g.output {
			case "json":
				err = writeJSON(w, results)
			case "table":
				fmt.Fprintf(&b, "%s of %s, %d failed\n", many(len(results), "case"), many(len(detections), "detection"), failed)
				fallthrough
			default:
				_, err = io.WriteString(w, b.String())
			}
			if err == nil && failed > 0 {
				err = &failure{code: exitFailed}
			}
			return err
		},
		Annotations: map[string]string{"output": "table,json,jsonl"},
	}
	ruleFlags(cmd, &q)
	return cmd
}
