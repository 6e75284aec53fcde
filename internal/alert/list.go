package alert

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/sqlite"
)

// Filter says which alerts are meant. The zero Filter means all.
type Filter struct {
	Status     []finding.Status // one of them
	Severity   finding.Severity // at least as bad as that
	Detection  string           // an id, or a glob
	Account    string           // or a glob
	Accounts   []string         // one of them; none: any
	Regions    []string         // with an event in one of them; none: any
	From, To   time.Time        // with an event from From on and one before To
	Suppressed *bool            // only those, or only the others
	Test       *bool            // only those, or only the others
	Limit      int              // the newest; 0: all
}

// Item is an alert in a list, without Events and Around.
type Item struct {
	finding.Alert
	Told Told `json:"told"`
}

// Told is how far people have been told of an alert: its deliveries by state.
type Told struct {
	Delivered int  `json:"delivered"`
	Pending   int  `json:"pending"` // or under way
	Dead      int  `json:"dead"`
	NoRoute   bool `json:"no_route"` // it is not suppressed, and no route fitted it when it was opened
}

// List returns alerts, the newest first.
func (s *Store) List(ctx context.Context, f Filter) ([]Item, error) {
	statuses := "null"
	if len(f.Status) > 0 {
		b, err := json.Marshal(f.Status)
		if err != nil {
			return nil, fmt.Errorf("alerts: list: %w", err)
		}
		statuses = string(b)
	}
	lo, hi := int64(-1<<62), int64(1<<62)
	if !f.From.IsZero() {
		lo = f.From.UnixMicro()
	}
	if !f.To.IsZero() {
		hi = f.To.UnixMicro()
	}
	rank := len(finding.Severities)
	if i := slices.Index(finding.Severities[:], f.Severity); i >= 0 {
		rank = i
	}
	q := s.query("list", "SELECT "+alertColumns+`,
		(SELECT count(*) FROM delivery WHERE delivery.alert = alert.id AND state = 2), (SELECT count(*) FROM delivery WHERE delivery.alert = alert.id AND state < 2),
		(SELECT count(*) FROM delivery WHERE delivery.alert = alert.id AND state = 3)
		FROM alert WHERE (?1 = 'null' OR status IN (SELECT value FROM json_each(?1))) AND severity <= ?2 AND last_event >= ?3 AND first_event < ?4
		AND (?5 IS NULL OR suppressed = ?5) AND (?6 IS NULL OR test = ?6) ORDER BY id DESC`, statuses, rank, lo, hi, f.Suppressed, f.Test)
	out := []Item{}
	all := sqlite.Rows(ctx, q, func(r *sql.Rows) (i Item, err error) {
		row, err := scanAlert(r, &i.Told.Delivered, &i.Told.Pending, &i.Told.Dead)
		if err == nil {
			i.Alert = row.Alert
			i.Told.NoRoute = i.Suppressed == nil && i.Told.Delivered+i.Told.Pending+i.Told.Dead == 0
		}
		return i, err
	})
	for i, err := range all {
		if err != nil {
			return nil, err
		}
		if !finding.Glob(f.Detection, i.Detection) || !finding.Glob(f.Account, i.Account) || len(f.Accounts) > 0 && !slices.Contains(f.Accounts, i.Account) ||
			len(f.Regions) > 0 && !slices.ContainsFunc(i.Regions, func(r string) bool { return slices.Contains(f.Regions, r) }) {
			continue
		}
		if out = append(out, i); f.Limit > 0 && len(out) == f.Limit {
			break
		}
	}
	return out, nil
}
