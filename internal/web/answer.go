package web

import (
	"bufio"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	stdmaps "maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/trailseal/trailseal/integrity"
	answers "github.com/trailseal/trailseal/internal/answer"
)

//go:embed answer.html.tmpl
var answerFiles embed.FS

//go:embed answer.css
var answerCSS template.CSS

// The answer's page shares the functions and small templates of the report.
var answerPages = template.Must(template.Must(pages.Clone()).Funcs(template.FuncMap{
	"n64": thousands, "visible": Visible, "code": code, "stateName": stateName, "gapClass": gapClass,
}).ParseFS(answerFiles, "answer.html.tmpl"))

const maxGaps = 200 // spans that the page lists

// AnswerOptions says what the page of an answer states about itself.
type AnswerOptions struct {
	Title    string // "Answer" if empty
	Question string // in plain words; may be empty
	ReportOptions
}

// answerPage is what the template sees.
type answerPage struct {
	answers.Basis
	AnswerOptions
	CSS    [3]template.CSS
	Word   string // of the coverage: a percentage, or that it is not known
	Class  string // how good that is
	Means  string
	Hours  []hourCount
	Logs   []logState
	Listed []answers.Gap
	Rest   int // spans that are not listed
	Terms  []term
	Wide   bool   // shown as records
	Paper  string // class of the rows for paper
	Rows   int64
	Broken bool // the rows ended in an error
}

type hourCount struct {
	N    int
	Name string
}

type logState struct {
	term
	N     int64
	Class string
}

// logStates says what each state of a log file means for the events in it, best first.
var logStates = []term{
	{"verified", "Verified", "AWS's signed list names the log file, and the file is byte for byte what AWS delivered."},
	{"pending", "Pending", "No valid signed list vouches for the log file, or none yet: it may be genuine, but that is not proven."},
	{"unlisted", "Unlisted", "Signed lists cover the hour and none names the log file: AWS does not vouch for it."},
	{"failed", "Failed", "The log file differs from the fingerprint in AWS's signed list: it was changed after delivery."},
}

// unknownHours is the state of hours that no validation has looked at, as answers.Basis has it.
var unknownHours = term{"unknown", "Not validated", "No validation has looked at this time: nothing is known of it."}

// Answer writes an answer and what it stands on as one self-contained HTML page to w, the rows as they come; r.Rows is
// read once. When the rows end in an error the page says that it is not whole, and the error is returned. Any other
// error is one of writing, or a row that does not fit the columns.
func Answer(w io.Writer, r answers.Result, b answers.Basis, o AnswerOptions) error {
	if o.Title == "" {
		o.Title = "Answer"
	}
	p := answerPage{
		Basis: b, AnswerOptions: o, CSS: [3]template.CSS{mapCSS, pageCSS, answerCSS},
		Hours: hoursByState(b.Hours), Logs: eventsByState(b), Listed: b.Gaps[:min(len(b.Gaps), maxGaps)],
		Wide: len(r.Columns) > maxColumns, Terms: termsOf(b.Gaps),
		Paper: paper(len(r.Columns)),
	}
	p.Rest = len(b.Gaps) - len(p.Listed)
	p.Word, p.Class, p.Means = covered(b)
	out := rowWriter{b: bufio.NewWriterSize(w, 1<<16), columns: r.Columns, wide: p.Wide}
	if err := answerPages.ExecuteTemplate(out.b, "answer-top", &p); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	var broken error
	for row, err := range r.Rows {
		if err == nil && len(row) != len(r.Columns) {
			err = fmt.Errorf("%d values for %d columns", len(row), len(r.Columns))
		}
		if err != nil {
			broken = fmt.Errorf("read row %d: %w", out.n+1, err)
			break
		}
		if err := out.row(row); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
	}
	out.close()
	p.Rows, p.Broken = out.n, broken != nil
	err := answerPages.ExecuteTemplate(out.b, "answer-bottom", &p)
	if err == nil {
		err = out.b.Flush()
	}
	if err != nil {
		return errors.Join(broken, fmt.Errorf("write answer: %w", err))
	}
	return broken
}

// covered says how much of the period is proven. Only when nothing speaks against it is the word 100 %.
func covered(b answers.Basis) (word, class, means string) {
	if b.Coverage == nil || math.IsNaN(*b.Coverage) || *b.Coverage < 0 || *b.Coverage > 100 {
		return "Not known", "incomplete", "How much of the period is covered by digests that AWS signed is not known. Events may be missing or changed without this page showing it."
	}
	explained, outside, open := b.Hours[integrity.GapExplained.String()], b.Hours[integrity.OutOfScope.String()], 0
	for state, n := range b.Hours {
		switch state {
		case integrity.Verified.String(), integrity.VerifiedEmpty.String(), integrity.GapExplained.String(), integrity.OutOfScope.String():
		default:
			open += n
		}
	}
	for _, g := range b.Gaps {
		if g.State != integrity.GapExplained.String() {
			open++
		} else if explained == 0 {
			explained = 1 // at least
		}
	}
	word = strconv.FormatFloat(math.Floor(*b.Coverage*100)/100, 'f', 2, 64) + " %"
	if *b.Coverage < 100 {
		where := "Which ones are not, is not known here: "
		if len(b.Gaps) > 0 {
			where = "In the spans listed below, "
		}
		return word, "fail", "Not every hour of the period is covered by digests that AWS signed. " + where + "events may be missing or changed without this page showing it."
	}
	if open > 0 {
		return "Not known", "incomplete", "The share was given as 100 %, yet hours of the period are named that are not verified. Take it as not known."
	}
	var but []string
	if explained > 0 {
		but = append(but, "those for which a person has explained why there is no digest")
	}
	if outside > 0 {
		but = append(but, "those before the first digest of their account and region")
	}
	if len(but) > 0 {
		return "100 %", "incomplete", "Every hour of the period is covered by digests that AWS signed, except " + strings.Join(but, " and ") + ". For the exceptions nothing is proven."
	}
	return "100 %", "pass", "Every hour of the period is covered by digests that AWS signed."
}

// hoursByState is the hours that there are, in the order of integrity.States, then the rest by name.
func hoursByState(hours map[string]int) []hourCount {
	var order []string
	for _, s := range integrity.States {
		order = append(order, s.String())
	}
	order = append(order, unknownHours.Code)
	for _, name := range slices.Sorted(stdmaps.Keys(hours)) {
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
	}
	var out []hourCount
	for _, name := range order {
		n := hours[name]
		if t, ok := hourTerm(name); ok {
			name = strings.ToLower(t.Name)
		}
		if n != 0 {
			out = append(out, hourCount{n, name})
		}
	}
	return out
}

// eventsByState has a line for each known state, for each other that the basis names, and for events without one. It is
// empty when nothing was counted.
func eventsByState(b answers.Basis) []logState {
	if b.Events == 0 && len(b.States) == 0 {
		return nil
	}
	var out []logState
	left := b.Events
	add := func(t term, n int64, class string) {
		if n == 0 {
			class = "soft"
		}
		out = append(out, logState{t, n, class})
		left -= n
	}
	for i, class := range [...]string{"", "open", "open", "bad"} {
		add(logStates[i], b.States[logStates[i].Code], class)
	}
	for _, name := range slices.Sorted(stdmaps.Keys(b.States)) {
		if !slices.ContainsFunc(logStates, func(t term) bool { return t.Code == name }) {
			add(term{name, name, "This page does not know this state: take it for not proven."}, b.States[name], "open")
		}
	}
	if left > 0 {
		add(term{"", "Not stated", "The engine does not say what is known of their log files: take it for not proven."}, left, "open")
	}
	return out
}

func hourTerm(state string) (term, bool) {
	for _, t := range states {
		if t.Code == state {
			return t, true
		}
	}
	return unknownHours, state == unknownHours.Code
}

func stateName(state string) string {
	if t, ok := hourTerm(state); ok {
		return t.Name
	}
	return state
}

// gapClass marks what makes an hour unproven; what is not understood is marked too.
func gapClass(state string) string {
	switch state {
	case integrity.GapExplained.String():
		return ""
	case integrity.GapUnexplained.String(), integrity.Invalid.String():
		return "bad"
	}
	return "open"
}

// termsOf explains each state that the gaps have, once.
func termsOf(gaps []answers.Gap) []term {
	there := map[string]bool{}
	for _, g := range gaps {
		there[g.State] = true
	}
	var out []term
	for _, t := range append(slices.Clone(states), unknownHours) {
		if there[t.Code] {
			out = append(out, t)
		}
	}
	return out
}

// code is a program text for <pre>: as vis, but with its lines and tabs.
func code(s string) template.HTML {
	var b strings.Builder
	for len(s) > 0 {
		i := strings.IndexAny(s, "\n\t")
		if i < 0 {
			b.WriteString(string(vis(s)))
			break
		}
		b.WriteString(string(vis(s[:i])))
		b.WriteByte(s[i])
		s = s[i+1:]
	}
	return template.HTML(b.String())
}
