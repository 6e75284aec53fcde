package web

import (
	"bufio"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	answers "github.com/trailseal/trailseal/internal/answer"
)

// Paper cuts off what is too wide for it. With these limits and the sizes of answer.css, a table stays on A4.
const (
	maxUpright = 5  // columns of a table on upright paper
	maxLarge   = 10 // columns of a table in larger letters
	maxColumns = 14 // a wider answer is shown as records, one below another
	maxWord    = 16 // characters of text that is never broken
	maxShort   = 40 // characters of text that is broken on paper only
)

// paper is the class that the style sheet needs to put n columns on paper.
func paper(n int) string {
	switch {
	case n <= maxUpright || n > maxColumns:
		return "upright"
	case n <= maxLarge:
		return "aside"
	}
	return "aside dense"
}

// rowWriter writes rows as one table, or as a small table for each. The writer keeps the first error, so that only the
// end of a row looks at it.
type rowWriter struct {
	b       *bufio.Writer
	columns []answers.Column
	wide    bool
	n       int64
}

func (w *rowWriter) row(row []any) error {
	w.n++
	if w.wide {
		return w.record(row)
	}
	if w.n == 1 {
		w.b.WriteString(`<div class="scroll" tabindex="0"><table class="rows">` + "\n<thead><tr>")
		for _, c := range w.columns {
			class := ""
			switch long := len(Visible(c.Name)) > maxWord; {
			case numeric(c.Type) && long:
				class = ` class="r text"`
			case numeric(c.Type):
				class = ` class="r"`
			case long:
				class = ` class="text"`
			}
			w.b.WriteString("<th" + class + ">" + string(vis(c.Name)) + "</th>")
		}
		w.b.WriteString("</tr></thead>\n<tbody>\n")
	}
	w.b.WriteString("<tr>")
	for i, v := range row {
		w.cell(v, numeric(w.columns[i].Type))
	}
	_, err := w.b.WriteString("</tr>\n")
	return err
}

// record writes a row with a line for each column that has a value, and names the others.
func (w *rowWriter) record(row []any) error {
	w.b.WriteString(`<table class="record"><caption>Row ` + thousands(w.n) + "</caption>\n<tbody>\n")
	var empty []string
	for i, v := range row {
		name := string(vis(w.columns[i].Name))
		if v == nil {
			empty = append(empty, name)
			continue
		}
		w.b.WriteString(`<tr><th scope="row">` + name + "</th>")
		w.cell(v, false)
		w.b.WriteString("</tr>\n")
	}
	if len(empty) > 0 {
		w.b.WriteString(`<tr><th scope="row">No value (NULL)</th><td class="null">` + strings.Join(empty, ", ") + "</td></tr>\n")
	}
	_, err := w.b.WriteString("</tbody></table>\n")
	return err
}

func (w *rowWriter) close() {
	if w.n > 0 && !w.wide {
		w.b.WriteString("</tbody></table></div>\n")
	}
}

// cell writes one value, aligned right if it is a number or number says so.
func (w *rowWriter) cell(v any, number bool) {
	text := ""
	switch v := v.(type) {
	case nil:
		w.b.WriteString(`<td class="null"></td>`)
		return
	case string:
		text = v
	case int64:
		text, number = strconv.FormatInt(v, 10), true
	case float64:
		format := byte('f')
		if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
			format = 'e'
		}
		text, number = strconv.FormatFloat(v, format, -1, 64), true
	case time.Time:
		date, clock, _ := strings.Cut(v.UTC().Format(time.RFC3339Nano), "T") // paper may break the line between the two
		w.b.WriteString(`<td class="time"><span>` + date + "T</span>" + clock + "</td>")
		return
	default:
		text = fmt.Sprint(v)
	}
	class := ""
	switch n := len(Visible(text)); {
	case n > maxShort && (text[0] == '{' || text[0] == '['):
		class = ` class="long json"`
	case n > maxShort:
		class = ` class="long"`
	case number && !w.wide && n > maxWord:
		class = ` class="r text"`
	case number && !w.wide:
		class = ` class="r"`
	case n > maxWord:
		class = ` class="text"`
	}
	w.b.WriteString("<td" + class + ">")
	if text == "" {
		w.b.WriteString(`<span class="esc">""</span>`) // NULL is the empty cell
	} else {
		w.b.WriteString(string(vis(text)))
	}
	w.b.WriteString("</td>")
}

// numeric reports whether an engine's type is one of numbers, as DuckDB and Trino name them.
func numeric(kind string) bool {
	kind, _, _ = strings.Cut(strings.ToLower(kind), "(")
	switch kind {
	case "tinyint", "smallint", "integer", "int", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint", "uhugeint",
		"float", "real", "double", "decimal":
		return true
	}
	return false
}
