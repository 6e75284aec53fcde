// Validate measures `trailseal validate` against the machine's own limit and against `aws cloudtrail validate-logs`:
//
//	go run ./bench/validate make  DIR   # 1 account, 3 regions, 7 days: 504 digests, 10,080 log files (10 minutes)
//	go run ./bench/validate disk  DIR   # a folder, warm cache, against reading, inflating and hashing alone
//	go run ./bench/validate s3    DIR   # a loopback S3 server at 0 and 20 ms, against the AWS CLI (10 minutes)
//	go run ./bench/validate year  DIR   # an unchanged year of 17 regions: makes it below DIR first (5 minutes)
//	go run ./bench/validate memory      # 1,000,000 listed log files
//
// Every figure is of a child process: wall and CPU seconds, and the most memory it held. The server of s3 and memory
// runs on the same two cores. Figures that were measured stand in docs/performance.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 1 && args[0] == "memory" {
		return memory(ctx)
	}
	if len(args) != 2 {
		return errors.New("want make, disk, s3 or year and a DIR, or memory")
	}
	jobs := map[string]func(context.Context, string) error{"make": makeWeek, "disk": disk, "s3": s3, "year": year}
	job, ok := jobs[args[0]]
	if !ok {
		return fmt.Errorf("%q is no measurement", args[0])
	}
	return job(ctx, args[1])
}

// build compiles a program of the project into dir.
func build(ctx context.Context, dir, pkg string) (string, error) {
	out := filepath.Join(dir, filepath.Base(pkg))
	cmd := exec.CommandContext(ctx, "go", "build", "-o", out, pkg)
	cmd.Stderr = os.Stderr
	return out, cmd.Run()
}

// cost is what a child process took.
type cost struct {
	wall, cpu time.Duration
	rss       int64 // bytes
}

func (c cost) String() string {
	return fmt.Sprintf("%8.2f s wall %8.2f s CPU %6d MiB", c.wall.Seconds(), c.cpu.Seconds(), c.rss>>20)
}

// timed runs a command; a non-zero exit code is an error unless it is allowed.
func timed(ctx context.Context, env []string, allowed int, name string, args ...string) (cost, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := os.CreateTemp("", "bench-*")
	if err != nil {
		return cost{}, err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	start := time.Now()
	err = cmd.Run()
	c := cost{wall: time.Since(start)}
	if s := cmd.ProcessState; s != nil {
		c.cpu = s.UserTime() + s.SystemTime()
		if u, ok := s.SysUsage().(*syscall.Rusage); ok {
			c.rss = u.Maxrss << 10
		}
		if s.ExitCode() == allowed {
			return c, nil
		}
	}
	text, rerr := os.ReadFile(out.Name())
	return c, errors.Join(fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, text), rerr)
}

// best repeats a measurement and keeps the shortest.
func best(n int, f func() (cost, error)) (cost, error) {
	var least cost
	for i := range n {
		c, err := f()
		if err != nil {
			return c, err
		}
		if i == 0 || c.wall < least.wall {
			least = c
		}
	}
	return least, nil
}
