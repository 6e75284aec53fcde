package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// r returns a record with the number.
func r(n int) string { return fmt.Sprintf(`{"eventID":"%d"}`, n) }

// quoted returns the text as a string of JSON.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// collect prints items as WRAPPING RAW and faults as OFFSET: REASON RAW, each with its number.
func collect(tb testing.TB, seq iter.Seq2[Item, error]) (lines []string) {
	tb.Helper()
	for item, err := range seq {
		var fault *Fault
		switch {
		case err == nil:
			lines = append(lines, fmt.Sprintf("%d %s %s", item.Number, item.Wrapping, item.Raw))
		case errors.As(err, &fault):
			if fault.Number != item.Number {
				tb.Errorf("fault %d of item %d", fault.Number, item.Number)
			}
			if item.Raw != nil && len(item.Raw) == 0 {
				tb.Errorf("fault %d has bytes, but none", fault.Number)
			}
			lines = append(lines, fmt.Sprintf("%d fault at %d: %s: %q", item.Number, fault.Offset, fault.Reason, item.Raw))
		default:
			lines = append(lines, "error: "+err.Error())
		}
	}
	return lines
}

var splitCases = []struct {
	name, in string
	want     []string
}{
	{"log file", `{"Records":[` + r(1) + `,` + r(2) + `]}`, []string{"0 records " + r(1), "1 records " + r(2)}},
	{"log file without records", `{"Records":[]}`, nil},
	{"log file with white space", " {\n \"Records\" : [ " + r(1) + " ,\r\n\t" + r(2) + " ] } \n", []string{"0 records " + r(1), "1 records " + r(2)}},
	{"members before and after Records", `{"a":{"Records":[1]},"b":[[]],"Records":[` + r(1) + `],"c":[1,{"x":[]}],"d":null}`, []string{"0 records " + r(1)}},
	{"Records twice", `{"Records":[` + r(1) + `],"Records":[` + r(2) + `]}`, []string{"0 records " + r(1), "1 records " + r(2)}},
	{"Records that is no array", `{"Records":null}`, []string{`0 fault at 0: an object without any member of a record, not CloudTrail records: "{\"Records\":null}"`}},
	{"number at the end", `{"eventID":"1","a":1000`, []string{`0 fault at 23: expected "," or "}", found the end: "{\"eventID\":\"1\",\"a\":1000"`}},
	{"a record has what it likes", `{"eventID":"1","Records":[1],"message":"x","id":"y"}`, []string{`0 bare {"eventID":"1","Records":[1],"message":"x","id":"y"}`}},
	{"elements of Records that are no objects", `{"Records":[1,` + r(1) + `,"}",[{}],null]}`,
		[]string{"0 records 1", "1 records " + r(1), `2 records "}"`, "3 records [{}]", "4 records null"}},
	{"broken inside a record", `{"Records":[` + r(1) + `,{"a":,"b":"]}\"{"},` + r(2) + `]}`,
		[]string{"0 records " + r(1), `1 records {"a":,"b":"]}\"{"}`, "2 records " + r(2)}},
	{"cut in a record", `{"Records":[` + r(1) + `,{"a":{}`, []string{"0 records " + r(1), `1 fault at 35: expected the end of an object or array, found the end: "{\"a\":{}"`}},
	{"cut after a record", `{"Records":[` + r(1), []string{"0 records " + r(1), `1 fault at 27: expected "," or "]", found the end: ""`}},
	{"cut after a comma", `{"Records":[` + r(1) + `,`, []string{"0 records " + r(1), `1 fault at 28: expected a value, found the end: ""`}},
	{"cut before the last brace", `{"Records":[` + r(1) + `]`, []string{"0 records " + r(1), `1 fault at 28: expected "," or "}", found the end: ""`}},
	{"no comma between records", `{"Records":[` + r(1) + r(2) + `]}`, []string{"0 records " + r(1), `1 fault at 27: expected "," or "]", found '{': "{\"eventID\":\"2\"}]}"`}},
	{"comma at the end of Records", `{"Records":[` + r(1) + `,]}`, []string{"0 records " + r(1), `1 fault at 28: expected a value, found ']': "]}"`}},

	{"array", `[` + r(1) + `, ` + r(2) + `]`, []string{"0 bare " + r(1), "1 bare " + r(2)}},
	{"empty array", `[]`, nil},
	{"array of wrappings", `[{"Records":[` + r(1) + `]},[` + r(2) + `],` + r(3) + `]`, []string{"0 records " + r(1), "1 bare " + r(2), "2 bare " + r(3)}},
	{"broken element of an array", `[` + r(1) + `,{"a":},7,` + r(2) + `]`,
		[]string{"0 bare " + r(1), `1 fault at 22: expected a value, found '}': "{\"a\":}"`, `2 fault at 24: expected an object or array, found '7': "7,{\"eventID\":\"2\"}]"`}},
	{"text in an array that is cut", `["a`, []string{`0 fault at 3: expected the end of a string, found the end: "\"a"`}},
	{"no comma in a record", `[{"eventID":"1" "a":1}]`, []string{`0 fault at 16: expected "," or "}", found '"': "{\"eventID\":\"1\" \"a\":1}"`}},
	{"no colon in a record", `[{"eventID" "1"}]`, []string{`0 fault at 12: expected ":", found '"': "{\"eventID\" \"1\"}"`}},
	{"arrays in arrays", `[[[[[` + r(1) + `]]]]]`, []string{`0 fault at 4: expected fewer arrays in one another, found '[': "[{\"eventID\":\"1\"}]"`}},

	{"lines", r(1) + "\n" + r(2) + "\r\n\n  " + r(3), []string{"0 bare " + r(1), "1 bare " + r(2), "2 bare " + r(3)}},
	{"on one line", r(1) + r(2) + " " + r(3), []string{"0 bare " + r(1), "1 bare " + r(2), "2 bare " + r(3)}},
	{"lines of all kinds", "\ufeff" + r(1) + "\n{\"Records\":[" + r(2) + "]}\n[" + r(3) + "]\n\ufeff" + r(4),
		[]string{"0 bare " + r(1), "1 records " + r(2), "2 bare " + r(3), "3 bare " + r(4)}},
	{"record over many lines", "{\n \"eventID\": \"1\",\n \"resources\": [\n {}\n ]\n}\n" + r(2),
		[]string{"0 bare {\n \"eventID\": \"1\",\n \"resources\": [\n {}\n ]\n}", "1 bare " + r(2)}},
	{"broken line", r(1) + "\n{\"eventID\":,\"a\":{}\n" + r(2), []string{"0 bare " + r(1), `1 fault at 27: expected a value, found ',': "{\"eventID\":,\"a\":{}"`, "2 bare " + r(2)}},
	{"line that is cut", "{\"eventID\":\"1\n" + r(2) + "\n" + r(3),
		[]string{`0 fault at 13: expected no control character in a string, found '\n': "{\"eventID\":\"1"`, "1 bare " + r(2), "2 bare " + r(3)}},
	{"line that is cut after a comma", "{\"eventID\":\"1\",\"a\":[1,\n" + r(2) + "\n" + r(3),
		[]string{`0 fault at 39: expected "," or "]", found '{': "{\"eventID\":\"1\",\"a\":[1,"`, "1 bare " + r(2), "2 bare " + r(3)}},
	{"line of text", "hello\n" + r(1), []string{`0 fault at 0: expected an object or array, found 'h': "hello"`, "1 bare " + r(1)}},
	{"text after a record", r(1) + " x\n" + r(2), []string{"0 bare " + r(1), `1 fault at 16: expected an object or array, found 'x': "x"`, "2 bare " + r(2)}},
	{"broken value over many lines", "{\n \"eventID\": \"1\",\n \"a\": x,\n \"b\": {\n }\n}\n" + r(2),
		[]string{`0 fault at 25: expected a value, found 'x': "{\n \"eventID\": \"1\",\n \"a\": x,\n \"b\": {\n }\n}"`, "1 bare " + r(2)}},
	{"lines of wrappings, one cut", `{"Records":[` + r(1) + `,{"a":{}` + "\n" + `{"Records":[` + r(2) + "]}\n", []string{
		"0 records " + r(1), `1 fault at 66: expected the end of an object or array, found the end: "{\"a\":{}"`, "2 records " + r(2)}},
	{"broken array over many lines", "[\n" + r(1) + ",\nx,\n" + r(2) + ",\n" + r(3) + "\n]\n",
		[]string{"0 bare " + r(1), `1 fault at 19: expected an object or array, found 'x': "x,"`, "2 bare " + r(2), "3 bare " + r(3)}},
	{"cut value, then lines", "{\"eventID\":[\n" + r(1) + ",\n" + r(2) + "\n", []string{
		`0 fault at 46: expected the end of an object or array, found the end: "{\"eventID\":["`, "1 bare " + r(1), "2 bare " + r(2)}},

	{"lookup-events", `{"NextToken":"t","Events":[{"EventId":"1","ReadOnly":"true","Resources":[],"CloudTrailEvent":` + quoted(`{"eventID":"1","a":"\"ü\n"}`) + `}]}`,
		[]string{`0 lookup-events {"eventID":"1","a":"\"ü\n"}`}},
	{"lookup-events, line by line", `{"EventId":"1","CloudTrailEvent":` + quoted(r(1)) + "}\n" + `{"CloudTrailEvent":` + quoted(r(2)) + "}", []string{"0 lookup-events " + r(1), "1 lookup-events " + r(2)}},
	{"lookup-events, the records alone", `[` + quoted(r(1)) + `,` + quoted(r(2)) + `]`, []string{"0 lookup-events " + r(1), "1 lookup-events " + r(2)}},
	{"lookup-events without events", `{"Events":[]}`, nil},
	{"EventBridge", `{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.ec2","resources":[],"detail":` + r(1) + `}`, []string{"0 eventbridge " + r(1)}},
	{"EventBridge without detail-type", `{"source":"aws.ec2","detail": ` + r(1) + ` }`, []string{"0 eventbridge " + r(1)}},
	{"EventBridge from elsewhere", `{"detail-type":"EC2 Instance State-change Notification","source":"aws.ec2","detail":{}}`,
		[]string{`0 fault at 0: an event that EventBridge has from elsewhere, not CloudTrail records: "{\"detail-type\":\"EC2 Instance State-change Notification\",\"source\":\"aws.ec2\",\"detail\":{}}"`}},
	{"log export", "2026-03-02T00:00:00.000Z " + r(1) + "\n2026-03-02T00:00:01.000Z " + r(2) + "\n", []string{"0 log export " + r(1), "1 log export " + r(2)}},
	{"log export of text", "2026-03-02T00:00:00.000Z hello\n2026-03-02T00:00:01.000Z " + r(2) + "\n",
		[]string{`0 fault at 0: expected an object or array, found '2': "2026-03-02T00:00:00.000Z hello"`, "1 log export " + r(2)}},
	{"log subscription", `{"messageType":"DATA_MESSAGE","owner":"1","logEvents":[{"id":"1","timestamp":1,"message":` + quoted(r(1)+"\n") + `}]}`, []string{"0 log message " + r(1)}},
	{"log subscription that tests", `{"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health of destination."}]}`, nil},
	{"filter-log-events", `{"events":[{"logStreamName":"s","timestamp":1,"message":` + quoted(r(1)) + `,"eventId":"1"}],"searchedLogStreams":[]}`, []string{"0 log message " + r(1)}},
	{"log message that is text", `{"events":[{"timestamp":1,"message":"hello"}]}`, []string{"0 log message hello"}},
	{"aggregated event", `{"eventVersion":"1.0","eventId":"1","accountId":"2"}`, []string{`0 bare {"eventVersion":"1.0","eventId":"1","accountId":"2"}`}},

	{"digest", `{"awsAccountId":"1","digestStartTime":"x","logFiles":[{"a":1},{"a":2}],"previousDigestSignature":null}`,
		[]string{`0 fault at 38: a digest file or a file of AWS Config, not CloudTrail records: ""`}},
	{"digest, then a record", `{"digestStartTime":"x"}` + r(1), []string{`0 fault at 19: a digest file or a file of AWS Config, not CloudTrail records: ""`, "1 bare " + r(1)}},
	{"AWS Config", `{"fileVersion":"1.0","configurationItems":[{"eventID":1}]}`, []string{`0 fault at 42: a digest file or a file of AWS Config, not CloudTrail records: ""`}},
	{"names in escapes", `{"\u0065ventName":"StopLogging"}` + ` {"Rec\u006frds":[` + r(1) + `]}`, []string{`0 bare {"\u0065ventName":"StopLogging"}`, "1 records " + r(1)}},
	{"record with next to nothing", `{"errorCode":"AccessDenied"}`, []string{`0 bare {"errorCode":"AccessDenied"}`}},
	{"object of nobody", `{"a":1}`, []string{`0 fault at 0: an object without any member of a record, not CloudTrail records: "{\"a\":1}"`}},
	{"no bytes", "", []string{`0 fault at 0: no records and no other value: ""`}},
	{"white space", " \n\t", []string{`0 fault at 3: no records and no other value: ""`}},
	{"byte order mark alone", "\ufeff", []string{`0 fault at 3: no records and no other value: ""`}},
	{"NUL bytes", "\x00\x00", []string{`0 fault at 0: expected an object or array, found '\x00': "\x00\x00"`}},
	{"UTF-16", "\xff\xfe{\x00}\x00", []string{`0 fault at 0: expected an object or array, found byte 0xff: "\xff\xfe{\x00}\x00"`}},
}

func TestSplit(t *testing.T) {
	for _, c := range splitCases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, collect(t, Split([]byte(c.in)))); diff != "" {
				t.Errorf("Split (-want +got):\n%s", diff)
			}
			for name, src := range map[string]io.Reader{
				"whole": strings.NewReader(c.in), "byte by byte": iotest.OneByteReader(strings.NewReader(c.in)), "end with data": iotest.DataErrReader(strings.NewReader(c.in)),
			} {
				if diff := cmp.Diff(c.want, collect(t, Stream(src, 0))); diff != "" {
					t.Errorf("Stream, %s (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

func TestNotLogs(t *testing.T) {
	for in, want := range map[string]bool{`{"digestStartTime":1}`: true, `{"configurationItems":[]}`: true, `{"x":1}`: true, `{`: false, ``: false} {
		for _, err := range Split([]byte(in)) {
			if errors.Is(err, ErrNotLogs) != want {
				t.Errorf("%s: %v", in, err)
			}
		}
	}
}

func TestSplitStops(t *testing.T) {
	for _, c := range splitCases {
		for most := range c.want {
			n := 0
			for range Split([]byte(c.in)) {
				if n++; n > most {
					break // yielding after this panics
				}
			}
		}
	}
}

func TestStreamHoldsOneRecord(t *testing.T) {
	const max = 1000
	for name, c := range map[string]struct{ head, record, tail string }{
		"records":      {`{"x":[],"Records":[` + r(0), "," + r(1), "]}"},
		"lines":        {r(0), "\n" + r(1), "\n"},
		"digest":       {r(0) + `{"digestStartTime":1,"logFiles":[0`, `,{"a":1}`, "]}"},
		"one too long": {`{"Records":[{"a":"`, "0123456789", `"}]}`},
		"white space":  {r(0), strings.Repeat(" ", 30), r(1)},
		"line of text": {"hello", " hello", "\n" + r(1)},
	} {
		t.Run(name, func(t *testing.T) {
			const repeat = 400_000
			src := io.MultiReader(strings.NewReader(c.head), &repeater{text: []byte(c.record), n: repeat}, strings.NewReader(c.tail))
			items, faults := 0, 0
			s := splitter{window: window{src: src, max: max, chunk: chunk}, yield: func(item Item, err error) bool {
				if len(item.Raw) > max {
					t.Fatalf("%d bytes", len(item.Raw))
				}
				if err != nil {
					faults++
				} else {
					items++
				}
				return true
			}}
			s.run()
			want := map[string][2]int{"records": {repeat + 1, 0}, "lines": {repeat + 1, 0}, "digest": {1, 1}, "one too long": {0, 1}, "white space": {2, 0}, "line of text": {1, 1}}[name]
			if diff := cmp.Diff(want, [2]int{items, faults}); diff != "" {
				t.Errorf("items, faults (-want +got):\n%s", diff)
			}
			if cap(s.buf) > 4*chunk {
				t.Errorf("the window grew to %d bytes", cap(s.buf))
			}
		})
	}
}

// repeater reads as the text n times.
type repeater struct {
	text []byte
	n    int
	rest []byte
}

func (r *repeater) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(r.rest) == 0 {
			if r.n == 0 {
				return n, io.EOF
			}
			r.n, r.rest = r.n-1, r.text
		}
		m := copy(p[n:], r.rest)
		n, r.rest = n+m, r.rest[m:]
	}
	return n, nil
}

func TestStreamReportsTheReader(t *testing.T) {
	broken := errors.New("no more")
	for in, want := range map[string]int{"": 0, `{"Records":[` + r(1) + `,{"a`: 1, r(1) + "\nhello": 1} {
		items := 0
		var last error
		for _, err := range Stream(io.MultiReader(strings.NewReader(in), iotest.ErrReader(broken)), 0) {
			if last = err; err == nil {
				items++
			}
		}
		if !errors.Is(last, broken) || items != want {
			t.Errorf("%q: %d items, then %v", in, items, last)
		}
	}
	items := 0
	for _, err := range Stream(io.MultiReader(strings.NewReader(r(1)+r(2)+"\n"+r(3)), iotest.ErrReader(broken)), 0) {
		if err == nil {
			items++
		}
	}
	if items != 3 { // what came before the error is there
		t.Errorf("%d items, want 3", items)
	}
	for _, err := range Stream(iotest.ErrReader(nil), 0) { // neither bytes nor an error, for ever
		if !errors.Is(err, io.ErrNoProgress) {
			t.Errorf("%v", err)
		}
	}
}

func TestStreamLimitsRecords(t *testing.T) {
	in := r(1) + "\n" + `{"eventID":"` + strings.Repeat("x", 50) + `"}` + "\n" + r(2) + "\n"
	want := []string{"0 bare " + r(1), `1 fault at 56: longer than 40 bytes: "{\"eventID\":\"` + strings.Repeat("x", 28) + `"`, "2 bare " + r(2)}
	if diff := cmp.Diff(want, collect(t, Stream(strings.NewReader(in), 40))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A long record that comes in small pieces must not be looked at again for each.
func TestStreamOfSmallPiecesIsLinear(t *testing.T) {
	in := `{"eventID":"` + strings.Repeat("x", 12<<20) + `"}`
	start := time.Now()
	n := 0
	for item, err := range Stream(pieces{strings.NewReader(in), 512}, 0) {
		if err != nil || string(item.Raw) != in {
			t.Errorf("%v, %d bytes", err, len(item.Raw))
		}
		n++
	}
	if d := time.Since(start); n != 1 || d > 10*time.Second {
		t.Errorf("%d records, %v", n, d)
	}
}

// Hostile input must not make Split read the same bytes again and again.
func TestSplitIsLinear(t *testing.T) {
	const n = 200_000
	for name, in := range map[string]string{
		"braces": strings.Repeat("{\n", n), "brackets": strings.Repeat("[\n", n), "objects": strings.Repeat("{\"a\":\n", n), "strings": strings.Repeat("{\"\n", n),
		"open lists": strings.Repeat("{\"a\":[1,\n", n), "arrays": strings.Repeat("[{\"a\":[\n", n), "numbers": strings.Repeat("1\n", n),
		"one list": "{\"a\":[\n" + strings.Repeat("{},\n", n), "records": strings.Repeat("{\"Records\":[\n", n), "elements": "[" + strings.Repeat("{\"a\":},", n),
		"nested": "[" + strings.Repeat("{\"a\":x,\"b\":[", n/100) + "0", "escapes": strings.Repeat("{\"\\", n),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			s := splitter{window: window{buf: []byte(in), max: MaxRecord, ended: true}, yield: func(Item, error) bool { return true }}
			s.run()
			if d := time.Since(start); s.number == 0 || d > 10*time.Second {
				t.Errorf("%d yielded, %v", s.number, d)
			}
		})
	}
}

func FuzzSplit(f *testing.F) {
	for _, c := range splitCases {
		f.Add([]byte(c.in), uint16(20), uint8(7))
		f.Add([]byte(c.in), uint16(1000), uint8(0))
	}
	f.Fuzz(func(t *testing.T, in []byte, limit uint16, piece uint8) {
		limited := func(s splitter) []string {
			return collect(t, func(yield func(Item, error) bool) {
				s.max, s.yield = int(limit)+1, yield
				s.run()
			})
		}
		want := limited(splitter{window: window{buf: in, ended: true}})
		got := limited(splitter{window: window{src: pieces{bytes.NewReader(in), int(piece) + 1}, chunk: 16}})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("window and whole differ (-whole +window):\n%s", diff)
		}
		unlimited := splitter{window: window{src: pieces{bytes.NewReader(in), int(piece) + 1}, chunk: 16, max: MaxRecord}}
		stream := func(yield func(Item, error) bool) { unlimited.yield = yield; unlimited.run() }
		if diff := cmp.Diff(collect(t, Split(in)), collect(t, stream)); diff != "" {
			t.Errorf("Split and Stream differ (-Split +Stream):\n%s", diff)
		}
		if len(want) == 0 && len(bytes.Trim(in, " \t\r\n")) == 0 {
			t.Error("no error for no input")
		}
		checkArray(t, in)
	})
}

// checkArray wraps in, when it is an object, and expects it back byte for byte.
func checkArray(t *testing.T, in []byte) {
	in = bytes.Trim(in, " \t\r\n")
	if !json.Valid(in) || in[0] != '{' {
		return
	}
	for _, wrapped := range []string{`{"Records":[%s,%s]}`, "{\"a\":[1],\n\"Records\" : [\n%s\n,%s ] , \"b\":{}}"} {
		n := 0
		for item, err := range Split(fmt.Appendf(nil, wrapped, in, in)) {
			if err != nil || !bytes.Equal(item.Raw, in) {
				t.Errorf("%v: %q, want %q", err, item.Raw, in)
			}
			n++
		}
		if n != 2 {
			t.Errorf("%d records, want 2", n)
		}
	}
	record := append([]byte(`{"eventID":"","x":`), append(in, '}')...)
	for item, err := range Split(fmt.Appendf(nil, "[%s , %s]", record, record)) {
		if err != nil || !bytes.Equal(item.Raw, record) {
			t.Errorf("%v: %q, want %q", err, item.Raw, record)
		}
	}
}

// pieces reads n bytes at a time, at most.
type pieces struct {
	r io.Reader
	n int
}

func (p pieces) Read(b []byte) (int, error) { return p.r.Read(b[:min(len(b), p.n)]) }
