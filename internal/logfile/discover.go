package logfile

import (
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
)

// Group is the log files of an account and region over some days, or files that lie anywhere.
type Group struct {
	Account, Region string
	Folders         []string // of log files, each with its trailing slash; none: every file of the source
	From, To        string   // days, as folders have them: 2026/03/02; To is not in it; empty: open
}

const (
	maxDepth   = 8
	maxFolders = 2000
)

// Groups finds the folders of log files, in the order in which they are listed. Where there is no AWSLogs folder, every file may be one: then there is one group,
// without folders.
func (t *Tree) Groups(ctx context.Context) ([]*Group, error) {
	roots, err := t.roots(ctx)
	if err != nil {
		return nil, err
	}
	if len(roots) == 0 {
		return []*Group{{}}, nil
	}
	var groups []*Group
	known := map[[2]string]*Group{}
	for _, root := range roots {
		accounts, err := t.accounts(ctx, root)
		if err != nil {
			return nil, err
		}
		all := make([]located, len(accounts))
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(t.Parallel)
		for i, base := range accounts {
			g.Go(func() (err error) {
				all[i], err = t.locate(gctx, base)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
		for _, l := range all {
			for _, u := range l.unlisted {
				t.unreadable(u.info.Key, u.err)
			}
			for i, folder := range l.folders {
				id := [2]string{l.account, l.regions[i]}
				if known[id] == nil {
					known[id] = &Group{Account: l.account, Region: l.regions[i]}
					groups = append(groups, known[id])
				}
				known[id].Folders = append(known[id].Folders, folder)
			}
		}
	}
	return groups, nil
}

// located is what lies below the folder of an account.
type located struct {
	account          string
	regions, folders []string // in pairs
	unlisted         []entry
}

// locate finds the folders of log files below that of an account.
func (t *Tree) locate(ctx context.Context, base string) (located, error) {
	l := located{account: base[len(base)-13 : len(base)-1]}
	search := *t
	search.Unreadable = func(key string, err error) { l.unlisted = append(l.unlisted, entry{object.Info{Key: key}, err}) }
	folders, err := search.dirs(ctx, base)
	if err != nil {
		return l, err
	}
	for _, f := range folders {
		if !strings.HasPrefix(f, "CloudTrail") || f == "CloudTrail-Digest/" {
			continue
		}
		regions, err := search.dirs(ctx, base+f)
		if err != nil {
			return l, err
		}
		for _, g := range regions {
			if region := strings.TrimSuffix(g, "/"); integrity.IsRegion(region) && wanted(t.Regions, region) {
				l.regions = append(l.regions, region)
				l.folders = append(l.folders, base+f+g)
			}
		}
	}
	return l, nil
}

// accounts are the folders of accounts below an AWSLogs folder, those of organizations among them.
func (t *Tree) accounts(ctx context.Context, root string) ([]string, error) {
	names, err := t.dirs(ctx, root)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, n := range names {
		switch id := strings.TrimSuffix(n, "/"); {
		case integrity.IsAccount(id):
			if wanted(t.Accounts, id) {
				out = append(out, root+n)
			}
		case integrity.IsOrg(id):
			members, err := t.dirs(ctx, root+n)
			if err != nil {
				return nil, err
			}
			for _, m := range members {
				if id := strings.TrimSuffix(m, "/"); integrity.IsAccount(id) && wanted(t.Accounts, id) {
					out = append(out, root+n+m)
				}
			}
		}
	}
	return out, nil
}

// Chunks cuts groups into spans of days where there are fewer than enough of them.
func (t *Tree) Chunks(ctx context.Context, groups []*Group, enough int) ([]*Group, error) {
	if len(groups) == 0 || len(groups) >= enough || len(groups[0].Folders) == 0 {
		return groups, nil
	}
	pieces := (enough + len(groups) - 1) / len(groups)
	var out []*Group
	for _, g := range groups {
		days := map[string]bool{}
		for _, f := range g.Folders {
			if err := t.days(ctx, f, "", days); err != nil {
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
			c := *g
			c.From, c.To = from, ""
			if i < n-1 {
				c.To = sorted[(i+1)*len(sorted)/n]
				from = c.To
			}
			out = append(out, &c)
		}
		if n == 0 {
			out = append(out, g)
		}
	}
	return out, nil
}

// days collects the folders of days below a folder.
func (t *Tree) days(ctx context.Context, folder, path string, to map[string]bool) error {
	if strings.Count(path, "/") == 3 {
		to[strings.TrimSuffix(path, "/")] = true
		return nil
	}
	names, err := t.dirs(ctx, folder+path)
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := t.days(ctx, folder, path+n, to); err != nil {
			return err
		}
	}
	return nil
}

// roots finds the AWSLogs folders.
func (t *Tree) roots(ctx context.Context) ([]string, error) {
	const logs = "AWSLogs/"
	if at := strings.LastIndex("/"+t.Under, "/"+logs); at >= 0 {
		return []string{t.Under[:at] + logs}, nil
	}
	var roots []string
	level, looked := []string{t.Under}, 0
	for depth := 0; len(level) > 0 && depth < maxDepth; depth++ {
		var next []string
		for _, p := range level {
			if looked++; looked > maxFolders {
				t.warn("the search for AWSLogs folders ended after %d folders; name the prefix", maxFolders)
				return roots, nil
			}
			names, err := t.dirs(ctx, p)
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
func (t *Tree) dirs(ctx context.Context, prefix string) ([]string, error) {
	within := func(p string) bool { return strings.HasPrefix(p, t.Under) || strings.HasPrefix(t.Under, p) }
	names, err := t.Source.Dirs(ctx, prefix)
	switch {
	case err == nil:
		return slices.DeleteFunc(names, func(n string) bool { return !within(prefix + n) }), nil
	case errors.Is(err, object.ErrNotFound):
		return nil, nil
	case Fatal(ctx, err) || prefix == "" || prefix == t.Under:
		return nil, err
	}
	t.unreadable(prefix, err)
	return nil, nil
}
