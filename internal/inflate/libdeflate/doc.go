// Package libdeflate inflates one gzip member held in memory, with the C library of that name compiled in.
//
// It promises that CRC-32 and length of a member were verified before it reports success, that it writes nothing outside
// the output slice, and that one call is one cgo call.
//
// It does not stream, does not compress, and says nothing about why it refused its input. Without cgo the package is
// empty. Use package inflate.
package libdeflate
