package validate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
)

type askedSpan struct {
	integrity.Span
	err error
}

// keys returns a ring with the keys of the fingerprints that are needed, asking region by region for those that are
// not known yet. What is learned is remembered for ever.
func (r *run) keys(ctx context.Context, need map[string]bool, regions []string, from, to time.Time) (integrity.Keyring, error) {
	var failed []string
	for _, region := range regions {
		if !r.lacks(need) || r.Keys == nil || r.Ring != nil {
			break
		}
		if err := r.ask(ctx, region, from, to.Add(2*time.Hour)); err != nil {
			if ctx.Err() != nil || errors.Is(err, object.ErrCredentials) && r.Bucket != "" {
				return integrity.Keyring{}, err
			}
			failed = append(failed, fmt.Sprintf("region %s: %v", region, err))
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ring := integrity.Keyring{Keys: maps.Clone(r.ring.Keys), Unavailable: r.ring.Unavailable}
	if len(failed) > 0 {
		ring.Unavailable = errors.New(strings.Join(failed, "; "))
	}
	return ring, nil
}

func (r *run) lacks(need map[string]bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for fp := range need {
		if _, ok := r.ring.Keys[fp]; !ok {
			return true
		}
	}
	return false
}

// ask fetches the keys of a region, once for each span of time. Whoever asks the API tries again by itself.
func (r *run) ask(ctx context.Context, region string, from, to time.Time) error {
	r.mu.Lock()
	before, ok := r.asked[region]
	r.mu.Unlock()
	if ok && !from.Before(before.From) && !to.After(before.To) {
		return before.err
	}
	if ok {
		from, to = earlier(from, before.From), later(to, before.To)
	}
	got, err := r.Keys.PublicKeys(ctx, region, from, to)
	// Some keys may have come although others could not be read.
	err = errors.Join(err, r.Ledger.SaveKeys(ctx, "cloudtrail:ListPublicKeys "+region, got))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked[region] = askedSpan{integrity.Span{From: from, To: to}, err}
	r.ring.Add(got...)
	return err
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
