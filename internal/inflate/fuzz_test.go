package inflate_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"io"
	"testing"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/inflate"
)

// FuzzHash compares Hash and Bytes with the standard library: the same verdict and the same content. When mend is set,
// the trailer is made right first, where the standard library can inflate what is between it and the header, so that
// changes there reach more than the checksum.
func FuzzHash(f *testing.F) {
	log := logFile(3)
	for _, plain := range [][]byte{nil, []byte("x"), log, bytes.Repeat([]byte("ab"), 400)} {
		for _, level := range []int{gzip.NoCompression, gzip.BestSpeed, 6, gzip.HuffmanOnly} {
			one := pack(f, plain, level, gzip.Header{})
			f.Add(one, true)
			f.Add(join(one, one), false)
			f.Add(join(one, []byte("trailing")), false)
			f.Add(one[:len(one)-1], false)
		}
	}
	f.Add(pack(f, log, 6, gzip.Header{Name: "name", Comment: "comment", Extra: []byte("extra")}), true)
	f.Add(headerCRC(pack(f, log, 6, gzip.Header{}), 0), false)
	f.Fuzz(func(t *testing.T, in []byte, mend bool) {
		if mend && len(in) >= 18 {
			in = mended(in)
		}
		const max = 1 << 20
		want, wantErr := integrity.HashGzip(bytes.NewReader(in))
		got, err := inflate.Hash(bytes.NewReader(in), int64(len(in)))
		if verdict(err) != verdict(wantErr) || got != want {
			t.Errorf("Hash: %+v, %v; want %+v, %v", got, err, want, wantErr)
		}
		wantBytes, want, wantErr := integrity.InflateGzip(bytes.NewReader(in), max)
		gotBytes, got, err := inflate.Bytes(bytes.NewReader(in), -1, max)
		if verdict(err) != verdict(wantErr) || got != want || !bytes.Equal(gotBytes, wantBytes) {
			t.Errorf("Bytes: %d bytes, %+v, %v; want %d bytes, %+v, %v", len(gotBytes), got, err, len(wantBytes), want, wantErr)
		}
	})
}

// mended returns in with a right trailer when it has a plain header and the rest inflates, else in.
func mended(in []byte) []byte {
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(in[10:len(in)-8])), 1<<22))
	if err != nil {
		return in
	}
	in = bytes.Clone(in[:len(in)-8])
	in = binary.LittleEndian.AppendUint32(in, crc32.ChecksumIEEE(plain))
	return binary.LittleEndian.AppendUint32(in, uint32(len(plain)))
}
