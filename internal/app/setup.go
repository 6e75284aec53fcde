package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/trailseal/trailseal/internal/account"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
	"github.com/trailseal/trailseal/internal/setup"
)

// What setting up has to say, for faces to show.
type (
	Blueprint   = setup.Blueprint
	SetupPlan   = setup.Plan
	SetupItem   = setup.Item
	SetupChange = setup.Change
	SetupCall   = setup.Call
	Outcome     = setup.Outcome
	SetupReport = setup.Report
)

// The actions of a plan.
const (
	SetupMake    = setup.Make
	SetupAlter   = setup.Alter
	SetupKeep    = setup.Keep
	SetupManual  = setup.Manual
	SetupUnknown = setup.Unknown
	SetupManaged = setup.Managed
)

// SetupSlack is a Slack channel of a blueprint.
type SetupSlack = setup.SlackPlan

// SetupRequest says what is to be set up, where.
type SetupRequest struct {
	Blueprint Blueprint
	// Account and Region say where, with Offline; else Region goes before the session's, after the blueprint's.
	Account, Region string
	// Organization is the id of the organization, with Offline.
	Organization string
}

// blueprintLimit bounds a blueprint or a plan that is read from a file.
const blueprintLimit = 16 << 20

// ReadBlueprint reads a blueprint from a file, - being r.
func ReadBlueprint(path string, r io.Reader) (Blueprint, error) {
	text, err := readLimited(path, r)
	if err != nil {
		return Blueprint{}, fileProblem("blueprint", path, err)
	}
	b, err := setup.ReadBlueprint(path, text)
	if err != nil {
		return b, problem(Usage, fmt.Errorf("blueprint %w", err), "trailseal setup blueprint   # prints one with every member explained")
	}
	return b, nil
}

func readLimited(path string, r io.Reader) ([]byte, error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	}
	text, err := io.ReadAll(io.LimitReader(r, blueprintLimit+1))
	if err == nil && len(text) > blueprintLimit {
		err = fmt.Errorf("longer than %d bytes", blueprintLimit)
	}
	return text, err
}

// BlueprintExample is a blueprint with every member and its default.
func BlueprintExample() string { return setup.Example }

// SavedPlan is a plan as it is written to a file, with all that apply needs to make it anew.
type SavedPlan struct {
	Result string `json:"result"` // changes, no_change or incomplete
	*SetupPlan
	Blueprint Blueprint `json:"blueprint"`
}

// Save is a plan as it is written.
func Save(p *SetupPlan, b Blueprint) SavedPlan {
	s := SavedPlan{Result: "no_change", SetupPlan: p, Blueprint: b}
	switch {
	case p.Incomplete():
		s.Result = "incomplete"
	case p.Changes():
		s.Result = "changes"
	}
	return s
}

// ReadPlan reads a plan that Save made.
func ReadPlan(path string, r io.Reader) (SavedPlan, error) {
	text, err := readLimited(path, r)
	if err != nil {
		return SavedPlan{}, fileProblem("plan", path, err)
	}
	s := SavedPlan{SetupPlan: &SetupPlan{}}
	if err := json.Unmarshal(text, &s); err != nil || s.Fingerprint == "" || s.Blueprint.Name == "" {
		if err == nil {
			err = errors.New("it has no fingerprint or no blueprint")
		}
		return s, problem(Usage, fmt.Errorf("plan %q is no plan: %w", path, err), "trailseal setup plan --blueprint FILE -o json > plan.json")
	}
	return s, nil
}

// PlanSetup reads the account and says what would be done. It writes nothing.
func (a *App) PlanSetup(ctx context.Context, r SetupRequest) (*SetupPlan, error) {
	j, _, err := a.job(ctx, r)
	if err != nil {
		return nil, err
	}
	p, err := j.Plan(ctx)
	if err != nil {
		return nil, a.setupProblem(err)
	}
	if a.Offline {
		p.Notes = append(p.Notes, "No account was read: it is taken to have nothing, and everything would be made.")
	}
	a.estimate(ctx, r.Blueprint, p)
	return p, nil
}

// ApplySetup does what a plan says, if it is still the plan that has that fingerprint.
func (a *App) ApplySetup(ctx context.Context, r SetupRequest, fingerprint string, watch func(SetupCall, bool)) (*Outcome, error) {
	if a.Offline {
		return nil, problem(Usage, errors.New("--offline allows no call to AWS"), "trailseal setup export --name NAME --offline --account NUMBER --region REGION --format terraform")
	}
	j, _, err := a.job(ctx, r)
	if err != nil {
		return nil, err
	}
	out, err := j.Apply(ctx, fingerprint, watch)
	if err != nil {
		return out, a.setupProblem(err)
	}
	return out, nil
}

// SetupStatus proves the chain link by link; with fire it sets off every alarm, and returns the file that says so.
func (a *App) SetupStatus(ctx context.Context, r SetupRequest, fire func(*SetupPlan) (bool, error)) (*SetupReport, string, error) {
	if a.Offline {
		return nil, "", problem(Usage, errors.New("--offline allows no call to AWS"), "trailseal setup plan --name NAME --offline --account NUMBER --region REGION")
	}
	j, aws, err := a.job(ctx, r)
	if err != nil {
		return nil, "", err
	}
	report, plan, err := j.Status(ctx, aws)
	if err != nil {
		return nil, "", a.setupProblem(err)
	}
	if yes, err := fire(plan); err != nil || !yes {
		return report, "", err
	}
	reason := "Test by trailseal setup status --fire at " + a.Now().UTC().Format(time.RFC3339)
	failed := j.Fire(ctx, aws, plan, report, reason)
	file, err := a.keepFired(report)
	if err != nil {
		return report, "", err
	}
	if failed != nil {
		return report, file, a.setupProblem(failed)
	}
	return report, file, nil
}

// keepFired writes down what came of setting off alarms: a file of its own that is never written again.
func (a *App) keepFired(report *SetupReport) (string, error) {
	dir := filepath.Join(a.Home, "setup")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fileProblem("evidence", dir, err)
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "fired-"+a.Now().UTC().Format("20060102T150405.000Z")+".json")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fileProblem("evidence", path, err)
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fileProblem("evidence", path, err)
	}
	return path, nil
}

// job is what setting up needs.
func (a *App) job(ctx context.Context, r SetupRequest) (*setup.Job, *account.Account, error) {
	if err := r.Blueprint.Check(); err != nil {
		return nil, nil, problem(Usage, fmt.Errorf("blueprint: %w", err), "trailseal setup blueprint   # prints one with every member explained")
	}
	j := &setup.Job{Blueprint: r.Blueprint, Clock: setup.Clock{Now: a.Now, Sleep: a.sleep}}
	if a.Offline {
		region := first(r.Blueprint.Region, r.Region)
		if r.Account == "" || region == "" {
			return nil, nil, problem(Usage, errors.New("--offline needs --account and --region"), "trailseal setup export --name NAME --offline --account 111122223333 --region eu-central-1 --format terraform")
		}
		j.Account = setup.Nowhere{ID: r.Account, Partition: setup.PartitionOf(region), Management: r.Organization}
		j.Where = setup.Where(r.Blueprint, region)
		return j, nil, nil
	}
	s, err := a.session(ctx)
	if err != nil {
		return nil, nil, err
	}
	if r.Account != "" {
		me, err := s.Identity(ctx)
		if err != nil {
			return nil, nil, a.awsProblem(err)
		}
		if me.Account != r.Account {
			return nil, nil, problem(Usage, fmt.Errorf("the credentials are those of account %s, not of --account %s", me.Account, r.Account), "trailseal setup plan --name NAME --profile PROFILE")
		}
	}
	if ref := r.Blueprint.Alarms.PagerDuty; ref != "" {
		if j.Facts.Secrets, err = a.setupSecrets(ctx, ref); err != nil {
			return nil, nil, err
		}
	}
	aws := account.New(s)
	j.Account, j.Where = aws, setup.Where(r.Blueprint, first(r.Blueprint.Region, r.Region, s.Region()))
	return j, aws, nil
}

// setupSecrets gets what a blueprint's references stand for.
func (a *App) setupSecrets(ctx context.Context, text string) (map[string]secret.String, error) {
	const hint = "export PAGERDUTY_URL=https://events.pagerduty.com/integration/…/enqueue   # and in the blueprint: env:PAGERDUTY_URL"
	ref, err := secret.ParseReference(text)
	if err != nil {
		return nil, problem(Usage, fmt.Errorf("blueprint: alarms.pagerduty: %w", err), hint)
	}
	value, err := a.sinkEnv().Secret(ctx, ref)
	if err != nil {
		return nil, problem(Usage, fmt.Errorf("blueprint: alarms.pagerduty: %w", err), hint)
	}
	return map[string]secret.String{text: value}, nil
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// setupProblem says what to do about setting up that did not work.
func (a *App) setupProblem(err error) error {
	elsewhere := (*setup.RegionError)(nil)
	switch {
	case errors.Is(err, setup.ErrChanged):
		return problem(Broken, err, "trailseal setup plan --blueprint FILE -o json > plan.json   # and read it before you apply it")
	case errors.As(err, &elsewhere):
		return problem(Usage, err, "trailseal setup plan --name NAME --region %s   # and region: %s in the blueprint", elsewhere.Home, elsewhere.Home)
	case errors.Is(err, setup.ErrBlueprint):
		return problem(Usage, err, "trailseal setup blueprint   # prints one with every member explained")
	case errors.Is(err, setup.ErrNotManagement):
		return problem(Usage, err, "trailseal setup plan --name NAME --organization --profile MANAGEMENT   # or leave organization out")
	case errors.Is(err, setup.ErrNoOrganization):
		return problem(Usage, err, "aws organizations describe-organization   # or leave organization out")
	case errors.Is(err, object.ErrCredentials):
		return a.awsProblem(err)
	case errors.Is(err, object.ErrDenied):
		return problem(Denied, err, "trailseal setup policy apply --name NAME   # prints the least IAM policy that apply needs")
	case errors.Is(err, resource.ErrTaken):
		return problem(Broken, err, "trailseal setup blueprint   # name another bucket: bucket.name")
	case errors.Is(err, resource.ErrNotYet):
		return problem(Broken, err, "trailseal setup apply --name NAME   # again in a minute: it goes on from there")
	case errors.Is(err, resource.ErrUnsupported):
		return problem(Broken, err, "trailseal setup plan --name NAME   # leave out of the blueprint what the region does not offer")
	case errors.Is(err, resource.ErrRefused):
		return problem(Broken, err, "trailseal setup plan --name NAME   # shows what would be written")
	}
	return a.awsProblem(err)
}
