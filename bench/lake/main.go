// Lake measures `trailseal ingest` and `trailseal query` against the machine's own limit, against DuckDB alone, and
// against zgrep and jq:
//
//	go run ./bench/lake make    DIR            # the same 1,020,000 events in 510 files of 2,000 and in 10,200 of 100 (3 minutes)
//	go run ./bench/lake floor   TREE           # inflating, hashing and parsing a tree, and no lake
//	go run ./bench/lake ingest  TREE           # ingest against the floor, in turn: time, memory, size of the lake
//	go run ./bench/lake memory  DIR            # the most memory for both trees of make, and for half of them
//	go run ./bench/lake duckdb  TREE           # DuckDB's read_json over the same files, to one Parquet file and to partitions
//	go run ./bench/lake profile TREE           # ingest in this process, with a CPU profile in TREE/../ingest.pprof
//	go run ./bench/lake make10  DIR            # lakes of 10,000,000 events in a year and 1,000,000 in a tenth of it (5 minutes)
//	go run ./bench/lake queries DIR            # questions to the lakes of make10, starting the process included
//	go run ./bench/lake raw     TREE           # two of the questions by zgrep and jq
//
// TREE is a folder that make wrote: DIR/500x2000 or DIR/10000x100. Every figure but the profile's is of a child process:
// wall and CPU seconds, and the most memory it held; the page cache is warm. Flags stand before the folder: -rounds,
// -events, -program. Figures that were measured stand in docs/performance.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
)

// options are what the flags say.
type options struct {
	dir     string
	rounds  int
	events  int
	program string
}

func main() {
	// As cmd/trailseal does.
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.NumCPU())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	jobs := map[string]func(context.Context, options) error{
		"make": makeTrees, "floor": floor, "ingest": ingest, "memory": memory, "duckdb": duck, "duckdb-once": duckOnce, "duckdb-parts": duckPartitioned, "profile": profile,
		"make10": makeLakes, "queries": queries, "raw": raw,
	}
	if len(args) == 0 || jobs[args[0]] == nil {
		return errors.New("want make, floor, ingest, memory, duckdb, profile, make10, queries or raw, and a folder")
	}
	var o options
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	f.IntVar(&o.rounds, "rounds", 5, "how often to measure")
	f.IntVar(&o.events, "events", 0, "how many events to make; 0: as many as the command says")
	f.StringVar(&o.program, "program", "", "a compiled `trailseal`; empty: compile it")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return fmt.Errorf("%s wants one folder, got %d", args[0], f.NArg())
	}
	o.dir = f.Arg(0)
	return jobs[args[0]](ctx, o)
}
