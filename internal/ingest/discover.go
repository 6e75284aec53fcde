package ingest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
)

// unit is what one worker takes in: the log files of an account and region over some days, or files that lie anywhere.
type unit struct {
	account, region string
	folders         []string // of log files, each with its trailing slash; none: every file of the source
	from, to        string   // days, as folders have them: 2026/03/02; to is not in it; empty: open
}

const (
	maxDepth   = 8
	maxFolders = 2000
)

// discover finds the folders of log files. Where there is no AWSLogs folder, every file may be one.
func (r *run) discover(ctx context.Context) ([]*unit, error) {
	roots, err := r.roots(ctx)
	if err != nil {
		return nil, err
	}
	if len(roots) == 0 {
		return []*unit{{}}, nil
	}
	var units []*unit
	add := func(account, region, folder string) {
		for _, u := range units {
			if u.account == account && u.region == region {
				u.folders = append(u.folders, folder)
				return
			}
		}
		units = append(units, &unit{account: account, region: region, folders: []string{folder}})
	}
	for _, root := range roots {
		accounts, err := r.accounts(ctx, root)
		if err != nil {
			return nil, err
		}
		for _, base := range accounts {
			account := base[len(base)-13 : len(base)-1]
			folders, err := r.dirs(ctx, base)
			if err != nil {
				return nil, err
			}
			for _, f := range folders {
				if !strings.HasPrefix(f, "CloudTrail") || f == "CloudTrail-Digest/" {
					continue
				}
				regions, err := r.dirs(ctx, base+f)
				if err != nil {
					return nil, err
				}
				for _, g := range regions {
					if region := strings.TrimSuffix(g, "/"); integrity.IsRegion(region) && wanted(r.Regions, region) {
						add(account, region, base+f+g)
					}
				}
			}
		}
	}
	return r.chunks(ctx, units)
}

// accounts are the folders of accounts below an AWSLogs folder, those of organizations among them.
func (r *run) accounts(ctx context.Context, root string) ([]string, error) {
	names, err := r.dirs(ctx, root)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, n := range names {
		switch id := strings.TrimSuffix(n, "/"); {
		case integrity.IsAccount(id):
			if wanted(r.Accounts, id) {
				out = append(out, root+n)
			}
		case integrity.IsOrg(id):
			members, err := r.dirs(ctx, root+n)
			if err != nil {
				return nil, err
			}
			for _, m := range members {
				if id := strings.TrimSuffix(m, "/"); integrity.IsAccount(id) && wanted(r.Accounts, id) {
					out = append(out, root+n+m)
				}
			}
		}
	}
	return out, nil
}

// chunks cuts units into spans of days where there are fewer units than workers could use.
func (r *run) chunks(ctx context.Context, units []*unit) ([]*unit, error) {
	const enough = 6
	if len(units) == 0 || len(units) >= enough || r.SinceLast {
		return units, nil
	}
	pieces := (enough + len(units) - 1) / len(units)
	var out []*unit
	for _, u := range units {
		days := map[string]bool{}
		for _, f := range u.folders {
			if err := r.days(ctx, f, "", days); err != nil {
				return nil, err
			}
		}
		sorted := make([]string, 0, len(days))
		for d := range days {
			sorted = append(sorted, d)
		}
		slices.Sort(sorted)
		n := min(pieces, len(sorted))
		from := ""
		for i := range n {
			c := *u
			c.from, c.to = from, ""
			if i < n-1 {
				c.to = sorted[(i+1)*len(sorted)/n]
				from = c.to
			}
			out = append(out, &c)
		}
		if n == 0 {
			out = append(out, u)
		}
	}
	return out, nil
}

// days collects the folders of days below a folder.
func (r *run) days(ctx context.Context, folder, path string, to map[string]bool) error {
	if strings.Count(path, "/") == 3 {
		to[strings.TrimSuffix(path, "/")] = true
		return nil
	}
	names, err := r.dirs(ctx, folder+path)
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := r.days(ctx, folder, path+n, to); err != nil {
			return err
		}
	}
	return nil
}

// roots finds the AWSLogs folders.
func (r *run) roots(ctx context.Context) ([]string, error) {
	const logs = "AWSLogs/"
	if at := strings.LastIndex("/"+r.Under, "/"+logs); at >= 0 {
		return []string{r.Under[:at] + logs}, nil
	}
	var roots []string
	level, looked := []string{r.Under}, 0
	for depth := 0; len(level) > 0 && depth < maxDepth; depth++ {
		var next []string
		for _, p := range level {
			if looked++; looked > maxFolders {
				r.warn("the search for AWSLogs folders ended after %d folders; name the prefix", maxFolders)
				return roots, nil
			}
			names, err := r.dirs(ctx, p)
			if err != nil {
				return nil, err
			}
			for _, n := range names {
				if n == logs {
					roots = append(roots, p+n)
				} else {
					next = append(next, p+n)
				}
			}
		}
		if len(roots) > 0 && depth >= 2 {
			break
		}
		level = next
	}
	slices.Sort(roots)
	return roots, nil
}

// dirs is Source.Dirs within what was asked for; a part that cannot be listed is noted, and the rest goes on.
func (r *run) dirs(ctx context.Context, prefix string) ([]string, error) {
	within := func(p string) bool { return strings.HasPrefix(p, r.Under) || strings.HasPrefix(r.Under, p) }
	names, err := r.Source.Dirs(ctx, prefix)
	switch {
	case err == nil:
		return slices.DeleteFunc(names, func(n string) bool { return !within(prefix + n) }), nil
	case errors.Is(err, object.ErrNotFound):
		return nil, nil
	case ctx.Err() != nil || errors.Is(err, object.ErrCredentials) || errors.Is(err, object.ErrNoSource) || prefix == "" || prefix == r.Under:
		return nil, err
	}
	r.unreadable(prefix, err)
	return nil, nil
}

func wanted(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }
