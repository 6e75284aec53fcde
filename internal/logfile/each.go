package logfile

import (
	"context"
	"errors"
	"iter"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/object"
)

const (
	listAhead = 8   // groups that are listed ahead of the one being read
	listBatch = 256 // objects of a source without folders
)

// Files yields every log file of a source, in order: by account and region as they are listed, then by day and name. As
// many workers as asked read and inflate ahead. An error is the last thing yielded, and one that ends a run.
func Files(ctx context.Context, o Options) iter.Seq2[File, error] {
	t := New(o)
	return t.files(ctx, t.All)
}

// Load is Files of some objects.
func (t *Tree) Load(ctx context.Context, files []object.Info) iter.Seq2[File, error] {
	return t.files(ctx, func(context.Context) iter.Seq2[object.Info, error] {
		return func(yield func(object.Info, error) bool) {
			for _, f := range files {
				if !yield(f, nil) {
					return
				}
			}
		}
	})
}

// Each hands every log file of a source to take, which as many workers as asked call at a time. File.Number tells the
// order, which is that of Files. An error of take ends it.
func Each(ctx context.Context, o Options, take func(ctx context.Context, f File) error) error {
	t := New(o)
	g, gctx := errgroup.WithContext(ctx)
	stored := t.stored(gctx, g, t.All)
	for range t.Workers {
		g.Go(func() error {
			for p := range stored {
				f := t.open(gctx, p)
				if f.Err != nil && Fatal(gctx, f.Err) {
					return f.Err
				}
				if err := take(gctx, f); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

func (t *Tree) files(ctx context.Context, list func(context.Context) iter.Seq2[object.Info, error]) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		g, gctx := errgroup.WithContext(ctx)
		stored := t.stored(gctx, g, list)
		inflated := make(chan chan File, t.Workers-1)
		g.Go(func() error {
			defer close(inflated)
			for p := range stored {
				to := make(chan File, 1)
				select {
				case inflated <- to:
				case <-gctx.Done():
					return gctx.Err()
				}
				g.Go(func() error {
					to <- t.open(gctx, p)
					return nil
				})
			}
			return nil
		})
		for to := range inflated {
			f := <-to
			if f.Err != nil && Fatal(gctx, f.Err) {
				failed := f.Err
				cancelled := gctx.Err() != nil
				stop()
				if err := g.Wait(); cancelled && err != nil {
					failed = err // which is why it was cancelled
				}
				yield(File{}, failed)
				return
			}
			if !yield(f, nil) {
				stop()
				g.Wait()
				return
			}
		}
		if err := g.Wait(); err != nil {
			yield(File{}, err)
		}
	}
}

// pending is an object under way.
type pending struct {
	info   object.Info
	number int
	to     chan Stored
}

func (t *Tree) open(ctx context.Context, p pending) File {
	s := <-p.to
	t.progress(s)
	f := t.File(ctx, s)
	f.Number = p.number
	t.memory.Release(s.held)
	return f
}

// stored reads objects ahead, and sends them in order.
func (t *Tree) stored(ctx context.Context, g *errgroup.Group, list func(context.Context) iter.Seq2[object.Info, error]) <-chan pending {
	out := make(chan pending, readAhead)
	g.Go(func() error {
		defer close(out)
		number := 0
		for info, err := range list(ctx) {
			if err != nil && (Fatal(ctx, err) || errors.As(err, new(unusable))) {
				return err
			}
			p := pending{info: info, number: number, to: make(chan Stored, 1)}
			number++
			t.Progress.Wanted.Add(1)
			if err != nil {
				p.to <- Stored{Info: info, Err: err}
			} else if err := t.begin(ctx, g, info, p.to); err != nil {
				return err
			}
			select {
			case out <- p:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return out
}

// entry is an object that was listed, or a folder that could not be.
type entry struct {
	info object.Info
	err  error
}

// All yields what is to be read of a source, in the order of Files, and lists ahead. With an error comes the folder that
// cannot be listed; one that ends a run is the last.
func (t *Tree) All(ctx context.Context) iter.Seq2[object.Info, error] {
	return func(yield func(object.Info, error) bool) {
		var unlisted []entry
		search := *t
		search.Unreadable = func(key string, err error) {
			t.unreadable(key, err)
			unlisted = append(unlisted, entry{object.Info{Key: key}, err})
		}
		groups, err := search.Groups(ctx)
		if err != nil {
			yield(object.Info{Key: t.Under}, unusable{err})
			return
		}
		for _, e := range unlisted {
			if !yield(e.info, e.err) {
				return
			}
		}
		ctx, stop := context.WithCancel(ctx)
		var g errgroup.Group
		defer g.Wait()
		defer stop()
		lists := make(chan chan []entry, listAhead)
		g.Go(func() error {
			defer close(lists)
			for _, x := range groups {
				to := make(chan []entry, 2)
				select {
				case lists <- to:
				case <-ctx.Done():
					return nil
				}
				g.Go(func() error {
					defer close(to)
					t.group(ctx, x, to)
					return nil
				})
			}
			return nil
		})
		for to := range lists {
			for batch := range to {
				for _, e := range batch {
					if !yield(e.info, e.err) {
						return
					}
				}
			}
		}
	}
}

// unusable marks an error with which nothing of a source can be listed.
type unusable struct{ error }

func (u unusable) Unwrap() error { return u.error }

// group lists what is to be read of a group.
func (t *Tree) group(ctx context.Context, x *Group, to chan<- []entry) {
	var batch []entry
	search := *t
	search.Unreadable = func(key string, err error) {
		t.unreadable(key, err)
		batch = append(batch, entry{object.Info{Key: key}, err})
	}
	send := func() bool {
		out := batch
		batch = nil
		select {
		case to <- out:
			return true
		case <-ctx.Done():
			return false
		}
	}
	if len(x.Folders) == 0 {
		for info, err := range search.List(ctx, t.Under, "") {
			if err != nil || MayBe(info.Key) {
				batch = append(batch, entry{info, err})
			}
			if len(batch) >= listBatch && !send() {
				return
			}
		}
		send()
		return
	}
	for day, err := range search.Days(ctx, x, nil) {
		if err != nil {
			batch = append(batch, entry{object.Info{Key: x.Folders[0]}, err})
		}
		for _, info := range day.Files {
			if Named(info.Key) {
				batch = append(batch, entry{info: info})
			}
		}
		if len(batch) > 0 && !send() {
			return
		}
	}
	if len(batch) > 0 {
		send()
	}
}
