// Floor reads every *.json.gz file under a folder, inflates and hashes it, and does nothing else: the least time that
// `trailseal validate` can take on this machine for these files.
//
//	go run ./bench/inflate/floor DIR
//
// It prints the files, their bytes, and the seconds from the first read to the last hash. Run it twice: the first run
// also measures the disk.
package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/inflate"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: floor DIR")
		os.Exit(2)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		// A call of libdeflate keeps its P until sysmon takes it away, which leaves cores idle with one P a core.
		runtime.GOMAXPROCS(2 * runtime.NumCPU())
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "floor: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string) error {
	var compressed, inflated atomic.Int64
	files := 0
	start := time.Now()
	paths := make(chan string, 64)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(paths)
		return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json.gz") {
				return err
			}
			files++
			select {
			case paths <- path:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	for range runtime.NumCPU() {
		g.Go(func() error {
			for path := range paths {
				size, content, err := hash(path)
				if err != nil {
					return fmt.Errorf("hash %q: %w", path, err)
				}
				compressed.Add(size)
				inflated.Add(content.Size)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	fmt.Printf("%d files, %d bytes compressed, %d bytes uncompressed, %.3f s (%.0f MB/s uncompressed)\n",
		files, compressed.Load(), inflated.Load(), seconds, float64(inflated.Load())/1e6/seconds)
	return nil
}

// hash returns the file's compressed bytes and its content.
func hash(path string) (int64, integrity.Content, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, integrity.Content{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, integrity.Content{}, err
	}
	content, err := inflate.Hash(f, info.Size())
	return info.Size(), content, err
}
