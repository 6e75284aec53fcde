package detect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/finding"
)

// backtested runs a set over a source and returns the hits in words, with the report.
func backtested(t testing.TB, o Options) ([]string, Report) {
	t.Helper()
	var got []string
	o.Match = func(h Hit) error {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s#%d %s", h.Detection, h.ID, h.Source, h.Record, strings.Join(h.Others, "+"))))
		return nil
	}
	r, err := Backtest(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return got, r
}

func TestBacktestTellsInTheOrderOfTheSource(t *testing.T) {
	rules := overRules(t)
	set := compiled(t, nil, rules["count"], patternRule(t, "all", ``), rules["then"])
	src := files{
		inMemory("z", logFile(record("e2", "A", "u", 3, ""), record("e9", "C", "u", 9, ""))),
		inMemory("a", logFile(record("e1", "A", "u", 2, ""), record("e0", "A", "u", 1, ""))),
		inMemory("m", logFile(record("e3", "B", "u", 4, ""))),
	}
	want := []string{"all e2 z#0", "all e9 z#1", "all e1 a#0", "all e0 a#1", "all e3 m#0", "count e2 z#0 e0+e1", "then e3 m#0 e2"}
	for _, workers := range []int{1, 2, 7} {
		got, _ := backtested(t, Options{Source: src, Set: set, Parallel: workers})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d workers (-want +got):\n%s", workers, diff)
		}
	}
}

func TestRulesOverTimeDoNotDependOnOrderOrWorkers(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var rules []Rule
	for _, id := range []string{"count", "count-of", "count-all", "then", "first"} {
		rules = append(rules, overRules(t)[id])
	}
	set := compiled(t, nil, rules...)
	events := randomEvents(r, 600)
	var src files
	for i := range 60 {
		var part []string
		for _, raw := range events[i*10 : i*10+10] {
			part = append(part, string(raw))
		}
		src = append(src, inMemory(fmt.Sprintf("f%02d", i), logFile(part...)))
		if i%7 == 0 { // the trail of an account beside that of the organization
			src = append(src, inMemory(fmt.Sprintf("g%02d", i), logFile(part...)))
		}
	}
	want, report := backtested(t, Options{Source: src, Set: set, Parallel: 1})
	if len(want) < 200 {
		t.Errorf("only %d hits", len(want))
	}
	for range 10 {
		r.Shuffle(len(src), func(i, j int) { src[i], src[j] = src[j], src[i] })
		got, again := backtested(t, Options{Source: src, Set: set, Parallel: 1 + r.IntN(4)})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(report, again); diff != "" {
			t.Fatalf("report (-want +got):\n%s", diff)
		}
	}
}

// TestBacktestIsHistory spreads events over files, in which they stand in any order.
func TestBacktestIsHistory(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 8 {
		events := eventsApart(r, 200, 1)
		parts := make([][]string, 1+r.IntN(20))
		for _, i := range r.Perm(len(events)) {
			at := r.IntN(len(parts))
			parts[at] = append(parts[at], string(events[i]))
		}
		var src files
		for i, part := range parts {
			src = append(src, inMemory(fmt.Sprint(i), logFile(part...)))
		}
		for id, rule := range overRules(t) {
			want, err := Try(rule, events)
			if err != nil {
				t.Fatal(err)
			}
			var got []Hit
			if _, err := Backtest(t.Context(), Options{Source: src, Set: compiled(t, nil, rule), Match: func(h Hit) error { got = append(got, h); return nil }}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(lines(want), lines(got)); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", id, diff)
			}
		}
	}
}

func TestBacktestReport(t *testing.T) {
	x := finding.Suppression{Detection: "made", Actor: "*/ci", Who: "kim", Why: "pipeline", Until: day.AddDate(1, 0, 0)}
	unused := finding.Suppression{Detection: "nothing", Who: "kim", Why: "x", Until: day}
	made := patternRule(t, "made", `{ $.eventName = CreateUser }`)
	made.Title, made.Severity = "A user is made", finding.High
	set := compiled(t, []finding.Suppression{x, unused}, made, patternRule(t, "silent", `{ $.eventName = Never }`), overRules(t)["count"])
	other := strings.Replace(record("o1", "CreateUser", "ann", 8*86400, ""), `"recipientAccountId":"111122223333"`, `"recipientAccountId":"222233334444"`, 1)
	src := files{
		inMemory("org", logFile(record("m1", "CreateUser", "ann", 0, ""), record("m2", "CreateUser", "ci", 1, ""), "7", other)),
		inMemory("account", logFile(record("m1", "CreateUser", "ann", 0, ""), record("m3", "CreateUser", "ann", 5, ""))),
		{Source: "locked", Open: func(context.Context) (Content, error) { return Content{}, errors.New("access denied") }},
		inMemory("timeless", logFile(`{"eventVersion":"1","eventName":"CreateUser","eventID":"t1"}`, `{"eventVersion":"1","eventName":"A","eventID":"t2","userIdentity":{"arn":"x"}}`)),
		{Source: "cut", Open: func(context.Context) (Content, error) {
			return Content{Place: Place{Source: "cut"}, Stream: errorReader{errors.New("reset by peer")}}, nil
		}},
		inMemory("old", logFile(record("old", "CreateUser", "ann", -86400*400, ""))),
	}
	lines, got := backtested(t, Options{Source: src, Set: set, Filter: Filter{From: day.AddDate(0, 0, -1)}})
	if diff := cmp.Diff([]string{"made m1 org#0", "made m2 org#1", "made o1 org#3", "made m1 account#0", "made m3 account#1", "made t1 timeless#0"}, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	const ann, ci = "arn:aws:iam::111122223333:user/ann", "arn:aws:iam::111122223333:user/ci"
	want := Report{
		From: day.AddDate(0, 0, -1), Files: 6, Records: 7, Outside: 1, Earliest: day, Latest: day.AddDate(0, 0, 8),
		Malformed: 1, MalformedFirst: []Malformed{{"org", 2, 0, `byte 0: expected an object, found "7"`}},
		Unreadable: 2, UnreadFirst: []Unreadable{{"locked", "access denied"}, {"cut", `"cut": read records: reset by peer`}},
		Matches: 5, Suppressed: 1, Twins: 1,
		Detections: []Found{{Detection: "made", Title: "A user is made", Severity: finding.High, Kind: FilterPattern, Matches: 5, Suppressed: 1, Twins: 1,
			First: day, Last: day.AddDate(0, 0, 8),
			Weeks:      []Week{{"2026-W10", "111122223333", 3, 1}, {"2026-W11", "222233334444", 1, 0}, {"unknown", "unknown", 1, 0}},
			Principals: []Loud{{ann, 3}, {"", 1}, {ci, 1}}}},
		Silent:   []string{"silent", "count"},
		Warnings: []string{`the suppression of "nothing" names no detection that is in use`, "1 events without a time were left out of rules over time"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Whole() {
		t.Error("whole")
	}
}

func TestEmptyReportHasNoNulls(t *testing.T) {
	_, r := backtested(t, Options{Source: files{}, Set: compiled(t, nil)})
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"files":0,"records":0,"outside":0,"malformed":0,"malformed_first":[],"unreadable":0,"unreadable_first":[],"unjudged":0,"matches":0,"suppressed":0,"twins":0,"detections":[],"silent":[],"warnings":[]}`
	if string(got) != want {
		t.Errorf("want %s, got %s", want, got)
	}
	if !r.Whole() {
		t.Error("not whole")
	}
}

func TestBacktestOfStreamsAndRows(t *testing.T) {
	a, b, c := record("a", "A", "u", 0, ""), record("b", "B", "u", 1, ""), record("c", "C", "u", 2, "")
	closed := 0
	src := files{
		{Source: "stdin", Open: func(context.Context) (Content, error) {
			return Content{Place: Place{Source: "stdin"}, Stream: strings.NewReader(a + "\n" + b), Close: func() { closed++ }}, nil
		}},
		{Source: "lake", Open: func(context.Context) (Content, error) {
			return Content{Rows: func(yield func(Row, error) bool) {
				_ = yield(Row{Place{Source: "x"}, 7, []byte(a)}, nil) && yield(Row{Place{Source: "y"}, 8, []byte("{")}, nil) &&
					yield(Row{Place{Source: "y"}, 9, []byte(c)}, nil) && yield(Row{}, errors.New("damaged"))
			}, Close: func() { closed++ }}, nil
		}},
		{Source: "nothing", Open: func(context.Context) (Content, error) { return Content{Place: Place{Source: "nothing"}}, nil }},
	}
	progress := new(Progress)
	got, r := backtested(t, Options{Source: src, Set: compiled(t, nil, patternRule(t, "all", ``)), Progress: progress, Parallel: 1})
	if diff := cmp.Diff([]string{"all a stdin#0", "all b stdin#1", "all a x#7", "all c y#9"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantBad := []Malformed{{"y", 8, 0, "byte 1: expected a name in double quotes, found the end"}, {"nothing", 0, 0, "no records and no other value"}}
	if diff := cmp.Diff(wantBad, r.MalformedFirst); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Unreadable{{"lake", `"lake": damaged`}}, r.UnreadFirst); diff != "" {
		t.Error(diff)
	}
	if closed != 2 || progress.Files.Load() != 3 || progress.Records.Load() != 4 || progress.Matches.Load() != 4 {
		t.Errorf("closed %d, %d files, %d records, %d matches", closed, progress.Files.Load(), progress.Records.Load(), progress.Matches.Load())
	}
}

// listing yields files and errors.
type listing func(yield func(File, error) bool)

func (l listing) Files(context.Context) iter.Seq2[File, error] { return iter.Seq2[File, error](l) }

func TestListingThatFails(t *testing.T) {
	set := compiled(t, nil, patternRule(t, "all", ``))
	one := inMemory("f", logFile(record("a", "A", "u", 0, "")))
	got, r := backtested(t, Options{Set: set, Source: listing(func(yield func(File, error) bool) {
		_ = yield(File{Source: "prefix/"}, errors.New("access denied")) && yield(one, nil)
	})})
	if len(got) != 1 || r.Files != 2 || !slices.Equal(r.UnreadFirst, []Unreadable{{"prefix/", "access denied"}}) {
		t.Errorf("%v %+v", got, r)
	}
	end := fmt.Errorf("%w: the credentials have expired", ErrEnd)
	for name, src := range map[string]listing{
		"in the listing": func(yield func(File, error) bool) { _ = yield(one, nil) && yield(File{}, end) && yield(one, nil) },
		"in a file": func(yield func(File, error) bool) {
			_ = yield(File{Open: func(context.Context) (Content, error) { return Content{}, end }}, nil) && yield(one, nil)
		},
	} {
		if _, err := Backtest(t.Context(), Options{Set: set, Source: src}); !errors.Is(err, ErrEnd) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBacktestEndsWithItsContextAndWithMatch(t *testing.T) {
	many := logFile(slices.Repeat([]string{record("a", "A", "u", 0, "")}, 300)...)
	endless := listing(func(yield func(File, error) bool) {
		for i := 0; yield(inMemory(fmt.Sprint(i), many), nil); i++ {
		}
	})
	set := compiled(t, nil, patternRule(t, "all", ``))
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	_, err := Backtest(ctx, Options{Source: endless, Set: set, Parallel: 3, Match: func(Hit) error {
		if n++; n == 1000 {
			cancel()
		}
		return nil
	}})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	full := errors.New("the pipe is closed")
	if _, err = Backtest(t.Context(), Options{Source: endless, Set: set, Match: func(Hit) error { return full }}); !errors.Is(err, full) {
		t.Error(err)
	}
	// A stream that never ends and matches nothing ends too.
	ctx, cancel = context.WithCancel(t.Context())
	never := files{{Source: "stdin", Open: func(context.Context) (Content, error) { return Content{Stream: &endlessReader{cancel: cancel}}, nil }}}
	if _, err = Backtest(ctx, Options{Source: never, Set: compiled(t, nil)}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// endlessReader has records for ever, and cancels a context after some.
type endlessReader struct {
	cancel context.CancelFunc
	reads  int
}

func (r *endlessReader) Read(p []byte) (int, error) {
	if r.reads++; r.reads == 5 {
		r.cancel()
	}
	const line = `{"eventVersion":"1"}` + "\n"
	return copy(p, strings.Repeat(line, min(100, len(p)/len(line)))), nil
}

func TestReadAheadIsBounded(t *testing.T) {
	var opened, told atomic.Int64
	const workers = 2
	src := listing(func(yield func(File, error) bool) {
		for i := range 200 {
			f := File{Source: fmt.Sprint(i), Open: func(context.Context) (Content, error) {
				if ahead := opened.Add(1) - told.Load(); ahead > workers*(readAhead+1)+2 {
					t.Errorf("%d files ahead", ahead)
				}
				return Content{Data: logFile(record("a", "A", "u", 0, ""))}, nil
			}}
			if !yield(f, nil) {
				return
			}
		}
	})
	_, err := Backtest(t.Context(), Options{Source: src, Set: compiled(t, nil, patternRule(t, "all", ``)), Parallel: workers, Match: func(Hit) error {
		told.Add(1)
		return nil
	}})
	if err != nil || told.Load() != 200 {
		t.Errorf("%d told, %v", told.Load(), err)
	}
}

func TestHistoryThatIsFullSaysSo(t *testing.T) {
	set := compiled(t, nil, overRules(t)["count"])
	h := history{set: set, max: 2}
	h.add(make([]candidate, 5))
	want := []string{"count was not judged on 3 events: no more than 2 are remembered for rules over time; ask about a shorter period or fewer detections"}
	if n := h.left(); n != 3 {
		t.Errorf("%d events are left, want 3", n)
	}
	if r := (Report{Unjudged: 3}); r.Whole() {
		t.Error("a report of a history that was full is whole")
	}
	if diff := cmp.Diff(want, h.incomplete()); diff != "" {
		t.Error(diff)
	}
}

func TestCompare(t *testing.T) {
	src := files{
		inMemory("f", logFile(record("e0", "A", "u", 0, ""), record("e1", "AB", "u", 1, ""), record("e2", "B", "u", 2, ""), record("e3", "C", "u", 3, ""))),
		inMemory("g", logFile(record("e0", "A", "u", 0, ""), record("e4", "AB", "u", 4, ""))), // e0 again
	}
	ids := func(s Side) string {
		out := fmt.Sprint(s.Count)
		for _, m := range s.First {
			out += fmt.Sprintf(" %s(%s)", m.ID, m.Detection)
		}
		return out
	}
	for _, c := range []struct {
		name                string
		a, b                Rule
		first               int
		onlyA, onlyB, inAll string
	}{
		{"patterns", patternRule(t, "a", `{ $.eventName = A* }`), patternRule(t, "b", `{ $.eventName = *B }`), 0, "1 e0(a)", "1 e2(b)", "2 e1(a) e4(a)"},
		{"the first ones", patternRule(t, "a", `{ $.eventName = A* }`), patternRule(t, "b", `{ $.eventName = *B }`), 1, "1 e0(a)", "1 e2(b)", "2 e1(a)"},
		{"one over time", overRules(t)["then"], patternRule(t, "b", `{ $.eventName = AB }`), 0, "1 e2(then)", "0", "2 e1(b) e4(b)"},
		{"nothing", patternRule(t, "a", `{ $.eventName = X }`), patternRule(t, "b", `{ $.eventName = Y }`), 0, "0", "0", "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Compare(t.Context(), CompareOptions{Source: src, A: c.a, B: c.b, First: c.first})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{c.onlyA, c.onlyB, c.inAll}, []string{ids(got.OnlyA), ids(got.OnlyB), ids(got.Both)}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Report.Records != 6 || got.OnlyA.First == nil {
				t.Errorf("%+v", got)
			}
		})
	}
	if _, err := Compare(t.Context(), CompareOptions{Source: src, A: patternRule(t, "a", ``), B: patternRule(t, "a", ``)}); err == nil {
		t.Error("two rules with one name")
	}
	timeless := files{inMemory("f", logFile(`{"eventVersion":"1","eventID":"x"}`))}
	got, err := Compare(t.Context(), CompareOptions{Source: timeless, A: patternRule(t, "a", ``), B: patternRule(t, "b", `{ $.x = 1 }`)})
	if err != nil || len(got.OnlyA.First) != 1 || !got.OnlyA.First[0].Time.Equal(time.Time{}) {
		t.Errorf("%+v, %v", got.OnlyA, err)
	}
}
