package logfile

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/object"
)

const (
	// maxWhole is the largest object that is read into memory, in bytes as stored; maxInflated what may come out of it.
	maxWhole    = 16 << 20
	maxInflated = 64 << 20
	// maxStream is the most that is inflated of one object: beyond lies what no log file needs.
	maxStream = 64 << 30
	attempts  = 4
	readAhead = 16 // objects that wait to be taken
)

// Stored is an object as the source has it, or why it could not be read.
type Stored struct {
	Info object.Info
	Data []byte // nil: it is large, and is to be streamed
	Err  error
	held int64 // bytes of the memory semaphore
}

// Fetch reads one object, trying again where that may help.
func (t *Tree) Fetch(ctx context.Context, info object.Info) Stored {
	f := Stored{Info: info}
	if info.Size > maxWhole {
		return f
	}
	wait := t.Wait
	for try := range attempts {
		f.Data, f.Info, f.Err = t.get(ctx, info.Key)
		if f.Err == nil || object.Permanent(f.Err) || ctx.Err() != nil || try == attempts-1 {
			break
		}
		select {
		case <-time.After(wait):
			wait *= 2
		case <-ctx.Done():
		}
	}
	if f.Err == nil && len(f.Data) > maxWhole {
		f.Data = nil // it has grown since it was listed
	}
	return f
}

func (t *Tree) get(ctx context.Context, key string) ([]byte, object.Info, error) {
	body, err := t.Source.Open(ctx, key)
	if err != nil {
		return nil, object.Info{Key: key}, err
	}
	defer body.Close()
	if body.Size > maxWhole {
		return nil, body.Info, nil
	}
	data := make([]byte, body.Size)
	if _, err := io.ReadFull(body, data); err != nil {
		return nil, body.Info, fmt.Errorf("read %q: %w", key, err)
	}
	return data, body.Info, nil
}

// Read hands objects to take, in order, reading some ahead. An error of take ends it.
func (t *Tree) Read(ctx context.Context, files []object.Info, take func(ctx context.Context, f Stored) error) error {
	t.Progress.Wanted.Add(int64(len(files)))
	ahead := make(chan chan Stored, readAhead)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(ahead)
		for _, info := range files {
			if err := t.ahead(gctx, g, info, ahead); err != nil {
				return err
			}
		}
		return nil
	})
	var failed error
	for to := range ahead {
		f := <-to
		if failed == nil {
			t.progress(f)
			if failed = take(gctx, f); failed != nil {
				stop() // what is under way still gives its memory back
			}
		}
		t.memory.Release(f.held)
	}
	if err := g.Wait(); failed == nil {
		failed = err
	}
	return failed
}

// ahead begins to read an object, once there is room for it, and sends where it will arrive.
func (t *Tree) ahead(ctx context.Context, g *errgroup.Group, info object.Info, send chan<- chan Stored) error {
	to := make(chan Stored, 1)
	if err := t.begin(ctx, g, info, to); err != nil {
		return err
	}
	select {
	case send <- to:
		return nil
	case <-ctx.Done():
		t.memory.Release(held(info))
		return ctx.Err()
	}
}

// begin begins to read an object, once there is room for it. What arrives holds on to that room.
func (t *Tree) begin(ctx context.Context, g *errgroup.Group, info object.Info, to chan<- Stored) error {
	if err := t.reads.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := t.memory.Acquire(ctx, held(info)); err != nil {
		t.reads.Release(1)
		return err
	}
	g.Go(func() error {
		defer t.reads.Release(1)
		f := t.Fetch(ctx, info)
		f.held = held(info)
		to <- f
		return nil
	})
	return nil
}

func held(info object.Info) int64 { return min(info.Size+1, memoryLimit) }

func (t *Tree) progress(f Stored) {
	t.Progress.Read.Add(1)
	if f.Err == nil {
		t.Progress.Bytes.Add(f.Info.Size)
	}
}

// Content returns what an object that is in memory holds, inflated where it is gzip, and the hash of that.
func (t *Tree) Content(data []byte) ([]byte, [32]byte, error) {
	if !zipped(data) {
		return data, sha256.Sum256(data), nil
	}
	out, content, err := t.Inflate(bytes.NewReader(data), int64(len(data)), maxInflated)
	return out, content.SHA256, err
}

func zipped(data []byte) bool { return len(data) >= 2 && data[0] == 0x1f && data[1] == 0x8b }

// Measure reads a file to its end for its hash and the size of its content. damage is what is wrong with its content, err
// with the reading. data is the object where it is in memory.
func (t *Tree) Measure(ctx context.Context, key string, data []byte) (sum [32]byte, size int64, damage, err error) {
	src, err := t.Stream(ctx, key, data)
	if err != nil {
		return sum, 0, nil, err
	}
	defer src.Close()
	var h hash.Hash = sha256.New()
	n, err := io.Copy(h, io.LimitReader(src, maxStream+1))
	switch {
	case n > maxStream:
		damage = fmt.Errorf("it inflates to more than %d bytes", int64(maxStream))
	case err != nil && src.zip != nil && src.body.err == nil:
		damage = fmt.Errorf("after %d bytes of content: %w", n, err)
	case err != nil:
		return sum, n, nil, err
	}
	h.Sum(sum[:0])
	return sum, n, damage, nil
}

// Reading is an object being read, and inflated where it is gzip.
type Reading struct {
	io.Reader
	zip   *gzip.Reader
	body  *noted
	close func() error
}

// Close closes the object.
func (r *Reading) Close() error { return r.close() }

// UntilDamage ends where the content does, damaged or not. An error of the source is one all the same.
func (r *Reading) UntilDamage() io.Reader { return &untilDamage{r} }

// noted remembers an error of the source, to tell it from one of the content.
type noted struct {
	r   io.Reader
	err error
}

func (n *noted) Read(p []byte) (int, error) {
	k, err := n.r.Read(p)
	if err != nil && err != io.EOF {
		n.err = err
	}
	return k, err
}

// Stream opens a file's content: from memory where data has the object, or else from the source. The caller closes it.
func (t *Tree) Stream(ctx context.Context, key string, data []byte) (*Reading, error) {
	out := &Reading{close: func() error { return nil }}
	if data != nil {
		out.body = &noted{r: bytes.NewReader(data)}
	} else {
		body, err := t.Source.Open(ctx, key)
		if err != nil {
			return nil, err
		}
		out.body, out.close = &noted{r: body}, body.Close
	}
	head := make([]byte, 2)
	n, err := io.ReadFull(out.body, head)
	if out.body.err != nil {
		out.close()
		return nil, out.body.err
	}
	all := io.MultiReader(bytes.NewReader(head[:n]), out.body)
	if err != nil || !zipped(head) {
		out.Reader = all
		return out, nil
	}
	if out.zip, err = gzip.NewReader(all); err != nil {
		if out.body.err != nil {
			out.close()
			return nil, out.body.err
		}
		out.Reader, out.zip = &failing{err}, new(gzip.Reader)
		return out, nil
	}
	out.Reader = out.zip
	return out, nil
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

type untilDamage struct{ r *Reading }

func (u *untilDamage) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	switch {
	case err == nil:
	case u.r.body.err != nil:
		err = u.r.body.err
	default:
		err = io.EOF
	}
	return n, err
}
