// Package detect finds what detections describe in the records of CloudTrail: in history (Backtest, Compare) and as log
// files come (Live).
//
// A Set is made of Rules: detections of the catalog, Sigma rules, patterns that somebody typed. One index by eventName and
// eventSource serves all of them, so that hundreds cost little. A Scanner reads the bytes of one log file, or of any other
// wrapping that event.Split knows, and yields a Hit for each record and rule that match.
//
// It promises that every record is judged or reported: one that is no JSON object, one that is too long or too deep, what
// stands between records, all of that is a *Malformed with its position and the reason. A log file as CloudTrail writes it
// is read in one pass; where it stops being one, event.Split goes on behind the last record that was judged, and no record
// is judged twice.
//
// Rules over time (catalog.Count, Then, FirstSeen) look at the events that match their pattern, in order of event time:
//
//   - A field of By or Of has a value when it is a string, a number, true or false, and values are the same when their
//     texts are. An event in which one of them has none is left out of account, and so is an event without a time.
//   - An event that is delivered twice, which is to say twice with one eventID, counts once.
//   - Of events with the same time the one with the lesser source, or in the same source the one that stands before, comes
//     first. But CloudTrail's times are seconds, and its files are in no order: for Then, of two events of the same second
//     either may be the second one.
//   - Every event that follows within Within makes a match of Then: after StopLogging, two StartLogging are two matches.
//   - Count with Of counts each value by the last event that had it: as many events make the match as it has values.
//   - FirstSeen knows a By from its first event on, for good; it knows a value for Within after it was last seen.
//   - A suppression judges the match, which is to say the event that completed it. Suppressed events count.
//
// In history all of this holds exactly, whatever the order in which files were read and by how many workers. Live judges
// at once, and events may come late: up to LiveOptions.Late after later ones they still count. Where events come out of
// order, a Count may group them otherwise than history does, but a Count that history finds is found; and FirstSeen does
// not go back on what it said. What Live remembers is bounded; what was forgotten for that is said.
//
// It does not find, open or inflate files, does not tell anybody, and keeps nothing on disk: who wants the memory of
// Live to outlive the process writes what Keep returns. Matching has the semantics of internal/pattern and internal/sigma.
package detect
