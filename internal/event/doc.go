// Package event holds the words for one CloudTrail record: its columns, and how a record in JSON becomes a row of them.
//
// It promises that nothing of a record is lost: JSON members are kept byte for byte, and a record that does not fit the
// columns is kept whole beside them, with the reasons. It promises to bound what hostile input can cost, and never to
// panic. It judges nothing and reads no files.
package event
