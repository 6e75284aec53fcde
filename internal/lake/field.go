package lake

import (
	"slices"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/parquet"
)

// field is a column of a part that is being written.
type field struct {
	number int                    // in event.Columns
	text   func(row int32) []byte // of a String or JSON column
	rows   *event.Rows
}

// fields are the columns that are not NULL in every row.
func fields(rows *event.Rows, order []int32) []field {
	var out []field
	for number, c := range event.Columns {
		f := field{number: number, rows: rows}
		switch {
		case number == event.EventTime:
			if !slices.ContainsFunc(order, func(i int32) bool { return rows.Time[i] != event.NoTime }) {
				continue
			}
		case c.Type == event.Bool:
			if !slices.ContainsFunc(order, func(i int32) bool { return f.tri(i) != event.Null }) {
				continue
			}
		case number < event.Account:
			column := rows.Text[number]
			if !slices.ContainsFunc(order, func(i int32) bool { return int(i) < len(column) && column[i] != nil }) {
				continue
			}
			f.text = func(row int32) []byte {
				if int(row) < len(column) {
					return column[row]
				}
				return nil
			}
		case number == event.LogRecord:
		default:
			f.text = provenance(rows, number)
			if number == event.OtherOrigins && len(rows.Others) == 0 ||
				number == event.DigestFile && !slices.ContainsFunc(order, func(i int32) bool { return rows.Delivery[i].File.Digest != "" }) {
				continue
			}
		}
		out = append(out, f)
	}
	return out
}

// provenance are the columns that Trailseal adds to a record.
func provenance(rows *event.Rows, number int) func(row int32) []byte {
	constant := func(s string) func(int32) []byte {
		b := []byte(s)
		return func(int32) []byte { return b }
	}
	// Rows of one file come in runs.
	file := func(of func(*event.File) string) func(int32) []byte {
		var last *event.File
		var text []byte
		return func(row int32) []byte {
			if f := rows.Delivery[row].File; f != last {
				last, text = f, []byte(of(f))
			}
			if len(text) == 0 {
				return nil
			}
			return text
		}
	}
	switch number {
	case event.Account:
		return constant(rows.Place.Account)
	case event.Region:
		return constant(rows.Place.Region)
	case event.Date:
		return constant(rows.Place.Date)
	case event.LogFile:
		return file(func(f *event.File) string { return f.Key })
	case event.LogSHA256:
		return file(func(f *event.File) string { return f.SHA256 })
	case event.LogState:
		return file(func(f *event.File) string { return f.State })
	case event.DigestFile:
		return file(func(f *event.File) string { return f.Digest })
	}
	return func(row int32) []byte { return event.OriginsText(rows.OthersOf(int(row))) }
}

func (f field) tri(row int32) event.Tri {
	if f.number == event.ReadOnly {
		return f.rows.ReadOnly[row]
	}
	return f.rows.Management[row]
}

// column is the field as Parquet has it. The field id is the column's place in event.Columns, from 1, and for ever.
func (f field) column() parquet.Column {
	c := event.Columns[f.number]
	kind := parquet.Bytes
	switch c.Type {
	case event.Bool:
		kind = parquet.Bool
	case event.Timestamp:
		kind = parquet.Timestamp
	case event.Int:
		kind = parquet.Int32
	}
	return parquet.Column{Name: c.Name, ID: int32(f.number + 1), Kind: kind, Dictionary: c.Dictionary, Bounds: c.Bounds}
}

// write writes the values of a group of rows.
func (f field) write(w *parquet.Writer, group []int32) {
	switch event.Columns[f.number].Type {
	case event.Timestamp:
		w.Timestamp(func(i int) (int64, bool) {
			t := f.rows.Time[group[i]]
			return t, t != event.NoTime
		})
	case event.Bool:
		w.Bool(func(i int) (bool, bool) {
			t := f.tri(group[i])
			return t == event.True, t != event.Null
		})
	case event.Int:
		w.Int32(func(i int) (int32, bool) { return f.rows.Delivery[group[i]].Record, true })
	default:
		w.Bytes(func(i int) []byte { return f.text(group[i]) })
	}
}
