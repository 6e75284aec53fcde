package web

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"time"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/finding"
)

//go:embed backtest.html.tmpl
var backtestFiles embed.FS

//go:embed backtest.css
var backtestCSS template.CSS

// The page of a backtest shares the functions and small templates of the answer's.
var backtestPages = template.Must(template.Must(answerPages.Clone()).Funcs(template.FuncMap{"grade": grade, "day": day}).ParseFS(backtestFiles, "backtest.html.tmpl"))

// maxGridWeeks is how many weeks a grid has at most; earlier ones are summed up in its first column.
const maxGridWeeks = 54

// backtestPage is what the template sees.
type backtestPage struct {
	*app.BacktestReport
	ReportOptions
	CSS    [4]template.CSS
	Words  string // of the heading
	Class  string
	Grids  []grid
	Totals []severityTotal
}

type severityTotal struct {
	Severity   finding.Severity
	Matches    int64
	Suppressed int64
}

// grid is one detection's matches by account and week.
type grid struct {
	app.Found
	Accounts []string
	Weeks    []string
	Rows     [][]gridCell // by account, then week
	Earlier  bool         // the first column holds the weeks before the second, too
}

type gridCell struct {
	N     int64
	Class string // how dark
	Title string
}

// Backtest writes what detections found in history as one self-contained HTML page. An error is one of writing.
func Backtest(w io.Writer, r app.BacktestReport, o ReportOptions) error {
	p := backtestPage{BacktestReport: &r, ReportOptions: o, CSS: [4]template.CSS{mapCSS, pageCSS, answerCSS, backtestCSS}}
	open := r.Matches - r.Suppressed
	switch {
	case !r.Whole():
		p.Words, p.Class = "Not everything could be read", "incomplete"
	case open == 0:
		p.Words, p.Class = "No match", "pass"
	case open == 1:
		p.Words, p.Class = "1 match", "fail"
	default:
		p.Words, p.Class = thousands(open)+" matches", "fail"
	}
	totals := map[finding.Severity]*severityTotal{}
	for _, d := range r.Detections {
		p.Grids = append(p.Grids, gridOf(d))
		t := totals[d.Severity]
		if t == nil {
			t = &severityTotal{Severity: d.Severity}
			totals[d.Severity] = t
		}
		t.Matches += d.Matches
		t.Suppressed += d.Suppressed
	}
	slices.SortStableFunc(p.Grids, func(a, b grid) int { return rank(a.Severity) - rank(b.Severity) })
	for _, s := range finding.Severities {
		if t := totals[s]; t != nil {
			p.Totals = append(p.Totals, *t)
		}
	}
	if err := backtestPages.ExecuteTemplate(w, "backtest", &p); err != nil {
		return fmt.Errorf("write backtest: %w", err)
	}
	return nil
}

// gridOf spreads a detection's weeks out.
func gridOf(d app.Found) grid {
	g := grid{Found: d}
	most := int64(1)
	sums := map[[2]string]int64{}
	for _, w := range d.Weeks {
		g.Accounts, g.Weeks = append(g.Accounts, w.Account), append(g.Weeks, w.Week)
	}
	slices.Sort(g.Accounts)
	slices.Sort(g.Weeks)
	g.Accounts, g.Weeks = slices.Compact(g.Accounts), slices.Compact(g.Weeks)
	if extra := len(g.Weeks) - maxGridWeeks; extra > 0 {
		g.Weeks, g.Earlier = g.Weeks[extra:], true
	}
	for _, w := range d.Weeks {
		week := w.Week
		if g.Earlier && week < g.Weeks[0] {
			week = g.Weeks[0]
		}
		key := [2]string{w.Account, week}
		sums[key] += w.Matches
		most = max(most, sums[key])
	}
	for _, a := range g.Accounts {
		row := make([]gridCell, len(g.Weeks))
		for i, w := range g.Weeks {
			n := sums[[2]string{a, w}]
			row[i] = gridCell{N: n, Class: shade(n, most), Title: fmt.Sprintf("%s, %s: %s", cmp.Or(a, "no account"), w, thousands(n))}
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// shade is how dark a cell is: by the number of its digits, as counts of events differ by orders.
func shade(n, most int64) string {
	switch {
	case n == 0:
		return "s0"
	case n*20 <= most:
		return "s1"
	case n*4 <= most:
		return "s2"
	}
	return "s3"
}

// day is the date of a time.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// rank is 0 for the worst severity.
func rank(s finding.Severity) int { return slices.Index(finding.Severities[:], s) }

// grade is the class of a severity.
func grade(s finding.Severity) string {
	switch s {
	case finding.Critical, finding.High:
		return "bad"
	case finding.Medium:
		return "open"
	}
	return ""
}
