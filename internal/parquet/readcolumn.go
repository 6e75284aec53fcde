package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// Bytes returns the values of a column of this kind in a group, one for each row, nil for NULL. They are the caller's, and
// may share memory; they must not be appended to in place.
func (r *Reader) Bytes(group, column int) ([][]byte, error) {
	v, err := r.read(group, column, Bytes)
	return v.text, err
}

// Timestamp returns the values of a column of this kind in a group, one for each row, and for each whether it is there;
// where it is not the value is 0.
func (r *Reader) Timestamp(group, column int) (values []int64, valid []bool, err error) {
	v, err := r.read(group, column, Timestamp)
	return v.numbers, v.valid, err
}

// Int32 is as Timestamp.
func (r *Reader) Int32(group, column int) (values []int32, valid []bool, err error) {
	v, err := r.read(group, column, Int32)
	if err != nil {
		return nil, nil, err
	}
	values = make([]int32, len(v.numbers))
	for i, n := range v.numbers {
		values[i] = int32(n)
	}
	return values, v.valid, nil
}

// Bool is as Timestamp.
func (r *Reader) Bool(group, column int) (values, valid []bool, err error) {
	v, err := r.read(group, column, Bool)
	if err != nil {
		return nil, nil, err
	}
	values = make([]bool, len(v.numbers))
	for i, n := range v.numbers {
		values[i] = n == 1
	}
	return values, v.valid, nil
}

// columnValues are the values of a column in a group.
type columnValues struct {
	text    [][]byte
	numbers []int64
	valid   []bool // of numbers
}

var (
	errKind       = errors.New("the column is of another kind")
	errPageHeader = errors.New("no page header")
	errPages      = errors.New("pages that are not those of the footer")
	errChecksum   = errors.New("checksum does not match")
	errPageData   = errors.New("page that does not hold what its header says")
	errEncoding   = errors.New("encoding that this package does not write")
)

func (r *Reader) read(group, column int, kind Kind) (columnValues, error) {
	d, err := r.begin(group, column, kind)
	if err != nil {
		return columnValues{}, err
	}
	// A damaged file may claim many rows: more than these must be seen first.
	const rows = 1 << 17
	if kind == Bytes {
		d.text = make([][]byte, 0, min(d.chunk.rows, rows))
	} else {
		d.numbers, d.valid = make([]int64, 0, min(d.chunk.rows, rows)), make([]bool, 0, min(d.chunk.rows, rows))
	}
	if err := d.pages(); err != nil {
		return columnValues{}, d.wrap(err)
	}
	return d.columnValues, nil
}

// begin reads a column of a group as it is in the file.
func (r *Reader) begin(group, column int, kind Kind) (columnReader, error) {
	c, name := &r.groups[group].chunks[column], r.columns[column].Name
	if r.columns[column].Kind != kind {
		return columnReader{}, fmt.Errorf("column %q: %w", name, errKind)
	}
	buf := make([]byte, c.size)
	if err := readFull(r.r, buf, c.start()); err != nil {
		return columnReader{}, err
	}
	return columnReader{kind: kind, chunk: c, buf: buf, name: name, group: group}, nil
}

// wrap says where the fault is.
func (d *columnReader) wrap(err error) error {
	return fmt.Errorf("%w: group %d, column %q: %w", ErrFormat, d.group, d.name, err)
}

// columnReader reads the pages of a column in a group, which buf holds.
type columnReader struct {
	columnValues
	kind  Kind
	chunk *readChunk
	buf   []byte
	rows  int64
	raw   int64
	dict  [][]byte
	zstd  decompressor
	name  string
	group int
	body  []byte // memory for the body of a page of values; nil: each has its own
}

type pageHeader struct {
	kind, raw, size, crc, values, encoding int64
	levels                                 int64
	checked                                bool
}

func (d *columnReader) pages() error {
	for len(d.buf) > 0 {
		h, body, err := d.next(0)
		if err == nil {
			err = d.page(h, body)
		}
		if err != nil {
			return err
		}
	}
	return d.finish()
}

// next returns the next page. Where its values lie before row it is passed over: the body is nil.
func (d *columnReader) next(row int64) (h pageHeader, body []byte, err error) {
	t := thriftReader{buf: d.buf}
	h = t.pageHeader()
	if t.err != nil {
		return h, nil, errPageHeader
	}
	rest := d.buf[t.at:]
	if h.size < 0 || h.size > int64(len(rest)) || h.raw < 0 || h.raw > maxPage || !h.checked {
		return h, nil, errPageHeader
	}
	d.raw += int64(t.at) + h.raw
	if d.raw > d.chunk.raw {
		return h, nil, errPages
	}
	packed := rest[:h.size:h.size]
	d.buf = rest[h.size:]
	if h.kind == pageData && h.values >= 1 && h.values <= row-d.rows {
		d.rows += h.values
		return h, nil, nil
	}
	if int64(int32(crc32.ChecksumIEEE(packed))) != h.crc {
		return h, nil, errChecksum
	}
	var into []byte
	if h.kind == pageData {
		into = d.body
	}
	if body, err = d.zstd.decompress(into, packed, int(h.raw)); err != nil {
		return h, nil, fmt.Errorf("decompress: %w", err)
	}
	if int64(len(body)) != h.raw {
		return h, nil, errPageData
	}
	return h, body, nil
}

// finish checks that the pages were all that the footer says.
func (d *columnReader) finish() error {
	if d.rows != d.chunk.rows || d.raw != d.chunk.raw {
		return errPages
	}
	return nil
}

func (d *columnReader) page(h pageHeader, body []byte) error {
	if h.kind == pageDictionary {
		if d.chunk.dict == 0 || d.rows > 0 || d.dict != nil || d.kind != Bytes || h.encoding != int64(encPlain) ||
			h.values < 1 || h.values > int64(len(body)) {
			return errDictionary
		}
		var err error
		d.dict, err = plainBytes(body, int(h.values))
		return err
	}
	levels, count, body, err := d.levels(h, body, nil)
	if err != nil {
		return err
	}
	return d.dataPage(encoding(h.encoding), levels, count, body)
}

// levels begins a page of values: it returns for each row whether it has one, in memory that is given where that is
// enough, how many have, and the values.
func (d *columnReader) levels(h pageHeader, body []byte, memory []uint32) (levels []uint32, count int, values []byte, err error) {
	switch {
	case h.kind != pageData || h.levels != int64(encRLE):
		return nil, 0, nil, errEncoding
	case h.values < 1 || h.values > maxPageRows || h.values > d.chunk.rows-d.rows:
		return nil, 0, nil, errPages
	}
	d.rows += h.values
	if len(body) < 4 {
		return nil, 0, nil, errPageData
	}
	n := binary.LittleEndian.Uint32(body)
	body = body[4:]
	if uint64(n) > uint64(len(body)) {
		return nil, 0, nil, errPageData
	}
	levels, err = hybrid(memory, body[:n], int(h.values), 1)
	for _, level := range levels {
		count += int(level)
	}
	return levels, count, body[n:], err
}

// dataPage decodes count values, one for each row that has one.
func (d *columnReader) dataPage(enc encoding, levels []uint32, count int, body []byte) error {
	if d.kind == Bytes {
		values, err := d.bytes(enc, count, body)
		if err != nil {
			return err
		}
		if count == len(levels) {
			d.text = append(d.text, values...)
			return nil
		}
		for _, level := range levels {
			if level == 0 {
				d.text = append(d.text, nil)
				continue
			}
			d.text, values = append(d.text, values[0]), values[1:]
		}
		return nil
	}
	values, err := d.ints(enc, count, body)
	if err != nil {
		return err
	}
	for _, level := range levels {
		d.valid = append(d.valid, level == 1)
		if level == 0 {
			d.numbers = append(d.numbers, 0)
			continue
		}
		d.numbers, values = append(d.numbers, values[0]), values[1:]
	}
	return nil
}

// bytes decodes count values of Bytes.
func (d *columnReader) bytes(enc encoding, count int, body []byte) ([][]byte, error) {
	switch enc {
	case encDeltaLength:
		return deltaLength(body, count)
	case encDictionary:
		indices, err := d.indices(nil, count, body)
		if err != nil {
			return nil, err
		}
		values := make([][]byte, count)
		for i, index := range indices {
			values[i] = d.dict[index]
		}
		return values, nil
	case encPlain:
		if count == 0 && len(body) == 0 {
			return nil, nil
		}
	}
	return nil, errEncoding
}

// indices decodes the numbers of count values in the dictionary.
func (d *columnReader) indices(memory []uint32, count int, body []byte) ([]uint32, error) {
	if len(body) == 0 || body[0] < 1 || body[0] > 32 {
		return nil, errEncoding
	}
	indices, err := hybrid(memory, body[1:], count, int(body[0]))
	for _, index := range indices {
		if uint64(index) >= uint64(len(d.dict)) {
			return nil, errIndex
		}
	}
	return indices, err
}

// ints decodes count values of the other kinds.
func (d *columnReader) ints(enc encoding, count int, body []byte) ([]int64, error) {
	switch {
	case enc == encPlain && count == 0 && len(body) == 0:
		return nil, nil
	case enc == encPlain && d.kind == Bool:
		if len(body) != (count+7)/8 {
			return nil, errPageData
		}
		values := make([]int64, count)
		for i := range values {
			values[i] = int64(body[i/8] >> (i % 8) & 1)
		}
		return values, nil
	case enc == encDelta && d.kind != Bool:
		size := 64
		if d.kind == Int32 {
			size = 32
		}
		values, rest, err := delta(body, count, size)
		if err == nil && len(rest) > 0 {
			err = errPageData
		}
		return values, err
	}
	return nil, errEncoding
}

// pageHeader reads a PageHeader.
func (t *thriftReader) pageHeader() pageHeader {
	var h pageHeader
	t.structure(func(id int64, kind byte) bool {
		switch {
		case id == 1 && kind == thriftI32:
			h.kind = t.int()
		case id == 2 && kind == thriftI32:
			h.raw = t.int()
		case id == 3 && kind == thriftI32:
			h.size = t.int()
		case id == 4 && kind == thriftI32:
			h.crc, h.checked = t.int(), true
		case (id == 5 || id == 7) && kind == thriftStruct:
			t.structure(func(id int64, kind byte) bool {
				if kind != thriftI32 {
					return false
				}
				switch id {
				case 1:
					h.values = t.int()
				case 2:
					h.encoding = t.int()
				case 3:
					h.levels = t.int()
				default:
					return false
				}
				return true
			})
		default:
			return false
		}
		return true
	})
	return h
}
