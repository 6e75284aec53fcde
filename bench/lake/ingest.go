package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/app"
)

// floors runs floor in a child.
func floors(ctx context.Context, tree string) (cost, figures, error) {
	self, err := os.Executable()
	if err != nil {
		return cost{}, figures{}, err
	}
	var out bytes.Buffer
	c, err := timed(ctx, &out, self, "floor", tree)
	if err != nil {
		return c, figures{}, err
	}
	var f figures
	return c, f, json.Unmarshal(out.Bytes(), &f)
}

// ingest runs `trailseal ingest` and the floor in turn.
func ingest(ctx context.Context, o options) error {
	dir, trailseal, err := program(ctx, o)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var below, ours costs
	var f figures
	for n := range o.rounds {
		c, figures, err := floors(ctx, o.dir)
		if err != nil {
			return err
		}
		f = figures
		below = append(below, c)
		home := filepath.Join(dir, strconv.Itoa(n))
		if c, err = once(ctx, trailseal, o.dir, home, figures.Events); err != nil {
			return err
		}
		ours = append(ours, c)
		fmt.Printf("round %d: floor %v, ingest %v\n", n+1, below[n], c)
		if n > 0 {
			if err := os.RemoveAll(home); err != nil {
				return err
			}
		}
	}
	bytes, err := size(filepath.Join(dir, "0"), ".parquet")
	if err != nil {
		return err
	}
	b := ours.best()
	fmt.Printf("%d events, %d MB of JSON, %d files\n", f.Events, f.Bytes/1e6, f.Files)
	fmt.Printf("floor   %v: %.0f events/s\n", below, float64(f.Events)/below.best().wall.Seconds())
	fmt.Printf("ingest  %v: %.0f events/s, %.0f MB/s\n", ours, float64(f.Events)/b.wall.Seconds(), float64(f.Bytes)/b.wall.Seconds()/1e6)
	fmt.Printf("ratio   %.2f of the best, %.2f of the medians (wanted at most 1.9)\n", b.wall.Seconds()/below.best().wall.Seconds(),
		ours.median().Seconds()/below.median().Seconds())
	fmt.Printf("memory  %d MiB (wanted at most 600)\n", b.rss>>20)
	fmt.Printf("lake    %d MB, 1/%.1f of the JSON (wanted 1/8)\n", bytes/1e6, float64(f.Bytes)/float64(bytes))
	return nil
}

// once takes a tree into a new lake, and looks whether all of it is there.
func once(ctx context.Context, trailseal, tree, home string, events int64) (cost, error) {
	var out bytes.Buffer
	c, err := timed(ctx, &out, trailseal, "ingest", tree, "--home", home, "-q", "-o", "json")
	if err != nil {
		return c, err
	}
	var rep struct {
		Events int64 `json:"events"`
		Faulty int64 `json:"faulty"`
	}
	if err := json.Unmarshal(out.Bytes(), &rep); err != nil {
		return c, err
	}
	if rep.Events != events || rep.Faulty != 0 {
		return c, fmt.Errorf("%d of %d events are in the lake, %d were faulty", rep.Events, events, rep.Faulty)
	}
	return c, nil
}

// memory asks whether the most memory grows with the number of files, or as they get smaller.
func memory(ctx context.Context, o options) error {
	dir, trailseal, err := program(ctx, o)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, tree := range []string{"500x2000", "10000x100"} {
		for _, half := range []bool{true, false} {
			args := []string{"ingest", filepath.Join(o.dir, tree), "-q", "-o", "json"}
			what := "all of it "
			if half {
				what = "half of it"
				args = append(args, "--to", start.AddDate(0, 0, treeDays/2).Format(time.DateOnly))
			}
			var all costs
			for n := range o.rounds {
				home := filepath.Join(dir, fmt.Sprint(tree, half, n))
				c, err := timed(ctx, io.Discard, trailseal, append(args, "--home", home)...)
				if err != nil {
					return err
				}
				all = append(all, c)
				if err := os.RemoveAll(home); err != nil {
					return err
				}
			}
			fmt.Printf("%-9s %s %v\n", tree, what, all)
		}
	}
	return nil
}

// profile takes a tree in in this process, as the command does.
func profile(ctx context.Context, o options) (err error) {
	home, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	name := filepath.Join(filepath.Dir(strings.TrimSuffix(o.dir, "/")), "ingest.pprof")
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	rep, err := app.New(app.Config{Home: home, Now: time.Now}).Ingest(ctx, app.IngestRequest{Source: o.dir}, new(app.Progress))
	if err != nil {
		return err
	}
	fmt.Printf("%d events in %.2f s; go tool pprof %s\n", rep.Events, rep.Stats.Seconds, name)
	return nil
}
