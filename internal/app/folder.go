package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/trailseal/trailseal/internal/folder"
	"github.com/trailseal/trailseal/internal/object"
)

// errNoSpace is what the file system says when it is full.
var errNoSpace error = syscall.ENOSPC

func (a *App) openFolder(dir string) (opened, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return opened{}, fileProblem("source", dir, err)
	}
	// Somebody may stand inside the tree: what lies above AWSLogs is the source, and the rest narrows it.
	base, under := abs, ""
	if i := strings.LastIndex(abs+"/", "/AWSLogs/"); i >= 0 {
		base = abs[:i]
		under = strings.TrimPrefix(abs[i:], "/") + "/"
		if base == "" {
			base = "/"
		}
	}
	if info, err := os.Stat(abs); err == nil && !info.IsDir() {
		return opened{}, problem(Usage, fmt.Errorf("source %q is a file, not a folder", dir), "trailseal validate %s", quote(filepath.Dir(abs)))
	}
	src, err := folder.New(base)
	if err == nil && under != "" {
		var other *folder.Source
		if other, err = folder.New(abs); err == nil {
			other.Close()
		}
	}
	switch {
	case errors.Is(err, object.ErrNoSource):
		return opened{}, problem(Broken, fmt.Errorf("source %q: there is no such folder", dir), "ls %s", quote(filepath.Dir(abs)))
	case errors.Is(err, object.ErrDenied):
		return opened{}, problem(Denied, fmt.Errorf("source %q: %w", dir, object.ErrDenied), "ls -ld %s", quote(abs))
	case err != nil:
		return opened{}, problem(Usage, fmt.Errorf("source %q: %w", dir, err), "trailseal validate --help")
	}
	return opened{Source: src, name: abs, under: under, close: func() { src.Close() }}, nil
}
