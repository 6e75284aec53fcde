package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

const (
	magic = "PAR1"
	// createdBy has the form that parquet-mr parses.
	createdBy = "trailseal version 1"

	// pageSize is how many bytes of values begin a new page.
	pageSize = 1 << 20
	// maxPageRows bounds the rows of a page, and with them what stands before the values.
	maxPageRows = 1 << 15
	// maxHead bounds what stands before the values of a page: levels, one bit a row, and lengths, 33 bits a row.
	maxHead = maxPageRows/8 + maxPageRows*5 + 4096
	// pageRoom is what most pages fit into.
	pageRoom = maxHead + pageSize + pageSize/4
	// maxValue is the longest value, in bytes, and maxPage the longest page: what a reader must hold.
	maxValue = 64 << 20
	maxPage  = maxHead + pageSize + maxValue
	// maxGroupRows and maxChunk bound a group and a column in it, in rows and uncompressed bytes, for the same reason.
	maxGroupRows = 1 << 22
	maxChunk     = 1 << 31
	// flushSize is how many bytes are collected before they are written.
	flushSize = 256 << 10
)

// ErrOrder says that Group and the methods of the columns were not called in the order that the columns say.
var ErrOrder = errors.New("not the column that is due")

// ErrText says that a value of Bytes is not UTF-8.
var ErrText = errors.New("a value is not UTF-8")

// Writer writes a Parquet file: for each row group a call of Group and then one for each column, in their order, of the
// method of its kind. The first error ends the file: what is called after it does nothing, and Close returns it.
//
// A Writer holds one column's values of one page, one column's dictionary and indices (four bytes a row), and the footer:
// some 4 MiB. It is not safe for use by several goroutines.
type Writer struct {
	out     io.Writer
	columns []Column
	groups  []group
	err     error
	offset  int64 // of what comes next, in the file
	rows    int   // of the group
	column  int   // that is due in the group

	pending []byte   // not yet written
	page    []byte   // head room of maxHead bytes, then the values
	filled  int      // rows of the page
	levels  []uint8  // of the page: 1, or 0 for NULL; empty when there is no NULL
	nulls   int      // of the page
	numbers []int64  // of the page: its values or their lengths
	bits    []uint8  // of the page: its values
	prefix  []byte   // encoded lengths or levels
	indices []uint32 // of the group
	dict    dictionary
	text    byteBounds
	zstd    *compressor
	packed  []byte // a compressed page
	header  thrift
	chunk   chunk
}

// group is a row group as the footer describes it; chunk is one column of it.
type (
	group struct {
		rows   int
		chunks []chunk
	}
	chunk struct {
		encodings  [2]encoding // of the pages, beside encRLE; the second is encRLE when there is none
		raw, size  int64
		data, dict int64 // offsets; dict is 0 when there is none
		stats      statistics
	}
)

// NewWriter returns a Writer of a file with these columns, all of which every group has. Names and field ids are to be
// different from each other.
func NewWriter(w io.Writer, columns []Column) *Writer {
	writer := &Writer{zstd: newCompressor(), page: make([]byte, maxHead, pageRoom)}
	writer.Reset(w, columns)
	return writer
}

// Reset begins a new file, with the buffers of the one before.
func (w *Writer) Reset(out io.Writer, columns []Column) {
	w.out, w.columns = out, slices.Clone(columns)
	w.groups, w.err, w.offset, w.rows = w.groups[:0], nil, 0, 0
	w.column = len(columns)
	w.pending = w.pending[:0]
	if cap(w.page) > 4*pageSize { // a long value made it grow
		w.page, w.packed = make([]byte, maxHead, pageRoom), nil
	}
	w.write([]byte(magic))
	for _, c := range columns {
		if c.Kind < Bytes || c.Kind > Double {
			w.fail(fmt.Errorf("column %q: kind %d is none", c.Name, c.Kind))
		}
	}
}

// Group begins a row group of up to 4,194,304 rows. Readers work on one group at a time and in parallel on several; some
// 100,000 rows are usual.
func (w *Writer) Group(rows int) {
	switch {
	case w.err != nil:
	case w.column != len(w.columns):
		w.fail(fmt.Errorf("%w: group begun before column %q", ErrOrder, w.columns[w.column].Name))
	case rows < 1 || rows > maxGroupRows:
		w.fail(fmt.Errorf("row group of %d rows", rows))
	default:
		w.rows, w.column = rows, 0
		w.groups = append(w.groups, group{rows, make([]chunk, 0, len(w.columns))})
	}
}

// Close writes the footer. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.err == nil && w.column != len(w.columns) {
		w.fail(fmt.Errorf("%w: closed before column %q", ErrOrder, w.columns[w.column].Name))
	}
	if w.err == nil {
		w.write(w.footer())
		w.flush()
	}
	return w.err
}

func (w *Writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// begin begins the column that is due, if it is of the kind.
func (w *Writer) begin(kind Kind) (Column, bool) {
	if w.err != nil {
		return Column{}, false
	}
	if w.column == len(w.columns) {
		w.fail(fmt.Errorf("%w: all have been written", ErrOrder))
		return Column{}, false
	}
	c := w.columns[w.column]
	if c.Kind != kind {
		w.fail(fmt.Errorf("%w: %q is of another kind", ErrOrder, c.Name))
		return Column{}, false
	}
	w.chunk = chunk{encodings: [2]encoding{encRLE, encRLE}}
	w.text.reset()
	return c, true
}

// end ends the column.
func (w *Writer) end() {
	if w.err != nil {
		return
	}
	g := &w.groups[len(w.groups)-1]
	g.chunks = append(g.chunks, w.chunk)
	w.column++
}

// newPage empties the page.
func (w *Writer) newPage() {
	w.page, w.levels, w.filled, w.nulls = w.page[:maxHead], w.levels[:0], 0, 0
	w.numbers, w.bits = w.numbers[:0], w.bits[:0]
}

// level notes whether the next value of the page is there.
func (w *Writer) level(present bool) {
	w.filled++
	switch {
	case !present:
		for len(w.levels) < w.filled-1 {
			w.levels = append(w.levels, 1)
		}
		w.levels = append(w.levels, 0)
		w.nulls++
	case w.nulls > 0:
		w.levels = append(w.levels, 1)
	}
}

// dataPage writes the page: levels, then prefix, then the values.
func (w *Writer) dataPage(enc encoding, prefix []byte) {
	w.chunk.stats.nulls += int64(w.nulls)
	if w.nulls == w.filled {
		enc, prefix, w.page = encPlain, nil, w.page[:maxHead]
	}
	w.uses(enc)
	// Data page v1: the levels' length in four bytes, the levels, the values.
	start := maxHead - len(prefix)
	copy(w.page[start:], prefix)
	if w.nulls == 0 {
		w.prefix = appendRun(w.prefix[:0], 1, w.filled, 1)
	} else {
		w.prefix = appendHybrid(w.prefix[:0], w.levels, 1)
	}
	start -= len(w.prefix)
	copy(w.page[start:], w.prefix)
	start -= 4
	binary.LittleEndian.PutUint32(w.page[start:], uint32(len(w.prefix)))
	if w.chunk.data == 0 {
		w.chunk.data = w.offset
	}
	w.writePage(w.page[start:], func(t *thrift) {
		t.open(5)
		t.int32(1, int32(w.filled))
		t.int32(2, int32(enc))
		t.int32(3, int32(encRLE))
		t.int32(4, int32(encRLE))
		t.end()
	}, pageData)
}

// dictionaryPage writes the dictionary.
func (w *Writer) dictionaryPage() {
	w.chunk.dict = w.offset
	w.writePage(w.dict.page, func(t *thrift) {
		t.open(7)
		t.int32(1, int32(len(w.dict.values)))
		t.int32(2, int32(encPlain))
		t.end()
	}, pageDictionary)
}

// uses notes an encoding for the footer.
func (w *Writer) uses(enc encoding) {
	e := &w.chunk.encodings
	switch {
	case e[0] == enc || e[1] == enc:
	case e[0] == encRLE:
		e[0] = enc
	default:
		e[1] = enc
	}
}

// writePage compresses and writes a page. kindHeader appends the header of its kind.
func (w *Writer) writePage(body []byte, kindHeader func(*thrift), kind int32) {
	if w.err != nil {
		return
	}
	packed, err := w.zstd.compress(w.packed, body)
	if err != nil {
		w.fail(fmt.Errorf("compress column %q: %w", w.columns[w.column].Name, err))
		return
	}
	w.packed = packed[:0]
	t := &w.header
	t.buf = t.buf[:0]
	t.begin()
	t.int32(1, kind)
	t.int32(2, int32(len(body)))
	t.int32(3, int32(len(packed)))
	t.int32(4, int32(crc32.ChecksumIEEE(packed)))
	kindHeader(t)
	t.end()
	w.chunk.raw += int64(len(t.buf) + len(body))
	w.chunk.size += int64(len(t.buf) + len(packed))
	if w.chunk.raw > maxChunk {
		w.fail(fmt.Errorf("column %q: more than %d bytes in a group", w.columns[w.column].Name, int64(maxChunk)))
	}
	w.write(t.buf)
	w.write(packed)
}

// write collects b, and writes what was collected when it is much.
func (w *Writer) write(b []byte) {
	w.offset += int64(len(b))
	w.pending = append(w.pending, b...)
	if len(w.pending) >= flushSize {
		w.flush()
	}
}

func (w *Writer) flush() {
	if w.err != nil {
		return
	}
	_, err := w.out.Write(w.pending)
	w.pending = w.pending[:0]
	if err != nil {
		w.fail(fmt.Errorf("write parquet: %w", err))
	}
}
