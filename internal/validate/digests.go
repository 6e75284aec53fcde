package validate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/verdict"
)

// readDigests lists the digests of the scope and reads those that the ledger does not know as they are.
func (s *scope) readDigests(ctx context.Context) error {
	known := map[string]*verdict.Digest{}
	var err error
	if known, err = s.Ledger.Digests(ctx, s.id); err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.Parallel + 1)
	out := make(chan verdict.Read, 8)
	saved := make(chan error, 1)
	go func() { saved <- s.saveDigests(ctx, out) }()
	for _, p := range s.places {
		if !p.folders[digestFolder] {
			continue
		}
		prefix := p.base + digestFolder + "/" + s.region + "/"
		for info, err := range s.list(gctx, prefix, s.startAfter(prefix, margin)) {
			if err != nil {
				g.Go(func() error { return err })
				break
			}
			key := p.key(info.Key)
			k, err := integrity.ParseKey(key)
			if err != nil || k.Class == integrity.LogFile || k.Region != s.region || k.Account != s.account {
				s.oddName(info)
				continue
			}
			if !s.To.IsZero() && k.Time.After(s.To.Add(48*time.Hour)) {
				break // names are in order of days
			}
			if s.outside(k.Time) {
				continue
			}
			n := s.add(p, key, k)
			if d := known[key]; d != nil {
				n.rec = d
				if d.Version == info.Version && !s.Full {
					n.known()
					s.byID[d.ID] = n
					continue
				}
			}
			s.Progress.Wanted.Add(1)
			g.Go(func() error { return s.readNode(gctx, n, info, p, out) })
		}
	}
	err = g.Wait()
	close(out)
	return errors.Join(err, <-saved)
}

// known takes over what the ledger remembers of a digest.
func (n *node) known() {
	d := n.rec
	n.HasMetadata, n.Signature, n.Algorithm, n.Backfill = d.HasMetadata, d.Signature, d.Algorithm, d.Backfill
	n.Link, n.Logs, n.Proven = d.Link, d.Logs, d.Proven
	if d.Problem != "" {
		n.Malformed(d.Problem)
	}
}

func (s *scope) readNode(ctx context.Context, n *node, info object.Info, p *place, out chan<- verdict.Read) error {
	got, err := s.readDigest(ctx, info)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, object.ErrCredentials):
		return err
	case errors.Is(err, object.ErrNotFound):
		// Listed a moment ago, and gone: what remains is as if it had not been listed.
		n.rec = nil
		n.Unread(fmt.Errorf("it vanished between listing and reading: %w", err))
		return nil
	case err != nil:
		n.rec = nil
		n.Unread(err)
		return nil
	}
	old := n.rec
	n.rec = got.record(n.Name)
	if old != nil {
		n.rec.ID = old.ID
	}
	n.known()
	read := verdict.Read{Digest: n.rec}
	if got.digest != nil {
		if read.Claims, err = s.claims(ctx, p, got.digest.Logs); err != nil {
			return err
		}
	}
	select {
	case out <- read:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// claims says in which folder each listed log file lies.
func (s *scope) claims(ctx context.Context, p *place, logs []integrity.Listed) ([]verdict.Claim, error) {
	out := make([]verdict.Claim, 0, len(logs))
	for _, l := range logs {
		name, ok := p.name(l.Bucket, l.Object)
		at := -1
		if ok {
			// …/CloudTrail/REGION/YYYY/MM/DD/FILE: the folder is what stands before the date.
			if k, err := integrity.ParseKey(l.Object); err == nil && k.Class == integrity.LogFile && k.Account == s.account && k.Region == s.region {
				at = len(name) - len("YYYY/MM/DD/") - (len(l.Object) - strings.LastIndexByte(l.Object, '/') - 1)
			}
		}
		prefix, rest := "", l.Bucket+"/"+l.Object
		if at > 0 {
			prefix, rest = name[:at], name[at:]
		}
		f, err := s.folder(ctx, p.root, prefix)
		if err != nil {
			return nil, err
		}
		out = append(out, verdict.Claim{Folder: f.id, Name: rest, SHA256: l.SHA256})
	}
	return out, nil
}

// allFolders adds the folders that are there, and those that digests of earlier runs named.
func (s *scope) allFolders(ctx context.Context) ([]*folder, error) {
	for _, p := range s.places {
		for f := range p.folders {
			if f == digestFolder {
				continue
			}
			if _, err := s.folder(ctx, p.root, p.base+f+"/"+s.region+"/"); err != nil {
				return nil, err
			}
		}
	}
	known, err := s.Ledger.Folders(ctx, s.id)
	if err != nil {
		return nil, err
	}
	for prefix, id := range known {
		if s.folders[prefix] != nil {
			continue
		}
		for _, p := range s.places {
			if prefix == "" || strings.HasPrefix(prefix, p.base) {
				s.folders[prefix] = &folder{id: id, root: p.root, prefix: prefix}
			}
		}
	}
	out := slices.Collect(maps.Values(s.folders))
	slices.SortFunc(out, func(a, b *folder) int { return strings.Compare(a.prefix, b.prefix) })
	return out, nil
}

// saveDigests writes what was read in transactions of some size, and notes the numbers that the ledger gives.
func (s *scope) saveDigests(ctx context.Context, in <-chan verdict.Read) error {
	var batch []verdict.Read
	claims := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := s.Ledger.SaveDigests(ctx, s.id, batch)
		batch, claims = batch[:0], 0
		return err
	}
	var failed error
	for read := range in {
		if failed != nil {
			continue // drain, so that nobody waits for ever
		}
		batch = append(batch, read)
		claims += len(read.Claims)
		if len(batch) >= 500 || claims >= 5000 {
			failed = flush()
		}
	}
	if failed == nil {
		failed = flush()
	}
	return failed
}
