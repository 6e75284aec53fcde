// Package ledger remembers, in one SQLite file, what has been validated: digests, the log files they list, what
// reading them found, public keys (CloudTrail forgets them), coverage by hour, and explanations of gaps.
//
// It promises that a process killed at any moment leaves a ledger from which the next run goes on: a digest and the
// log files it lists are written in one transaction, and no verdict is stored that would have to agree with another
// row. Explanations and runs are append-only.
//
// It does not decide anything, and it does not protect itself from somebody who may write to its file: `validate
// --full` reads everything again and trusts none of it but the public keys.
package ledger
