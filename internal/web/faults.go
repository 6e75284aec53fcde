package web

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/integrity"
)

// Folding: what is shown at once and what under a count.
const (
	foldRun  = 6   // so many missing digests of one chain in a row fold to one line
	foldList = 200 // a longer list shows its first foldHead and folds the rest
	foldHead = 50
)

// section is all faults of one kind.
type section struct {
	term
	Count  int
	Effect string // what they do to the result
	Mixed  bool   // their severities differ, so each row says its own
	Blocks []block
}

// block is a run of faults in one table, folded under Fold unless that is empty.
type block struct {
	Fold  string
	Rows  []integrity.Fault
	Mixed bool
}

// sections groups faults by kind: the known kinds in their order, then others as they come. Every fault is in
// exactly one block.
func sections(faults []integrity.Fault) []section {
	of := make(map[integrity.Kind][]integrity.Fault)
	var order []term
	order = append(order, kinds...)
	for _, f := range faults {
		if _, ok := of[f.Kind]; !ok && !slices.ContainsFunc(kinds, func(t term) bool { return t.Code == string(f.Kind) }) {
			order = append(order, term{string(f.Kind), Visible(string(f.Kind)), "This version of the report does not know this kind of fault."})
		}
		of[f.Kind] = append(of[f.Kind], f)
	}
	var out []section
	for _, t := range order {
		rows := of[integrity.Kind(t.Code)]
		if len(rows) == 0 {
			continue
		}
		s := section{term: t, Count: len(rows)}
		s.Effect, s.Mixed = effect(rows)
		if t.Code == string(integrity.DigestMissing) {
			s.Blocks = runs(rows)
		} else {
			s.Blocks = headAndRest(rows)
		}
		for i := range s.Blocks {
			s.Blocks[i].Mixed = s.Mixed
		}
		out = append(out, s)
	}
	return out
}

func effect(rows []integrity.Fault) (text string, mixed bool) {
	n := make(map[integrity.Severity]int)
	var order []integrity.Severity
	for _, f := range rows {
		if n[f.Severity] == 0 {
			order = append(order, f.Severity)
		}
		n[f.Severity]++
	}
	if len(order) == 1 {
		t := severity(order[0])
		if len(rows) > 1 && order[0] != integrity.Warning {
			t = "each " + t
		}
		return t, false
	}
	var parts []string
	for _, s := range order {
		parts = append(parts, thousands(int64(n[s]))+": "+severity(s))
	}
	return strings.Join(parts, "; "), true
}

func headAndRest(rows []integrity.Fault) []block {
	if len(rows) <= foldList {
		return []block{{Rows: rows}}
	}
	return []block{{Rows: rows[:foldHead]},
		{Rows: rows[foldHead:], Fold: fmt.Sprintf("%s more of this kind", thousands(int64(len(rows)-foldHead)))}}
}

// runs sorts missing digests by chain (in the order in which chains first come) and time, and folds those that follow
// each other.
func runs(rows []integrity.Fault) []block {
	chains := make(map[string][]integrity.Fault)
	var order []string
	for _, f := range rows {
		c := chainOf(f)
		if chains[c] == nil {
			order = append(order, c)
		}
		chains[c] = append(chains[c], f)
	}
	var single []integrity.Fault
	var folded []block
	for _, c := range order {
		rows := chains[c]
		slices.SortStableFunc(rows, func(a, b integrity.Fault) int { return a.Time.Compare(b.Time) })
		for len(rows) > 0 {
			n := 1
			for n < len(rows) && rows[n].Time.Sub(rows[n-1].Time) <= 90*time.Minute {
				n++
			}
			if n < foldRun {
				single = append(single, rows[:n]...)
			} else {
				folded = append(folded, block{Rows: rows[:n:n], Fold: runText(rows[:n])})
			}
			rows = rows[n:]
		}
	}
	if len(single) == 0 {
		return folded
	}
	return append(folded, headAndRest(single)...)
}

func runText(rows []integrity.Fault) string {
	a, z := rows[0], rows[len(rows)-1]
	return fmt.Sprintf("%s digests in a row: %s %s, %s to %s UTC", thousands(int64(len(rows))),
		Visible(a.Account), Visible(a.Region), moment(a.Time), moment(z.Time))
}

// chainOf names the chain of a digest by its key without the time; what has no such key is a chain of its own place.
func chainOf(f integrity.Fault) string {
	dir, name := path.Split(f.Key)
	head, tail, ok := cutTime(name)
	if !ok {
		return f.Account + "\x00" + f.Region
	}
	for range 3 { // the folders of year, month and day
		dir, _ = path.Split(strings.TrimSuffix(dir, "/"))
	}
	return f.Account + "\x00" + f.Region + "\x00" + dir + "\x00" + head + "\x00" + tail
}

// cutTime cuts a digest's name around its time: ..._20260102T030405Z.json.gz, ..._20260102T030405Z_backfill.json.gz.
func cutTime(name string) (head, tail string, ok bool) {
	for i := strings.LastIndexByte(name, '_'); i >= 0; i = strings.LastIndexByte(name[:i], '_') {
		if stamp := name[i+1:]; len(stamp) >= 16 {
			if _, err := time.Parse("20060102T150405Z", stamp[:16]); err == nil {
				return name[:i], stamp[16:], true
			}
		}
	}
	return "", "", false
}
