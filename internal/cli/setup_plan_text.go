package cli

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/web"
)

// planText is a plan for a person at a terminal of 80 columns. What is as wanted is counted, and shown if full. Unless full,
// resources of which the same is to be said are said together, and each reason is told whole where it comes first.
func planText(p *app.SetupPlan, full bool, s style) string {
	w := newPlanWriter(p, full, s)
	fmt.Fprintf(w, "%s in account %s, %s\n\n", web.Visible(p.Name), p.Account, p.Region)
	w.items(p.Items, func(i app.SetupItem) bool { return i.Action != app.SetupKeep || full || len(i.Notes) > 0 })
	for _, u := range p.Unlisted {
		w.line("", s.odd("unknown")+"  "+web.Visible(u))
	}
	for _, n := range p.Notes {
		w.line("", s.odd("note")+"  "+web.Visible(n))
	}
	if len(p.Unlisted)+len(p.Notes) > 0 {
		w.WriteByte('\n')
	}
	n := p.Counts()
	sum := counts("as wanted", n[app.SetupKeep], "by hand", n[app.SetupManual], "managed by others", n[app.SetupManaged], "unknown", n[app.SetupUnknown])
	if p.Changes() {
		sum = counts("to create", n[app.SetupMake], "to change", n[app.SetupAlter], "as wanted", n[app.SetupKeep],
			"by hand", n[app.SetupManual], "managed by others", n[app.SetupManaged], "unknown", n[app.SetupUnknown])
	}
	w.line("", sum)
	switch {
	case p.Incomplete():
		fmt.Fprintf(w, "%s: what could not be read is not known, and is not written\n", s.odd("INCOMPLETE"))
	case !p.Changes() && n[app.SetupManual] == 0:
		fmt.Fprintf(w, "%s\n", s.good("no change"))
	}
	return w.String()
}

// planWriter writes the resources of a plan.
type planWriter struct {
	strings.Builder
	style
	full            bool
	account, region string          // said once, at the top
	told            map[string]bool // reasons and costs that were told
}

func newPlanWriter(p *app.SetupPlan, full bool, s style) *planWriter {
	return &planWriter{style: s, full: full, account: p.Account, region: p.Region, told: map[string]bool{}}
}

// place is where a resource is, unless it is where the whole plan is.
func (w *planWriter) place(i app.SetupItem) string {
	id := i.ID
	if id.Account == w.account && (id.Region == w.region || id.Region == "") {
		return ""
	}
	return strings.TrimRight(" ("+id.Account+" "+id.Region, " ") + ")"
}

// line writes a text behind an indent, and what does not fit below it, two columns further in.
func (w *planWriter) line(indent, text string) {
	fmt.Fprintf(w, "%s%s\n", indent, wrapLong(text, 78-len(indent), indent+"  "))
}

// items writes those resources that are to be shown, in the order of the plan.
func (w *planWriter) items(all []app.SetupItem, shown func(app.SetupItem) bool) {
	for len(all) > 0 {
		n := 1
		for n < len(all) && w.alike(all[0], all[n]) {
			n++
		}
		if shown(all[0]) {
			w.together(all[:n])
		}
		all = all[n:]
	}
}

// alike reports whether the same is to be said of two resources.
func (w *planWriter) alike(a, b app.SetupItem) bool {
	if a.Action != b.Action || a.ID.Kind != b.ID.Kind || a.ID.Account != b.ID.Account || a.ID.Region != b.ID.Region ||
		a.Ask != b.Ask || a.ManagedBy != b.ManagedBy || !slices.Equal(a.Notes, b.Notes) || !reflect.DeepEqual(a.Unread, b.Unread) {
		return false
	}
	if a.Action != app.SetupMake || w.full {
		return reflect.DeepEqual(a.Changes, b.Changes)
	}
	// What is new differs in what its name says; the rest is in the settings that it shares.
	return len(a.Changes) == 1 && len(b.Changes) == 1 && reason(a.Changes[0]) == reason(b.Changes[0]) && a.Changes[0].Setting == b.Changes[0].Setting
}

// together writes resources that are alike.
func (w *planWriter) together(items []app.SetupItem) {
	i := items[0]
	mark := marks[string(i.Action)]
	switch i.Action {
	case app.SetupMake, app.SetupKeep:
		mark = w.good(mark)
	case app.SetupAlter, app.SetupUnknown, app.SetupManual:
		mark = w.odd(mark)
	}
	if len(items) == 1 {
		w.line("", fmt.Sprintf("%s %s %s %s%s", mark, i.Action, i.ID.Kind, web.Visible(i.ID.Name), w.place(i)))
	} else {
		w.line("", fmt.Sprintf("%s %s %d %ss%s", mark, i.Action, len(items), i.ID.Kind, w.place(i)))
		w.line("    ", web.Visible(namesOf(items)))
	}
	if i.ManagedBy != "" {
		w.line("    ", "managed by "+web.Visible(i.ManagedBy)+", and left alone")
	}
	w.changes(i, len(items) > 1 && i.Action == app.SetupMake)
	for _, u := range i.Unread {
		w.line("    ", w.odd("not read: "+string(u.Step))+": "+web.Visible(u.Why))
	}
	if i.Ask != "" {
		w.line("    ", w.bad("asked twice:")+" "+web.Visible(i.Ask))
	}
	for _, n := range i.Notes {
		w.line("    ", "note: "+web.Visible(n))
	}
	w.WriteByte('\n')
}

// namesOf lists names; what all begin with, up to a colon, stands before them.
func namesOf(items []app.SetupItem) string {
	before := items[0].ID.Name[:strings.LastIndexByte(items[0].ID.Name, ':')+1]
	names := make([]string, 0, len(items))
	for _, i := range items {
		if !strings.HasPrefix(i.ID.Name, before) {
			before = ""
		}
		names = append(names, i.ID.Name)
	}
	if before == "" {
		return strings.Join(names, ", ")
	}
	for k := range names {
		names[k] = names[k][len(before):]
	}
	return before + " " + strings.Join(names, ", ")
}

// changes writes the settings of a resource, those that have the same reason together. With many, it is one of several that
// are new, and its settings are one example.
func (w *planWriter) changes(i app.SetupItem, many bool) {
	rest := i.Changes
	for len(rest) > 0 {
		n := 1
		for n < len(rest) && reason(rest[n]) == reason(rest[0]) {
			n++
		}
		settings := settingLines(rest[:n], i.Action == app.SetupMake, w.full)
		for _, text := range settings {
			if many {
				text = "such as: " + text
			}
			w.line("    ", web.Visible(text))
		}
		w.why(rest[0], i.Action == app.SetupMake)
		rest = rest[n:]
	}
}

// reason is everything that is said of a change beside its values.
func reason(c app.SetupChange) string {
	return strings.Join(append([]string{c.Why, c.Risk, c.Cost, c.Ask, c.Manual}, c.Meets...), "\x00")
}

// settingLines are changes for a table. Of what is new, what it was before is not said, nor, unless full, what the
// statements of its policy are beside their names.
func settingLines(changes []app.SetupChange, made, full bool) []string {
	var lines, statements []string
	for k := 0; k < len(changes); k++ {
		c := changes[k]
		names := c.Setting
		if policy, statement, ok := strings.Cut(c.Setting, ", statement "); ok && made && !full {
			if statements == nil {
				statements = []string{policy + ", statements "}
			}
			statements = append(statements, statement)
			continue
		}
		for k+1 < len(changes) && changes[k+1].Now == c.Now && changes[k+1].Want == c.Want {
			k++
			names += ", " + changes[k].Setting
		}
		now, want := c.Now, c.Want
		if now == "" {
			now = "not set"
		}
		if !full {
			now, want = clip(now), clip(want)
		}
		switch {
		case made && c.Setting == "(new)":
			lines = append(lines, want)
		case made:
			lines = append(lines, names+": "+want)
		default:
			lines = append(lines, names+": "+now+" -> "+want)
		}
	}
	if statements != nil {
		lines = append(lines, statements[0]+strings.Join(statements[1:], ", "))
	}
	return lines
}

// why writes the reason of a change: whole where it comes first. Later it is short, and with what is new left out; what
// somebody has to know of or to do is always there.
func (w *planWriter) why(c app.SetupChange, made bool) {
	const in = "      "
	known := w.told[c.Why] && !w.full
	w.told[c.Why] = true
	why := c.Why
	if len(c.Meets) > 0 && !known {
		why += " (" + strings.Join(c.Meets, ", ") + ")"
	}
	if why != "" && !(known && made) {
		w.line(in, "why: "+web.Visible(why))
	}
	if c.Risk != "" {
		w.line(in, "risk: "+web.Visible(c.Risk))
	}
	if c.Cost != "" && (w.full || !w.told[c.Cost]) {
		w.line(in, "cost: "+web.Visible(c.Cost))
	}
	w.told[c.Cost] = true
	if c.Ask != "" {
		w.line(in, w.bad("asked twice:")+" "+web.Visible(c.Ask))
	}
	if c.Manual != "" { // first a command, which is not broken, so that it can be copied; then what else to know
		command, rest, _ := strings.Cut(c.Manual, "\n")
		fmt.Fprintf(w, "%s%s\n%s  %s\n", in, w.odd("by hand:"), in, web.Visible(command))
		for text := range strings.Lines(rest) {
			w.line(in+"  ", web.Visible(strings.TrimSpace(text)))
		}
	}
}

var marks = map[string]string{
	string(app.SetupMake): "+", string(app.SetupAlter): "~", string(app.SetupKeep): "=",
	string(app.SetupManual): "!", string(app.SetupUnknown): "?", string(app.SetupManaged): "-",
}

// clip shortens a setting for a table; --all and -o json have it whole.
func clip(text string) string {
	const most = 240
	return cut(strings.Join(strings.Fields(text), " "), most)
}
