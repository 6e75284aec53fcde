package app

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/ddl"
)

// DDLRequest says which tables to describe.
type DDLRequest struct {
	Of                string // lake, raw or trino
	Location          string // s3://bucket[/prefix]
	Organization      string
	Database          string
	Accounts, Regions []string
	From              time.Time // first day that can be asked for; zero: the day CloudTrail began
}

// DDL returns the statements that make the tables with which another engine answers the saved queries.
func (a *App) DDL(q DDLRequest) (string, error) {
	rest, ok := strings.CutPrefix(q.Location, "s3://")
	if !ok {
		return "", problem(Usage, fmt.Errorf("--location %q: want s3://BUCKET[/PREFIX]", q.Location), "trailseal query ddl --location s3://BUCKET/PREFIX --database NAME")
	}
	o := ddl.Options{Database: q.Database, Organization: q.Organization, Accounts: q.Accounts, Regions: q.Regions, From: q.From}
	if o.From.IsZero() {
		o.From = time.Date(2013, 11, 1, 0, 0, 0, 0, time.UTC)
	}
	o.Bucket, o.Prefix, _ = strings.Cut(strings.TrimSuffix(rest, "/"), "/")
	var parts []string
	for _, make := range map[string][]func(ddl.Options) (string, error){
		"lake":  {ddl.ParquetTable},
		"raw":   {ddl.RawTable, ddl.RawView},
		"trino": {ddl.TrinoTable, ddl.TrinoPartitions},
	}[q.Of] {
		text, err := make(o)
		if err != nil {
			return "", problem(Usage, err, "trailseal query ddl --help")
		}
		parts = append(parts, strings.TrimSpace(text))
	}
	if len(parts) == 0 {
		return "", problem(Usage, errors.New("--of: want lake, raw or trino"), "trailseal query ddl --help")
	}
	return strings.Join(parts, "\n\n") + "\n", nil
}
