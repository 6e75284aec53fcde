package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/parquet"
)

// RecordQuery says which records of the lake are wanted.
type RecordQuery struct {
	Scope Scope
	// Names and Sources are the values of eventName and eventSource that are wanted; empty: all of them. A record that is
	// kept as it was received (column raw) is given whatever they say.
	Names, Sources []string
	// Fold: the case of Names and Sources does not matter.
	Fold bool
}

// Row is a record of the lake.
type Row struct {
	// Raw is the record in JSON, good until the next row: the column raw where it is there, byte for byte as it was
	// received, and else what event.Composer makes of the columns, which says what does not come back. Of a record that was
	// malformed it is no JSON.
	Raw []byte
	// The best of the log files that delivered it, its SHA-256 in hex and what validation said of it at ingestion or since,
	// and the record's position there, from 0.
	LogFile, LogSHA256, State string
	Record                    int
	Account, Region           string // of the partition
}

// Partition is the records of an account, region and day that a query wants. It is read by one goroutine at a time;
// different ones may be read at once.
type Partition struct {
	Place event.Place
	Rows  int64 // of its files: as many as there can be
	Bytes int64 // of its files

	lake  *Lake
	query *RecordQuery
}

// Records returns the partitions that can hold wanted records, by day, account and region. Reading all of them in this
// order gives the records in an order that is the same for the same lake: within a partition that of its files, in a file
// that of time. An event is there once, whatever number of log files delivered it.
func (l *Lake) Records(ctx context.Context, q RecordQuery) ([]*Partition, error) {
	parts, err := l.Parts(ctx, q.Scope)
	if err != nil {
		return nil, err
	}
	var out []*Partition
	for _, p := range parts {
		if len(out) == 0 || out[len(out)-1].Place != p.Place {
			out = append(out, &Partition{Place: p.Place, lake: l, query: &q})
		}
		last := out[len(out)-1]
		last.Rows, last.Bytes = last.Rows+p.Rows, last.Bytes+p.Bytes
	}
	return out, nil
}

// Each yields the records. An error ends them. A load that changes the partition meanwhile does not show: what is read is
// what was there at one moment, after Records was called.
//
// It holds a page of each column that the files have, some megabytes for usual events, and the compressed columns of a row
// group.
func (p *Partition) Each(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		parts, files, err := p.open(ctx)
		if err != nil {
			yield(Row{}, err)
			return
		}
		defer closeAll(files)
		s := &selection{Partition: p, want: newWanted(p.query), names: map[string]string{}}
		for i, f := range files {
			more, err := s.part(ctx, parts[i], f, yield)
			if err != nil {
				yield(Row{}, err)
			}
			if !more {
				return
			}
		}
	}
}

// open opens the partition's files, all before the first is read: a load may replace them, but not take away what is open.
func (p *Partition) open(ctx context.Context) ([]Part, []*os.File, error) {
	scope := p.query.Scope
	scope.Accounts, scope.Regions = []string{p.Place.Account}, []string{p.Place.Region}
	const tries = 10
	for try := 1; ; try++ {
		where, args := scope.condition()
		parts, err := p.lake.parts(ctx, where+" AND date = ?", append(args, p.Place.Date)...)
		if err != nil {
			return nil, nil, err
		}
		files := make([]*os.File, 0, len(parts))
		for _, part := range parts {
			var f *os.File
			if f, err = p.lake.openFile(part); err != nil {
				break
			}
			files = append(files, f)
		}
		if err == nil {
			return parts, files, nil
		}
		closeAll(files)
		if !errors.Is(err, fs.ErrNotExist) || try == tries {
			return nil, nil, err
		}
	}
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// selection reads the files of a partition.
type selection struct {
	*Partition
	want     wanted
	record   event.Record
	composer event.Composer
	names    map[string]string // texts of provenance, each once
	last     Row
}

// cell reads a column of a group; nil where the file lacks it.
type cell struct {
	*parquet.Pages
	number int
}

// part yields the wanted records of a file.
func (s *selection) part(ctx context.Context, part Part, f *os.File, yield func(Row, error) bool) (more bool, err error) {
	o, err := readFooter(f)
	if err != nil {
		return false, err
	}
	s.record = event.Record{}
	for g := range o.Groups() {
		if s.passes(o, part, g) {
			continue
		}
		if more, err := s.group(ctx, o, g, yield); err != nil {
			return false, fmt.Errorf("lake: part %q: %w", f.Name(), err)
		} else if !more {
			return false, nil
		}
	}
	return true, nil
}

// passes reports whether the footer says that no row of a group is wanted.
func (s *selection) passes(o *opened, part Part, g int) bool {
	if _, ok := o.columns[event.Raw]; ok {
		return false
	}
	if c, ok := o.columns[event.EventTime]; ok && part.Untimed == 0 {
		if first, last, ok := o.Span(g, c); ok && !s.want.span(first, last) {
			return true
		}
	}
	if s.query.Fold {
		return false
	}
	for _, c := range []struct {
		number int
		values []string
	}{{event.EventName, s.query.Names}, {event.EventSource, s.query.Sources}} {
		if len(c.values) == 0 {
			continue
		}
		column, ok := o.columns[c.number]
		if !ok || !o.MayHold(g, column, c.values...) {
			return true
		}
	}
	return false
}

// group yields the wanted records of a group.
func (s *selection) group(ctx context.Context, o *opened, g int, yield func(Row, error) bool) (more bool, err error) {
	var cells [len(event.Columns)]*parquet.Pages
	open := func(number int, kind parquet.Kind) {
		if c, ok := o.columns[number]; ok && err == nil {
			cells[number], err = o.Pages(g, c, kind)
		}
	}
	for _, number := range [...]int{event.Raw, event.EventName, event.EventSource, event.LogState, event.LogFile, event.LogSHA256} {
		open(number, parquet.Bytes)
	}
	open(event.EventTime, parquet.Timestamp)
	open(event.LogRecord, parquet.Int32)
	if err != nil {
		return false, err
	}
	var texts []cell // the others, when the first row is wanted that is made of them
	opened := false
	const often = 1024
	for row := range o.Rows(g) {
		if row%often == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		raw, err := bytesAt(cells[event.Raw], row)
		if err != nil {
			return false, err
		}
		ok, err := s.wants(&cells, row, raw != nil)
		if err != nil {
			return false, err
		}
		if !ok {
			continue
		}
		if raw == nil {
			if !opened {
				opened = true
				if texts, err = o.open(g, &cells); err != nil {
					return false, err
				}
			}
			if err := s.fill(&cells, texts, row); err != nil {
				return false, err
			}
			raw = s.composer.Record(&s.record)
		}
		r := Row{Raw: raw, Account: s.Place.Account, Region: s.Place.Region}
		if err := s.provenance(&cells, row, &r); err != nil {
			return false, err
		}
		if !yield(r, nil) {
			return false, nil
		}
	}
	return true, nil
}

// open opens the columns that records are made of and that are not open. The texts are all of that kind.
func (o *opened) open(g int, cells *[len(event.Columns)]*parquet.Pages) (texts []cell, err error) {
	for number, c := range event.Columns {
		column, ok := o.columns[number]
		if c.Path == "" || !ok {
			continue
		}
		kind := parquet.Bytes
		switch c.Type {
		case event.Bool:
			kind = parquet.Bool
		case event.Timestamp:
			kind = parquet.Timestamp
		}
		if cells[number] == nil {
			if cells[number], err = o.Pages(g, column, kind); err != nil {
				return nil, err
			}
		}
		if kind == parquet.Bytes {
			texts = append(texts, cell{cells[number], number})
		}
	}
	return texts, nil
}

// fill takes a row's columns.
func (s *selection) fill(cells *[len(event.Columns)]*parquet.Pages, texts []cell, row int) (err error) {
	r := &s.record
	for _, c := range texts {
		if r.Values[c.number], err = c.Bytes(row); err != nil {
			return err
		}
	}
	if r.Time, r.HasTime, err = numberAt(cells[event.EventTime], row); err != nil {
		return err
	}
	if r.ReadOnly, err = triAt(cells[event.ReadOnly], row); err != nil {
		return err
	}
	r.ManagementEvent, err = triAt(cells[event.ManagementEvent], row)
	return err
}

// provenance fills in where a row comes from.
func (s *selection) provenance(cells *[len(event.Columns)]*parquet.Pages, row int, r *Row) error {
	for _, c := range [...]struct {
		number     int
		into, last *string
	}{{event.LogFile, &r.LogFile, &s.last.LogFile}, {event.LogSHA256, &r.LogSHA256, &s.last.LogSHA256}, {event.LogState, &r.State, &s.last.State}} {
		v, err := bytesAt(cells[c.number], row)
		if err != nil {
			return err
		}
		if string(v) == *c.last {
			*c.into = *c.last
			continue
		}
		text, known := s.names[string(v)]
		if !known {
			const most = 1 << 14
			if len(s.names) == most {
				clear(s.names)
			}
			text = string(v)
			s.names[text] = text
		}
		*c.into, *c.last = text, text
	}
	n, _, err := numberAt(cells[event.LogRecord], row)
	r.Record = int(n)
	return err
}

// wants reports whether a row is wanted.
func (s *selection) wants(cells *[len(event.Columns)]*parquet.Pages, row int, kept bool) (bool, error) {
	if s.want.period {
		t, ok, err := numberAt(cells[event.EventTime], row)
		if err != nil {
			return false, err
		}
		if ok && !s.want.span(t, t) || !ok && !s.want.day(s.Place.Date) {
			return false, nil
		}
	}
	if s.query.Scope.Verified {
		state, err := bytesAt(cells[event.LogState], row)
		if err != nil || string(state) != event.Verified {
			return false, err
		}
	}
	if kept {
		return true, nil
	}
	if s.want.names != nil {
		v, err := bytesAt(cells[event.EventName], row)
		if err != nil || !s.want.names.has(v) {
			return false, err
		}
	}
	if s.want.sources != nil {
		v, err := bytesAt(cells[event.EventSource], row)
		if err != nil || !s.want.sources.has(v) {
			return false, err
		}
	}
	return true, nil
}

func bytesAt(p *parquet.Pages, row int) ([]byte, error) {
	if p == nil {
		return nil, nil
	}
	return p.Bytes(row)
}

func numberAt(p *parquet.Pages, row int) (int64, bool, error) {
	if p == nil {
		return 0, false, nil
	}
	return p.Number(row)
}

func triAt(p *parquet.Pages, row int) (event.Tri, error) {
	v, ok, err := numberAt(p, row)
	switch {
	case err != nil || !ok:
		return event.Null, err
	case v == 1:
		return event.True, nil
	}
	return event.False, nil
}
