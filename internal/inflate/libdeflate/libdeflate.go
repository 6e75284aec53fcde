//go:build cgo

package libdeflate

// #cgo CFLAGS: -O2 -I${SRCDIR}/upstream
// #cgo noescape trailseal_gunzip
// #cgo nocallback trailseal_gunzip
// #include "gunzip.h"
import "C"

import "unsafe"

// Gunzip inflates the gzip member at the start of in into out and returns how many bytes it wrote to out and how many of
// in the member takes, header and trailer included. CRC-32 and length of the member are verified. It returns false, and
// 0 and 0, when in does not start with a whole member or out is too short for it; what out then holds is undefined.
//
// It accepts some members that other decoders refuse: see README.md.
func Gunzip(out, in []byte) (written, read int, ok bool) {
	if len(in) == 0 || len(out) == 0 {
		return 0, 0, false
	}
	r := C.trailseal_gunzip(unsafe.Pointer(unsafe.SliceData(in)), C.size_t(len(in)),
		unsafe.Pointer(unsafe.SliceData(out)), C.size_t(len(out)))
	return int(r.written), int(r.read), r.ok == 1
}
