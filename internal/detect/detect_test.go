package detect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/pattern"
)

func patternRule(t testing.TB, id, text string) Rule {
	t.Helper()
	r, err := OfPattern(id, text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}

func compiled(t testing.TB, suppressions []finding.Suppression, rules ...Rule) *Set {
	t.Helper()
	s, err := Compile(rules, suppressions)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func paths(t testing.TB, names ...string) []pattern.Path {
	t.Helper()
	var out []pattern.Path
	for _, n := range names {
		p, err := pattern.ParsePath(n)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// day is when the events of tests happen.
var day = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// record is an event of a principal, at a second of the day; more is further members with a comma before each.
func record(id, name, who string, second int, more string) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/%s"},"eventTime":%q,"eventSource":"iam.amazonaws.com","eventName":%q,`+
		`"awsRegion":"us-east-1","eventID":%q,"recipientAccountId":"111122223333"%s}`, who, day.Add(time.Duration(second)*time.Second).Format(time.RFC3339), name, id, more)
}

func logFile(records ...string) []byte {
	return []byte(`{"Records":[` + strings.Join(records, ",") + `]}`)
}

// said is what a scan yielded, a line each.
func said(all iter.Seq2[Hit, error]) []string {
	var out []string
	for h, err := range all {
		var m *Malformed
		switch {
		case err == nil:
			out = append(out, fmt.Sprintf("%s %s %s#%d", h.Detection, h.ID, h.Source, h.Record))
		case errors.As(err, &m):
			out = append(out, fmt.Sprintf("malformed %s#%d", m.Source, m.Record))
		default:
			out = append(out, err.Error())
		}
	}
	return out
}

func TestHitSaysAllOfTheEvent(t *testing.T) {
	r := patternRule(t, "made", `{ $.eventName = CreateUser }`)
	set := compiled(t, nil, r)
	p := Place{Source: "a/log.json.gz", State: event.Verified, SHA256: "00ff", Origin: event.Origin{Account: "999988887777", Region: "eu-west-3"}}
	raw := `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/a","accessKeyId":"AKIA"},"eventTime":"2026-03-02T10:00:00Z","eventSource":"iam.amazonaws.com",` +
		`"eventName":"CreateUser","eventID":"e","errorCode":"AccessDenied","sourceIPAddress":"192.0.2.1","userAgent":"x"}`
	var got []Hit
	for h, err := range set.Scanner(Filter{}).File(logFile(record("o", "Other", "a", 0, ""), raw), p) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, h)
	}
	want := []Hit{{Rule: &set.Rules()[0], Match: finding.Match{Detection: "made", Severity: finding.Informational, Events: 1, Event: finding.Event{
		ID: "e", Time: day, Account: "999988887777", Region: "eu-west-3", Source: "a/log.json.gz", Record: 1, State: event.Verified, SHA256: "00ff",
		Service: "iam.amazonaws.com", Name: "CreateUser", ErrorCode: "AccessDenied", Principal: "arn:aws:iam::1:user/a", Identity: "arn:aws:iam::1:user/a",
		Type: "IAMUser", AccessKey: "AKIA", IP: "192.0.2.1", Agent: "x"}}}}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b *Rule) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFileReportsWhatItDoesNotJudge(t *testing.T) {
	a, b := record("a", "A", "u", 0, ""), record("b", "B", "u", 1, "")
	deep := strings.Repeat("[", pattern.MaxDepth+1) + strings.Repeat("]", pattern.MaxDepth+1)
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{"a log file", logFile(a, b), []string{"any a f#0", "any b f#1"}},
		{"blanks", []byte("{\"Records\":[ " + a + "\n,\t" + b + " ] } \n"), []string{"any a f#0", "any b f#1"}},
		{"no records", logFile(), nil},
		{"nothing but a list", []byte(`[]`), nil},
		{"an empty file", nil, []string{"malformed f#0"}},
		{"blanks only", []byte(" \n"), []string{"malformed f#0"}},
		{"a byte order mark", append([]byte("\ufeff"), logFile(a, b)...), []string{"any a f#0", "any b f#1"}},
		{"lines", []byte(a + "\n" + b + "\n"), []string{"any a f#0", "any b f#1"}},
		{"a list", []byte("[" + a + "," + b + "]"), []string{"any a f#0", "any b f#1"}},
		{"elements that are no records", logFile(a, "5", "null", `"x"`, b), []string{"any a f#0", "malformed f#1", "malformed f#2", "malformed f#3", "any b f#4"}},
		{"a record that is broken inside", logFile(a, `{"eventName":tru,"eventVersion":"1"}`, b), []string{"any a f#0", "malformed f#1", "any b f#2"}},
		{"a record that is too deep", logFile(a, `{"eventVersion":"1","requestParameters":`+deep+`}`, b), []string{"any a f#0", "malformed f#1", "any b f#2"}},
		{"two log files in one", append(logFile(a), logFile(b)...), []string{"any a f#0", "any b f#1"}},
		{"Records twice", []byte(`{"Records":[` + a + `],"Records":[` + b + `]}`), []string{"any a f#0", "any b f#1"}},
		{"a member after Records", []byte(`{"Records":[` + a + `],"x":1}`), []string{"any a f#0"}},
		{"cut between records", []byte(`{"Records":[` + a + `,`), []string{"any a f#0", "malformed f#1"}},
		{"cut within a record", []byte(`{"Records":[` + a + `,` + b[:40]), []string{"any a f#0", "malformed f#1"}},
		{"cut after a record", []byte(`{"Records":[` + a), []string{"any a f#0", "malformed f#1"}},
		{"something after the file", append(logFile(a), "garbage"...), []string{"any a f#0", "malformed f#1"}},
		{"a digest", []byte(`{"awsAccountId":"111122223333","digestStartTime":"2026-03-02T10:00:00Z"}`), []string{"malformed f#0"}},
		{"what is no JSON", []byte("\x00\x01\x02"), []string{"malformed f#0"}},
		{"an EventBridge event", []byte(`{"source":"aws.iam","detail-type":"AWS API Call via CloudTrail","detail":` + a + `}`), []string{"any a f#0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := compiled(t, nil, patternRule(t, "any", ``))
			sc := set.Scanner(Filter{})
			if diff := cmp.Diff(c.want, said(sc.File(c.data, Place{Source: "f"}))); diff != "" {
				t.Errorf("File (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, said(sc.Stream(bytes.NewReader(c.data), Place{Source: "f"}))); diff != "" {
				t.Errorf("Stream (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecordThatIsTooLongIsReported(t *testing.T) {
	set := compiled(t, nil, patternRule(t, "any", ``))
	a, b := record("a", "A", "u", 0, ""), record("b", "B", "u", 1, "")
	long := record("l", "L", "u", 0, `,"requestParameters":{"x":"`+strings.Repeat("x", pattern.MaxRecord)+`"}`)
	data := []byte(a + "\n" + long + "\n" + b + "\n")
	want := []string{"any a f#0", "malformed f#1", "any b f#2"}
	if diff := cmp.Diff(want, said(set.Scanner(Filter{}).File(data, Place{Source: "f"}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, line := range said(set.Scanner(Filter{}).File(logFile(a, long, b), Place{Source: "f"}))[1:] {
		if !strings.HasPrefix(line, "malformed f#") {
			t.Error(line)
		}
	}
}

func TestScanStopsWhenAsked(t *testing.T) {
	set := compiled(t, nil, patternRule(t, "any", ``))
	for _, data := range [][]byte{logFile(record("a", "A", "u", 0, ""), record("b", "B", "u", 1, "")), logFile("5", "6"), []byte("[{},{}]")} {
		n := 0
		for range set.Scanner(Filter{}).File(data, Place{}) {
			n++
			break
		}
		if n != 1 {
			t.Errorf("%d of %s", n, data)
		}
	}
}

func TestStreamErrorIsTheReadersOwn(t *testing.T) {
	set := compiled(t, nil, patternRule(t, "any", ``))
	broken := errors.New("the disk is gone")
	r := io.MultiReader(strings.NewReader(record("a", "A", "u", 0, "")+"\n"), errorReader{broken})
	var last error
	hits := 0
	for _, err := range set.Scanner(Filter{}).Stream(r, Place{Source: "stdin"}) {
		if err == nil {
			hits++
		}
		last = err
	}
	if hits != 1 || !errors.Is(last, broken) {
		t.Errorf("%d hits, %v", hits, last)
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

func TestFilter(t *testing.T) {
	in := func(id, at, account, region string) string {
		raw := `{"eventVersion":"1"`
		for _, m := range [][2]string{{"eventID", id}, {"eventTime", at}, {"recipientAccountId", account}, {"awsRegion", region}} {
			if m[1] != "" {
				raw += fmt.Sprintf(`,%q:%q`, m[0], m[1])
			}
		}
		return raw + "}"
	}
	const a, r = "111122223333", "us-east-1"
	data := logFile(
		in("before", "2026-03-01T23:59:59Z", a, r),
		in("first", "2026-03-02T00:00:00Z", a, r),
		in("offset", "2026-03-02T01:30:00+02:00", a, r), // the day before, in UTC
		in("fraction", "2026-03-02T23:59:59.999Z", a, r),
		in("end", "2026-03-03T00:00:00Z", a, r),
		in("timeless", "", a, r),
		in("strange", "2026-03-02T25:00:00Z", a, r),
		in("other-account", "2026-03-02T10:00:00Z", "222233334444", r),
		in("other-region", "2026-03-02T10:00:00Z", a, "eu-west-1"),
		in("placeless", "2026-03-02T10:00:00Z", "", ""),
		in("odd", "2026-03-02T10:00:00Z", a, "mars"),
	)
	set := compiled(t, nil, patternRule(t, "any", ``))
	midnight := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		filter Filter
		origin event.Origin
		want   string
	}{
		{"nothing asked", Filter{}, event.Origin{}, "before first offset fraction end timeless strange other-account other-region placeless odd"},
		{"a day", Filter{From: midnight, To: midnight.AddDate(0, 0, 1)}, event.Origin{}, "first fraction timeless strange other-account other-region placeless odd"},
		{"from", Filter{From: midnight.Add(time.Nanosecond)}, event.Origin{}, "fraction end timeless strange other-account other-region placeless odd"},
		{"to", Filter{To: midnight}, event.Origin{}, "before offset timeless strange"},
		{"an account", Filter{Accounts: []string{"222233334444"}}, event.Origin{}, "other-account"},
		{"an account of the key", Filter{Accounts: []string{"222233334444"}}, event.Origin{Account: "222233334444"}, "other-account placeless"},
		{"a region of the key", Filter{Regions: []string{"eu-west-1"}}, event.Origin{Region: "eu-west-1"}, "other-region placeless"},
		{"a region that only the record knows", Filter{Regions: []string{"mars"}}, event.Origin{}, "odd"},
		{"unknown", Filter{Accounts: []string{"unknown"}}, event.Origin{}, "placeless"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			sc := set.Scanner(c.filter)
			for h, err := range sc.File(data, Place{Origin: c.origin}) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, h.ID)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if sc.records != int64(len(got)) || sc.records+sc.outside != 11 {
				t.Errorf("%d judged, %d outside", sc.records, sc.outside)
			}
		})
	}
}

func TestSuppression(t *testing.T) {
	until := day.AddDate(0, 0, 1)
	base := finding.Suppression{Detection: "cis-*", Who: "kim", Why: "known", Until: until}
	with := func(f func(*finding.Suppression)) finding.Suppression {
		x := base
		f(&x)
		return x
	}
	for _, c := range []struct {
		name string
		all  []finding.Suppression
		raw  string
		want string // the Why of the suppression that holds
	}{
		{"none", nil, record("a", "A", "u", 0, ""), ""},
		{"a glob of the detection", []finding.Suppression{base}, record("a", "A", "u", 0, ""), "known"},
		{"until is exclusive", []finding.Suppression{with(func(x *finding.Suppression) { x.Until = day })}, record("a", "A", "u", 0, ""), ""},
		{"by the event's time", []finding.Suppression{with(func(x *finding.Suppression) { x.Until = day.Add(time.Second) })}, record("a", "A", "u", 0, ""), "known"},
		{"an event without a time stays", []finding.Suppression{base}, `{"eventName":"A","eventVersion":"1"}`, ""},
		{"an account", []finding.Suppression{with(func(x *finding.Suppression) { x.Account = "111122223333" })}, record("a", "A", "u", 0, ""), "known"},
		{"another account", []finding.Suppression{with(func(x *finding.Suppression) { x.Account = "222233334444" })}, record("a", "A", "u", 0, ""), ""},
		{"an actor", []finding.Suppression{with(func(x *finding.Suppression) { x.Actor = "arn:*:user/u" })}, record("a", "A", "u", 0, ""), "known"},
		{"another actor", []finding.Suppression{with(func(x *finding.Suppression) { x.Actor = "arn:*:user/u" })}, record("a", "A", "v", 0, ""), ""},
		{"where", []finding.Suppression{with(func(x *finding.Suppression) { x.Where = `{ $.requestID = "7" }` })}, record("a", "A", "u", 0, `,"requestID":"7"`), "known"},
		{"elsewhere", []finding.Suppression{with(func(x *finding.Suppression) { x.Where = `{ $.requestID = "7" }` })}, record("a", "A", "u", 0, `,"requestID":"8"`), ""},
		{"the first that holds", []finding.Suppression{
			with(func(x *finding.Suppression) { x.Detection, x.Why = "cis-b", "of another" }),
			with(func(x *finding.Suppression) { x.Why = "first" }), base}, record("a", "A", "u", 0, ""), "first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := compiled(t, c.all, patternRule(t, "cis-a", `{ $.eventName = A }`), patternRule(t, "cis-b", `{ $.eventName = B }`))
			for h, err := range set.Scanner(Filter{}).Record([]byte(c.raw), 0, Place{}) {
				got := ""
				if h.Suppressed != nil {
					got = h.Suppressed.Why
				}
				if err != nil || got != c.want {
					t.Errorf("want %q, got %q, %v", c.want, got, err)
				}
				return
			}
			t.Error("no hit: what is suppressed is shown")
		})
	}
}

func TestCompileSays(t *testing.T) {
	a := patternRule(t, "a", `{ $.x = 1 }`)
	ok := finding.Suppression{Detection: "a", Who: "kim", Why: "known", Until: day}
	from := a
	from.File = "own/a.yaml"
	for _, c := range []struct {
		name         string
		rules        []Rule
		suppressions []finding.Suppression
		want         string
	}{
		{"one name twice", []Rule{from, a}, nil, `two rules are called "a": one of "own/a.yaml", one of a pattern that was typed`},
		{"no name", []Rule{{}}, nil, `a rule without a name`},
		{"no pattern", []Rule{OfDetection(catalog.Detection{ID: "d"})}, nil, `rule "d": no pattern`},
		{"a count of nothing", []Rule{over(t, "d", catalog.Detection{Count: &catalog.Count{Within: time.Hour}})}, nil, `rule "d": a count of at least 0, want 1 or more`},
		{"a count in no time", []Rule{over(t, "d", catalog.Detection{Count: &catalog.Count{AtLeast: 2}})}, nil, `rule "d": count within 0s, want more than nothing`},
		{"then nothing", []Rule{over(t, "d", catalog.Detection{Then: &catalog.Then{Within: 1e9}})}, nil, `rule "d": no second pattern`},
		{"first seen of nothing", []Rule{over(t, "d", catalog.Detection{FirstSeen: &catalog.FirstSeen{Within: 1e9}})}, nil, `rule "d": no field whose values are new or not`},
		{"nobody decided", []Rule{a}, []finding.Suppression{{Detection: "a", Why: "x", Until: day}}, `suppression of "a": it does not say who decided it and why`},
		{"for ever", []Rule{a}, []finding.Suppression{{Detection: "a", Who: "x", Why: "x"}}, `suppression of "a": it does not say until when`},
		{"of nothing", []Rule{a}, []finding.Suppression{{Who: "x", Why: "x", Until: day}}, `suppression 1: of no detection`},
		{"a bad pattern", []Rule{a}, []finding.Suppression{{Detection: "a", Who: "x", Why: "x", Until: day, Where: "{"}},
			`suppression of "a": where: column 2: expected a selector, which begins with "$", or "(", found the end`},
		{"all well", []Rule{a}, []finding.Suppression{ok}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if _, err := Compile(c.rules, c.suppressions); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
	ok.Detection = "cis-*"
	if diff := cmp.Diff([]string{`the suppression of "cis-*" names no detection that is in use`}, compiled(t, []finding.Suppression{ok}, a).Warnings()); diff != "" {
		t.Error(diff)
	}
}

// over makes a rule over time of the parts of a detection; its pattern is { $.eventName = A }.
func over(t testing.TB, id string, d catalog.Detection) Rule {
	t.Helper()
	p, err := pattern.Parse(`{ $.eventName = A }`)
	if err != nil {
		t.Fatal(err)
	}
	d.ID, d.Match, d.Severity = id, p, finding.High
	return OfDetection(d)
}

// files are a source in memory.
type files []File

func (f files) Files(context.Context) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		for _, x := range f {
			if !yield(x, nil) {
				return
			}
		}
	}
}

func inMemory(source string, data []byte) File {
	return File{Source: source, Open: func(context.Context) (Content, error) {
		return Content{Place: Place{Source: source}, Data: data}, nil
	}}
}
