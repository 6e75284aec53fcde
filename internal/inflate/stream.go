package inflate

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"

	"github.com/trailseal/trailseal/integrity"
)

// streamer is the constant memory of one streaming call: some 200 KiB.
type streamer struct {
	br  *bufio.Reader
	zr  *gzip.Reader
	sum hash.Hash
	buf []byte
}

var streamers = sync.Pool{New: func() any {
	return &streamer{
		br:  bufio.NewReaderSize(nil, 64<<10),
		zr:  new(gzip.Reader),
		sum: sha256.New(),
		buf: make([]byte, 32<<10), // stays in the first-level caches between inflating and hashing
	}
}}

// stream judges the file that r delivers and writes what it holds to w, whose errors it returns as they are. src is what
// r reads from, in the end.
func stream(src *source, r io.Reader, w io.Writer) (integrity.Content, error) {
	s := streamers.Get().(*streamer)
	s.br.Reset(r)
	content, err := s.walk(w)
	if err != nil {
		// What follows a fault cannot mend it, but src can still fail, and then nothing is known of the file.
		_, _ = io.Copy(io.Discard, src)
	}
	s.br.Reset(nil)
	streamers.Put(s)
	if src.err != nil {
		return integrity.Content{}, fmt.Errorf("read gzip: %w", src.err)
	}
	return content, err
}

func (s *streamer) walk(w io.Writer) (integrity.Content, error) {
	var content integrity.Content
	s.sum.Reset()
	for {
		head, err := s.br.Peek(2)
		switch {
		case len(head) == 0 && content.Members == 0:
			return integrity.Content{}, fmt.Errorf("%w: no bytes", integrity.ErrFormat)
		case len(head) == 0:
			s.sum.Sum(content.SHA256[:0])
			return content, nil
		case content.Members > 0 && (err != nil || head[0] != 0x1f || head[1] != 0x8b):
			n, _ := io.CopyBuffer(io.Discard, s.br, s.buf) // its error is the source's, which stream knows
			return integrity.Content{}, fmt.Errorf("%w: %d bytes after the end of the gzip stream", integrity.ErrFormat, n)
		}
		n, err := s.member(w, content.Members+1)
		if err != nil {
			return integrity.Content{}, err
		}
		content.Members++
		content.Size += n
	}
}

// member inflates the member of the given number to w and to the sum and returns how many bytes that were.
func (s *streamer) member(w io.Writer, number int) (int64, error) {
	fault := func(err error) error {
		return fmt.Errorf("%w: member %d: %w", integrity.ErrFormat, number, noEOF(err))
	}
	if err := s.zr.Reset(s.br); err != nil {
		return 0, fault(err)
	}
	s.zr.Multistream(false)
	var size int64
	for {
		n, err := s.zr.Read(s.buf)
		s.sum.Write(s.buf[:n])
		size += int64(n)
		if n > 0 {
			if _, err := w.Write(s.buf[:n]); err != nil {
				return 0, err
			}
		}
		if err == io.EOF {
			return size, nil
		}
		if err != nil {
			return 0, fault(err)
		}
	}
}

// noEOF replaces the two errors that say "no more bytes", which a caller could take for the reader's.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("cut short")
	}
	return err
}
