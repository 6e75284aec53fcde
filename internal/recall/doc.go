// Package recall remembers what was done lately, for alerts: what the actor of an event did before and after it, and whose
// credentials those were that it used.
//
// It promises bounded memory, whatever is added: some 90 minutes of events, at most 200,000 of them, 2,000 of one actor and
// 64 MiB of text, and the 65,536 last events that issued credentials. It promises to say why what it remembers may not be
// all; that each hop of a chain names the event that shows it; and to name nobody by a guess: its confidences mean what
// they mean in package investigate. Events may come in any order of time, and again. What it returns for the same events
// added in the same order is the same.
//
// It reads nothing, asks nobody and keeps nothing on disk: after a start it knows what it was given since. It follows a
// session by the access key that was issued for it, and in no other way; package investigate, with the lake, follows
// further. It is used by one goroutine at a time. Texts in what it returns come from logs and are hostile.
package recall
