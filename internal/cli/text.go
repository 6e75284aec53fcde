package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"golang.org/x/term"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/verdict"
	"github.com/trailseal/trailseal/internal/web"
)

// style colours text where a person will see it in colour.
type style struct{ colour bool }

func (g *global) style(w io.Writer) style {
	f, ok := w.(*os.File)
	return style{ok && !g.noColor && term.IsTerminal(int(f.Fd()))}
}

func (s style) paint(colour, text string) string {
	if !s.colour {
		return text
	}
	return lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Color(colour)).Render(text)
}

func (s style) bad(t string) string  { return s.paint("1", t) }
func (s style) good(t string) string { return s.paint("2", t) }
func (s style) odd(t string) string  { return s.paint("3", t) }

// columns is how wide a terminal is; 80 of anything else.
func columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 80
}

// rows draws a table without lines: it can be read, cut and searched.
func rows(head []string, body [][]string, right ...int) string {
	return table.New().
		Border(lipgloss.HiddenBorder()).BorderTop(false).BorderBottom(false).BorderLeft(false).BorderRight(false).BorderHeader(false).BorderColumn(false).
		StyleFunc(func(_, col int) lipgloss.Style {
			st := lipgloss.NewStyle().PaddingRight(2)
			for _, r := range right {
				if r == col {
					st = st.Align(lipgloss.Right)
				}
			}
			return st
		}).
		Headers(head...).Rows(body...).String()
}

func percent(c verdict.Coverage) string {
	// Rounded down: 99.99 is not 100.
	return fmt.Sprintf("%.1f%%", float64(int(c.Percent*10))/10)
}

// writeText is the report for a person at a terminal of 80 columns.
func writeText(w io.Writer, rep verdict.Report, s style) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s to %s, log files read: %s\n\n", web.Visible(rep.Source), stamp(rep.From), stamp(rep.To), rep.Logs)
	var body [][]string
	for _, c := range rep.Coverage {
		good := c.Hours[integrity.Verified.String()] + c.Hours[integrity.VerifiedEmpty.String()]
		due := good + c.Hours[integrity.GapUnexplained.String()] + c.Hours[integrity.Invalid.String()]
		body = append(body, []string{c.Account, c.Region, fmt.Sprintf("%d/%d", good, due), percent(c), fmt.Sprint(c.Digests), fmt.Sprint(c.Logs), fmt.Sprint(c.Faults)})
	}
	if len(body) > 0 {
		fmt.Fprintln(&b, trimLines(rows([]string{"account", "region", "hours", "verified", "digests", "logs", "faults"}, body, 2, 3, 4, 5, 6)))
	}
	for _, x := range rep.Gaps {
		word := s.bad("GAP")
		if x.Explained {
			word = s.good("gap, explained")
		}
		fmt.Fprintf(&b, "%s  %s %s %s\n  %s to %s\n  %s\n", word, x.Account, x.Region, web.Visible(x.Trail), stamp(x.From), stamp(x.To), wrap(web.Visible(x.Cause), 76, "  "))
		if x.Explained {
			who := x.Reviewer
			if x.Ticket != "" {
				who = x.Ticket + ", " + who
			}
			fmt.Fprintf(&b, "  %s (%s)\n", web.Visible(x.Reason), web.Visible(who))
		}
		b.WriteByte('\n')
	}
	writeFaults(&b, rep.Faults, s)
	for _, k := range rep.Unsealed {
		fmt.Fprintf(&b, "%s  %s\n  no signature is known for it yet: neither valid nor invalid\n\n", s.odd("unsealed"), web.Visible(k))
	}
	for _, x := range rep.Warnings {
		fmt.Fprintf(&b, "%s  %s\n\n", s.odd("note"), wrap(web.Visible(x), 72, "      "))
	}
	d, l := rep.Digests, rep.LogFiles
	fmt.Fprintf(&b, "digests    %s\n", wide("valid", d.Valid, "invalid", d.Invalid, "missing", d.Missing, "unsealed", d.Unsealed, "unreadable", d.Unreadable))
	fmt.Fprintf(&b, "log files  %s\n", wide("valid", l.Valid, "invalid", l.Invalid, "missing", l.Missing, "unlisted", l.Unlisted, "pending", l.Pending, "unreadable", l.Unreadable, "not read", l.Unchecked))
	fmt.Fprintf(&b, "read       %d objects, %s, %.1f s\n\n", rep.Stats.Objects, size(rep.Stats.BytesRead), rep.Stats.Seconds)
	switch rep.Result {
	case verdict.Pass:
		fmt.Fprintf(&b, "%s: every assertion holds for this period\n", s.good("PASS"))
		if rep.Digests.Unsealed+rep.LogFiles.Pending+rep.LogFiles.Unchecked > 0 {
			fmt.Fprintf(&b, "      but not for what is counted above as unsealed, pending or not read\n")
		}
	case verdict.Fail:
		fmt.Fprintf(&b, "%s: what is named above is missing, changed or not vouched for\n", s.bad("FAIL"))
	default:
		fmt.Fprintf(&b, "%s: not everything could be read or proven, so the answer is not known\n", s.odd("INCOMPLETE"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// few is how many faults of a run of the same kind are printed in full.
const few = 5

// alike says whether b need not be read by somebody who has read a few like it: hours in a row without a digest, or
// objects that fail for one common cause.
func alike(a, b integrity.Fault) bool {
	switch a.Kind {
	case integrity.DigestMissing, integrity.KeyUnknown, integrity.Unreadable:
		return a.Kind == b.Kind && a.Severity == b.Severity && a.Account == b.Account && a.Region == b.Region
	}
	return false
}

func writeFaults(b *strings.Builder, faults []integrity.Fault, s style) {
	run := 0
	for i, f := range faults {
		word := s.bad(string(f.Kind))
		if f.Severity != integrity.Failure {
			word = s.odd(string(f.Kind))
		}
		if i == 0 || !alike(faults[i-1], f) {
			run = 0
		}
		if run++; run <= few {
			fmt.Fprintf(b, "%s  %s\n  %s\n\n", word, web.Visible(f.Key), wrap(web.Visible(f.Detail), 76, "  "))
		} else if i+1 == len(faults) || !alike(f, faults[i+1]) {
			fmt.Fprintf(b, "%s  %d more of %s %s", word, run-few, f.Account, f.Region)
			if !f.Time.IsZero() {
				fmt.Fprintf(b, "\n  up to %s", stamp(f.Time))
			}
			fmt.Fprintf(b, "; -o json names each\n\n")
		}
	}
}

// counts writes the numbers that are not zero, and always the first.
func counts(pairs ...any) string {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		if n := pairs[i+1].(int); n > 0 || i == 0 {
			out = append(out, fmt.Sprintf("%d %s", n, pairs[i]))
		}
	}
	return strings.Join(out, ", ")
}

// wide is counts below a heading of ten letters, no line longer than 80.
func wide(pairs ...any) string {
	var b strings.Builder
	col := 0
	for i, item := range strings.SplitAfter(counts(pairs...), ", ") {
		if i > 0 && col+len(item) > 69 {
			b.WriteString("\n           ")
			col = 0
		}
		b.WriteString(item)
		col += len(item)
	}
	return strings.ReplaceAll(b.String(), ", \n", ",\n")
}

func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
}

// trimLines takes the padding off the ends of lines.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// wrap breaks text into lines of at most n characters, the later ones indented.
func wrap(s string, n int, indent string) string {
	var b strings.Builder
	col := 0
	for i, word := range strings.Fields(s) {
		switch {
		case i == 0:
		case col+1+len(word) > n:
			b.WriteString("\n" + indent)
			col = 0
		default:
			b.WriteByte(' ')
			col++
		}
		b.WriteString(word)
		col += len(word)
	}
	return b.String()
}
