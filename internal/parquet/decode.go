package parquet

import (
	"encoding/binary"
	"errors"
)

var (
	errLevels     = errors.New("levels or indices do not hold the values that the page has")
	errDelta      = errors.New("not numbers in DELTA_BINARY_PACKED as this package writes them")
	errLengths    = errors.New("lengths that are not those of the values")
	errDictionary = errors.New("not a dictionary page")
	errIndex      = errors.New("an index beyond the dictionary")
)

// hybrid decodes n values of width bits, 0 to 32, that fill in, from the RLE and bit-packing hybrid. They are put into
// memory where that is enough.
func hybrid(memory []uint32, in []byte, n, width int) ([]uint32, error) {
	out := memory[:0]
	if cap(out) < n {
		out = make([]uint32, 0, n)
	}
	for len(out) < n {
		head, size := binary.Uvarint(in)
		if size <= 0 || head>>1 == 0 || head>>1 > uint64(n) {
			return nil, errLevels
		}
		in = in[size:]
		count := int(head >> 1)
		if head&1 == 0 {
			bytes := (width + 7) / 8
			if count > n-len(out) || len(in) < bytes {
				return nil, errLevels
			}
			var v uint32
			for i, b := range in[:bytes] {
				v |= uint32(b) << (8 * i)
			}
			in = in[bytes:]
			if uint64(v)>>width != 0 {
				return nil, errLevels
			}
			for range count {
				out = append(out, v)
			}
			continue
		}
		if len(in) < count*width || 8*(count-1) >= n-len(out) {
			return nil, errLevels
		}
		out = unpack(out, in[:count*width], min(8*count, n-len(out)), width)
		in = in[count*width:]
	}
	if len(in) > 0 {
		return nil, errLevels
	}
	return out, nil
}

// unpack appends n bit-packed values of width bits, which in holds.
func unpack[T uint32 | uint64](out []T, in []byte, n, width int) []T {
	for i := range n {
		if at := i * width / 8; width <= 56 && at+8 <= len(in) {
			out = append(out, T(binary.LittleEndian.Uint64(in[at:])>>(i*width%8)&(1<<width-1)))
			continue
		}
		var v uint64
		at, shift := i*width/8, i*width%8
		for got := -shift; got < width; got += 8 {
			b := uint64(in[at])
			if got < 0 {
				v = b >> -got
			} else {
				v |= b << got
			}
			at++
		}
		if width < 64 {
			v &= 1<<width - 1
		}
		out = append(out, T(v))
	}
	return out
}

// delta decodes n numbers of size bits from DELTA_BINARY_PACKED and returns what follows them.
func delta(in []byte, n, size int) (out []int64, rest []byte, err error) {
	ok := true
	number := func() uint64 {
		v, size := binary.Uvarint(in)
		if size <= 0 {
			ok, size = false, 0
		}
		in = in[size:]
		return v
	}
	signed := func() int64 {
		v := number()
		return int64(v>>1) ^ -int64(v&1)
	}
	if number() != deltaBlock || number() != deltaBlock/deltaMini || number() != uint64(n) {
		return nil, nil, errDelta
	}
	last := signed()
	if !ok {
		return nil, nil, errDelta
	}
	out = make([]int64, 0, n)
	if n > 0 {
		out = append(out, last)
	}
	var mini []uint64
	for len(out) < n {
		least := signed()
		if !ok || len(in) < deltaBlock/deltaMini {
			return nil, nil, errDelta
		}
		widths := in[:deltaBlock/deltaMini]
		in = in[deltaBlock/deltaMini:]
		for _, w := range widths {
			if len(out) == n {
				break
			}
			width := int(w)
			if width > size || len(in) < width*deltaMini/8 {
				return nil, nil, errDelta
			}
			mini = unpack(mini[:0], in, min(deltaMini, n-len(out)), width)
			in = in[width*deltaMini/8:]
			for _, d := range mini {
				last += least + int64(d)
				if size == 32 {
					last = int64(int32(last))
				}
				out = append(out, last)
			}
		}
	}
	return out, in, nil
}

// deltaLength decodes n values from DELTA_LENGTH_BYTE_ARRAY. They are parts of in.
func deltaLength(in []byte, n int) ([][]byte, error) {
	lengths, rest, err := delta(in, n, 32)
	if err != nil {
		return nil, err
	}
	out := make([][]byte, n)
	for i, length := range lengths {
		if length < 0 || length > int64(len(rest)) {
			return nil, errLengths
		}
		out[i], rest = rest[:length:length], rest[length:]
	}
	if len(rest) > 0 {
		return nil, errLengths
	}
	return out, nil
}

// plainBytes decodes n values of Bytes from PLAIN. They are parts of in.
func plainBytes(in []byte, n int) ([][]byte, error) {
	if n > len(in)/4 {
		return nil, errDictionary
	}
	out := make([][]byte, n)
	for i := range out {
		if len(in) < 4 {
			return nil, errDictionary
		}
		length := binary.LittleEndian.Uint32(in)
		in = in[4:]
		if uint64(length) > uint64(len(in)) {
			return nil, errDictionary
		}
		out[i], in = in[:length:length], in[length:]
	}
	if len(in) > 0 {
		return nil, errDictionary
	}
	return out, nil
}
