package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/config"
	"github.com/trailseal/trailseal/internal/period"
)

// Env is what a command sees of the world.
type Env struct {
	Args           []string // without the program's name
	Stdin          io.Reader
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

	configPath string
	file       config.File       // what stands in the configuration file
	origin     map[string]string // of each flag's value: flag, environment, file or default
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
		told := f.told
		f = classify(ctx.Err())
		f.told = told
		if !goesOn(cmd) {
			f.err = errors.New("interrupted")
		}
	}
	if f.code == exitUsage && f.hint == "" && cmd != nil {
		f.hint = cmd.CommandPath() + " --help"
	}
	format := g.output
	if f.code == exitUsage {
		format = typedOutput(env) // the flags may not have been read to their end
	}
	f.report(env.Stdout, env.Stderr, format)
	return f.code
}

// goesOn reports whether a command that was interrupted goes on from there when it is given again. Others begin anew.
func goesOn(cmd *cobra.Command) bool {
	switch cmd.Name() {
	case "validate", "mirror", "ingest", "deliver", "apply":
		return true
	case "watch":
		return cmd.Flags().Lookup("stdin").Value.String() != "true"
	}
	return false
}

// typedOutput is the output that was asked for by the words of a command that could not be understood.
func typedOutput(env Env) string {
	out := env.Getenv("TRAILSEAL_OUTPUT")
	for i, a := range env.Args {
		switch {
		case a == "--":
			return out
		case (a == "-o" || a == "--output") && i+1 < len(env.Args):
			out = env.Args[i+1]
		case strings.HasPrefix(a, "--output="):
			out = strings.TrimPrefix(a, "--output=")
		case strings.HasPrefix(a, "-o") && len(a) > 2:
			out = strings.TrimPrefix(strings.TrimPrefix(a, "-o"), "=")
		}
	}
	return out
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
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return g.settle(cmd)
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%w", err) })
	f := root.PersistentFlags()
	f.StringVar(&g.home, "home", "", "`FOLDER` of the ledger (default: XDG data folder)")
	f.StringVar(&g.from, "from", "", "start of the period: a `TIME` with its zone, or a date")
	f.StringVar(&g.to, "to", "", "end of the period: a `TIME`, a date (its end), or now")
	f.StringVar(&g.period, "period", "", "period by `NAME`: 2026, 2026-Q1, 2026-03, last-90d or FROM..TO")
	f.StringSliceVar(&g.accounts, "account", nil, "only these accounts, by `NUMBER`")
	f.StringSliceVar(&g.regions, "region", nil, "only these regions, by `NAME`")
	f.StringVarP(&g.output, "output", "o", "table", "`FORMAT`: table, json, jsonl or csv")
	f.StringVar(&g.profile, "profile", "", "AWS profile, by `NAME`")
	f.StringVar(&g.roleName, "role-name", "", "IAM `ROLE` to assume for every call: its name in your own account, or its ARN")
	f.StringVar(&g.externalID, "external-id", "", "external `ID` for the role")
	f.StringVar(&g.endpointURL, "endpoint-url", "", "AWS endpoint, for tests and S3-compatible stores (`URL`)")
	f.IntVar(&g.maxParallel, "max-parallel", 0, "read `N` objects at once (default: what suits the source)")
	f.BoolVar(&g.offline, "offline", false, "make no network call")
	f.BoolVarP(&g.quiet, "quiet", "q", false, "print results and errors only")
	f.BoolVarP(&g.verbose, "verbose", "v", false, "print what is being done")
	f.StringVar(&g.logFormat, "log-format", "text", "`FORMAT` of log lines on stderr: text or json")
	f.BoolVar(&g.noColor, "no-color", false, "no colour (as NO_COLOR does)")
	f.BoolVar(&g.noProgress, "no-progress", false, "no progress bar")
	f.StringVar(&g.config, "config", "", "configuration `FILE` (default: trailseal/config.yaml in the XDG config folder)")
	f.BoolVar(&g.yes, "yes", false, "answer yes to every question")
	root.AddCommand(g.demo(), g.validate(), g.coverage(), g.mirror(), g.ingest(), g.query(), g.investigate(), g.changes(), g.detect(), g.alerts(), g.watch(), g.setup(), g.configure(), g.lake(), g.version())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd("completion")
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Args, c.RunE = knownCommand, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
	root.SetUsageTemplate(narrow(root.UsageTemplate()))
	return root
}

// narrow makes cobra's template fit a terminal of 80 columns.
func narrow(template string) string {
	return strings.NewReplacer(
		".LocalFlags.FlagUsages ", ".LocalFlags.FlagUsagesWrapped 80 ",
		".InheritedFlags.FlagUsages ", ".InheritedFlags.FlagUsagesWrapped 80 ",
		`Use "{{.CommandPath}} [command] --help" for more information about a command.`, `More: {{.CommandPath}} [command] --help`,
	).Replace(template)
}

// knownCommand refuses a word where a command belongs.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	f := failure{code: exitUsage, err: fmt.Errorf("%s has no command %q", cmd.CommandPath(), args[0])}
	if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
		f.hint = cmd.CommandPath() + " " + like[0] + " --help"
	}
	return &f
}

// settle fills the flags that were not typed from the environment and the configuration file, and checks them.
func (g *global) settle(cmd *cobra.Command) error {
	if err := g.load(cmd); err != nil {
		return err
	}
	if g.env.Getenv("NO_COLOR") != "" || g.env.Getenv("TERM") == "dumb" {
		g.noColor = true
	}
	g.noProgress = g.noProgress || g.env.Getenv("TERM") == "dumb"
	if allowed := outputs(cmd); !slices.Contains(allowed, g.output) {
		bad := g.output
		g.output = "table"
		if g.origin["output"] != "flag" { // it was set for all commands
			allowed = everyOutput()
		}
		if !slices.Contains(allowed, bad) || g.origin["output"] == "flag" {
			return usage("--output %q: want one of %s", bad, strings.Join(allowed, ", "))
		}
	}
	if g.logFormat != "text" && g.logFormat != "json" {
		return usage("--log-format %q: want text or json", g.logFormat)
	}
	if g.maxParallel < 0 || g.maxParallel > 4096 {
		return usage("--max-parallel %d: want 1 to 4096", g.maxParallel)
	}
	if g.period != "" && (g.from != "" || g.to != "" && !strings.HasPrefix(g.to, "s3://")) {
		return usage("--period %q goes without --from and --to", g.period)
	}
	return nil
}

// outputs are the formats of a command.
func outputs(cmd *cobra.Command) []string {
	if s := cmd.Annotations["output"]; s != "" {
		return strings.Split(s, ",")
	}
	return everyOutput()
}

func everyOutput() []string { return []string{"table", "json", "jsonl", "csv"} }

// load gives each flag that was not typed the value of the environment, or else of the configuration file.
func (g *global) load(cmd *cobra.Command) error {
	path, file, err := g.settings(cmd)
	if err != nil {
		return err
	}
	g.configPath, g.file = path, file
	known := flagNames(cmd.Root())
	for _, name := range slices.Sorted(maps.Keys(file.Flags)) {
		if !known[name] || name == "config" || name == "help" {
			like := ""
			if near := config.Nearest(name, append(slices.Collect(maps.Keys(known)), "alerts", "suppressions")); near != "" {
				like = fmt.Sprintf("; did you mean %q?", near)
			}
			return usage("configuration file %s:%d: unknown setting %q%s", path, file.Lines[name], name, like)
		}
	}
	g.origin = map[string]string{}
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		g.origin[f.Name] = "default"
		if f.Changed {
			g.origin[f.Name] = "flag"
		}
		if f.Changed || failed != nil || f.Name == "config" || f.Name == "help" {
			return
		}
		from := envName(f.Name)
		value, kind := g.env.Getenv(from), "environment"
		if value == "" {
			value, from, kind = file.Flags[f.Name], fmt.Sprintf("configuration file %s:%d", path, file.Lines[f.Name]), "file"
		}
		if value == "" {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			failed = usage("%s: --%s cannot be %q", from, f.Name, value)
		}
		g.origin[f.Name] = kind
	})
	return failed
}

// envName is the environment variable that stands for a flag.
func envName(flag string) string {
	return "TRAILSEAL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// settings reads the configuration file: the one that is named, or the one below XDG where there is one.
func (g *global) settings(cmd *cobra.Command) (path string, read config.File, err error) {
	path, named := g.config, cmd.Flags().Changed("config")
	if !named {
		if path = g.env.Getenv("TRAILSEAL_CONFIG"); path != "" {
			named = true
		} else if dir := configHome(g.env.Getenv); dir != "" {
			path = filepath.Join(dir, "trailseal", "config.yaml")
		}
	}
	if path == "" {
		return "", read, nil
	}
	text, err := readBounded(path)
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		if !named && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) {
			return path, read, nil
		}
		return path, read, &failure{code: exitUsage, err: fmt.Errorf("configuration file %q: %w", path, p.Err), hint: "ls -l " + app.Quote(path)}
	}
	if err == nil {
		read, err = config.Parse(path, text)
	}
	if err != nil {
		return path, read, &failure{code: exitUsage, err: fmt.Errorf("configuration file %w", err), hint: "trailseal config --help"}
	}
	return path, read, nil
}

// readBounded reads a configuration file; of one that is too long it reads as much as shows that.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 2<<20))
}

func flagNames(cmd *cobra.Command) map[string]bool {
	names := map[string]bool{}
	see := func(f *pflag.Flag) { names[f.Name] = true }
	cmd.PersistentFlags().VisitAll(see)
	for _, c := range cmd.Commands() {
		c.Flags().VisitAll(see)
		maps.Copy(names, flagNames(c))
	}
	return names
}

// homeFolder is where the ledger is.
func (g *global) homeFolder() (string, error) {
	if g.home != "" {
		return g.home, nil
	}
	return dataHome(g.env.Getenv)
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

func (g *global) app() (*app.App, error) {
	home, err := g.homeFolder()
	if err != nil {
		return nil, err
	}
	return app.New(app.Config{
		Home: home, Offline: g.offline, MaxParallel: g.maxParallel,
		Profile: g.profile, Role: g.roleName, ExternalID: g.externalID, EndpointURL: g.endpointURL,
		Now: g.env.Now, Log: g.logger(),
	}), nil
}

func (g *global) logger() *slog.Logger {
	level := slog.LevelInfo
	switch {
	case g.quiet:
		level = slog.LevelError
	case g.verbose:
		level = slog.LevelDebug
	}
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, x slog.Attr) slog.Attr {
		if len(groups) == 0 && x.Key == slog.TimeKey {
			x.Value = slog.TimeValue(x.Value.Time().UTC())
		}
		return x
	}}
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
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "trailseal", Version())
			return err
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
