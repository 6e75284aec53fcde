package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// The help of every command, and of those below it, fits 80 columns.
func TestHelpFitsTheTerminal(t *testing.T) {
	env := Env{Getenv: func(string) string { return "" }, Now: time.Now}
	g := &global{env: env}
	var paths [][]string
	var walk func(c *cobra.Command, path []string)
	walk = func(c *cobra.Command, path []string) {
		paths = append(paths, path)
		for _, sub := range c.Commands() {
			if sub.Name() != "completion" && sub.Name() != "help" {
				walk(sub, append(path[:len(path):len(path)], sub.Name()))
			}
		}
	}
	walk(g.root(), nil)
	if len(paths) < 30 {
		t.Fatalf("only %d commands", len(paths))
	}
	for _, path := range paths {
		var out, errs bytes.Buffer
		e := env
		e.Args, e.Stdout, e.Stderr = append(path[:len(path):len(path)], "--help"), &out, &errs
		if code := Main(t.Context(), e); code != exitOK || errs.Len() > 0 {
			t.Errorf("%v --help: exit code %d, %s", path, code, errs.String())
		}
		for line := range strings.Lines(out.String()) {
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 80 {
				t.Errorf("%v --help: longer than 80: %q", path, line)
			}
		}
	}
}
