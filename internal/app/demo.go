package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/trailseal/trailseal/internal/sample"
	"github.com/trailseal/trailseal/internal/verdict"
)

// Demo is what the demonstration made and found.
type Demo struct {
	Truth    sample.Manifest
	Done     []sample.Fault // what was spoiled
	Report   verdict.Report
	Source   string // the folder with the generated bucket
	KeysFile string
}

// Demo generates an organization below the home folder, spoils four places of it and validates it, with no AWS
// account. What was generated stays there to be looked at.
func (a *App) Demo(ctx context.Context, seed uint64, days int, p *Progress) (Demo, error) {
	o := sample.Options{Seed: seed, Hours: 24 * days}
	d := Demo{Source: filepath.Join(a.Home, "demo", "s3"), KeysFile: filepath.Join(a.Home, "demo", "public-keys.json")}
	err := a.clearDemo(filepath.Join(a.Home, "demo"))
	if err != nil {
		return d, err
	}
	if d.Truth, err = sample.Write(ctx, d.Source, o); err != nil {
		if ctx.Err() != nil {
			return d, ctx.Err()
		}
		return d, fileProblem("demo", a.Home, err)
	}
	if d.Done, err = sample.Spoil(d.Source, d.Truth); err != nil {
		return d, fmt.Errorf("demo: %w", err)
	}
	keys, err := sample.PublicKeysJSON(d.Truth.PublicKeys)
	if err != nil {
		return d, fmt.Errorf("demo: %w", err)
	}
	if err := os.WriteFile(d.KeysFile, keys, 0o644); err != nil {
		return d, fileProblem("demo", d.KeysFile, err)
	}
	d.Report, err = a.Validate(ctx, ValidateRequest{Source: d.Source, PublicKeys: d.KeysFile, Logs: "all"}, p)
	return d, err
}

// clearDemo makes an empty folder: a tree of an earlier demonstration would mix with this one. What no demonstration
// has made is left alone.
func (a *App) clearDemo(dir string) error {
	mark := filepath.Join(dir, "made-by-trailseal-demo")
	if _, err := os.Stat(mark); err == nil {
		if err := os.RemoveAll(dir); err != nil {
			return fileProblem("demo", dir, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fileProblem("demo", dir, err)
	}
	if len(entries) > 0 {
		return problem(Usage, fmt.Errorf("demo: the folder %q is there already and no demo made it", dir), "trailseal demo   # makes a folder of its own, or name one with --home")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fileProblem("demo", dir, err)
	}
	if err := os.WriteFile(mark, nil, 0o644); err != nil {
		return fileProblem("demo", mark, err)
	}
	return nil
}
