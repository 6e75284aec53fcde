package app

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/sigma"
)

// RuleRequest says which detections are meant.
type RuleRequest struct {
	Catalog string   // a folder with further detections; may be empty
	Sigma   string   // a folder with Sigma rules; may be empty
	IDs     []string // only these, by id or glob; empty: all
}

// The languages of detections.
const (
	FilterPattern = "filter-pattern"
	OverTime      = "over-time" // a filter pattern, and something about several events
	Sigma         = "sigma"
)

// RuleInfo is what is known of a detection, for faces to show.
type RuleInfo struct {
	ID          string           `json:"detection"`
	Title       string           `json:"title"`
	What        string           `json:"what"`
	Severity    finding.Severity `json:"severity"`
	Language    string           `json:"language"`
	Criteria    []string         `json:"criteria"`
	Attack      []string         `json:"attack"`
	Citation    string           `json:"citation"`
	Pattern     string           `json:"pattern,omitempty"`
	OverTime    string           `json:"over_time,omitempty"` // in words
	Alarm       string           `json:"alarm,omitempty"`     // that setup makes of it
	Metric      string           `json:"metric,omitempty"`
	Steps       []string         `json:"steps"`
	BlindSpots  []string         `json:"blind_spots"`
	FalseAlarms []string         `json:"false_alarms"`
	Warnings    []string         `json:"warnings"`
	File        string           `json:"file"`
}

// loadRules reads the detections that are meant.
func (a *App) loadRules(q RuleRequest) ([]catalog.Detection, []*sigma.Rule, error) {
	all, err := catalog.Detections()
	if err != nil {
		return nil, nil, err
	}
	if q.Catalog != "" {
		own, err := loadFolder("catalog", q.Catalog, "trailseal detect show cis-root-usage   # docs/spec/detections.md has the format", func() ([]catalog.Detection, error) {
			return catalog.LoadDetections(os.DirFS(q.Catalog))
		})
		if err != nil {
			return nil, nil, err
		}
		for _, d := range own {
			if slices.ContainsFunc(all, func(o catalog.Detection) bool { return o.ID == d.ID }) {
				return nil, nil, problem(Usage, fmt.Errorf("catalog %q: the detection %q is one of Trailseal's own", q.Catalog, d.ID), "ls %s", quote(q.Catalog))
			}
		}
		all = append(all, own...)
		slices.SortFunc(all, func(x, y catalog.Detection) int { return strings.Compare(x.ID, y.ID) })
	}
	var rules []*sigma.Rule
	if q.Sigma != "" {
		rules, err = loadFolder("Sigma rules", q.Sigma, "trailseal detect list --sigma DIR   # a rule is of product aws, service cloudtrail", func() ([]*sigma.Rule, error) {
			return sigma.Load(os.DirFS(q.Sigma))
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if len(q.IDs) == 0 {
		return all, rules, nil
	}
	used := make([]bool, len(q.IDs))
	meant := func(id string) bool {
		found := false
		for i, want := range q.IDs {
			if finding.Glob(want, id) && want != "" {
				used[i], found = true, true
			}
		}
		return found
	}
	all = slices.DeleteFunc(all, func(d catalog.Detection) bool { return !meant(d.ID) })
	rules = slices.DeleteFunc(rules, func(r *sigma.Rule) bool { return !meant(r.Name) })
	if i := slices.Index(used, false); i >= 0 {
		return nil, nil, problem(Usage, fmt.Errorf("there is no detection %q", q.IDs[i]), "trailseal detect list")
	}
	return all, rules, nil
}

// loadFolder reads a folder of content; what is wrong with a file is the person's to mend.
func loadFolder[T any](what, dir, hint string, load func() ([]T, error)) ([]T, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		if err == nil {
			err = errors.New("it is no folder")
		}
		return nil, fileProblem(what, dir, err)
	}
	all, err := load()
	if err == nil && len(all) == 0 {
		err = errors.New("there is none in it")
	}
	if err != nil {
		return nil, problem(Usage, fmt.Errorf("%s %q: %w", what, dir, err), "%s", hint)
	}
	return all, nil
}

// Rules lists detections.
func (a *App) Rules(q RuleRequest) ([]RuleInfo, error) {
	all, rules, err := a.loadRules(q)
	if err != nil {
		return nil, err
	}
	out := make([]RuleInfo, 0, len(all)+len(rules))
	for _, d := range all {
		out = append(out, catalogInfo(d))
	}
	for _, r := range rules {
		out = append(out, sigmaInfo(r))
	}
	return out, nil
}

// Rule returns one detection.
func (a *App) Rule(q RuleRequest, id string) (RuleInfo, error) {
	all, err := a.Rules(q)
	if err != nil {
		return RuleInfo{}, err
	}
	for _, r := range all {
		if r.ID == id {
			return r, nil
		}
	}
	return RuleInfo{}, problem(Usage, fmt.Errorf("there is no detection %q", id), "trailseal detect list")
}

func catalogInfo(d catalog.Detection) RuleInfo {
	r := RuleInfo{ID: d.ID, Title: d.Title, What: d.Description, Severity: d.Severity, Language: FilterPattern, Criteria: d.Criteria, Attack: d.Attack, Citation: d.Citation,
		Pattern: d.Pattern, Steps: d.Steps, BlindSpots: d.BlindSpots, FalseAlarms: d.FalseAlarms, File: path.Base(d.File), OverTime: overTime(d)}
	if r.OverTime != "" {
		r.Language = OverTime
	}
	if d.Alarm != nil {
		r.Alarm, r.Metric = d.Alarm.Name, d.Alarm.Metric
	}
	for _, w := range d.Match.Warnings() {
		r.Warnings = append(r.Warnings, fmt.Sprintf("column %d: %s", w.Column, w.Text))
	}
	return r
}

func sigmaInfo(r *sigma.Rule) RuleInfo {
	return RuleInfo{ID: r.Name, Title: r.Title, What: strings.TrimSpace(r.Description), Severity: finding.Severity(r.Level), Language: Sigma, Attack: r.Attack,
		Citation: strings.Join(r.References, ", "), FalseAlarms: r.FalsePositives, Warnings: r.Warnings, File: r.File}
}

// overTime says in words what a detection asks of several events.
func overTime(d catalog.Detection) string {
	switch {
	case d.Count != nil && d.Count.Of != nil:
		return fmt.Sprintf("at least %d different values of %s among events that match, with the same %s, within %s", d.Count.AtLeast, d.Count.Of, fields(d.Count.By), span(d.Count.Within))
	case d.Count != nil:
		return fmt.Sprintf("at least %d events that match, with the same %s, within %s", d.Count.AtLeast, fields(d.Count.By), span(d.Count.Within))
	case d.Then != nil:
		return fmt.Sprintf("an event that matches, and after it, within %s and with the same %s, one that matches %s", span(d.Then.Within), fields(d.Then.By), d.Then.Pattern)
	case d.FirstSeen != nil:
		return fmt.Sprintf("an event that matches, whose %s was not seen with its %s in the %s before", fields(d.FirstSeen.Of), fields(d.FirstSeen.By), span(d.FirstSeen.Within))
	}
	return ""
}

func fields[T fmt.Stringer](paths []T) string {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = p.String()
	}
	return strings.Join(names, " and ")
}

// span writes a duration as people do.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour && d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return d.String()
}
