package logfile

import (
	"context"
	"io"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/object"
)

// File is a log file that was read, or why it could not be.
type File struct {
	Number int // in the order of the source, from 0
	Info   object.Info
	// Key is the name taken apart; its zero value stands for one that is not a log file's.
	Key    integrity.Key
	Origin event.Origin // what the name says of the records

	Data   []byte   // the content, inflated; nil where it is streamed, and where there is an error. It is the receiver's
	SHA256 [32]byte // of the content; zero where there is Damage or an error
	// Damage is what is wrong with the content: it is broken off or garbled. Open gives what lies before.
	Damage error
	// Open streams the content of a file that is large or damaged, up to its end or the damage; nil where there is Data.
	Open func(ctx context.Context) (io.ReadCloser, error)
	// Err says why nothing of the file can be read. Where Info.Key ends in a slash, it is a folder that cannot be listed.
	Err error
}

// File inflates what was read. Large and damaged files are read to their end for their hash.
func (t *Tree) File(ctx context.Context, s Stored) File {
	f := File{Info: s.Info, Err: s.Err}
	if k, err := integrity.ParseKey(s.Info.Key); err == nil && k.Class == integrity.LogFile {
		f.Key = k
		f.Origin = event.Origin{Account: k.Account, Region: k.Region, Delivered: k.Time}
	}
	if f.Err != nil {
		return f
	}
	if s.Data != nil {
		data, sum, err := t.Content(s.Data)
		if err == nil {
			f.Data, f.SHA256 = data, sum
			return f
		}
	}
	sum, _, damage, err := t.Measure(ctx, s.Info.Key, s.Data)
	if err != nil {
		f.Err = err
		return f
	}
	if f.Damage = damage; damage == nil {
		f.SHA256 = sum
	}
	f.Open = func(ctx context.Context) (io.ReadCloser, error) {
		r, err := t.Stream(ctx, s.Info.Key, s.Data)
		if err != nil {
			return nil, err
		}
		return untilClosed{r.UntilDamage(), r}, nil
	}
	return f
}

type untilClosed struct {
	io.Reader
	io.Closer
}
