package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/ledger"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/validate"
	"github.com/trailseal/trailseal/internal/verdict"
)

func newApp(t *testing.T) *App {
	return New(Config{Home: filepath.Join(t.TempDir(), "home"), Offline: true, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
}

func TestEveryProblemHasItsKindAndHint(t *testing.T) {
	a := New(Config{Home: "/h o me"})
	q := ValidateRequest{Source: "s3://bucket/prefix"}
	wrap := func(err error) error { return fmt.Errorf("outer: %w", err) }
	for name, c := range map[string]struct {
		got  error
		kind Kind
		hint string
	}{
		"damaged ledger":     {a.ledgerProblem(wrap(ledger.ErrDamaged)), Broken, "mkdir -p '/h o me/damaged' && mv '/h o me/ledger.db'* '/h o me/damaged'   # then run again: everything is read anew"},
		"foreign ledger":     {a.ledgerProblem(wrap(ledger.ErrForeign)), Broken, "ls -l '/h o me/ledger.db'   # then name another folder with --home"},
		"full disk":          {a.ledgerProblem(wrap(ledger.ErrFull)), Broken, "df -h '/h o me'   # free space and run again, or name another folder with --home"},
		"no space elsewhere": {a.ledgerProblem(wrap(syscall.ENOSPC)), Broken, "df -h '/h o me'   # free space and run again, or name another folder with --home"},
		"no permission":      {a.ledgerProblem(wrap(ledger.ErrDenied)), Denied, "ls -ld '/h o me'   # or name a folder of your own with --home"},
		"newer":              {a.ledgerProblem(wrap(ledger.ErrNewer)), Broken, "go install github.com/trailseal/trailseal/cmd/trailseal@latest"},
		"busy":               {a.ledgerProblem(wrap(ledger.ErrBusy)), Broken, "pgrep -a trailseal   # wait for it, or name another folder with --home"},
		"home is a file":     {a.ledgerProblem(wrap(&fs.PathError{Err: syscall.ENOTDIR})), Broken, "ls -ld '/h o me'   # or name another folder with --home"},
		"credentials":        {a.awsProblem(wrap(object.ErrCredentials)), Denied, "aws sts get-caller-identity   # then aws sso login, or --profile NAME"},
		"denied":             {a.awsProblem(wrap(object.ErrDenied)), Denied, "aws sts get-caller-identity   # the README lists the IAM actions that validate needs"},
		"no bucket":          {a.awsProblem(wrap(object.ErrNoSource)), Broken, "aws s3 ls   # lists the buckets that you can see"},
		"network":            {a.awsProblem(errors.New("no route to host")), Broken, "aws sts get-caller-identity   # shows whether AWS can be reached from here"},
		"nothing":            {a.validateProblem(q, wrap(validate.ErrNothing)), Nothing, "aws s3 ls s3://bucket/prefix/   # want a folder AWSLogs there"},
		"expired midway":     {a.validateProblem(q, wrap(object.ErrCredentials)), Denied, "aws sts get-caller-identity   # then aws sso login, or --profile NAME"},
		"folder denied":      {a.validateProblem(ValidateRequest{Source: "d"}, wrap(object.ErrDenied)), Denied, "ls -ld d"},
		"full mirror":        {a.storeProblem("/m", wrap(syscall.ENOSPC)), Broken, "df -h /m   # free space and run the same command: it goes on from there"},
		"denied mirror":      {a.storeProblem("/m", wrap(syscall.EACCES)), Denied, "ls -ld /m"},
		"full export":        {Output("/x/r.html", wrap(syscall.ENOSPC)), Broken, "df -h /x"},
	} {
		var p *Problem
		if !errors.As(c.got, &p) {
			t.Errorf("%s: %v is no Problem", name, c.got)
			continue
		}
		if p.Kind != c.kind || p.Hint != c.hint {
			t.Errorf("%s: kind %d, want %d; hint %q, want %q", name, p.Kind, c.kind, p.Hint, c.hint)
		}
	}
	for _, err := range []error{a.awsProblem(context.Canceled), a.validateProblem(q, wrap(context.Canceled))} {
		if p := (*Problem)(nil); errors.As(err, &p) || !errors.Is(err, context.Canceled) {
			t.Errorf("an interrupt became %v", err)
		}
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"": "''", "plain": "plain", "s3://a/b-c_d.e": "s3://a/b-c_d.e", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "a\nb": "'a\nb'", "!x": "'!x'", "ü": "'ü'",
	} {
		if got := Quote(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestSourceName(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"s3://b": "s3://b/", "s3://b/": "s3://b/", "s3://b/p": "s3://b/p/", "s3://b/p/": "s3://b/p/", "x/../y": filepath.Join(here, "y"),
	} {
		if got := sourceName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestBetween(t *testing.T) {
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	known := verdict.Day{Date: day}
	for h := range known.Hours {
		known.Hours[h] = integrity.Verified
	}
	text := func(days []verdict.Day) (out []string) {
		for _, d := range days {
			s := d.Date.Format("02 ")
			for _, h := range d.Hours {
				s += string(rune(h))
			}
			out = append(out, s)
		}
		return out
	}
	v := func(n int) string { return strings.Repeat("V", n) }
	o := func(n int) string { return strings.Repeat(".", n) }
	for name, c := range map[string]struct {
		from, to time.Time
		want     []string
	}{
		"all that is known":       {time.Time{}, time.Time{}, []string{"02 " + v(24)}},
		"part of a day":           {day.Add(5 * time.Hour), day.Add(7 * time.Hour), []string{"02 " + o(5) + v(2) + o(17)}},
		"a cut hour is in":        {day.Add(90 * time.Minute), day.Add(150 * time.Minute), []string{"02 " + o(1) + v(2) + o(21)}},
		"what no run has seen":    {day, day.Add(26 * time.Hour), []string{"02 " + v(24), "03 PP" + o(22)}},
		"before what is known":    {day.Add(-time.Hour), day.Add(time.Hour), []string{"01 " + o(23) + "P", "02 V" + o(23)}},
		"only an end, far before": {time.Time{}, day.AddDate(0, 0, -3), nil},
	} {
		if d := cmp.Diff(c.want, text(between([]verdict.Day{known}, c.from, c.to))); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestDemoClearsOnlyWhatItMade(t *testing.T) {
	a := newApp(t)
	dir := filepath.Join(a.Home, "demo")
	for range 2 {
		if err := a.clearDemo(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "old"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "made-by-trailseal-demo")); err != nil {
		t.Fatal(err)
	}
	var p *Problem
	if err := a.clearDemo(dir); !errors.As(err, &p) || p.Kind != Usage {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "old")); err != nil {
		t.Error("it cleared what it did not make")
	}
}

func TestCoverageMakesNoLedger(t *testing.T) {
	a := newApp(t)
	_, _, err := a.Coverage(t.Context(), CoverageRequest{})
	var p *Problem
	if !errors.As(err, &p) || p.Kind != Nothing {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(a.Home); !errors.Is(err, fs.ErrNotExist) {
		t.Error("it made a home")
	}
}

func TestEmptyWords(t *testing.T) {
	a := newApp(t)
	var p *Problem
	if _, err := a.Validate(t.Context(), ValidateRequest{}, nil); !errors.As(err, &p) || p.Kind != Usage {
		t.Errorf("no source: %v", err)
	}
	if _, _, err := a.Mirror(t.Context(), MirrorRequest{ValidateRequest: ValidateRequest{Source: "s3://b"}}, nil, nil); !errors.As(err, &p) || p.Kind != Usage {
		t.Errorf("no folder: %v", err)
	}
}

func TestCopiesOfOneRegionAreOneRow(t *testing.T) {
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	row := func(region, hours string, dates ...time.Time) verdict.Coverage {
		c := verdict.Coverage{Account: "111122223333", Region: region}
		for _, date := range dates {
			d := verdict.Day{Date: date}
			for h := range d.Hours {
				d.Hours[h] = integrity.State(hours[h%len(hours)])
			}
			c.Days = append(c.Days, d)
		}
		return c
	}
	next := day.AddDate(0, 0, 1)
	got := merged([]verdict.Coverage{row("eu-west-1", "VI.P", next), row("us-east-1", "P", day), row("eu-west-1", "PV.G", day, next)})
	want := []verdict.Coverage{row("eu-west-1", "PV.G", day), row("us-east-1", "P", day)}
	want[0].Days = append(want[0].Days, row("", "VI.P", next).Days...)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
