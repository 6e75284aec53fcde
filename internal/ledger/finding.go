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
	q := l.query("findings", `SELECT uri, kind, severity, account, region, from_time, to_time, key, detail, found_at
		FROM finding JOIN source ON source.id = finding.source WHERE ? = '' OR uri = ?
		ORDER BY uri, account, region, from_time, key, kind, detail`, source, source)
	return sqlite.Rows(ctx, q, func(r *sql.Rows) (f verdict.Finding, err error) {
		var from, to, found int64
		err = r.Scan(&f.Source, &f.Kind, &f.Severity, &f.Account, &f.Region, &from, &to, &f.Key, &f.Detail, &found)
		f.From, f.To, f.Found = fromUnix(from), fromUnix(to), fromUnix(found)
		return f, err
	})
}

// Listed yields the log files below a prefix of a source as its digests list them, by key. Keys lie below the source.
func (l *Ledger) Listed(ctx context.Context, source, prefix string) iter.Seq2[verdict.Listed, error] {
	// A folder of log files ends above the folder of the day, and the prefix may lie on either side.
	var above []string
	for i := range len(prefix) - 1 {
		if prefix[i] == '/' {
			above = append(above, prefix[:i+1])
		}
	}
	list, err := json.Marshal(above)
	if err != nil {
		panic(err) // of a list of texts
	}
	const columns = `SELECT folder.prefix || log.name, log.sha256, digest.name, digest.status FROM folder JOIN scope ON scope.id = folder.scope
		JOIN source ON source.id = scope.source JOIN log ON log.folder = folder.id JOIN digest ON digest.id = log.digest `
	q := l.query("listed log files", columns+`WHERE source.uri = ?1 AND folder.prefix <> '' AND folder.prefix >= ?2 AND folder.prefix < ?2 || char(1114111)
		UNION ALL `+columns+`WHERE source.uri = ?1 AND folder.prefix IN (SELECT value FROM json_each(?3))
		AND log.name >= substr(?2, length(folder.prefix) + 1) AND log.name < substr(?2, length(folder.prefix) + 1) || char(1114111)
		ORDER BY 1, 3`, source, prefix, string(list))
	var sum sql.RawBytes
	return sqlite.Rows(ctx, q, func(r *sql.Rows) (g verdict.Listed, err error) {
		if err := r.Scan(&g.Key, &sum, &g.Digest, &g.Status); err != nil {
			return g, err
		}
		if copy(g.SHA256[:], sum) != 32 {
			return g, fmt.Errorf("%w: log file %q has a hash of %d bytes", ErrDamaged, g.Key, len(sum))
		}
		return g, nil
	})
}

// Buckets are the buckets that valid digests name as their own: those that CloudTrail delivers to.
func (l *Ledger) Buckets(ctx context.Context) ([]string, error) {
	q := l.query("buckets", "SELECT DISTINCT bucket FROM digest WHERE status = ? AND bucket <> '' ORDER BY bucket", int(integrity.Valid))
	return sqlite.All(ctx, q, func(r *sql.Rows) (b string, err error) {
		err = r.Scan(&b)
		return b, err
	})
}

// DigestRows yields every digest of every source between two times, for people who ask.
func (l *Ledger) DigestRows(ctx context.Context, from, to time.Time) iter.Seq2[verdict.DigestRow, error] {
	lo, hi := int64(-1<<40), int64(1<<40)
	if !from.IsZero() {
		lo = from.Unix()
	}
	if !to.IsZero() {
		hi = to.Unix()
	}
	q := l.query("digests", `SELECT uri, account, region, name, start_time, end_time, status, problem, sha256, fingerprint, logs
		FROM digest JOIN scope ON scope.id = digest.scope JOIN source ON source.id = scope.source
		WHERE end_time > ? AND start_time < ? ORDER BY uri, name`, lo, hi)
	return sqlite.Rows(ctx, q, func(r *sql.Rows) (d verdict.DigestRow, err error) {
		var start, end int64
		err = r.Scan(&d.Source, &d.Account, &d.Region, &d.Key, &start, &end, &d.Status, &d.Problem, &d.SHA256, &d.Fingerprint, &d.Logs)
		d.Start, d.End = fromUnix(start), fromUnix(end)
		return d, err
	})
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
	q := l.query("explanations of events", "SELECT event, reason, ticket, reviewer, made_at FROM change_explanation ORDER BY id")
	all := sqlite.Rows(ctx, q, func(r *sql.Rows) (e verdict.Explanation, err error) {
		var made int64
		err = r.Scan(&e.Event, &e.Reason, &e.Ticket, &e.Reviewer, &made)
		e.Made = fromUnix(made)
		return e, err
	})
	out := map[string][]verdict.Explanation{}
	for e, err := range all {
		if err != nil {
			return nil, err
		}
		out[e.Event] = append(out[e.Event], e)
	}
	return out, nil
}
