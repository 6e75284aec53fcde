package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/trailseal/trailseal/internal/web"
)

func (g *global) configure() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show or check the configuration, sinks and routes included",
		Long: `The configuration is a strict YAML file: the one of --config, or
trailseal/config.yaml in the XDG config folder. Any flag can stand in it by its
name, and two sections say whom alerts are told, and what is not alerted on.
Secrets are named, never written: env:NAME, file:PATH or
aws-secretsmanager:NAME-OR-ARN (#FIELD for one of a JSON object).

  alerts:
    link: https://wiki.example.com/runbooks/{detection}
    window: 1h                       # in which matches are one alert
    sinks:
      oncall:   {pagerduty: {routing-key: env:PAGERDUTY_KEY}}
      security: {slack: {webhook: env:SLACK_WEBHOOK_URL}}
    routes:
      - {severity: high, to: [oncall, security]}     # high and critical
      - {detection: ["cis-*"], to: [security]}
  suppressions:
    - detection: cis-security-group-changes
      actor: arn:aws:iam::111122223333:role/terraform
      who: mo@example.com
      why: infrastructure as code, reviewed in pull requests
      until: 2026-12-31

Kinds of sink: ` + "email, pagerduty, slack, sns, stdout, teams, webhook.\ndocs/spec/config.md has every setting.",
		Args: knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(g.configShow(), g.configValidate())
	return cmd
}

func (g *global) configShow() *cobra.Command {
	return &cobra.Command{
		Use:         "show",
		Short:       "Show every setting and where it is from; no secret is read",
		Annotations: map[string]string{"output": "table,json"},
		Args:        noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			type setting struct {
				Value string `json:"value"`
				From  string `json:"from"` // flag, environment, file or default
			}
			settings := map[string]setting{}
			cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) {
				if f.Name != "help" && f.Name != "config" {
					settings[f.Name] = setting{strings.Trim(f.Value.String(), "[]"), g.origin[f.Name]}
				}
			})
			if home, err := g.homeFolder(); err == nil {
				settings["home"] = setting{home, g.origin["home"]}
			}
			switch from := g.origin["output"]; from { // a command that lacks the format has a table in its place
			case "environment":
				settings["output"] = setting{g.env.Getenv(envName("output")), from}
			case "file":
				settings["output"] = setting{g.file.Flags["output"], from}
			}
			for name := range flagNames(cmd.Root()) { // those of single commands, where they are set
				if _, ok := settings[name]; ok || name == "help" || name == "config" {
					continue
				}
				if v := g.env.Getenv(envName(name)); v != "" {
					settings[name] = setting{v, "environment"}
				} else if v := g.file.Flags[name]; v != "" {
					settings[name] = setting{v, "file"}
				}
			}
			type sink struct {
				Name string `json:"name"`
				Kind string `json:"kind"`
			}
			type route struct {
				Severity   string   `json:"severity,omitempty"`
				Detections []string `json:"detections,omitempty"`
				Accounts   []string `json:"accounts,omitempty"`
				To         []string `json:"to"`
			}
			sinks, routes := []sink{}, []route{}
			for _, s := range g.file.Alerts.Sinks {
				sinks = append(sinks, sink{s.Name, s.Kind})
			}
			for _, r := range g.file.Alerts.Routes {
				routes = append(routes, route{string(r.Severity), r.Detections, r.Accounts, r.To})
			}
			w := cmd.OutOrStdout()
			if g.output == "json" {
				return writeJSON(w, map[string]any{"file": g.configPath, "settings": settings, "sinks": sinks, "routes": routes, "suppressions": append(g.file.Suppressions[:0:0], g.file.Suppressions...)})
			}
			var b strings.Builder
			fmt.Fprintf(&b, "file       %s\n\n", web.Visible(orNone(g.configPath)))
			var body [][]string
			for _, name := range slices.Sorted(maps.Keys(settings)) {
				body = append(body, []string{name, web.Visible(settings[name].Value), settings[name].From})
			}
			b.WriteString(trimLines(rows([]string{"setting", "value", "from"}, body)))
			if len(sinks) > 0 {
				b.WriteString("\nsinks\n")
			}
			body = nil
			for _, s := range sinks {
				body = append(body, []string{"  " + web.Visible(s.Name), s.Kind})
			}
			b.WriteString(plainRows(body))
			if len(routes) > 0 {
				b.WriteString("\nroutes\n")
			}
			for _, r := range routes {
				what := []string{}
				if r.Severity != "" {
					what = append(what, r.Severity+" or worse")
				}
				if len(r.Detections) > 0 {
					what = append(what, strings.Join(r.Detections, " "))
				}
				if len(r.Accounts) > 0 {
					what = append(what, "account "+strings.Join(r.Accounts, " "))
				}
				if len(what) == 0 {
					what = []string{"every alert"}
				}
				fmt.Fprintf(&b, "  %s -> %s\n", wrapLong(web.Visible(strings.Join(what, ", ")), 60, "    "), web.Visible(strings.Join(r.To, ", ")))
			}
			if len(g.file.Suppressions) > 0 {
				b.WriteString("\nsuppressions\n")
			}
			for _, x := range g.file.Suppressions {
				fmt.Fprintf(&b, "  %s until %s, by %s: %s\n", web.Visible(x.Detection), stamp(x.Until), web.Visible(x.Who), wrapLong(web.Visible(x.Why), 60, "    "))
			}
			for _, x := range g.file.Warnings {
				fmt.Fprintf(&b, "\nwarning    %s\n", wrapLong(web.Visible(x), 68, "           "))
			}
			_, err := io.WriteString(w, b.String())
			return err
		},
	}
}

func (g *global) configValidate() *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "Check the configuration; no secret is read, nothing is sent",
		Long: `Validate reads the configuration and makes every sink of it; "trailseal alerts
test" then proves that they work.

Exit codes: 0; 64 the configuration is wrong.`,
		Annotations: map[string]string{"output": "table"},
		Args:        noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := g.app()
			if err != nil {
				return err
			}
			if err := a.CheckConfig(g.file); err != nil {
				return err
			}
			for _, x := range g.file.Warnings {
				fmt.Fprintf(g.env.Stderr, "trailseal: warning: %s\n", web.Visible(x))
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", web.Visible(orNone(g.configPath)),
				strings.Join([]string{many(len(g.file.Alerts.Sinks), "sink"), many(len(g.file.Alerts.Routes), "route"), many(len(g.file.Suppressions), "suppression"), many(len(g.file.Flags), "setting")}, ", "))
			return err
		},
	}
}

// plainRows lines up two columns.
func plainRows(body [][]string) string {
	wide := 0
	for _, r := range body {
		wide = max(wide, utf8.RuneCountInString(r[0]))
	}
	var b strings.Builder
	for _, r := range body {
		fmt.Fprintf(&b, "%-*s  %s\n", wide, r[0], r[1])
	}
	return b.String()
}
