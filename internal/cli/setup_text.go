package cli

import (
	"fmt"
	"strings"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/web"
)

// outcomeJSON is what apply writes with -o json.
type outcomeJSON struct {
	Result string `json:"result"` // done, manual, incomplete, or failed
	*app.Outcome
}

func planResult(p *app.SetupPlan) string {
	n := p.Counts()
	switch {
	case n[app.SetupMake]+n[app.SetupAlter] > 0:
		return "failed"
	case p.Incomplete():
		return "incomplete"
	case n[app.SetupManual] > 0:
		return "manual"
	}
	return "done"
}

func outcomeResult(o *app.Outcome, err error) string {
	if err != nil || o.After == nil {
		return "failed"
	}
	return planResult(o.After)
}

// planText is a plan for a person at a terminal of 80 columns. What is as wanted is counted, and shown if full.
func planText(p *app.SetupPlan, full bool, s style) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in account %s, %s\n\n", web.Visible(p.Name), p.Account, p.Region)
	for _, i := range p.Items {
		if i.Action == app.SetupKeep && !full && len(i.Notes) == 0 {
			continue
		}
		itemText(&b, i, s)
	}
	for _, u := range p.Unlisted {
		fmt.Fprintf(&b, "%s  %s\n\n", s.odd("unknown"), wrap(web.Visible(u), 70, "         "))
	}
	for _, n := range p.Notes {
		fmt.Fprintf(&b, "%s  %s\n\n", s.odd("note"), wrap(web.Visible(n), 72, "      "))
	}
	n := p.Counts()
	fmt.Fprintf(&b, "%s\n", counts("to create", n[app.SetupMake], "to change", n[app.SetupAlter], "as wanted", n[app.SetupKeep],
		"by hand", n[app.SetupManual], "managed by others", n[app.SetupManaged], "unknown", n[app.SetupUnknown]))
	switch {
	case p.Incomplete():
		fmt.Fprintf(&b, "%s: what could not be read is not known, and is not written\n", s.odd("INCOMPLETE"))
	case !p.Changes() && n[app.SetupManual] == 0:
		fmt.Fprintf(&b, "%s\n", s.good("no change"))
	}
	return b.String()
}

var marks = map[string]string{
	string(app.SetupMake): "+", string(app.SetupAlter): "~", string(app.SetupKeep): "=",
	string(app.SetupManual): "!", string(app.SetupUnknown): "?", string(app.SetupManaged): "-",
}

func itemText(b *strings.Builder, i app.SetupItem, s style) {
	mark := marks[string(i.Action)]
	switch i.Action {
	case app.SetupMake, app.SetupKeep:
		mark = s.good(mark)
	case app.SetupAlter, app.SetupUnknown, app.SetupManual:
		mark = s.odd(mark)
	}
	fmt.Fprintf(b, "%s %s %s\n", mark, i.Action, web.Visible(i.ID.String()))
	if i.ManagedBy != "" {
		fmt.Fprintf(b, "    managed by %s, and left alone\n", web.Visible(i.ManagedBy))
	}
	for _, c := range i.Changes {
		changeText(b, c, s)
	}
	for _, u := range i.Unread {
		fmt.Fprintf(b, "    %s: %s\n", s.odd("not read: "+string(u.Step)), wrap(web.Visible(u.Why), 72, "      "))
	}
	if i.Ask != "" {
		fmt.Fprintf(b, "    %s %s\n", s.bad("asked twice:"), wrap(web.Visible(i.Ask), 62, "      "))
	}
	for _, n := range i.Notes {
		fmt.Fprintf(b, "    note: %s\n", wrap(web.Visible(n), 70, "      "))
	}
	b.WriteByte('\n')
}

func changeText(b *strings.Builder, c app.SetupChange, s style) {
	now := c.Now
	if now == "" {
		now = "not set"
	}
	head := fmt.Sprintf("%s: %s -> %s", c.Setting, clip(now), clip(c.Want))
	fmt.Fprintf(b, "    %s\n", wrapLong(web.Visible(head), 76, "      "))
	why := c.Why
	if len(c.Meets) > 0 {
		why += " (" + strings.Join(c.Meets, ", ") + ")"
	}
	if why != "" {
		fmt.Fprintf(b, "      why: %s\n", wrap(web.Visible(why), 69, "        "))
	}
	for _, extra := range []struct{ name, text string }{{"risk", c.Risk}, {"cost", c.Cost}} {
		if extra.text != "" {
			fmt.Fprintf(b, "      %s: %s\n", extra.name, wrap(web.Visible(extra.text), 68, "        "))
		}
	}
	if c.Ask != "" {
		fmt.Fprintf(b, "      %s %s\n", s.bad("asked twice:"), wrap(web.Visible(c.Ask), 60, "        "))
	}
	if c.Manual != "" { // a command: it is not broken, so that it can be copied
		fmt.Fprintf(b, "      %s %s\n", s.odd("by hand:"), web.Visible(c.Manual))
	}
}

// clip shortens a setting for a table; -o json has it whole.
func clip(text string) string {
	const most = 240
	return cut(strings.Join(strings.Fields(text), " "), most)
}

// unknownLines say what of a plan could not be read.
func unknownLines(p *app.SetupPlan) []string {
	lines := []string(nil)
	for _, u := range p.Unlisted {
		lines = append(lines, web.Visible(u))
	}
	for _, i := range p.Items {
		for _, u := range i.Unread {
			lines = append(lines, web.Visible(fmt.Sprintf("%s: %s: %s", i.ID, u.Step, u.Why)))
		}
	}
	return lines
}

func outcomeText(o *app.Outcome, s style) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\ndone: %d calls\n", len(o.Done))
	for _, c := range o.Done {
		fmt.Fprintf(&b, "  %s %s: %s\n", s.good("done"), web.Visible(c.ID.String()), c.Step)
	}
	if c := o.Failed; c != nil {
		fmt.Fprintf(&b, "  %s %s: %s\n    %s\n", s.bad("FAILED"), web.Visible(c.ID.String()), c.Step, wrap(web.Visible(c.Error), 74, "    "))
	}
	for _, c := range o.Pending {
		fmt.Fprintf(&b, "  %s %s: %s\n", s.odd("not done"), web.Visible(c.ID.String()), c.Step)
	}
	if o.After != nil {
		b.WriteString("\nread again: ")
		n := o.After.Counts()
		b.WriteString(counts("as wanted", n[app.SetupKeep], "still to create", n[app.SetupMake], "still to change", n[app.SetupAlter],
			"by hand", n[app.SetupManual], "managed by others", n[app.SetupManaged], "unknown", n[app.SetupUnknown]) + "\n")
		for _, i := range o.After.Items {
			if i.Action != app.SetupKeep && i.Action != app.SetupManaged {
				itemText(&b, i, s)
			}
		}
	}
	return b.String()
}

func statusText(r *app.SetupReport, full bool, s style) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in account %s, %s, at %s\n\n", web.Visible(r.Name), r.Account, r.Region, stamp(r.At))
	n := map[string]int{}
	for _, l := range r.Links {
		status := string(l.Status)
		n[status]++
		if status == "pass" && !full && strings.HasSuffix(l.Title, " as wanted") {
			continue
		}
		word := s.odd(status)
		switch status {
		case "pass":
			word = s.good(status)
		case "fail":
			word = s.bad("FAIL")
		}
		fmt.Fprintf(&b, "%s  %s\n", word, web.Visible(l.Title))
		if l.Resource.Name != "" {
			fmt.Fprintf(&b, "      %s\n", wrapLong(web.Visible(l.Resource.String()), 74, "      "))
		}
		if l.Detail != "" {
			fmt.Fprintf(&b, "      %s\n", wrap(web.Visible(l.Detail), 74, "      "))
		}
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note  %s\n", wrap(web.Visible(note), 74, "      "))
	}
	fmt.Fprintf(&b, "\n%s\n", counts("pass", n["pass"], "fail", n["fail"], "unknown", n["unknown"], "not yet effective", n["not_yet_effective"], "not applicable", n["not_applicable"]))
	switch r.Result {
	case "pass":
		fmt.Fprintf(&b, "%s: every link holds\n", s.good("PASS"))
	case "fail":
		fmt.Fprintf(&b, "%s: the chain is broken where it says so above\n", s.bad("FAIL"))
	default:
		fmt.Fprintf(&b, "%s: not everything is known yet\n", s.odd("INCOMPLETE"))
	}
	return b.String()
}
