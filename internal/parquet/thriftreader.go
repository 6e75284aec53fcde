package parquet

import (
	"encoding/binary"
	"errors"
)

var errThrift = errors.New("not the Thrift compact protocol")

// maxThriftDepth bounds the depth of structures; those of Parquet are seven deep.
const maxThriftDepth = 16

// thriftReader reads structures in the compact protocol from buf. The first error stays, and what is read after it is
// zero.
type thriftReader struct {
	buf  []byte
	at   int
	deep int
	err  error
}

func (t *thriftReader) fail() {
	t.err, t.at = errThrift, len(t.buf)
}

func (t *thriftReader) byte() byte {
	if t.at >= len(t.buf) {
		t.fail()
		return 0
	}
	t.at++
	return t.buf[t.at-1]
}

func (t *thriftReader) uvarint() uint64 {
	v, n := binary.Uvarint(t.buf[t.at:])
	if n <= 0 {
		t.fail()
		return 0
	}
	t.at += n
	return v
}

// int reads a number of kind i32 or i64.
func (t *thriftReader) int() int64 {
	v := t.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// binary reads bytes, which are a part of buf.
func (t *thriftReader) binary() []byte {
	n := t.uvarint()
	if n > uint64(len(t.buf)-t.at) {
		t.fail()
		return nil
	}
	t.at += int(n)
	return t.buf[t.at-int(n) : t.at]
}

// list reads the head of a list: how many elements of which kind follow. There are never more than bytes.
func (t *thriftReader) list() (n int, kind byte) {
	b := t.byte()
	size := uint64(b >> 4)
	if size == 15 {
		size = t.uvarint()
	}
	if size > uint64(len(t.buf)-t.at) {
		t.fail()
		return 0, 0
	}
	return int(size), b & 15
}

// structure reads a structure. field reads the value of a field, or returns false to have it skipped.
func (t *thriftReader) structure(field func(id int64, kind byte) bool) {
	if t.deep == maxThriftDepth {
		t.fail()
		return
	}
	t.deep++
	id := int64(0)
	for t.err == nil {
		b := t.byte()
		if b == 0 {
			break
		}
		if b>>4 != 0 {
			id += int64(b >> 4)
		} else {
			id = t.int()
		}
		if !field(id, b&15) {
			t.skip(b & 15)
		}
	}
	t.deep--
}

// structures reads a list of structures.
func (t *thriftReader) structures(one func()) {
	n, kind := t.list()
	if kind != thriftStruct && n > 0 {
		t.fail()
	}
	for range n {
		if t.err != nil {
			return
		}
		one()
	}
}

// skip reads a value of a field and forgets it.
func (t *thriftReader) skip(kind byte) {
	const (
		thriftByte   = 3
		thriftI16    = 4
		thriftDouble = 7
		thriftSet    = 10
		thriftMap    = 11
	)
	switch kind {
	case thriftTrue, thriftFalse: // the kind is the value
	case thriftByte:
		t.byte()
	case thriftI16, thriftI32, thriftI64:
		t.uvarint()
	case thriftDouble:
		for range 8 {
			t.byte()
		}
	case thriftBinary:
		t.binary()
	case thriftList, thriftSet:
		n, kind := t.list()
		for range n {
			t.skipElement(kind)
		}
	case thriftMap:
		n := t.uvarint()
		if n == 0 {
			return
		}
		kinds := t.byte()
		for ; n > 0 && t.err == nil; n-- {
			t.skipElement(kinds >> 4)
			t.skipElement(kinds & 15)
		}
	case thriftStruct:
		t.structure(func(int64, byte) bool { return false })
	default:
		t.fail()
	}
}

func (t *thriftReader) skipElement(kind byte) {
	if t.err != nil {
		return
	}
	if kind == thriftTrue || kind == thriftFalse { // in lists and maps, a byte each
		t.byte()
		return
	}
	if t.deep == maxThriftDepth {
		t.fail()
		return
	}
	t.deep++
	t.skip(kind)
	t.deep--
}
