package parquet

import (
	"bytes"
	"fmt"
	"math/bits"
)

// Bytes writes the column that is due, which must be of this kind. at returns the value of a row of the group, nil for NULL;
// it is called one or more times for each row, in order, and what it returns is not kept.
//
// Values must be UTF-8: some readers refuse a whole file for one that is not.
func (w *Writer) Bytes(at func(row int) []byte) {
	c, ok := w.begin(Bytes)
	if !ok {
		return
	}
	if !c.Dictionary || !w.bytesDictionary(at, c.Bounds) {
		w.bytesPlain(at, c.Bounds)
	}
	w.text.set(&w.chunk.stats)
	w.chunk.stats.min, w.chunk.stats.max = bytes.Clone(w.chunk.stats.min), bytes.Clone(w.chunk.stats.max)
	w.end()
}

// bytesPlain writes pages of DELTA_LENGTH_BYTE_ARRAY: all lengths, then all values. That is a fifth smaller and faster to
// compress than PLAIN, where lengths stand between.
func (w *Writer) bytesPlain(at func(row int) []byte, bounds bool) {
	w.newPage()
	for row := range w.rows {
		v := at(row)
		w.level(v != nil)
		if v != nil {
			if len(v) > maxValue {
				w.fail(fmt.Errorf("column %q: value of %d bytes", w.columns[w.column].Name, len(v)))
				return
			}
			w.page = append(w.page, v...)
			w.numbers = append(w.numbers, int64(len(v)))
			if bounds {
				w.text.add(v)
			}
		}
		if len(w.page) >= maxHead+pageSize || len(w.levels) == maxPageRows {
			w.bytesPage()
		}
	}
	w.bytesPage()
}

func (w *Writer) bytesPage() {
	if len(w.levels) == 0 {
		return
	}
	w.prefix = appendDelta(w.prefix[:0], w.numbers, 32)
	w.dataPage(encDeltaLength, w.prefix)
	w.newPage()
}

// bytesDictionary writes a dictionary and pages of indices, or nothing and returns false where that does not pay.
func (w *Writer) bytesDictionary(at func(row int) []byte, bounds bool) bool {
	d := &w.dict
	d.reset(0)
	indices := w.indices[:0]
	most := w.rows/2 + 1
	var (
		last   []byte // of the dictionary
		number uint32
	)
	for row := range w.rows {
		v := at(row)
		if v == nil {
			indices = append(indices, null)
			continue
		}
		if last == nil || string(v) != string(last) {
			if len(d.page)+len(v) > maxDictionary || len(d.ends) > most {
				w.indices = indices
				return false
			}
			number = d.number(v)
			last = d.value(number)
		}
		indices = append(indices, number)
	}
	w.indices = indices
	if len(d.ends) == 0 || len(d.ends) > most {
		return false
	}
	if bounds {
		for i := range d.ends {
			w.text.add(d.value(uint32(i)))
		}
	}
	w.dictionaryPages()
	return true
}

// null is the index of NULL, which is not written.
const null = ^uint32(0)

// dictionaryPages writes the dictionary and the indices.
func (w *Writer) dictionaryPages() {
	width := max(1, bits.Len(uint(len(w.dict.ends)-1)))
	w.dictionaryPage()
	indices := w.indices
	for len(indices) > 0 {
		n := min(len(indices), maxPageRows)
		w.newPage()
		kept := w.indices[:0]
		for _, x := range indices[:n] {
			w.level(x != null)
			if x != null {
				kept = append(kept, x)
			}
		}
		w.page = appendHybrid(append(w.page, byte(width)), kept, width)
		w.dataPage(encDictionary, nil)
		indices = indices[n:]
	}
}

// Timestamp writes the column that is due, which must be of this kind. at returns the value of a row of the group, false
// for NULL; it is called one or more times for each row, in order.
func (w *Writer) Timestamp(at func(row int) (int64, bool)) {
	if _, ok := w.begin(Timestamp); ok {
		w.ints(at, 64)
	}
}

// Int32 writes the column that is due, which must be of this kind. at is as for Timestamp.
func (w *Writer) Int32(at func(row int) (int32, bool)) {
	if _, ok := w.begin(Int32); ok {
		w.ints(func(row int) (int64, bool) {
			v, ok := at(row)
			return int64(v), ok
		}, 32)
	}
}

// ints writes numbers of size bits.
func (w *Writer) ints(at func(row int) (int64, bool), size int) {
	var bounds intBounds
	w.newPage()
	for row := range w.rows {
		v, ok := at(row)
		w.level(ok)
		if ok {
			w.numbers = append(w.numbers, v)
			bounds.add(v)
		}
		if len(w.levels) == maxPageRows {
			w.intsPage(size)
		}
	}
	w.intsPage(size)
	bounds.set(&w.chunk.stats, size/8)
	w.end()
}

func (w *Writer) intsPage(size int) {
	if len(w.levels) == 0 {
		return
	}
	w.page = appendDelta(w.page, w.numbers, size)
	w.dataPage(encDelta, nil)
	w.newPage()
}

// Bool writes the column that is due, which must be of this kind. at is as for Timestamp.
func (w *Writer) Bool(at func(row int) (value, ok bool)) {
	if _, ok := w.begin(Bool); !ok {
		return
	}
	w.newPage()
	for row := range w.rows {
		v, ok := at(row)
		w.level(ok)
		if ok {
			bit := uint8(0)
			if v {
				bit = 1
			}
			w.bits = append(w.bits, bit)
		}
		if len(w.levels) == maxPageRows {
			w.boolPage()
		}
	}
	w.boolPage()
	w.end()
}

func (w *Writer) boolPage() {
	if len(w.levels) == 0 {
		return
	}
	w.page = appendPacked(w.page, w.bits, 1, (len(w.bits)+7)/8)
	w.dataPage(encPlain, nil)
	w.newPage()
}
