package validate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

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

	covered  [][]integrity.Span // of each hourly chain: what valid digests speak for
	active   []integrity.Span   // of each hourly chain: from its first digest to its last
	doubt    []integrity.Span   // hours of backfill digests that are not valid or not there: they may have listed more
	faults   []integrity.Fault
	digests  verdict.DigestCounts
	backfill verdict.DigestCounts
	logs     verdict.LogCounts
	seen     map[time.Time]bool // delivery times of log files that no digest vouches for
	bad      map[time.Time]bool // delivery times of log files that no digest lists, and one should
	ends     []ending
	paints   [][]integrity.Painted
	unsealed []string
	done     []verdict.Chain
	waiting  time.Time // delivery of the newest log file that nothing vouches for
	unproven int       // unsealed digests that are not merely the newest of a chain without side-cars
	gaps     []integrity.Gap
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
	if s.run.Logs.mode != none {
		if err := s.readLogs(ctx); err != nil {
			return err
		}
	} else if !s.spoken() {
		s.peek(ctx)
	}
	s.around(ctx)
	s.judge()
	s.forget()
	return nil
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
				s.blame(integrity.Fault{Kind: integrity.Unreadable, Severity: integrity.Unknown, Account: s.account, Region: s.region,
					Key: info.Key, Detail: fmt.Sprintf("it could not be listed: %v", err)})
			}
		}
	}
}

func (s *scope) blame(f integrity.Fault) {
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
