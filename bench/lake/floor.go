package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/inflate"
)

// figures are what floor prints.
type figures struct {
	Files   int     `json:"files"`
	Events  int64   `json:"events"`
	Bytes   int64   `json:"bytes"` // of JSON
	Seconds float64 `json:"seconds"`
	PerSec  float64 `json:"events_per_second"`
	MBPer   float64 `json:"mb_per_second"`
}

// floor inflates, hashes and parses a tree with the code that ingest uses, by two workers.
func floor(ctx context.Context, o options) error {
	begun := time.Now()
	names, err := logs(o.dir)
	if err != nil {
		return err
	}
	work := make(chan string)
	var events, size atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(work)
		for _, n := range names {
			select {
			case work <- n:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range 2 {
		g.Go(func() error {
			var parser event.Parser
			var rec event.Record
			for name := range work {
				data, err := whole(name)
				if err != nil {
					return err
				}
				size.Add(int64(len(data)))
				for item, err := range parser.Records(data, &rec) {
					if err != nil {
						return err
					}
					if !item.Parsed {
						return fmt.Errorf("%s: record %d is not as CloudTrail writes it", name, item.Number)
					}
					events.Add(1)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	s := time.Since(begun).Seconds()
	return json.NewEncoder(os.Stdout).Encode(figures{len(names), events.Load(), size.Load(), s, float64(events.Load()) / s, float64(size.Load()) / s / 1e6})
}

// whole is what a log file holds.
func whole(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	data, _, err := inflate.Bytes(f, info.Size(), 64<<20)
	return data, err
}

// logs are the log files of a tree.
func logs(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && filepath.Ext(path) == ".gz" {
			names = append(names, path)
		}
		return err
	})
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("no log files below %q", dir)
	}
	return names, err
}
