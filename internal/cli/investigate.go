package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/web"
)

func (g *global) investigate() *cobra.Command {
	var q asking
	var around time.Duration
	var limit int
	kinds := app.SubjectKinds()
	cmd := &cobra.Command{
		Use:   "investigate " + strings.Join(kinds, "|") + " ID",
		Short: "Tell who really did what, as a timeline",
		Long: `Investigate tells what a subject did, or what happened to it, as a timeline, and
who is behind it: a role session is followed through AssumeRole, SAML and web
identity, federation and role chains, across accounts, back to the person or the
workload, and each step says how well it is shown.

A principal is a user, role or service by ARN, name or id; a session an ARN or
name; a key an access key id; a resource an ARN or name; an event an eventID.`,
		Example: `  trailseal investigate principal arn:aws:iam::111122223333:user/mo
  trailseal investigate key AKIAIOSFODNN7EXAMPLE --period 2026-Q3
  trailseal investigate event 4f2b7f0a-5c1d-4e0a-9a53-0d6b8e6b3f10 --around 2h`,
		Annotations: map[string]string{"output": "table,json"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("investigate takes a kind of subject and its ID, got %s", words(len(args)))
			}
			if !slices.Contains(kinds, args[0]) {
				return usage("investigate %q: want one of %s", args[0], strings.Join(kinds, ", "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := q.request(g)
			if err != nil {
				return err
			}
			a, err := g.app()
			if err != nil {
				return err
			}
			c, b, err := a.Investigate(cmd.Context(), app.InvestigateRequest{QueryRequest: r, Kind: args[0], ID: args[1], Around: around, Limit: limit})
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			if g.output == "json" {
				err = writeJSON(w, struct {
					app.Case
					Basis answer.Basis `json:"basis"`
				}{c, b})
			} else {
				err = writeCase(w, c, b, g.style(w))
			}
			if err != nil {
				return err
			}
			if c.Counts.Events == 0 {
				return &failure{code: exitIncomplete, told: true, err: fmt.Errorf("no event of this period names %s %q", args[0], args[1]), hint: "trailseal lake stats" + g.sameHome()}
			}
			return nil
		},
	}
	q.flags(cmd)
	f := cmd.Flags()
	f.DurationVar(&around, "around", 30*time.Minute, "of an event: show what its session did this `TIME` before and after it")
	f.IntVar(&limit, "limit", 200, "show at most `N` events")
	return cmd
}

func writeCase(w io.Writer, c app.Case, b answer.Basis, s style) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s\n", c.Subject.Kind, web.Visible(c.Subject.ID))
	if c.First != nil && c.Last != nil {
		fmt.Fprintf(&out, "%d events, %d changes, %d errors; first %s, last %s\n", c.Counts.Events, c.Counts.Changes, c.Counts.Errors, stamp(*c.First), stamp(*c.Last))
	}
	writeBehind(&out, c, s)
	if len(c.Actors) > 0 {
		out.WriteString("\nHow that is known\n")
	}
	for _, a := range c.Actors {
		writeActor(&out, a, s)
	}
	if len(c.Timeline) > 0 {
		out.WriteString("\nTimeline (UTC)\n")
	}
	day := ""
	for _, e := range c.Timeline {
		if d := e.Time.Format(time.DateOnly); d != day {
			day = d
			fmt.Fprintf(&out, "%s\n", day)
		}
		mark := " "
		switch {
		case e.ErrorCode != "":
			mark = s.odd("!")
		case e.Change:
			mark = s.bad("*")
		}
		line := fmt.Sprintf("%s %s", strings.TrimSuffix(e.Service, ".amazonaws.com"), e.Action)
		if e.Target != "" {
			line += " " + e.Target
		}
		if e.ErrorCode != "" {
			line += " (" + e.ErrorCode + ")"
		}
		fmt.Fprintf(&out, "  %s %s %-4s %s\n", e.Time.Format(time.TimeOnly), mark, web.Visible(e.Who.Actor), wrapLong(web.Visible(line), 62, "                  "))
		tail := []string{e.Account, e.Region, e.SourceIP}
		if e.Relation != "subject" {
			tail = append(tail, e.Relation)
		}
		if e.LogState != "verified" {
			tail = append(tail, e.LogState)
		}
		fmt.Fprintf(&out, "                  %s\n", web.Visible(strings.Join(slices.DeleteFunc(tail, func(x string) bool { return x == "" }), "  ")))
		for _, n := range e.Notes {
			fmt.Fprintf(&out, "                  %s\n", wrapLong(web.Visible(n), 62, "                  "))
		}
	}
	if len(c.Timeline) > 0 {
		out.WriteString("  * a change   ! it failed\n")
	}
	if len(c.Gaps) > 0 {
		out.WriteString("\nNot known\n")
	}
	for _, x := range c.Gaps {
		fmt.Fprintf(&out, "  %s: %s\n", x.Kind, wrapLong(web.Visible(x.Detail), 74-len(x.Kind), "    "))
	}
	const fewPivots = 12
	if len(c.Pivots) > 0 {
		out.WriteString("\nAsk next\n")
	}
	for i, p := range c.Pivots {
		if i == fewPivots {
			fmt.Fprintf(&out, "  and %d more with -o json\n", len(c.Pivots)-fewPivots)
			break
		}
		fmt.Fprintf(&out, "  %s\n    %s\n", web.Visible(p.Command), wrapLong(web.Visible(p.Why), 74, "    "))
	}
	fmt.Fprintf(&out, "\n%s", caseBasis(b, int64(len(c.Timeline)), s))
	_, err := io.WriteString(w, out.String())
	return err
}

// writeBehind says who is behind the subject. Around an event others are at work: they are not behind it.
func writeBehind(out *strings.Builder, c app.Case, s style) {
	line := func(state, name string, tail string) {
		word := s.good(state)
		if state == "unknown" {
			word = s.bad(state)
		}
		fmt.Fprintf(out, "  %s %s, %s\n", word, wrapLong(web.Visible(name), 50, "    "), tail)
	}
	head := "\nBehind it\n"
	if c.Subject.Kind == "event" {
		for _, e := range c.Timeline {
			if e.Relation == "subject" {
				out.WriteString(head)
				line(string(e.Who.State), e.Who.Name, fmt.Sprintf("%s, %s below", e.Who.Confidence, e.Who.Actor))
				break
			}
		}
		head = "\nAround it, with what it touched and in its session\n"
	}
	if len(c.Behind) > 0 {
		out.WriteString(head)
	}
	for _, x := range c.Behind {
		line(string(x.State), x.Name, fmt.Sprintf("%d events, %s", x.Events, x.Confidence))
	}
}

// caseBasis is what many questions stand on: no single SQL.
func caseBasis(b answer.Basis, rows int64, s style) string {
	var out strings.Builder
	for line := range strings.Lines(basisText(b, rows, s)) {
		if !strings.HasPrefix(line, "sha256 ") {
			out.WriteString(line)
		}
	}
	return out.String()
}

func writeActor(out *strings.Builder, a app.Actor, s style) {
	state := s.good(string(a.State))
	if a.State == "unknown" {
		state = s.bad("unknown")
	}
	fmt.Fprintf(out, "  %-4s %s %s", a.ID, state, web.Visible(a.Name))
	if a.Kind != "" {
		fmt.Fprintf(out, " (%s, %s)", web.Visible(a.Kind), a.Confidence)
	}
	out.WriteByte('\n')
	if a.Reason != "" {
		fmt.Fprintf(out, "       %s\n", wrapLong(web.Visible(a.Reason), 72, "       "))
	}
	for _, h := range a.Hops {
		fmt.Fprintf(out, "       %s %s %s\n         %s\n         -> %s\n         by %s, %s; event %s\n", h.Time.Format(time.RFC3339), web.Visible(h.Action), web.Visible(h.Account),
			wrapLong(web.Visible(h.From), 70, "         "), wrapLong(web.Visible(h.To), 67, "            "), h.Link, h.Confidence, web.Visible(h.EventID))
	}
	for _, c := range a.Claims {
		fmt.Fprintf(out, "       %s: %s\n", web.Visible(c.Kind), wrapLong(web.Visible(c.Value), 70-len(c.Kind), "         "))
	}
	for _, n := range a.Notes {
		fmt.Fprintf(out, "       %s\n", wrapLong(web.Visible(n), 72, "       "))
	}
}
