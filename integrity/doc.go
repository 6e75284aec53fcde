// Package integrity decides whether AWS CloudTrail digest files and log files are what CloudTrail wrote.
//
// It is a list of pure functions over what a caller has read: names (ParseKey), digest files (ParseDigest), signatures
// (StringToSign, VerifySignature), whole chains of digests (Seal, Chain.Judge) and hours (Coverage). It needs nothing
// but the standard library, so that an auditor can vendor it, read it in an afternoon and run it without trusting
// the rest of Trailseal.
//
// It promises that every deviation is named with the object it is found in, that a thing which could not be read or
// is not yet due is never called valid, and that no input makes it panic. The rules, numbered, are in
// docs/spec/validate.md; AWS describes the files in
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html.
//
// It does not read from S3, does not fetch public keys, keeps no state, and does not look inside log files: HashGzip
// is there as the plain reference, and a caller with a faster inflater hands in its Content instead.
package integrity
