package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/detect"
	"github.com/trailseal/trailseal/internal/event"
)

const workers = 2

// figures are what a child process prints.
type figures struct {
	Events  int64 `json:"events"`
	Matches int64 `json:"matches"`
}

// cost is what a child process took.
type cost struct {
	wall, cpu time.Duration
	rss       int64 // bytes, the most
}

func (c cost) String() string {
	return fmt.Sprintf("%.3f s wall, %.2f s CPU, %d MiB", c.wall.Seconds(), c.cpu.Seconds(), c.rss>>20)
}

// backtest measures backtests and floors in turn, and the memory of a backtest of a quarter of the files.
func backtest(ctx context.Context, o options) error {
	// The collector is set as for ingest: a backtest holds little, and makes much garbage.
	if err := errors.Join(os.Setenv("GOGC", "400"), os.Setenv("GOMEMLIMIT", "500MiB")); err != nil {
		return err
	}
	var ours, floors, small []cost
	var f figures
	for n := range o.rounds {
		for _, way := range []struct {
			command string
			part    int
			costs   *[]cost
		}{{"floor-once", 1, &floors}, {"backtest-once", 1, &ours}, {"backtest-once", 4, &small}} {
			c, out, err := child(ctx, o, way.command, way.part)
			if err != nil {
				return err
			}
			*way.costs = append(*way.costs, c)
			if way.part == 1 {
				f = out
			}
		}
		fmt.Printf("round %d: floor %v; backtest %v; a quarter %v\n", n+1, floors[n], ours[n], small[n])
	}
	best, floor, quarter := least(ours), least(floors), least(small)
	fmt.Printf("%d events, %d matches, %d workers: backtest %v; floor %v: %.2f × the floor by the best, %.2f by the medians (wanted 1.3); of its CPU %.2f by the least\n",
		f.Events, f.Matches, workers, best, floor, best.wall.Seconds()/floor.wall.Seconds(), median(ours).Seconds()/median(floors).Seconds(), leastCPU(ours).Seconds()/leastCPU(floors).Seconds())
	fmt.Printf("most memory: %d MiB, for a quarter of the files %d MiB\n", best.rss>>20, quarter.rss>>20)
	return nil
}

// least is the shortest, with the most memory of all.
func least(all []cost) cost {
	out := slices.MinFunc(all, func(a, b cost) int { return int(a.wall - b.wall) })
	for _, c := range all {
		out.rss = max(out.rss, c.rss)
	}
	return out
}

// leastCPU says most where other programs run beside.
func leastCPU(all []cost) time.Duration {
	return slices.MinFunc(all, func(a, b cost) int { return int(a.cpu - b.cpu) }).cpu
}

func median(all []cost) time.Duration {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b cost) int { return int(a.wall - b.wall) })
	return sorted[len(sorted)/2].wall
}

// child runs this program again.
func child(ctx context.Context, o options, command string, part int) (cost, figures, error) {
	self, err := os.Executable()
	if err != nil {
		return cost{}, figures{}, err
	}
	cmd := exec.CommandContext(ctx, self, command, "-sigma", o.sigma, "-part", strconv.Itoa(part), filepath.Dir(o.tree))
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	begun := time.Now()
	err = cmd.Run()
	c := cost{wall: time.Since(begun)}
	if err != nil {
		return c, figures{}, errors.Join(fmt.Errorf("%s: %w", command, err), errors.New(said.String()))
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.rss = u.Maxrss << 10
	}
	var f figures
	return c, f, json.Unmarshal(out.Bytes(), &f)
}

// tree is the log files of a folder as a backtest's source.
type tree []string

func (t tree) Files(context.Context) iter.Seq2[detect.File, error] {
	return func(yield func(detect.File, error) bool) {
		for _, name := range t {
			f := detect.File{Source: name, Open: func(context.Context) (detect.Content, error) {
				data, err := whole(name)
				return detect.Content{Place: detect.Place{Source: name}, Data: data}, err
			}}
			if !yield(f, nil) {
				return
			}
		}
	}
}

// once is a backtest of the whole catalog and the Sigma rules, whose matches are written as -o jsonl does.
func once(ctx context.Context, o options) error {
	own, foreign, err := o.detections()
	if err != nil {
		return err
	}
	set, err := detect.Compile(slices.Concat(own, foreign), nil)
	if err != nil {
		return err
	}
	names, err := o.logs()
	if err != nil {
		return err
	}
	lines := json.NewEncoder(io.Discard)
	r, err := detect.Backtest(ctx, detect.Options{Source: tree(names), Set: set, Parallel: workers, Match: func(h detect.Hit) error { return lines.Encode(h.Match) }})
	if err != nil {
		return err
	}
	if !r.Whole() {
		return fmt.Errorf("%d records malformed, %d files unreadable", r.Malformed, r.Unreadable)
	}
	return json.NewEncoder(os.Stdout).Encode(figures{r.Records, r.Matches})
}

// floor inflates and parses the same files with the code that ingest uses.
func floor(ctx context.Context, o options) error {
	names, err := o.logs()
	if err != nil {
		return err
	}
	var events, next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range workers {
		g.Go(func() error {
			var parser event.Parser
			var rec event.Record
			for {
				n := next.Add(1) - 1
				if n >= int64(len(names)) || ctx.Err() != nil {
					return ctx.Err()
				}
				data, err := whole(names[n])
				if err != nil {
					return err
				}
				for item, err := range parser.Records(data, &rec) {
					if err != nil || !item.Parsed {
						return fmt.Errorf("%s: record %d is not as CloudTrail writes it: %w", names[n], item.Number, err)
					}
					events.Add(1)
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(figures{Events: events.Load()})
}
