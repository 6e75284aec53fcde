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

// outcomeText says what apply did of a plan. What was done is listed where it is not all of it.
func outcomeText(p *app.SetupPlan, o *app.Outcome, s style) string {
	w := newPlanWriter(p, false, s)
	fmt.Fprintf(w, "\ndone: %d calls\n", len(o.Done))
	if o.Failed != nil || len(o.Pending) > 0 {
		w.calls(s.good("done"), o.Done)
	}
	if c := o.Failed; c != nil {
		w.calls(s.bad("FAILED"), []app.SetupCall{*c})
		w.line("    ", web.Visible(c.Error))
	}
	w.calls(s.odd("not done"), o.Pending)
	if o.After != nil {
		n := o.After.Counts()
		w.WriteByte('\n')
		w.line("", "read again: "+counts("as wanted", n[app.SetupKeep], "still to create", n[app.SetupMake], "still to change", n[app.SetupAlter],
			"by hand", n[app.SetupManual], "managed by others", n[app.SetupManaged], "unknown", n[app.SetupUnknown]))
		if o.Failed == nil && len(o.Pending) == 0 {
			w.items(o.After.Items, func(i app.SetupItem) bool { return i.Action != app.SetupKeep && i.Action != app.SetupManaged })
		}
	}
	return w.String()
}

// calls says what became of calls, with the resources of one kind that have the same steps together.
func (w *planWriter) calls(word string, all []app.SetupCall) {
	type line struct {
		items []app.SetupItem
		steps string
	}
	var lines []line
	for len(all) > 0 {
		id, steps := all[0].ID, string(all[0].Step)
		all = all[1:]
		for ; len(all) > 0 && all[0].ID == id; all = all[1:] {
			steps += ", " + string(all[0].Step)
		}
		item := app.SetupItem{ID: id}
		if n := len(lines) - 1; n >= 0 && lines[n].steps == steps && lines[n].items[0].ID.Kind == id.Kind && w.place(lines[n].items[0]) == w.place(item) {
			lines[n].items = append(lines[n].items, item)
			continue
		}
		lines = append(lines, line{[]app.SetupItem{item}, steps})
	}
	for _, l := range lines {
		first := l.items[0]
		if len(l.items) == 1 {
			w.line("  ", fmt.Sprintf("%s %s %s%s: %s", word, first.ID.Kind, web.Visible(first.ID.Name), w.place(first), l.steps))
			continue
		}
		w.line("  ", fmt.Sprintf("%s %d %ss%s: %s", word, len(l.items), first.ID.Kind, w.place(first), l.steps))
		w.line("    ", web.Visible(namesOf(l.items)))
	}
}

// statusText is a report for a person. That a resource is as wanted is counted, and shown if full.
func statusText(r *app.SetupReport, full bool, s style) string {
	w := &planWriter{style: s}
	fmt.Fprintf(w, "%s in account %s, %s, at %s\n\n", web.Visible(r.Name), r.Account, r.Region, stamp(r.At))
	n := map[string]int{}
	for k := 0; k < len(r.Links); k++ {
		l := r.Links[k]
		status := string(l.Status)
		n[status]++
		if status == "pass" && !full && strings.HasSuffix(l.Title, " as wanted") {
			continue
		}
		word := s.odd(strings.ReplaceAll(status, "_", " "))
		switch status {
		case "pass":
			word = s.good(status)
		case "fail":
			word = s.bad("FAIL")
		}
		w.line("", word+"  "+web.Visible(l.Title))
		if l.Resource.Name != "" {
			w.line("      ", web.Visible(l.Resource.String()))
		}
		// The same of the next resource stands below the same title.
		for ; k+1 < len(r.Links) && r.Links[k+1].Title == l.Title && r.Links[k+1].Status == l.Status && r.Links[k+1].Detail == l.Detail; k++ {
			n[status]++
			w.line("      ", web.Visible(r.Links[k+1].Resource.String()))
		}
		if l.Detail != "" {
			w.line("      ", web.Visible(l.Detail))
		}
	}
	for _, note := range r.Notes {
		w.line("", s.odd("note")+"  "+web.Visible(note))
	}
	w.WriteByte('\n')
	w.line("", counts("pass", n["pass"], "fail", n["fail"], "unknown", n["unknown"], "not yet effective", n["not_yet_effective"], "not applicable", n["not_applicable"]))
	switch r.Result {
	case "pass":
		fmt.Fprintf(w, "%s: every link holds\n", s.good("PASS"))
	case "fail":
		fmt.Fprintf(w, "%s: the chain is broken where it says so above\n", s.bad("FAIL"))
	default:
		fmt.Fprintf(w, "%s: not everything is known yet\n", s.odd("INCOMPLETE"))
	}
	return w.String()
}
