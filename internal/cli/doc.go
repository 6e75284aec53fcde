// Package cli is the command line: one file per command, each of which parses, asks package app, and prints.
//
// It promises that data goes to stdout and everything else to stderr, that every error comes with its exit code and,
// where there is one, a hint that is a command to type, and that text from logs reaches a terminal with its control
// characters made visible. It decides nothing.
package cli
