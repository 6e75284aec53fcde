// Package inflate inflates CloudTrail log files and hashes what they hold, as fast as the machine allows.
//
// It promises what integrity.HashGzip and integrity.InflateGzip promise, for a transport that also says how many bytes to
// expect: a failure of the reader is never reported as a fault of the file, and the other way round. Memory is bounded
// whatever the file claims: 41 MiB a call at most, and the bytes returned. All functions may be called from many
// goroutines at once.
//
// It does not judge what a file holds, nor whether several gzip members are a fault. With cgo it accepts a few deflate
// encodings that RFC 1951 forbids and integrity refuses, listed in libdeflate/README.md; length and hash of what they
// inflate to are right all the same.
package inflate
