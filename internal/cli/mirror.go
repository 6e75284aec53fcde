package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/verdict"
)

func (g *global) mirror() *cobra.Command {
	var q app.MirrorRequest
	cmd := &cobra.Command{
		Use:   "mirror s3://BUCKET[/PREFIX] DIR",
		Short: "Copy logs and digests with their metadata, and verify the copy",
		Long: `Mirror copies digests and log files into DIR in the layout of "aws s3 sync",
with each digest's object metadata in a side-car beside it, and validates the
copy account by account and region by region as it goes.

Run it again to go on, or to copy what is new. "trailseal validate DIR
--offline" then needs no network.`,
		Example: `  trailseal mirror s3://my-trail-bucket ./mirror
  trailseal validate ./mirror --offline`,
		Annotations: map[string]string{"output": "table,json"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("mirror takes a SOURCE and a DIR, got %s", words(len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Source, q.Dir, q.Accounts, q.Regions = args[0], args[1], g.accounts, g.regions
			var err error
			if q.From, q.To, err = g.span(); err != nil {
				return err
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			var p app.Progress
			stop := g.progress(cmd.Context(), &p, "looking for accounts and regions")
			log := g.logger()
			copied, rep, err := a.Mirror(cmd.Context(), q, &p, func(account, region string, r verdict.Report) {
				log.Info("copied and validated", "account", account, "region", region, "digests", r.Digests.Valid, "log_files", r.LogFiles.Valid, "faults", len(r.Faults))
			})
			stop()
			if err != nil {
				return err
			}
			if err := g.writeMirror(cmd.OutOrStdout(), copied, rep); err != nil {
				return err
			}
			g.keyHint(rep, args[1])
			return verdictExit(rep.Result)
		},
	}
	cmd.Flags().StringVar(&q.PublicKeys, "public-keys", "", "`FILE` as \"aws cloudtrail list-public-keys\" prints it, instead of asking AWS")
	return cmd
}

func (g *global) writeMirror(w io.Writer, c app.Copied, rep verdict.Report) error {
	if g.output == "json" {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			Copied app.Copied     `json:"copied"`
			Report verdict.Report `json:"report"`
		}{c, rep})
	}
	if _, err := fmt.Fprintf(w, "copied %d objects, %s; %d were there already\n\n", c.Objects, size(c.Bytes), c.Present); err != nil {
		return err
	}
	return writeText(w, rep, g.style(w))
}
