package ledger

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/sqlite"
	"github.com/trailseal/trailseal/internal/verdict"
)

// Scope returns the number of an account and region below a source, which may hold several copies (sites) of them.
func (l *Ledger) Scope(ctx context.Context, source, site, account, region string) (id int64, err error) {
	err = l.db.Tx(ctx, func(tx *sql.Tx) error {
		src, err := sourceID(ctx, tx, source)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO scope (source, site, account, region) VALUES (?, ?, ?, ?)", src, site, account, region); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, "SELECT id FROM scope WHERE source = ? AND site = ? AND account = ? AND region = ?", src, site, account, region).Scan(&id)
	})
	if err != nil {
		return 0, fmt.Errorf("ledger: scope %s %s: %w", account, region, err)
	}
	return id, nil
}

func sourceID(ctx context.Context, tx *sql.Tx, uri string) (id int64, err error) {
	if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO source (uri) VALUES (?)", uri); err != nil {
		return 0, err
	}
	err = tx.QueryRowContext(ctx, "SELECT id FROM source WHERE uri = ?", uri).Scan(&id)
	return id, err
}

// Folder returns the number of a folder of log files.
func (l *Ledger) Folder(ctx context.Context, scope int64, prefix string) (id int64, err error) {
	err = l.db.Tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO folder (scope, prefix) VALUES (?, ?)", scope, prefix); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, "SELECT id FROM folder WHERE scope = ? AND prefix = ?", scope, prefix).Scan(&id)
	})
	if err != nil {
		return 0, fmt.Errorf("ledger: folder %q: %w", prefix, err)
	}
	return id, nil
}

// Folders returns the folders of log files of a scope, by prefix.
func (l *Ledger) Folders(ctx context.Context, scope int64) (map[string]int64, error) {
	type folder struct {
		prefix string
		id     int64
	}
	out := make(map[string]int64)
	all := sqlite.Rows(ctx, l.query("folders", "SELECT prefix, id FROM folder WHERE scope = ?", scope), func(r *sql.Rows) (f folder, err error) {
		err = r.Scan(&f.prefix, &f.id)
		return f, err
	})
	for f, err := range all {
		if err != nil {
			return nil, err
		}
		out[f.prefix] = f.id
	}
	return out, nil
}

const digestColumns = `id, name, version, problem, start_time, end_time, end_text, bucket, object, fingerprint, sha256,
	prev_bucket, prev_object, prev_hash, prev_sig, has_metadata, signature, algorithm, backfill, proven, logs, status`

// Digests returns what is known of every digest of a scope, by name.
func (l *Ledger) Digests(ctx context.Context, scope int64) (map[string]*verdict.Digest, error) {
	out := make(map[string]*verdict.Digest)
	for d, err := range sqlite.Rows(ctx, l.query("digests", "SELECT "+digestColumns+" FROM digest WHERE scope = ? ORDER BY id", scope), scanDigest) {
		if err != nil {
			return nil, err
		}
		out[d.Name] = d
	}
	return out, nil
}

func scanDigest(rows *sql.Rows) (*verdict.Digest, error) {
	var (
		d                        verdict.Digest
		k                        integrity.Link
		start, end               int64
		sum                      sql.RawBytes
		previous, signed, proven any
	)
	err := rows.Scan(&d.ID, &d.Name, &d.Version, &d.Problem, &start, &end, &k.EndText, &k.Bucket, &k.Object, &k.Fingerprint, &sum,
		&k.PreviousBucket, &k.PreviousObject, &k.PreviousHash, &previous, &d.HasMetadata, &signed, &d.Algorithm, &d.Backfill, &proven, &d.Logs, &d.Status)
	if err != nil {
		return nil, err
	}
	d.Signature = fromCell(signed)
	switch p := proven.(type) {
	case nil:
	case int64:
		d.Proven = d.Signature
	default:
		d.Proven = fromCell(p)
	}
	if d.Problem != "" {
		return &d, nil
	}
	if len(sum) != 32 {
		return nil, fmt.Errorf("%w: digest %q has a hash of %d bytes", ErrDamaged, d.Name, len(sum))
	}
	k.SHA256 = [32]byte(sum)
	k.Start, k.End = time.Unix(start, 0).UTC(), time.Unix(end, 0).UTC()
	if k.Object == "" {
		k.Object = d.Name
	}
	if previous == nil {
		k.NoPreviousSignature = true
	} else {
		k.PreviousSignature = fromCell(previous)
	}
	d.Link = &k
	return &d, nil
}

// toCell halves the size of a signature: lower-case hex is kept as bytes, anything else as it is.
func toCell(s string) any {
	if b, err := hex.DecodeString(s); err == nil && hex.EncodeToString(b) == s && s != "" {
		return b
	}
	return s
}

func fromCell(v any) string {
	switch v := v.(type) {
	case []byte:
		return hex.EncodeToString(v)
	case string:
		return v
	}
	return ""
}

// SaveDigests writes digests and the log files they list, all or nothing, and sets their ID. A digest of the same
// name that was known before is replaced.
func (l *Ledger) SaveDigests(ctx context.Context, scope int64, reads []verdict.Read) error {
	err := l.db.Tx(ctx, func(tx *sql.Tx) error {
		remove, err := tx.PrepareContext(ctx, "DELETE FROM digest WHERE id = ?")
		if err != nil {
			return err
		}
		insert, err := tx.PrepareContext(ctx, `INSERT INTO digest (scope, `+digestColumns[len("id, "):]+`)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
		if err != nil {
			return err
		}
		claim, err := tx.PrepareContext(ctx, "INSERT OR REPLACE INTO log (folder, name, digest, sha256) VALUES (?, ?, ?, ?)")
		if err != nil {
			return err
		}
		for _, r := range reads {
			d := r.Digest
			if d.ID != 0 {
				if _, err := remove.ExecContext(ctx, d.ID); err != nil {
					return err
				}
			}
			res, err := insert.ExecContext(ctx, append([]any{scope}, digestCells(d)...)...)
			if err != nil {
				return err
			}
			if d.ID, err = res.LastInsertId(); err != nil {
				return err
			}
			for _, c := range r.Claims {
				if _, err := claim.ExecContext(ctx, c.Folder, c.Name, d.ID, c.SHA256[:]); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger: save digests: %w", err)
	}
	return nil
}

func digestCells(d *verdict.Digest) []any {
	k := integrity.Link{NoPreviousSignature: true}
	if d.Link != nil {
		k = *d.Link
	}
	object := k.Object
	if object == d.Name {
		object = ""
	}
	var previous any
	if !k.NoPreviousSignature {
		previous = toCell(k.PreviousSignature)
	}
	return []any{
		d.Name, d.Version, d.Problem, k.Start.Unix(), k.End.Unix(), k.EndText, k.Bucket, object, k.Fingerprint, k.SHA256[:],
		k.PreviousBucket, k.PreviousObject, k.PreviousHash, previous, d.HasMetadata, toCell(d.Signature), d.Algorithm, d.Backfill,
		provenCell(d), d.Logs, int(d.Status),
	}
}

func provenCell(d *verdict.Digest) any {
	switch d.Proven {
	case "":
		return nil
	case d.Signature:
		return 1
	}
	return toCell(d.Proven)
}

// SaveProven writes which signatures have been verified, and the digests' status.
func (l *Ledger) SaveProven(ctx context.Context, digests []*verdict.Digest) error {
	err := l.db.Tx(ctx, func(tx *sql.Tx) error {
		update, err := tx.PrepareContext(ctx, "UPDATE digest SET proven = ?, status = ? WHERE id = ?")
		if err != nil {
			return err
		}
		for _, d := range digests {
			if _, err := update.ExecContext(ctx, provenCell(d), int(d.Status), d.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger: save signatures: %w", err)
	}
	return nil
}
