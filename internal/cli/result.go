package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/web"
)

// valueText is a value as text: times in RFC 3339, NULL as nothing.
func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return fmt.Sprint(v)
}

// object writes a row as a JSON object whose members stand in the order of the columns. Names that a question gives twice
// are numbered, so that no value is lost.
func object(b *bytes.Buffer, names [][]byte, row []any) error {
	b.WriteByte('{')
	for i, v := range row {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(names[i])
		b.WriteByte(':')
		if t, ok := v.(time.Time); ok {
			v = t.UTC().Format(time.RFC3339Nano)
		}
		text, err := encode(v)
		if err != nil {
			return err
		}
		b.Write(text)
	}
	b.WriteByte('}')
	return nil
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func objectNames(columns []answer.Column) ([][]byte, error) {
	used := map[string]bool{}
	out := make([][]byte, len(columns))
	for i, c := range columns {
		name := c.Name
		for n := 2; used[name]; n++ {
			name = fmt.Sprintf("%s_%d", c.Name, n)
		}
		used[name] = true
		var err error
		if out[i], err = encode(name); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// rowsJSON writes rows as a list of objects, or, with lines, one object a line.
func rowsJSON(w io.Writer, r answer.Result, lines bool) (n int64, err error) {
	names, err := objectNames(r.Columns)
	if err != nil {
		return 0, err
	}
	var b bytes.Buffer
	for row, err := range r.Rows {
		if err != nil {
			return n, err
		}
		switch {
		case lines:
		case n == 0:
			b.WriteString("[\n  ")
		default:
			b.WriteString(",\n  ")
		}
		n++
		if err := object(&b, names, row); err != nil {
			return n, err
		}
		if lines {
			b.WriteByte('\n')
		}
		if b.Len() > 1<<16 {
			if _, err := w.Write(b.Bytes()); err != nil {
				return n, err
			}
			b.Reset()
		}
	}
	switch {
	case lines:
	case n == 0:
		b.WriteString("[]\n")
	default:
		b.WriteString("\n]\n")
	}
	_, err = w.Write(b.Bytes())
	return n, err
}

// rowsCSV writes rows with a head. Texts that a spreadsheet would take for a formula are defused; numbers are left alone.
func rowsCSV(w io.Writer, r answer.Result) (n int64, err error) {
	c := csv.NewWriter(w)
	cells := make([]string, len(r.Columns))
	for i, col := range r.Columns {
		cells[i] = defuse(col.Name)
	}
	if err := c.Write(cells); err != nil {
		return 0, err
	}
	for row, err := range r.Rows {
		if err != nil {
			c.Flush()
			return n, err
		}
		n++
		for i, v := range row {
			if s, ok := v.(string); ok {
				cells[i] = defuse(s)
			} else {
				cells[i] = valueText(v)
			}
		}
		if err := c.Write(cells); err != nil {
			return n, err
		}
	}
	c.Flush()
	return n, c.Error()
}

const (
	// maxTable is how many rows are drawn as a table: its columns are as wide as what is in them.
	maxTable = 5000
	// maxCell is how much of a value is drawn.
	maxCell = 200
)

// rowsTable draws rows for a person: as a table where one fits into width, else each row as a list of its values.
func rowsTable(w io.Writer, r answer.Result, width int) (n int64, err error) {
	head := make([]string, len(r.Columns))
	widths := make([]int, len(r.Columns))
	var right []int
	for i, c := range r.Columns {
		head[i] = web.Visible(c.Name)
		widths[i] = len(head[i])
		switch c.Type {
		case "BIGINT", "INTEGER", "HUGEINT", "DOUBLE", "DECIMAL", "bigint", "integer", "double", "decimal", "UBIGINT", "SMALLINT", "TINYINT":
			right = append(right, i)
		}
	}
	var body [][]string
	for row, err := range r.Rows {
		if err != nil {
			return n, err
		}
		if n++; n > maxTable {
			continue
		}
		line := make([]string, len(row))
		for i, v := range row {
			s := valueText(v)
			if len(s) > 4*maxCell {
				s = s[:4*maxCell]
			}
			s = web.Visible(s)
			if short := []rune(s); len(short) > maxCell {
				s = string(short[:maxCell-1]) + "…"
			}
			line[i] = s
			widths[i] = max(widths[i], len([]rune(s)))
		}
		body = append(body, line)
	}
	total := 0
	for _, x := range widths {
		total += x + 2
	}
	var b strings.Builder
	switch {
	case len(body) == 0:
		b.WriteString("no rows\n")
	case total-2 <= width:
		b.WriteString(trimLines(rows(head, body, right...)))
	default:
		label := 0
		for _, h := range head {
			label = max(label, len(h))
		}
		label = min(label, 30)
		indent := strings.Repeat(" ", label+2)
		for _, line := range body {
			for i, v := range line {
				if v != "" {
					fmt.Fprintf(&b, "%-*s  %s\n", label, head[i], wrapLong(v, max(20, width-label-2), indent))
				}
			}
			b.WriteByte('\n')
		}
	}
	if n > maxTable {
		fmt.Fprintf(&b, "%d rows of %d are shown; -o csv or --export has all\n", maxTable, n)
	}
	_, err = io.WriteString(w, b.String())
	return n, err
}

// wrapLong breaks text, words or not, into lines of at most n characters.
func wrapLong(s string, n int, indent string) string {
	runes := []rune(s)
	var b strings.Builder
	for len(runes) > n {
		cut := n
		for i := n; i > n/2; i-- {
			if runes[i] == ' ' || runes[i-1] == ',' {
				cut = i
				break
			}
		}
		b.WriteString(strings.TrimRight(string(runes[:cut]), " ") + "\n" + indent)
		runes = runes[cut:]
		for len(runes) > 0 && runes[0] == ' ' {
			runes = runes[1:]
		}
	}
	b.WriteString(string(runes))
	return b.String()
}
