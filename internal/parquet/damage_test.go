package parquet_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/trailseal/trailseal/internal/parquet"
)

// small is a table whose file has every kind of page.
func small() []values {
	return []values{
		texts("plain", 1, false, "alpha", "NULL", "gamma", "NULL", "alpha", "b"),
		texts("dictionary", 2, true, "x", "y", "x", "NULL", "y", "x"),
		numbers("time", 3, parquet.Timestamp, 5, 4, 3, 1<<40, 1, 0),
		numbers("number", 4, parquet.Int32, 1, 2, 3, 4, 5, 6),
		numbers("bool", 5, parquet.Bool, 0, 1, 0, 0, 1, 1),
	}
}

// footerStart returns where the footer of a file begins.
func footerStart(b []byte) int {
	return len(b) - 8 - int(binary.LittleEndian.Uint32(b[len(b)-8:]))
}

// TestDamage changes every bit of a file. What is before the footer never reads as other values: a change there is an
// error, or of no consequence.
func TestDamage(t *testing.T) {
	table := small()
	b := file(t, table, 4)
	for at := range b {
		for bit := range 8 {
			damaged := bytes.Clone(b)
			damaged[at] ^= 1 << bit
			got, err := read(damaged)
			if err != nil {
				if !errors.Is(err, parquet.ErrFormat) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("byte %d, bit %d: %v, want ErrFormat", at, bit, err)
				}
				continue
			}
			if at < footerStart(b) {
				if d := differ(table, got); d != "" {
					t.Errorf("byte %d, bit %d: %s", at, bit, d)
				}
			}
		}
	}
}

func TestTruncated(t *testing.T) {
	b := file(t, small(), 4)
	for n := range b {
		if _, err := read(b[:n]); !errors.Is(err, parquet.ErrFormat) {
			t.Errorf("%d bytes: %v, want ErrFormat", n, err)
		}
	}
}

func TestReadErrors(t *testing.T) {
	b := file(t, small(), 4)
	if _, err := parquet.Open(failingReader{}, int64(len(b))); !errors.Is(err, iotest.ErrTimeout) || errors.Is(err, parquet.ErrFormat) {
		t.Errorf("%v, want that of the reader", err)
	}
	if _, err := parquet.Open(bytes.NewReader(b), int64(len(b))+1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v, want %v", err, io.ErrUnexpectedEOF)
	}
	r, err := parquet.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Bool(0, 0); err == nil || !strings.Contains(err.Error(), `column "plain": the column is of another kind`) {
		t.Errorf("text read as Bool: %v", err)
	}
}

type failingReader struct{}

func (failingReader) ReadAt([]byte, int64) (int, error) { return 0, iotest.ErrTimeout }

// FuzzRead reads any bytes, and any footer in a file that is right otherwise.
func FuzzRead(f *testing.F) {
	for _, table := range tables() {
		if len(table) < 6 && table[0].len() < 100 {
			f.Add(file(f, table, 4))
		}
	}
	f.Add(file(f, small(), 4))
	f.Add([]byte("PAR1"))
	f.Add([]byte("PAR1\x00\x00\x00\x00PAR1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := read(b); err != nil && !errors.Is(err, parquet.ErrFormat) {
			t.Errorf("%v, want ErrFormat", err)
		}
	})
}

// FuzzRoundTrip writes a table that the arguments describe: the texts are parts of text, separated by sep.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("a,b,,NULL,c"), byte(','), uint64(1), uint16(3))
	f.Add([]byte("NULL,NULL"), byte(','), uint64(2), uint16(1))
	f.Add([]byte(strings.Repeat("aé\x00bb", 300)), byte('b'), uint64(3), uint16(100))
	f.Add(bytes.Repeat([]byte("x"), 2000), byte('x'), uint64(4), uint16(64))
	f.Fuzz(func(t *testing.T, text []byte, sep byte, seed uint64, group uint16) {
		list := strings.Split(strings.ToValidUTF8(string(text), "?"), string(rune(sep)))
		table := []values{texts("plain", 1, false, list...), texts("dictionary", 2, true, list...)}
		rnd := rand.New(rand.NewPCG(seed, 1))
		for i := range 3 {
			c := values{Column: parquet.Column{Name: "n", ID: int32(3 + i), Kind: parquet.Timestamp + parquet.Kind(i), Bounds: true}}
			shift := rnd.IntN(64)
			for range list {
				n := int64(rnd.Uint64() >> shift)
				switch c.Kind {
				case parquet.Bool:
					n &= 1
				case parquet.Int32:
					n = int64(int32(n))
				}
				c.numbers, c.null = append(c.numbers, n), append(c.null, rnd.IntN(4) == 0)
			}
			table = append(table, c)
		}
		b := file(t, table, int(group)+len(list)/100+1)
		for name, reader := range map[string]func([]byte) ([]values, error){"own": read, "parquet-go": genericRead} {
			got, err := reader(b)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if d := differ(table, got); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
	})
}
