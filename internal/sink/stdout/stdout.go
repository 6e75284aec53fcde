package stdout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/trailseal/trailseal/internal/notice"
)

const mostBytes = 1 << 20 // of the JSON, before what is not seen is escaped

type sink struct {
	mu sync.Mutex
	w  io.Writer
}

// New makes the sink. The section must be empty.
func New(section notice.Section, env notice.Env) (notice.Sink, error) {
	if err := section.Decode(&struct{}{}); err != nil {
		return nil, err
	}
	if env.Stdout == nil {
		return nil, errors.New("there is no standard output")
	}
	return &sink{w: env.Stdout}, nil
}

func (s *sink) Send(ctx context.Context, n notice.Notice) (notice.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return notice.Receipt{}, err
	}
	line, err := Line(n)
	if err != nil {
		return notice.Receipt{}, &notice.Refusal{Permanent: true, Err: err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.w.Write(line); err != nil {
		return notice.Receipt{}, fmt.Errorf("write a line: %w", err)
	}
	return notice.Receipt{Status: "written"}, nil
}

// Line is a notice as one line of JSON, with its line feed, in which everything is seen.
func Line(n notice.Notice) ([]byte, error) {
	text, err := n.JSON(mostBytes)
	if err != nil {
		return nil, err
	}
	return append(visible(text), '\n'), nil
}

// visible escapes what leaves no ink. Of the characters below U+0080 JSON has escaped all but U+007F; whatever is left
// stands in a string.
func visible(text []byte) []byte {
	out := make([]byte, 0, len(text)+1)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case unicode.IsPrint(r) && !unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
			out = append(out, text[:n]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[n:]
	}
	return out
}
