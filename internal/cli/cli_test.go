package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/sample"
	"github.com/trailseal/trailseal/internal/verdict"
)

var update = flag.Bool("update", false, "write the golden files")

// world is a home with a generated tree whose second log file is gone, 26 hours with a gap.
type world struct{ dir, keys, home string }

var generate = sync.OnceValues(func() ([]sample.Object, sample.Manifest) {
	objects, truth, err := sample.Objects(context.Background(), sample.Options{Hours: 26, FilesPerDay: 24, EventsPerFile: 2,
		Accounts: []sample.Account{{ID: "111122223333", Name: "management"}}, Regions: []string{"ap-southeast-2"}})
	if err != nil {
		panic(err)
	}
	return objects, truth
})

func newWorld(t *testing.T) world {
	t.Helper()
	root := t.TempDir()
	w := world{dir: filepath.Join(root, "tree"), keys: filepath.Join(root, "keys.json"), home: filepath.Join(root, "home")}
	objects, truth := generate()
	for _, o := range objects {
		name := filepath.Join(w.dir, filepath.FromSlash(o.Key))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, o.Body, 0o600); err != nil {
			t.Fatal(err)
		}
		if o.Metadata == nil {
			continue
		}
		head, err := sample.Head(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name+sample.SideCar, head, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := json.Marshal(map[string]any{"PublicKeyList": truth.PublicKeys})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.keys, keys, 0o600); err != nil {
		t.Fatal(err)
	}
	logs, err := filepath.Glob(filepath.Join(w.dir, "AWSLogs/*/*/CloudTrail/*/*/*/*/*.json.gz"))
	if err != nil || len(logs) < 2 {
		t.Fatalf("%d logs, %v", len(logs), err)
	}
	if err := os.Remove(logs[1]); err != nil {
		t.Fatal(err)
	}
	return w
}

// run runs a command at one moment of time.
func (w world) run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(t.Context(), Env{
		Args: append(args, "--home", w.home), Stdout: &out, Stderr: &errs,
		Getenv: func(string) string { return "" },
		Now:    func() time.Time { return time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC) },
	})
	return out.String(), errs.String(), code
}

func (w world) validate(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, code := w.run(t, append([]string{"validate", w.dir, "--offline", "--public-keys", w.keys}, args...)...)
	if code != exitFailed || errs != "" {
		t.Fatalf("exit code %d, stderr %q", code, errs)
	}
	return out
}

// full is a report in which every part of the text has something to say.
func full() verdict.Report {
	at := func(hour int) time.Time { return time.Date(2026, 3, 2, hour, 0, 0, 0, time.UTC) }
	r := verdict.Report{
		Result: verdict.Fail, Source: "s3://trail\x1b[31m/", From: at(0), To: at(0).AddDate(1, 0, 0), Logs: "sample=25",
		Digests:  verdict.DigestCounts{Valid: 148000, Invalid: 1, Missing: 7, Unsealed: 1, Unreadable: 6},
		LogFiles: verdict.LogCounts{Valid: 1000000, Invalid: 1, Missing: 1, Unlisted: 1, Pending: 4, Unreadable: 1, Unchecked: 3},
		Gaps: []integrity.Gap{
			{Account: "111122223333", Region: "us-gov-west-1", Trail: "t", From: at(3), To: at(6), Cause: "the chain starts anew here"},
			{Account: "111122223333", Region: "us-gov-west-1", Trail: "t", From: at(8), To: at(9), Cause: "the chain starts anew here",
				Explained: true, Reason: "rebuilt", Ticket: "SEC-1", Reviewer: "alice"},
		},
		Unsealed: []string{"AWSLogs/newest"},
		Warnings: []string{"a name \u202egnp.exe"},
		Stats:    verdict.Stats{BytesRead: 5 << 30, Objects: 1148000, Seconds: 61.25},
	}
	for i, region := range []string{"eu-west-1", "ap-southeast-2", "us-gov-west-1"} {
		c := verdict.Coverage{Account: "111122223333", Region: region, Digests: 8760, Logs: 333333, Faults: i}
		for d := range 365 {
			day := verdict.Day{Date: at(0).AddDate(0, 0, d)}
			for h := range day.Hours {
				day.Hours[h] = integrity.Verified
			}
			c.Days = append(c.Days, day)
		}
		c.Days[0].Hours[3] = [...]integrity.State{integrity.Verified, integrity.Invalid, integrity.GapUnexplained}[i]
		c.Count()
		r.Coverage = append(r.Coverage, c)
	}
	fault := func(k integrity.Kind, sev integrity.Severity, region string, hour int) {
		r.Faults = append(r.Faults, integrity.Fault{Kind: k, Severity: sev, Account: "111122223333", Region: region, Time: at(hour),
			Key: fmt.Sprintf("AWSLogs/%s/%02d", region, hour), Detail: "what was expected and what was found"})
	}
	for h := range 7 {
		fault(integrity.DigestMissing, integrity.Failure, "eu-west-1", h)
	}
	for h := range 6 {
		fault(integrity.KeyUnknown, integrity.Unknown, "us-gov-west-1", h)
	}
	for h := range 6 {
		fault(integrity.LogInvalid, integrity.Failure, "us-gov-west-1", h)
	}
	return r
}

func TestTextIsWhatItWas(t *testing.T) {
	var b strings.Builder
	if err := writeText(&b, full(), style{}); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "report.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("run with -update to accept:\n%s", d)
	}
	for line := range strings.Lines(b.String()) {
		if len(line) > 81 {
			t.Errorf("longer than 80: %q", line)
		}
		if strings.TrimRight(line, " \n")+"\n" != line {
			t.Errorf("ends in spaces: %q", line)
		}
	}
}

func TestColourOnlyWhereAsked(t *testing.T) {
	var b strings.Builder
	if err := writeText(&b, full(), style{colour: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\x1b[1") {
		t.Error("no colour")
	}
	g := global{}
	if g.style(&b).colour {
		t.Error("colour into what is no terminal")
	}
}

// shape is the type of each member that an outside program relies on.
type shape = map[string]any

var contract = shape{
	"result": "", "source": "", "from": "", "to": "",
	"digests":   shape{"valid": 0.0, "invalid": 0.0, "missing": 0.0},
	"log_files": shape{"valid": 0.0, "invalid": 0.0, "missing": 0.0, "unlisted": 0.0},
	"chains":    []any{shape{"account": "", "region": "", "trail": "", "from": "", "to": "", "digests": 0.0, "log_files": 0.0}},
	"gaps":      []any{shape{"account": "", "region": "", "from": "", "to": "", "cause": "", "explained": false}},
	"faults":    []any{shape{"kind": "", "key": "", "detail": ""}},
	"stats":     shape{"bytes_read": 0.0, "seconds": 0.0},
}

// holds reports what of want is not in got.
func holds(t *testing.T, at string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case shape:
		got, ok := got.(map[string]any)
		if !ok {
			t.Errorf("%s is no object", at)
			return
		}
		for name, w := range want {
			g, ok := got[name]
			if !ok {
				t.Errorf("%s has no %q", at, name)
				continue
			}
			holds(t, at+"."+name, w, g)
		}
	case []any:
		got, ok := got.([]any)
		if !ok || len(got) == 0 {
			t.Errorf("%s is no list, or empty", at)
			return
		}
		for _, g := range got {
			holds(t, at+"[]", want[0], g)
		}
	case string:
		s, ok := got.(string)
		if _, err := time.Parse(time.RFC3339, s); strings.HasSuffix(at, ".from") || strings.HasSuffix(at, ".to") {
			ok = ok && err == nil && strings.HasSuffix(s, "Z")
		}
		if !ok || s == "" {
			t.Errorf("%s is %#v", at, got)
		}
	case float64:
		if _, ok := got.(float64); !ok {
			t.Errorf("%s is %#v, no number", at, got)
		}
	case bool:
		if _, ok := got.(bool); !ok {
			t.Errorf("%s is %#v, no truth value", at, got)
		}
	}
}

func TestJSONKeepsItsContract(t *testing.T) {
	w := newWorld(t)
	var got map[string]any
	dec := json.NewDecoder(strings.NewReader(w.validate(t, "-o", "json")))
	if err := dec.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Errorf("there is more than one document: %v", err)
	}
	holds(t, "$", contract, got)
	kinds := map[string]bool{}
	for _, f := range got["faults"].([]any) {
		kinds[f.(map[string]any)["kind"].(string)] = true
	}
	if d := cmp.Diff(map[string]bool{"log_missing": true, "chain_broken": true}, kinds); d != "" {
		t.Error(d)
	}
	if got["result"] != "fail" {
		t.Errorf("result is %v", got["result"])
	}
}

func TestListsAreNeverNull(t *testing.T) {
	w := newWorld(t)
	empty := t.TempDir()
	out, _, code := w.run(t, "validate", empty, "--offline", "-o", "json")
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitIncomplete {
		t.Fatalf("%v, exit code %d", err, code)
	}
	for _, name := range []string{"chains", "gaps", "faults", "coverage", "unsealed", "warnings"} {
		if list, ok := got[name].([]any); !ok || len(list) != 0 {
			t.Errorf("%s is %#v", name, got[name])
		}
	}
}

func TestLinesCarryTheWholeReport(t *testing.T) {
	w := newWorld(t)
	types := map[string]int{}
	for line := range strings.Lines(w.validate(t, "-o", "jsonl")) {
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		kind, _ := got["type"].(string)
		types[kind]++
		switch kind {
		case "chain":
			holds(t, "chain", contract["chains"].([]any)[0], got)
		case "gap":
			holds(t, "gap", contract["gaps"].([]any)[0], got)
		case "fault":
			holds(t, "fault", contract["faults"].([]any)[0], got)
		case "report":
			holds(t, "report", shape{"result": "", "digests": contract["digests"], "log_files": contract["log_files"], "stats": contract["stats"]}, got)
		}
	}
	if d := cmp.Diff(map[string]int{"chain": 1, "coverage": 1, "gap": 1, "fault": 2, "report": 1}, types); d != "" {
		t.Error(d)
	}
}

func TestCSVHasOneWidth(t *testing.T) {
	w := newWorld(t)
	rows, err := csv.NewReader(strings.NewReader(w.validate(t, "-o", "csv"))).ReadAll() // refuses rows of another width
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"type", "kind", "severity", "account", "region", "from", "to", "key", "detail", "hours_covered_percent", "digests", "log_files", "faults"}
	if d := cmp.Diff(want, rows[0]); d != "" {
		t.Error(d)
	}
	types := map[string]int{}
	for _, r := range rows[1:] {
		types[r[0]]++
	}
	if d := cmp.Diff(map[string]int{"coverage": 1, "gap": 1, "fault": 2}, types); d != "" {
		t.Error(d)
	}
}

func TestSameCodeInEveryFormat(t *testing.T) {
	w := newWorld(t)
	for _, format := range []string{"table", "json", "jsonl", "csv"} {
		w.validate(t, "-o", format)
		for name, c := range map[string]struct {
			args []string
			code int
		}{
			"nothing":    {[]string{"validate", t.TempDir(), "--offline"}, exitIncomplete},
			"no folder":  {[]string{"validate", w.dir + "x"}, exitError},
			"offline":    {[]string{"validate", "s3://bucket", "--offline"}, exitUsage},
			"no ledger":  {[]string{"coverage", "--region", "eu-west-9"}, exitIncomplete},
			"wrong flag": {[]string{"coverage", "--wrong"}, exitUsage},
		} {
			out, errs, code := w.run(t, append(c.args, "-o", format)...)
			if code != c.code || !strings.HasPrefix(errs, "trailseal: error: ") || !strings.Contains(errs, "\ntrailseal: hint: ") {
				t.Errorf("%s as %s: exit code %d, want %d; stderr %q", name, format, code, c.code, errs)
			}
			if isJSON := strings.HasPrefix(format, "json"); isJSON != json.Valid([]byte(out)) || !isJSON && out != "" {
				t.Errorf("%s as %s: stdout %q", name, format, out)
			}
		}
	}
}

func TestInterruptedBeforeItBegins(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"validate", w.dir, "--offline"}, "interrupted; what was read is kept, and the same command goes on from there\n"},
		{[]string{"watch", w.dir, "-q"}, "interrupted; what was read is kept, and the same command goes on from there\n"},
		{[]string{"watch", "--stdin", "-q"}, "interrupted\n"},
		{[]string{"detect", "backtest", w.dir}, "interrupted\n"},
	} {
		var out, errs bytes.Buffer
		code := Main(ctx, Env{Args: append(c.args, "--home", w.home), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }, Now: time.Now})
		if code != exitInterrupted || out.Len() > 0 || errs.String() != "trailseal: error: "+c.want {
			t.Errorf("%v: exit code %d, stdout %q, stderr %q", c.args, code, out.String(), errs.String())
		}
	}
}

func TestOutputThatCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	var errs bytes.Buffer
	code := Main(t.Context(), Env{Args: []string{"version"}, Stdout: broken{}, Stderr: &errs, Getenv: func(string) string { return "" }, Now: time.Now})
	if code != exitError || !strings.Contains(errs.String(), "the disk is full") {
		t.Errorf("version: exit code %d, stderr %q", code, errs.String())
	}
	errs.Reset()
	code = Main(t.Context(), Env{Args: []string{"validate", w.dir, "--home", w.home, "--offline", "--public-keys", w.keys}, Stdout: broken{}, Stderr: &errs,
		Getenv: func(string) string { return "" }, Now: time.Now})
	if code != exitError {
		t.Errorf("validate: exit code %d, stderr %q", code, errs.String())
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestTypedOutput(t *testing.T) {
	for args, want := range map[string]string{
		"validate -o json": "json", "validate --output=jsonl x": "jsonl", "-ojson validate": "json", "-o=csv": "csv",
		"validate -o": "env", "validate": "env", "validate -- -o json": "env", "-o json -o csv": "csv",
	} {
		if got := typedOutput(Env{Args: strings.Fields(args), Getenv: func(string) string { return "env" }}); got != want {
			t.Errorf("%q: %q, want %q", args, got, want)
		}
	}
}

func TestDefuse(t *testing.T) {
	for in, want := range map[string]string{
		"":             "",
		"plain":        "plain",
		"=cmd|' /C'!A": "'=cmd|' /C'!A",
		"+1":           "'+1",
		"-1":           "'-1",
		"@SUM(1)":      "'@SUM(1)",
		"\t=1":         `\t=1`,
		"a\x1b[31mb":   `a\u001b[31mb`,
		"\u202egnp":    `\u202egnp`,
		"a\nb":         `a\nb`,
	} {
		if got := defuse(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestWriteFileIsAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := writeFile(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, errors.New("stop"))
	})
	if err == nil {
		t.Error("no error")
	}
	got, err := os.ReadFile(path)
	if entries, _ := os.ReadDir(dir); string(got) != "old" || err != nil || len(entries) != 1 {
		t.Errorf("%q, %v, %d files", got, err, len(entries))
	}
}
