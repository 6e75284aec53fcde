// Package validate proves the log files below a source whole: it finds every account, region, trail and organization
// there, reads their digests and log files in parallel, and puts the pure judgements of package integrity together
// into one report.
//
// It promises that a run reads only what the ledger does not know, that its report equals that of a run from nothing,
// that it may be killed at any moment, that an object which cannot be read is "unreadable" and nothing else, and that
// memory does not grow with the number of log files.
//
// It does not know where objects and keys come from (Source, Keys), does not print, and does not decide what a period
// is: a face hands it in.
package validate
