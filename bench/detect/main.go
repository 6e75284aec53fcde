// Detect measures `trailseal detect` from within, on generated events:
//
//	go run ./bench/detect rules    DIR            # events a second that rules judge on one core, parse excluded
//	go run ./bench/detect backtest DIR            # a backtest of 1,020,000 events against inflating and parsing them; memory
//
// DIR/500x2000 has the log files that `go run ./bench/lake make DIR` writes, which is run when they are not there (3
// minutes). Flags stand before the folder: -sigma is a folder of Sigma rules to run too, -rounds how often to measure.
//
// Every figure of backtest is of a child process: wall and CPU seconds, and the most memory it held; the page cache is
// warm. Figures that were measured stand in docs/performance.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/detect"
	"github.com/trailseal/trailseal/internal/sigma"
)

// options are what the flags say.
type options struct {
	tree   string
	sigma  string
	rounds int
	part   int // of the files, one of so many is read
}

func main() {
	// As cmd/trailseal does.
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.NumCPU())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	jobs := map[string]func(context.Context, options) error{"rules": rules, "backtest": backtest, "backtest-once": once, "floor-once": floor}
	if len(args) == 0 || jobs[args[0]] == nil {
		return errors.New("want rules or backtest, and a folder")
	}
	var o options
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	f.StringVar(&o.sigma, "sigma", "", "a folder of Sigma rules")
	f.IntVar(&o.rounds, "rounds", 5, "how often to measure")
	f.IntVar(&o.part, "part", 1, "read one of so many files")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	if f.NArg() != 1 || o.part < 1 || o.rounds < 1 {
		return errors.New("want one folder, and numbers above 0")
	}
	o.tree = filepath.Join(f.Arg(0), "500x2000")
	if _, err := os.Stat(filepath.Join(o.tree, "done")); errors.Is(err, fs.ErrNotExist) {
		cmd := exec.CommandContext(ctx, "go", "run", "./bench/lake", "make", f.Arg(0))
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("make events: %w", err)
		}
	}
	return jobs[args[0]](ctx, o)
}

// logs are the log files of the tree that are to be read.
func (o options) logs() ([]string, error) {
	var names []string
	err := filepath.WalkDir(o.tree, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && filepath.Ext(path) == ".gz" {
			names = append(names, path)
		}
		return err
	})
	var out []string
	for i := 0; i < len(names); i += o.part {
		out = append(out, names[i])
	}
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("no log files below %q", o.tree)
	}
	return out, err
}

// detections are the rules of the catalog, the benchmark's fifteen first, and the Sigma rules.
func (o options) detections() (own, foreign []detect.Rule, err error) {
	all, err := catalog.Detections()
	if err != nil {
		return nil, nil, err
	}
	isOwn := func(d catalog.Detection) int {
		if len(d.ID) > 4 && d.ID[:4] == "cis-" {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b catalog.Detection) int { return isOwn(a) - isOwn(b) })
	for _, d := range all {
		own = append(own, detect.OfDetection(d))
	}
	if o.sigma == "" {
		return own, nil, nil
	}
	loaded, err := sigma.Load(os.DirFS(o.sigma))
	if err != nil {
		return nil, nil, err
	}
	for _, r := range loaded {
		foreign = append(foreign, detect.OfSigma(r))
	}
	return own, foreign, nil
}
