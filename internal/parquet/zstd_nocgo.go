//go:build !cgo

package parquet

import "github.com/klauspost/compress/zstd"

type compressor struct{ enc *zstd.Encoder }

func newCompressor() *compressor {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false), zstd.WithZeroFrames(true))
	if err != nil {
		panic("parquet: " + err.Error()) // only options that the package does not know fail
	}
	return &compressor{enc}
}

// compress returns src as a zstd frame, in dst when it is large enough.
func (c *compressor) compress(dst, src []byte) ([]byte, error) {
	return c.enc.EncodeAll(src, dst[:0]), nil
}
