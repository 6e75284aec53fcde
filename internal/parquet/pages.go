package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
)

var errBackwards = errors.New("rows must be read in ascending order")

// Pages reads a column of a group from its first row to its last, and holds one page of it and what is in the file. Pages
// of which no row is asked for are passed over. Values of Bytes stay good; they must not be appended to in place.
//
// What was passed over was not checked, and what follows the last row that was asked for neither.
type Pages struct {
	d          columnReader
	first, end int // rows of the page, from 0
}

// Pages returns the reader of a column of this kind.
func (r *Reader) Pages(group, column int, kind Kind) (*Pages, error) {
	d, err := r.begin(group, column, kind)
	if err != nil {
		return nil, err
	}
	return &Pages{d: d}, nil
}

// Bytes returns the value of a row, nil for NULL, of a column of that kind. Rows come in ascending order.
func (p *Pages) Bytes(row int) ([]byte, error) {
	if row < p.first || row >= p.end {
		if err := p.seek(row); err != nil {
			return nil, err
		}
	}
	return p.d.text[row-p.first], nil
}

// Number is Bytes for the other kinds: the value, of a Bool 1 for true, and whether it is there; where it is not the value
// is 0.
func (p *Pages) Number(row int) (value int64, valid bool, err error) {
	if row < p.first || row >= p.end {
		if err := p.seek(row); err != nil {
			return 0, false, err
		}
	}
	return p.d.numbers[row-p.first], p.d.valid[row-p.first], nil
}

// seek reads the page that holds a row.
func (p *Pages) seek(row int) error {
	if row < p.first {
		return p.d.wrap(errBackwards)
	}
	for row >= p.end {
		p.d.text, p.d.numbers, p.d.valid = p.d.text[:0], p.d.numbers[:0], p.d.valid[:0]
		if len(p.d.buf) == 0 {
			p.first = p.end
			return p.d.wrap(errPages)
		}
		if err := p.d.next(int64(row)); err != nil {
			p.first, p.d.buf = p.end, nil
			return p.d.wrap(err)
		}
		p.first, p.end = int(p.d.rows)-len(p.d.text)-len(p.d.numbers), int(p.d.rows)
	}
	if len(p.d.buf) == 0 {
		if err := p.d.finish(); err != nil {
			return p.d.wrap(err)
		}
	}
	return nil
}

// MayHold reports whether a column of Bytes can hold one of the values in a group: whether one lies within the bounds that
// the footer tells. Where it tells none, it can.
func (r *Reader) MayHold(group, column int, values ...string) bool {
	c := &r.groups[group].chunks[column]
	for _, v := range values {
		if (c.min == nil || bytes.Compare(c.min, []byte(v)) <= 0) && (c.max == nil || bytes.Compare([]byte(v), c.max) <= 0) {
			return true
		}
	}
	return len(values) == 0
}

// Span returns the least and the greatest value of a Timestamp column in a group; ok is false where the footer tells none.
func (r *Reader) Span(group, column int) (first, last int64, ok bool) {
	c := &r.groups[group].chunks[column]
	if r.columns[column].Kind != Timestamp || len(c.min) != 8 || len(c.max) != 8 {
		return 0, 0, false
	}
	return int64(binary.LittleEndian.Uint64(c.min)), int64(binary.LittleEndian.Uint64(c.max)), true
}
