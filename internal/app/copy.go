package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/cloud"
	"github.com/trailseal/trailseal/internal/lake"
)

// copyLake brings a copy of the lake in a bucket up to date: files that it lacks are written, and then those that were
// replaced are deleted. It touches nothing below the prefix that it has not written itself.
func (a *App) copyLake(ctx context.Context, l *lake.Lake, load *lake.Load, target string) error {
	rest, ok := strings.CutPrefix(target, "s3://")
	bucket, prefix, _ := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
	if !ok || bucket == "" {
		return problem(Usage, fmt.Errorf("--to %q: want s3://BUCKET[/PREFIX]", target), "trailseal ingest SOURCE --to s3://BUCKET/PREFIX")
	}
	target = "s3://" + bucket + "/" + prefix
	s, err := a.session(ctx)
	if err != nil {
		return err
	}
	b, err := s.Bucket(ctx, bucket, prefix)
	if err != nil {
		return a.awsProblem(err)
	}
	lacks, extra, err := l.Differences(ctx, target)
	if err != nil {
		return a.lakeProblem(err)
	}
	key := func(c lake.Copy) string {
		if prefix == "" {
			return c.Key
		}
		return prefix + "/" + c.Key
	}
	kept := map[string]bool{} // a file of the same content has the same name
	var mu sync.Mutex
	var done []lake.Copy
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for _, c := range lacks {
		kept[c.Key] = true
		g.Go(func() error {
			if err := put(gctx, b, key(c), c); err != nil {
				return err
			}
			mu.Lock()
			done = append(done, c)
			mu.Unlock()
			return nil
		})
	}
	err = g.Wait()
	// What is there is known, whatever stopped the rest: the next run goes on from it.
	if serr := load.Copied(context.WithoutCancel(ctx), target, done, nil); serr != nil {
		return a.lakeProblem(errors.Join(err, serr))
	}
	if err != nil {
		return a.copyProblem(err, target)
	}
	var keys []string
	for _, c := range extra {
		if !kept[c.Key] {
			keys = append(keys, key(c))
		}
	}
	if err := b.Delete(ctx, keys); err != nil {
		return a.copyProblem(err, target)
	}
	if err := load.Copied(ctx, target, nil, extra); err != nil {
		return a.lakeProblem(err)
	}
	a.Log.Info("copied the lake", "to", target, "files", len(done), "removed", len(keys))
	return nil
}

func put(ctx context.Context, b *cloud.Bucket, key string, c lake.Copy) error {
	f, err := c.Open()
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return b.Put(ctx, key, f, info.Size())
}

func (a *App) copyProblem(err error, target string) error {
	err = fmt.Errorf("copy the lake to %q: %w", target, err)
	var p *Problem
	if q := a.awsProblem(err); errors.As(q, &p) && p.Kind == Denied {
		p.Hint = "aws sts get-caller-identity   # needs s3:PutObject and s3:DeleteObject below " + quote(target)
		return p
	}
	return a.awsProblem(err)
}
