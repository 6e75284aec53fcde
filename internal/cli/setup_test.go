package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/trailseal/trailseal/internal/app"
	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/setup"
)

func TestInterview(t *testing.T) {
	tests := map[string]struct{ answers, want string }{
		"no answer is the default": {strings.Repeat("\n", 9), "name: 'audit'\norganization: false\nguardduty: false\n"},
		"answers become a blueprint": {
			"acme\nyes\narn:aws:iam::111122223333:role/A arn:aws:iam::111122223333:role/B\narn:aws:iam::111122223333:role/C\npayroll, exports\npay\norders\na@example.com,b@example.com\nY\n",
			`name: 'acme'
organization: true
bucket:
  readers: ['arn:aws:iam::111122223333:role/A', 'arn:aws:iam::111122223333:role/B']
  break_glass: 'arn:aws:iam::111122223333:role/C'
data_events:
  s3: ['payroll', 'exports']
  lambda: ['pay']
  dynamodb: ['orders']
alarms:
  email: ['a@example.com', 'b@example.com']
guardduty: true
`},
		"what is neither yes nor no is asked again": {"acme\nmaybe\nno\n" + strings.Repeat("\n", 7), "name: 'acme'\norganization: false\nguardduty: false\n"},
		"an answer is a text, whatever it holds":    {"true\n\n\n\nx', y: [#\n" + strings.Repeat("\n", 4), "name: 'true'\norganization: false\ndata_events:\n  s3: ['x''', 'y:', '[#']\nguardduty: false\n"},
		"the last answer needs no newline":          {strings.Repeat("\n", 8) + "yes", "name: 'audit'\norganization: false\nguardduty: true\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := interview(strings.NewReader(test.answers), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if _, err := app.ReadBlueprint("-", strings.NewReader(got)); err != nil {
				t.Errorf("the answers are no blueprint: %v", err)
			}
		})
	}
}

func TestInterviewEndsWithItsInput(t *testing.T) {
	for n := range 9 {
		_, err := interview(strings.NewReader(strings.Repeat("\n", n)), io.Discard)
		if f := (*failure)(nil); !errors.As(err, &f) || f.code != exitUsage {
			t.Errorf("after %d answers: %v", n, err)
		}
	}
}

func TestInterviewIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, out := io.Pipe() // nobody ever answers
	defer out.Close()
	cancel()
	if _, err := interview(interruptible{ctx, in}, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestRetyped(t *testing.T) {
	tests := map[string]struct {
		args []string
		want string
	}{
		"flags as they were typed":  {[]string{"--name", "acme", "--organization"}, "apply --name acme --organization --yes"},
		"each of a list":            {[]string{"--email", "a@example.com,b@example.com"}, "apply --email a@example.com --email b@example.com --yes"},
		"what a shell would change": {[]string{"-b", "my file.yaml", "--interactive=false"}, "apply --blueprint 'my file.yaml' --interactive=false --yes"},
		"arguments":                 {[]string{"plan"}, "apply plan --yes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := ""
			cmd := &cobra.Command{Use: "apply", RunE: func(cmd *cobra.Command, _ []string) error { got = retyped(cmd, "--yes"); return nil }}
			new(wish).flags(cmd)
			cmd.SetArgs(test.args)
			if err := cmd.Execute(); err != nil || got != test.want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func made(kind resource.Kind, name string, changes ...app.SetupChange) app.SetupItem {
	return app.SetupItem{ID: resource.ID{Kind: kind, Account: "111122223333", Region: "eu-central-1", Name: name}, Action: app.SetupMake, Changes: changes}
}

func TestPlanTextIsShort(t *testing.T) {
	block := app.SetupChange{Step: "public access block", Now: "off", Want: "on", Why: "Nothing is public.", Meets: []string{"soc2/CC6.1"}, Cost: "nothing much"}
	acls, policy := block, block
	acls.Setting, policy.Setting = "BlockPublicAcls", "BlockPublicPolicy"
	alter := made(resource.BucketKind, "old", acls, policy)
	alter.Action, alter.ID.Region = app.SetupAlter, "eu-west-1"
	alter.Changes[1].Risk, alter.Changes[1].Ask = "readers lose it", "Really?"
	counted := func(what string) app.SetupChange {
		return app.SetupChange{Setting: "(new)", Want: "counts " + what, Why: "It is counted."}
	}
	statement := app.SetupChange{Setting: "Policy, statement Deny", Want: "Deny everything", Why: "Nobody may."}
	other := statement
	other.Setting = "Policy, statement Allow"
	p := &app.SetupPlan{Name: "acme", Account: "111122223333", Region: "eu-central-1", Items: []app.SetupItem{
		made(resource.BucketKind, "new", acls, policy, statement, other), alter,
		made(resource.MetricFilterKind, "group:a", counted("a")), made(resource.MetricFilterKind, "group:b", counted("b")),
	}}
	want := `acme in account 111122223333, eu-central-1

+ create bucket new
    BlockPublicAcls, BlockPublicPolicy: on
      why: Nothing is public. (soc2/CC6.1)
      cost: nothing much
    Policy, statements Deny, Allow
      why: Nobody may.

~ change bucket old (111122223333 eu-west-1)
    BlockPublicAcls: off -> on
      why: Nothing is public.
    BlockPublicPolicy: off -> on
      why: Nothing is public.
      risk: readers lose it
      asked twice: Really?

+ create 2 metric filters
    group: a, b
    such as: counts a
      why: It is counted.

3 to create, 1 to change
`
	if diff := cmp.Diff(want, planText(p, false, style{})); diff != "" {
		t.Error(diff)
	}
	full := planText(p, true, style{})
	for _, text := range []string{"counts a", "counts b", "Deny everything"} {
		if !strings.Contains(full, text) {
			t.Errorf("the whole plan lacks %q:\n%s", text, full)
		}
	}
}

// A plan of everything that can be wanted says each setting that it changes, in the full form each value too.
func TestPlanTextLeavesNothingOut(t *testing.T) {
	b := app.Blueprint{Name: "acme"}
	b.Alarms.Email, b.DataEvents.S3, b.Auditor.Role = []string{"a@example.com"}, []string{"payroll"}, "auditor"
	j := setup.Job{Blueprint: b, Account: setup.Nowhere{ID: "111122223333", Partition: "aws"}, Where: setup.Where(b, "eu-central-1")}
	p, err := j.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	words := func(s string) string { return strings.Join(strings.Fields(s), "") }
	short, full := planText(p, false, style{}), planText(p, true, style{})
	for _, i := range p.Items {
		before := i.ID.Name[strings.LastIndexByte(i.ID.Name, ':')+1:]
		if !strings.Contains(words(short), words(before)) {
			t.Errorf("%v is not named", i.ID)
		}
		for _, c := range i.Changes {
			if !strings.Contains(words(full), words(c.Want)) {
				t.Errorf("%v: %s: %q is not said", i.ID, c.Setting, c.Want)
			}
			for _, text := range []string{c.Why, c.Risk, c.Cost, c.Ask, c.Manual, strings.Join(c.Meets, ",")} {
				if !strings.Contains(words(short), words(text)) {
					t.Errorf("%v: %s: %q is not said", i.ID, c.Setting, text)
				}
			}
		}
	}
	if n := strings.Count(short, "\n"); n > 230 {
		t.Errorf("a fresh plan has %d lines", n)
	}
	fits(t, short)
	fits(t, full)
}

func TestPlanTextHasCommandsToCopy(t *testing.T) {
	command := "aws s3api put-bucket-versioning --bucket " + strings.Repeat("b", 63) + " --versioning-configuration Status=Enabled,MFADelete=Enabled"
	i := made(resource.BucketKind, "logs", app.SetupChange{Setting: "MFADelete", Want: "Enabled", Manual: command + "\nOnly root can.\x1b[2J"})
	i.Action = app.SetupManual
	got := planText(&app.SetupPlan{Account: i.ID.Account, Region: i.ID.Region, Items: []app.SetupItem{i}}, false, style{})
	if !strings.Contains(got, "\n        "+command+"\n        Only root can.") || strings.Contains(got, "\x1b") {
		t.Errorf("got %s", got)
	}
}

func fits(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 80 {
			t.Errorf("longer than 80: %q", line)
		}
	}
}

func TestOutcomeText(t *testing.T) {
	call := func(kind resource.Kind, name string, step resource.Step) app.SetupCall {
		return app.SetupCall{ID: made(kind, name).ID, Step: step}
	}
	p := &app.SetupPlan{Account: "111122223333", Region: "eu-central-1", Items: []app.SetupItem{{Action: app.SetupKeep}}}
	failed := call(resource.TrailKind, "acme", "create")
	failed.Error = "create trail \"acme\": access denied\x1b[2J"
	o := &app.Outcome{Done: []app.SetupCall{call(resource.BucketKind, "logs", "create"), call(resource.BucketKind, "logs", "policy")}, Failed: &failed,
		Pending: []app.SetupCall{call(resource.TrailKind, "acme", "logging"), call(resource.AlarmKind, "a", "create"), call(resource.AlarmKind, "b", "create")}}
	got := outcomeText(p, o, style{})
	want := `
done: 2 calls
  done bucket logs: create, policy
  FAILED trail acme: create
    create trail "acme": access denied`
	if !strings.HasPrefix(got, want) || strings.Contains(got, "\x1b") {
		t.Errorf("got %q", got)
	}
	if !strings.HasSuffix(got, "\n  not done trail acme: logging\n  not done 2 alarms: create\n    a, b\n") {
		t.Errorf("got %s", got)
	}
	o.Failed, o.Pending, o.After = nil, nil, p
	if got := outcomeText(p, o, style{}); got != "\ndone: 2 calls\n\nread again: 1 as wanted\n" {
		t.Errorf("got %q", got)
	}
}

func TestStatusTextSaysTheSameOnce(t *testing.T) {
	link := func(name string, s setup.Status) setup.Link {
		return setup.Link{Title: "alarm was set off", Status: s, Resource: made(resource.AlarmKind, name).ID}
	}
	r := &app.SetupReport{Name: "acme", Account: "111122223333", Region: "eu-central-1", Result: "fail",
		Links: []setup.Link{link("a", setup.Pass), link("b", setup.Pass), link("c", setup.Fail), link("d", setup.NotYetEffective), {Title: "bucket as wanted", Status: setup.Pass}}}
	_, got, _ := strings.Cut(statusText(r, false, style{}), "\n\n")
	want := `pass  alarm was set off
      alarm a (111122223333 eu-central-1)
      alarm b (111122223333 eu-central-1)
FAIL  alarm was set off
      alarm c (111122223333 eu-central-1)
not yet effective  alarm was set off
      alarm d (111122223333 eu-central-1)

3 pass, 1 fail, 1 not yet effective
FAIL: the chain is broken where it says so above
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPlanInFileGoesWithoutWishes(t *testing.T) {
	for _, flag := range []string{"--name=acme", "--email=a@example.com", "--organization", "--reader=x", "--data-s3=all", "--save=x", "-bx.yaml"} {
		var out, errs bytes.Buffer
		code := Main(t.Context(), Env{Args: []string{"setup", "apply", "--plan", "none.json", flag}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }})
		if code != exitUsage || !strings.Contains(errs.String(), "--plan goes without") {
			t.Errorf("%s: exit code %d, %s", flag, code, errs.String())
		}
	}
}
