package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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

// typed is the first flag of a wish that was typed; empty if none was.
func (w *wish) typed(cmd *cobra.Command) string {
	mine := &cobra.Command{}
	new(wish).flags(mine)
	first := ""
	mine.Flags().VisitAll(func(f *pflag.Flag) {
		if first == "" && cmd.Flags().Changed(f.Name) {
			first = f.Name
		}
	})
	return first
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
		if r.Blueprint, err = g.askBlueprint(cmd.Context(), w); err != nil {
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
		return r, &failure{code: exitUsage, err: errors.New("what is to be set up has no name"), hint: retyped(cmd, "--name acme") + "   # or --blueprint FILE"}
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

A reason, with its criteria and its cost, is told where it comes first, and what
is new is told in short: --all has every setting whole, and so has -o json. With
-o json the plan can be kept, and applied if nothing has changed since.

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
	cmd.Flags().BoolVar(&full, "all", false, "show everything: what is as wanted, and all of what is new")
	return cmd
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
				return g.confirm(cmd.Context(), fmt.Sprintf("Set off the alarms of account %s, which tells people?", p.Account), retyped(cmd, "--yes"))
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

// retyped is the command as it was typed, with more: a hint that can be copied.
func retyped(cmd *cobra.Command, more string) string {
	words := []string{cmd.CommandPath()}
	for _, a := range cmd.Flags().Args() {
		words = append(words, app.Quote(a))
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			switch {
			case f.Value.Type() != "bool":
				words = append(words, "--"+f.Name, app.Quote(v))
			case v == "true":
				words = append(words, "--"+f.Name)
			default:
				words = append(words, "--"+f.Name+"="+v)
			}
		}
	})
	return strings.TrimSpace(strings.Join(append(words, more), " "))
}
