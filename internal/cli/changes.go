package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/verdict"
	"github.com/trailseal/trailseal/internal/web"
)

func (g *global) changes() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "changes",
		Short: "List, and explain, every change to the logging itself",
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(g.changesList(), g.changesExplain())
	return cmd
}

func (g *global) changesList() *cobra.Command {
	var q asking
	var r app.ChangesRequest
	var open bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List every event that touched the logging, with its effect",
		Long: `List shows every event of the period that touched the logging itself: trails and
their selectors, the log bucket and its policy, its key, the log group, metric
filters, alarms and topics, AWS Config, GuardDuty, Security Hub, and trusted
access of the organization; each with who did it and what it did to coverage.

What serves the logging is learned from signed digests, which name their bucket,
from CreateTrail, UpdateTrail and their like, and from the flags below.

Exit codes: 0; 1 with --fail-on-unexplained, when a change that succeeded and
has an effect is not explained; 2 the lake holds no events of the period.`,
		Example: `  trailseal changes list --period 2026-Q3
  trailseal changes list --bucket my-trail-bucket -o csv`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if r.QueryRequest, err = q.request(g); err != nil {
				return err
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			rep, err := a.ChangesToLogging(cmd.Context(), r)
			if err != nil {
				return err
			}
			if err := g.writeChanges(cmd.OutOrStdout(), rep); err != nil {
				return err
			}
			if rep.Basis.Events == 0 {
				return &failure{code: exitIncomplete, told: true, err: fmt.Errorf("the lake holds no events of the period"), hint: "trailseal lake stats" + g.sameHome()}
			}
			if open {
				for _, c := range rep.Rows {
					if c.Succeeded && c.Effect != "none" && len(c.Explanations) == 0 {
						return &failure{code: exitFailed, told: true, err: fmt.Errorf("%s of %s is not explained", c.Action, stamp(c.Time)),
							hint: fmt.Sprintf("trailseal changes explain %s --reason … --ticket … --reviewer …%s", app.Quote(c.EventID), g.sameHome())}
					}
				}
			}
			return nil
		},
	}
	q.flags(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&r.Buckets, "bucket", nil, "a log bucket, by `NAME`")
	f.StringSliceVar(&r.Keys, "key", nil, "a KMS key of the logs: `ID` or ARN")
	f.StringSliceVar(&r.LogGroups, "log-group", nil, "a log group of the trail: `NAME` or ARN")
	f.StringSliceVar(&r.Alarms, "alarm", nil, "an alarm on the logs: `NAME` or ARN")
	f.StringSliceVar(&r.Topics, "topic", nil, "a topic of the alarms: `ARN` or name")
	f.BoolVar(&open, "fail-on-unexplained", false, "exit with 1 when a change with an effect is not explained")
	return cmd
}

func (g *global) writeChanges(w io.Writer, rep app.ChangeReport) error {
	switch g.output {
	case "json":
		return writeJSON(w, rep)
	case "jsonl", "csv":
		_, err := g.writeRows(w, changeRows(rep))
		return err
	}
	s := g.style(w)
	var b strings.Builder
	for _, c := range rep.Rows {
		word := s.bad(string(c.Effect))
		switch {
		case !c.Succeeded:
			word = s.odd("failed: " + c.ErrorCode)
		case c.Effect == "none":
			word = string(c.Effect)
		}
		fmt.Fprintf(&b, "%s  %s  %s %s  %s\n", stamp(c.Time), web.Visible(c.Action), web.Visible(c.Account), web.Visible(c.Region), web.Visible(word))
		fmt.Fprintf(&b, "  %s\n", wrapLong(web.Visible(c.What), 76, "  "))
		for _, d := range c.Details {
			fmt.Fprintf(&b, "  %s\n", wrapLong(web.Visible(d), 76, "  "))
		}
		if c.Change.From != nil {
			until := "no event says that it was started again"
			if c.Change.To != nil {
				until = "until " + stamp(*c.Change.To)
			}
			fmt.Fprintf(&b, "  no logging from %s %s\n", stamp(*c.Change.From), until)
		}
		fmt.Fprintf(&b, "  by %s %s (%s) from %s\n", c.Actor.State, web.Visible(c.Actor.Name), c.Actor.Confidence, web.Visible(c.SourceIP))
		fmt.Fprintf(&b, "  event %s, %s, %s\n", web.Visible(c.EventID), c.Severity, strings.Join(c.Criteria, " "))
		if !c.Sure {
			fmt.Fprintf(&b, "  nothing says for certain that this %s serves the logging\n", c.Watched)
		}
		if len(c.Explanations) == 0 {
			if c.Succeeded && c.Effect != "none" {
				fmt.Fprintf(&b, "  %s\n", s.odd("not explained"))
			}
			b.WriteByte('\n')
			continue
		}
		x := c.Explanations[len(c.Explanations)-1]
		fmt.Fprintf(&b, "  explained: %s (%s, %s, %s)\n\n", wrapLong(web.Visible(x.Reason), 60, "  "), web.Visible(x.Ticket), web.Visible(x.Reviewer), stamp(x.Made))
	}
	if len(rep.Rows) == 0 {
		b.WriteString("no event of the period touched the logging\n\n")
	}
	for _, x := range rep.Gaps {
		fmt.Fprintf(&b, "%s  %s: %s\n", s.odd("note"), x.Kind, wrapLong(web.Visible(x.Detail), 70-len(x.Kind), "      "))
	}
	fmt.Fprintf(&b, "\n%s", caseBasis(rep.Basis, int64(len(rep.Rows)), s))
	_, err := io.WriteString(w, b.String())
	return err
}

func changeRows(rep app.ChangeReport) answer.Result {
	names := []string{"time", "event_id", "account", "region", "action", "watched", "resource", "what", "succeeded", "error_code", "effect", "stopped_from", "stopped_to",
		"severity", "criteria", "actor", "actor_state", "confidence", "source_ip", "log_state", "reason", "ticket", "reviewer"}
	r := answer.Result{}
	for _, n := range names {
		r.Columns = append(r.Columns, answer.Column{Name: n})
	}
	moment := func(t *time.Time) any {
		if t == nil {
			return nil
		}
		return *t
	}
	r.Rows = func(yield func([]any, error) bool) {
		for _, c := range rep.Rows {
			var x verdict.Explanation
			if n := len(c.Explanations); n > 0 {
				x = c.Explanations[n-1]
			}
			row := []any{c.Time, c.EventID, c.Account, c.Region, c.Action, string(c.Watched), c.Resource, c.What, c.Succeeded, c.ErrorCode, string(c.Effect),
				moment(c.Change.From), moment(c.Change.To), string(c.Severity), strings.Join(c.Criteria, " "), c.Actor.Name, string(c.Actor.State), string(c.Actor.Confidence),
				c.SourceIP, c.LogState, x.Reason, x.Ticket, x.Reviewer}
			if !yield(row, nil) {
				return
			}
		}
	}
	return r
}

func (g *global) changesExplain() *cobra.Command {
	var x verdict.Explanation
	cmd := &cobra.Command{
		Use:   "explain EVENT-ID",
		Short: "Record why a change to the logging was made; append-only",
		Long: `Explain records what a person says of an event that changed the logging. It is
kept for ever, beside what was said before; the newest counts.`,
		Example: `  trailseal changes explain 4f2b7f0a-5c1d-4e0a-9a53-0d6b8e6b3f10 \
      --reason "key rotation" --ticket SEC-412 --reviewer mo@example.com`,
		Annotations: map[string]string{"output": "table"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("explain takes one EVENT-ID, got %s", words(len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			x.Event = args[0]
			for name, v := range map[string]string{"--reason": x.Reason, "--ticket": x.Ticket, "--reviewer": x.Reviewer} {
				if strings.TrimSpace(v) == "" {
					return usage("explain needs --reason, --ticket and --reviewer; %s is missing", name)
				}
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			if err := a.ExplainChange(cmd.Context(), x); err != nil {
				return err
			}
			g.logger().Info("explained", "event", x.Event)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&x.Reason, "reason", "", "why, in `WORDS`")
	f.StringVar(&x.Ticket, "ticket", "", "`NUMBER` of the ticket")
	f.StringVar(&x.Reviewer, "reviewer", "", "`NAME` of who looked at it")
	return cmd
}
