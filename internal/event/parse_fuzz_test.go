package event

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// lookUp looks the path of a column up in what encoding/json made of a record. there is false where the way to it
// leads through anything but objects.
func lookUp(record map[string]any, path string) (v any, there bool) {
	names := strings.Split(path, ".")
	for _, n := range names[:len(names)-1] {
		record, _ = record[n].(map[string]any)
	}
	v, there = record[names[len(names)-1]]
	return v, there
}

func decode(tb testing.TB, data []byte) any {
	tb.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		tb.Fatalf("decode %q: %v", data, err)
	}
	return v
}

// checkAgainstStandard compares what Parse made of raw with what encoding/json makes of it.
func checkAgainstStandard(t *testing.T, raw []byte, r *Record) {
	t.Helper()
	record := decode(t, raw).(map[string]any)
	for number, c := range Columns[:Principal] {
		v, _ := lookUp(record, c.Path)
		got := r.Values[number]
		if number == EventID && record["eventID"] == nil {
			v = record["eventId"]
		}
		if number == RecipientAccountID && record["recipientAccountId"] == nil {
			v = record["accountId"]
		}
		if v != nil && !fits(c.Type, v) && r.Reasons&BadType == 0 {
			t.Errorf("%s: %v is no reason %q", c.Path, v, "type")
		}
		switch c.Type {
		case String:
			want, isString := v.(string)
			if isString != (got != nil) || want != string(got) {
				t.Errorf("%s: %q, want %q (%v)", c.Path, got, want, v)
			}
		case JSON:
			if r.Reasons&Deep != 0 && got == nil {
				continue
			}
			if (v == nil) != (got == nil) {
				t.Errorf("%s: %q, want %v", c.Path, got, v)
			}
			if got == nil || v == nil {
				continue
			}
			if again := decode(t, got); !reflect.DeepEqual(v, again) { // cmp takes for ever on deep nesting
				t.Errorf("%s: %v, want %v", c.Path, again, v)
			}
			if !json.Valid(got) || !utf8.Valid(got) {
				t.Errorf("%s: not valid: %q", c.Path, got)
			}
			if r.Reasons&BadText == 0 && !bytes.Contains(raw, got) {
				t.Errorf("%s: %q is not in the record", c.Path, got)
			}
		case Bool:
			want := Null
			switch v {
			case true, "true":
				want = True
			case false, "false":
				want = False
			}
			if b := *r.bool(number); b != want {
				t.Errorf("%s: %v, want %v", c.Path, b, v)
			}
		case Timestamp:
			s, _ := v.(string)
			micros, _, ok := parseTime([]byte(s))
			if ok != r.HasTime || micros != r.Time {
				t.Errorf("%s: %v %d, want %v %d (%q)", c.Path, r.HasTime, r.Time, ok, micros, s)
			}
		}
	}
	if (r.Reasons != 0) != (r.Values[Raw] != nil) || r.Reasons.String() != string(r.Values[RawReason]) {
		t.Errorf("reasons %q, raw %q, raw_reason %q", r.Reasons, r.Values[Raw], r.Values[RawReason])
	}
	for number, v := range r.Values {
		if !utf8.Valid(v) {
			t.Errorf("%s: %q is not UTF-8", Columns[number].Name, v)
		}
	}
	if r.Values[Raw] != nil && r.Reasons&BadText == 0 {
		if diff := cmp.Diff(string(bytes.Trim(raw, " \t\r\n")), string(r.Values[Raw])); diff != "" {
			t.Errorf("raw (-want +got):\n%s", diff)
		}
	}
}

func fits(t Type, v any) bool {
	switch v.(type) {
	case string:
		return t != Bool
	case bool:
		return t == Bool || t == JSON
	}
	return t == JSON
}

func FuzzParse(f *testing.F) {
	for _, c := range parseCases {
		f.Add([]byte(c.in))
	}
	for _, s := range []string{
		``, `{`, `[]`, `null`, `{}`, ` {} `, `{}x`, `{"eventName":"x\ud800"}`, "{\"eventName\":\"\xff\"}", `{"resources":[1,2e5,-0.1E-7,"\ud800\udc00"]}`,
		`{"resources":"\ud800A\udc00\\ud800"}`, `{"a":01}`, `{"a":1.}`, `{"a":+1}`, `{"a":tru}`, `{"a":[}`, `{"a":{"b":[{}]},}`, `{"a" "b"}`,
		"{\"eventName\":\"a\tb\"}", `{"eventName":"\x"}`, `{"eventTime":"2026-13-01T00:00:00Z"}`, `{"` + strings.Repeat(`a":{"`, 300) + `":1` + strings.Repeat("}", 301),
	} {
		f.Add([]byte(s))
	}
	var p Parser
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r Record
		err := p.Parse(raw, &r)
		trimmed := bytes.TrimLeft(raw, " \t\r\n")
		want := json.Valid(raw) && len(trimmed) > 0 && trimmed[0] == '{'
		if (err == nil) != want {
			t.Fatalf("Parse(%q): %v, json.Valid: %v", raw, err, want)
		}
		if err != nil {
			Malformed(raw, &r)
			if !utf8.Valid(r.Values[Raw]) || !strings.HasPrefix(string(r.Values[RawReason]), "malformed") {
				t.Errorf("Malformed: %q, %q", r.Values[Raw], r.Values[RawReason])
			}
			return
		}
		checkAgainstStandard(t, raw, &r)
		account, region, date := r.Place(Origin{})
		checkPlace(t, account, region, date)
	})
}
