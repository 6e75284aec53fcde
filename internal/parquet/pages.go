package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
)

var errBackwards = errors.New("rows must be read in ascending order")

// Pages reads a column of a group from its first row to its last, and holds one page of it and what is in the file. Pages
// of which no row is asked for are passed over.
//
// What was passed over was not checked, and what follows the last row that was asked for neither.
type Pages struct {
	d          columnReader
	first, end int // rows of the page, from 0

	// Of a page of Bytes: the value of each row, from 0 and -1 for NULL, and nil where all have one; and of each value its
	// number in the dictionary, or, where that is nil, where it ends in text.
	values  []int32
	indices []uint32
	ends    []int32
	text    []byte

	levels  []uint32
	numbers []uint32 // memory of indices
	places  []int32  // and of values
}

// Pages returns the reader of a column of this kind.
func (r *Reader) Pages(group, column int, kind Kind) (*Pages, error) {
	d, err := r.begin(group, column, kind)
	if err != nil {
		return nil, err
	}
	return &Pages{d: d}, nil
}

// Bytes returns the value of a row, nil for NULL, of a column of that kind. Rows come in ascending order. The value is good
// until another row is asked for, and must not be changed.
func (p *Pages) Bytes(row int) ([]byte, error) {
	if row < p.first || row >= p.end {
		if err := p.seek(row); err != nil {
			return nil, err
		}
	}
	i := row - p.first
	if p.values != nil {
		if i = int(p.values[i]); i < 0 {
			return nil, nil
		}
	}
	if p.indices != nil {
		return p.d.dict[p.indices[i]], nil
	}
	start := int32(0)
	if i > 0 {
		start = p.ends[i-1]
	}
	return p.text[start:p.ends[i]:p.ends[i]], nil
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
		if len(p.d.buf) == 0 {
			p.first = p.end
			return p.d.wrap(errPages)
		}
		if err := p.next(row); err != nil {
			p.first, p.d.buf = p.end, nil
			return p.d.wrap(err)
		}
	}
	if len(p.d.buf) == 0 {
		if err := p.d.finish(); err != nil {
			return p.d.wrap(err)
		}
	}
	return nil
}

// next reads one page, or passes over it where it ends before row.
func (p *Pages) next(row int) error {
	before := int(p.d.rows)
	h, body, err := p.d.next(int64(row))
	switch {
	case err != nil:
		return err
	case body == nil: // passed over
		before = int(p.d.rows)
	case h.kind == pageData && p.d.kind == Bytes:
		p.d.body = body
		err = p.page(h, body)
	default:
		if h.kind == pageData {
			p.d.body = body
		}
		p.d.numbers, p.d.valid = p.d.numbers[:0], p.d.valid[:0]
		err = p.d.page(h, body)
	}
	p.first, p.end = before, int(p.d.rows)
	return err
}

// page reads a page of Bytes.
func (p *Pages) page(h pageHeader, body []byte) error {
	levels, count, body, err := p.d.levels(h, body, p.levels)
	if err != nil {
		return err
	}
	p.levels, p.values, p.indices, p.text = levels, nil, nil, body
	switch enc := encoding(h.encoding); {
	case enc == encDictionary:
		if p.indices, err = p.d.indices(p.numbers, count, body); err != nil {
			return err
		}
		p.numbers = p.indices
	case enc == encDeltaLength:
		if p.ends, p.text, err = deltaEnds(p.ends[:0], body, count); err != nil {
			return err
		}
	case enc != encPlain || count > 0 || len(body) > 0:
		return errEncoding
	}
	if count == len(levels) {
		return nil
	}
	p.places = p.places[:0]
	next := int32(0)
	for _, level := range levels {
		if level == 0 {
			p.places = append(p.places, -1)
			continue
		}
		p.places = append(p.places, next)
		next++
	}
	p.values = p.places
	return nil
}

// deltaEnds decodes n values from DELTA_LENGTH_BYTE_ARRAY: it appends where each ends in the text that it returns.
func deltaEnds(ends []int32, in []byte, n int) ([]int32, []byte, error) {
	lengths, text, err := delta(in, n, 32)
	if err != nil {
		return nil, nil, err
	}
	end := int64(0)
	for _, length := range lengths {
		if end += length; length < 0 || end > int64(len(text)) {
			return nil, nil, errLengths
		}
		ends = append(ends, int32(end))
	}
	if end != int64(len(text)) {
		return nil, nil, errLengths
	}
	return ends, text, nil
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
