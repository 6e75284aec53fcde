package parquet

import (
	"encoding/binary"
	"hash/maphash"
)

// maxDictionary is the most bytes of a dictionary, as readers hold it in memory.
const maxDictionary = 1 << 20

// dictionary numbers the different values of a column in the order that they come.
type dictionary struct {
	seed  maphash.Seed
	table []uint64 // open addressing: 32 bits of hash, then the number + 1; 0 is free. Its length is a power of two
	page  []byte   // the values in PLAIN encoding, which is the dictionary page
	ends  []uint32 // where in page each value ends
	fixed int      // bytes of every value; 0 when each is preceded by its length
}

func (d *dictionary) reset(fixed int) {
	const small = 512
	if d.table == nil {
		d.seed = maphash.MakeSeed()
		d.table = make([]uint64, small)
	}
	d.table = d.table[:small]
	clear(d.table)
	d.page, d.ends, d.fixed = d.page[:0], d.ends[:0], fixed
}

// value returns the value with number i.
func (d *dictionary) value(i uint32) []byte {
	start := uint32(0)
	if i > 0 {
		start = d.ends[i-1]
	}
	if d.fixed == 0 {
		start += 4
	}
	return d.page[start:d.ends[i]]
}

// number returns the number of v, which is the next when v is new.
func (d *dictionary) number(v []byte) uint32 {
	hash := maphash.Bytes(d.seed, v) >> 32
	mask := uint64(len(d.table) - 1)
	slot := hash & mask
	for ; d.table[slot] != 0; slot = (slot + 1) & mask {
		if e := d.table[slot]; e>>32 == hash && string(d.value(uint32(e)-1)) == string(v) {
			return uint32(e) - 1
		}
	}
	if d.fixed == 0 {
		d.page = binary.LittleEndian.AppendUint32(d.page, uint32(len(v)))
	}
	d.page = append(d.page, v...)
	d.ends = append(d.ends, uint32(len(d.page)))
	d.table[slot] = hash<<32 | uint64(len(d.ends))
	if 2*len(d.ends) > len(d.table) {
		d.grow()
	}
	return uint32(len(d.ends)) - 1
}

// grow doubles the table.
func (d *dictionary) grow() {
	old, n := d.table, 2*len(d.table)
	d.table = make([]uint64, n)
	mask := uint64(n - 1)
	for _, e := range old {
		if e == 0 {
			continue
		}
		slot := e >> 32 & mask
		for d.table[slot] != 0 {
			slot = (slot + 1) & mask
		}
		d.table[slot] = e
	}
}
