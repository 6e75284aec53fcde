// Package app wires jobs to adapters: it is the only package that knows both.
//
// It promises that every error a person can do something about is a Problem with a hint that is a command to type.
// It neither prints nor judges.
package app
