// Package investigate answers who did what from the events of the lake: the case of one principal, session, address,
// key, resource or event, with everyone in it followed back to the person or workload behind the credentials, and the
// list of every change to the logging itself.
//
// It promises that nobody is named by a guess: each hop of a chain says which event shows it and how well, from proven
// (the event issued the very access key that the session used) to claimed (a name that the caller chose); two candidates,
// a circle, a missing hop and an account whose events are not there are said so, and the answer is then unknown, with the
// reason. Limits that were reached are gaps of the answer. What logs contain is hostile: it enters SQL as literals only,
// commands only quoted, and costs a bounded number of rows and queries. JSON names are stable; times are UTC.
//
// It asks an engine and stores nothing. It does not judge whether the lake holds all events (the basis of an answer does),
// does not ask AWS, and cannot see what CloudTrail does not record: who sits behind an IAM user's long-lived key, or what
// an identity provider did before its assertion.
package investigate
