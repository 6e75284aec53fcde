package lake

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	"github.com/trailseal/trailseal/internal/sqlite"
)

// Copy is a file of the lake that a copy of it in a bucket lacks, or has too many.
type Copy struct {
	Part int64
	Key  string // below the copy's prefix
	path string
}

// Open opens the file.
func (c Copy) Open() (*os.File, error) { return os.Open(c.path) }

// Differences compares the lake with what a copy is known to have: what it lacks, and what it has that the lake has no
// more. A target is the copy's s3:// URL.
func (l *Lake) Differences(ctx context.Context, target string) (lacks, extra []Copy, err error) {
	parts, err := l.parts(ctx, "retired = 0 AND id NOT IN (SELECT part FROM replica WHERE target = ?)", target)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range parts {
		name, err := folder(p.Place)
		if err != nil {
			return nil, nil, err
		}
		path, err := l.path(p)
		if err != nil {
			return nil, nil, err
		}
		lacks = append(lacks, Copy{Part: p.ID, Key: "events/" + filepath.ToSlash(name) + "/" + p.Name, path: path})
	}
	q := sqlite.Query{DB: l.db, What: "lake: copies", SQL: `SELECT part, key FROM replica WHERE target = ?1
		AND part NOT IN (SELECT id FROM part WHERE retired = 0) ORDER BY key`, Args: []any{target}}
	extra, err = sqlite.All(ctx, q, func(r *sql.Rows) (c Copy, err error) {
		err = r.Scan(&c.Part, &c.Key)
		return c, err
	})
	if err != nil {
		return nil, nil, err
	}
	return lacks, extra, nil
}

// Copied remembers that a copy has got files, and that it has others no more.
func (ld *Load) Copied(ctx context.Context, target string, got, gone []Copy) error {
	err := ld.lake.db.Tx(ctx, func(tx *sql.Tx) error {
		for _, c := range got {
			if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO replica VALUES (?, ?, ?)", target, c.Part, c.Key); err != nil {
				return err
			}
		}
		for _, c := range gone {
			if _, err := tx.ExecContext(ctx, "DELETE FROM replica WHERE target = ? AND part = ?", target, c.Part); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("lake: copies: %w", err)
	}
	return nil
}
