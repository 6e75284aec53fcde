package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/sqlite"
	"github.com/trailseal/trailseal/internal/verdict"
)

// kindGap is what a gap is called among the findings.
const kindGap = "gap"

// SaveFindings replaces what is known to be wrong with the accounts and regions of a report. With a look that has ends,
// findings that lie wholly outside them stay; a narrow look takes nothing back.
func (l *Ledger) SaveFindings(ctx context.Context, rep verdict.Report, look Look, now time.Time) error {
	err := l.db.Tx(ctx, func(tx *sql.Tx) error {
		src, err := sourceID(ctx, tx, rep.Source)
		if err != nil {
			return err
		}
		if !look.Narrow {
			lo, hi := int64(-1<<40), int64(1<<40)
			if !look.From.IsZero() {
				lo = look.From.Unix()
			}
			if !look.To.IsZero() {
				hi = look.To.Unix()
			}
			places := [][2]string{{"", ""}}
			for _, c := range rep.Coverage {
				places = append(places, [2]string{c.Account, c.Region}, [2]string{c.Account, ""}, [2]string{"", c.Region})
			}
			for _, p := range places {
				if _, err := tx.ExecContext(ctx, `DELETE FROM finding WHERE source = ? AND account = ? AND region = ?
					AND (from_time = 0 OR to_time > ? AND from_time < ?)`, src, p[0], p[1], lo, hi); err != nil {
					return err
				}
			}
		}
		put, err := tx.PrepareContext(ctx, "INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
		if err != nil {
			return err
		}
		for _, f := range rep.Faults {
			to := int64(0)
			if !f.Time.IsZero() {
				to = f.Time.Unix() + 1
			}
			if _, err := put.ExecContext(ctx, src, f.Kind, f.Severity, f.Account, f.Region, toUnix(f.Time), to, f.Key, f.Detail, now.Unix()); err != nil {
				return err
			}
		}
		for _, g := range rep.Gaps {
			severity := integrity.Failure
			if g.Explained {
				severity = integrity.Warning
			}
			if _, err := put.ExecContext(ctx, src, kindGap, severity, g.Account, g.Region, toUnix(g.From), toUnix(g.To), "", g.Cause, now.Unix()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger: save findings: %w", err)
	}
	return nil
}

// Findings yields what is known to be wrong with a source (empty: every source), in order.
func (l *Ledger) Findings(ctx context.Context, source string) iter.Seq2[verdict.Finding, error] {
	return func(yield func(verdict.Finding, error) bool) {
		rows, err := l.db.Read.QueryContext(ctx, `SELECT uri, kind, severity, account, region, from_time, to_time, key, detail, found_at
			FROM finding JOIN source ON source.id = finding.source WHERE ? = '' OR uri = ?
			ORDER BY uri, account, region, from_time, key, kind, detail`, source, source)
		if err != nil {
			yield(verdict.Finding{}, fmt.Errorf("ledger: findings: %w", sqlite.Classify(err)))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var f verdict.Finding
			var from, to, found int64
			if err := rows.Scan(&f.Source, &f.Kind, &f.Severity, &f.Account, &f.Region, &from, &to, &f.Key, &f.Detail, &found); err != nil {
				yield(f, fmt.Errorf("ledger: findings: %w", sqlite.Classify(err)))
				return
			}
			f.From, f.To, f.Found = fromUnix(from), fromUnix(to), fromUnix(found)
			if !yield(f, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(verdict.Finding{}, fmt.Errorf("ledger: findings: %w", sqlite.Classify(err)))
		}
	}
}

// Listed yields the log files below a prefix of a source as its digests list them, by key. Keys lie below the source.
func (l *Ledger) Listed(ctx context.Context, source, prefix string) iter.Seq2[verdict.Listed, error] {
	return func(yield func(verdict.Listed, error) bool) {
		// A folder of log files ends above the folder of the day, and the prefix may lie on either side.
		var above []string
		for i := range len(prefix) - 1 {
			if prefix[i] == '/' {
				above = append(above, prefix[:i+1])
			}
		}
		list, err := json.Marshal(above)
		if err != nil {
			yield(verdict.Listed{}, fmt.Errorf("ledger: listed log files: %w", err))
			return
		}
		const columns = `SELECT folder.prefix || log.name, log.sha256, digest.name, digest.status FROM folder JOIN scope ON scope.id = folder.scope
			JOIN source ON source.id = scope.source JOIN log ON log.folder = folder.id JOIN digest ON digest.id = log.digest `
		rows, err := l.db.Read.QueryContext(ctx, columns+`WHERE source.uri = ?1 AND folder.prefix <> '' AND folder.prefix >= ?2 AND folder.prefix < ?2 || char(1114111)
			UNION ALL `+columns+`WHERE source.uri = ?1 AND folder.prefix IN (SELECT value FROM json_each(?3))
			AND log.name >= substr(?2, length(folder.prefix) + 1) AND log.name < substr(?2, length(folder.prefix) + 1) || char(1114111)
			ORDER BY 1, 3`, source, prefix, string(list))
		if err != nil {
			yield(verdict.Listed{}, fmt.Errorf("ledger: listed log files: %w", sqlite.Classify(err)))
			return
		}
		defer rows.Close()
		var sum sql.RawBytes
		for rows.Next() {
			var g verdict.Listed
			if err := rows.Scan(&g.Key, &sum, &g.Digest, &g.Status); err != nil {
				yield(g, fmt.Errorf("ledger: listed log files: %w", sqlite.Classify(err)))
				return
			}
			if copy(g.SHA256[:], sum) != 32 {
				yield(g, fmt.Errorf("ledger: %w: log file %q has a hash of %d bytes", ErrDamaged, g.Key, len(sum)))
				return
			}
			if !yield(g, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(verdict.Listed{}, fmt.Errorf("ledger: listed log files: %w", sqlite.Classify(err)))
		}
	}
}

// Buckets are the buckets that valid digests name as their own: those that CloudTrail delivers to.
func (l *Ledger) Buckets(ctx context.Context) ([]string, error) {
	rows, err := l.db.Read.QueryContext(ctx, "SELECT DISTINCT bucket FROM digest WHERE status = ? AND bucket <> '' ORDER BY bucket", int(integrity.Valid))
	if err != nil {
		return nil, fmt.Errorf("ledger: buckets: %w", sqlite.Classify(err))
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var b string
		if err := rows.Scan(&b); err != nil {
			return nil, fmt.Errorf("ledger: buckets: %w", sqlite.Classify(err))
		}
		out = append(out, b)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("ledger: buckets: %w", sqlite.Classify(err))
	}
	return out, nil
}

// DigestRows yields every digest of every source between two times, for people who ask.
func (l *Ledger) DigestRows(ctx context.Context, from, to time.Time) iter.Seq2[verdict.DigestRow, error] {
	return func(yield func(verdict.DigestRow, error) bool) {
		lo, hi := int64(-1<<40), int64(1<<40)
		if !from.IsZero() {
			lo = from.Unix()
		}
		if !to.IsZero() {
			hi = to.Unix()
		}
		rows, err := l.db.Read.QueryContext(ctx, `SELECT uri, account, region, name, start_time, end_time, status, problem, sha256, fingerprint, logs
			FROM digest JOIN scope ON scope.id = digest.scope JOIN source ON source.id = scope.source
			WHERE end_time > ? AND start_time < ? ORDER BY uri, name`, lo, hi)
		if err != nil {
			yield(verdict.DigestRow{}, fmt.Errorf("ledger: digests: %w", sqlite.Classify(err)))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var d verdict.DigestRow
			var start, end int64
			if err := rows.Scan(&d.Source, &d.Account, &d.Region, &d.Key, &start, &end, &d.Status, &d.Problem, &d.SHA256, &d.Fingerprint, &d.Logs); err != nil {
				yield(d, fmt.Errorf("ledger: digests: %w", sqlite.Classify(err)))
				return
			}
			d.Start, d.End = fromUnix(start), fromUnix(end)
			if !yield(d, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(verdict.DigestRow{}, fmt.Errorf("ledger: digests: %w", sqlite.Classify(err)))
		}
	}
}

// ExplainChange appends a person's explanation of an event that changed the logging.
func (l *Ledger) ExplainChange(ctx context.Context, e verdict.Explanation) error {
	err := l.db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO change_explanation (event, reason, ticket, reviewer, made_at) VALUES (?, ?, ?, ?, ?)",
			e.Event, e.Reason, e.Ticket, e.Reviewer, e.Made.Unix())
		return err
	})
	if err != nil {
		return fmt.Errorf("ledger: save explanation of event %q: %w", e.Event, err)
	}
	return nil
}

// ChangeExplanations returns the explanations of events that changed the logging, by event, oldest first.
func (l *Ledger) ChangeExplanations(ctx context.Context) (map[string][]verdict.Explanation, error) {
	rows, err := l.db.Read.QueryContext(ctx, "SELECT event, reason, ticket, reviewer, made_at FROM change_explanation ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("ledger: explanations of events: %w", sqlite.Classify(err))
	}
	defer rows.Close()
	out := map[string][]verdict.Explanation{}
	for rows.Next() {
		var e verdict.Explanation
		var made int64
		if err := rows.Scan(&e.Event, &e.Reason, &e.Ticket, &e.Reviewer, &made); err != nil {
			return nil, fmt.Errorf("ledger: explanations of events: %w", sqlite.Classify(err))
		}
		e.Made = fromUnix(made)
		out[e.Event] = append(out[e.Event], e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("ledger: explanations of events: %w", sqlite.Classify(err))
	}
	return out, nil
}
