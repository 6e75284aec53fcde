package sigma

import (
	"fmt"
	"unicode/utf8"
)

// Error says what is wrong with a rule, and where. File is as it was given, Line is from 1.
type Error struct {
	File   string
	Line   int
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason) }

// at is an error in a line of a file that the caller knows.
func at(line int, format string, args ...any) error {
	return &Error{Line: line, Reason: fmt.Errorf(format, args...).Error()}
}

// short bounds what a message quotes.
func short(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
