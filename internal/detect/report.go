package detect

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/finding"
)

// Report is what a backtest has to say. Its JSON names are stable. An event that was delivered twice, as by the trail of an
// organization and the one of an account, is two matches, and counts here once.
type Report struct {
	From     time.Time `json:"from,omitzero"` // of the filter
	To       time.Time `json:"to,omitzero"`
	Accounts []string  `json:"accounts,omitempty"`
	Regions  []string  `json:"regions,omitempty"`

	Files    int64     `json:"files"`   // that were read, or tried
	Records  int64     `json:"records"` // that were judged
	Outside  int64     `json:"outside"` // records that the filter left out
	Earliest time.Time `json:"earliest,omitzero"`
	Latest   time.Time `json:"latest,omitzero"`

	Malformed      int64        `json:"malformed"`
	MalformedFirst []Malformed  `json:"malformed_first"` // 100 at most
	Unreadable     int64        `json:"unreadable"`
	UnreadFirst    []Unreadable `json:"unreadable_first"` // 100 at most
	// Unjudged counts, for each rule over time, events that it had no room to remember; Warnings says which rules they are.
	Unjudged int64 `json:"unjudged"`

	Matches    int64   `json:"matches"`    // each event once for each detection
	Suppressed int64   `json:"suppressed"` // of the matches
	Twins      int64   `json:"twins"`      // further deliveries of events that count already
	Detections []Found `json:"detections"` // those with a match, in the order of the rules
	// Silent are the detections without a match.
	Silent   []string `json:"silent"`
	Warnings []string `json:"warnings"`
}

// Whole reports whether everything was read and judged.
func (r *Report) Whole() bool { return r.Malformed == 0 && r.Unreadable == 0 && r.Unjudged == 0 }

// Unreadable is a file that could not be read, or not to its end.
type Unreadable struct {
	Source string `json:"source"`
	Reason string `json:"reason"`
}

// Found is what one detection matched.
type Found struct {
	Detection  string           `json:"detection"`
	Title      string           `json:"title"`
	Severity   finding.Severity `json:"severity"`
	Kind       Kind             `json:"kind"`
	Matches    int64            `json:"matches"`
	Suppressed int64            `json:"suppressed"`
	Twins      int64            `json:"twins"`
	First      time.Time        `json:"first,omitzero"`
	Last       time.Time        `json:"last,omitzero"`
	Weeks      []Week           `json:"weeks"`      // by week and account
	Principals []Loud           `json:"principals"` // the loudest 10
}

// Week is a detection's matches in one ISO week and account.
type Week struct {
	Week       string `json:"week"` // 2026-W09; unknown for events without a time
	Account    string `json:"account"`
	Matches    int64  `json:"matches"`
	Suppressed int64  `json:"suppressed"`
}

// Loud is a principal with many matches.
type Loud struct {
	Principal string `json:"principal"` // empty: events without one
	Matches   int64  `json:"matches"`
}

// What a report remembers and lists at most.
const (
	maxListed     = 100
	maxLoud       = 10
	maxPrincipals = 20_000    // for each detection
	maxWeeks      = 50_000    // for each detection
	maxIDs        = 2_000_000 // of matches, to know twins
)

// summary adds up a report.
type summary struct {
	set  *Set
	r    Report
	by   []sums
	ids  int
	full bool // ids are no longer remembered
	tally
}

// sums are those of one rule.
type sums struct {
	found      Found
	weeks      map[[2]string]*Week
	principals map[string]int64
	others     int64 // matches of principals that are not remembered
	seen       map[digest]struct{}
}

func newSummary(s *Set, f Filter) *summary {
	sum := &summary{set: s, by: make([]sums, len(s.rules)), r: Report{From: f.From, To: f.To, Accounts: f.Accounts, Regions: f.Regions}}
	for i, r := range s.rules {
		sum.by[i] = sums{found: Found{Detection: r.ID, Title: r.Title, Severity: r.Severity, Kind: r.Kind}, weeks: map[[2]string]*Week{}, principals: map[string]int64{},
			seen: map[digest]struct{}{}}
	}
	return sum
}

// take takes what was found in a file.
func (s *summary) take(ctx context.Context, j *job, tell func(Hit) error) error {
	s.r.Files++
	for {
		var b batch
		var ok bool
		select {
		case b, ok = <-j.out:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !ok {
			return nil
		}
		for _, h := range b.hits {
			if err := tell(h); err != nil {
				return err
			}
		}
		s.r.MalformedFirst = append(s.r.MalformedFirst, b.faults[:min(len(b.faults), maxListed-len(s.r.MalformedFirst))]...)
		if b.tally != nil {
			s.tally.add(b.tally)
		}
		if b.unread != nil {
			s.r.Unreadable++
			if len(s.r.UnreadFirst) < maxListed {
				s.r.UnreadFirst = append(s.r.UnreadFirst, Unreadable{j.file.Source, b.unread.Error()})
			}
		}
	}
}

func (t *tally) add(o *tally) {
	t.records += o.records
	t.outside += o.outside
	t.malformed += o.malformed
	t.untimed += o.untimed
	if o.earliest != 0 && (t.earliest == 0 || o.earliest < t.earliest) {
		t.earliest = o.earliest
	}
	if o.latest != 0 && (t.latest == 0 || o.latest > t.latest) {
		t.latest = o.latest
	}
}

// add counts a hit.
func (s *summary) add(h *Hit) {
	x := &s.by[slices.IndexFunc(s.set.rules, func(r Rule) bool { return r.ID == h.Detection })]
	if h.ID != "" {
		id := identity(h.ID, "", 0)
		if _, twin := x.seen[id]; twin {
			x.found.Twins++
			s.r.Twins++
			return
		}
		if s.ids < maxIDs {
			s.ids++
			x.seen[id] = struct{}{}
		} else {
			s.full = true
		}
	}
	suppressed := int64(0)
	if h.Suppressed != nil {
		suppressed = 1
	}
	s.r.Matches++
	s.r.Suppressed += suppressed
	x.found.Matches++
	x.found.Suppressed += suppressed
	key := [2]string{week(h.Time), h.Account}
	w := x.weeks[key]
	if w == nil {
		if len(x.weeks) >= maxWeeks {
			key = [2]string{"others", "others"}
			w = x.weeks[key]
		}
		if w == nil {
			w = &Week{Week: key[0], Account: key[1]}
			x.weeks[key] = w
		}
	}
	w.Matches++
	w.Suppressed += suppressed
	if _, ok := x.principals[h.Principal]; ok || len(x.principals) < maxPrincipals {
		x.principals[h.Principal]++
	} else {
		x.others++
	}
	if h.Time.IsZero() {
		return
	}
	if x.found.First.IsZero() || h.Time.Before(x.found.First) {
		x.found.First = h.Time
	}
	if h.Time.After(x.found.Last) {
		x.found.Last = h.Time
	}
}

// week names the ISO week of a time.
func week(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	year, w := t.ISOWeek()
	return fmt.Sprintf("%04d-W%02d", year, w)
}

// report returns the sum of it all, with some warnings more.
func (s *summary) report(warnings []string) Report {
	r := s.r
	r.Records, r.Outside, r.Malformed = s.records, s.outside, s.malformed
	if s.earliest != 0 {
		r.Earliest, r.Latest = time.UnixMicro(s.earliest).UTC(), time.UnixMicro(s.latest).UTC()
	}
	// Lists are never null.
	r.MalformedFirst, r.UnreadFirst = append([]Malformed{}, r.MalformedFirst...), append([]Unreadable{}, r.UnreadFirst...)
	r.Detections, r.Silent = []Found{}, []string{}
	r.Warnings = append(append([]string{}, s.set.warnings...), warnings...)
	for i := range s.by {
		x := &s.by[i]
		if x.found.Matches == 0 {
			r.Silent = append(r.Silent, x.found.Detection)
			continue
		}
		f := x.found
		f.Weeks = make([]Week, 0, len(x.weeks))
		for _, w := range x.weeks {
			f.Weeks = append(f.Weeks, *w)
		}
		slices.SortFunc(f.Weeks, func(a, b Week) int {
			return cmp.Or(strings.Compare(a.Week, b.Week), strings.Compare(a.Account, b.Account))
		})
		for p, n := range x.principals {
			f.Principals = append(f.Principals, Loud{p, n})
		}
		slices.SortFunc(f.Principals, func(a, b Loud) int {
			return cmp.Or(cmp.Compare(b.Matches, a.Matches), strings.Compare(a.Principal, b.Principal))
		})
		f.Principals = slices.Clip(f.Principals[:min(len(f.Principals), maxLoud)])
		r.Detections = append(r.Detections, f)
		if x.others > 0 {
			r.Warnings = append(r.Warnings, fmt.Sprintf("%s: more than %d principals; %d matches of others are not among the loudest", f.Detection, maxPrincipals, x.others))
		}
	}
	if s.untimed > 0 {
		r.Warnings = append(r.Warnings, untimed(s.untimed))
	}
	if s.full {
		r.Warnings = append(r.Warnings, fmt.Sprintf("more than %d matches: events that were delivered twice count twice after that", maxIDs))
	}
	return r
}
