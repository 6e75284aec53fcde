package app

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/lake"
	"github.com/trailseal/trailseal/internal/ledger"
	"github.com/trailseal/trailseal/internal/verdict"
)

func column(name, kind string) answer.Column { return answer.Column{Name: name, Type: kind} }

// ledgerTables are the tables of a question that the ledger fills.
func ledgerTables(led *ledger.Ledger, sources []string) []lake.Table {
	return []lake.Table{digestsTable(led), coverageTable(led, sources), findingsTable(led)}
}

var statusWords = map[integrity.Status]string{
	integrity.Undecided: "undecided", integrity.Valid: "valid", integrity.Forged: "invalid", integrity.Unsealed: "unsealed", integrity.Unverified: "unverified",
}

func digestsTable(led *ledger.Ledger) lake.Table {
	return lake.Table{
		Name: "digests",
		Columns: []answer.Column{column("source", "VARCHAR"), column("digest_file", "VARCHAR"), column("account", "VARCHAR"), column("region", "VARCHAR"),
			column("trail", "VARCHAR"), column("start_time", "TIMESTAMP"), column("end_time", "TIMESTAMP"), column("status", "VARCHAR"), column("problem", "VARCHAR"),
			column("log_files", "BIGINT"), column("sha256", "VARCHAR"), column("public_key_fingerprint", "VARCHAR")},
		Rows: func(ctx context.Context, s lake.Scope) iter.Seq2[[]any, error] {
			return func(yield func([]any, error) bool) {
				for d, err := range led.DigestRows(ctx, s.From, s.To) {
					if err == nil && (!in(s.Accounts, d.Account) || !in(s.Regions, d.Region)) {
						continue
					}
					trail := ""
					if k, err := integrity.ParseKey(d.Key); err == nil {
						trail = k.Trail
					}
					row := []any{d.Source, d.Key, d.Account, d.Region, trail, timeOrNull(d.Start), timeOrNull(d.End), statusWords[d.Status], textOrNull(d.Problem),
						int64(d.Logs), hex.EncodeToString(d.SHA256), d.Fingerprint}
					if !yield(row, err) {
						return
					}
				}
			}
		},
	}
}

func coverageTable(led *ledger.Ledger, sources []string) lake.Table {
	return lake.Table{
		Name:    "coverage",
		Columns: []answer.Column{column("source", "VARCHAR"), column("account", "VARCHAR"), column("region", "VARCHAR"), column("hour", "TIMESTAMP"), column("state", "VARCHAR")},
		Rows: func(ctx context.Context, s lake.Scope) iter.Seq2[[]any, error] {
			return func(yield func([]any, error) bool) {
				for _, source := range sources {
					_, all, err := led.Coverage(ctx, source, s.From, s.To)
					if err != nil {
						yield(nil, err)
						return
					}
					for _, c := range all {
						if !in(s.Accounts, c.Account) || !in(s.Regions, c.Region) {
							continue
						}
						for _, d := range c.Days {
							for h, state := range d.Hours {
								at := d.Date.Add(time.Duration(h) * time.Hour)
								if state == integrity.OutOfScope || !s.From.IsZero() && !at.Add(time.Hour).After(s.From) || !s.To.IsZero() && !at.Before(s.To) {
									continue
								}
								if !yield([]any{source, c.Account, c.Region, at, state.String()}, nil) {
									return
								}
							}
						}
					}
				}
			}
		},
	}
}

func findingsTable(led *ledger.Ledger) lake.Table {
	return lake.Table{
		Name: "findings",
		Columns: []answer.Column{column("source", "VARCHAR"), column("kind", "VARCHAR"), column("severity", "VARCHAR"), column("account", "VARCHAR"), column("region", "VARCHAR"),
			column("from_time", "TIMESTAMP"), column("to_time", "TIMESTAMP"), column("object_key", "VARCHAR"), column("detail", "VARCHAR"), column("found_at", "TIMESTAMP")},
		Rows: func(ctx context.Context, s lake.Scope) iter.Seq2[[]any, error] {
			return func(yield func([]any, error) bool) {
				for f, err := range led.Findings(ctx, "") {
					out := err == nil && (!in(s.Accounts, f.Account) || !in(s.Regions, f.Region) ||
						!f.From.IsZero() && (!s.To.IsZero() && !f.From.Before(s.To) || !s.From.IsZero() && !f.To.After(s.From)))
					if out {
						continue
					}
					row := []any{f.Source, f.Kind, string(f.Severity), f.Account, f.Region, timeOrNull(f.From), timeOrNull(f.To), f.Key, f.Detail, f.Found}
					if !yield(row, err) {
						return
					}
				}
			}
		},
	}
}

func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// unknownHours are those that no validation has looked at.
const unknownHours = "unknown"

// notIngested are verified hours of a day that the lake has nothing of: they are not in an answer.
const notIngested = "not-ingested"

// cover fills in what the ledger knows of the hours of a basis: by hour the best state that any source proves. Accounts
// and regions that the lake has and no validation has looked at are unknown.
func cover(ctx context.Context, led *ledger.Ledger, l *lake.Lake, sources []string, b *answer.Basis) error {
	if b.From.IsZero() || b.To.IsZero() {
		stats, err := l.Stats(ctx)
		if err != nil {
			return err
		}
		if b.From.IsZero() {
			b.From = stats.From
		}
		if b.To.IsZero() && !stats.To.IsZero() {
			b.To = stats.To.Add(time.Microsecond)
		}
	}
	from, to := b.From, b.To
	b.Hours, b.Gaps = map[string]int{}, []answer.Gap{}
	if !from.Before(to) {
		return nil
	}
	parts, err := l.Parts(ctx, lake.Scope{From: from.Truncate(24 * time.Hour), To: to.Add(24*time.Hour - 1).Truncate(24 * time.Hour), Accounts: b.Accounts, Regions: b.Regions})
	if err != nil {
		return err
	}
	type id struct{ account, region string }
	known := map[id]map[time.Time]integrity.State{}
	have := map[id]map[time.Time]bool{}
	for _, p := range parts {
		k := id{p.Place.Account, p.Place.Region}
		if have[k] == nil {
			known[k], have[k] = map[time.Time]integrity.State{}, map[time.Time]bool{}
		}
		if day, err := time.Parse(time.DateOnly, p.Place.Date); err == nil {
			have[k][day] = true
		}
	}
	for _, source := range sources {
		_, all, err := led.Coverage(ctx, source, from.Add(-24*time.Hour), to) // looked wants the day before
		if err != nil {
			return err
		}
		for _, c := range all {
			if !in(b.Accounts, c.Account) || !in(b.Regions, c.Region) {
				continue
			}
			hours := known[id{c.Account, c.Region}]
			if hours == nil {
				hours = map[time.Time]integrity.State{}
				known[id{c.Account, c.Region}] = hours
			}
			for at, state := range looked(c.Days) {
				if was, ok := hours[at]; ok {
					state = joined(was, state)
				}
				hours[at] = state
			}
		}
	}
	good, due, lacks := 0, 0, 0
	for k, hours := range known {
		lacking := lackingDays(hours, have[k], from, to)
		lacks += len(lacking)
		var gap *answer.Gap
		note := func(at, end time.Time, word string) {
			n := int(end.Sub(at) / time.Hour)
			b.Hours[word] += n
			switch word {
			case integrity.Verified.String(), integrity.VerifiedEmpty.String():
				good += n
				due += n
				gap = nil
				return
			case integrity.OutOfScope.String():
				gap = nil
				return
			case integrity.GapExplained.String(), integrity.Pending.String():
				// Not reckoned, as in verdict.Coverage.Percent.
			default:
				due += n
			}
			if gap != nil && gap.State == word {
				gap.To = end
				return
			}
			b.Gaps = append(b.Gaps, answer.Gap{Account: k.account, Region: k.region, From: at, To: end, State: word})
			gap = &b.Gaps[len(b.Gaps)-1]
		}
		// What no validation has looked at lies between the hours that one has.
		at, end := from.Truncate(time.Hour), to.Add(time.Hour-1).Truncate(time.Hour)
		for _, h := range slices.SortedFunc(maps.Keys(hours), time.Time.Compare) {
			if h.Before(at) || !h.Before(end) {
				continue
			}
			if at.Before(h) {
				note(at, h, unknownHours)
			}
			at = h.Add(time.Hour)
			word := hours[h].String()
			if hours[h] == integrity.Verified && lacking[h.Truncate(24*time.Hour)] {
				word = notIngested
			}
			note(h, at, word)
		}
		if at.Before(end) {
			note(at, end, unknownHours)
		}
	}
	if lacks > 0 {
		b.Warnings = append(b.Warnings, fmt.Sprintf("the lake holds no event of %d days, counted for each account and region, of which log files were verified: they were not ingested, or the lake let them go. Their hours are not counted as verified here", lacks))
	}
	slices.SortFunc(b.Gaps, func(x, y answer.Gap) int {
		if c := slices.Compare([]string{x.Account, x.Region}, []string{y.Account, y.Region}); c != 0 {
			return c
		}
		return x.From.Compare(y.From)
	})
	if due > 0 {
		percent := 100 * float64(good) / float64(due)
		b.Coverage = &percent
	}
	return nil
}

// lackingDays are the days between two times of which log files were verified and the lake has nothing: have are those
// that it has. What is delivered in the first hour of a day may be of the day before.
func lackingDays(hours map[time.Time]integrity.State, have map[time.Time]bool, from, to time.Time) map[time.Time]bool {
	lacking := map[time.Time]bool{}
	for at, state := range hours {
		day := at.Truncate(24 * time.Hour)
		if state == integrity.Verified && at.Hour() > 0 && !at.Before(from) && at.Before(to) && !have[day] {
			lacking[day] = true
		}
	}
	return lacking
}

// looked are the hours of days that a run has looked at. The ledger calls an hour out of scope when it is before the first
// digest, and also when a run's period began after it or ended before it on the same day. Only a day that is out of scope
// from its first hour to its last, and the hours that follow it at once, are known to be before the first digest; the
// others nobody has looked at.
func looked(days []verdict.Day) iter.Seq2[time.Time, integrity.State] {
	return func(yield func(time.Time, integrity.State) bool) {
		var before time.Time // where the hours before the first digest end, as far as they are known
		for _, d := range days {
			whole := !slices.ContainsFunc(d.Hours[:], func(s integrity.State) bool { return s != integrity.OutOfScope })
			for h, state := range d.Hours {
				at := d.Date.Add(time.Duration(h) * time.Hour)
				if state == integrity.OutOfScope {
					if !whole && !at.Equal(before) {
						continue
					}
					before = at.Add(time.Hour)
				}
				if !yield(at, state) {
					return
				}
			}
		}
	}
}
