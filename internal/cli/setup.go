package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/web"
)

func (g *global) setup() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Set up audit logging in AWS: plan, apply, prove, export",
		Long: `Setup makes an account's audit logging what a SOC 2 audit asks for: trail, log
bucket, key, log group, alarms, AWS Config and Security Hub. It adopts and
hardens what is there, and deletes, empties or weakens nothing. The account is
its only state.

  trailseal setup plan --name acme           what would change, and why
  trailseal setup apply --name acme          the same, asks, and does it
  trailseal setup status --name acme         proves the chain end to end
  trailseal setup export --name acme --format terraform

A blueprint says more than --name can: trailseal setup blueprint`,
		Args: knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(g.setupPlan(), g.setupApply(), g.setupStatus(), g.setupExport(), g.setupPolicy(), g.setupBlueprint())
	return cmd
}

// wish is what a person wants, by flags, a file or answers.
type wish struct {
	file, name, breakGlass string
	organization           bool
	organizationID         string
	email, readers         []string
	s3, lambda, dynamodb   []string
	interactive            bool
	save                   string
}

func (w *wish) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&w.file, "blueprint", "b", "", "`FILE` that says what is wanted (- for stdin)")
	f.StringVar(&w.name, "name", "", "`NAME` of everything that is made, as in acme")
	f.BoolVar(&w.organization, "organization", false, "one trail for the whole organization")
	f.StringSliceVar(&w.email, "email", nil, "tell this `ADDRESS` of alarms")
	f.StringSliceVar(&w.readers, "reader", nil, "`ARN` of a role that may read the logs; others then may not")
	f.StringVar(&w.breakGlass, "break-glass", "", "`ARN` of the one role that may delete log files")
	f.StringSliceVar(&w.s3, "data-s3", nil, "log data events of this `BUCKET`")
	f.StringSliceVar(&w.lambda, "data-lambda", nil, "log invocations of this `FUNCTION`")
	f.StringSliceVar(&w.dynamodb, "data-dynamodb", nil, "log data events of this `TABLE`")
	f.BoolVar(&w.interactive, "interactive", false, "ask for what is wanted, on a terminal")
	f.StringVar(&w.save, "save", "", "with --interactive: keep the answers as a blueprint in `FILE`")
}

// request makes what the flags say into one.
func (g *global) request(cmd *cobra.Command, w *wish) (app.SetupRequest, error) {
	var r app.SetupRequest
	var err error
	switch {
	case w.interactive && w.file != "":
		return r, usage("--interactive goes without --blueprint")
	case w.save != "" && !w.interactive:
		return r, usage("--save goes with --interactive")
	case w.interactive:
		if r.Blueprint, err = g.askBlueprint(w); err != nil {
			return r, err
		}
	case w.file != "":
		if r.Blueprint, err = app.ReadBlueprint(w.file, g.env.Stdin); err != nil {
			return r, err
		}
	}
	b := &r.Blueprint
	set := func(to *string, from string) {
		if from != "" {
			*to = from
		}
	}
	set(&b.Name, w.name)
	set(&b.Bucket.BreakGlass, w.breakGlass)
	b.Organization = b.Organization || w.organization
	b.Alarms.Email = append(b.Alarms.Email, w.email...)
	b.Bucket.Readers = append(b.Bucket.Readers, w.readers...)
	b.DataEvents.S3 = append(b.DataEvents.S3, w.s3...)
	b.DataEvents.Lambda = append(b.DataEvents.Lambda, w.lambda...)
	b.DataEvents.DynamoDB = append(b.DataEvents.DynamoDB, w.dynamodb...)
	if b.Name == "" {
		return r, &failure{code: exitUsage, err: errors.New("what is to be set up has no name"), hint: cmd.CommandPath() + " --name acme   # or --blueprint FILE"}
	}
	return r, g.place(&r, w)
}

// place says where, by the flags that every command has.
func (g *global) place(r *app.SetupRequest, w *wish) error {
	if len(g.accounts) > 1 || len(g.regions) > 1 {
		return usage("setup works on one account and one home region at a time")
	}
	if len(g.accounts) == 1 {
		r.Account = g.accounts[0]
	}
	if len(g.regions) == 1 {
		r.Region = g.regions[0]
	}
	if w.organizationID != "" && !g.offline {
		return usage("--organization-id goes with --offline; else AWS is asked")
	}
	r.Organization = w.organizationID
	return nil
}

func (g *global) setupPlan() *cobra.Command {
	var w wish
	var failOnChange, full bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what would be changed in the account, and why",
		Long: `Plan reads what is there, whoever made it, and shows each setting that is not as
it should be: now and wanted, why, and the risk and cost of the change. It
writes nothing. "trailseal setup policy plan" prints the permissions it needs.

With -o json the plan can be kept, and applied if nothing has changed since.

Exit codes: 0; 1 with --fail-on-change something would change; 2 something could
not be read; 3 error; 4 credentials or permission; 64 usage.`,
		Example: `  trailseal setup plan --name acme
  trailseal setup plan -b acme.yaml -o json > plan.json
  trailseal setup plan -b acme.yaml --fail-on-change`,
		Annotations: map[string]string{"output": "table,json"},
		Args:        noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := g.request(cmd, &w)
			if err != nil {
				return err
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			p, err := a.PlanSetup(cmd.Context(), r)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if g.output == "json" {
				err = writeJSON(out, app.Save(p, r.Blueprint))
			} else {
				_, err = io.WriteString(out, planText(p, full, g.style(out)))
			}
			switch {
			case err != nil:
				return err
			case p.Changes() && failOnChange:
				return &failure{code: exitFailed}
			case p.Incomplete():
				return &failure{code: exitIncomplete}
			}
			return nil
		},
	}
	w.flags(cmd)
	cmd.Flags().BoolVar(&failOnChange, "fail-on-change", false, "exit 1 if anything would change: for CI")
	cmd.Flags().BoolVar(&full, "all", false, "show what is as wanted, too")
	return cmd
}

func (g *global) setupApply() *cobra.Command {
	var w wish
	var file string
	var accept bool
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Show the plan, ask, and make the account so",
		Long: `Apply shows the plan, asks, and writes step by step in order of what needs what.
It deletes, empties and weakens nothing. It stops at the first call that fails,
says what was and what was not done, and given again goes on from there. At the
end it reads everything again.

What cannot be undone, or is costly, is asked a second time: --yes answers the
first question only, --accept-risks the second.

Exit codes: 0 all is as wanted; 1 something is not, as what only root can do; 2
something could not be read; 3 a call failed; 4 credentials or permission; 64
usage; 130 interrupted.`,
		Example: `  trailseal setup apply --name acme
  trailseal setup apply --plan plan.json --yes`,
		Annotations: map[string]string{"output": "table,json"},
		Args:        noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.runApply(cmd, &w, file, accept)
		},
	}
	w.flags(cmd)
	cmd.Flags().StringVar(&file, "plan", "", "apply the plan in `FILE`, if the account is still as it was")
	cmd.Flags().BoolVar(&accept, "accept-risks", false, "answer yes to the second questions")
	return cmd
}

func (g *global) runApply(cmd *cobra.Command, w *wish, file string, accept bool) error {
	var r app.SetupRequest
	var agreed string
	var err error
	if file != "" {
		if w.file != "" || w.name != "" || w.interactive {
			return usage("--plan goes without --blueprint, --name and --interactive: the plan has them")
		}
		saved, err := app.ReadPlan(file, g.env.Stdin)
		if err != nil {
			return err
		}
		r.Blueprint, agreed = saved.Blueprint, saved.Fingerprint
		if err := g.place(&r, w); err != nil {
			return err
		}
		if r.Region == "" {
			r.Region = saved.Region
		}
	} else if r, err = g.request(cmd, w); err != nil {
		return err
	}
	a, err := g.app()
	if err != nil {
		return err
	}
	if g.offline {
		_, err := a.ApplySetup(cmd.Context(), r, "", nil)
		return err
	}
	p, err := a.PlanSetup(cmd.Context(), r)
	if err != nil {
		return err
	}
	stdout := cmd.OutOrStdout()
	shown := stdout
	if g.output == "json" {
		shown = g.env.Stderr
	}
	if _, err := io.WriteString(shown, planText(p, false, g.style(shown))); err != nil {
		return err
	}
	if agreed != "" && agreed != p.Fingerprint {
		return &failure{code: exitError, err: fmt.Errorf("plan %q: the account has changed since the plan was made", file),
			hint: "trailseal setup plan -b FILE -o json > " + app.Quote(file) + "   # and read it before you apply it"}
	}
	if !p.Changes() {
		if g.output == "json" {
			if err := writeJSON(stdout, outcomeJSON{Result: planResult(p), Outcome: &app.Outcome{Done: []app.SetupCall{}}}); err != nil {
				return err
			}
		}
		return planExit(p)
	}
	if yes, err := g.agree(p, accept); err != nil || !yes {
		if err == nil {
			err = &failure{code: exitFailed, err: errors.New("nothing was written: the answer was no")}
		}
		return err
	}
	out, err := a.ApplySetup(cmd.Context(), r, p.Fingerprint, g.tell)
	if out == nil {
		return err
	}
	if g.output == "json" {
		if werr := writeJSON(stdout, outcomeJSON{Result: outcomeResult(out, err), Outcome: out}); werr != nil {
			return werr
		}
	} else if _, werr := io.WriteString(stdout, outcomeText(out, g.style(stdout))); werr != nil {
		return werr
	}
	if err != nil {
		return toldOf(err)
	}
	return planExit(out.After)
}

// agree asks the questions of a plan.
func (g *global) agree(p *app.SetupPlan, accept bool) (bool, error) {
	n := p.Counts()
	yes, err := g.confirm(fmt.Sprintf("Create %d and change %d resources in account %s?", n[app.SetupMake], n[app.SetupAlter], p.Account), "trailseal setup apply … --yes")
	if err != nil || !yes {
		return yes, err
	}
	if accept {
		return true, nil
	}
	first := g.yes
	g.yes = false // answers the first question only
	defer func() { g.yes = first }()
	for _, q := range p.Questions() {
		if yes, err := g.confirm(web.Visible(q), "trailseal setup apply … --accept-risks"); err != nil || !yes {
			return yes, err
		}
	}
	return true, nil
}

// tell says on stderr what is being done.
func (g *global) tell(c app.SetupCall, done bool) {
	switch {
	case g.quiet:
	case !done:
		fmt.Fprintf(g.env.Stderr, "%s: %s …\n", web.Visible(c.ID.String()), c.Step)
	case c.Error != "":
		fmt.Fprintf(g.env.Stderr, "%s: %s: %s\n", web.Visible(c.ID.String()), c.Step, web.Visible(c.Error))
	}
}

// planExit is how a plan that was carried out ends the command.
func planExit(p *app.SetupPlan) error {
	n := p.Counts()
	switch {
	case n[app.SetupMake]+n[app.SetupAlter]+n[app.SetupManual] > 0:
		return &failure{code: exitFailed}
	case p.Incomplete():
		return &failure{code: exitIncomplete}
	}
	return nil
}

func (g *global) setupStatus() *cobra.Command {
	var w wish
	var fire, full bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Prove that events reach people: from the trail to the subscription",
		Long: `Status reads everything again and proves the chain link by link: the trail logs,
log files were delivered within 15 minutes, digests within 2 hours, the log
group receives, each filter has its text, each alarm is on, the topic has a
confirmed subscription.

--fire sets off every alarm (SetAlarmState): people are told. What came of it is
kept in a file below --home as evidence.

Exit codes: 0 every link holds; 1 one does not; 2 something is not known, or too
new to show; 3 error; 4 credentials or permission; 64 usage.`,
		Example: `  trailseal setup status --name acme
  trailseal setup status -b acme.yaml --fire`,
		Annotations: map[string]string{"output": "table,json"},
		Args:        noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := g.request(cmd, &w)
			if err != nil {
				return err
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			report, kept, err := a.SetupStatus(cmd.Context(), r, func(p *app.SetupPlan) (bool, error) {
				if !fire {
					return false, nil
				}
				return g.confirm(fmt.Sprintf("Set off the alarms of account %s, which tells people?", p.Account), "trailseal setup status --fire --yes")
			})
			if report == nil {
				return err
			}
			out := cmd.OutOrStdout()
			var werr error
			if g.output == "json" {
				werr = writeJSON(out, report)
			} else {
				_, werr = io.WriteString(out, statusText(report, full, g.style(out)))
			}
			if kept != "" && !g.quiet {
				fmt.Fprintf(g.env.Stderr, "kept as evidence: %s\n", web.Visible(kept))
			}
			switch {
			case werr != nil:
				return werr
			case err != nil:
				return toldOf(err)
			case report.Result == "fail":
				return &failure{code: exitFailed}
			case report.Result != "pass":
				return &failure{code: exitIncomplete}
			}
			return nil
		},
	}
	w.flags(cmd)
	cmd.Flags().BoolVar(&fire, "fire", false, "set off every alarm, after asking")
	cmd.Flags().BoolVar(&full, "all", false, "show each link that holds, too")
	return cmd
}

func (g *global) setupExport() *cobra.Command {
	var w wish
	var format, dir string
	cmd := &cobra.Command{
		Use:   "export --format FORMAT",
		Short: "Write what apply would do as Terraform or CloudFormation",
		Long: `Export writes a Terraform module or a CloudFormation template that makes of the
account exactly what apply would, with import blocks for what is there. It asks
AWS what is there and writes nothing to it; with --offline, --account and
--region it asks nothing, and what is written makes everything anew.

Exit codes: 0; 2 something could not be read and is left out; 3 error; 4
credentials or permission; 64 usage.`,
		Example: `  trailseal setup export --name acme --format terraform --out acme-audit
  trailseal setup export --name acme --format cloudformation \
    --offline --account 111122223333 --region eu-central-1`,
		Annotations: map[string]string{"output": "table,json"},
		Args:        noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !contains(app.ExportFormats(), format) {
				return usage("--format %q: want %s", format, strings.Join(app.ExportFormats(), " or "))
			}
			r, err := g.request(cmd, &w)
			if err != nil {
				return err
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			if dir == "" {
				dir = r.Blueprint.Name + "-" + format
			}
			x, err := a.ExportSetup(cmd.Context(), r, format, dir)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if g.output == "json" {
				err = writeJSON(out, struct {
					Files []string `json:"files"`
				}{x.Files})
			} else {
				for _, f := range x.Files {
					if _, err = fmt.Fprintln(out, web.Visible(f)); err != nil {
						break
					}
				}
			}
			switch {
			case err != nil:
				return err
			case x.Plan.Incomplete():
				for _, text := range unknownLines(x.Plan) {
					fmt.Fprintf(g.env.Stderr, "left out, it could not be read: %s\n", text)
				}
				return &failure{code: exitIncomplete}
			}
			return nil
		},
	}
	w.flags(cmd)
	cmd.Flags().StringVar(&format, "format", "", "`FORMAT`: terraform or cloudformation")
	cmd.Flags().StringVar(&dir, "out", "", "`FOLDER` to write (default: NAME-FORMAT); it must be empty")
	cmd.Flags().StringVar(&w.organizationID, "organization-id", "", "with --offline: `ID` of the organization, as in o-a1b2c3d4e5")
	return cmd
}

func (g *global) setupPolicy() *cobra.Command {
	var w wish
	cmd := &cobra.Command{
		Use:   "policy plan|apply|status",
		Short: "Print the least IAM policy that a setup command needs",
		Long: `Policy prints the least IAM policy with which plan, apply or status works for
what is wanted. Where one would be longer than IAM takes (6,144 characters), more
are printed, one after the other, each to be attached.

Without credentials, add --offline, --account and --region.`,
		Example:     `  trailseal setup policy apply --name acme > apply.json`,
		Annotations: map[string]string{"output": "table,json"},
		ValidArgs:   []string{"plan", "apply", "status"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !contains([]string{"plan", "apply", "status"}, args[0]) {
				return usage("policy takes one of plan, apply and status")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := g.request(cmd, &w)
			if err != nil {
				return err
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			texts, err := a.SetupPolicies(cmd.Context(), r, args[0])
			if err != nil {
				return err
			}
			for _, t := range texts {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), strings.TrimSuffix(t, "\n")); err != nil {
					return err
				}
			}
			return nil
		},
	}
	w.flags(cmd)
	cmd.Flags().StringVar(&w.organizationID, "organization-id", "", "with --offline: `ID` of the organization, as in o-a1b2c3d4e5")
	return cmd
}

func (g *global) setupBlueprint() *cobra.Command {
	return &cobra.Command{
		Use:   "blueprint",
		Short: "Print a blueprint with every member explained",
		Long: `Blueprint prints a blueprint in which every member stands with its default and
what it does. Keep what you need; name is the only member that has to be there.`,
		Example:     `  trailseal setup blueprint > acme.yaml`,
		Annotations: map[string]string{"output": "table"},
		Args:        noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(cmd.OutOrStdout(), app.BlueprintExample())
			return err
		},
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// newFile makes a file that is not there yet.
func newFile(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return app.Output(path, err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return app.Output(path, err)
	}
	return nil
}
