package validate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/verdict"
)

// context is how far outside the period digests are read, because they say something about those inside it.
const margin = 2 * time.Hour

// scope is one account and region: the unit of work.
type scope struct {
	*run
	scopeID
	places []*place
	id     int64 // the ledger's

	mu      sync.Mutex
	chains  map[chainID]*chain
	byID    map[int64]*node // current digests, by the ledger's number
	folders map[string]*folder
	odd     []string // objects with names that are not CloudTrail's
	nOdd    int

	covered [][]integrity.Span // of each hourly chain: what valid digests speak for
	active  []integrity.Span   // of each hourly chain: from its first digest to its last
	doubt   []integrity.Span   // hours of backfill digests that are not valid or not there: they may have listed more
	others  bool               // there are digests of trails that were not asked for
	faults  []integrity.Fault
	digests verdict.DigestCounts
	backfil verdict.DigestCounts
	logs    verdict.LogCounts
	seen    map[time.Time]bool // delivery times of log files that no digest vouches for
	bad     map[time.Time]bool // delivery times of log files that no digest lists, and one should
	ends    []ending
	paints  [][]integrity.Painted
	unseal  []string
	done    []verdict.Chain
	gaps    []integrity.Gap
}

type chainID struct {
	home, trail string
	backfill    bool
}

type chain struct {
	chainID
	nodes []*node
}

// node is a digest with what the ledger knows of it and what its log files turned out to be.
type node struct {
	integrity.Node
	rec   *verdict.Digest
	state integrity.LogState
	asked bool // it belongs to the period
}

// ending is what is left of a chain for the judgement of its tail.
type ending struct {
	chainID
	integrity.Chain
	paint int // position in paints; -1 for none
}

// folder is one folder of log files.
type folder struct {
	id     int64
	root   *root
	prefix string // in the source; empty: names are BUCKET/KEY of objects that lie elsewhere
}

func newScope(r *run, id scopeID, places []*place) *scope {
	return &scope{
		run: r, scopeID: id, places: places,
		chains: map[chainID]*chain{}, byID: map[int64]*node{}, folders: map[string]*folder{},
		seen: map[time.Time]bool{}, bad: map[time.Time]bool{},
	}
}

func (s *scope) validate(ctx context.Context) error {
	var err error
	site := ""
	if s.site > 0 {
		site = fmt.Sprint(s.site)
	}
	if s.id, err = s.Ledger.Scope(ctx, s.Name, site, s.account, s.region); err != nil {
		return err
	}
	if err := s.readDigests(ctx); err != nil {
		return err
	}
	if err := s.seal(ctx); err != nil {
		return err
	}
	if s.Logs.mode != none {
		if err := s.readLogs(ctx); err != nil {
			return err
		}
	}
	s.judge()
	s.forget()
	return nil
}

// readDigests lists the digests of the scope and reads those that the ledger does not know as they are.
func (s *scope) readDigests(ctx context.Context) error {
	known := map[string]*verdict.Digest{}
	var err error
	if known, err = s.Ledger.Digests(ctx, s.id); err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.Parallel + 1)
	out := make(chan verdict.Read, 64)
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
			if !wanted(s.run.Trails, k.Trail) {
				s.others = true
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

// outside reports whether a digest that ends at t has nothing to say about the period, not even as a neighbour.
func (r *run) outside(t time.Time) bool {
	return !r.To.IsZero() && t.Add(-integrity.Cadence).After(r.To.Add(margin)) || !r.From.IsZero() && t.Before(r.From.Add(-margin))
}

// startAfter is where a listing by day may start so that nothing of the period is lost.
func (r *run) startAfter(prefix string, before time.Duration) string {
	if r.From.IsZero() {
		return ""
	}
	return prefix + r.From.Add(-before).UTC().Format("2006/01/02")
}

// list is Source.List: a part that cannot be listed becomes a fault and the rest goes on, unless nothing can.
func (s *scope) list(ctx context.Context, prefix, after string) func(func(object.Info, error) bool) {
	return func(yield func(object.Info, error) bool) {
		if !strings.HasPrefix(prefix, s.Under) {
			prefix = s.Under
		}
		for info, err := range s.Source.List(ctx, prefix, after) {
			switch {
			case err == nil:
				s.Progress.Listed.Add(1)
				if !yield(info, nil) {
					return
				}
			case errors.Is(err, object.ErrNotFound):
			case ctx.Err() != nil || errors.Is(err, object.ErrCredentials):
				yield(info, err)
				return
			default:
				s.dark(info.Key)
				s.add1(integrity.Fault{Kind: integrity.Unreadable, Severity: integrity.Unknown, Account: s.account, Region: s.region,
					Key: info.Key, Detail: fmt.Sprintf("it could not be listed: %v", err)})
			}
		}
	}
}

func (s *scope) add1(f integrity.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

func (s *scope) oddName(info object.Info) {
	if strings.HasSuffix(info.Key, "/") && info.Size == 0 {
		return // a folder, as the S3 console makes them
	}
	s.nOdd++
	if len(s.odd) < 3 {
		s.odd = append(s.odd, info.Key)
	}
}

func (s *scope) add(p *place, key string, k integrity.Key) *node {
	id := chainID{k.Home, k.Trail, k.Class == integrity.BackfillDigest}
	c := s.chains[id]
	if c == nil {
		c = &chain{chainID: id}
		s.chains[id] = c
	}
	n := &node{Node: integrity.Node{Bucket: p.bucket, Name: key, Key: k}}
	c.nodes = append(c.nodes, n)
	return n
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

func (s *scope) folder(ctx context.Context, rt *root, prefix string) (*folder, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.folders[prefix]; f != nil {
		return f, nil
	}
	id, err := s.Ledger.Folder(ctx, s.id, prefix)
	if err != nil {
		return nil, err
	}
	f := &folder{id: id, root: rt, prefix: prefix}
	s.folders[prefix] = f
	return f, nil
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

// seal decides the status of every digest, with the public keys that they name.
func (s *scope) seal(ctx context.Context) error {
	need := map[string]bool{}
	var from, to time.Time
	homes := map[string]bool{}
	for _, c := range s.chains {
		slices.SortFunc(c.nodes, func(a, b *node) int {
			if n := a.Key.Time.Compare(b.Key.Time); n != 0 {
				return n
			}
			return strings.Compare(a.Name, b.Name)
		})
		for _, n := range c.nodes {
			if n.rec != nil {
				s.byID[n.rec.ID] = n
			}
			if n.Link == nil {
				continue
			}
			if n.Bucket == "" {
				n.Unread(errNoBucket)
				n.Link = nil
				continue
			}
			need[n.Link.Fingerprint] = true
			homes[c.home] = true
			if from.IsZero() || n.Link.Start.Before(from) {
				from = n.Link.Start
			}
			if n.Link.End.After(to) {
				to = n.Link.End
			}
		}
	}
	regions := []string{s.region}
	for h := range homes {
		if h != s.region {
			regions = append(regions, h)
		}
	}
	ring, err := s.keys(ctx, need, regions, from, to)
	if err != nil {
		return err
	}
	var proven []*verdict.Digest
	for _, c := range s.chains {
		nodes := c.plain()
		integrity.Seal(nodes, ring)
		var covered []integrity.Span
		var active integrity.Span
		for _, n := range c.nodes {
			span := integrity.Span{From: n.Key.Time.Add(-integrity.Cadence), To: n.Key.Time}
			if n.Link != nil && n.Status == integrity.Valid {
				span = integrity.Span{From: n.Link.Start, To: n.Link.End}
				covered = append(covered, span)
				s.trusted(c, n.Link.End)
			}
			n.asked = s.asks(span.From, span.To)
			if n.rec != nil && n.Proven != n.rec.Proven {
				n.rec.Proven = n.Proven
				proven = append(proven, n.rec)
			}
			if !n.Intruder {
				if active.From.IsZero() {
					active.From = span.From
				}
				active.To = span.To
			}
		}
		if c.backfill {
			s.doubts(c)
		} else {
			s.covered, s.active = append(s.covered, covered), append(s.active, active)
		}
	}
	if len(proven) > 0 {
		return s.Ledger.SaveProven(ctx, proven)
	}
	return nil
}

// doubts notes the hours of a backfill chain whose digest is not valid, or is named by a link and not there: log files
// of those hours that nothing lists may be what it lists.
func (s *scope) doubts(c *chain) {
	there := map[string]bool{}
	for _, n := range c.nodes {
		there[n.Name] = true
		if n.Status != integrity.Valid {
			s.doubt = append(s.doubt, integrity.Span{From: n.Key.Time.Add(-integrity.Cadence), To: n.Key.Time})
		}
	}
	for _, n := range c.nodes {
		if n.Link == nil || n.Status != integrity.Valid || n.Link.First() || there[n.Link.PreviousObject] {
			continue
		}
		if k, err := integrity.ParseKey(n.Link.PreviousObject); err == nil {
			s.doubt = append(s.doubt, integrity.Span{From: k.Time.Add(-integrity.Cadence), To: k.Time})
		}
	}
}

var errNoBucket = errors.New("which bucket this folder is a copy of is not known, so it cannot be said whether the digest is in its place")

func (c *chain) plain() []*integrity.Node {
	out := make([]*integrity.Node, len(c.nodes))
	for i, n := range c.nodes {
		out[i] = &n.Node
	}
	return out
}

// trusted notes that the trail of a chain has delivered a digest that ends at t.
func (s *scope) trusted(c *chain, t time.Time) {
	s.saw(t)
	if c.backfill {
		return
	}
	id := trailID{fmt.Sprint(s.site), c.home, c.trail}
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	if t.After(s.latest[id]) {
		s.latest[id] = t
	}
}
