// Package sqlite opens the SQLite files in which Trailseal keeps what outlives a run.
//
// It promises that a file of another program, of a newer Trailseal, or a damaged one is told apart from ours before
// anything is written to it, that writers queue and readers see whole transactions, and that its errors say what a
// person can do about them. It knows nothing of what is stored.
package sqlite
