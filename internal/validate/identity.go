package validate

import (
	"context"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/verdict"
)

// identity is what a folder is a copy of.
type identity struct{ bucket, prefix string }

// A folder's identity is settled by the digests that are found first: so many in all, of each account, and tried.
const (
	votesInAll     = 25
	votesAtMost    = 200 // while none of them is proven
	votesOfAccount = 8
	triesOfAccount = 100
)

// ballot collects what digests say of the bucket and prefix that they were written for.
type ballot struct {
	*run
	root  *root
	votes map[identity]int
	best  identity
	cast  int
	proof bool // a digest whose signature verifies has voted
}

// identify learns from its digests which bucket and prefix a folder is a copy of. What a person says of the bucket
// comes first, then what a digest with a signature that verifies says, then a name that is part of the folder's own
// path, then what most of the first digests agree on.
func (r *run) identify(ctx context.Context, rt *root) identity {
	b := &ballot{run: r, root: rt, votes: map[identity]int{}, best: identity{bucket: r.Expect}}
	base := rt.path + logsFolder
	names, err := r.dirs(ctx, base)
	if err != nil {
		return b.best
	}
	for _, name := range names {
		members := []string{""}
		if integrity.IsOrg(strings.TrimSuffix(name, "/")) {
			if members, err = r.dirs(ctx, base+name); err != nil {
				return b.best
			}
		}
		for _, m := range members {
			b.account(ctx, base+name+m+digestFolder+"/")
		}
	}
	return b.best
}

// account lets some digests of one account vote.
func (b *ballot) account(ctx context.Context, folder string) {
	regions, err := b.dirs(ctx, folder)
	if err != nil {
		return
	}
	cast, tries := 0, 0
	for _, region := range regions {
		if !wanted(b.Regions, strings.TrimSuffix(region, "/")) {
			continue
		}
		var known map[string]*verdict.Digest
		for info, err := range b.Source.List(ctx, folder+region, b.startAfter(folder+region, margin)) {
			if b.cast >= votesInAll && b.proof || b.cast >= votesAtMost || cast >= votesOfAccount || tries >= triesOfAccount {
				return
			}
			name := strings.TrimPrefix(info.Key, b.root.path)
			k, bad := integrity.ParseKey(name)
			if err != nil || bad != nil || b.outside(k.Time) || !wanted(b.Trails, k.Trail) {
				continue // what could not be listed is said when it is listed in its turn
			}
			tries++
			if known == nil {
				known = b.remembered(ctx, k)
			}
			if link, signature := b.linkOf(ctx, info, known[name+"\x00"+info.Version]); link != nil {
				b.vote(link, signature)
				cast++
			}
		}
	}
}

func (b *ballot) vote(link *integrity.Link, signature string) {
	b.cast++
	at := strings.LastIndex("/"+link.Object, "/"+logsFolder)
	if at < 0 || b.Expect != "" && link.Bucket != b.Expect {
		return
	}
	id := identity{link.Bucket, link.Object[:at]}
	b.votes[id]++
	if slices.Contains(strings.Split(strings.TrimSuffix(b.root.path, "/"), "/"), id.bucket) {
		b.votes[id] += votesInAll
	}
	// A digest that CloudTrail has signed outvotes any number of others.
	if key, ok := b.ring.Keys[link.Fingerprint]; ok && integrity.VerifySignature(key.Key, *link, signature) == nil {
		b.votes[id] += 10 * votesInAll
		b.proof = true
	}
	if b.votes[id] > b.votes[b.best] {
		b.best = id
	}
}

// linkOf is what a digest says of itself, with the signature in its metadata: from the ledger, where that knows the object as it is, or read.
func (r *run) linkOf(ctx context.Context, info object.Info, known *verdict.Digest) (*integrity.Link, string) {
	if known != nil && !r.Full {
		return known.Link, known.Signature
	}
	got, err := r.readDigest(ctx, info)
	if err != nil || got.digest == nil {
		return nil, "" // it will be read again in its turn, and said what is wrong with it
	}
	return &got.digest.Link, got.metadata[integrity.MetaSignature]
}

// remembered is what the ledger knows of the account and region of a digest, by name from AWSLogs on (the prefix above
// is not known yet) and version.
func (r *run) remembered(ctx context.Context, k integrity.Key) map[string]*verdict.Digest {
	out := map[string]*verdict.Digest{}
	id, err := r.Ledger.Scope(ctx, r.Name, "", k.Account, k.Region)
	if err != nil {
		return out
	}
	digests, err := r.Ledger.Digests(ctx, id)
	if err != nil {
		return out
	}
	for n, d := range digests {
		out[n[max(strings.LastIndex(n, logsFolder), 0):]+"\x00"+d.Version] = d
	}
	return out
}
