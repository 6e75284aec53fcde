package validate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/verdict"
)

// tries is how often a read that may pass is tried in all, besides what the source itself does.
const tries = 4

// retry calls f until it passes, fails for good, or has been tried often enough, with a jittered wait that doubles.
func (r *run) retry(ctx context.Context, f func() error) error {
	wait := r.Wait
	for n := 1; ; n++ {
		err := f()
		if err == nil || ctx.Err() != nil || object.Permanent(err) || errors.Is(err, integrity.ErrFormat) || errors.Is(err, integrity.ErrTooLarge) {
			return err
		}
		if n == tries {
			return fmt.Errorf("%w (tried %d times)", err, tries)
		}
		timer := time.NewTimer(wait/2 + rand.N(wait))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		wait *= 2
	}
}

// enter waits for its turn to read an object of size compressed bytes. The returned function ends the turn.
func (r *run) enter(ctx context.Context, size int64) (func(), error) {
	// Logs inflate some tenfold, and the fast path holds both forms.
	weight := min(max(size, 0)*14+64<<10, memoryLimit)
	if err := r.memory.Acquire(ctx, weight); err != nil {
		return nil, err
	}
	if err := r.reads.Acquire(ctx, 1); err != nil {
		r.memory.Release(weight)
		return nil, err
	}
	return func() {
		r.reads.Release(1)
		r.memory.Release(weight)
	}, nil
}

// gotDigest is what reading a digest object found; digest is nil when the content is none, for the reason in problem.
type gotDigest struct {
	info     object.Info
	digest   *integrity.Digest
	problem  string
	metadata map[string]string
}

// record is the form that the ledger remembers.
func (g gotDigest) record(name string) *verdict.Digest {
	d := &verdict.Digest{
		Name: name, Version: g.info.Version, Problem: g.problem,
		HasMetadata: g.metadata != nil, Signature: g.metadata[integrity.MetaSignature],
		Algorithm: g.metadata[integrity.MetaAlgorithm], Backfill: g.metadata[integrity.MetaBackfill],
	}
	if g.digest != nil {
		link := g.digest.Link
		d.Link, d.Logs = &link, len(g.digest.Logs)
	}
	return d
}

// readDigest reads and parses one digest. The error is one of reading: it says nothing about the content.
func (r *run) readDigest(ctx context.Context, info object.Info) (gotDigest, error) {
	leave, err := r.enter(ctx, info.Size)
	if err != nil {
		return gotDigest{}, err
	}
	defer leave()
	got := gotDigest{info: info}
	err = r.retry(ctx, func() error {
		body, err := r.Source.Open(ctx, info.Key)
		if err != nil {
			return err
		}
		defer body.Close()
		data, content, err := r.Inflate(body, body.Size, integrity.MaxDigest)
		got.info, got.metadata = body.Info, body.Metadata
		r.Progress.Bytes.Add(body.Size)
		switch {
		case errors.Is(err, integrity.ErrTooLarge), errors.Is(err, integrity.ErrFormat):
			got.problem = err.Error()
			return nil
		case err != nil:
			return err
		case content.Members != 1:
			got.problem = fmt.Sprintf("the file has %d gzip members, and CloudTrail writes one", content.Members)
			return nil
		}
		d, err := integrity.ParseDigest(data, content.SHA256)
		if err != nil {
			got.problem = err.Error()
			return nil
		}
		got.digest, got.problem = &d, ""
		return nil
	})
	if err == nil {
		r.Progress.Read.Add(1)
	}
	return got, err
}

// readLog reads one log file and hashes it. The error is one of reading; a fault of the content is in the second one.
func (r *run) readLog(ctx context.Context, name string, size int64) (info object.Info, c integrity.Content, format, err error) {
	leave, err := r.enter(ctx, size)
	if err != nil {
		return info, c, nil, err
	}
	defer leave()
	err = r.retry(ctx, func() error {
		body, err := r.Source.Open(ctx, name)
		if err != nil {
			return err
		}
		defer body.Close()
		info = body.Info
		c, format = r.Hash(body, body.Size)
		r.Progress.Bytes.Add(body.Size)
		if format != nil && !errors.Is(format, integrity.ErrFormat) {
			return format
		}
		return nil
	})
	if err == nil {
		r.Progress.Read.Add(1)
	}
	return info, c, format, err
}
