//go:build cgo

/*
 * Compiles the parts of libdeflate that inflate gzip, in one unit: cgo compiles no folder but its own. The files under
 * upstream/ are unmodified; `go build` does not notice changes in that folder, so touch this file when they change.
 */
#include "upstream/lib/lib_common.h"

#include "upstream/lib/utils.c"
#include "upstream/lib/x86/cpu_features.c"
#include "upstream/lib/arm/cpu_features.c"
#include "upstream/lib/crc32.c"
#include "upstream/lib/deflate_decompress.c"
#include "upstream/lib/gzip_decompress.c"

#include "gunzip.h"

struct trailseal_gunzip_result
trailseal_gunzip(const void *in, size_t in_len, void *out, size_t out_len)
{
	struct trailseal_gunzip_result r = { 0, 0, 0 };
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor(); /* 11 KB */

	if (d == NULL)
		return r; /* the caller's other path allocates in Go, where running out of memory is fatal */
	if (libdeflate_gzip_decompress_ex(d, in, in_len, out, out_len, &r.read, &r.written) == LIBDEFLATE_SUCCESS) {
		r.ok = 1;
	} else {
		r.read = 0;
		r.written = 0;
	}
	libdeflate_free_decompressor(d);
	return r;
}
