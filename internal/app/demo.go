package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/trailseal/trailseal/internal/sample"
	"github.com/trailseal/trailseal/internal/validate"
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
func (a *App) Demo(ctx context.Context, seed uint64, p *validate.Progress) (Demo, error) {
	d := Demo{Source: filepath.Join(a.Home, "demo", "s3"), KeysFile: filepath.Join(a.Home, "demo", "public-keys.json")}
	// A tree of an earlier demonstration would mix with this one.
	if err := os.RemoveAll(filepath.Join(a.Home, "demo")); err != nil {
		return d, fileProblem("demo", a.Home, err)
	}
	var err error
	if d.Truth, err = sample.Write(ctx, d.Source, sample.Options{Seed: seed}); err != nil {
		if ctx.Err() != nil {
			return d, ctx.Err()
		}
		return d, fileProblem("demo", a.Home, err)
	}
	if d.Done, err = sample.Spoil(d.Source, d.Truth); err != nil {
		return d, fmt.Errorf("demo: %w", err)
	}
	keys, err := json.MarshalIndent(struct{ PublicKeyList []sample.PublicKey }{d.Truth.PublicKeys}, "", "  ")
	if err != nil {
		return d, fmt.Errorf("demo: %w", err)
	}
	if err := os.WriteFile(d.KeysFile, append(keys, '\n'), 0o644); err != nil {
		return d, fileProblem("demo", d.KeysFile, err)
	}
	d.Report, err = a.Validate(ctx, ValidateRequest{Source: d.Source, PublicKeys: d.KeysFile, Logs: "all"}, p)
	return d, err
}
