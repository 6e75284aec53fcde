// Package stdout tells of alerts on standard output: one line of JSON for each notice, for a program that reads them or a
// log that keeps them.
//
// It promises that a line is what encoding/json reads back as the notice that was sent, or as much of it as fits into
// 1 MiB; that a line is one write, so that
// lines of many goroutines do not mix; and that a terminal shows a line as it is: every control character, and every one
// that is not seen or turns the direction of its neighbours, is escaped.
//
// It has no settings. It does not know whether anybody reads: what the operating system has taken counts as told.
package stdout
