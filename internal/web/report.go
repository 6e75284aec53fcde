package web

import (
	"bufio"
	"embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/verdict"
)

//go:embed report.html.tmpl
var files embed.FS

//go:embed report.css
var pageCSS template.CSS

//go:embed heatmap.css
var mapCSS template.CSS

//go:embed heatmap.defs.svg
var mapDefs template.HTML

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"vis": vis, "n": func(n int) string { return thousands(int64(n)) }, "many": count, "moment": moment,
	"percent": percent, "severity": severity,
	"span": span, "bytes": size,
	"headGaps": head[integrity.Gap], "restGaps": rest[integrity.Gap], "headLines": head[string], "restLines": rest[string],
}).ParseFS(files, "report.html.tmpl"))

// ReportOptions says what a report states about itself.
type ReportOptions struct {
	Generated time.Time // shown in UTC; left out if zero
	Version   string    // of Trailseal
}

// page is what the template sees.
type page struct {
	*verdict.Report
	ReportOptions
	CSS      [2]template.CSS
	Defs     template.HTML
	Answer   answer
	Read     string
	Caption  string
	States   []stateTerm
	Kinds    []term
	Total    verdict.Coverage
	Sections []section
	Open     int // gaps that nobody has explained
	Failing  int // faults that make the result fail
	Rechecks []recheck
}

type stateTerm struct {
	term
	Class string
}

// Report writes r as one self-contained HTML page to w, as it goes. An error is one of writing.
func Report(w io.Writer, r verdict.Report, o ReportOptions) error {
	p := page{
		Report: &r, ReportOptions: o, CSS: [2]template.CSS{mapCSS, pageCSS}, Defs: mapDefs,
		Answer: answerOf(&r), Read: readSentence(&r), Caption: newScale(r.Coverage).caption(),
		Kinds: kinds, Total: total(r.Coverage), Sections: sections(r.Faults), Rechecks: rechecks(&r),
	}
	for i, s := range integrity.States {
		p.States = append(p.States, stateTerm{states[i], stateClass(s)})
	}
	for _, g := range r.Gaps {
		if !g.Explained {
			p.Open++
		}
	}
	for _, f := range r.Faults {
		if f.Severity == integrity.Failure {
			p.Failing++
		}
	}
	b := bufio.NewWriterSize(w, 1<<16)
	if err := pages.ExecuteTemplate(b, "top", p); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	maps(b, r.Coverage)
	if err := pages.ExecuteTemplate(b, "bottom", p); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// total sums the table by account and region; its percentage follows verdict.Coverage.Percent.
func total(c []verdict.Coverage) verdict.Coverage {
	t := verdict.Coverage{Hours: hoursOf(c)}
	for i := range c {
		t.Digests += c[i].Digests
		t.Logs += c[i].Logs
		t.Faults += c[i].Faults
	}
	if good, all := reckoned(t.Hours); all > 0 {
		t.Percent = 100 * float64(good) / float64(all)
	}
	return t
}

func reckoned(hours map[string]int) (good, all int) {
	good = hours[integrity.Verified.String()] + hours[integrity.VerifiedEmpty.String()]
	return good, good + hours[integrity.GapUnexplained.String()] + hours[integrity.Invalid.String()]
}

// Cells is the hours by state in the order of the table.
func (p page) Cells(c verdict.Coverage) []cell {
	sum := hoursOf([]verdict.Coverage{c})
	out := make([]cell, len(integrity.States))
	for i, s := range integrity.States {
		out[i] = cell{sum[s.String()], bad(s)}
	}
	return out
}

type cell struct {
	N   int
	Bad bool
}

// Anchor gives each section with faults its place on the page.
func (s section) Anchor() string {
	for _, k := range kinds {
		if k.Code == s.Code {
			return "fault-" + k.Code
		}
	}
	return ""
}

// percent rounds down: what is not all is never shown as 100 %. With no hour to reckon there is no percentage.
func percent(c verdict.Coverage) string {
	if _, all := reckoned(c.Hours); all == 0 || math.IsNaN(c.Percent) {
		return "–"
	}
	if c.Percent >= 100 {
		return "100 %"
	}
	return strconv.FormatFloat(math.Floor(c.Percent*100)/100, 'f', 2, 64) + " %"
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(s) - 3; i > first; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return strings.TrimSuffix(t.UTC().Format("2006-01-02 15:04:05"), ":00")
}

// span is a length of time in days, hours and minutes.
func span(from, to time.Time) string {
	d := to.Sub(from)
	if d <= 0 {
		return "–"
	}
	var parts []string
	if n := int(d / (24 * time.Hour)); n > 0 {
		parts = append(parts, fmt.Sprintf("%d d", n))
	}
	if n := int(d/time.Hour) % 24; n > 0 {
		parts = append(parts, fmt.Sprintf("%d h", n))
	}
	if n := int(d/time.Minute) % 60; n > 0 {
		parts = append(parts, fmt.Sprintf("%d min", n))
	}
	if len(parts) == 0 {
		return "under 1 min"
	}
	return strings.Join(parts, " ")
}

func size(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	v, unit := float64(n), -1
	for v >= 1000 && unit < 4 {
		v /= 1000
		unit++
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + [...]string{"kB", "MB", "GB", "TB", "PB"}[unit]
}

// head and rest cut a list where the page folds it.
func head[T any](list []T) []T {
	if len(list) <= foldList {
		return list
	}
	return list[:foldHead]
}

func rest[T any](list []T) []T {
	if len(list) <= foldList {
		return nil
	}
	return list[foldHead:]
}
