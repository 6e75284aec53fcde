package parquet

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzDecode decodes any bytes as the body of a page, which FuzzRead, held up by the checksum, seldom reaches. What
// decodes has as many values as were asked for, and encodes to what decodes the same.
func FuzzDecode(f *testing.F) {
	f.Add(appendDelta(nil, []int64{1, 5, -3, 1 << 40}, 64), uint16(4), byte(7))
	f.Add(append(appendDelta(nil, []int64{1, 2, 0}, 32), "abc"...), uint16(3), byte(1))
	f.Add(appendHybrid(nil, []uint32{1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1}, 3), uint16(30), byte(3))
	f.Add([]byte("\x01\x00\x00\x00a\x00\x00\x00\x00"), uint16(2), byte(2))
	f.Fuzz(func(t *testing.T, in []byte, rows uint16, width byte) {
		n, bits := int(rows)%maxPageRows+1, int(width)%32+1
		if got, err := hybrid(nil, in, n, bits); err == nil {
			again, err := hybrid(nil, appendHybrid(nil, got, bits), n, bits)
			if d := cmp.Diff(got, again); d != "" || err != nil || len(got) != n {
				t.Errorf("hybrid: %d values, want %d, %v: %s", len(got), n, err, d)
			}
		}
		for _, size := range []int{32, 64} {
			if got, rest, err := delta(in, n, size); err == nil {
				again, _, err := delta(appendDelta(nil, got, size), n, size)
				if d := cmp.Diff(got, again); d != "" || err != nil || len(got) != n || len(rest) > len(in) {
					t.Errorf("delta of %d bits: %d values, want %d, %v: %s", size, len(got), n, err, d)
				}
			}
		}
		if got, err := deltaLength(in, n); err == nil && (len(got) != n || !bytes.HasSuffix(in, bytes.Join(got, nil))) {
			t.Errorf("deltaLength: %d values, want %d, that are the end of the page", len(got), n)
		}
		if got, err := plainBytes(in, n); err == nil {
			var again []byte
			for _, v := range got {
				again = append(binary.LittleEndian.AppendUint32(again, uint32(len(v))), v...)
			}
			if !bytes.Equal(in, again) || len(got) != n {
				t.Errorf("plainBytes: %d values, want %d, that are the page", len(got), n)
			}
		}
		for _, enc := range []encoding{encPlain, encDelta, encDeltaLength, encDictionary} {
			h := pageHeader{kind: pageData, levels: int64(encRLE), values: int64(n), encoding: int64(enc)}
			d := columnReader{kind: Kind(width%4 + 1), chunk: &readChunk{rows: int64(n)}, dict: [][]byte{{}, []byte("x")}}
			p := Pages{d: d}
			err := d.page(h, in)
			if err == nil && len(d.text)+len(d.numbers) != n {
				t.Errorf("page in encoding %d: %d values, want %d", enc, len(d.text)+len(d.numbers), n)
			}
			if d.kind != Bytes {
				continue
			}
			if again := p.page(h, in); (again == nil) != (err == nil) {
				t.Errorf("page in encoding %d: %v, and by Pages %v", enc, err, again)
			}
			p.end = len(d.text)
			for row, want := range d.text {
				if got, err := p.Bytes(row); err != nil || !bytes.Equal(got, want) || (got == nil) != (want == nil) {
					t.Errorf("page in encoding %d, row %d: %q, %v, want %q", enc, row, got, err, want)
				}
			}
		}
	})
}
