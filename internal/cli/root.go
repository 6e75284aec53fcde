package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/period"
)

// Env is what a command sees of the world.
type Env struct {
	Args           []string // without the program's name
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
}

// global holds the flags that every command has.
type global struct {
	env Env

	home, from, to, period, output, config, logFormat string
	accounts, regions                                 []string
	profile, roleName, externalID, endpointURL        string
	maxParallel                                       int
	offline, quiet, verbose, noColor, noProgress, yes bool
}

// Main runs one command and returns its exit code.
func Main(ctx context.Context, env Env) int {
	g := &global{env: env}
	root := g.root()
	root.SetArgs(env.Args)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	f := classify(err)
	if ctx.Err() != nil && f.err != nil {
		f = classify(ctx.Err())
	}
	if f.code == exitUsage && f.hint == "" && cmd != nil {
		f.hint = cmd.CommandPath() + " --help"
	}
	f.report(env.Stdout, env.Stderr, g.output)
	return f.code
}

func (g *global) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "trailseal",
		Short: "Proves AWS CloudTrail logs whole for a SOC 2 audit",
		Long: `Trailseal proves that AWS CloudTrail log files are whole: every digest, every
chain of digests and every log file, for every account and region of an
organization, over the whole audit period, hour by hour.

Start with "trailseal demo": it needs no AWS account.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return g.settle(cmd)
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%w", err) })
	f := root.PersistentFlags()
	f.StringVar(&g.home, "home", "", "folder of the ledger (default: the XDG data folder)")
	f.StringVar(&g.from, "from", "", "start of the period: a time with its zone, or a date")
	f.StringVar(&g.to, "to", "", "end of the period: a time with its zone, a date (its end), or now")
	f.StringVar(&g.period, "period", "", "the period by name: 2026, 2026-Q1, 2026-03, last-90d, FROM..TO")
	f.StringSliceVar(&g.accounts, "account", nil, "only these accounts")
	f.StringSliceVar(&g.regions, "region", nil, "only these regions")
	f.StringVarP(&g.output, "output", "o", "table", "output: table, json, jsonl or csv")
	f.StringVar(&g.profile, "profile", "", "AWS profile")
	f.StringVar(&g.roleName, "role-name", "", "IAM role to assume for every call: a name in your own account, or an ARN")
	f.StringVar(&g.externalID, "external-id", "", "external ID for the role")
	f.StringVar(&g.endpointURL, "endpoint-url", "", "AWS endpoint, for tests and S3-compatible stores")
	f.IntVar(&g.maxParallel, "max-parallel", 0, "objects read at once (default: 64 from S3, 4 from a folder)")
	f.BoolVar(&g.offline, "offline", false, "make no network call")
	f.BoolVarP(&g.quiet, "quiet", "q", false, "print results and errors only")
	f.BoolVarP(&g.verbose, "verbose", "v", false, "print what is being done")
	f.StringVar(&g.logFormat, "log-format", "text", "log lines on stderr: text or json")
	f.BoolVar(&g.noColor, "no-color", false, "no colour (as NO_COLOR does)")
	f.BoolVar(&g.noProgress, "no-progress", false, "no progress bar")
	f.StringVar(&g.config, "config", "", "configuration file (default: trailseal/config.yaml in the XDG config folder)")
	f.BoolVar(&g.yes, "yes", false, "answer yes to every question")
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(g.demo(), g.validate(), g.coverage(), g.mirror(), g.version())
	return root
}

// settle fills the flags that were not typed from the environment and the configuration file, and checks them.
func (g *global) settle(cmd *cobra.Command) error {
	if err := g.load(cmd); err != nil {
		return err
	}
	if g.env.Getenv("NO_COLOR") != "" {
		g.noColor = true
	}
	if allowed := outputs(cmd); !slices.Contains(allowed, g.output) {
		bad := g.output
		g.output = "table"
		return usage("--output %q: want one of %s", bad, strings.Join(allowed, ", "))
	}
	if g.logFormat != "text" && g.logFormat != "json" {
		return usage("--log-format %q: want text or json", g.logFormat)
	}
	if g.maxParallel < 0 || g.maxParallel > 4096 {
		return usage("--max-parallel %d: want 1 to 4096", g.maxParallel)
	}
	if g.period != "" && (g.from != "" || g.to != "") {
		return usage("--period %q goes without --from and --to", g.period)
	}
	if g.home == "" {
		home, err := dataHome(g.env.Getenv)
		if err != nil {
			return err
		}
		g.home = home
	}
	return nil
}

// outputs are the formats of a command.
func outputs(cmd *cobra.Command) []string {
	if s := cmd.Annotations["output"]; s != "" {
		return strings.Split(s, ",")
	}
	return []string{"table", "json", "jsonl", "csv"}
}

func (g *global) load(cmd *cobra.Command) error {
	k := koanf.New("\x00")
	path, named := g.config, cmd.Flags().Changed("config")
	if !named {
		if path = g.env.Getenv("TRAILSEAL_CONFIG"); path != "" {
			named = true
		} else if dir := configHome(g.env.Getenv); dir != "" {
			path = filepath.Join(dir, "trailseal", "config.yaml")
		}
	}
	if path != "" {
		if err := k.Load(file.Provider(path), yaml.Parser()); err != nil && (named || !os.IsNotExist(err)) {
			return usage("configuration file %q: %w", path, err)
		}
	}
	for _, key := range k.Keys() {
		if f := cmd.Root().PersistentFlags().Lookup(key); f == nil || key == "config" {
			return usage("configuration file %q: unknown setting %q", path, strings.ReplaceAll(key, "\x00", "."))
		}
	}
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || failed != nil || f.Name == "config" || f.Name == "help" {
			return
		}
		name := "TRAILSEAL_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, from := g.env.Getenv(name), name
		if value == "" && k.Exists(f.Name) {
			value, from = k.String(f.Name), path
			if list := k.Strings(f.Name); len(list) > 0 {
				value = strings.Join(list, ",")
			}
		}
		if value == "" {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			failed = usage("%s: %s: %w", from, f.Name, err)
		}
	})
	return failed
}

func dataHome(getenv func(string) string) (string, error) {
	if d := getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "trailseal"), nil
	}
	if h := getenv("HOME"); h != "" {
		return filepath.Join(h, ".local", "share", "trailseal"), nil
	}
	return "", &failure{code: exitUsage, err: fmt.Errorf("no home folder is known"), hint: "trailseal validate SOURCE --home DIR"}
}

func configHome(getenv func(string) string) string {
	if d := getenv("XDG_CONFIG_HOME"); filepath.IsAbs(d) {
		return d
	}
	if h := getenv("HOME"); h != "" {
		return filepath.Join(h, ".config")
	}
	return ""
}

// span is the period that was asked for; an end that was not is zero.
func (g *global) span() (from, to time.Time, err error) {
	now := g.env.Now()
	if g.period != "" {
		if from, to, err = period.Named(g.period, now); err != nil {
			return from, to, usage("--period: %w", err)
		}
	}
	if g.from != "" {
		if from, err = period.From(g.from, now); err != nil {
			return from, to, usage("--from: %w", err)
		}
	}
	if g.to != "" {
		if to, err = period.To(g.to, now); err != nil {
			return from, to, usage("--to: %w", err)
		}
	}
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return from, to, usage("the period ends (%s) before it starts (%s)", to.Format(time.RFC3339), from.Format(time.RFC3339))
	}
	return from, to, nil
}

func (g *global) app() *app.App {
	return app.New(app.Config{
		Home: g.home, Offline: g.offline, MaxParallel: g.maxParallel,
		Profile: g.profile, Role: g.roleName, ExternalID: g.externalID, EndpointURL: g.endpointURL,
		Now: g.env.Now, Log: g.logger(),
	})
}

func (g *global) logger() *slog.Logger {
	level := slog.LevelInfo
	switch {
	case g.quiet:
		level = slog.LevelError
	case g.verbose:
		level = slog.LevelDebug
	}
	o := &slog.HandlerOptions{Level: level}
	if g.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(g.env.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(g.env.Stderr, o))
}

func (g *global) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			fmt.Fprintln(cmd.OutOrStdout(), "trailseal", Version())
			return nil
		},
	}
}

// Version is the version the binary was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = s.Value
		}
	}
	if v == "" {
		v = "(devel)"
	}
	return v
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("%s takes no argument, got %q", cmd.CommandPath(), args[0])
	}
	return nil
}
