package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/verdict"
	"github.com/trailseal/trailseal/internal/web"
)

// Exit codes, the same in every output format.
const (
	exitOK          = 0
	exitFailed      = 1 // an assertion failed
	exitIncomplete  = 2 // something could not be read
	exitError       = 3
	exitDenied      = 4 // credentials or permission
	exitUsage       = 64
	exitInterrupted = 130
)

// failure ends a command with a code. With no err there is nothing to print: the output has said it.
type failure struct {
	code int
	err  error
	hint string
	told bool // the data are on stdout already: a second object would spoil them
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit code %d", f.code)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

func usage(format string, args ...any) error {
	return &failure{code: exitUsage, err: fmt.Errorf(format, args...)}
}

// verdictExit is how a report ends a command.
func verdictExit(r verdict.Result) error {
	switch r {
	case verdict.Pass:
		return nil
	case verdict.Fail:
		return &failure{code: exitFailed}
	}
	return &failure{code: exitIncomplete}
}

// classify gives any error its exit code and hint.
func classify(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	if errors.Is(err, context.Canceled) {
		return &failure{code: exitInterrupted, err: errors.New("interrupted; what was read is kept, and the same command goes on from there")}
	}
	var p *app.Problem
	if errors.As(err, &p) {
		f := &failure{code: exitError, err: err, hint: p.Hint}
		switch p.Kind {
		case app.Denied:
			f.code = exitDenied
		case app.Nothing:
			f.code = exitIncomplete
		case app.Usage:
			f.code = exitUsage
		}
		return f
	}
	return &failure{code: exitError, err: err}
}

// toldOf is how a command fails after it has written its data.
func toldOf(err error) error {
	f := *classify(err)
	f.told = true
	return &f
}

// report prints a failure: to stderr in words and, where the output is JSON, to stdout as an object.
func (f *failure) report(stdout, stderr io.Writer, format string) {
	if f.err == nil {
		return
	}
	text := strings.ReplaceAll(f.err.Error(), "\n", "; ") // of joined errors
	fmt.Fprintf(stderr, "trailseal: error: %s\n", web.Visible(text))
	if f.hint != "" {
		fmt.Fprintf(stderr, "trailseal: hint: %s\n", web.Visible(f.hint))
	}
	if !f.told && (format == "json" || format == "jsonl") {
		b, err := json.Marshal(struct {
			Error string `json:"error"`
			Hint  string `json:"hint,omitempty"`
			Code  int    `json:"exit_code"`
		}{text, f.hint, f.code})
		if err == nil {
			fmt.Fprintf(stdout, "%s\n", b)
		}
	}
}
