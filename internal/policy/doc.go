// Package policy holds IAM policy documents: of buckets, keys, topics and roles.
//
// It reads them, compares them by what they mean, writes the exact ones that CloudTrail and its neighbours need, and
// merges those into what others have put there without taking away what is not ours.
//
// It promises that two documents that Equal finds equal say the same, whatever the order or the form of their lists, and
// that a document it cannot read is an error and never an empty one.
//
// It does not evaluate policies: whether a request would be allowed, AWS alone knows.
package policy
