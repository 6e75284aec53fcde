package validate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
)

const (
	logsFolder   = "AWSLogs/"
	digestFolder = "CloudTrail-Digest"
	// maxDepth and maxFolders bound the search for AWSLogs folders.
	maxDepth   = 8
	maxFolders = 5000
)

// root is one AWSLogs folder.
type root struct {
	path   string // of what is above AWSLogs/, in the source
	bucket string
	prefix string // of keys, above AWSLogs/; differs from path in a folder that holds a bucket's copy deeper down
	site   int    // copies of the same bucket and prefix are in different sites
}

// key is the object key of a name in the source.
func (r *root) key(name string) string { return r.prefix + strings.TrimPrefix(name, r.path) }

// name is the inverse of key; false when the key does not lie below the root.
func (r *root) name(bucket, key string) (string, bool) {
	if bucket != r.bucket || !strings.HasPrefix(key, r.prefix+logsFolder) {
		return "", false
	}
	return r.path + strings.TrimPrefix(key, r.prefix), true
}

// place is one account and region below a root.
type place struct {
	*root
	base    string // up to the account: …AWSLogs/[ORG/]ACCOUNT/
	folders map[string]bool
}

type scopeID struct {
	site            int
	account, region string
}

// discover finds every account and region below the source.
func (r *run) discover(ctx context.Context) ([]*scope, error) {
	roots, err := r.roots(ctx)
	if err != nil {
		return nil, err
	}
	var (
		mu     sync.Mutex
		places = map[scopeID][]*place{}
	)
	type account struct {
		root *root
		base string
		id   string
	}
	var accounts []account
	add := func(rt *root, base, id string) {
		if wanted(r.Accounts, id) {
			accounts = append(accounts, account{rt, base, id})
		}
	}
	for _, rt := range roots {
		base := rt.path + logsFolder
		names, err := r.dirs(ctx, base)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			id := strings.TrimSuffix(name, "/")
			switch {
			case integrity.IsAccount(id):
				add(rt, base+name, id)
			case integrity.IsOrg(id):
				members, err := r.dirs(ctx, base+name)
				if err != nil {
					return nil, err
				}
				for _, m := range members {
					if id := strings.TrimSuffix(m, "/"); integrity.IsAccount(id) {
						add(rt, base+name+m, id)
					}
				}
			}
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(4, r.Parallel))
	for _, a := range accounts {
		g.Go(func() error {
			folders, err := r.dirs(gctx, a.base)
			if err != nil {
				return err
			}
			for _, f := range folders {
				if !strings.HasPrefix(f, "CloudTrail") {
					continue
				}
				regions, err := r.dirs(gctx, a.base+f)
				if err != nil {
					return err
				}
				for _, reg := range regions {
					region := strings.TrimSuffix(reg, "/")
					if !integrity.IsRegion(region) {
						r.warn("%s is no region's name: what lies there was not looked at", a.base+f+reg)
					}
					if !integrity.IsRegion(region) || !wanted(r.Regions, region) || !r.under(a.base+f+reg) {
						continue
					}
					mu.Lock()
					id := scopeID{a.root.site, a.id, region}
					at := slices.IndexFunc(places[id], func(p *place) bool { return p.base == a.base })
					if at < 0 {
						at = len(places[id])
						places[id] = append(places[id], &place{root: a.root, base: a.base, folders: map[string]bool{}})
					}
					places[id][at].folders[strings.TrimSuffix(f, "/")] = true
					mu.Unlock()
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := make([]*scope, 0, len(places))
	for id, ps := range places {
		slices.SortFunc(ps, func(a, b *place) int { return strings.Compare(a.base, b.base) })
		out = append(out, newScope(r, id, ps))
	}
	slices.SortFunc(out, byPlace)
	if len(out) > 0 {
		r.unfound(out)
	}
	return out, nil
}

// unsearched: somewhere below there may be what was not found.
func (r *run) unsearched(where, why string) {
	r.fault(integrity.Fault{Kind: integrity.Unreadable, Severity: integrity.Unknown, Key: where, Detail: why})
}

// unfound says which of the accounts and regions that somebody named are not there at all.
func (r *run) unfound(found []*scope) {
	for _, a := range r.Accounts {
		if !slices.ContainsFunc(found, func(s *scope) bool { return s.account == a }) {
			r.fault(integrity.Fault{Kind: integrity.Unreadable, Severity: integrity.Unknown, Account: a, Detail: "the account was asked for, and nothing of it is there"})
			continue
		}
		for _, g := range r.Regions {
			if !slices.ContainsFunc(found, func(s *scope) bool { return s.account == a && s.region == g }) {
				r.fault(integrity.Fault{Kind: integrity.Unreadable, Severity: integrity.Unknown, Account: a, Region: g, Detail: "the region was asked for, and nothing of it is there in this account"})
			}
		}
	}
	for _, g := range r.Regions {
		if !slices.ContainsFunc(found, func(s *scope) bool { return s.region == g }) && len(r.Accounts) == 0 {
			r.fault(integrity.Fault{Kind: integrity.Unreadable, Severity: integrity.Unknown, Region: g, Detail: "the region was asked for, and nothing of it is there"})
		}
	}
}

func byPlace(a, b *scope) int {
	return cmp.Or(cmp.Compare(a.site, b.site), strings.Compare(a.account, b.account), strings.Compare(a.region, b.region))
}

// under reports whether a folder and the part of the source that was asked for have anything in common.
func (r *run) under(folder string) bool {
	return strings.HasPrefix(folder, r.Under) || strings.HasPrefix(r.Under, folder)
}

// dirs is Source.Dirs; a part that cannot be read becomes a fault, and the rest goes on.
func (r *run) dirs(ctx context.Context, prefix string) ([]string, error) {
	if !r.under(prefix) {
		return nil, nil
	}
	names, err := r.Source.Dirs(ctx, prefix)
	switch {
	case err == nil:
		return slices.DeleteFunc(names, func(n string) bool { return !r.under(prefix + n) }), nil
	case errors.Is(err, object.ErrNotFound):
		return nil, nil
	case ctx.Err() != nil || errors.Is(err, object.ErrCredentials) || errors.Is(err, object.ErrNoSource) || prefix == "" || prefix == r.Under:
		return nil, err
	}
	r.fault(integrity.Fault{Kind: integrity.Unreadable, Severity: integrity.Unknown, Key: prefix, Detail: fmt.Sprintf("the folder could not be listed: %v", err)})
	return nil, nil
}

func (r *run) fault(f integrity.Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Faults = append(r.report.Faults, f)
}

// roots finds the AWSLogs folders, widest first, and learns what bucket and prefix each is a copy of.
func (r *run) roots(ctx context.Context) ([]*root, error) {
	var roots []*root
	if at := strings.LastIndex("/"+r.Under, "/"+logsFolder); at >= 0 {
		roots = append(roots, &root{path: r.Under[:at]})
	} else {
		looked := 0
		level := []string{r.Under}
		for depth := 0; len(level) > 0 && depth < maxDepth; depth++ {
			var next []string
			for _, p := range level {
				if looked++; looked > maxFolders {
					r.unsearched(p, fmt.Sprintf("the search for AWSLogs folders ended after %d folders; name the prefix", maxFolders))
					level, next = nil, nil
					break
				}
				names, err := r.dirs(ctx, p)
				if err != nil {
					return nil, err
				}
				for _, n := range names {
					if n == logsFolder {
						roots = append(roots, &root{path: p})
					} else {
						next = append(next, p+n)
					}
				}
			}
			// In a bucket, data of other kinds may lie beside: where AWSLogs is found, look one level further only.
			if len(roots) > 0 && r.Bucket != "" && depth >= 2 {
				if len(next) > 0 {
					r.warn("folders below %s and %d others were not searched for further AWSLogs folders; name the prefix to have one searched", next[0], len(next)-1)
				}
				break
			}
			if depth == maxDepth-1 && len(next) > 0 {
				r.unsearched(next[0], fmt.Sprintf("the search for AWSLogs folders ended %d folders deep; name the prefix", maxDepth))
			}
			level = next
		}
	}
	slices.SortFunc(roots, func(a, b *root) int { return strings.Compare(a.path, b.path) })
	for i, rt := range roots {
		rt.bucket, rt.prefix = r.Bucket, rt.path
		if r.Bucket == "" {
			id := r.identify(ctx, rt)
			rt.bucket, rt.prefix = id.bucket, id.prefix
		}
		taken := map[int]bool{}
		for _, other := range roots[:i] {
			if other.bucket == rt.bucket && other.prefix == rt.prefix {
				taken[other.site] = true
			}
		}
		for taken[rt.site] {
			rt.site++
		}
	}
	return roots, nil
}
