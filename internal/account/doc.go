// Package account reads and writes what setting up audit logging is made of, in AWS.
//
// Each kind of resource is one file, which reads the kind's settings into the types of package resource, writes them step
// by step, and lists the IAM actions that each needs.
//
// It promises that a setting it was not allowed to read is in the state's Unread, that a call made twice is the same as
// once, that no error holds a credential or a secret endpoint, and that nothing is deleted: it has no call that deletes.
//
// It does not decide what to write; that is package setup's.
package account
