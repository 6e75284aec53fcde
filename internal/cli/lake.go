package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/web"
)

func (g *global) lake() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lake",
		Short: "Show, compact or shorten the lake",
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(g.lakeStats(), g.lakeCompact(), g.lakeExpire())
	return cmd
}

func (g *global) lakeStats() *cobra.Command {
	return &cobra.Command{
		Use:         "stats",
		Short:       "Show what the lake holds",
		Annotations: map[string]string{"output": "table,json"},
		Args:        noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := g.app()
			if err != nil {
				return err
			}
			s, err := a.LakeStats(cmd.Context())
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			if g.output == "json" {
				return writeJSON(w, s)
			}
			var b strings.Builder
			fmt.Fprintf(&b, "lake       %s, version %d\n", web.Visible(s.Dir), s.Version)
			fmt.Fprintf(&b, "events     %d, %s to %s\n", s.Events, stamp(s.From), stamp(s.To))
			var states []any
			for _, name := range []string{"verified", "pending", "unlisted", "failed"} {
				states = append(states, name, int(s.ByState[name]))
			}
			fmt.Fprintf(&b, "state      %s\n", wide(states...))
			fmt.Fprintf(&b, "accounts   %s\n", wrapLong(web.Visible(strings.Join(s.Accounts, ", ")), 69, "           "))
			fmt.Fprintf(&b, "regions    %s\n", wrapLong(web.Visible(strings.Join(s.Regions, ", ")), 69, "           "))
			fmt.Fprintf(&b, "files      %d in %d partitions, %s\n", s.Parts, s.Partitions, size(s.Bytes))
			fmt.Fprintf(&b, "log files  %d, %s of JSON", s.LogFiles, size(s.Inflated))
			if s.Bytes > 0 {
				fmt.Fprintf(&b, " (%.1f times the lake)", float64(s.Inflated)/float64(s.Bytes))
			}
			fmt.Fprintf(&b, "\nodd        %d records kept whole in raw, %d faults\n", s.Odd, s.Faults)
			_, err = io.WriteString(w, b.String())
			return err
		},
	}
}

func (g *global) lakeCompact() *cobra.Command {
	return &cobra.Command{
		Use:   "compact",
		Short: "Join the small files of each account, region and day",
		Long: `Compact joins small Parquet files of the same account, region and day. No event
changes. Ingest does it by itself where a day has four files or more.`,
		Annotations: map[string]string{"output": "table,json"},
		Args:        noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := g.app()
			if err != nil {
				return err
			}
			c, err := a.Compact(cmd.Context())
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			if g.output == "json" {
				return writeJSON(w, c)
			}
			_, err = fmt.Fprintf(w, "partitions %d\nfiles      %d before, %d after\nbytes      %s before, %s after\n",
				c.Partitions, c.PartsBefore, c.PartsAfter, size(c.BytesBefore), size(c.BytesAfter))
			return err
		},
	}
}

var days = regexp.MustCompile(`^([0-9]{1,5})d$`)

func (g *global) lakeExpire() *cobra.Command {
	var keep string
	cmd := &cobra.Command{
		Use:   "expire --keep 400d",
		Short: "Remove events older than so many days, after asking",
		Long: `Expire removes the events of days that lie longer ago than --keep from the lake,
after asking. It removes Parquet files of the lake and nothing else: log files,
the ledger, reports and evidence stay. Log files that were taken in stay known,
and are not taken in again.`,
		Example:     `  trailseal lake expire --keep 400d`,
		Annotations: map[string]string{"output": "table,json"},
		Args:        noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m := days.FindStringSubmatch(keep)
			if m == nil {
				return usage("--keep %q: want a number of days, such as 400d", keep)
			}
			n, err := strconv.Atoi(m[1])
			if err != nil || n < 1 {
				return usage("--keep %q: want 1d or more", keep)
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			x, err := a.Expire(cmd.Context(), time.Duration(n)*24*time.Hour, func(x app.Expiry) (bool, error) {
				return g.confirm(cmd.Context(), fmt.Sprintf("Remove %d events of days before %s (%d files, %s)?", x.Events, x.Before.Format(time.DateOnly), x.Parts, size(x.Bytes)), "trailseal lake expire … --yes")
			})
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			switch {
			case g.output == "json":
				return writeJSON(w, x)
			case x.Parts == 0:
				_, err = fmt.Fprintf(w, "no events are of days before %s\n", x.Before.Format(time.DateOnly))
			case !x.Removed:
				_, err = fmt.Fprintln(w, "nothing was removed")
			default:
				_, err = fmt.Fprintf(w, "removed %d events in %d files\n", x.Events, x.Parts)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&keep, "keep", "", "keep this many `DAYS`, as in 400d")
	return cmd
}

// confirm asks a person. Without a terminal only --yes is an answer; hint says how to give it.
func (g *global) confirm(ctx context.Context, question, hint string) (bool, error) {
	if g.yes {
		return true, nil
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return false, &failure{code: exitUsage, err: fmt.Errorf("%s there is no terminal to ask on", question), hint: hint}
	}
	fmt.Fprintf(g.env.Stderr, "%s [y/N] ", question)
	line, err := bufio.NewReader(interruptible{ctx, os.Stdin}).ReadString('\n')
	if err != nil && err != io.EOF {
		return false, err
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}
