package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
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
				return usage("validate takes one SOURCE, got %s", words(len(args)))
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
			if cmd.Flags().Changed("fail-under") && q.Logs != "all" {
				return usage("--fail-under goes with --logs all: hours whose log files are not read are not verified")
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			var p app.Progress
			stop := g.progress(cmd.Context(), &p, "looking for accounts and regions")
			rep, err := a.Validate(cmd.Context(), q, &p)
			stop()
			if err != nil && !errors.Is(err, app.ErrNothing) {
				return err
			}
			// What was found is told, whatever becomes of the exported files.
			exported := g.export(rep, exports)
			if err != nil && g.output != "json" {
				return err
			}
			if err := g.writeReport(cmd.OutOrStdout(), rep, g.output); err != nil {
				return err
			}
			if err := cmp.Or(err, exported); err != nil {
				return toldOf(err)
			}
			g.keyHint(rep, args[0])
			low := g.failUnder(rep.Coverage, under, cmd.Flags().Changed("fail-under"))
			if low != nil && rep.Result != verdict.Incomplete {
				return low
			}
			return verdictExit(rep.Result)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&q.Trails, "trail", nil, "only these trails, by exact `NAME`")
	f.StringVar(&q.Logs, "logs", "all", "`WHICH` log files to read: all, sample=N (of each account and region) or none")
	f.StringVar(&q.Seed, "sample-seed", "", "draw the same sample for the same `WORD` (default: by chance)")
	f.StringVar(&q.PublicKeys, "public-keys", "", "`FILE` as \"aws cloudtrail list-public-keys\" prints it, instead of asking AWS")
	f.StringVar(&q.Bucket, "bucket", "", "`NAME` of the bucket that a folder must be a copy of (default: as its digests say)")
	f.BoolVar(&q.Full, "full", false, "read everything again")
	f.StringArrayVar(&exports, "export", nil, "also write the report to `FILE`: .html, .json, .jsonl or .csv")
	f.Float64Var(&under, "fail-under", 0, "fail when less than `PERCENT` of the hours that are verified, invalid or an unexplained gap is verified")
	return cmd
}

// words counts what was typed.
func words(n int) string {
	if n == 1 {
		return "1 word"
	}
	return fmt.Sprintf("%d words", n)
}

// keyHint says how to get public keys that could not be looked up.
func (g *global) keyHint(rep verdict.Report, source string) {
	regions := map[string]bool{}
	for _, f := range rep.Faults {
		if f.Kind == integrity.KeyUnknown && f.Severity == integrity.Unknown {
			regions[f.Region] = true
		}
	}
	if len(regions) == 0 || g.quiet {
		return
	}
	list, end := "aws cloudtrail list-public-keys --region %s --start-time %s --end-time %s", ""
	names := slices.Sorted(maps.Keys(regions))
	if len(names) > 1 {
		list, end = "for r in %s; do aws cloudtrail list-public-keys --region $r --start-time %s --end-time %s", "; done"
	}
	list = fmt.Sprintf(list, strings.Join(names, " "), stamp(rep.From), stamp(rep.To.Add(2*time.Hour)))
	fmt.Fprintf(g.env.Stderr, "trailseal: hint: %s%s > keys.json   # then: trailseal validate %s --public-keys keys.json%s\n",
		list, end, web.Visible(app.Quote(source)), g.sameHome())
}

// sameHome is the flag that a command in a hint needs to look at the same ledger.
func (g *global) sameHome() string {
	if g.home == "" {
		return ""
	}
	return " --home " + app.Quote(g.home)
}

func (g *global) failUnder(all []verdict.Coverage, under float64, asked bool) error {
	if !asked {
		return nil
	}
	for _, c := range all {
		if c.Percent < under {
			return &failure{code: exitFailed, told: true, err: fmt.Errorf("coverage of %s %s is %s, under %g%%", c.Account, c.Region, percent(c), under),
				hint: "trailseal coverage --by hour --account " + c.Account + " --region " + c.Region + g.sameHome()}
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
		dir := filepath.Dir(p)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return &failure{code: exitUsage, err: fmt.Errorf("--export %q: there is no folder %q", p, dir), hint: "mkdir -p " + app.Quote(dir)}
		}
		// Better now than after hours of reading.
		probe, err := os.CreateTemp(dir, ".trailseal-*")
		if err != nil {
			return app.Output(p, err)
		}
		probe.Close()
		os.Remove(probe.Name())
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
			return app.Output(p, err)
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
	put := func(kind string, v any) error {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			return err
		}
		b := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
		head := fmt.Sprintf(`{"type":%q`, kind)
		if len(b) > 2 {
			head += ","
		}
		_, err := fmt.Fprintf(w, "%s%s\n", head, b[1:])
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
