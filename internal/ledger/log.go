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
	if to == "" {
		to = "\U0010FFFF"
	}
	var sum sql.RawBytes
	return sqlite.Rows(ctx, l.query("log files", `SELECT name, digest, sha256, version, state, problem, size FROM log
		WHERE folder = ? AND name >= ? AND name < ? ORDER BY name, digest`, folder, from, to), func(r *sql.Rows) (verdict.Log, error) {
		var g verdict.Log
		if err := r.Scan(&g.Name, &g.Digest, &sum, &g.Version, &g.State, &g.Problem, &g.Size); err != nil {
			return g, err
		}
		if copy(g.SHA256[:], sum) != 32 {
			return g, fmt.Errorf("%w: log file %q has a hash of %d bytes", ErrDamaged, g.Name, len(sum))
		}
		return g, nil
	})
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
