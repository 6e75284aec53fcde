package inflate

import (
	"fmt"
	"io"
)

// source remembers the first failure of a reader, so that it is told from a fault of the file, and counts its bytes.
type source struct {
	r     io.Reader
	size  int64 // bytes to expect, negative when unknown
	n     int64 // bytes delivered
	idle  int   // reads in a row that gave neither bytes nor an error
	ended bool
	err   error // other than io.EOF; final
}

func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.ended {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := s.r.Read(p)
	s.n += int64(n)
	switch {
	case s.size >= 0 && s.n > s.size:
		s.err = fmt.Errorf("%w: more than the %d bytes announced", ErrSize, s.size)
		return 0, s.err
	case err == io.EOF && s.n < s.size: // as io.Reader demands: a wrapped io.EOF is a failure
		s.err = fmt.Errorf("%w: %d of %d bytes: %w", ErrSize, s.n, s.size, io.ErrUnexpectedEOF)
		return n, s.err
	case err == io.EOF:
		s.ended = true
		return n, io.EOF
	case err != nil:
		s.err = err
		return n, err
	case n > 0:
		s.idle = 0
	default:
		if s.idle++; s.idle >= 100 { // as bufio.Reader does, whose own error would pass for one of the file
			s.err = io.ErrNoProgress
			return 0, s.err
		}
	}
	return n, nil
}
