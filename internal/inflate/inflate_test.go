package inflate_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/inflate"
)

// The verdicts that both implementations must agree on.
const (
	whole    = "whole"
	format   = "format"
	tooLarge = "too large"
	reading  = "reading"
)

func verdict(err error) string {
	switch {
	case err == nil:
		return whole
	case errors.Is(err, integrity.ErrFormat):
		return format
	case errors.Is(err, integrity.ErrTooLarge):
		return tooLarge
	}
	return reading
}

// implementations are all ways to judge a file; every one must keep the whole contract. Those that take a size are asked
// with it and without.
func implementations() map[string]func(r io.Reader, size int64) (integrity.Content, error) {
	const max = 1 << 30
	bytesOf := func(b []byte, c integrity.Content, err error) (integrity.Content, error) {
		if err == nil && (int64(len(b)) != c.Size || sha256.Sum256(b) != c.SHA256) {
			err = fmt.Errorf("%d bytes are not what %+v describes", len(b), c)
		}
		if err != nil && b != nil {
			err = fmt.Errorf("bytes beside the error %w", err)
		}
		return c, err
	}
	return map[string]func(io.Reader, int64) (integrity.Content, error){
		"Hash": inflate.Hash,
		"Hash, size unknown": func(r io.Reader, _ int64) (integrity.Content, error) {
			return inflate.Hash(r, -1)
		},
		"Bytes": func(r io.Reader, size int64) (integrity.Content, error) {
			return bytesOf(inflate.Bytes(r, size, max))
		},
		"Bytes, size unknown": func(r io.Reader, _ int64) (integrity.Content, error) {
			return bytesOf(inflate.Bytes(r, -1, max))
		},
		"HashGzip": func(r io.Reader, _ int64) (integrity.Content, error) {
			return integrity.HashGzip(r)
		},
		"InflateGzip": func(r io.Reader, _ int64) (integrity.Content, error) {
			return bytesOf(integrity.InflateGzip(r, max))
		},
	}
}

func TestContent(t *testing.T) {
	log := logFile(300)
	big := bytes.Repeat(log, 33<<20/len(log)) // more than fits the whole-buffer path
	random := make([]byte, 9<<20)             // the same, compressed
	rnd := rand.NewChaCha8([32]byte{1})
	_, _ = rnd.Read(random)
	named := func(h gzip.Header) []byte { return pack(t, log, 6, h) }
	plain := pack(t, log, 6, gzip.Header{})
	bigPacked := pack(t, big, 1, gzip.Header{})
	stored := pack(t, log, gzip.NoCompression, gzip.Header{})
	flip := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		if at < 0 {
			at += len(b)
		}
		b[at] ^= 1
		return b
	}
	isize := func(b []byte, n uint32) []byte {
		b = bytes.Clone(b)
		binary.LittleEndian.PutUint32(b[len(b)-4:], n)
		return b
	}
	for _, tc := range []struct {
		name    string
		in      []byte
		want    string // verdict
		holds   []byte // when whole
		members int
		says    string // part of the error
	}{
		{"one member", plain, whole, log, 1, ""},
		{"one member, stored", stored, whole, log, 1, ""},
		{"one member, fastest", pack(t, log, 1, gzip.Header{}), whole, log, 1, ""},
		{"one member, fixed codes", pack(t, []byte("x"), 6, gzip.Header{}), whole, []byte("x"), 1, ""},
		{"one member that holds nothing", pack(t, nil, 6, gzip.Header{}), whole, nil, 1, ""},
		{"a file name", named(gzip.Header{Name: "x.json"}), whole, log, 1, ""},
		{"a file name of 511 bytes", named(gzip.Header{Name: strings.Repeat("n", 511)}), whole, log, 1, ""},
		{"a file name of 512 bytes", named(gzip.Header{Name: strings.Repeat("n", 512)}), format, nil, 0, "invalid header"},
		{"a comment and an extra field", named(gzip.Header{Comment: "c", Extra: []byte("extra")}), whole, log, 1, ""},
		{"a right header CRC", headerCRC(plain, 0), whole, log, 1, ""},
		{"a wrong header CRC", headerCRC(plain, 1), format, nil, 0, "member 1: gzip: invalid header"},
		{"larger than the whole-buffer path", bigPacked, whole, big, 1, ""},
		{"compressed larger than the whole-buffer path", pack(t, random, 0, gzip.Header{}), whole, random, 1, ""},
		{"two members", join(plain, stored), whole, join(log, log), 2, ""},
		{"three members, the last one empty", join(plain, plain, pack(t, nil, 6, gzip.Header{})), whole, join(log, log), 3, ""},
		{"no bytes", nil, format, nil, 0, "no bytes"},
		{"one byte", []byte{0x1f}, format, nil, 0, "cut short"},
		{"no gzip", log, format, nil, 0, "invalid header"},
		{"a reserved flag", join(plain[:3], []byte{1 << 6}, plain[4:]), format, nil, 0, "invalid header"},
		{"not deflate", flip(plain, 2), format, nil, 0, "invalid header"},
		{"trailing byte", join(plain, []byte{0}), format, nil, 0, "1 bytes after the end of the gzip stream"},
		{"trailing half magic", join(plain, []byte{0x1f}), format, nil, 0, "1 bytes after the end of the gzip stream"},
		{"trailing zeros", join(plain, make([]byte, 512)), format, nil, 0, "512 bytes after the end of the gzip stream"},
		{"trailing text", join(plain, log), format, nil, 0, fmt.Sprint(len(log), " bytes after the end of the gzip stream")},
		{"trailing text after two members", join(plain, plain, log), format, nil, 0, fmt.Sprint(len(log), " bytes after")},
		{"a header after the end", join(plain, plain[:10]), format, nil, 0, "member 2: cut short"},
		{"second member cut short", join(plain, plain[:len(plain)-1]), format, nil, 0, "member 2: cut short"},
		{"second member damaged", join(plain, flip(plain, -5)), format, nil, 0, "member 2: gzip: invalid checksum"},
		{"wrong CRC", flip(plain, -8), format, nil, 0, "member 1: gzip: invalid checksum"},
		{"wrong length", flip(plain, -1), format, nil, 0, "member 1: gzip: invalid checksum"},
		{"length claims too little", isize(plain, 10), format, nil, 0, "invalid checksum"},
		{"length claims nothing", isize(plain, 0), format, nil, 0, "invalid checksum"},
		{"length claims 4 GiB", isize(plain, 1<<32-1), format, nil, 0, "invalid checksum"},
		{"length claims 31 MiB of a few bytes", isize(pack(t, []byte("x"), 6, gzip.Header{}), 31<<20), format, nil, 0, ""},
		{"length claims what deflate could do", isize(plain, uint32(len(plain)*1000)), format, nil, 0, "invalid checksum"},
		{"damaged in the middle", flip(stored, len(stored)/2), format, nil, 0, "invalid checksum"},
		{"large and cut short", bigPacked[:200_000], format, nil, 0, "cut short"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var want integrity.Content
			if tc.want == whole {
				want = integrity.Content{SHA256: sha256.Sum256(tc.holds), Size: int64(len(tc.holds)), Members: tc.members}
			}
			for name, judge := range implementations() {
				got, err := judge(bytes.NewReader(tc.in), int64(len(tc.in)))
				if verdict(err) != tc.want || (err != nil && !strings.Contains(err.Error(), tc.says)) {
					t.Errorf("%s: error %v, want %s %q", name, err, tc.want, tc.says)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: content (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

// Every byte that is missing, and every byte that is flipped outside the header's free fields, is a fault.
func TestEveryByteMatters(t *testing.T) {
	log := logFile(2)
	in := pack(t, log, 6, gzip.Header{})
	for name, judge := range implementations() {
		for n := range in {
			_, err := judge(bytes.NewReader(in[:n]), int64(n))
			if verdict(err) != format {
				t.Errorf("%s: cut to %d of %d bytes: %v", name, n, len(in), err)
			}
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s: cut to %d of %d bytes: %v passes for an error of the reader", name, n, len(in), err)
			}
		}
		for i := range in {
			if i >= 4 && i < 10 { // time, extra flags, system: no decoder looks at them
				continue
			}
			bad := bytes.Clone(in)
			bad[i] ^= 0x10
			got, err := judge(bytes.NewReader(bad), int64(len(bad)))
			if err == nil && got.SHA256 == sha256.Sum256(log) && i > 10 {
				continue // another encoding of the same bytes, such as padding
			}
			if i == 3 && err == nil {
				t.Errorf("%s: flag flipped: no error", name)
			}
			if verdict(err) != format {
				t.Errorf("%s: byte %d of %d flipped: %v", name, i, len(in), err)
			}
		}
	}
}

func TestReaderFails(t *testing.T) {
	reset := errors.New("connection reset by peer")
	small := pack(t, logFile(50), 6, gzip.Header{})
	noise := make([]byte, 9<<20)
	rnd := rand.NewChaCha8([32]byte{2})
	_, _ = rnd.Read(noise)
	large := pack(t, noise, 0, gzip.Header{})
	largeDamaged := bytes.Clone(large)
	largeDamaged[10] = 0xff // a block of no kind
	damaged := bytes.Clone(small)
	damaged[len(damaged)/2] ^= 0xff
	for _, file := range []struct {
		name string
		in   []byte
	}{
		{"small", small}, {"large", large}, {"damaged", damaged}, {"large, damaged", largeDamaged}, {"two members", join(small, small)},
		{"text", logFile(50)}, {"trailing", join(small, []byte("x"))},
	} {
		for _, fails := range []error{reset, context.Canceled, io.ErrUnexpectedEOF, io.ErrClosedPipe, fmt.Errorf("body: %w", io.EOF)} {
			for _, after := range []int{0, 1, 5, 18, len(file.in) / 2, len(file.in) - 1, len(file.in)} {
				for name, judge := range implementations() {
					if len(file.in) > 1<<20 && (after != len(file.in)/2 || fails != reset) {
						continue // keeps the test short
					}
					r := io.MultiReader(bytes.NewReader(file.in[:after]), iotest.ErrReader(fails))
					got, err := judge(r, int64(len(file.in)))
					if verdict(err) != reading || !errors.Is(err, fails) || got != (integrity.Content{}) {
						t.Errorf("%s of %s, %v after %d of %d bytes: %+v, %v", name, file.name, fails, after, len(file.in), got, err)
					}
				}
			}
		}
	}
}

func TestReaderStalls(t *testing.T) {
	small := pack(t, logFile(50), 6, gzip.Header{})
	for name, judge := range implementations() {
		for _, n := range []int{0, 100, len(small)} {
			_, err := judge(io.MultiReader(bytes.NewReader(small[:n]), stalled{}), int64(len(small)))
			if !errors.Is(err, io.ErrNoProgress) || verdict(err) != reading {
				t.Errorf("%s: %v, want io.ErrNoProgress", name, err)
			}
		}
	}
}

// stalled gives neither bytes nor an error.
type stalled struct{}

func (stalled) Read([]byte) (int, error) { return 0, nil }

func TestReaderIsOdd(t *testing.T) {
	log := logFile(50)
	in := pack(t, log, 6, gzip.Header{})
	want := integrity.Content{SHA256: sha256.Sum256(log), Size: int64(len(log)), Members: 1}
	for name, judge := range implementations() {
		for odd, r := range map[string]io.Reader{
			"one byte a read":          iotest.OneByteReader(bytes.NewReader(in)),
			"end with the last bytes":  iotest.DataErrReader(bytes.NewReader(in)),
			"half of what is asked":    iotest.HalfReader(bytes.NewReader(in)),
			"half, end with last byte": iotest.DataErrReader(iotest.HalfReader(bytes.NewReader(in))),
		} {
			got, err := judge(r, int64(len(in)))
			if err != nil {
				t.Errorf("%s, %s: %v", name, odd, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s: content (-want +got):\n%s", name, odd, diff)
			}
		}
	}
}

// The announced size is checked before the file is judged, whatever the file is.
func TestSize(t *testing.T) {
	small := pack(t, logFile(50), 6, gzip.Header{})
	noise := make([]byte, 9<<20)
	rnd := rand.NewChaCha8([32]byte{3})
	_, _ = rnd.Read(noise)
	large := pack(t, noise, 0, gzip.Header{})
	for name, in := range map[string][]byte{"small": small, "large": large, "text": []byte("<Error/>"), "empty": nil} {
		n := int64(len(in))
		for _, size := range []int64{0, 1, n - 1, n + 1, 2 * n, 10 << 20, 1 << 40} {
			if size == n || size < 0 {
				continue
			}
			_, err := inflate.Hash(bytes.NewReader(in), size)
			_, _, err2 := inflate.Bytes(bytes.NewReader(in), size, 1<<30)
			for _, err := range []error{err, err2} {
				if !errors.Is(err, inflate.ErrSize) || verdict(err) != reading || errors.Is(err, io.ErrUnexpectedEOF) != (size > n) {
					t.Errorf("%s, %d bytes announced as %d: %v", name, n, size, err)
				}
			}
		}
	}
}

func TestBytesRefusesMore(t *testing.T) {
	log := logFile(300)
	one := pack(t, log, 6, gzip.Header{})
	n := int64(len(log))
	for _, tc := range []struct {
		name string
		in   []byte
		max  int64
		want string
	}{
		{"exactly as many", one, n, whole},
		{"one more", one, n - 1, tooLarge},
		{"none allowed", one, 0, tooLarge},
		{"fewer than none allowed", one, -1, tooLarge},
		{"nothing in it, none allowed", pack(t, nil, 6, gzip.Header{}), 0, whole},
		{"two members, together", join(one, one), 2 * n, whole},
		{"two members, together one more", join(one, one), 2*n - 1, tooLarge},
		{"bomb", pack(t, make([]byte, 8<<20), 1, gzip.Header{}), 1 << 20, tooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, content, err := inflate.Bytes(bytes.NewReader(tc.in), int64(len(tc.in)), tc.max)
			if verdict(err) != tc.want || (err != nil && (got != nil || content != (integrity.Content{}))) {
				t.Errorf("Bytes: %d bytes, %+v, %v; want %s", len(got), content, err, tc.want)
			}
			got, content, err = integrity.InflateGzip(bytes.NewReader(tc.in), tc.max)
			if verdict(err) != tc.want || (err != nil && (got != nil || content != (integrity.Content{}))) {
				t.Errorf("InflateGzip: %d bytes, %+v, %v; want %s", len(got), content, err, tc.want)
			}
		})
	}
}

// What Bytes returned is the caller's: later calls do not write to it.
func TestBytesAreTheCallers(t *testing.T) {
	log := logFile(20)
	in := pack(t, log, 6, gzip.Header{})
	got, _, err := inflate.Bytes(bytes.NewReader(in), int64(len(in)), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	other := pack(t, bytes.Repeat([]byte("y"), len(log)), 6, gzip.Header{})
	for range 20 {
		if _, _, err := inflate.Bytes(bytes.NewReader(other), -1, 1<<20); err != nil {
			t.Fatal(err)
		}
		if _, err := inflate.Hash(bytes.NewReader(other), -1); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(log, got) {
		t.Error("the returned bytes changed")
	}
}

// Calls share buffers through pools; run with -race.
func TestManyAtOnce(t *testing.T) {
	var g errgroup.Group
	for i := range 16 {
		g.Go(func() error {
			log := logFile(i * 40)
			one := pack(t, log, 6, gzip.Header{})
			for round := range 20 {
				in, members := one, 1
				if round%4 == 3 {
					in, members = join(one, one), 2
				}
				got, err := inflate.Hash(bytes.NewReader(in), int64(len(in)))
				if err != nil {
					return err
				}
				want := bytes.Repeat(log, members)
				if got != (integrity.Content{SHA256: sha256.Sum256(want), Size: int64(len(want)), Members: members}) {
					return fmt.Errorf("goroutine %d, round %d: %+v", i, round, got)
				}
				inflated, _, err := inflate.Bytes(bytes.NewReader(in), -1, int64(len(want)))
				if err != nil {
					return err
				}
				if !bytes.Equal(inflated, want) {
					return fmt.Errorf("goroutine %d, round %d: other bytes", i, round)
				}
				if _, err := inflate.Hash(bytes.NewReader(in[:len(in)-1]), -1); !errors.Is(err, integrity.ErrFormat) {
					return fmt.Errorf("goroutine %d, round %d: %w", i, round, err)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

// A file that holds much, and one that claims much, take no more memory than any other that is streamed.
func TestMemoryIsBounded(t *testing.T) {
	bomb := pack(t, make([]byte, 33<<20), 1, gzip.Header{})
	liar := bytes.Clone(bomb)
	binary.LittleEndian.PutUint32(liar[len(liar)-4:], 1<<32-1)
	short := pack(t, []byte("x"), 9, gzip.Header{})
	binary.LittleEndian.PutUint32(short[len(short)-4:], 30<<20) // more than deflate can make of it
	for _, tc := range []struct {
		name string
		in   []byte
		max  int64
	}{{"bomb", bomb, 1 << 20}, {"liar", liar, 1 << 20}, {"short liar", short, 1 << 30}} {
		const calls = 2
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range calls {
			_, _ = inflate.Hash(bytes.NewReader(tc.in), int64(len(tc.in)))
			_, _, _ = inflate.Bytes(bytes.NewReader(tc.in), -1, tc.max)
		}
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) / calls; got > 8<<20 {
			t.Errorf("%s: %d bytes allocated by each call", tc.name, got)
		}
	}
}

func pack(tb testing.TB, plain []byte, level int, header gzip.Header) []byte {
	tb.Helper()
	var buf bytes.Buffer
	zw, err := gzip.NewWriterLevel(&buf, level)
	if err != nil {
		tb.Fatal(err)
	}
	zw.Header = header
	if _, err := zw.Write(plain); err != nil {
		tb.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

// headerCRC gives a file with a plain header a header CRC (RFC 1952, 2.3.1), wrong by off.
func headerCRC(in []byte, off uint16) []byte {
	head := bytes.Clone(in[:10])
	head[3] |= 1 << 1
	crc := uint16(crc32.ChecksumIEEE(head)) + off
	return join(head, []byte{byte(crc), byte(crc >> 8)}, in[10:])
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// logFile returns a log file of n events, the same at each call.
func logFile(n int) []byte {
	rnd := rand.New(rand.NewPCG(7, uint64(n)))
	var buf bytes.Buffer
	buf.WriteString(`{"Records":[`)
	for i := range n {
		if i > 0 {
			buf.WriteByte(',')
		}
		fmt.Fprintf(&buf, `{"eventVersion":"1.11","eventTime":"2026-03-02T03:%02d:%02dZ","eventSource":"ec2.amazonaws.com",`+
			`"eventName":"DescribeInstances","awsRegion":"eu-west-1","sourceIPAddress":"10.31.%d.%d","eventID":"%016x%016x"}`,
			rnd.IntN(60), rnd.IntN(60), rnd.IntN(256), rnd.IntN(256), rnd.Uint64(), rnd.Uint64())
	}
	buf.WriteString(`]}`)
	return buf.Bytes()
}
