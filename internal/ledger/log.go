package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"iter"

	"github.com/trailseal/trailseal/internal/sqlite"
	"github.com/trailseal/trailseal/internal/verdict"
)

// Logs yields the log files of a folder as the digests list them, by name and digest, from the name from on and
// below the name to (empty: to the end). Log files of digests that have been replaced since are among them.
func (l *Ledger) Logs(ctx context.Context, folder int64, from, to string) iter.Seq2[verdict.Log, error] {
	return func(yield func(verdict.Log, error) bool) {
		if to == "" {
			to = "\U0010FFFF"
		}
		rows, err := l.db.Read.QueryContext(ctx, `SELECT name, digest, sha256, version, state, problem, size FROM log
			WHERE folder = ? AND name >= ? AND name < ? ORDER BY name, digest`, folder, from, to)
		if err != nil {
			yield(verdict.Log{}, fmt.Errorf("ledger: log files: %w", sqlite.Classify(err)))
			return
		}
		defer rows.Close()
		var sum sql.RawBytes
		for rows.Next() {
			var g verdict.Log
			if err := rows.Scan(&g.Name, &g.Digest, &sum, &g.Version, &g.State, &g.Problem, &g.Size); err != nil {
				yield(g, fmt.Errorf("ledger: log files: %w", sqlite.Classify(err)))
				return
			}
			if copy(g.SHA256[:], sum) != 32 {
				yield(g, fmt.Errorf("ledger: %w: log file %q has a hash of %d bytes", ErrDamaged, g.Name, len(sum)))
				return
			}
			if !yield(g, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(verdict.Log{}, fmt.Errorf("ledger: log files: %w", sqlite.Classify(err)))
		}
	}
}

// SaveLogs writes what reading log files found.
func (l *Ledger) SaveLogs(ctx context.Context, folder int64, logs []verdict.Log) error {
	err := l.db.Tx(ctx, func(tx *sql.Tx) error {
		update, err := tx.PrepareContext(ctx, "UPDATE log SET version = ?, state = ?, problem = ?, size = ? WHERE folder = ? AND name = ? AND digest = ?")
		if err != nil {
			return err
		}
		for _, g := range logs {
			if _, err := update.ExecContext(ctx, g.Version, g.State, g.Problem, g.Size, folder, g.Name, g.Digest); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger: save log files: %w", err)
	}
	return nil
}
