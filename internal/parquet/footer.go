package parquet

import "encoding/binary"

// footer returns FileMetaData, its length and the magic number. What readers can do without is left out: sizes of a group,
// statistics of encodings, key-value pairs.
func (w *Writer) footer() []byte {
	t := &w.header
	t.buf = t.buf[:0]
	t.begin()
	t.int32(1, 2) // version: encodings of 2.0 are used
	w.schema(t)
	rows := int64(0)
	for i := range w.groups {
		rows += int64(w.groups[i].rows)
	}
	t.int64(3, rows)
	t.list(4, thriftStruct, len(w.groups))
	for i := range w.groups {
		w.rowGroup(t, &w.groups[i])
	}
	t.string(6, createdBy)
	// Without an order readers must not use min_value and max_value.
	t.list(7, thriftStruct, len(w.columns))
	for range w.columns {
		t.begin()
		t.open(1) // TypeDefinedOrder
		t.end()
		t.end()
	}
	t.end()
	t.buf = binary.LittleEndian.AppendUint32(t.buf, uint32(len(t.buf)))
	t.buf = append(t.buf, magic...)
	return t.buf
}

// schema writes a list of SchemaElement: the root and its columns.
func (w *Writer) schema(t *thrift) {
	t.list(2, thriftStruct, len(w.columns)+1)
	t.begin()
	t.string(4, "schema")
	t.int32(5, int32(len(w.columns)))
	t.end()
	for _, c := range w.columns {
		t.begin()
		t.int32(1, c.Kind.physical())
		t.int32(3, 1) // OPTIONAL
		t.string(4, c.Name)
		// LogicalTypes.md asks for the older annotation beside the newer, for older readers.
		switch c.Kind {
		case Bytes:
			t.int32(6, convertedUTF8)
		case Timestamp:
			t.int32(6, convertedTimestampMicros)
		}
		t.int32(9, c.ID)
		switch c.Kind {
		case Bytes:
			t.open(10)
			t.open(1) // STRING
			t.end()
			t.end()
		case Timestamp:
			t.open(10)
			t.open(8) // TIMESTAMP
			t.bool(1, false)
			t.open(2)
			t.open(2) // MICROS
			t.end()
			t.end()
			t.end()
			t.end()
		}
		t.end()
	}
}

func (w *Writer) rowGroup(t *thrift, g *group) {
	t.begin()
	t.list(1, thriftStruct, len(g.chunks))
	raw := int64(0)
	for i := range g.chunks {
		c := &g.chunks[i]
		raw += c.raw
		t.begin()
		t.int64(2, 0) // file_offset: required, and without meaning
		t.open(3)
		t.int32(1, w.columns[i].Kind.physical())
		w.encodings(t, c)
		t.list(3, thriftBinary, 1)
		t.element(w.columns[i].Name)
		t.int32(4, codecZstd)
		t.int64(5, int64(g.rows))
		t.int64(6, c.raw)
		t.int64(7, c.size)
		t.int64(9, c.data)
		if c.dict != 0 {
			t.int64(11, c.dict)
		}
		if w.columns[i].Bounds && w.columns[i].Kind != Bool {
			c.stats.write(t)
		}
		t.end()
		t.end()
	}
	t.int64(2, raw)
	t.int64(3, int64(g.rows))
	t.end()
}

// encodings writes the encodings of levels and pages, each once.
func (w *Writer) encodings(t *thrift, c *chunk) {
	all := []encoding{encRLE}
	for _, e := range c.encodings {
		if e != encRLE {
			all = append(all, e)
		}
	}
	if c.dict != 0 && c.encodings[0] != encPlain && c.encodings[1] != encPlain {
		all = append(all, encPlain) // of the dictionary page
	}
	t.list(2, thriftI32, len(all))
	for _, e := range all {
		t.buf = binary.AppendVarint(t.buf, int64(e))
	}
}

func (s *statistics) write(t *thrift) {
	t.open(12)
	t.int64(3, s.nulls)
	if s.hasMax {
		t.binary(5, s.max)
	}
	if s.hasMin {
		t.binary(6, s.min)
	}
	if s.hasMax {
		t.bool(7, s.exactMax)
	}
	if s.hasMin {
		t.bool(8, s.exactMin)
	}
	t.end()
}
