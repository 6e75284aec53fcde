// Package logfile finds the log files of a source, and reads them.
//
// A source is what CloudTrail delivers to, or a copy of it: AWSLogs folders with accounts, regions and days below them;
// or, where there is no AWSLogs folder, files that lie anywhere and of which each may hold records.
//
// It promises that every log file of what was asked for is handed on, once and in an order that depends on the source
// alone; that what could not be listed or read is handed on with its error, and ends nothing; that reading is tried again
// where that may help; and that what is read ahead, and what one file may become, is bounded.
//
// It does not parse records, does not know digests, and proves nothing of what it reads.
package logfile
