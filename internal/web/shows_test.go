package web

import (
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/verdict"
)

// A byte that is no state, the zero byte above all, is drawn and counted as pending.
func TestUnknownStateIsPending(t *testing.T) {
	for _, s := range []integrity.State{0, 'v', 255} {
		c := []verdict.Coverage{row("1", "r", 2, func(int, int) integrity.State { return s })}
		if n := hoursOf(c)[integrity.Pending.String()]; n != 48 {
			t.Errorf("state %d: %d hours pending, want 48", s, n)
		}
		svg := renderSVG(t, c)
		if cells := svg[strings.Index(svg, `class="regn"`):strings.Index(svg, `class="cut"`)]; !strings.Contains(cells, `class="sP"`) || strings.Contains(cells, `class="sV"`) {
			t.Errorf("state %d is not drawn as pending:\n%s", s, cells)
		}
	}
}

// One bad hour in a year decides its day's cell and stands beside the good ones in words.
func TestWorstHourOfTheDay(t *testing.T) {
	svg := renderSVG(t, []verdict.Coverage{row("1", "r", 365, func(d, h int) integrity.State {
		if d == 100 && h == 7 {
			return integrity.Invalid
		}
		return integrity.Verified
	})})
	if !strings.Contains(svg, "2026-06-09: 1 h invalid, 23 h verified") || strings.Count(svg, `class="bI" x`) != 1 {
		t.Error("the bad hour does not show")
	}
}

// A day that coverage does not speak of stays empty: neighbours do not grow over it.
func TestMissingDayStaysEmpty(t *testing.T) {
	c := row("1", "r", 5, nil)
	c.Days = append(c.Days[:2:2], c.Days[3:]...)
	svg := renderSVG(t, []verdict.Coverage{c})
	for _, want := range []string{"2026-03-01 to 2026-03-02, each day: verified", "2026-03-04 to 2026-03-05, each day: verified"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no cell %q", want)
		}
	}
}

func TestPercent(t *testing.T) {
	hours := map[string]int{"verified": 99999, "invalid": 1}
	for _, c := range []struct {
		cov  verdict.Coverage
		want string
	}{
		{verdict.Coverage{Hours: hours, Percent: 99.999}, "99.99 %"},
		{verdict.Coverage{Hours: hours, Percent: 100}, "100 %"},
		{verdict.Coverage{Hours: map[string]int{"invalid": 3}, Percent: 0}, "0.00 %"},
		{verdict.Coverage{Hours: map[string]int{"pending": 3}}, "–"},
		{verdict.Coverage{}, "–"},
	} {
		if got := percent(c.cov); got != c.want {
			t.Errorf("%v: %q, want %q", c.cov.Hours, got, c.want)
		}
	}
}

func TestRuns(t *testing.T) {
	var faults []integrity.Fault
	for i := range 10 { // two chains, interleaved, newest first
		at := day0.Add(time.Duration(10-i) * time.Hour)
		faults = append(faults, missing("111122223333", "us-east-1", at), missing("444455556666", "us-east-1", at))
	}
	faults = append(faults, missing("444455556666", "us-east-1", day0.AddDate(0, 0, 9)))
	got := sections(faults)[0]
	if len(got.Blocks) != 3 || len(got.Blocks[0].Rows) != 10 || len(got.Blocks[1].Rows) != 10 || len(got.Blocks[2].Rows) != 1 {
		t.Fatalf("blocks: %+v", got.Blocks)
	}
	if want := "10 digests in a row: 111122223333 us-east-1, 2026-03-01 01:00 to 2026-03-01 10:00 UTC"; got.Blocks[0].Fold != want {
		t.Errorf("got %q, want %q", got.Blocks[0].Fold, want)
	}
	if got.Blocks[2].Fold != "" {
		t.Error("a single digest is folded")
	}
}

func TestRecheck(t *testing.T) {
	org := []verdict.Chain{chain("111122223333", "us-east-1"), chain("444455556666", "us-east-1"), chain("444455556666", "us-east-1")}
	odd := chain("111122223333", "us-east-1")
	odd.Trail = "x; rm -rf ~"
	gov := chain("111122223333", "us-gov-west-1")
	gov.Trail, gov.Home = "gov", "us-gov-west-1"
	r := verdict.Report{From: day0, To: day0.AddDate(0, 0, 1), Chains: append(org, odd, gov)}
	got := rechecks(&r)
	if len(got) != 3 {
		t.Fatalf("trails: %+v", got)
	}
	if a := got[0]; !a.Org || len(a.Commands) != 2 || !strings.Contains(a.Commands[1], "MANAGEMENT-ACCOUNT-ID:trail/audit --account-id 444455556666 --region us-east-1 --start-time 2026-03-01T00:00:00Z --end-time 2026-03-02T00:00:00Z") {
		t.Errorf("organization trail: %+v", a)
	}
	if g := got[1]; g.Org || !strings.Contains(g.Commands[0], "--trail-arn arn:aws-us-gov:cloudtrail:us-gov-west-1:111122223333:trail/gov --region") {
		t.Errorf("other partition: %+v", g)
	}
	if o := got[2]; len(o.Commands) != 0 || len(o.Odd) != 1 {
		t.Errorf("a command for a hostile name: %+v", o)
	}
}

// The glossary knows every state in its order and each kind once.
func TestWordsAreComplete(t *testing.T) {
	for i, s := range integrity.States {
		if states[i].Code != s.String() {
			t.Errorf("state %d is %s, want %s", i, states[i].Code, s)
		}
	}
	if len(states) != len(integrity.States) || len(kinds) != 11 {
		t.Errorf("%d states, %d kinds", len(states), len(kinds))
	}
}

// The words of a pass say what was not read.
func TestPassSaysWhatWasNotRead(t *testing.T) {
	for logs, want := range map[string]string{"all": "every log file they name was read", "none": "were not read", "sample=5": "not all of them were read", "": "not all of them were read"} {
		r := good()
		r.Logs = logs
		if got := passMeans(&r); !strings.Contains(got, want) {
			t.Errorf("logs %q: %s", logs, got)
		}
	}
}
