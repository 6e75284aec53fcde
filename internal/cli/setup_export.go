package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/web"
)

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
			if !slices.Contains(app.ExportFormats(), format) {
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
what is wanted. Where one would be longer than IAM takes (6,144 characters),
more are printed, one after the other, each to be attached.

Without credentials, add --offline, --account and --region.`,
		Example:     `  trailseal setup policy apply --name acme > apply.json`,
		Annotations: map[string]string{"output": "table,json"},
		ValidArgs:   []string{"plan", "apply", "status"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains([]string{"plan", "apply", "status"}, args[0]) {
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
