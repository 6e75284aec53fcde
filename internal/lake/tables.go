package lake

import (
	"context"
	"database/sql"
	"encoding/hex"
	"iter"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/sqlite"
)

// LogFiles is the table log_files: the receipts of the log files that are in the lake, whatever the scope's period.
func (l *Lake) LogFiles() Table {
	text := func(name string) answer.Column { return answer.Column{Name: name, Type: "VARCHAR"} }
	number := func(name string) answer.Column { return answer.Column{Name: name, Type: "BIGINT"} }
	return Table{
		Name: "log_files",
		Columns: []answer.Column{text("source"), text("log_file"), text("account"), text("region"), text("log_sha256"), text("log_state"), text("digest_file"),
			number("size"), number("inflated"), number("records"), number("odd"), number("faults"), {Name: "ingested_at", Type: "TIMESTAMP"}},
		Rows: func(ctx context.Context, _ Scope) iter.Seq2[[]any, error] {
			return func(yield func([]any, error) bool) {
				for f, err := range l.Logs(ctx, "", "") {
					row := []any{f.Source, f.Key, f.Account, f.Region, hex.EncodeToString(f.SHA256), f.State, orNull(f.Digest),
						f.Size, f.Inflated, f.Records, f.Odd, f.Faulty, f.Ingested}
					if !yield(row, err) {
						return
					}
				}
			}
		},
	}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// Sources are the names of the sources that the lake's log files are from.
func (l *Lake) Sources(ctx context.Context) ([]string, error) {
	q := sqlite.Query{DB: l.db, What: "lake: sources", SQL: "SELECT DISTINCT source FROM log_file ORDER BY source"}
	return sqlite.All(ctx, q, func(r *sql.Rows) (s string, err error) {
		err = r.Scan(&s)
		return s, err
	})
}
