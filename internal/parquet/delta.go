package parquet

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// The sizes of DELTA_BINARY_PACKED, in values, that every writer uses.
const (
	deltaBlock = 128
	deltaMini  = 32 // a block has deltaBlock/deltaMini miniblocks, each with its own width
)

// appendDelta appends v, numbers of size bits, 32 or 64, in DELTA_BINARY_PACKED (Encodings.md, 5). Differences may
// overflow: they are kept modulo 2^size.
func appendDelta(b []byte, v []int64, size int) []byte {
	mask := uint64(1)<<(size-1)<<1 - 1
	b = binary.AppendUvarint(b, deltaBlock)
	b = binary.AppendUvarint(b, deltaBlock/deltaMini)
	b = binary.AppendUvarint(b, uint64(len(v)))
	if len(v) == 0 {
		return append(b, 0)
	}
	b = binary.AppendVarint(b, v[0])
	var d [deltaBlock]uint64
	for at := 1; at < len(v); at += deltaBlock {
		n := min(deltaBlock, len(v)-at)
		least := int64(math.MaxInt64)
		for i := range n {
			delta := v[at+i] - v[at+i-1]
			if size == 32 {
				delta = int64(int32(delta))
			}
			d[i] = uint64(delta)
			least = min(least, delta)
		}
		b = binary.AppendVarint(b, least)
		for i := range n {
			d[i] = (d[i] - uint64(least)) & mask
		}
		clear(d[n:])
		widths := len(b)
		b = append(b, 0, 0, 0, 0)
		for m := 0; m*deltaMini < n; m++ {
			mini := d[m*deltaMini:][:deltaMini]
			var all uint64
			for _, x := range mini {
				all |= x
			}
			width := bits.Len64(all)
			b[widths+m] = byte(width)
			b = appendPacked(b, mini, width, width*deltaMini/8)
		}
	}
	return b
}
