package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/receipt"
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
	Ingested receipt.Report
	Story    *Story // of the incident, as the lake tells it; nil when there is none
	Detected BacktestReport
	// Stopped are the ids of the events by which detections found that a trail was changed.
	Stopped []string
}

// Story is what questions to the lake find of an incident. It knows nothing of how the incident was made.
type Story struct {
	Account string           // the one that is asked about
	Changes int64            // to it in the period
	MadeBy  map[string]int64 // of those, by kind of actor
	Stop    ChangeRow        // of the logging
	Case    Case             // of the access key that stopped it
	Maker   Case             // of the access key that made that one
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
	if d.Report, err = a.Validate(ctx, ValidateRequest{Source: d.Source, PublicKeys: d.KeysFile, Logs: "all"}, p); err != nil {
		return d, err
	}
	if d.Ingested, err = a.Ingest(ctx, IngestRequest{Source: d.Source}, new(Progress)); err != nil {
		return d, err
	}
	if d.Truth.Incident != nil {
		if d.Story, err = a.story(ctx, d.Truth.Incident.Account); err != nil {
			return d, err
		}
	}
	d.Detected, err = a.Backtest(ctx, BacktestRequest{}, func(m Match) error {
		if m.Detection == "cis-cloudtrail-changes" {
			d.Stopped = append(d.Stopped, m.ID)
		}
		return nil
	}, new(Progress))
	return d, err
}

// story asks what was changed in an account, who stopped the logging, and where that key came from.
func (a *App) story(ctx context.Context, account string) (*Story, error) {
	s := &Story{Account: account, MadeBy: map[string]int64{}}
	ans, err := a.Ask(ctx, QueryRequest{Saved: "changes-to-production", Params: map[string]string{"accounts": account, "limit": "10000000"}})
	if err != nil {
		return nil, err
	}
	defer ans.Close()
	by := slices.IndexFunc(ans.Columns, func(c answer.Column) bool { return c.Name == "made_by" })
	for row, err := range ans.Rows {
		if err != nil {
			return nil, err
		}
		s.Changes++
		s.MadeBy[fmt.Sprint(row[by])]++
	}
	changes, err := a.ChangesToLogging(ctx, ChangesRequest{})
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(changes.Rows, func(c ChangeRow) bool { return c.Effect == "stopped-logging" })
	if at < 0 {
		return s, nil
	}
	s.Stop = changes.Rows[at]
	if s.Case, _, err = a.Investigate(ctx, InvestigateRequest{Kind: "key", ID: s.Stop.Actor.Session.AccessKeyID}); err != nil {
		return nil, err
	}
	for _, e := range s.Case.Timeline {
		if e.Relation == "about-key" && e.Action == "CreateAccessKey" {
			s.Maker, _, err = a.Investigate(ctx, InvestigateRequest{Kind: "event", ID: e.EventID})
		}
	}
	return s, err
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
