package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/trailseal/trailseal/internal/account"
	"github.com/trailseal/trailseal/internal/cloudformation"
	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/setup"
	"github.com/trailseal/trailseal/internal/terraform"
)

// ExportFormats are the formats of ExportSetup.
func ExportFormats() []string { return []string{"terraform", "cloudformation"} }

// Exported is what ExportSetup wrote.
type Exported struct {
	Plan  *SetupPlan
	Files []string // paths, in the order in which they are read
}

// ExportSetup writes what apply would do as files into dir, which must be empty or not there.
func (a *App) ExportSetup(ctx context.Context, r SetupRequest, format, dir string) (*Exported, error) {
	p, err := a.PlanSetup(ctx, r)
	if err != nil {
		return nil, err
	}
	texts, err := exportTexts(p, r, format)
	if err != nil {
		return nil, err
	}
	if err := emptyFolder(dir); err != nil {
		return nil, err
	}
	out := &Exported{Plan: p}
	for _, t := range texts {
		path := filepath.Join(dir, t.name)
		if err := os.WriteFile(path, t.text, 0o644); err != nil {
			return nil, fileProblem("export", path, err)
		}
		out.Files = append(out.Files, path)
	}
	return out, nil
}

// exportText is a file of an export.
type exportText struct {
	name string
	text []byte
}

func exportTexts(p *SetupPlan, r SetupRequest, format string) ([]exportText, error) {
	var targets []resource.Resource
	exists, keys, now := map[resource.ID]bool{}, map[resource.ID]string{}, map[resource.ID]resource.Resource{}
	var manual []string
	for _, i := range p.Items {
		if i.Target == nil || i.Action == SetupManaged || i.Action == SetupUnknown {
			continue
		}
		targets = append(targets, i.Target)
		if i.Now != nil {
			exists[i.ID], now[i.ID] = true, i.Now
		}
		if key, ok := i.Now.(*resource.Key); ok {
			keys[i.ID] = key.ARN
		}
		for _, c := range i.Changes {
			if c.Manual != "" {
				manual = append(manual, fmt.Sprintf("%s: %s: %s", i.ID, c.Setting, strings.ReplaceAll(c.Manual, "\n", "   # ")))
			}
		}
	}
	organization := p.Organization()
	var out []exportText
	switch format {
	case "terraform":
		files, err := terraform.Write(terraform.Module{Name: p.Name, Account: p.Account, Region: p.Region, Partition: p.Partition,
			Organization: organization, Resources: targets, Exists: exists, Now: now, Keys: keys, Notes: p.Notes, Manual: manual,
			Readers: r.Blueprint.Bucket.Readers, BreakGlass: r.Blueprint.Bucket.BreakGlass})
		if err != nil {
			return nil, fmt.Errorf("write the Terraform module: %w", err)
		}
		for _, f := range files {
			out = append(out, exportText{f.Name, f.Text})
		}
	case "cloudformation":
		files, err := cloudformation.Write(cloudformation.Stack{Name: p.Name, Account: p.Account, Region: p.Region, Partition: p.Partition,
			Organization: organization, Resources: targets, Exists: exists, Now: now, Keys: keys, Notes: p.Notes, Manual: manual})
		if err != nil {
			return nil, fmt.Errorf("write the CloudFormation template: %w", err)
		}
		for _, f := range files {
			out = append(out, exportText{f.Name, f.Text})
		}
	default:
		return nil, problem(Usage, fmt.Errorf("there is no format %q", format), "trailseal setup export --format terraform")
	}
	return out, nil
}

// emptyFolder makes a folder, or takes one that has nothing in it.
func emptyFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case err == nil && len(entries) > 0:
		return problem(Usage, fmt.Errorf("export %q: the folder is not empty, and nothing in it is written over", dir), "trailseal setup export --out %s", quote(dir+"-new"))
	case err == nil:
		return nil
	case !errors.Is(err, os.ErrNotExist):
		return fileProblem("export", dir, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fileProblem("export", dir, err)
	}
	return nil
}

// SetupPolicies are the least IAM policies for plan, apply or status, each as JSON. More than one comes where one would
// be longer than IAM takes.
func (a *App) SetupPolicies(ctx context.Context, r SetupRequest, command string) ([]string, error) {
	j, _, err := a.job(ctx, r)
	if err != nil {
		return nil, err
	}
	docs, err := j.Permissions(ctx, command, setup.Needs{
		Survey: account.SurveyReads(), Reads: account.Reads, Writes: account.Writes,
		Pulse: account.PulsePermissions(), Fire: account.FirePermissions(),
	})
	if err != nil {
		return nil, a.setupProblem(err)
	}
	var texts []string
	for _, d := range docs {
		texts = append(texts, d.JSON())
	}
	return texts, nil
}
