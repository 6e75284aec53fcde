package inflate

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/trailseal/trailseal/integrity"
)

// What goes through memory as a whole; larger files are streamed.
const (
	maxWholeIn  = 8 << 20    // compressed bytes
	maxWholeOut = 32<<20 - 1 // uncompressed bytes; with the spare one, a power of two

	// maxRatio is the most bytes that one byte of deflate can become: 258 from two bits (RFC 1951, 3.2.5).
	maxRatio = 4 * 258
)

// ErrSize says that the reader delivered another number of bytes than was announced.
var ErrSize = errors.New("not the announced size")

// Hash reads all of r and returns what the gzip file in it holds. size is the number of compressed bytes that r is to
// deliver, -1 when unknown.
//
// It returns an error that wraps integrity.ErrFormat when the bytes are not a whole gzip file; ErrSize when r ended
// early (then io.ErrUnexpectedEOF too) or went on past size; and r's own error, wrapped, when r failed. The last two go
// before the first: of a file that was not read whole nothing is said.
func Hash(r io.Reader, size int64) (integrity.Content, error) {
	src := &source{r: r, size: size}
	if !wholeGzip || size > maxWholeIn {
		return stream(src, src, io.Discard)
	}
	b := whole.Get().(*buffers)
	defer whole.Put(b)
	in, ended, err := b.read(src)
	if err != nil {
		return integrity.Content{}, err
	}
	if !ended {
		return stream(src, io.MultiReader(bytes.NewReader(in), src), io.Discard)
	}
	if n, ok := claim(in, maxWholeOut); ok {
		if cap(b.out) <= n {
			b.out = make([]byte, ceilPow2(n+1))
		}
		if out, ok := inflateWhole(b.out[:cap(b.out)], in); ok {
			return integrity.Content{SHA256: sha256.Sum256(out), Size: int64(len(out)), Members: 1}, nil
		}
	}
	return stream(src, bytes.NewReader(in), io.Discard)
}

// Bytes is Hash that also returns the uncompressed bytes, which are the caller's. When there are more than max of them
// it returns an error that wraps integrity.ErrTooLarge, and never holds more than some three times max of them.
func Bytes(r io.Reader, size, max int64) ([]byte, integrity.Content, error) {
	src := &source{r: r, size: size}
	var rest io.Reader = src
	if wholeGzip && size <= maxWholeIn {
		b := whole.Get().(*buffers)
		defer whole.Put(b)
		in, ended, err := b.read(src)
		if err != nil {
			return nil, integrity.Content{}, err
		}
		if ended {
			if n, ok := claim(in, min(max, maxWholeOut)); ok {
				if out, ok := inflateWhole(make([]byte, n+1), in); ok {
					return out, integrity.Content{SHA256: sha256.Sum256(out), Size: int64(len(out)), Members: 1}, nil
				}
			}
		}
		rest = io.MultiReader(bytes.NewReader(in), src)
	}
	w := &bounded{left: max}
	content, err := stream(src, rest, w)
	if err != nil {
		return nil, integrity.Content{}, err
	}
	return w.buf.Bytes(), content, nil
}

// claim returns the uncompressed length that the last four bytes of in claim (ISIZE, RFC 1952, 2.3.1), and whether in may
// be one member, of at most limit bytes, that inflateWhole judges as compress/gzip does: with a header that has no parts
// but a file name.
func claim(in []byte, limit int64) (int, bool) {
	const (
		header, trailer = 10, 8
		fileName        = 1 << 3 // the flag FNAME
		maxName         = 512    // bytes with the final zero, as in compress/gzip
	)
	if len(in) < header+trailer || in[0] != 0x1f || in[1] != 0x8b || in[2] != 8 {
		return 0, false
	}
	switch in[3] {
	case 0:
	case fileName:
		if bytes.IndexByte(in[header:min(len(in), header+maxName)], 0) < 0 {
			return 0, false
		}
	default:
		return 0, false
	}
	n := int64(binary.LittleEndian.Uint32(in[len(in)-4:]))
	return int(n), n <= limit && n <= maxRatio*int64(len(in))
}

// inflateWhole inflates in, one gzip member and nothing else, to the start of out. False means no more than that the
// streaming path must judge.
func inflateWhole(out, in []byte) ([]byte, bool) {
	written, read, ok := gunzip(out, in)
	if !ok || read != len(in) {
		return nil, false
	}
	return out[:written:written], true
}

// buffers are what one call of Hash needs to hold a small file: at most maxWholeIn+1 and maxWholeOut+1 bytes.
type buffers struct{ in, out []byte }

var whole = sync.Pool{New: func() any { return &buffers{in: make([]byte, 128<<10)} }}

// read reads src to its end, or more than maxWholeIn bytes of it. The bytes are valid until the next call.
func (b *buffers) read(src *source) (in []byte, ended bool, err error) {
	n := 0
	if want := src.size + 1; want > int64(len(b.in)) { // one more, to see the end without growing
		b.in = make([]byte, min(ceilPow2(int(want)), maxWholeIn+1))
	}
	for n <= maxWholeIn {
		if n == len(b.in) {
			grown := make([]byte, min(2*len(b.in), maxWholeIn+1))
			copy(grown, b.in)
			b.in = grown
		}
		m, err := src.Read(b.in[n:])
		n += m
		if err == io.EOF {
			return b.in[:n], true, nil
		}
		if err != nil {
			return nil, false, fmt.Errorf("read gzip: %w", err)
		}
	}
	return b.in[:n], false, nil
}

// ceilPow2 returns the least power of two that is n or more, and at least 64 KiB, so that buffers seldom grow.
func ceilPow2(n int) int {
	p := 64 << 10
	for p < n {
		p *= 2
	}
	return p
}

// bounded keeps up to left bytes.
type bounded struct {
	buf  bytes.Buffer
	left int64
}

func (b *bounded) Write(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		return 0, fmt.Errorf("%w: more than %d bytes uncompressed", integrity.ErrTooLarge, int64(b.buf.Len())+b.left)
	}
	b.left -= int64(len(p))
	return b.buf.Write(p)
}
