package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/web"
)

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
	r, agreed, err := g.applyRequest(cmd, w, file)
	if err != nil {
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
	switch {
	case agreed != "" && agreed != p.Fingerprint:
		return &failure{code: exitError, err: fmt.Errorf("plan %q: the account has changed since the plan was made, and would now be changed as shown", file),
			hint: "trailseal setup plan --blueprint FILE -o json > plan.json   # and read it before you apply it"}
	case !p.Changes():
		if g.output == "json" {
			if err := writeJSON(stdout, outcomeJSON{Result: planResult(p), Outcome: &app.Outcome{Done: []app.SetupCall{}}}); err != nil {
				return err
			}
		}
		return planExit(p)
	}
	if yes, err := g.agree(cmd, p, accept); err != nil || !yes {
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
	} else if _, werr := io.WriteString(stdout, outcomeText(p, out, g.style(stdout))); werr != nil {
		return werr
	}
	switch {
	case errors.Is(err, context.Canceled):
		return &failure{code: exitInterrupted, err: errors.New("interrupted: what is done stays"), hint: retypedAgain(cmd, file), told: true}
	case err != nil:
		return toldOf(err)
	}
	return planExit(out.After)
}

// retypedAgain is the command that goes on. A plan in a file is no longer that of the account.
func retypedAgain(cmd *cobra.Command, file string) string {
	if file != "" {
		return "trailseal setup plan --blueprint FILE -o json > plan.json   # and apply it: it goes on from there"
	}
	return retyped(cmd, "") + "   # goes on from there"
}

// applyRequest is what is to be applied. With a plan in a file, agreed is its fingerprint.
func (g *global) applyRequest(cmd *cobra.Command, w *wish, file string) (r app.SetupRequest, agreed string, err error) {
	if file == "" {
		r, err = g.request(cmd, w)
		return r, "", err
	}
	if typed := w.typed(cmd); typed != "" {
		return r, "", usage("--plan goes without --%s: the plan says what is wanted", typed)
	}
	saved, err := app.ReadPlan(file, g.env.Stdin)
	if err != nil {
		return r, "", err
	}
	r.Blueprint = saved.Blueprint
	if err := g.place(&r, w); err != nil {
		return r, "", err
	}
	if r.Region == "" {
		r.Region = saved.Region
	}
	return r, saved.Fingerprint, nil
}

// agree asks the questions of a plan. --yes answers the first only.
func (g *global) agree(cmd *cobra.Command, p *app.SetupPlan, accept bool) (bool, error) {
	n := p.Counts()
	yes, err := g.confirm(cmd.Context(), fmt.Sprintf("Create %d and change %d resources in account %s?", n[app.SetupMake], n[app.SetupAlter], p.Account), retyped(cmd, "--yes"))
	if err != nil || !yes || accept {
		return yes, err
	}
	hint := retyped(cmd, "--accept-risks")
	first := g.yes
	g.yes = false
	defer func() { g.yes = first }()
	for _, q := range p.Questions() {
		if yes, err := g.confirm(cmd.Context(), web.Visible(q), hint); err != nil || !yes {
			return yes, err
		}
	}
	return true, nil
}

// tell says on stderr what is being done. How it ended is in the outcome.
func (g *global) tell(c app.SetupCall, done bool) {
	if !done && !g.quiet {
		fmt.Fprintf(g.env.Stderr, "%s: %s …\n", web.Visible(c.ID.String()), c.Step)
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
