package web

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	answers "github.com/trailseal/trailseal/internal/answer"
)

// result yields rows, then err if there is one.
func result(columns []answers.Column, rows [][]any, err error) answers.Result {
	return answers.Result{Columns: columns, Rows: func(yield func([]any, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}}
}

func answered(t *testing.T, r answers.Result, b answers.Basis) string {
	t.Helper()
	var out bytes.Buffer
	o := AnswerOptions{Title: "Changes to production", Question: "Who changed what in the production accounts?", ReportOptions: options}
	if err := Answer(&out, r, b, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func of(percent float64) *float64 { return &percent }

func basis() answers.Basis {
	return answers.Basis{
		From: day0, To: day0.AddDate(0, 0, 14), Accounts: []string{"111122223333", "444455556666"}, Regions: []string{"eu-central-1"},
		Coverage: of(100), Hours: map[string]int{"verified": 600, "verified-empty": 72}, Gaps: []answers.Gap{},
		Files: 28, Events: 48213, States: map[string]int64{"verified": 48213}, Bytes: 9_412_033,
		Engine: "duckdb", Lake: "/var/lib/trailseal/lake", Version: 17, Seconds: 0.214,
		SQL:       "SELECT event_time, principal, event_name, count(*) AS n\nFROM events\nWHERE event_name <> 'x'\n\n\tAND NOT read_only",
		SQLSHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	}
}

// less is a basis with every state of hours and of log files.
func less() answers.Basis {
	b := basis()
	b.Coverage = of(99.9999)
	b.Hours = map[string]int{"verified": 500, "verified-empty": 72, "gap-explained": 24, "gap-unexplained": 35, "invalid": 1, "pending": 3, "out-of-scope": 12, "unknown": 25, "melted": 2}
	for i, state := range []string{"gap-explained", "gap-unexplained", "invalid", "pending", "unknown", "melted"} {
		at := day0.AddDate(0, 0, i)
		b.Gaps = append(b.Gaps, answers.Gap{Account: "444455556666", Region: "eu-central-1", From: at, To: at.Add(time.Duration(i*7+1) * time.Hour), State: state})
	}
	b.States = map[string]int64{"verified": 48000, "pending": 200, "unlisted": 7, "failed": 1, "odd": 3}
	b.Warnings = []string{"2 events came in files that no digest lists"}
	return b
}

var columns = []answers.Column{{Name: "event_time", Type: "TIMESTAMP"}, {Name: "principal", Type: "VARCHAR"}, {Name: "event_name", Type: "VARCHAR"},
	{Name: "request_parameters", Type: "VARCHAR"}, {Name: "failed", Type: "BOOLEAN"}, {Name: "n", Type: "BIGINT"}, {Name: "share", Type: "DOUBLE"}, {Name: "big", Type: "HUGEINT"}}

func someRows() [][]any {
	at := day0.Add(9 * time.Hour)
	long := `{"policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}","roleName":"deploy","policyName":"everything"}`
	return [][]any{
		{at, "arn:aws:sts::111122223333:assumed-role/deploy/ci", "PutRolePolicy", long, false, int64(3), 0.5, "170141183460469231731687303715884105727"},
		{at.Add(1234567 * time.Microsecond), "arn:aws:iam::111122223333:user/zoë", "DeleteTrail", nil, true, int64(-1), 1e-9, nil},
		{nil, "", nil, "[1,2]", nil, nil, nil, "7"},
	}
}

// many columns and few values.
func wide() answers.Result {
	var c []answers.Column
	row := make([]any, 40)
	for i := range row {
		c = append(c, answers.Column{Name: fmt.Sprintf("column_%d", i), Type: "VARCHAR"})
		if i%5 == 0 {
			row[i] = fmt.Sprint("value ", i)
		}
	}
	row[1], row[2], row[3] = strings.Repeat(`{"a":1},`, 90), day0, int64(12)
	return result(c, [][]any{row, make([]any, 40)}, nil)
}

func TestAnswerGolden(t *testing.T) {
	bare := answers.Basis{Engine: "athena", Lake: "audit.events", Bytes: 12}
	for name, c := range map[string]struct {
		result func() answers.Result
		basis  answers.Basis
	}{
		"whole": {func() answers.Result { return result(columns, someRows(), nil) }, basis()},
		"less":  {func() answers.Result { return result(columns, nil, nil) }, less()},
		"bare":  {wide, bare},
	} {
		t.Run(name, func(t *testing.T) {
			page := answered(t, c.result(), c.basis)
			if page != answered(t, c.result(), c.basis) {
				t.Error("two renderings differ")
			}
			wellFormed(t, page)
			selfContained(t, page)
			golden(t, "answer-"+name+".golden.html", page)
		})
	}
}

// What the answer stands on comes before the rows.
func TestAnswerBasisComesFirst(t *testing.T) {
	page := answered(t, result(columns, someRows(), nil), less())
	last := 0
	for _, what := range []string{`id="basis"`, "99.99 %", `id="spans"`, `id="warnings"`, "SELECT event_time", `id="rows"`, "PutRolePolicy", "3 rows."} {
		at := strings.Index(page, what)
		if at < last {
			t.Errorf("%s at %d, after %d", what, at, last)
		}
		last = at
	}
}

func TestAnswerCovered(t *testing.T) {
	gap := func(state string) []answers.Gap { return []answers.Gap{{State: state}} }
	for name, c := range map[string]struct {
		b           answers.Basis
		word, class string
		means       string
	}{
		"nothing known":        {answers.Basis{}, "Not known", "incomplete", "is not known"},
		"no number":            {answers.Basis{Coverage: of(math.NaN())}, "Not known", "incomplete", "is not known"},
		"more than all":        {answers.Basis{Coverage: of(100.1)}, "Not known", "incomplete", "is not known"},
		"all":                  {answers.Basis{Coverage: of(100), Hours: map[string]int{"verified": 1, "verified-empty": 1}}, "100 %", "pass", "Every hour of the period is covered by digests that AWS signed."},
		"all but explained":    {answers.Basis{Coverage: of(100), Hours: map[string]int{"gap-explained": 2}}, "100 %", "incomplete", "except those for which a person has explained"},
		"explained span":       {answers.Basis{Coverage: of(100), Gaps: gap("gap-explained")}, "100 %", "incomplete", "except those for which a person has explained"},
		"all since the first":  {answers.Basis{Coverage: of(100), Hours: map[string]int{"out-of-scope": 2}}, "100 %", "incomplete", "except those before the first digest"},
		"nearly all":           {answers.Basis{Coverage: of(99.9999)}, "99.99 %", "fail", "Not every hour"},
		"part, with spans":     {answers.Basis{Coverage: of(50), Gaps: gap("pending")}, "50.00 %", "fail", "In the spans listed below"},
		"part, without spans":  {answers.Basis{Coverage: of(50)}, "50.00 %", "fail", "is not known here"},
		"nothing":              {answers.Basis{Coverage: of(0)}, "0.00 %", "fail", "Not every hour"},
		"all, yet a bad hour":  {answers.Basis{Coverage: of(100), Hours: map[string]int{"invalid": 1}}, "Not known", "incomplete", "yet hours"},
		"all, yet a span":      {answers.Basis{Coverage: of(100), Gaps: gap("unknown")}, "Not known", "incomplete", "yet hours"},
		"all, yet a new state": {answers.Basis{Coverage: of(100), Hours: map[string]int{"melted": 1}}, "Not known", "incomplete", "yet hours"},
	} {
		t.Run(name, func(t *testing.T) {
			word, class, means := covered(c.b)
			if word != c.word || class != c.class || !strings.Contains(means, c.means) {
				t.Errorf("got %q %q %q, want %q %q %q", word, class, means, c.word, c.class, c.means)
			}
		})
	}
}

func TestAnswerLogStates(t *testing.T) {
	got := map[string]int64{}
	for _, s := range eventsByState(less()) {
		got[s.Name+" "+s.Class] = s.N
	}
	want := map[string]int64{"Verified ": 48000, "Pending open": 200, "Unlisted open": 7, "Failed bad": 1, "odd open": 3, "Not stated open": 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := eventsByState(answers.Basis{States: map[string]int64{}}); got != nil {
		t.Errorf("nothing counted: %v", got)
	}
}

func TestAnswerManyGaps(t *testing.T) {
	b := less()
	b.Gaps = nil
	for i := range 1234 {
		b.Gaps = append(b.Gaps, answers.Gap{Account: "444455556666", Region: "eu-central-1", From: day0, To: day0.Add(time.Duration(i+1) * time.Hour), State: "pending"})
	}
	page := answered(t, result(columns, nil, nil), b)
	wellFormed(t, page)
	if n := strings.Count(page, `<td class="open">Pending</td>`); n != maxGaps {
		t.Errorf("%d spans, want %d", n, maxGaps)
	}
	for _, want := range []string{"1,234 spans of the period, the first 200 of them here", "1,034 more spans are not shown here."} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	b.Gaps = b.Gaps[:maxGaps]
	if page := answered(t, result(columns, nil, nil), b); strings.Contains(page, "not shown here") {
		t.Error("says that spans are not shown when all are")
	}
}

func TestAnswerNoRows(t *testing.T) {
	const doubt = "does not prove that there was nothing"
	if page := answered(t, result(columns, nil, nil), basis()); !strings.Contains(page, "No rows.") || strings.Contains(page, doubt) || strings.Contains(page, `class="rows`) {
		t.Error("all verified: no rows, no table and no doubt")
	}
	if page := answered(t, result(columns, nil, nil), answers.Basis{}); !strings.Contains(page, "No rows.") || !strings.Contains(page, doubt) {
		t.Error("nothing known: no rows, and what that does not mean")
	}
}

func TestAnswerCells(t *testing.T) {
	for name, c := range map[string]struct {
		value any
		kind  string
		want  string
	}{
		"null":                {nil, "BIGINT", `<td class="null"></td>`},
		"empty text":          {"", "VARCHAR", `<td><span class="esc">""</span></td>`},
		"text":                {"a&b", "VARCHAR", `<td>a&amp;b</td>`},
		"address of a script": {"javascript:alert(1)", "VARCHAR", `<td class="text">javascript:alert(1)</td>`},
		"whole number":        {int64(-1234567), "", `<td class="r">-1234567</td>`},
		"great number":        {"170141183460469231731687303715884105727", "HUGEINT", `<td class="r text">170141183460469231731687303715884105727</td>`},
		"decimal":             {0.1, "DECIMAL(18,3)", `<td class="r">0.1</td>`},
		"float like an int":   {1e20, "DOUBLE", `<td class="r text">100000000000000000000</td>`},
		"small float":         {1e-9, "DOUBLE", `<td class="r">1e-09</td>`},
		"bool":                {true, "BOOLEAN", `<td>true</td>`},
		"time":                {time.Date(2026, 3, 1, 10, 0, 0, 5000, time.FixedZone("", 3600)), "TIMESTAMP", `<td class="time"><span>2026-03-01T</span>09:00:00.000005Z</td>`},
		"some text":           {strings.Repeat("x", 17), "VARCHAR", `<td class="text">` + strings.Repeat("x", 17) + `</td>`},
		"long text":           {strings.Repeat("x", 41), "VARCHAR", `<td class="long">` + strings.Repeat("x", 41) + `</td>`},
		"long json":           {`["` + strings.Repeat("x", 41), "VARCHAR", `<td class="long json">[&#34;` + strings.Repeat("x", 41) + `</td>`},
		"bidi and control":    {"a\u202eb\x1b\n", "VARCHAR", `<td>a<span class="esc">\u202e</span>b<span class="esc">\u001b</span><span class="esc">\n</span></td>`},
	} {
		t.Run(name, func(t *testing.T) {
			page := answered(t, result([]answers.Column{{Name: "c", Type: c.kind}}, [][]any{{c.value}}, nil), basis())
			_, got, _ := strings.Cut(page, `<table class="rows`)
			_, got, _ = strings.Cut(got, "<tbody>\n<tr>")
			got, _, _ = strings.Cut(got, "</tr>")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnswerWideTablesBecomeRecords(t *testing.T) {
	for n, want := range map[int]string{1: "upright", 5: "upright", 6: "aside", 10: "aside", 11: "aside dense", 14: "aside dense", 15: "upright"} {
		page := answered(t, result(make([]answers.Column, n), [][]any{make([]any, n)}, nil), basis())
		if !strings.Contains(page, `id="rows" class="`+want+`"`) {
			t.Errorf("%d columns are not %s", n, want)
		}
		if records := strings.Contains(page, `<table class="record">`); records != (n == 15) {
			t.Errorf("%d columns: records %v", n, records)
		}
	}
}

func TestAnswerHostileText(t *testing.T) {
	b := less()
	infect(reflect.ValueOf(&b))
	b.Hours = map[string]int{hostile: 3, "verified": 2}
	b.States = map[string]int64{hostile: 3, "verified": 2}
	o := AnswerOptions{Title: hostile, Question: hostile, ReportOptions: ReportOptions{Version: hostile}}
	narrow := []answers.Column{{Name: hostile, Type: hostile}, {Name: hostile, Type: "BIGINT"}}
	broad := make([]answers.Column, 20)
	row := make([]any, 20)
	for i := range broad {
		broad[i].Name, row[i] = hostile, any(hostile)
	}
	row[3] = nil
	for name, r := range map[string]answers.Result{
		"table":   result(narrow, [][]any{{hostile, hostile}, {"{" + hostile + strings.Repeat(" ", 50), []byte(hostile)}}, nil),
		"records": result(broad, [][]any{row}, nil),
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := Answer(&out, r, b, o); err != nil {
				t.Fatal(err)
			}
			page := out.String()
			spelledOut(t, page)
			if n := strings.Count(page, "</title>"); n != 1 {
				t.Errorf("%d ends of the title", n)
			}
		})
	}
}

// The text of the SQL keeps its lines and tabs, so that its hash can be computed again; all else is spelled out.
func TestAnswerSQLKeepsItsLines(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"SELECT 1\n\n\tFROM x\n": "SELECT 1\n\n\tFROM x\n",
		"a\r\nb\u202ec<d":        "a<span class=\"esc\">\\r</span>\nb<span class=\"esc\">\\u202e</span>c&lt;d",
	} {
		if diff := cmp.Diff(want, string(code(in))); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}

func TestAnswerErrorInRows(t *testing.T) {
	broken := errors.New("connection lost")
	for name, c := range map[string]struct {
		columns []answers.Column
		rows    [][]any
		err     error
		want    string
	}{
		"at once":          {columns, nil, broken, "read row 1: connection lost"},
		"after rows":       {columns, someRows(), broken, "read row 4: connection lost"},
		"too many columns": {columns, append(someRows(), []any{nil}), nil, "read row 4: 1 values for 8 columns"},
		"in records":       {wide().Columns, [][]any{make([]any, 40)}, broken, "read row 2: connection lost"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := Answer(&out, result(c.columns, c.rows, c.err), basis(), AnswerOptions{})
			if err == nil || err.Error() != c.want || c.err != nil && !errors.Is(err, c.err) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			wellFormed(t, out.String())
			if !strings.Contains(out.String(), "This is not the whole answer") || strings.Contains(out.String(), "No rows.") || strings.Contains(out.String(), `class="end"`) {
				t.Error("the page does not say that it ends early")
			}
		})
	}
}

func TestAnswerWriteErrorsReachTheCaller(t *testing.T) {
	for _, after := range []int{0, 1 << 17, 1 << 20} {
		read := 0
		r := answers.Result{Columns: columns, Rows: func(yield func([]any, error) bool) {
			for read = 1; read < 100_000 && yield(someRows()[0], nil); read++ {
			}
		}}
		if err := Answer(&failing{after}, r, basis(), AnswerOptions{}); !errors.Is(err, errDisk) {
			t.Errorf("after %d bytes: %v", after, err)
		}
		if read == 100_000 {
			t.Errorf("after %d bytes: reads on", after)
		}
	}
}

// The rows are written as they come: the page is longer than what any buffer of it holds.
func TestAnswerStreams(t *testing.T) {
	var out counting
	most := 0
	row := someRows()[0]
	r := answers.Result{Columns: columns, Rows: func(yield func([]any, error) bool) {
		given := 0
		for range 20_000 {
			if !yield(row, nil) {
				return
			}
			given += 300 // a row is more than that
			most = max(most, given-int(out))
		}
	}}
	if err := Answer(&out, r, basis(), AnswerOptions{}); err != nil {
		t.Fatal(err)
	}
	if most > 1<<17 || out < 6_000_000 {
		t.Errorf("%d bytes written, %d held back", out, most)
	}
}

type counting int

func (c *counting) Write(p []byte) (int, error) { *c += counting(len(p)); return len(p), nil }
