package parquet

import "encoding/binary"

// appendHybrid appends v in the RLE and bit-packing hybrid, without its length: what definition levels and indices into a
// dictionary are encoded in (Encodings.md, RLE = 3). width is the number of bits of a value, 1 to 32.
func appendHybrid[T uint8 | uint32](b []byte, v []T, width int) []byte {
	// A run costs two bytes or more, and splits the bit-packed groups around it; it must save that.
	minRun := max(8, 32/width)
	packed := 0 // start of what is not yet written
	for i := 0; i < len(v); {
		x, end := v[i], i+1
		for end < len(v) && v[end] == x {
			end++
		}
		fill := -(i - packed) & 7 // bit-packed values come in groups of eight
		if end-i-fill < minRun {
			i = end
			continue
		}
		b = appendGroups(b, v[packed:i+fill], width)
		b = appendRun(b, uint32(x), end-i-fill, width)
		i, packed = end, end
	}
	return appendGroups(b, v[packed:], width)
}

// appendRun appends n times x.
func appendRun(b []byte, x uint32, n, width int) []byte {
	b = binary.AppendUvarint(b, uint64(n)<<1)
	for at := 0; at < width; at += 8 {
		b = append(b, byte(x>>at))
	}
	return b
}

// appendGroups appends v as one bit-packed run, the last group of eight filled up with zeros.
func appendGroups[T uint8 | uint32](b []byte, v []T, width int) []byte {
	if len(v) == 0 {
		return b
	}
	groups := (len(v) + 7) / 8
	b = binary.AppendUvarint(b, uint64(groups)<<1|1)
	return appendPacked(b, v, width, groups*width)
}

// appendPacked appends v bit-packed from the least bit on, filled up with zeros to size bytes.
func appendPacked[T uint8 | uint32 | uint64](b []byte, v []T, width, size int) []byte {
	var (
		acc   uint64
		n     = 0 // bits in acc
		start = len(b)
	)
	for _, x := range v {
		acc |= uint64(x) << n
		n += width
		if n >= 64 {
			b = binary.LittleEndian.AppendUint64(b, acc)
			n -= 64
			acc = uint64(x) >> (width - n)
		}
	}
	for ; n > 0; n -= 8 {
		b = append(b, byte(acc))
		acc >>= 8
	}
	for len(b)-start < size {
		b = append(b, 0)
	}
	return b
}
