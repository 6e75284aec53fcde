package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/validate"
	"github.com/trailseal/trailseal/internal/verdict"
	"github.com/trailseal/trailseal/internal/web"
)

func (g *global) validate() *cobra.Command {
	var q app.ValidateRequest
	var exports []string
	var under float64
	cmd := &cobra.Command{
		Use:   "validate SOURCE",
		Short: "Prove digests, chains and log files whole",
		Long: `Validate finds every account, region, trail and organization below SOURCE and
checks every digest, every chain of digests and every log file.

SOURCE is s3://bucket[/prefix] or a folder as "aws s3 sync" or "trailseal
mirror" leaves it.

A second run reads only what is new or changed; the ledger (--home) remembers
the rest. Without --from and --to the period is as long as there are digests.

Exit codes: 0 all assertions hold; 1 something is missing, changed or not
vouched for; 2 something could not be read, or there is nothing; 3 error;
4 credentials or permission; 64 usage; 130 interrupted.`,
		Example: `  trailseal validate s3://my-trail-bucket --period 2026-Q3
  trailseal validate ./mirror --offline --public-keys keys.json
  trailseal validate s3://my-trail-bucket --account 111122223333 -o json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("validate takes one SOURCE, got %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Source, q.Accounts, q.Regions = args[0], g.accounts, g.regions
			var err error
			if q.From, q.To, err = g.span(); err != nil {
				return err
			}
			if err := checkExports(exports); err != nil {
				return err
			}
			if under < 0 || under > 100 {
				return usage("--fail-under %g: want a percentage, 0 to 100", under)
			}
			var p validate.Progress
			stop := g.progress(cmd.Context(), &p)
			rep, err := g.app().Validate(cmd.Context(), q, &p)
			stop()
			if rep.Result == "" {
				return err
			}
			if werr := g.export(rep, exports); werr != nil {
				return werr
			}
			if err != nil {
				// Nothing was found. The report says so too, where a program reads it.
				if g.output == "json" {
					f := classify(err)
					f.report(io.Discard, g.env.Stderr, "")
					if werr := g.writeReport(cmd.OutOrStdout(), rep, g.output); werr != nil {
						return werr
					}
					return &failure{code: f.code}
				}
				return err
			}
			if err := g.writeReport(cmd.OutOrStdout(), rep, g.output); err != nil {
				return err
			}
			if err := verdictExit(rep.Result); err != nil {
				return err
			}
			return failUnder(rep.Coverage, under, cmd.Flags().Changed("fail-under"))
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&q.Trails, "trail", nil, "only these trails, by exact name")
	f.StringVar(&q.Logs, "logs", "all", "log files to read: all, sample=N (of each account and region) or none")
	f.StringVar(&q.Seed, "sample-seed", "", "seed of the sample, to draw the same one again (default: by chance)")
	f.StringVar(&q.PublicKeys, "public-keys", "", "file as `aws cloudtrail list-public-keys` prints it, instead of asking AWS")
	f.Lookup("public-keys").Usage = "`FILE` as \"aws cloudtrail list-public-keys\" prints it, instead of asking AWS"
	f.BoolVar(&q.Full, "full", false, "read everything again")
	f.StringArrayVar(&exports, "export", nil, "also write the report to `FILE`: .html, .json, .jsonl or .csv")
	f.Float64Var(&under, "fail-under", 0, "fail when an account and region has less than this percentage of its hours verified")
	return cmd
}

func failUnder(all []verdict.Coverage, under float64, asked bool) error {
	if !asked {
		return nil
	}
	for _, c := range all {
		if c.Percent < under {
			return &failure{code: exitFailed, err: fmt.Errorf("coverage of %s %s is %s, under %g%%", c.Account, c.Region, percent(c), under),
				hint: "trailseal coverage --by hour --account " + c.Account + " --region " + c.Region}
		}
	}
	return nil
}

func checkExports(paths []string) error {
	for _, p := range paths {
		switch filepath.Ext(p) {
		case ".html", ".json", ".jsonl", ".csv":
		default:
			return usage("--export %q: want a name that ends in .html, .json, .jsonl or .csv", p)
		}
		if info, err := os.Stat(filepath.Dir(p)); err != nil || !info.IsDir() {
			return usage("--export %q: there is no folder %q", p, filepath.Dir(p))
		}
	}
	return nil
}

// export writes the report to files, each all or nothing.
func (g *global) export(rep verdict.Report, paths []string) error {
	for _, p := range paths {
		err := writeFile(p, func(w io.Writer) error {
			return g.writeReport(w, rep, strings.TrimPrefix(filepath.Ext(p), "."))
		})
		if err != nil {
			return fmt.Errorf("export %q: %w", p, err)
		}
	}
	return nil
}

// writeFile writes a file beside its place and moves it there once it is whole.
func writeFile(path string, write func(io.Writer) error) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".trailseal-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	if err := write(tmp); err != nil {
		return err
	}
	if err := tmp.Chmod(0o644); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

func (g *global) writeReport(w io.Writer, rep verdict.Report, format string) error {
	switch format {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(rep)
	case "jsonl":
		return writeLines(w, rep)
	case "csv":
		return writeReportCSV(w, rep)
	case "html":
		return web.Report(w, rep, web.ReportOptions{Generated: g.env.Now().UTC().Truncate(time.Second), Version: Version()})
	}
	return writeText(w, rep, g.style(w))
}

// line is one line of -o jsonl: what stands in the report's lists, one by one, and then the report without them.
func writeLines(w io.Writer, rep verdict.Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	put := func(kind string, v any) error {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		head := fmt.Sprintf(`{"type":%q`, kind)
		if len(b) > 2 {
			head += ","
		}
		_, err = fmt.Fprintf(w, "%s%s\n", head, b[1:])
		return err
	}
	for _, c := range rep.Chains {
		if err := put("chain", c); err != nil {
			return err
		}
	}
	for _, c := range rep.Coverage {
		if err := put("coverage", c); err != nil {
			return err
		}
	}
	for _, x := range rep.Gaps {
		if err := put("gap", x); err != nil {
			return err
		}
	}
	for _, x := range rep.Faults {
		if err := put("fault", x); err != nil {
			return err
		}
	}
	for _, key := range rep.Unsealed {
		if err := put("unsealed", struct {
			Key string `json:"key"`
		}{key}); err != nil {
			return err
		}
	}
	rep.Chains, rep.Coverage, rep.Gaps, rep.Faults, rep.Unsealed = nil, nil, nil, nil, nil
	return put("report", rep)
}
