package parquet

import (
	"encoding/binary"
	"hash/maphash"
)

// maxDictionary is the most bytes of a dictionary, as readers hold it in memory.
const maxDictionary = 1 << 20

// dictionary numbers the different values of a column in the order that they come.
type dictionary struct {
	seed   maphash.Seed
	table  []uint32 // open addressing: the number + 1; 0 is free. Its length is a power of two
	values []entry
	page   []byte // the values in PLAIN encoding, which is the dictionary page
	places [512]where
}

// where is memory that holds a value, and the value's number. It keeps the memory from being used for another.
type where struct {
	at     *byte
	length int
	number uint32
}

// entry is where a value is in the page, and its hash.
type entry struct{ hash, start, end uint32 }

func (d *dictionary) reset() {
	const small = 512
	if d.table == nil {
		d.seed = maphash.MakeSeed()
		d.table = make([]uint32, small)
	}
	d.table = d.table[:small]
	clear(d.table)
	clear(d.places[:])
	d.page, d.values = d.page[:0], d.values[:0]
}

// value returns the value with number i. It is valid until reset.
func (d *dictionary) value(i uint32) []byte {
	e := &d.values[i]
	return d.page[e.start:e.end]
}

// number returns the number of v, which is the next when v is new.
func (d *dictionary) number(v []byte) uint32 {
	hash := uint32(maphash.Bytes(d.seed, v))
	mask := uint32(len(d.table) - 1)
	slot := hash & mask
	for ; d.table[slot] != 0; slot = (slot + 1) & mask {
		i := d.table[slot] - 1
		if e := &d.values[i]; e.hash == hash && string(d.page[e.start:e.end]) == string(v) {
			return i
		}
	}
	d.page = binary.LittleEndian.AppendUint32(d.page, uint32(len(v)))
	start := len(d.page)
	d.page = append(d.page, v...)
	d.values = append(d.values, entry{hash, uint32(start), uint32(len(d.page))})
	d.table[slot] = uint32(len(d.values))
	if 2*len(d.values) > len(d.table) {
		d.grow()
	}
	return uint32(len(d.values)) - 1
}

// grow doubles the table.
func (d *dictionary) grow() {
	n := 2 * len(d.table)
	if cap(d.table) < n {
		d.table = make([]uint32, n)
	} else {
		d.table = d.table[:n]
		clear(d.table)
	}
	mask := uint32(n - 1)
	for i := range d.values {
		slot := d.values[i].hash & mask
		for d.table[slot] != 0 {
			slot = (slot + 1) & mask
		}
		d.table[slot] = uint32(i + 1)
	}
}
