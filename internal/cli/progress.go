package cli

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/trailseal/trailseal/internal/validate"
)

// progress shows how far a run is until the returned function is called: a bar on a terminal, a log line every ten
// seconds otherwise.
func (g *global) progress(ctx context.Context, p *validate.Progress) (stop func()) {
	if g.quiet {
		return func() {}
	}
	every, show, end := 10*time.Second, g.logProgress(p), func() {}
	if f, ok := g.env.Stderr.(*os.File); ok && !g.noProgress && term.IsTerminal(int(f.Fd())) {
		every = 200 * time.Millisecond
		show, end = barProgress(f, p)
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				show()
			case <-done:
				return
			case <-ctx.Done():
				return
			}
		}
	})
	return sync.OnceFunc(func() {
		close(done)
		wg.Wait()
		end()
	})
}

func (g *global) logProgress(p *validate.Progress) func() {
	log, started := g.logger(), g.env.Now()
	return func() {
		log.Info("validating", "listed", p.Listed.Load(), "read", p.Read.Load(), "to_read", p.Wanted.Load(),
			"bytes", p.Bytes.Load(), "seconds", int(g.env.Now().Sub(started).Seconds()))
	}
}

func barProgress(f *os.File, p *validate.Progress) (show, end func()) {
	bar := progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(f), progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("objects"),
		progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond))
	return func() {
			bar.ChangeMax64(max(p.Wanted.Load(), 1))
			bar.Describe(fmt.Sprintf("%d listed, %s read", p.Listed.Load(), size(p.Bytes.Load())))
			_ = bar.Set64(p.Read.Load()) // a bar that cannot be drawn is no reason to stop
		}, func() {
			_ = bar.Finish()
			_ = bar.Clear()
		}
}
