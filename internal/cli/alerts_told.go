package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/web"
)

func writeDelivery(b *strings.Builder, x app.AlertDelivery, s style) {
	state := string(x.State)
	switch x.State {
	case app.Delivered:
		state = s.good(state)
	case app.Dead:
		state = s.bad("given up")
	}
	fmt.Fprintf(b, "  %s  %s to %s: %s\n", stamp(x.Queued), x.Kind, web.Visible(x.Sink), state)
	for _, t := range x.Attempts {
		text := fmt.Sprintf("attempt %d at %s, %d ms: %s", t.Number, stamp(t.At), t.Latency, t.Result)
		for _, more := range []string{t.Status, t.Response, t.Error} {
			if more != "" {
				text += ", " + more
			}
		}
		fmt.Fprintf(b, "    %s\n", wrapLong(web.Visible(text), 74, "      "))
	}
}

func (g *global) writeDeliveries(w io.Writer, all []app.AlertDelivery) error {
	switch g.output {
	case "json":
		return writeJSON(w, all)
	case "jsonl", "csv":
		out := answer.Result{}
		for _, n := range []string{"alert", "detection", "severity", "account", "kind", "sink", "state", "queued", "notice", "attempt", "at", "latency_ms", "result", "status", "response_id", "error", "test"} {
			out.Columns = append(out.Columns, answer.Column{Name: n})
		}
		out.Rows = func(yield func([]any, error) bool) {
			for _, x := range all {
				head := []any{x.Alert, x.Detection, string(x.Severity), x.Account, string(x.Kind), x.Sink, string(x.State), x.Queued, x.Notice}
				if len(x.Attempts) == 0 && !yield(append(head, nil, nil, nil, nil, nil, nil, nil, x.Test), nil) {
					return
				}
				for _, t := range x.Attempts {
					row := append(head[:len(head):len(head)], int64(t.Number), t.At, t.Latency, string(t.Result), t.Status, t.Response, t.Error, x.Test)
					if !yield(row, nil) {
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
	for _, x := range all {
		fmt.Fprintf(&b, "%s  %s  %s\n", x.Alert, s.severity(x.Severity), web.Visible(x.Detection))
		writeDelivery(&b, x, s)
	}
	if len(all) == 0 {
		b.WriteString("no deliveries\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (g *global) alertsTest() *cobra.Command {
	var sinks []string
	severity := string(finding.Informational)
	cmd := &cobra.Command{
		Use:   "test",
		Short: "Send a test through sinks, and record that it arrived",
		Long: `Test sends an alert marked as a test through each sink of the configuration, or
those of --sink (by name or kind), now and once, and records the answer: proof
that the way works end to end.

Exit codes: 0 every sink took it; 1 one did not; 3 error; 64 usage.`,
		Example: `  trailseal alerts test --sink slack`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v, err := finding.ParseSeverity(severity)
			if err != nil {
				return usage("--severity: %w", err)
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			all, err := a.TestAlert(cmd.Context(), g.file.Alerts, sinks, v)
			if err != nil {
				return err
			}
			if err := g.writeDeliveries(g.beside(cmd), all); err != nil {
				return err
			}
			for _, d := range all {
				if d.State != app.Delivered {
					return &failure{code: exitFailed, told: true, err: fmt.Errorf("the sink %q did not take it", d.Sink), hint: "trailseal alerts show " + d.Alert + g.sameHome()}
				}
			}
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&sinks, "sink", nil, "only these sinks, by `NAME` or kind")
	cmd.Flags().StringVar(&severity, "severity", severity, "of the test, `SEVERITY`")
	return cmd
}

func (g *global) alertsDeliver() *cobra.Command {
	return &cobra.Command{
		Use:   "deliver",
		Short: "Deliver what is queued, without watching",
		Long: `Deliver sends what is queued, and ends. "trailseal watch" does it all the time;
this is for what "alerts ack", "close" and "retry" queue while it does not run.

Exit codes: 0 nothing is left; 1 something was not taken, and waits or was given
up; 2 nothing was ever watched; 3 error; 64 usage.`,
		Annotations: map[string]string{"output": "table,json"},
		Args:        noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := g.app()
			if err != nil {
				return err
			}
			sum, err := a.DeliverAlerts(cmd.Context(), g.file.Alerts)
			if err != nil {
				return err
			}
			if g.output == "json" {
				err = writeJSON(g.beside(cmd), sum)
			} else {
				_, err = fmt.Fprintf(g.beside(cmd), "%s\n", counts("delivered", sum.Delivered, "failed attempts", sum.Failed, "given up", sum.Dead, "waiting", sum.Waiting))
			}
			if err == nil && sum.Failed+sum.Dead+sum.Waiting > 0 {
				err = &failure{code: exitFailed}
			}
			return err
		},
	}
}

func (g *global) alertsRetry() *cobra.Command {
	var by, why string
	var all bool
	cmd := &cobra.Command{
		Use:         "retry [ID]",
		Short:       "Queue deliveries again that were given up",
		Annotations: map[string]string{"output": "table"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 || all == (len(args) == 1) {
				return usage("retry takes the ID of one alert, or --all")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(why) == "" {
				return usage("retry needs --why")
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			id := ""
			if len(args) == 1 {
				id = args[0]
			}
			n, err := a.RetryAlerts(cmd.Context(), id, by, why)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d queued\n", n)
			return err
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "of every alert")
	cmd.Flags().StringVar(&why, "why", "", "the reason, in `WORDS`")
	cmd.Flags().StringVar(&by, "by", "", "`NAME` of who decides (default: who is logged in)")
	return cmd
}

func (g *global) alertsDeliveries() *cobra.Command {
	var sink string
	cmd := &cobra.Command{
		Use:   "deliveries",
		Short: "List every delivery and attempt: the record for the auditor",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, to, err := g.span()
			if err != nil {
				return err
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			if len(g.regions) > 0 {
				return usage("deliveries have no region: name the --account")
			}
			all, err := a.AlertDeliveries(cmd.Context(), app.DeliveryQuery{Sink: sink, Accounts: g.accounts, From: from, To: to})
			if err != nil {
				return err
			}
			return g.writeDeliveries(cmd.OutOrStdout(), all)
		},
	}
	cmd.Flags().StringVar(&sink, "sink", "", "only this sink, by `NAME`")
	return cmd
}
