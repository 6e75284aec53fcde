package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// maxFooter is the longest footer that a Reader reads, in bytes.
const maxFooter = 64 << 20

// ErrFormat says that a file is damaged, or is not one of those that this package writes.
var ErrFormat = errors.New("not a Parquet file of this package")

// Reader reads the files that Writer writes. It holds the footer; the methods that return values read from the file at
// each call, and may be called from several goroutines when ReadAt may. They need memory for a column of a group as it is
// uncompressed, up to 2 GiB, whatever the file claims. Groups and columns are numbered from 0, and a number that is too
// large panics.
type Reader struct {
	r       io.ReaderAt
	columns []Column
	groups  []readGroup
}

type (
	readGroup struct {
		rows   int64
		chunks []readChunk
	}
	readChunk struct {
		kind, codec, rows, raw, size, data, dict int64
		min, max                                 []byte // nil where the footer does not say
	}
)

// Open reads the footer of a file of size bytes. The error wraps ErrFormat when it is the file that is wrong, else r's.
func Open(r io.ReaderAt, size int64) (*Reader, error) {
	if size < int64(2*len(magic)+4) {
		return nil, fmt.Errorf("%w: %d bytes", ErrFormat, size)
	}
	var head [len(magic)]byte
	var tail [len(magic) + 4]byte
	if err := readFull(r, head[:], 0); err != nil {
		return nil, err
	}
	if err := readFull(r, tail[:], size-int64(len(tail))); err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	end := size - int64(len(tail)) - length
	if string(head[:]) != magic || string(tail[4:]) != magic {
		return nil, fmt.Errorf("%w: no magic number", ErrFormat)
	}
	if length > maxFooter || end < int64(len(magic)) {
		return nil, fmt.Errorf("%w: footer of %d bytes", ErrFormat, length)
	}
	footer := make([]byte, length)
	if err := readFull(r, footer, end); err != nil {
		return nil, err
	}
	f := footerReader{thriftReader: thriftReader{buf: footer}}
	if err := f.read(end); err != nil {
		return nil, fmt.Errorf("%w: footer: %w", ErrFormat, err)
	}
	return &Reader{r: r, columns: f.columns, groups: f.groups}, nil
}

func readFull(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read parquet: %w", err)
}

// Columns returns the columns of the file: name, field id and kind. How they were encoded is not told.
func (r *Reader) Columns() []Column { return slices.Clone(r.columns) }

// Groups returns the number of row groups.
func (r *Reader) Groups() int { return len(r.groups) }

// Rows returns the number of rows of a group.
func (r *Reader) Rows(group int) int { return int(r.groups[group].rows) }

// footerReader reads FileMetaData.
type footerReader struct {
	thriftReader
	columns []Column
	groups  []readGroup
	rows    int64
}

var (
	errFooter = errors.New("not what this package writes")
	errRange  = errors.New("a column outside the file")
)

// read reads the footer, and checks that all it says of data is possible in a file whose data ends at end.
func (f *footerReader) read(end int64) error {
	elements := 0
	var bad error
	f.structure(func(id int64, kind byte) bool {
		switch {
		case id == 2 && kind == thriftList:
			f.structures(func() {
				c, err := f.element(elements == 0)
				if elements > 0 {
					f.columns = append(f.columns, c)
				}
				elements++
				if bad == nil {
					bad = err
				}
			})
		case id == 3 && kind == thriftI64:
			f.rows = f.int()
		case id == 4 && kind == thriftList:
			f.structures(func() { f.groups = append(f.groups, f.group()) })
		default:
			return false
		}
		return true
	})
	switch {
	case f.err != nil:
		return f.err
	case bad != nil:
		return bad
	case f.at != len(f.buf) || elements == 0:
		return errFooter
	}
	return f.check(end)
}

func (f *footerReader) check(end int64) error {
	rows := int64(0)
	for _, g := range f.groups {
		rows += g.rows
		if g.rows < 1 || g.rows > maxGroupRows || len(g.chunks) != len(f.columns) {
			return errFooter
		}
		for i, c := range g.chunks {
			if c.kind != int64(f.columns[i].Kind.physical()) || c.codec != codecZstd || c.rows != g.rows {
				return errFooter
			}
			at := c.start()
			if at < int64(len(magic)) || c.dict != 0 && c.data <= c.dict || c.size < 1 || c.size > maxChunk ||
				c.raw < 1 || c.raw > maxChunk || at > end || c.size > end-at {
				return errRange
			}
		}
	}
	if rows != f.rows {
		return errFooter
	}
	return nil
}

// start returns where the first page is.
func (c *readChunk) start() int64 {
	if c.dict != 0 {
		return c.dict
	}
	return c.data
}

// element reads a SchemaElement.
func (f *footerReader) element(root bool) (Column, error) {
	kind, converted, repetition, children, named := int64(-1), int64(-1), int64(-1), int64(0), false
	var c Column
	f.structure(func(id int64, k byte) bool {
		switch {
		case id == 1 && k == thriftI32:
			kind = f.int()
		case id == 3 && k == thriftI32:
			repetition = f.int()
		case id == 4 && k == thriftBinary:
			c.Name = string(f.binary())
		case id == 5 && k == thriftI32:
			children = f.int()
		case id == 6 && k == thriftI32:
			converted = f.int()
		case id == 9 && k == thriftI32:
			n := f.int()
			named = n >= math.MinInt32 && n <= math.MaxInt32
			c.ID = int32(n)
		default:
			return false
		}
		return true
	})
	if root {
		return c, nil
	}
	switch {
	case kind == typeByteArray && converted == convertedUTF8:
		c.Kind = Bytes
	case kind == typeInt64 && converted == convertedTimestampMicros:
		c.Kind = Timestamp
	case kind == typeBoolean && converted == -1:
		c.Kind = Bool
	case kind == typeInt32 && converted == -1:
		c.Kind = Int32
	}
	if c.Kind == 0 || repetition != 1 || children != 0 || !named {
		return c, fmt.Errorf("column %q: %w", c.Name, errFooter)
	}
	return c, nil
}

// group reads a RowGroup.
func (f *footerReader) group() readGroup {
	var g readGroup
	f.structure(func(id int64, kind byte) bool {
		switch {
		case id == 1 && kind == thriftList:
			f.structures(func() {
				var c readChunk
				f.structure(func(id int64, kind byte) bool {
					if id != 3 || kind != thriftStruct {
						return false
					}
					c = f.chunk()
					return true
				})
				g.chunks = append(g.chunks, c)
			})
		case id == 3 && kind == thriftI64:
			g.rows = f.int()
		default:
			return false
		}
		return true
	})
	return g
}

// chunk reads ColumnMetaData.
func (f *footerReader) chunk() readChunk {
	c := readChunk{kind: -1, codec: -1}
	f.structure(func(id int64, kind byte) bool {
		var into *int64
		switch id {
		case 1:
			into = &c.kind
		case 4:
			into = &c.codec
		case 5:
			into = &c.rows
		case 6:
			into = &c.raw
		case 7:
			into = &c.size
		case 9:
			into = &c.data
		case 11:
			into = &c.dict
		case 12:
			if kind != thriftStruct {
				return false
			}
			f.bounds(&c)
			return true
		}
		if into == nil || kind != thriftI32 && kind != thriftI64 {
			return false
		}
		*into = f.int()
		return true
	})
	return c
}

// bounds reads Statistics.
func (f *footerReader) bounds(c *readChunk) {
	f.structure(func(id int64, kind byte) bool {
		if kind != thriftBinary || id != 5 && id != 6 {
			return false
		}
		into := &c.min
		if id == 5 {
			into = &c.max
		}
		b := f.binary()
		*into = b[:len(b):len(b)]
		return true
	})
}
