package parquet

import "encoding/binary"

// The types of the Thrift compact protocol,
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftI32    = 5
	thriftI64    = 6
	thriftBinary = 8
	thriftList   = 9
	thriftStruct = 12
)

// thrift appends structures in the compact protocol to buf. Fields must come in the order of their numbers, 1 to 15
// apart. The numbers of the fields of the open structures are kept in last.
type thrift struct {
	buf  []byte
	last [8]int16
	deep int
}

func (t *thrift) field(id int16, kind byte) {
	t.buf = append(t.buf, byte(id-t.last[t.deep])<<4|kind)
	t.last[t.deep] = id
}

func (t *thrift) int32(id int16, v int32) {
	t.field(id, thriftI32)
	t.buf = binary.AppendVarint(t.buf, int64(v))
}

func (t *thrift) int64(id int16, v int64) {
	t.field(id, thriftI64)
	t.buf = binary.AppendVarint(t.buf, v)
}

func (t *thrift) bool(id int16, v bool) {
	kind := byte(thriftFalse)
	if v {
		kind = thriftTrue
	}
	t.field(id, kind)
}

func (t *thrift) binary(id int16, v []byte) {
	t.field(id, thriftBinary)
	t.buf = append(binary.AppendUvarint(t.buf, uint64(len(v))), v...)
}

func (t *thrift) string(id int16, v string) {
	t.field(id, thriftBinary)
	t.element(v)
}

// list opens a list of n elements, which follow.
func (t *thrift) list(id int16, kind byte, n int) {
	t.field(id, thriftList)
	if n < 15 {
		t.buf = append(t.buf, byte(n)<<4|kind)
		return
	}
	t.buf = binary.AppendUvarint(append(t.buf, 15<<4|kind), uint64(n))
}

// element appends a string as an element of a list.
func (t *thrift) element(v string) {
	t.buf = append(binary.AppendUvarint(t.buf, uint64(len(v))), v...)
}

// open opens a structure that is a field; end ends it.
func (t *thrift) open(id int16) {
	t.field(id, thriftStruct)
	t.begin()
}

// begin opens a structure that is an element of a list, or the outermost; end ends it.
func (t *thrift) begin() {
	t.deep++
	t.last[t.deep] = 0
}

func (t *thrift) end() {
	t.buf = append(t.buf, 0)
	t.deep--
}
