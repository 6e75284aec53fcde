//go:build cgo

package libdeflate_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/inflate/libdeflate"
)

func TestGunzip(t *testing.T) {
	plain := bytes.Repeat([]byte(`{"eventVersion":"1.11"},`), 1000)
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	_, _ = zw.Write(plain)
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	in := buf.Bytes()
	out := make([]byte, len(plain)+100)
	for _, tc := range []struct {
		name    string
		out, in []byte
		ok      bool
	}{
		{"room to spare", out, in, true},
		{"exact room", out[:len(plain)], in, true},
		{"one byte too little", out[:len(plain)-1], in, false},
		{"no room", nil, in, false},
		{"more after the member", out, append(bytes.Clone(in), in...), true},
		{"cut short", out, in[:len(in)-1], false},
		{"nothing", out, nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			written, read, ok := libdeflate.Gunzip(tc.out, tc.in)
			if ok != tc.ok {
				t.Fatalf("got %t, want %t", ok, tc.ok)
			}
			if !ok && (written != 0 || read != 0) {
				t.Errorf("refused, but %d bytes written, %d read", written, read)
			}
			if ok && (read != len(in) || !bytes.Equal(tc.out[:written], plain)) {
				t.Errorf("%d bytes written, %d read; want %d, %d", written, read, len(plain), len(in))
			}
		})
	}
}

// What README.md lists as accepted although RFC 1951 forbids it. If this fails after an upgrade, correct README.md.
func TestAcceptsMoreThanTheStandard(t *testing.T) {
	history := bytes.Repeat([]byte("h"), 30000)
	for _, tc := range []struct {
		name  string
		block func(b *bits)
		adds  int // bytes of the block
	}{
		{"length symbol 286", func(b *bits) {
			b.low(0b1, 1).low(0b01, 2)      // last block, fixed codes
			b.code(0b11000110, 8)           // 286
			b.code(0b00000, 5).code(0b0, 7) // distance 1, end
		}, 258},
		{"distance symbol 30", func(b *bits) {
			b.low(0b1, 1).low(0b01, 2)
			b.code(0b0000001, 7)                       // length 3
			b.code(0b11110, 5).low(0, 13).code(0b0, 7) // 30 with its would-be extra bits, end
		}, 3},
		{"codeword that a one-symbol code lacks", func(b *bits) {
			b.low(0b1, 1).low(0b10, 2)       // last block, own codes
			b.low(1, 5).low(0, 5).low(14, 4) // 258 literals and lengths, 1 distance, 18 code lengths
			for _, symbol := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1} {
				if symbol == 18 || symbol == 1 { // codes 1 and 0
					b.low(1, 3)
				} else {
					b.low(0, 3)
				}
			}
			b.code(1, 1).low(138-11, 7).code(1, 1).low(118-11, 7) // 256 unused symbols
			b.code(0, 1).code(0, 1).code(0, 1)                    // end: 0, length 3: 1, distance 1: 0
			b.code(1, 1).code(1, 1).code(0, 1)                    // length 3, the distance that has no code, end
		}, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := &bits{}
			b.low(0, 8) // a stored block, not the last
			b.out = binary.LittleEndian.AppendUint16(b.out, uint16(len(history)))
			b.out = binary.LittleEndian.AppendUint16(b.out, ^uint16(len(history)))
			b.out = append(b.out, history...)
			tc.block(b)
			deflated := b.bytes()
			plain := append(bytes.Clone(history), bytes.Repeat([]byte("h"), tc.adds)...)

			if _, err := io.ReadAll(flate.NewReader(bytes.NewReader(deflated))); err == nil {
				t.Error("the standard library accepts it")
			}
			in := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3}, deflated...)
			in = binary.LittleEndian.AppendUint32(in, crc32.ChecksumIEEE(plain))
			in = binary.LittleEndian.AppendUint32(in, uint32(len(plain)))
			out := make([]byte, len(plain)+1000)
			n, read, ok := libdeflate.Gunzip(out, in)
			if !ok || read != len(in) || !bytes.Equal(out[:n], plain) {
				t.Errorf("%t, %d bytes, %d read; want %d bytes, %d read", ok, n, read, len(plain), len(in))
			}
		})
	}
}

// bits writes a deflate stream.
type bits struct {
	out  []byte
	acc  uint32
	have int
}

// low writes the n low bits of v, lowest first, as deflate packs numbers.
func (b *bits) low(v uint32, n int) *bits {
	for i := range n {
		b.acc |= v >> i & 1 << b.have
		if b.have++; b.have == 8 {
			b.out, b.acc, b.have = append(b.out, byte(b.acc)), 0, 0
		}
	}
	return b
}

// code writes the n low bits of v, highest first, as deflate packs Huffman codes.
func (b *bits) code(v uint32, n int) *bits {
	for i := n - 1; i >= 0; i-- {
		b.low(v>>i, 1)
	}
	return b
}

func (b *bits) bytes() []byte {
	for b.have != 0 {
		b.low(0, 1)
	}
	return b.out
}

// The files of upstream/ are those of the release that README.md names.
func TestUpstreamIsUnmodified(t *testing.T) {
	want := map[string]string{}
	f, err := os.Open("SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		sum, name, ok := strings.Cut(s.Text(), "  ")
		if !ok {
			t.Fatalf("SHA256SUMS: %q", s.Text())
		}
		want[name] = sum
	}
	err = filepath.WalkDir("upstream", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, "upstream"+string(filepath.Separator)))
		if got := fmt.Sprintf("%x", sha256.Sum256(b)); got != want[name] {
			t.Errorf("%s: SHA-256 %s, want %q", name, got, want[name])
		}
		delete(want, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range want {
		t.Errorf("%s: missing", name)
	}
}
