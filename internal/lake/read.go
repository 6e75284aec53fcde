package lake

import (
	"fmt"
	"os"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/parquet"
	"github.com/trailseal/trailseal/internal/sqlite"
)

// opened is a part that is open to be read.
type opened struct {
	*parquet.Reader
	file    *os.File
	columns map[int]int // by number in event.Columns: number in the file
}

func (l *Lake) openPart(p Part) (*opened, error) {
	f, err := l.openFile(p)
	if err != nil {
		return nil, err
	}
	o, err := readFooter(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return o, nil
}

func (l *Lake) openFile(p Part) (*os.File, error) {
	path, err := l.path(p)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("lake: %w", sqlite.Classify(err))
	}
	return f, nil
}

func readFooter(f *os.File) (*opened, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("lake: %w", sqlite.Classify(err))
	}
	r, err := parquet.Open(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("lake: part %q: %w", f.Name(), err)
	}
	o := &opened{r, f, map[int]int{}}
	for i, c := range r.Columns() {
		o.columns[int(c.ID)-1] = i
	}
	return o, nil
}

func (o *opened) Close() error { return o.file.Close() }

// text are the values of a column in a group; nil when it has none.
func (o *opened) text(group, number int) ([][]byte, error) {
	c, ok := o.columns[number]
	if !ok {
		return nil, nil
	}
	return o.Bytes(group, c)
}

// holds reports whether a part holds an event of one of these identities.
func (ld *Load) holds(p Part, ids map[string]bool) (bool, error) {
	o, err := ld.lake.openPart(p)
	if err != nil {
		return false, err
	}
	defer o.Close()
	for g := range o.Groups() {
		eventIDs, err := o.text(g, event.EventID)
		if err != nil {
			return false, fmt.Errorf("lake: part %q: %w", p.Name, err)
		}
		unnamed := len(eventIDs) == 0
		for _, id := range eventIDs {
			if ids[string(id)] && len(id) > 0 {
				return true, nil
			}
			unnamed = unnamed || len(id) == 0
		}
		if !unnamed {
			continue
		}
		// Rows without an eventID are known by their place in a content.
		var rows event.Rows
		if err := o.provenance(&rows, g, map[event.File]*event.File{}); err != nil {
			return false, fmt.Errorf("lake: part %q: %w", p.Name, err)
		}
		rows.Time = make([]int64, len(rows.Delivery))
		for i := range rows.Delivery {
			if (i >= len(eventIDs) || len(eventIDs[i]) == 0) && ids[rows.Identity(i)] {
				return true, nil
			}
		}
	}
	return false, nil
}

// readInto appends the rows of a part.
func (l *Lake) readInto(rows *event.Rows, p Part) error {
	o, err := l.openPart(p)
	if err != nil {
		return err
	}
	defer o.Close()
	files := map[event.File]*event.File{}
	for g := range o.Groups() {
		if err := o.group(rows, g, files); err != nil {
			return fmt.Errorf("lake: part %q: %w", p.Name, err)
		}
	}
	return nil
}

// group appends the rows of a group.
func (o *opened) group(rows *event.Rows, g int, files map[event.File]*event.File) error {
	from, n := rows.Len(), o.Rows(g)
	for number := range event.Account {
		if t := event.Columns[number].Type; t != event.String && t != event.JSON {
			continue
		}
		values, err := o.text(g, number)
		if err != nil {
			return err
		}
		if values == nil {
			continue
		}
		column := rows.Text[number]
		for len(column) < from {
			column = append(column, nil)
		}
		rows.Text[number] = append(column, values...)
		for _, v := range values {
			rows.Size += int64(len(v))
		}
	}
	times := make([]int64, n)
	for i := range times {
		times[i] = event.NoTime
	}
	if c, ok := o.columns[event.EventTime]; ok {
		values, valid, err := o.Timestamp(g, c)
		if err != nil {
			return err
		}
		for i := range values {
			if valid[i] {
				times[i] = values[i]
			}
		}
	}
	tri := func(number int) ([]event.Tri, error) {
		out := make([]event.Tri, n)
		c, ok := o.columns[number]
		if !ok {
			return out, nil
		}
		values, valid, err := o.Bool(g, c)
		for i := range values {
			switch {
			case valid[i] && values[i]:
				out[i] = event.True
			case valid[i]:
				out[i] = event.False
			}
		}
		return out, err
	}
	readOnly, err := tri(event.ReadOnly)
	if err != nil {
		return err
	}
	management, err := tri(event.ManagementEvent)
	if err != nil {
		return err
	}
	if err := o.provenance(rows, g, files); err != nil {
		return err
	}
	rows.Time = append(rows.Time, times...)
	rows.ReadOnly = append(rows.ReadOnly, readOnly...)
	rows.Management = append(rows.Management, management...)
	rows.Size += 1200 * int64(n)
	return nil
}

// provenance appends the origins of the rows of a group.
func (o *opened) provenance(rows *event.Rows, g int, files map[event.File]*event.File) error {
	from, n := len(rows.Delivery), o.Rows(g)
	var columns [5][][]byte
	for i, number := range []int{event.LogFile, event.LogSHA256, event.LogState, event.DigestFile, event.OtherOrigins} {
		var err error
		if columns[i], err = o.text(g, number); err != nil {
			return err
		}
	}
	at := func(i, row int) string {
		if columns[i] == nil {
			return ""
		}
		return string(columns[i][row])
	}
	records := make([]int32, n)
	if c, ok := o.columns[event.LogRecord]; ok {
		var err error
		if records, _, err = o.Int32(g, c); err != nil {
			return err
		}
	}
	file := func(f event.File) *event.File {
		known := files[f]
		if known == nil {
			known = &f
			files[f] = known
		}
		return known
	}
	for row := range n {
		rows.Delivery = append(rows.Delivery, event.Delivery{File: file(event.File{Key: at(0, row), SHA256: at(1, row), State: at(2, row), Digest: at(3, row)}), Record: records[row]})
		if columns[4] != nil && columns[4][row] != nil {
			others, err := event.ParseOrigins(columns[4][row], file)
			if err != nil {
				return fmt.Errorf("%w: other_origins: %w", sqlite.ErrDamaged, err)
			}
			rows.SetOthers(from+row, others)
		}
	}
	return nil
}
