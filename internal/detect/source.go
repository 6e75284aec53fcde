package detect

import (
	"context"
	"io"
	"iter"
)

// Source is what a backtest reads.
type Source interface {
	// Files yields the files, in the order in which their matches are to be told. It is called once, and ranged over by one
	// goroutine. An error is of the file beside it, or of the part of the source that its Source names, which is reported
	// as unreadable, and the next file follows; one that wraps ErrEnd ends the backtest.
	Files(ctx context.Context) iter.Seq2[File, error]
}

// File is one part of a source: a log file, an object, standard input, a partition of the lake.
type File struct {
	Source string // object key or file, for reports
	// Open returns what is in it. It is called once at most, by any goroutine. An error makes the file unreadable; one
	// that wraps ErrEnd ends the backtest.
	Open func(ctx context.Context) (Content, error)
}

// Content is what is in a file: in Data, Stream or Rows, the first that is not nil.
type Content struct {
	Place                        // of all records, but those of Rows
	Data   []byte                // the whole of it, inflated
	Stream io.Reader             // of any length
	Rows   iter.Seq2[Row, error] // records from elsewhere; an error makes the rest of them unreadable
	Close  func()                // is called when nothing of it is needed any more; may be nil
}

// Row is one record, as the lake has it.
type Row struct {
	Place
	Record int    // its position in the Source, from 0
	Raw    []byte // good until the next row
}
