// Package ingest takes CloudTrail log files into the lake.
//
// It promises that every record of a file that is read becomes a row, or is known already, or is reported with its place;
// that a row says which file it came from and whether a signed digest vouches for that file; that a bad record or file
// never ends a run; and that memory does not grow with the number of files.
//
// It does not prove anything: it compares the hash of what it read with what validation has proven of the digests.
package ingest
