package ddl

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/event"
)

// partitions are the columns that the folders of the lake hold, in their order. The files hold them too; a table must
// not name them twice, and the folder's value is the one that is read.
func partitions() []int { return []int{event.Account, event.Region, event.Date} }

func isPartition(column int) bool {
	return column == event.Account || column == event.Region || column == event.Date
}

// ParquetTable is the table of the lake's events, for Athena: …/events/account=A/region=R/date=YYYY-MM-DD/*.parquet.
// What the lake keeps as of an unknown account or region is in it, whatever Accounts and Regions are named; a query of
// a table of every account finds it with account = 'unknown'.
func ParquetTable(o Options) (string, error) {
	o, err := o.complete("events")
	from, fromErr := o.since(time.DateOnly)
	if err := errors.Join(err, fromErr); err != nil {
		return "", fmt.Errorf("describe the lake to Athena: %w", err)
	}
	if len(o.Accounts) > 0 {
		o.Accounts = append(o.Accounts, unknown)
	}
	o.Regions = append(o.Regions, unknown)
	var columns []string
	for i, c := range event.Columns {
		if !isPartition(i) {
			columns = append(columns, "  `"+c.Name+"` "+hiveType(c.Type))
		}
	}
	b := &strings.Builder{}
	fmt.Fprintf(b, "CREATE EXTERNAL TABLE `%s`.`%s` (\n%s\n)\n", o.Database, o.Table, strings.Join(columns, ",\n"))
	b.WriteString(partitionedBy())
	fmt.Fprintf(b, "STORED AS PARQUET\nLOCATION '%s'\n", o.location("events"))
	o.project(b, "yyyy-MM-dd", from, o.location("events", "account=${account}", "region=${region}", "date=${date}"))
	return bounded(b.String())
}

// partitionedBy is the clause that both of Athena's tables share.
func partitionedBy() string {
	var columns []string
	for _, i := range partitions() {
		columns = append(columns, "`"+event.Columns[i].Name+"` STRING")
	}
	return "PARTITIONED BY (" + strings.Join(columns, ", ") + ")\n"
}

// project writes the properties from which Athena computes the partitions.
func (o Options) project(b *strings.Builder, format, from, template string) {
	account := "  'projection.account.type' = 'injected',\n"
	if len(o.Accounts) > 0 {
		account = "  'projection.account.type' = 'enum',\n  'projection.account.values' = '" + strings.Join(o.Accounts, ",") + "',\n"
	}
	fmt.Fprintf(b, `TBLPROPERTIES (
  'projection.enabled' = 'true',
%s  'projection.region.type' = 'enum',
  'projection.region.values' = '%s',
  'projection.date.type' = 'date',
  'projection.date.format' = '%s',
  'projection.date.range' = '%s,NOW',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'storage.location.template' = '%s'
)
`, account, strings.Join(o.Regions, ","), format, from, template)
}

func hiveType(t event.Type) string {
	switch t {
	case event.Bool:
		return "BOOLEAN"
	case event.Timestamp:
		return "TIMESTAMP"
	case event.Int:
		return "INT"
	}
	return "STRING"
}

func trinoType(t event.Type) string {
	switch t {
	case event.Bool:
		return "boolean"
	case event.Timestamp:
		return "timestamp(3)"
	case event.Int:
		return "integer"
	}
	return "varchar"
}

// TrinoTable is the table of the lake's events for the Hive connector of Trino, without partitions: TrinoPartitions
// makes it see them. Its last columns are those that the folders hold, as Trino demands.
func TrinoTable(o Options) (string, error) {
	o, err := o.complete("events")
	if err != nil {
		return "", fmt.Errorf("describe the lake to Trino: %w", err)
	}
	var columns []string
	column := func(i int) {
		columns = append(columns, `  "`+event.Columns[i].Name+`" `+trinoType(event.Columns[i].Type))
	}
	for i := range event.Columns {
		if !isPartition(i) {
			column(i)
		}
	}
	var names []string
	for _, i := range partitions() {
		column(i)
		names = append(names, "'"+event.Columns[i].Name+"'")
	}
	return bounded(fmt.Sprintf(`CREATE TABLE "%s"."%s"."%s" (
%s
)
WITH (
  format = 'PARQUET',
  external_location = '%s',
  partitioned_by = ARRAY[%s]
)
`, o.Catalog, o.Database, o.Table, strings.Join(columns, ",\n"), o.location("events"), strings.Join(names, ", ")))
}

// TrinoPartitions makes Trino look for folders of the lake that are new or gone. It is run after each change of the
// lake: what it has not found is not seen by a query.
func TrinoPartitions(o Options) (string, error) {
	o, err := o.complete("events")
	if err != nil {
		return "", fmt.Errorf("describe the lake to Trino: %w", err)
	}
	return fmt.Sprintf("CALL \"%s\".system.sync_partition_metadata('%s', '%s', 'FULL')\n", o.Catalog, o.Database, o.Table), nil
}
