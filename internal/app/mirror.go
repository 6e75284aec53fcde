package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/trailseal/trailseal/internal/folder"
	"github.com/trailseal/trailseal/internal/ledger"
	"github.com/trailseal/trailseal/internal/validate"
	"github.com/trailseal/trailseal/internal/verdict"
)

// MirrorRequest is what a person asked of mirror.
type MirrorRequest struct {
	ValidateRequest
	Dir string
}

// Mirror copies the digests and log files below a source into a folder and validates the copy, one account and region
// after the other; each is called with what was found in each. At the end it validates the copy as a whole. Public
// keys stay in the ledger, so that the copy can be validated offline from then on.
func (a *App) Mirror(ctx context.Context, q MirrorRequest, p *validate.Progress, each func(account, region string, r verdict.Report)) (validate.Copied, verdict.Report, error) {
	var rep verdict.Report
	o, err := a.options(q.ValidateRequest)
	if err != nil {
		return validate.Copied{}, rep, err
	}
	if !strings.HasPrefix(q.Source, "s3://") {
		return validate.Copied{}, rep, problem(Usage, fmt.Errorf("source %q: mirror copies a bucket", q.Source), "trailseal mirror s3://BUCKET %s", quote(q.Dir))
	}
	if q.Dir == "" {
		return validate.Copied{}, rep, problem(Usage, errors.New("the folder to copy to is an empty word"), "trailseal mirror %s DIR", quote(q.Source))
	}
	src, err := a.open(ctx, q.Source)
	if err != nil {
		return validate.Copied{}, rep, err
	}
	defer src.close()
	led, err := a.ledger(ctx)
	if err != nil {
		return validate.Copied{}, rep, err
	}
	defer led.Close()
	store, err := folder.NewStore(q.Dir)
	if err != nil {
		return validate.Copied{}, rep, a.storeProblem(q.Dir, err)
	}
	defer store.Close()
	o.Source, o.Name, o.Bucket, o.Under, o.Ledger, o.Progress = src.Source, src.name, src.bucket, src.under, led, p
	if o.Parallel == 0 {
		o.Parallel = parallelS3
	}
	copied, err := validate.Mirror(ctx, o, store, func(ctx context.Context, account, region string) error {
		one := q.ValidateRequest
		one.Accounts, one.Regions = []string{account}, []string{region}
		r, err := a.validateCopy(ctx, one, q.Dir, led)
		if err == nil {
			each(account, region, r)
		}
		return err
	})
	switch {
	case errors.Is(err, errNoSpace), errors.Is(err, fs.ErrPermission) && !errors.Is(err, ledger.ErrDenied):
		return copied, rep, a.storeProblem(q.Dir, err)
	case err != nil:
		return copied, rep, a.validateProblem(q.ValidateRequest, err)
	}
	rep, err = a.validateCopy(ctx, q.ValidateRequest, q.Dir, led)
	if err == nil && len(copied.Faults) > 0 {
		rep.Faults = append(rep.Faults, copied.Faults...)
		if rep.Result == verdict.Pass {
			rep.Result = verdict.Incomplete
		}
	}
	return copied, rep, err
}

// validateCopy validates the folder that a mirror makes.
func (a *App) validateCopy(ctx context.Context, q ValidateRequest, dir string, led *ledger.Ledger) (verdict.Report, error) {
	o, err := a.options(q)
	if err != nil {
		return verdict.Report{}, err
	}
	q.Source = dir
	src, err := a.openFolder(dir)
	if err != nil {
		return verdict.Report{}, err
	}
	defer src.close()
	return a.run(ctx, o, q, src, led)
}

func (a *App) storeProblem(dir string, err error) error {
	abs, aerr := filepath.Abs(dir)
	if aerr != nil {
		abs = dir
	}
	if errors.Is(err, errNoSpace) {
		return problem(Broken, err, "df -h %s   # free space and run the same command: it goes on from there", quote(abs))
	}
	return fileProblem("mirror", abs, err)
}
