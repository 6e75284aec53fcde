package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/web"
)

func (g *global) alerts() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "alerts",
		Short: "List, show, acknowledge and close alerts, and who was told",
		Long: `Alerts are what "trailseal watch" found and told people of. They, every attempt
to tell somebody, and every decision about them are kept for ever in alerts.db
below --home: that record is audit evidence.`,
		Args: knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(g.alertsList(), g.alertsShow(), g.alertsDecide("ack", "Acknowledge an alert: somebody looks after it", (*app.App).AckAlert),
		g.alertsDecide("close", "Close an alert: it is dealt with", (*app.App).CloseAlert), g.alertsTest(), g.alertsDeliver(), g.alertsRetry(), g.alertsDeliveries())
	return cmd
}

func (g *global) alertsList() *cobra.Command {
	var f app.AlertFilter
	var severity string
	var status []string
	var suppressed, tests, dead bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List alerts, the newest first",
		Long: `List shows the alerts with an event in the period, the newest first, and how
many deliveries each has had. Suppressed alerts are listed and marked;
--suppressed lists only them. --dead lists the deliveries that were given up.

Exit codes: 0; 2 nothing was ever watched; 3 error; 64 usage.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if f.From, f.To, err = g.span(); err != nil {
				return err
			}
			if severity != "" {
				if f.Severity, err = finding.ParseSeverity(severity); err != nil {
					return usage("--severity: %w", err)
				}
			}
			for _, s := range status {
				switch v := finding.Status(s); v {
				case finding.Open, finding.Acknowledged, finding.Closed:
					f.Status = append(f.Status, v)
				default:
					return usage("--status %q: want open, acknowledged or closed", s)
				}
			}
			f.Accounts, f.Regions = g.accounts, g.regions
			if suppressed {
				f.Suppressed = &suppressed
			}
			f.Test = &tests
			if f.Limit < 0 {
				return usage("--limit %d: want a number, 0 for all", f.Limit)
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			if dead {
				if len(status)+len(f.Regions) > 0 || suppressed || tests || !f.From.IsZero() || !f.To.IsZero() {
					return usage("--dead goes with --severity, --detection and --account only")
				}
				all, err := a.DeadAlerts(cmd.Context(), f)
				if err != nil {
					return err
				}
				return g.writeDeliveries(cmd.OutOrStdout(), all)
			}
			most := f.Limit
			if most > 0 {
				f.Limit++ // whether there are more
			}
			list, err := a.Alerts(cmd.Context(), f)
			if err != nil {
				return err
			}
			more := most > 0 && len(list) > most
			if more {
				list = list[:most]
			}
			if err := g.writeAlerts(cmd.OutOrStdout(), list); err != nil {
				return err
			}
			if more && !g.quiet {
				fmt.Fprintf(g.env.Stderr, "trailseal: there are more than these %d alerts; --limit 0 lists all\n", most)
			}
			return nil
		},
	}
	fl := cmd.Flags()
	fl.StringSliceVar(&status, "status", nil, "only these: `open`, acknowledged or closed")
	fl.StringVar(&severity, "severity", "", "only of this `SEVERITY` or a worse one")
	fl.StringVar(&f.Detection, "detection", "", "only of this detection, by `ID` or glob")
	fl.IntVar(&f.Limit, "limit", 100, "the newest `N`; 0: all")
	fl.BoolVar(&suppressed, "suppressed", false, "only what nobody is told of")
	fl.BoolVar(&tests, "tests", false, "only alerts of \"alerts test\"")
	fl.BoolVar(&dead, "dead", false, "list deliveries that were given up")
	return cmd
}

func (g *global) writeAlerts(w io.Writer, list []app.AlertItem) error {
	switch g.output {
	case "json":
		return writeJSON(w, list)
	case "jsonl", "csv":
		out := answer.Result{}
		for _, n := range []string{"id", "status", "severity", "detection", "account", "regions", "principal", "behind", "count", "first_event", "last_event", "verified",
			"suppressed_why", "delivered", "pending", "dead", "no_route", "title", "opened"} {
			out.Columns = append(out.Columns, answer.Column{Name: n})
		}
		out.Rows = func(yield func([]any, error) bool) {
			for _, x := range list {
				why := ""
				if x.Suppressed != nil {
					why = x.Suppressed.Why
				}
				row := []any{x.ID, string(x.Status), string(x.Severity), x.Detection, x.Account, strings.Join(x.Regions, " "), x.Actor.Principal, x.Actor.Behind, int64(x.Count),
					x.First, x.Last, string(x.Verified), why, int64(x.Told.Delivered), int64(x.Told.Pending), int64(x.Told.Dead), x.Told.NoRoute, x.Title, x.Opened}
				if !yield(row, nil) {
					return
				}
			}
		}
		_, err := g.writeRows(w, out)
		return err
	}
	s := g.style(w)
	var b strings.Builder
	for _, x := range list {
		state := string(x.Status)
		if x.Suppressed != nil {
			state = "suppressed"
		}
		fmt.Fprintf(&b, "%s  %s  %s  %s\n", x.ID, s.severity(x.Severity), state, web.Visible(x.Title))
		fmt.Fprintf(&b, "  %s in %s, %s\n", many(x.Count, "match"), web.Visible(orNone(x.Account)), eventSpan(x.Alert))
		fmt.Fprintf(&b, "  by %s\n", wrapLong(web.Visible(who(x.Alert)), 74, "     "))
		fmt.Fprintf(&b, "  %s, log files %s, told: %s\n\n", web.Visible(x.Detection), x.Verified, toldText(x.Told, s))
	}
	if len(list) == 0 {
		b.WriteString("no alerts\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// eventSpan is when an alert's events were.
func eventSpan(x app.Alert) string {
	if x.First.Equal(x.Last) {
		return stamp(x.First)
	}
	return stamp(x.First) + " to " + stamp(x.Last)
}

// who is who stands behind an alert, in words.
func who(x app.Alert) string {
	if x.Actor.Behind == "" {
		return orNone(x.Actor.Principal)
	}
	kind := x.Actor.Kind + " "
	if strings.HasPrefix(x.Actor.Behind, kind) { // "root of 111122223333"
		kind = ""
	}
	return fmt.Sprintf("%s%s (%s), as %s", kind, x.Actor.Behind, x.Actor.Confidence, orNone(x.Actor.Principal))
}

func toldText(t app.Told, s style) string {
	switch {
	case t.NoRoute:
		return s.odd("nobody, no route fits")
	case t.Delivered+t.Pending+t.Dead == 0:
		return "nobody"
	}
	text := fmt.Sprintf("%d delivered", t.Delivered)
	if t.Pending > 0 {
		text += fmt.Sprintf(", %d pending", t.Pending)
	}
	if t.Dead > 0 {
		text += ", " + s.bad(fmt.Sprintf("%d given up", t.Dead))
	}
	return text
}

func (s style) severity(v finding.Severity) string {
	switch v {
	case finding.Critical, finding.High:
		return s.bad(string(v))
	case finding.Medium:
		return s.odd(string(v))
	}
	return string(v)
}

func (g *global) alertsShow() *cobra.Command {
	return &cobra.Command{
		Use:         "show ID",
		Short:       "Show an alert: events, actor, what was around it, who was told",
		Annotations: map[string]string{"output": "table,json"},
		Args:        oneID("show"),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := g.app()
			if err != nil {
				return err
			}
			d, err := a.Alert(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			if g.output == "json" {
				return writeJSON(w, d)
			}
			_, err = io.WriteString(w, alertText(d, g.style(w)))
			return err
		},
	}
}

// oneID wants one word, the ID of an alert.
func oneID(command string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 || args[0] == "" {
			return usage("%s takes the ID of one alert, got %s", command, words(len(args)))
		}
		return nil
	}
}

// alertText is an alert for a person at a terminal of 80 columns.
func alertText(d app.AlertDetail, s style) string {
	x := d.Alert
	if d.Since != nil {
		x.Actor, x.Around, x.AroundGap = d.Since.Actor, d.Since.Around, strings.Join(append([]string{"as the lake has it now"}, d.Since.Gaps...), "; ")
	}
	var b strings.Builder
	test := ""
	if x.Test {
		test = "  (a test: nothing happened)"
	}
	fmt.Fprintf(&b, "%s  %s  %s%s\n%s\n%s\n\n", x.ID, s.severity(x.Severity), x.Status, test, web.Visible(x.Title), wrap(web.Visible(x.What), 78, ""))
	fmt.Fprintf(&b, "detection  %s\ncriteria   %s\naccount    %s, %s\nmatches    %d, %s\nlog files  %s\n", web.Visible(x.Detection), wrap(strings.Join(x.Criteria, " "), 67, "           "),
		web.Visible(orNone(x.Account)), web.Visible(strings.Join(x.Regions, " ")), x.Count, eventSpan(x), x.Verified)
	if x.Link != "" {
		fmt.Fprintf(&b, "link       %s\n", web.Visible(x.Link))
	}
	if p := x.Suppressed; p != nil {
		fmt.Fprintf(&b, "suppressed until %s by %s: %s\n", stamp(p.Until), web.Visible(p.Who), wrapLong(web.Visible(p.Why), 60, "           "))
	}
	fmt.Fprintf(&b, "\nwho\n  %s\n", wrapLong(web.Visible(who(x)), 76, "    "))
	for _, c := range x.Actor.Chain {
		fmt.Fprintf(&b, "  %s\n", wrapLong(web.Visible(c), 76, "    "))
	}
	if x.Actor.Reason != "" {
		fmt.Fprintf(&b, "  %s\n", wrap(web.Visible(x.Actor.Reason), 76, "    "))
	}
	if len(x.Actor.IPs) > 0 {
		fmt.Fprintf(&b, "  from %s\n", wrapLong(web.Visible(strings.Join(x.Actor.IPs, ", ")), 70, "    "))
	}
	events := d.Events
	if len(events) == 0 {
		events = x.Events
	}
	writeEvents(&b, "events", events, x.Count)
	writeEvents(&b, "what the same actor did around them", x.Around, len(x.Around))
	if x.AroundGap != "" {
		fmt.Fprintf(&b, "  %s\n", wrap(web.Visible(x.AroundGap), 76, "  "))
	}
	if len(x.Steps) > 0 {
		b.WriteString("\nwhat to do\n")
	}
	for _, t := range x.Steps {
		fmt.Fprintf(&b, "  %s\n", wrap(web.Visible(t), 76, "    "))
	}
	b.WriteString("\nhistory\n")
	for _, h := range d.History {
		why := ""
		if h.Why != "" {
			why = ": " + h.Why
		}
		by := ""
		if h.By != "" {
			by = " by " + h.By
		}
		fmt.Fprintf(&b, "  %s  %s\n", stamp(h.At), wrapLong(web.Visible(h.Kind+by+why), 54, "      "))
	}
	b.WriteString("\ntold\n")
	if len(d.Deliveries) == 0 {
		b.WriteString("  nobody\n")
	}
	for _, x := range d.Deliveries {
		writeDelivery(&b, x, s)
	}
	return b.String()
}

func writeEvents(b *strings.Builder, head string, events []finding.Event, all int) {
	if len(events) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", head)
	for _, e := range events {
		failed := ""
		if e.ErrorCode != "" {
			failed = " " + e.ErrorCode
		}
		fmt.Fprintf(b, "  %s  %s\n", stamp(e.Time), wrapLong(web.Visible(e.Service+" "+e.Name+failed+" "+e.Region), 54, "      "))
		fmt.Fprintf(b, "    %s\n", wrapLong(web.Visible("event "+orNone(e.ID)+" from "+e.IP), 74, "    "))
	}
	if all > len(events) {
		fmt.Fprintf(b, "  %d more\n", all-len(events))
	}
}

func (g *global) alertsDecide(name, short string, decide func(*app.App, context.Context, string, string, string) (app.Alert, error)) *cobra.Command {
	var by, why string
	cmd := &cobra.Command{
		Use:   name + " ID",
		Short: short,
		Long: short + `. Who and
why are kept for ever; the sinks that were told of the alert are told. Delivery
is "trailseal watch"'s, or "trailseal alerts deliver"'s.`,
		Example:     fmt.Sprintf("  trailseal alerts %s k3v9q2 --why \"planned change, SEC-412\"", name),
		Annotations: map[string]string{"output": "table,json"},
		Args:        oneID(name),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(why) == "" {
				return usage("%s needs --why", name)
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			x, err := decide(a, cmd.Context(), args[0], by, why)
			if err != nil {
				return err
			}
			if g.output == "json" {
				return writeJSON(cmd.OutOrStdout(), x)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s  %s\n", x.ID, x.Status)
			return err
		},
	}
	cmd.Flags().StringVar(&why, "why", "", "the reason, in `WORDS`")
	cmd.Flags().StringVar(&by, "by", "", "`NAME` of who decides (default: who is logged in)")
	return cmd
}

// beside is where a command says what it did: not where a sink of kind stdout writes its lines.
func (g *global) beside(cmd *cobra.Command) io.Writer {
	for _, s := range g.file.Alerts.Sinks {
		if s.Kind == "stdout" {
			return g.env.Stderr
		}
	}
	return cmd.OutOrStdout()
}
