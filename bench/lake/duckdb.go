package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/trailseal/trailseal/internal/event"
)

// duck has DuckDB read a tree and write Parquet, in one file and partitioned as the lake is, beside `trailseal ingest` of
// the same tree.
func duck(ctx context.Context, o options) error {
	dir, trailseal, err := program(ctx, o)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	_, f, err := floors(ctx, o.dir)
	if err != nil {
		return err
	}
	var one, parted, ours costs
	for n := range o.rounds {
		for _, way := range []struct {
			command string
			costs   *costs
		}{{"duckdb-once", &one}, {"duckdb-parts", &parted}} {
			c, err := timed(ctx, io.Discard, self, way.command, o.dir)
			if err != nil {
				return err
			}
			*way.costs = append(*way.costs, c)
		}
		home := filepath.Join(dir, fmt.Sprint(n))
		c, err := once(ctx, trailseal, o.dir, home, f.Events)
		if err != nil {
			return err
		}
		ours = append(ours, c)
		fmt.Printf("round %d: read_json to a file %v, to partitions %v, ingest %v\n", n+1, one[n], parted[n], c)
		if err := os.RemoveAll(home); err != nil {
			return err
		}
	}
	if err := duckWhole(ctx, o.dir, f.Events); err != nil {
		return err
	}
	for _, x := range []struct {
		what, path string
		costs      costs
	}{{"read_json to a file", duckFile(o.dir), one}, {"read_json to partitions", duckParts(o.dir), parted}} {
		bytes, err := size(x.path, ".parquet")
		if err != nil {
			return err
		}
		fmt.Printf("%s %v: %d MB; ingest is %.1f times as fast by the best, %.1f by the medians, and takes 1/%.1f of its CPU (wanted 3)\n", x.what, x.costs, bytes/1e6,
			x.costs.best().wall.Seconds()/ours.best().wall.Seconds(), x.costs.median().Seconds()/ours.median().Seconds(),
			x.costs.best().cpu.Seconds()/ours.best().cpu.Seconds())
	}
	fmt.Printf("ingest %v\n", ours)
	return nil
}

func duckFile(tree string) string  { return filepath.Clean(tree) + ".duckdb.parquet" }
func duckParts(tree string) string { return filepath.Clean(tree) + ".duckdb" }

// duckWhole looks whether every event is in what DuckDB wrote, with what it needs.
func duckWhole(ctx context.Context, tree string, events int64) error {
	return withDuck(ctx, func(conn *sql.Conn) error {
		for _, path := range []string{duckFile(tree), filepath.Join(duckParts(tree), "**/*.parquet")} {
			var ids, principals int64
			if err := conn.QueryRowContext(ctx, "SELECT count(DISTINCT event_id), count(principal) FROM read_parquet("+quote(path)+")").Scan(&ids, &principals); err != nil {
				return err
			}
			if ids != events || principals == 0 {
				return fmt.Errorf("%q has %d of %d events, %d with a principal", path, ids, events, principals)
			}
		}
		return nil
	})
}

// duckOnce is what a person who knows DuckDB would write: the records' columns named, what has no fixed shape as JSON.
func duckOnce(ctx context.Context, o options) error {
	return duckCopy(ctx, o.dir, quote(duckFile(o.dir))+" (FORMAT parquet, COMPRESSION zstd)")
}

// duckPartitioned is the same in the layout of the lake.
func duckPartitioned(ctx context.Context, o options) error {
	if err := os.RemoveAll(duckParts(o.dir)); err != nil {
		return err
	}
	return duckCopy(ctx, o.dir, quote(duckParts(o.dir))+" (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (account, region, date))")
}

func duckCopy(ctx context.Context, tree, to string) error {
	return withDuck(ctx, func(conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, "COPY (SELECT "+strings.Join(projection(), ", ")+" FROM (SELECT unnest(Records) AS r, filename FROM read_json("+
			quote(filepath.Join(tree, "AWSLogs/*/*/CloudTrail/*/*/*/*/*.json.gz"))+", columns = {Records: "+quote(recordType()+"[]")+
			"}, format = 'unstructured', maximum_object_size = 67108864, filename = true))) TO "+to)
		return err
	})
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// withDuck opens a DuckDB of two threads.
func withDuck(ctx context.Context, f func(*sql.Conn) error) error {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, q := range []string{"SET threads = 2", "SET preserve_insertion_order = false"} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return f(conn)
}

// member is a member of a record's type.
type member struct {
	name    string
	kind    string
	members []*member
}

// recordType is DuckDB's type of a record with the members that the lake has columns for.
func recordType() string {
	root := new(member)
	for _, c := range event.Columns {
		if c.Path == "" {
			continue
		}
		m := root
		for name := range strings.SplitSeq(c.Path, ".") {
			at := slices.IndexFunc(m.members, func(x *member) bool { return x.name == name })
			if at < 0 {
				at = len(m.members)
				m.members = append(m.members, &member{name: name})
			}
			m = m.members[at]
		}
		m.kind = duckType(c.Type)
	}
	return root.String()
}

func (m *member) String() string {
	if len(m.members) == 0 {
		return m.kind
	}
	parts := make([]string, len(m.members))
	for i, x := range m.members {
		parts[i] = `"` + x.name + `" ` + x.String()
	}
	return "STRUCT(" + strings.Join(parts, ", ") + ")"
}

func duckType(t event.Type) string {
	return map[event.Type]string{event.String: "VARCHAR", event.JSON: "JSON", event.Bool: "BOOLEAN", event.Timestamp: "TIMESTAMP", event.Int: "INTEGER"}[t]
}

// projection are the columns, with the principal and where the record came from.
func projection() []string {
	var out []string
	for _, c := range event.Columns {
		if c.Path != "" {
			out = append(out, `r."`+strings.ReplaceAll(c.Path, ".", `"."`)+`" AS `+c.Name)
		}
	}
	return append(out, "coalesce(r.userIdentity.sessionContext.sessionIssuer.arn, r.userIdentity.arn, r.userIdentity.invokedBy) AS principal",
		"filename AS log_file", "r.recipientAccountId AS account", "r.awsRegion AS region", "strftime(r.eventTime, '%Y-%m-%d') AS date")
}
