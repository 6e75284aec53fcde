package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/sqlite"
	"github.com/trailseal/trailseal/internal/verdict"
)

// Keys returns every public key that was ever learned.
func (l *Ledger) Keys(ctx context.Context) ([]integrity.PublicKey, error) {
	q := l.query("public keys", "SELECT region, der, not_before, not_after FROM public_key ORDER BY fingerprint")
	return sqlite.All(ctx, q, func(r *sql.Rows) (k integrity.PublicKey, err error) {
		var region string
		var der []byte
		var from, to int64
		if err := r.Scan(&region, &der, &from, &to); err != nil {
			return k, err
		}
		if k, err = integrity.ParsePublicKey(der); err != nil {
			return k, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		k.Region, k.NotBefore, k.NotAfter = region, fromUnix(from), fromUnix(to)
		return k, nil
	})
}

// SaveKeys remembers public keys that the CloudTrail API gave, for ever.
func (l *Ledger) SaveKeys(ctx context.Context, origin string, keys []integrity.PublicKey) error {
	if len(keys) == 0 {
		return nil
	}
	err := l.db.Tx(ctx, func(tx *sql.Tx) error {
		for _, k := range keys {
			if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO public_key VALUES (?, ?, ?, ?, ?, ?)",
				k.Fingerprint, k.Region, k.DER, toUnix(k.NotBefore), toUnix(k.NotAfter), origin); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger: save public keys: %w", err)
	}
	return nil
}

func toUnix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func fromUnix(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

// Look says how much of a source a run looked at.
type Look struct {
	From, To time.Time // zero: all of it
	// Narrow: it did not read every log file, or did not look at every trail.
	Narrow bool
}

// SaveCoverage replaces what is known of the days in all; days that are not in it stay as they are, and so do hours
// that are not wholly within the look. A narrow look takes nothing back: where it leaves an hour pending, what was proven stays.
func (l *Ledger) SaveCoverage(ctx context.Context, source string, all []verdict.Coverage, look Look) error {
	err := l.db.Tx(ctx, func(tx *sql.Tx) error {
		src, err := sourceID(ctx, tx, source)
		if err != nil {
			return err
		}
		get, err := tx.PrepareContext(ctx, "SELECT hours FROM coverage WHERE source = ? AND account = ? AND region = ? AND day = ?")
		if err != nil {
			return err
		}
		put, err := tx.PrepareContext(ctx, `INSERT INTO coverage VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET hours = excluded.hours WHERE hours <> excluded.hours`)
		if err != nil {
			return err
		}
		for _, c := range all {
			for _, d := range c.Days {
				day := d.Date.Unix() / 86400
				var known string
				if err := get.QueryRowContext(ctx, src, c.Account, c.Region, day).Scan(&known); err != nil && err != sql.ErrNoRows {
					return err
				}
				if _, err := put.ExecContext(ctx, src, c.Account, c.Region, day, look.merge(d, known)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger: save coverage: %w", err)
	}
	return nil
}

// merge is the day as a run saw it over what was known before, if anything was.
func (k Look) merge(d verdict.Day, known string) string {
	var b [24]byte
	for h, s := range d.Hours {
		b[h] = byte(s)
		if len(known) != len(b) {
			continue
		}
		at := d.Date.Add(time.Duration(h) * time.Hour)
		outside := !k.From.IsZero() && at.Before(k.From) || !k.To.IsZero() && at.Add(time.Hour).After(k.To)
		if outside || k.Narrow && (s == integrity.Pending || s == integrity.OutOfScope) {
			b[h] = known[h]
		}
	}
	return string(b[:])
}

// Coverage returns what the last runs proved of a source between two times, by account, region and day. An empty
// source means the one that was validated last. Days outside every run are not in it.
func (l *Ledger) Coverage(ctx context.Context, source string, from, to time.Time) (string, []verdict.Coverage, error) {
	out, err := l.coverage(ctx, &source, from, to)
	if err != nil {
		return source, nil, fmt.Errorf("ledger: coverage: %w", sqlite.Classify(err))
	}
	return source, out, nil
}

func (l *Ledger) coverage(ctx context.Context, source *string, from, to time.Time) ([]verdict.Coverage, error) {
	if *source == "" {
		err := l.db.Read.QueryRowContext(ctx, "SELECT uri FROM run JOIN source ON source.id = run.source ORDER BY run.id DESC LIMIT 1").Scan(source)
		if err == sql.ErrNoRows {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
	}
	lo, hi := int64(-1<<40), int64(1<<40)
	if !from.IsZero() {
		lo = from.Unix() / 86400
	}
	if !to.IsZero() {
		hi = (to.Unix() + 86399) / 86400
	}
	rows, err := l.db.Read.QueryContext(ctx, `SELECT account, region, day, hours FROM coverage WHERE source = (SELECT id FROM source WHERE uri = ?)
		AND day >= ? AND day < ? ORDER BY account, region, day`, *source, lo, hi)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []verdict.Coverage
	for rows.Next() {
		var account, region, hours string
		var day int64
		if err := rows.Scan(&account, &region, &day, &hours); err != nil {
			return nil, err
		}
		if len(hours) != 24 {
			return nil, fmt.Errorf("%w: a day of %d hours", ErrDamaged, len(hours))
		}
		if k := len(out); k == 0 || out[k-1].Account != account || out[k-1].Region != region {
			out = append(out, verdict.Coverage{Account: account, Region: region})
		}
		d := verdict.Day{Date: time.Unix(day*86400, 0).UTC()}
		for i := range d.Hours {
			d.Hours[i] = integrity.State(hours[i])
		}
		c := &out[len(out)-1]
		c.Days = append(c.Days, d)
	}
	return out, rows.Err()
}

// Explain appends an explanation of a span without digests.
func (l *Ledger) Explain(ctx context.Context, e integrity.Explanation, now time.Time) error {
	err := l.db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO explanation (account, region, from_time, to_time, reason, ticket, reviewer, made_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, e.Account, e.Region, e.Span.From.Unix(), e.Span.To.Unix(), e.Reason, e.Ticket, e.Reviewer, now.Unix())
		return err
	})
	if err != nil {
		return fmt.Errorf("ledger: save explanation: %w", err)
	}
	return nil
}

// Explanations returns every explanation, oldest first.
func (l *Ledger) Explanations(ctx context.Context) ([]integrity.Explanation, error) {
	q := l.query("explanations", "SELECT account, region, from_time, to_time, reason, ticket, reviewer FROM explanation ORDER BY id")
	return sqlite.All(ctx, q, func(r *sql.Rows) (e integrity.Explanation, err error) {
		var from, to int64
		err = r.Scan(&e.Account, &e.Region, &from, &to, &e.Reason, &e.Ticket, &e.Reviewer)
		e.Span = integrity.Span{From: fromUnix(from), To: fromUnix(to)}
		return e, err
	})
}

// SaveRun appends a run to the history: the report without its lists.
func (l *Ledger) SaveRun(ctx context.Context, r verdict.Report, started, ended time.Time) error {
	r.Chains, r.Gaps, r.Faults, r.Unsealed, r.Coverage = nil, nil, nil, nil, nil
	summary, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("ledger: save run: %w", err)
	}
	err = l.db.Tx(ctx, func(tx *sql.Tx) error {
		src, err := sourceID(ctx, tx, r.Source)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO run (source, started, ended, from_time, to_time, result, summary) VALUES (?, ?, ?, ?, ?, ?, ?)",
			src, started.Unix(), ended.Unix(), toUnix(r.From), toUnix(r.To), r.Result, string(summary))
		return err
	})
	if err != nil {
		return fmt.Errorf("ledger: save run: %w", err)
	}
	return nil
}
