// Package inflate compares ways to inflate and hash a CloudTrail log file. It holds only benchmarks:
//
//	go test -run '^$' -bench . -count 6 ./bench/inflate
//
// MB/s are of uncompressed bytes, one goroutine. The figures stand in docs/design/0002-inflate-and-hash.md.
package inflate
