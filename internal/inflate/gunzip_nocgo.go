//go:build !cgo

package inflate

// wholeGzip says that gunzip exists, which is faster than streaming.
const wholeGzip = false

func gunzip(out, in []byte) (written, read int, ok bool) { return 0, 0, false }
