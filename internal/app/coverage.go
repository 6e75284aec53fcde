package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/verdict"
)

// CoverageRequest is what a person asked of coverage.
type CoverageRequest struct {
	Source            string // empty: the one validated last
	From, To          time.Time
	Accounts, Regions []string
}

// Coverage returns what the ledger knows of each hour. Days of the period that no run has looked at are pending: they
// are not known.
func (a *App) Coverage(ctx context.Context, q CoverageRequest) (source string, out []verdict.Coverage, err error) {
	if _, err := os.Stat(filepath.Join(a.Home, "ledger.db")); errors.Is(err, fs.ErrNotExist) {
		return "", nil, problem(Nothing, fmt.Errorf("nothing has been validated yet: there is no ledger in %q", a.Home), "trailseal validate SOURCE")
	}
	led, err := a.ledger(ctx)
	if err != nil {
		return "", nil, err
	}
	defer led.Close()
	if q.Source != "" {
		q.Source = sourceName(q.Source)
	}
	if err := cmp.Or(checkAccounts(q.Accounts), checkRegions(q.Regions)); err != nil {
		return "", nil, err
	}
	source, all, err := led.Coverage(ctx, q.Source, time.Time{}, time.Time{})
	if err != nil {
		return source, nil, a.ledgerProblem(err)
	}
	for _, c := range all {
		if !in(q.Accounts, c.Account) || !in(q.Regions, c.Region) {
			continue
		}
		c.Days = between(c.Days, q.From, q.To)
		c.Count()
		out = append(out, c)
	}
	if len(out) == 0 {
		return source, nil, problem(Nothing, errors.New("nothing has been validated of what was asked for"), "trailseal validate SOURCE")
	}
	return source, out, nil
}

// sourceName is the name under which the ledger knows a source.
func sourceName(s string) string {
	if rest, ok := strings.CutPrefix(s, "s3://"); ok {
		bucket, prefix, _ := strings.Cut(rest, "/")
		if prefix != "" && !strings.HasSuffix(prefix, "/") {
			prefix += "/"
		}
		return "s3://" + bucket + "/" + prefix
	}
	if abs, err := filepath.Abs(s); err == nil {
		return abs
	}
	return s
}

func in(list []string, s string) bool {
	if len(list) == 0 {
		return true
	}
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// between cuts days to a period. Hours outside it are out of scope; days of it that are not known are pending.
func between(days []verdict.Day, from, to time.Time) []verdict.Day {
	if len(days) == 0 {
		return days
	}
	if from.IsZero() {
		from = days[0].Date
	}
	if to.IsZero() {
		to = days[len(days)-1].Date.Add(24 * time.Hour)
	}
	known := make(map[time.Time]verdict.Day, len(days))
	for _, d := range days {
		known[d.Date] = d
	}
	var out []verdict.Day
	for date := from.Truncate(24 * time.Hour); date.Before(to); date = date.Add(24 * time.Hour) {
		d, ok := known[date]
		d.Date = date
		for h := range d.Hours {
			at := date.Add(time.Duration(h) * time.Hour)
			switch {
			case !at.Add(time.Hour).After(from) || !at.Before(to):
				d.Hours[h] = integrity.OutOfScope
			case !ok:
				d.Hours[h] = integrity.Pending
			}
		}
		out = append(out, d)
	}
	return out
}

// Explain appends a person's explanation of a gap to the ledger.
func (a *App) Explain(ctx context.Context, e integrity.Explanation) error {
	if e.Account != "" {
		if err := checkAccounts([]string{e.Account}); err != nil {
			return err
		}
	}
	if e.Region != "" {
		if err := checkRegions([]string{e.Region}); err != nil {
			return err
		}
	}
	led, err := a.ledger(ctx)
	if err != nil {
		return err
	}
	defer led.Close()
	if err := led.Explain(ctx, e, a.Now()); err != nil {
		return a.ledgerProblem(err)
	}
	return nil
}
