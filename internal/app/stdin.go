package app

import (
	"context"
	"io"
)

// interruptible is r until ctx is done, also while a read waits for what may never come, as of a terminal or a pipe that
// nobody writes to. Nothing but the end of the process ends such a read: its goroutine is left behind.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	out, in := io.Pipe()
	go func() {
		_, err := io.Copy(in, r)
		in.CloseWithError(err) // nil is the end
	}()
	context.AfterFunc(ctx, func() { in.CloseWithError(ctx.Err()) })
	return out
}
