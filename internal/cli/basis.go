package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/web"
)

// basisText says in a few lines what an answer stands on.
func basisText(b answer.Basis, rows int64, s style) string {
	var out strings.Builder
	from, to := stamp(b.From), stamp(b.To)
	if from == "" {
		from = "the first event"
	}
	if to == "" {
		to = "the last"
	}
	fmt.Fprintf(&out, "basis      %s to %s", from, to)
	if len(b.Accounts) > 0 {
		fmt.Fprintf(&out, ", account %s", strings.Join(b.Accounts, " "))
	}
	if len(b.Regions) > 0 {
		fmt.Fprintf(&out, ", region %s", strings.Join(b.Regions, " "))
	}
	out.WriteByte('\n')
	switch {
	case b.Engine == "athena":
	case b.Coverage == nil:
		fmt.Fprintf(&out, "coverage   %s\n", s.odd("not known: nothing of this period was validated"))
	default:
		word := fmt.Sprintf("%.1f%% of hours verified", float64(int(*b.Coverage*10))/10)
		if *b.Coverage == 100 {
			word = s.good(word)
		} else {
			word = s.bad(word)
		}
		fmt.Fprintf(&out, "coverage   %s\n", word)
	}
	const few = 5
	for i, g := range b.Gaps {
		if i == few {
			fmt.Fprintf(&out, "           and %d further spans that are not verified (trailseal coverage)\n", len(b.Gaps)-few)
			break
		}
		fmt.Fprintf(&out, "           %s %s %s to %s\n           %s\n", web.Visible(g.Account), web.Visible(g.Region), stamp(g.From), stamp(g.To), g.State)
	}
	var states []any
	for _, name := range slices.Sorted(maps.Keys(b.States)) {
		states = append(states, name, int(b.States[name]))
	}
	fmt.Fprintf(&out, "scanned    %d files, %s, %d events", b.Files, size(b.Bytes), b.Events)
	if len(states) > 0 {
		fmt.Fprintf(&out, "\nof these   %s", wide(states...))
	}
	fmt.Fprintf(&out, "\nanswer     %d rows, %.2f s, %s", rows, b.Seconds, b.Engine)
	if b.Version > 0 {
		fmt.Fprintf(&out, ", lake version %d", b.Version)
	}
	fmt.Fprintf(&out, "\nsha256     %s\n", b.SQLSHA256)
	for _, x := range b.Warnings {
		fmt.Fprintf(&out, "warning    %s\n", wrap(web.Visible(x), 69, "           "))
	}
	return out.String()
}
