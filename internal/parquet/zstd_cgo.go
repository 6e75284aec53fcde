//go:build cgo

package parquet

import "github.com/DataDog/zstd"

// compressor compresses with libzstd, which is faster than what is written in Go.
type compressor struct{ ctx zstd.Ctx }

func newCompressor() *compressor { return &compressor{zstd.NewCtx()} }

// compress returns src as a zstd frame, in dst when it is large enough.
func (c *compressor) compress(dst, src []byte) ([]byte, error) {
	return c.ctx.CompressLevel(dst[:cap(dst)], src, zstd.BestSpeed)
}

// decompressor decompresses with libzstd. It keeps nothing: a context is memory that the garbage collector does not see.
type decompressor struct{}

// decompress returns the size bytes that src is a zstd frame of, in dst when it is large enough. It never needs much more
// memory than that.
func (decompressor) decompress(dst, src []byte, size int) ([]byte, error) {
	if size == 0 || len(src) == 0 {
		return nil, errPageData
	}
	if cap(dst) < size {
		dst = make([]byte, size)
	}
	dst = dst[:size]
	n, err := zstd.DecompressInto(dst, src)
	if err != nil {
		return nil, err
	}
	return dst[:n], nil
}
