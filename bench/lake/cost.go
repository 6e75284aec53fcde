package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// cost is what a child process took.
type cost struct {
	wall, cpu time.Duration
	rss       int64 // bytes, the most
}

func (c cost) String() string {
	return fmt.Sprintf("%8.3f s wall %8.2f s CPU %5d MiB", c.wall.Seconds(), c.cpu.Seconds(), c.rss>>20)
}

// timed runs a command to its end, with its output to out.
func timed(ctx context.Context, out io.Writer, name string, args ...string) (cost, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &said
	begun := time.Now()
	err := cmd.Run()
	c := cost{wall: time.Since(begun)}
	if err != nil {
		return c, errors.Join(fmt.Errorf("%s: %w", filepath.Base(name), err), errors.New(said.String()))
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.rss = u.Maxrss << 10
	}
	return c, nil
}

// costs are those of several rounds.
type costs []cost

// best is the shortest, and the most memory of all.
func (cs costs) best() cost {
	out := slices.MinFunc(cs, func(a, b cost) int { return int(a.wall - b.wall) })
	for _, c := range cs {
		out.rss = max(out.rss, c.rss)
	}
	return out
}

func (cs costs) median() time.Duration {
	sorted := slices.SortedFunc(slices.Values(cs), func(a, b cost) int { return int(a.wall - b.wall) })
	return sorted[len(sorted)/2].wall
}

func (cs costs) String() string {
	return fmt.Sprintf("best %v, median %.3f s of %d", cs.best(), cs.median().Seconds(), len(cs))
}

// program compiles trailseal, unless it was named, into a new folder, which the caller removes.
func program(ctx context.Context, o options) (dir, name string, err error) {
	if dir, err = os.MkdirTemp("", "bench-"); err != nil || o.program != "" {
		return dir, o.program, err
	}
	name = filepath.Join(dir, "trailseal")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", name, "./cmd/trailseal")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, name, nil
}

// size is the number of bytes of the files below a folder whose names end so.
func size(dir, suffix string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || filepath.Ext(path) != suffix {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}
