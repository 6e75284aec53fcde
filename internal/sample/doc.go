// Package sample generates the CloudTrail bucket of an invented organization: signed digests, log files, public keys
// and the story told in the events, for the demo and for tests.
//
// There are two layers. Chain is the lower one: it appends log files and digests to one chain, hour by hour, with any
// key, hash, break or backfill a test of the validator wants. Generate, Objects and Write are the upper one: a whole
// organization (by default 3 accounts, 4 regions and 14 days) with people, pipelines, services and one incident,
// which Manifest describes; Spoil then damages such a tree in four known places.
//
// It promises that equal Options give equal bytes, in any run, on any machine and at any GOMAXPROCS: each random
// choice comes from a ChaCha8 stream or a hash keyed by the seed, never from map order, time or crypto/rand. Keys are
// derived from the seed too. Layout, field order, escaping and signatures are those of AWS; the code shares nothing
// with the validator, so that each is a witness for the other.
//
// It does not promise equal compressed bytes between Go versions that change compress/gzip: uncompressed content,
// hashes and signatures stay the same. It does not imitate Insight, data or network activity events, AWS's exact
// delays, or permissions: an actor calls what its role's name suggests. The private keys are worthless by
// construction; whoever knows the seed can sign.
package sample
