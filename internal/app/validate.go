package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/cloud"
	"github.com/trailseal/trailseal/internal/inflate"
	"github.com/trailseal/trailseal/internal/ledger"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/validate"
	"github.com/trailseal/trailseal/internal/verdict"
)

// ValidateRequest is what a person asked of validate.
type ValidateRequest struct {
	Source                    string
	From, To                  time.Time // zero: as far as there are digests
	Accounts, Regions, Trails []string
	Logs                      string // all, none or sample=N
	Seed                      string // of the sample; empty: by chance
	PublicKeys                string // a file; empty: the ledger and the API
	Full                      bool
	Bucket                    string // that a folder must be a copy of; empty: as its digests say
}

// parallelS3 is how many objects are read at once from S3: enough to hide 20 ms behind two busy cores.
const parallelS3 = 64

// Validate validates a source and remembers what it found. A report comes with errors that wrap validate.ErrNothing.
func (a *App) Validate(ctx context.Context, q ValidateRequest, p *validate.Progress) (verdict.Report, error) {
	o, err := a.options(q)
	if err != nil {
		return verdict.Report{}, err
	}
	o.Progress = p
	src, err := a.open(ctx, q.Source)
	if err != nil {
		return verdict.Report{}, err
	}
	defer src.close()
	led, err := a.ledger(ctx)
	if err != nil {
		return verdict.Report{}, err
	}
	defer led.Close()
	return a.run(ctx, o, q, src, led)
}

func (a *App) run(ctx context.Context, o validate.Options, q ValidateRequest, src opened, led *ledger.Ledger) (verdict.Report, error) {
	o.Source, o.Name, o.Bucket, o.Under, o.AsOf, o.Ledger = src.Source, src.name, src.bucket, src.under, src.asOf, led
	if o.Parallel == 0 && src.bucket != "" {
		o.Parallel = parallelS3
	}
	if !a.Offline && o.Ring == nil {
		// A folder needs AWS for keys that the ledger does not know; without credentials they are unknown, not wrong.
		s, err := a.session(ctx)
		if err != nil && src.bucket != "" {
			return verdict.Report{}, err
		}
		o.Keys = keySource{s, err}
	}
	if src.bucket != "" {
		o.Live = trailSource{a.aws}
	}
	started := a.Now()
	rep, err := validate.Run(ctx, o)
	if err != nil && !errors.Is(err, validate.ErrNothing) {
		return rep, a.validateProblem(q, err)
	}
	if serr := a.remember(ctx, led, q, rep, started); serr != nil {
		return rep, a.ledgerProblem(serr)
	}
	if err != nil {
		return rep, a.validateProblem(q, err)
	}
	return rep, nil
}

func (a *App) options(q ValidateRequest) (validate.Options, error) {
	o := validate.Options{
		From: q.From, To: q.To, Accounts: q.Accounts, Regions: q.Regions, Trails: q.Trails, Full: q.Full, Expect: q.Bucket,
		Parallel: a.MaxParallel, Hash: inflate.Hash, Inflate: inflate.Bytes, Now: a.Now,
	}
	if q.Seed == "" {
		q.Seed = rand.Text()
	}
	var err error
	if o.Logs, err = validate.ParseSelection(q.Logs, q.Seed); err != nil {
		return o, problem(Usage, err, "trailseal validate SOURCE --logs sample=25")
	}
	if err := cmp.Or(checkAccounts(q.Accounts), checkRegions(q.Regions)); err != nil {
		return o, err
	}
	if q.PublicKeys != "" {
		if o.Ring, err = publicKeys(q.PublicKeys); err != nil {
			return o, err
		}
	}
	return o, nil
}

func checkAccounts(ids []string) error {
	for _, id := range ids {
		if !integrity.IsAccount(id) {
			return problem(Usage, fmt.Errorf("--account %q: want 12 digits", id), "trailseal validate SOURCE --account 111122223333")
		}
	}
	return nil
}

func checkRegions(names []string) error {
	for _, name := range names {
		if !integrity.IsRegion(name) {
			return problem(Usage, fmt.Errorf("--region %q is no region", name), "trailseal validate SOURCE --region eu-west-1")
		}
	}
	return nil
}

func (a *App) remember(ctx context.Context, led *ledger.Ledger, q ValidateRequest, rep verdict.Report, started time.Time) error {
	look := ledger.Look{From: q.From, To: q.To, Narrow: len(q.Trails) > 0 || rep.Logs != validate.All.String()}
	if err := led.SaveCoverage(ctx, rep.Source, merged(rep.Coverage), look); err != nil {
		return err
	}
	if err := led.SaveFindings(ctx, rep, look, a.Now()); err != nil {
		return err
	}
	return led.SaveRun(ctx, rep, started, a.Now())
}

// merged joins the rows of an account and region of which the source holds several copies: the ledger has one. As with
// several trails, one copy that proves an hour is enough, and what is invalid in any stays invalid.
func merged(all []verdict.Coverage) []verdict.Coverage {
	var out []verdict.Coverage
	for _, c := range all {
		at := slices.IndexFunc(out, func(o verdict.Coverage) bool { return o.Account == c.Account && o.Region == c.Region })
		if at < 0 {
			c.Days = slices.Clone(c.Days)
			out = append(out, c)
			continue
		}
		o := &out[at]
		for _, d := range c.Days {
			i, ok := slices.BinarySearchFunc(o.Days, d, func(a, b verdict.Day) int { return a.Date.Compare(b.Date) })
			if !ok {
				o.Days = slices.Insert(o.Days, i, d)
				continue
			}
			for h, s := range d.Hours {
				o.Days[i].Hours[h] = joined(o.Days[i].Hours[h], s)
			}
		}
	}
	return out
}

func joined(a, b integrity.State) integrity.State {
	for _, s := range []integrity.State{integrity.Invalid, integrity.Verified, integrity.VerifiedEmpty, integrity.GapExplained, integrity.Pending, integrity.GapUnexplained} {
		if a == s || b == s {
			return s
		}
	}
	return integrity.OutOfScope
}

func (a *App) validateProblem(q ValidateRequest, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, validate.ErrNothing):
		hint := fmt.Sprintf("ls %s   # want a folder AWSLogs there, as aws s3 sync leaves it", quote(q.Source))
		if strings.HasPrefix(q.Source, "s3://") {
			hint = fmt.Sprintf("aws s3 ls %s/   # want a folder AWSLogs there", quote(strings.TrimSuffix(q.Source, "/")))
		}
		narrowed := len(q.Accounts)+len(q.Regions)+len(q.Trails) > 0 || !q.From.IsZero() || !q.To.IsZero()
		if narrowed {
			hint = fmt.Sprintf("trailseal validate %s   # without --account, --region, --trail, --from and --to", quote(q.Source))
		}
		return problem(Nothing, fmt.Errorf("source %q: %w", q.Source, err), "%s", hint)
	case errors.Is(err, object.ErrCredentials), errors.Is(err, object.ErrNoSource):
		return a.awsProblem(err)
	case errors.Is(err, object.ErrDenied):
		if strings.HasPrefix(q.Source, "s3://") {
			return a.awsProblem(err)
		}
		return problem(Denied, fmt.Errorf("source %q: %w", q.Source, err), "ls -ld %s", quote(q.Source))
	case errors.Is(err, fs.ErrPermission):
		return problem(Denied, err, "ls -ld %s", quote(q.Source))
	}
	return a.ledgerProblem(err)
}

// keySource asks CloudTrail for keys, or says why it cannot.
type keySource struct {
	aws *cloud.Session
	err error
}

func (k keySource) PublicKeys(ctx context.Context, region string, from, to time.Time) ([]integrity.PublicKey, error) {
	if k.err != nil {
		return nil, k.err
	}
	return k.aws.PublicKeys(ctx, region, from, to)
}

// trailSource asks CloudTrail what it knows of a trail.
type trailSource struct{ aws *cloud.Session }

func (t trailSource) Trail(ctx context.Context, home, name string) (validate.Trail, error) {
	s, err := t.aws.Trail(ctx, home, "", name)
	if err != nil {
		return validate.Trail{}, err
	}
	return validate.Trail{Logging: s.Logging, StoppedAt: s.StoppedAt, LatestDigestDelivery: s.LatestDigestDelivery}, nil
}
