package integrity

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
)

// Content is what a gzip file holds, over all its members.
type Content struct {
	SHA256  [32]byte // of the uncompressed bytes
	Size    int64    // uncompressed bytes
	Members int      // gzip members; CloudTrail writes one, and whether more is a fault is the caller's to say
}

var (
	// ErrFormat says that the bytes, all of which were read, are not a whole gzip file: cut short, damaged, empty, or
	// followed by bytes that are no gzip member. An error of the reader is never an ErrFormat.
	ErrFormat = errors.New("not a complete gzip file")

	// ErrTooLarge says that the file holds more uncompressed bytes than the caller allows. It says nothing about the rest
	// of the file.
	ErrTooLarge = errors.New("too large")
)

// HashGzip reads all of r and returns what the gzip file in it holds, in constant memory (RFC 1952).
//
// It returns an error that wraps ErrFormat when the bytes are not a whole gzip file, and r's own error, wrapped, when r
// failed, even if what r delivered before is no gzip file either. Time and input are not limited; r may be.
func HashGzip(r io.Reader) (Content, error) {
	return walkGzip(r, io.Discard)
}

// InflateGzip is HashGzip that also returns the uncompressed bytes. When there are more than max bytes it returns an
// error that wraps ErrTooLarge, and never holds more than some three times max.
func InflateGzip(r io.Reader, max int64) ([]byte, Content, error) {
	b := &bounded{left: max}
	content, err := walkGzip(r, b)
	if err != nil {
		return nil, Content{}, err
	}
	return b.buf.Bytes(), content, nil
}

// walkGzip writes what r holds to w, whose errors it returns as they are.
func walkGzip(r io.Reader, w io.Writer) (Content, error) {
	src := &rememberer{r: r}
	content, err := walkMembers(bufio.NewReader(src), w)
	if err != nil {
		// What follows a fault cannot mend it, but r can still fail, and then nothing is known of the file.
		_, _ = io.Copy(io.Discard, src)
	}
	if src.err != nil {
		return Content{}, fmt.Errorf("read gzip: %w", src.err)
	}
	if err != nil {
		return Content{}, err
	}
	return content, nil
}

func walkMembers(br *bufio.Reader, w io.Writer) (Content, error) {
	var content Content
	sum := sha256.New()
	zr := new(gzip.Reader)
	for {
		head, _ := br.Peek(4) // its error is r's, which walkGzip knows, or says that there is less
		switch {
		case len(head) == 0 && content.Members == 0:
			return Content{}, fmt.Errorf("%w: no bytes", ErrFormat)
		case len(head) == 0:
			sum.Sum(content.SHA256[:0])
			return content, nil
		case content.Members > 0 && (len(head) < 2 || head[0] != 0x1f || head[1] != 0x8b):
			n, _ := io.Copy(io.Discard, br) // its error is r's, which walkGzip knows
			return Content{}, fmt.Errorf("%w: %d bytes after the end of the gzip stream", ErrFormat, n)
		case len(head) == 4 && head[3]&0xe0 != 0: // must be refused (RFC 1952, 2.3.1.2), which compress/gzip does not
			return Content{}, fmt.Errorf("%w: member %d: %w", ErrFormat, content.Members+1, gzip.ErrHeader)
		}
		if err := zr.Reset(br); err != nil {
			return Content{}, fmt.Errorf("%w: member %d: %w", ErrFormat, content.Members+1, noEOF(err))
		}
		zr.Multistream(false)
		out := &separator{w: io.MultiWriter(sum, w)}
		n, err := io.Copy(out, zr)
		if out.err != nil {
			return Content{}, out.err
		}
		if err != nil {
			return Content{}, fmt.Errorf("%w: member %d: %w", ErrFormat, content.Members+1, noEOF(err))
		}
		content.Members++
		content.Size += n
	}
}

// noEOF replaces the two errors that say "no more bytes", which a caller could take for the reader's.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("cut short")
	}
	return err
}

// rememberer keeps the first error of r that is not io.EOF, so that it can be told from an error of the format.
type rememberer struct {
	r     io.Reader
	err   error
	ended bool
	idle  int // reads in a row that gave neither bytes nor an error
}

func (s *rememberer) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.ended {
		return 0, io.EOF
	}
	n, err := s.r.Read(p)
	if err == io.EOF { // as io.Reader demands: a wrapped io.EOF is a failure
		s.ended = true
		return n, err
	}
	if n > 0 || err != nil {
		s.idle = 0
	} else if s.idle++; s.idle >= 100 { // as bufio.Reader does, whose own error would pass for one of the format
		err = io.ErrNoProgress
	}
	s.err = err
	return n, err
}

// separator tells an error of w from one of the reader in io.Copy.
type separator struct {
	w   io.Writer
	err error
}

func (s *separator) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}

// bounded keeps up to left bytes.
type bounded struct {
	buf  bytes.Buffer
	left int64
}

func (b *bounded) Write(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		return 0, fmt.Errorf("%w: more than %d bytes uncompressed", ErrTooLarge, int64(b.buf.Len())+b.left)
	}
	b.left -= int64(len(p))
	return b.buf.Write(p)
}
