package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/lake"
)

const (
	organization = "o-4f9k2xq7ma"
	treeDays     = 34
	treeEvents   = 1020000
	yearEvents   = 10000000
)

// late is how long after its event a record is delivered at the most.
const late = 10 * time.Minute

// makeTrees writes the same events twice, in large files and in small ones.
func makeTrees(ctx context.Context, o options) error {
	if o.events == 0 {
		o.events = treeEvents
	}
	all, err := templates(ctx, treeShape)
	if err != nil {
		return err
	}
	perDay := max(20, o.events/(len(treeShape.places())*treeDays)/20*20)
	for name, files := range map[string]int{"500x2000": 1, "10000x100": 20} {
		dir := filepath.Join(o.dir, name)
		if _, err := os.Stat(filepath.Join(dir, "done")); err == nil {
			continue
		}
		var events, raw, packed atomic.Int64
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(runtime.NumCPU())
		for _, at := range treeShape.places() {
			m := newMaker(all, treeShape, at)
			for day := range treeDays {
				g.Go(func() error {
					if gctx.Err() != nil {
						return gctx.Err()
					}
					return m.day(dir, at, day, perDay, files, func(n, inflated, size int) {
						events.Add(int64(n))
						raw.Add(int64(inflated))
						packed.Add(int64(size))
					})
				})
			}
		}
		if err := g.Wait(); err != nil {
			return err
		}
		fmt.Printf("%s: %d events, %d MB of JSON, %d bytes each, %d MB gzipped\n", name, events.Load(), raw.Load()/1e6, raw.Load()/events.Load(), packed.Load()/1e6)
		if err := os.WriteFile(filepath.Join(dir, "done"), nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// day writes what is delivered on one day in some files: what happened until ten minutes before its end.
func (m maker) day(dir string, at place, day, events, files int, wrote func(events, inflated, size int)) error {
	from := start.AddDate(0, 0, day).Add(-late)
	step := 24 * time.Hour / time.Duration(events)
	var body []byte
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped) // its default level is 6
	for f := range files {
		body = append(body[:0], `{"Records":[`...)
		first, last := f*events/files, (f+1)*events/files
		for i := first; i < last; i++ {
			if i > first {
				body = append(body, ',')
			}
			body = m.append(body, day, i, from.Add(time.Duration(i)*step))
		}
		body = append(body, "]}"...)
		zipped.Reset()
		z.Reset(&zipped)
		if _, err := z.Write(body); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		delivered := from.Add(time.Duration(last)*step + late/2)
		key := fmt.Sprintf("AWSLogs/%s/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_%s.json.gz", organization, at.account, at.region,
			delivered.Format("2006/01/02"), at.account, at.region, delivered.Format("20060102T1504Z"), appendKey(nil, mix(m.seed+uint64(day*1000+f))))
		name := filepath.Join(dir, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, zipped.Bytes(), 0o644); err != nil {
			return err
		}
		wrote(last-first, len(body), zipped.Len())
	}
	return nil
}

// makeLakes writes two lakes without log files: lake10 is a year, lake1 a tenth of it, and their days are equally full.
func makeLakes(ctx context.Context, o options) error {
	if o.events == 0 {
		o.events = yearEvents
	}
	all, err := templates(ctx, yearShape)
	if err != nil {
		return err
	}
	perDay := o.events / (365 * len(yearShape.places()))
	for name, days := range map[string]int{"lake10": 365, "lake1": 37} {
		home := filepath.Join(o.dir, name)
		if _, err := os.Stat(filepath.Join(home, "done")); err == nil {
			continue
		}
		begun := time.Now()
		if err := makeLake(ctx, home, all, days, perDay); err != nil {
			return err
		}
		fmt.Printf("%s: %d partitions of %d events, %.0f s\n", name, days*len(yearShape.places()), perDay, time.Since(begun).Seconds())
		if err := os.WriteFile(filepath.Join(home, "done"), nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func makeLake(ctx context.Context, home string, all map[place][]template, days, perDay int) error {
	if err := os.RemoveAll(home); err != nil {
		return err
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	l, err := lake.Open(ctx, home)
	if err != nil {
		return err
	}
	defer l.Close()
	load, err := l.Begin(ctx)
	if err != nil {
		return err
	}
	defer load.Close()
	for day := range days {
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(runtime.NumCPU())
		for _, at := range yearShape.places() {
			g.Go(func() error {
				rows, err := newMaker(all, yearShape, at).rows(at, day, perDay)
				if err != nil {
					return err
				}
				_, err = load.Write(gctx, rows)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		if err := load.Commit(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// rows are the events of one partition.
func (m maker) rows(at place, day, events int) (*event.Rows, error) {
	from := start.AddDate(0, 0, day)
	step := 24 * time.Hour / time.Duration(events)
	rows := &event.Rows{Place: event.Place{Account: at.account, Region: at.region, Date: from.Format(time.DateOnly)}}
	file := &event.File{
		Key:    fmt.Sprintf("AWSLogs/%s/%s/CloudTrail/%s/%s/made.json.gz", organization, at.account, at.region, from.Format("2006/01/02")),
		SHA256: strings.Repeat("0", 64), State: event.Verified, Digest: "made",
	}
	var parser event.Parser
	var rec event.Record
	for i := range events {
		raw := m.append(make([]byte, 0, 2048), day, i, from.Add(time.Duration(i)*step))
		if err := parser.Parse(raw, &rec); err != nil {
			return nil, err
		}
		if a, r, d := rec.Place(event.Origin{}); a != at.account || r != at.region || d != rows.Place.Date {
			return nil, fmt.Errorf("event of %s %s %s made for %v on %s", a, r, d, at, rows.Place.Date)
		}
		rows.Add(&rec, raw, event.Delivery{File: file, Record: int32(i)})
	}
	return rows, nil
}
