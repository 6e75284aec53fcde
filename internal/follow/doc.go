// Package follow says which log files are new, as they come.
//
// It lists the folders of the last days again and again, and, where the bucket tells a queue what is put into it, hears
// of new files from there. What it hands out comes with a position: whoever saves the position together with what was
// made of the files, and gives it back after a restart, misses none. It also takes records out of what CloudWatch Logs
// sends to subscribers.
//
// It promises that every log file delivered since the start is handed out at least once, at once and whether or not a
// digest lists it yet; that a message is deleted only after its files were dealt with; that what cannot be read is
// reported, tried again and, when it is given up, reported once more; and that its memory and its positions grow with
// the folders of the last days, not with time.
//
// Files may be handed out more than once: in the last hour before a restart on purpose, for rules that have a memory, and
// a day of a folder as a whole where a position does not fit what is listed. It does not find files that appear in
// folders of days longer past than Options.Late, unless a message names them; it judges and proves nothing.
package follow
