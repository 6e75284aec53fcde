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
