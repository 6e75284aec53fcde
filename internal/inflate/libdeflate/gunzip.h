#ifndef TRAILSEAL_GUNZIP_H
#define TRAILSEAL_GUNZIP_H

#include <stddef.h>

/* What trailseal_gunzip did: lengths are bytes, and 0 unless ok is 1. */
struct trailseal_gunzip_result {
	size_t read;    /* of in: the first gzip member, header and trailer included */
	size_t written; /* to out */
	int ok;         /* 1: a whole member, CRC-32 and length verified; 0: damaged, or out is too short */
};

/* Inflates the gzip member at the start of in to out. Thread-safe; keeps no memory. */
struct trailseal_gunzip_result trailseal_gunzip(const void *in, size_t in_len, void *out, size_t out_len);

#endif
