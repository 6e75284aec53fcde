package cli

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/trailseal/trailseal/internal/app"
)

// progress shows how far a run is until the returned function is called: a bar on a terminal, a log line every ten
// seconds otherwise. first says what is done before anything is listed.
func (g *global) progress(ctx context.Context, p *app.Progress, first string) (stop func()) {
	if g.quiet {
		return func() {}
	}
	every, show, end := 10*time.Second, g.logProgress(p, first), func() {}
	if f, ok := g.env.Stderr.(*os.File); ok && !g.noProgress && term.IsTerminal(int(f.Fd())) {
		every = 200 * time.Millisecond
		show, end = barProgress(f, p, first)
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

func (g *global) logProgress(p *app.Progress, first string) func() {
	log, started := g.logger(), g.env.Now()
	return func() {
		if p.Listed.Load() == 0 {
			log.Info(first, "seconds", int(g.env.Now().Sub(started).Seconds()))
			return
		}
		log.Info("reading", "listed", p.Listed.Load(), "read", p.Read.Load(), "to_read", p.Wanted.Load(),
			"bytes", p.Bytes.Load(), "seconds", int(g.env.Now().Sub(started).Seconds()))
	}
}

func barProgress(f *os.File, p *app.Progress, first string) (show, end func()) {
	bar := progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(f), progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("objects"),
		progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond))
	started := time.Now()
	return func() {
			n := p.Listed.Load()
			if n == 0 {
				fmt.Fprintf(f, "\r\x1b[K%s, %d s", first, int(time.Since(started).Seconds()))
				return
			}
			// One more than is known: a bar that is full is over, and more may be listed.
			bar.ChangeMax64(p.Wanted.Load() + 1)
			bar.Describe(fmt.Sprintf("%d listed, %s read", n, size(p.Bytes.Load())))
			_ = bar.Set64(p.Read.Load()) // a bar that cannot be drawn is no reason to stop
		}, func() {
			_ = bar.Clear()
			fmt.Fprint(f, "\r\x1b[K")
		}
}
