package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/sample"
)

const (
	bucket  = "bench-cloudtrail-logs"
	account = "111122223333"
	trail   = "main"
)

var regions = []string{"eu-west-1", "us-east-1", "us-west-2"}

var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// bodies are contents of log files, made by the sample generator.
func bodies(ctx context.Context, events int) ([][]byte, error) {
	objects, _, err := sample.Objects(ctx, sample.Options{
		Hours: 24, Accounts: []sample.Account{{ID: account, Name: "bench"}}, Regions: []string{"us-east-1"},
		FilesPerDay: 64, EventsPerFile: events, NoIncident: true,
	})
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, o := range objects {
		if o.Metadata != nil || !strings.Contains(o.Key, "/CloudTrail/") {
			continue
		}
		z, err := gzip.NewReader(bytes.NewReader(o.Body))
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(z)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// tree writes chains of digests and their log files below dir/s3, and beside it what the API would say.
func tree(ctx context.Context, dir string, regions []string, hours, logs int, contents [][]byte) error {
	if _, err := os.Stat(filepath.Join(dir, "done")); err == nil {
		return nil
	}
	keys := make([]sample.PublicKey, len(regions))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for i, region := range regions {
		g.Go(func() error {
			key, err := sample.NewKey(1, region, start.Add(-24*time.Hour), start.AddDate(2, 0, 0))
			if err != nil {
				return err
			}
			keys[i] = key.PublicKey
			c := &sample.Chain{Bucket: bucket, Account: account, Region: region, Trail: trail, HomeRegion: "us-east-1", Key: key,
				Start: start.Add(time.Duration(i*3) * time.Minute)}
			for h := range hours {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				for n := range logs {
					at := c.HourStart().Add(time.Duration(n) * time.Hour / time.Duration(logs)).Truncate(5 * time.Minute).Add(5 * time.Minute)
					o, err := c.AddLog(at, contents[(h*logs+n)%len(contents)])
					if err != nil {
						return err
					}
					// The same content may come twice in five minutes; the name tells them apart.
					if err := put(dir, o); err != nil {
						return err
					}
				}
				o, err := c.Close()
				if err != nil {
					return err
				}
				if err := put(dir, o); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	text, err := sample.PublicKeysJSON(keys)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "public-keys.json"), text, 0o644); err != nil {
		return err
	}
	trails, err := json.Marshal(map[string]any{"trailList": []map[string]any{{
		"Name": trail, "S3BucketName": bucket, "HomeRegion": "us-east-1", "IsMultiRegionTrail": true, "LogFileValidationEnabled": true,
		"TrailARN": "arn:aws:cloudtrail:us-east-1:" + account + ":trail/" + trail, "IsOrganizationTrail": false,
	}}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "trails.json"), trails, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "done"), nil, 0o644)
}

func put(dir string, o sample.Object) error {
	name := filepath.Join(dir, "s3", filepath.FromSlash(o.Key))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(name, o.Body, 0o644); err != nil || o.Metadata == nil {
		return err
	}
	head, err := sample.Head(o)
	if err != nil {
		return err
	}
	return os.WriteFile(name+sample.SideCar, head, 0o644)
}

func makeWeek(ctx context.Context, dir string) error {
	contents, err := bodies(ctx, 500)
	if err != nil {
		return err
	}
	var total int
	for _, b := range contents {
		total += len(b)
	}
	fmt.Printf("%d contents of %d KiB on average\n", len(contents), total/len(contents)>>10)
	return tree(ctx, filepath.Join(dir, "week"), regions, 7*24, 20, contents)
}
