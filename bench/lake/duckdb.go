package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/trailseal/trailseal/internal/event"
)

// duck has DuckDB read a tree and write one Parquet file, beside `trailseal ingest` of the same tree.
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
	var theirs, ours costs
	for n := range o.rounds {
		c, err := timed(ctx, io.Discard, self, "duckdb-once", o.dir)
		if err != nil {
			return err
		}
		theirs = append(theirs, c)
		home := filepath.Join(dir, fmt.Sprint(n))
		if c, err = once(ctx, trailseal, o.dir, home, f.Events); err != nil {
			return err
		}
		ours = append(ours, c)
		fmt.Printf("round %d: read_json %v, ingest %v\n", n+1, theirs[n], c)
		if err := os.RemoveAll(home); err != nil {
			return err
		}
	}
	info, err := os.Stat(duckOutput(o.dir))
	if err != nil {
		return err
	}
	fmt.Printf("read_json %v: %d MB\ningest    %v\n", theirs, info.Size()/1e6, ours)
	fmt.Printf("ingest is %.1f times as fast by the best, %.1f by the medians (wanted 3)\n", theirs.best().wall.Seconds()/ours.best().wall.Seconds(),
		theirs.median().Seconds()/ours.median().Seconds())
	return nil
}

func duckOutput(tree string) string { return filepath.Clean(tree) + ".duckdb.parquet" }

// duckOnce is what a person who knows DuckDB would write: the records' columns named, what has no fixed shape as JSON.
func duckOnce(ctx context.Context, o options) error {
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
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	for _, q := range []string{
		"SET threads = 2", "SET preserve_insertion_order = false",
		"COPY (SELECT " + strings.Join(projection(), ", ") + " FROM (SELECT unnest(Records) AS r, filename FROM read_json(" +
			quote(filepath.Join(o.dir, "AWSLogs/*/*/CloudTrail/*/*/*/*/*.json.gz")) + ", columns = {Records: " + quote(recordType()+"[]") +
			"}, format = 'unstructured', maximum_object_size = 67108864, filename = true))) TO " + quote(duckOutput(o.dir)) + " (FORMAT parquet, COMPRESSION zstd)",
	} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return errors.Join(fmt.Errorf("DuckDB: %.200s", q), err)
		}
	}
	return nil
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
		"filename AS log_file", "strftime(r.eventTime, '%Y-%m-%d') AS date")
}
