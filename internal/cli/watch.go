package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/web"
)

func (g *global) watch() *cobra.Command {
	var q app.WatchRequest
	var stdin bool
	cmd := &cobra.Command{
		Use:   "watch SOURCE | --stdin",
		Short: "Follow new log files, detect, and tell people",
		Long: `Watch follows the log files of SOURCE (s3://bucket[/prefix] or a folder) as they
are delivered, runs every detection over them, and tells the sinks of the
configuration. It goes on until it is interrupted, and the same command goes on
from there; the first time it begins now, or at --from. With --queue it hears of
new files from S3's event notifications; without, it lists.

An alert is told at once, as pending, and again as verified when a digest that
AWS signed lists the very bytes that were read. What was found, and what is to
be told, is on disk before anybody is told: see "trailseal alerts".

--stdin reads CloudWatch Logs subscription payloads and records, one a line, in
the place of log files; nothing can be proven of those.

Each new alert is told on stdout, with -o jsonl as a line; on stderr where a
sink of kind stdout writes its own lines there. A log file that appears later
than two days after the day in its name is heard of by --queue only. How far was
read is known by --home and SOURCE: who runs other detections over the same
source beside these names another --home.

Exit codes: 0 with --once or at the end of stdin; 2 something could not be read;
3 error; 4 credentials or permission; 64 usage; 130 interrupted.`,
		Example: `  trailseal watch s3://my-trail-bucket
  trailseal watch s3://my-trail-bucket --once        # from cron
  trailseal watch s3://my-trail-bucket \
      --queue https://sqs.eu-west-1.amazonaws.com/111122223333/trail-news`,
		Annotations: map[string]string{"output": "table,jsonl"},
		Args: func(_ *cobra.Command, args []string) error {
			if stdin && len(args) > 0 || !stdin && len(args) != 1 {
				return usage("watch takes one SOURCE, or --stdin; got %s", words(len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if q.From, _, err = g.span(); err != nil {
				return err
			}
			if g.to != "" || g.period != "" {
				return usage("watch goes on: it takes --from, and no end")
			}
			if stdin && (q.Queue != "" || q.Once || !q.From.IsZero()) {
				return usage("--stdin goes without --queue, --once and --from")
			}
			if q.Prove < 0 || q.Prove > 0 && q.Prove < time.Minute {
				return usage("--prove %s: want 1m or more, or 0 for never", q.Prove)
			}
			if stdin {
				q.Stdin = g.env.Stdin
			} else {
				q.Source = args[0]
			}
			q.Accounts, q.Regions, q.Alerts, q.Suppressions = g.accounts, g.regions, g.file.Alerts, g.file.Suppressions
			a, err := g.app()
			if err != nil {
				return err
			}
			if len(q.Alerts.Sinks) == 0 && !g.quiet {
				fmt.Fprintln(g.env.Stderr, "trailseal: no sinks are configured: alerts are kept, and told here only")
				fmt.Fprintln(g.env.Stderr, "trailseal: hint: trailseal config --help")
			}
			for _, x := range g.file.Warnings {
				fmt.Fprintf(g.env.Stderr, "trailseal: warning: %s\n", web.Visible(x))
			}
			w := g.beside(cmd)
			s := g.style(w)
			done, err := a.Watch(cmd.Context(), q, func(x app.Alert) error {
				if g.output == "jsonl" {
					line, err := json.Marshal(x)
					if err != nil {
						return err
					}
					_, err = fmt.Fprintf(w, "%s\n", line)
					return err
				}
				_, err := fmt.Fprintf(w, "%s  %s  %s  %s\n  %s\n", stamp(x.First), x.ID, s.severity(x.Severity), wrapLong(web.Visible(x.Title), 42-len(x.Severity), "  "),
					wrapLong(web.Visible(fmt.Sprintf("%s in %s by %s", x.Detection, orNone(x.Account), who(x))), 76, "    "))
				return err
			})
			if !g.quiet && (err == nil || done.Files > 0) {
				fmt.Fprintln(g.env.Stderr, watchedText(done))
			}
			if err == nil && done.Malformed+done.Unreadable > 0 {
				err = &failure{code: exitIncomplete}
			}
			return err
		},
	}
	ruleFlags(cmd, &q.RuleRequest)
	f := cmd.Flags()
	f.StringSliceVar(&q.IDs, "detection", nil, "only these detections, by `ID` or glob")
	f.StringVar(&q.Queue, "queue", "", "`URL` of the SQS queue that S3 tells of new files")
	f.BoolVar(&stdin, "stdin", false, "read CloudWatch Logs payloads and records from standard input")
	f.BoolVar(&q.Once, "once", false, "look once, tell, and end")
	f.DurationVar(&q.Prove, "prove", time.Hour, "look at digests this often, to mark alerts verified: `TIME`; 0: never")
	f.StringVar(&q.PublicKeys, "public-keys", "", "`FILE` of public keys, as \"aws cloudtrail list-public-keys\" prints them")
	return cmd
}

func watchedText(d app.Watched) string {
	var b strings.Builder
	fmt.Fprintf(&b, "trailseal: %s; ", counts("log files", d.Files, "records", d.Records, "matches", d.Matches, "suppressed", d.Suppressed))
	fmt.Fprintf(&b, "%s", counts("new alerts", d.Opened, "without a route", d.NoRoute, "malformed records", d.Malformed, "unreadable", d.Unreadable, "deliveries", d.Delivered, "failed attempts", d.Undelivered))
	return b.String()
}
