// Package post is what sinks that speak HTTP have in common: an address that may be posted to, one POST and what its
// answer means, and what is to be said of a notice in words.
//
// It promises that nothing is sent unencrypted but to this machine itself, that no redirect is followed, that an answer
// is read to a bound, and that neither an address nor anything named in Message.Hide shows in an error. What it says of a
// notice is one line without controls, short enough for the place that it is for; it is not escaped, which is the sink's.
//
// A refusal that would be for good is not where a secret, asked for afresh, turns out to have been changed.
//
// It does not retry, and knows no vendor.
package post
