package logfile

import (
	"context"
	"iter"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/object"
)

// Ahead is a log file that is being read, and that whoever gets it inflates.
type Ahead struct {
	Info object.Info
	tree *Tree
	pending
}

// File waits until the file has been read, and inflates it. It is called once at most. Its File.Err may be one that ends a
// run; see Fatal.
func (a Ahead) File(ctx context.Context) File { return a.tree.open(ctx, a.pending) }

// Ahead yields what Files does, before it is inflated: so that those who work on files side by side inflate them, too, and
// no more is in memory than they work on. Reading goes on until ctx is done or all has been read. An error is the last
// thing yielded, and one that ends a run.
func (t *Tree) Ahead(ctx context.Context) iter.Seq2[Ahead, error] {
	return func(yield func(Ahead, error) bool) {
		g, gctx := errgroup.WithContext(ctx)
		for p := range t.stored(gctx, g, t.All) {
			if !yield(Ahead{Info: p.info, tree: t, pending: p}, nil) {
				return
			}
		}
		if err := g.Wait(); err != nil {
			yield(Ahead{}, err)
		}
	}
}
