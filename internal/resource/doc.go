// Package resource holds what setting up audit logging is made of: the trail, its bucket and key, the log group, alarms,
// topics, and the other kinds of resource, each with its settings as AWS has them.
//
// The same types say what an account has, what it should have, and what is to be written. A resource is written step by
// step: a step is what one call to AWS sets, so that what is half done has a name.
//
// It promises that its types hold nothing that belongs to one run only, so that two of them can be compared.
//
// It does not decide: which setting is better is package setup's to say. It reads and writes nothing: that is done by
// package account.
package resource
