package event

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func checkPlace(t *testing.T, account, region, date string) {
	t.Helper()
	for value, pattern := range map[string]string{
		account: `^([0-9]{12}|unknown)$`, region: `^[a-z0-9-]{1,32}$`, date: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`,
	} {
		if !regexp.MustCompile(pattern).MatchString(value) {
			t.Errorf("place %q, %q, %q: not %s", account, region, date, pattern)
		}
	}
}

func TestPlace(t *testing.T) {
	key := Origin{Account: "222233334444", Region: "eu-central-1", Delivered: time.Date(2026, 3, 3, 0, 4, 0, 0, time.FixedZone("", 3600))}
	var r Record // the same for all cases: what it remembers must not show
	for _, c := range []struct{ name, record, origin, want string }{
		{"record", `{"recipientAccountId":"111122223333","awsRegion":"eu-west-1","eventTime":"2026-03-01T23:59:59Z"}`, "key", "111122223333 eu-west-1 2026-03-01"},
		{"again", `{"recipientAccountId":"111122223333","awsRegion":"eu-west-1","eventTime":"2026-03-01T00:00:00Z"}`, "key", "111122223333 eu-west-1 2026-03-01"},
		{"key", `{}`, "key", "222233334444 eu-central-1 2026-03-02"},
		{"nothing known", `{}`, "", "unknown unknown 1970-01-01"},
		{"the word unknown is no account", `{"recipientAccountId":"unknown","awsRegion":"unknown"}`, "key", "222233334444 unknown 2026-03-02"},
		{"account that is none", `{"recipientAccountId":"../../222233"}`, "key", "222233334444 eu-central-1 2026-03-02"},
		{"region that is none", `{"awsRegion":"../etc"}`, "key", "222233334444 eu-central-1 2026-03-02"},
		{"region in capitals", `{"awsRegion":"EU-WEST-1"}`, "", "unknown unknown 1970-01-01"},
		{"empty region", `{"awsRegion":"","recipientAccountId":""}`, "", "unknown unknown 1970-01-01"},
		{"region of 32", `{"awsRegion":"` + strings.Repeat("a", 32) + `"}`, "", "unknown " + strings.Repeat("a", 32) + " 1970-01-01"},
		{"region of 33", `{"awsRegion":"` + strings.Repeat("a", 33) + `"}`, "", "unknown unknown 1970-01-01"},
		{"account of an aggregated event", `{"accountId":"333344445555"}`, "key", "333344445555 eu-central-1 2026-03-02"},
		{"before 1970", `{"eventTime":"1969-12-31T23:59:59.999999Z"}`, "", "unknown unknown 1969-12-31"},
		{"first day", `{"eventTime":"0000-01-01T00:00:00Z"}`, "", "unknown unknown 0000-01-01"},
		{"last day", `{"eventTime":"9999-12-31T23:59:59.999999Z"}`, "", "unknown unknown 9999-12-31"},
		{"time of another zone", `{"eventTime":"2026-03-01T00:30:00+01:00"}`, "", "unknown unknown 2026-02-28"},
		{"time that is none", `{"eventTime":"yesterday"}`, "key", "222233334444 eu-central-1 2026-03-02"},
		{"hostile key", `{}`, "hostile", "unknown unknown 1970-01-01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			origin := map[string]Origin{"key": key, "hostile": {Account: "..", Region: "a/b", Delivered: time.Unix(1<<50, 0)}}[c.origin]
			var p Parser
			if err := p.Parse([]byte(c.record), &r); err != nil {
				t.Fatal(err)
			}
			account, region, date := r.Place(origin)
			checkPlace(t, account, region, date)
			got := strings.Join([]string{account, region, date}, " ")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReasonsAreSortedWords(t *testing.T) {
	all := Reasons(1<<len(reasonWords) - 1)
	want := "case,deep,malformed,no_event_id,no_event_time,time,twice,type,unknown,utf8"
	if diff := cmp.Diff(want, all.String()); diff != "" {
		t.Error(diff)
	}
	for r, word := range map[Reasons]string{
		Case: "case", Deep: "deep", BadRecord: "malformed", NoEventID: "no_event_id", NoEventTime: "no_event_time",
		BadTime: "time", Twice: "twice", BadType: "type", Unknown: "unknown", BadText: "utf8", 0: "",
	} {
		if r.String() != word {
			t.Errorf("%q, want %q", r, word)
		}
	}
}

func TestMalformed(t *testing.T) {
	for name, c := range map[string]struct{ in, raw, reason string }{
		"text":      {"hello", "hello", "malformed"},
		"no bytes":  {"", "", "malformed"},
		"not UTF-8": {"a\xff\xc3b", "a\uFFFD\uFFFDb", "malformed,utf8"},
	} {
		t.Run(name, func(t *testing.T) {
			r := Record{Time: 1, HasTime: true}
			r.Values[EventName] = []byte("old")
			Malformed([]byte(c.in), &r)
			var want Record
			want.Values[Raw], want.Values[RawReason] = []byte(c.raw), []byte(c.reason)
			if diff := cmp.Diff(want.Values, r.Values); diff != "" || r.HasTime || r.Time != 0 {
				t.Error(diff)
			}
		})
	}
}

func TestParseTimeAgreesWithTheStandardLibrary(t *testing.T) {
	for _, s := range []string{
		"2026-03-02T00:00:00Z", "2024-02-29T12:34:56Z", "2023-02-29T12:34:56Z", "2000-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
		"1970-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-03-02T23:59:60Z", "2026-03-02T24:00:00Z",
		"2026-03-02T00:00:00.5Z", "2026-03-02T00:00:00.123456Z", "2026-03-02T00:00:00.1234567Z", "2026-03-02T00:00:00.1234560Z",
		"2026-03-02T00:00:00.Z", "2026-03-02T00:00:00", "2026-03-02T00:00:00+01:00", "2026-03-02T00:00:00.25-23:59", "2026-03-02T00:00:00+0100",
		"2026-03-02 00:00:00Z", "2026-03-02t00:00:00z", "2026-3-02T00:00:00Z", "2026-00-02T00:00:00Z",
		"2026-13-02T00:00:00Z", "2026-04-31T00:00:00Z", "2026-12-00T00:00:00Z", "", "Z", "+026-03-02T00:00:00Z", "2026-03-02T00:00:00ZZ",
		"2026-03-02T00:60:00Z", "2026-03-02T0a:00:00Z",
	} {
		want, err := time.Parse(time.RFC3339Nano, s)
		got, exact, ok := parseTime([]byte(s))
		if ok != (err == nil) {
			t.Errorf("%q: ok %v, library: %v", s, ok, err)
			continue
		}
		if ok && (got != want.UnixMicro() || exact != (want.Nanosecond()%1000 == 0)) {
			t.Errorf("%q: %d, exact %v, want %d", s, got, exact, want.UnixMicro())
		}
	}
	for _, s := range []string{ // which the library takes
		"0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "2026-03-02T00:00:00+24:00", "2026-03-02T00:00:00,5Z",
	} {
		if _, _, ok := parseTime([]byte(s)); ok {
			t.Errorf("%q is a time", s)
		}
	}
}
