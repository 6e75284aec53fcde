package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/verdict"
	"github.com/trailseal/trailseal/internal/web"
)

// defuse keeps a spreadsheet from taking a cell for a formula
// (https://owasp.org/www-community/attacks/CSV_Injection), and a terminal from obeying it.
func defuse(s string) string {
	s = web.Visible(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

func writeCSV(w io.Writer, head []string, rows func(put func(...string) error) error) error {
	c := csv.NewWriter(w)
	if err := c.Write(head); err != nil {
		return err
	}
	err := rows(func(cells ...string) error {
		for i, s := range cells {
			cells[i] = defuse(s)
		}
		return c.Write(cells)
	})
	c.Flush()
	if err != nil {
		return err
	}
	return c.Error()
}

// writeReportCSV writes one row for each fault, gap and unsealed digest, and one for each account and region.
func writeReportCSV(w io.Writer, rep verdict.Report) error {
	head := []string{"type", "kind", "severity", "account", "region", "from", "to", "key", "detail", "hours_covered_percent", "digests", "log_files", "faults"}
	return writeCSV(w, head, func(put func(...string) error) error {
		for _, c := range rep.Coverage {
			if err := put("coverage", "", "", c.Account, c.Region, stamp(rep.From), stamp(rep.To), "", "",
				fmt.Sprintf("%.3f", c.Percent), fmt.Sprint(c.Digests), fmt.Sprint(c.Logs), fmt.Sprint(c.Faults)); err != nil {
				return err
			}
		}
		for _, x := range rep.Gaps {
			kind := "gap-unexplained"
			if x.Explained {
				kind = "gap-explained"
			}
			if err := put("gap", kind, "", x.Account, x.Region, stamp(x.From), stamp(x.To), "", strings.TrimSpace(x.Cause+" "+x.Reason), "", "", "", ""); err != nil {
				return err
			}
		}
		for _, x := range rep.Faults {
			if err := put("fault", string(x.Kind), string(x.Severity), x.Account, x.Region, stamp(x.Time), "", x.Key, x.Detail, "", "", "", ""); err != nil {
				return err
			}
		}
		for _, key := range rep.Unsealed {
			if err := put("unsealed", "", "", "", "", "", "", key, "no signature is known for it yet", "", "", "", ""); err != nil {
				return err
			}
		}
		return nil
	})
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
