package app

import (
	"context"
	"iter"

	"github.com/trailseal/trailseal/internal/ingest"
	"github.com/trailseal/trailseal/internal/object"
)

// single is a source that shows one file of another.
type single struct {
	ingest.Source
	name string
}

// Dirs lists none.
func (s single) Dirs(context.Context, string) ([]string, error) { return nil, nil }

// List yields the file.
func (s single) List(ctx context.Context, prefix, after string) iter.Seq2[object.Info, error] {
	return func(yield func(object.Info, error) bool) {
		for info, err := range s.Source.List(ctx, s.name, after) {
			if err == nil && info.Key != s.name {
				continue
			}
			if !yield(info, err) {
				return
			}
		}
	}
}
