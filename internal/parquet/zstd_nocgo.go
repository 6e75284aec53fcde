//go:build !cgo

package parquet

import "github.com/klauspost/compress/zstd"

type compressor struct{ enc *zstd.Encoder }

func newCompressor() *compressor {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false), zstd.WithZeroFrames(true), zstd.WithAllLitEntropyCompression(true))
	if err != nil {
		panic("parquet: " + err.Error()) // only options that the package does not know fail
	}
	return &compressor{enc}
}

// compress returns src as a zstd frame, in dst when it is large enough.
func (c *compressor) compress(dst, src []byte) ([]byte, error) {
	return c.enc.EncodeAll(src, dst[:0]), nil
}

type decompressor struct{ dec *zstd.Decoder }

// decompress returns the size bytes that src is a zstd frame of, in dst when it is large enough. It never needs much more
// memory than that.
func (d *decompressor) decompress(dst, src []byte, size int) ([]byte, error) {
	if size == 0 || len(src) == 0 {
		return nil, errPageData
	}
	if d.dec == nil {
		var err error
		d.dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true),
			zstd.WithDecoderMaxWindow(32<<20))
		if err != nil {
			return nil, err
		}
	}
	if cap(dst) < size {
		dst = make([]byte, 0, size)
	}
	return d.dec.DecodeAll(src, dst[:0])
}
