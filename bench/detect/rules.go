package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/trailseal/trailseal/internal/detect"
	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/inflate"
	"github.com/trailseal/trailseal/internal/pattern"
)

const (
	ruleEvents = 400_000
	// batch is how many records are parsed before they are judged: few enough that they are still in the cache, as they
	// are when each is judged as soon as it is parsed, and enough that looking at the clock costs next to nothing.
	batch = 64
)

// cpu is the processor time that this thread has had: what else runs on the machine does not count.
func cpu() time.Duration {
	var u syscall.Rusage
	const thread = 1 // RUSAGE_THREAD
	if err := syscall.Getrusage(thread, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rules judges events one after the other, each once, and counts the processor time of judging only.
func rules(ctx context.Context, o options) error {
	own, foreign, err := o.detections()
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(1)
	runtime.LockOSThread()
	fmt.Println("on one core, by its processor time, parse excluded")
	for _, x := range []struct {
		what  string
		rules []detect.Rule
		want  float64 // million events a second; 0: nothing was asked
	}{
		{"the fifteen of the benchmark", own[:min(15, len(own))], 2},
		{"40 of the catalog and all Sigma rules", slices.Concat(own[:min(40, len(own))], foreign), 0.5},
		{"the whole catalog and all Sigma rules", slices.Concat(own, foreign), 0},
	} {
		set, err := detect.Compile(x.rules, nil)
		if err != nil {
			return err
		}
		var rates []float64
		matches, events := 0, 0
		for range o.rounds {
			var spent time.Duration
			if events, matches, spent, err = judge(ctx, o, set); err != nil {
				return err
			}
			rates = append(rates, float64(events)/spent.Seconds()/1e6)
		}
		slices.Sort(rates)
		fmt.Printf("%s: %d rules, %d events, %d matches: best %.2f, median %.2f million events/s", x.what, len(x.rules), events, matches, rates[len(rates)-1], rates[len(rates)/2])
		if x.want > 0 {
			fmt.Printf(" (wanted %.1f)", x.want)
		}
		fmt.Println()
	}
	return nil
}

// judge runs a set over the events of the tree until there were enough.
func judge(ctx context.Context, o options, set *detect.Set) (events, matches int, spent time.Duration, err error) {
	names, err := o.logs()
	if err != nil {
		return 0, 0, 0, err
	}
	records := make([]pattern.Record, batch)
	n := 0
	ask := func() {
		begun := cpu()
		for i := range n {
			for range set.Match(&records[i]) {
				matches++
			}
		}
		spent += cpu() - begun
		events += n
		n = 0
	}
	// Files lie by account and region; every seventh comes first, so that each place has its share.
	for first := range 7 {
		for at := first; at < len(names); at += 7 {
			if ctx.Err() != nil || events >= ruleEvents {
				return events, matches, spent, ctx.Err()
			}
			data, err := whole(names[at])
			if err != nil {
				return 0, 0, 0, err
			}
			for item, err := range event.Split(data) {
				if err != nil {
					return 0, 0, 0, err
				}
				if err := records[n].Reset(item.Raw); err != nil {
					return 0, 0, 0, err
				}
				if n++; n == batch {
					ask()
				}
			}
			ask()
		}
	}
	return events, matches, spent, nil
}

// whole is what a log file holds.
func whole(name string) ([]byte, error) {
	packed, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	data, _, err := inflate.Bytes(bytes.NewReader(packed), int64(len(packed)), 64<<20)
	return data, err
}
