// Package alert keeps what detection found until people have been told of it, and the proof that they were: alerts,
// the outbox of notices, routes, the delivery loop, and what people decided. All of it lies in one SQLite file,
// alerts.db.
//
// It promises:
//
//   - What was found, the notices to be told of it and the position up to which was read are written in one transaction.
//     The same match again changes nothing.
//   - A notice goes to each of its sinks at least once, every attempt with the same Key, until the sink has taken it, or it
//     is dead; a dead one is listed, and can be requeued. What was not recorded as delivered is sent again after a crash.
//   - Of one alert and sink, earlier notices go before later ones. A sink that is down holds up no other.
//   - Matches, notices, attempts and decisions are append-only, and nothing is ever deleted. Triggers in the file hold that.
//   - Texts are bounded before they are kept, however long they come.
//
// An alert is made of the matches of one detection, by one actor, in one account, that fall into one window; the window
// begins with its first match, by event time. People are told when it is opened, when its count reaches 10, 100, 1,000
// and so on, when digests verify its log files or contradict them, and when somebody acknowledges or closes it. A closed
// alert is not opened again: what comes later begins another. Suppressed matches make alerts that nobody is told of.
//
// It detects nothing, speaks no receiver's protocol, and does not keep a receiver from being told twice: after a crash
// between an answer and its record it is, and the Key says so. One process delivers at a time, the others queue. It does not
// protect itself from somebody who may write to its file. SQLite does not work on a network file system.
package alert
