package web

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/finding"
)

func backtested(t *testing.T, r app.BacktestReport) string {
	t.Helper()
	var out bytes.Buffer
	if err := Backtest(&out, r, options); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// found is a report whose every text is hostile.
func found() app.BacktestReport {
	const hostile = "<script>alert(1)</script>\x1b[31m\u202e"
	r := app.BacktestReport{Files: 3, Records: 12345, Earliest: day0, Latest: day0.AddDate(0, 0, 9), Matches: 1204, Suppressed: 4, Twins: 2,
		Silent: []string{"quiet" + hostile}, Warnings: []string{hostile}}
	for i, s := range []finding.Severity{finding.Low, finding.Critical, finding.Medium} {
		d := app.Found{Detection: fmt.Sprintf("rule-%d%s", i, hostile), Title: "Title " + hostile, Severity: s, Matches: int64(1 + i*600), First: day0, Last: day0.AddDate(0, 0, 7)}
		d.Principals = append(d.Principals, struct {
			Principal string `json:"principal"`
			Matches   int64  `json:"matches"`
		}{"arn:" + hostile, int64(i)})
		r.Detections = append(r.Detections, d)
	}
	return r
}

func TestBacktestPageShowsHostileTextAsText(t *testing.T) {
	page := backtested(t, found())
	if strings.Contains(page, "<script>") || strings.Contains(page, "\x1b") || strings.Contains(page, "\u202e") {
		t.Error("a text of the log is markup, or cannot be seen")
	}
	for _, want := range []string{"1,200 matches", "&lt;script&gt;", `<span class="esc">\u202e</span>`, "12,345", "</html>"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	worst, least := strings.Index(page, "rule-1"), strings.Index(page, "rule-0")
	if worst < 0 || worst > least {
		t.Error("the worst severity does not come first")
	}
}

func TestBacktestPageNeverCallsWhatWasNotReadNothing(t *testing.T) {
	r := app.BacktestReport{Records: 5, Unreadable: 1, Files: 2}
	r.UnreadFirst = append(r.UnreadFirst, struct {
		Source string `json:"source"`
		Reason string `json:"reason"`
	}{"AWSLogs/a.json.gz", "access denied"})
	page := backtested(t, r)
	if strings.Contains(page, "No match</h1>") || !strings.Contains(page, "Not everything could be read") || !strings.Contains(page, "access denied") {
		t.Error("a page of what could not be read says that there is nothing")
	}
	if page := backtested(t, app.BacktestReport{Records: 5, Files: 1}); !strings.Contains(page, "No match</h1>") {
		t.Error("nothing found is not said")
	}
}

func TestGridSumsUpWhatIsTooFarBack(t *testing.T) {
	d := app.Found{Detection: "d", Matches: 120}
	for i := range 60 {
		for _, account := range []string{"111122223333", "444455556666"} {
			d.Weeks = append(d.Weeks, struct {
				Week       string `json:"week"`
				Account    string `json:"account"`
				Matches    int64  `json:"matches"`
				Suppressed int64  `json:"suppressed"`
			}{fmt.Sprintf("%04d-W%02d", 2025+i/52, 1+i%52), account, 1, 0})
		}
	}
	g := gridOf(d)
	if len(g.Weeks) != maxGridWeeks || !g.Earlier || len(g.Rows) != 2 {
		t.Fatalf("%d weeks, earlier %v, %d accounts", len(g.Weeks), g.Earlier, len(g.Rows))
	}
	sum := int64(0)
	for _, row := range g.Rows {
		for _, c := range row {
			sum += c.N
		}
	}
	if sum != d.Matches || g.Rows[0][0].N != 7 {
		t.Errorf("the cells add up to %d, want %d; the first holds %d, want 7", sum, d.Matches, g.Rows[0][0].N)
	}
}
