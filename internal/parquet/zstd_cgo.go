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

// decompressor decompresses with libzstd.
type decompressor struct{ ctx zstd.Ctx }

// decompress returns the size bytes that src is a zstd frame of. It never needs more memory than that.
func (d *decompressor) decompress(src []byte, size int) ([]byte, error) {
	if size == 0 || len(src) == 0 {
		return nil, errPageData
	}
	if d.ctx == nil {
		d.ctx = zstd.NewCtx()
	}
	dst := make([]byte, size)
	n, err := d.ctx.DecompressInto(dst, src)
	return dst[:max(0, min(n, size))], err
}
