package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/receipt"
	"github.com/trailseal/trailseal/internal/web"
)

func (g *global) ingest() *cobra.Command {
	var q app.IngestRequest
	cmd := &cobra.Command{
		Use:   "ingest SOURCE",
		Short: "Take log files into the lake, for questions",
		Long: `Ingest takes the records of CloudTrail log files into the lake (--home), which
"query", "investigate" and "changes" ask.

SOURCE is s3://bucket[/prefix], a folder, or a file: a bucket as CloudTrail
fills it, or files with records in any of AWS's wrappings: {"Records": [...]},
a bare array, a record a line, the output of "aws cloudtrail lookup-events",
EventBridge events, CloudWatch Logs exports, gzipped or not.

What "trailseal validate" has proven is marked verified, the rest pending,
unlisted or failed. An event that was delivered twice is one row. A second run
takes in what is new, and marks what has been proven since. --from and --to
choose days of delivery.

Exit codes: 0 everything was taken in; 2 something could not be read, or there
is nothing; 3 error; 4 credentials or permission; 64 usage; 130 interrupted.`,
		Example: `  trailseal validate s3://my-trail-bucket
  trailseal ingest s3://my-trail-bucket --since-last
  trailseal ingest ./mirror --only-verified
  trailseal ingest events.ndjson`,
		Annotations: map[string]string{"output": "table,json"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("ingest takes one SOURCE, got %s", words(len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Source, q.Accounts, q.Regions = args[0], g.accounts, g.regions
			// The end of the period and where to copy to share a name; no time begins like a bucket.
			if strings.HasPrefix(g.to, "s3://") {
				q.Copy, g.to = g.to, ""
			}
			var err error
			if q.From, q.To, err = g.span(); err != nil {
				return err
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			var p app.Progress
			stop := g.progress(cmd.Context(), &p, "looking for log files")
			rep, err := a.Ingest(cmd.Context(), q, &p)
			stop()
			if err != nil && !errors.Is(err, app.ErrNoLogs) {
				return err
			}
			if err != nil && g.output != "json" {
				return err
			}
			if err := g.writeReceipt(cmd.OutOrStdout(), rep); err != nil {
				return err
			}
			if err != nil {
				return toldOf(err)
			}
			if f := rep.Files; q.OnlyVerified && f.Refused > 0 && f.Read+f.Known+f.Restated == 0 {
				return &failure{code: exitIncomplete, err: fmt.Errorf("no log file of %q is verified: all %d are refused", args[0], f.Refused),
					hint: "trailseal validate " + web.Visible(app.Quote(args[0])) + g.sameHome()}
			}
			if n := rep.States["pending"]; n > 0 && !g.quiet && !isFile(args[0]) {
				fmt.Fprintf(g.env.Stderr, "trailseal: hint: trailseal validate %s%s   # %d files are pending; ingest again after it\n", web.Visible(app.Quote(args[0])), g.sameHome(), n)
			}
			if rep.Files.Unreadable+rep.Files.Damaged > 0 || rep.Faulty > 0 {
				return &failure{code: exitIncomplete}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&q.OnlyVerified, "only-verified", false, "refuse log files that no valid digest vouches for")
	f.BoolVar(&q.SinceLast, "since-last", false, "list only what is newer than the newest file in the lake")
	f.StringVar(&q.Copy, "copy-to", "", "also copy the lake to `s3://BUCKET/PREFIX`, for Athena (--to s3://… does the same)")
	return cmd
}

// isFile reports whether a source is a single file, which has no digests to be validated with.
func isFile(source string) bool {
	info, err := os.Stat(source)
	return err == nil && info.Mode().IsRegular()
}

func (g *global) writeReceipt(w io.Writer, r receipt.Report) error {
	if g.output == "json" {
		return writeJSON(w, r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "files      %s\n", wide("read", int(r.Files.Read), "known", int(r.Files.Known), "restated", int(r.Files.Restated), "refused", int(r.Files.Refused),
		"unreadable", int(r.Files.Unreadable), "damaged", int(r.Files.Damaged), "no log files", int(r.Files.Other)))
	var states []any
	for _, s := range []string{"verified", "pending", "unlisted", "failed"} {
		states = append(states, s, int(r.States[s]))
	}
	fmt.Fprintf(&b, "state      %s\n", wide(states...))
	fmt.Fprintf(&b, "records    %s\n", wide("read", int(r.Records), "new", int(r.Events), "known", int(r.Known), "kept whole in raw", int(r.Odd), "faulty", int(r.Faulty), "differing under one eventID", int(r.Differ)))
	if len(r.Reasons) > 0 {
		var reasons []any
		for _, word := range slices.Sorted(maps.Keys(r.Reasons)) {
			reasons = append(reasons, word, int(r.Reasons[word]))
		}
		fmt.Fprintf(&b, "raw        %s\n", wide(reasons...))
	}
	for _, f := range r.Faults {
		place := ""
		if f.Record >= 0 {
			place = fmt.Sprintf(", record %d", f.Record)
		}
		if f.Offset >= 0 {
			place += fmt.Sprintf(", byte %d", f.Offset)
		}
		fmt.Fprintf(&b, "%s%s\n  %s\n", web.Visible(f.Key), place, wrap(web.Visible(f.Reason), 76, "  "))
	}
	for _, x := range r.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", wrap(web.Visible(x), 70, "  "))
	}
	fmt.Fprintf(&b, "lake       %s, version %d\n", web.Visible(r.Lake), r.Version)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
