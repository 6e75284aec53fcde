package lake

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/receipt"
	"github.com/trailseal/trailseal/internal/sqlite"
)

const logColumns = "source, key, sha256, version, account, region, size, inflated, records, odd, faults, state, digest, places, ingested_at"

func scanLog(rows *sql.Rows) (g receipt.File, err error) {
	var places string
	var at int64
	if err := rows.Scan(&g.Source, &g.Key, &g.SHA256, &g.Version, &g.Account, &g.Region, &g.Size, &g.Inflated, &g.Records,
		&g.Odd, &g.Faulty, &g.State, &g.Digest, &places, &at); err != nil {
		return g, err
	}
	g.Ingested = time.Unix(at, 0).UTC()
	var raw [][3]string
	if err := json.Unmarshal([]byte(places), &raw); err != nil {
		return g, fmt.Errorf("%w: partitions of %q: %w", sqlite.ErrDamaged, g.Key, err)
	}
	for _, p := range raw {
		g.Places = append(g.Places, event.Place{Account: p[0], Region: p[1], Date: p[2]})
	}
	return g, nil
}

func placesText(places []event.Place) string {
	raw := make([][3]string, len(places))
	for i, p := range places {
		raw[i] = [3]string{p.Account, p.Region, p.Date}
	}
	b, err := json.Marshal(raw)
	if err != nil {
		panic(err) // of arrays of strings
	}
	return string(b)
}

// Logs yields the log files of a source (empty: of every source) whose key starts with prefix, by source and key. Their
// Faults are not filled.
func (l *Lake) Logs(ctx context.Context, source, prefix string) iter.Seq2[receipt.File, error] {
	return sqlite.Rows(ctx, sqlite.Query{DB: l.db, What: "lake: log files", Args: []any{source, prefix},
		SQL: "SELECT " + logColumns + ` FROM log_file WHERE (?1 = '' OR source = ?1)
			AND key >= ?2 AND key < ?2 || char(1114111) ORDER BY source, key, id`}, scanLog)
}

// Seen returns the day up to which every file of a folder was taken in, as CloudTrail's folders have it; empty: not known.
func (l *Lake) Seen(ctx context.Context, source, folder string) (day string, err error) {
	err = l.db.Read.QueryRowContext(ctx, "SELECT day FROM seen WHERE source = ? AND folder = ?", source, folder).Scan(&day)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("lake: seen: %w", sqlite.Classify(err))
	}
	return day, nil
}

// SaveSeen remembers that every file of folders was taken in, up to a day for each.
func (ld *Load) SaveSeen(ctx context.Context, source string, days map[string]string) error {
	err := ld.lake.db.Tx(ctx, func(tx *sql.Tx) error {
		for folder, day := range days {
			if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", source, folder, day); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("lake: seen: %w", err)
	}
	return nil
}
