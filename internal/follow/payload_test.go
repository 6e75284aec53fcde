package follow_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/follow"
	"github.com/trailseal/trailseal/internal/logfile/logfiletest"
)

func line(id string) string { return fmt.Sprintf(`{"eventVersion":"1.11","eventID":%q}`, id) }

// subscribed is what CloudWatch Logs sends.
func subscribed(ids ...string) string {
	var events []string
	for i, id := range ids {
		message, err := json.Marshal(line(id))
		if err != nil {
			panic(err)
		}
		events = append(events, fmt.Sprintf(`{"id":"%d","timestamp":1772445600000,"message":%s}`, i, message))
	}
	return `{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"CloudTrail/logs","logStream":"111122223333_CloudTrail_eu-west-1","subscriptionFilters":["f"],"logEvents":[` + strings.Join(events, ",") + `]}`
}

func zip64(text string) string { return base64.StdEncoding.EncodeToString(logfiletest.Gzip(text)) }

const control = `{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{"id":"","timestamp":1772445600000,"message":"CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."}]}`

// records are the event IDs of what is yielded, and faults as they say it.
func records(t *testing.T, items iter.Seq2[event.Item, error]) []string {
	t.Helper()
	var out []string
	n := 0
	for item, err := range items {
		var f *event.Fault
		switch {
		case errors.As(err, &f):
			out = append(out, "fault: "+f.Reason)
			if f.Number != item.Number {
				t.Errorf("fault %d of item %d", f.Number, item.Number)
			}
		case err != nil:
			out = append(out, "error: "+err.Error())
			return out
		default:
			var r struct {
				ID string `json:"eventID"`
			}
			if err := json.Unmarshal(item.Raw, &r); err != nil {
				t.Errorf("%q: %v", item.Raw, err)
			}
			out = append(out, r.ID)
		}
		if item.Number != n {
			t.Errorf("item %d has number %d", n, item.Number)
		}
		n++
	}
	return out
}

func TestPayloads(t *testing.T) {
	two := subscribed("a", "b")
	for _, c := range []struct {
		name, data string
		want       []string
	}{
		{"as it is", two, []string{"a", "b"}},
		{"gzip", string(logfiletest.Gzip(two)), []string{"a", "b"}},
		{"base64", base64.StdEncoding.EncodeToString([]byte(two)), []string{"a", "b"}},
		{"gzip in base64", zip64(two), []string{"a", "b"}},
		{"Lambda", `{"awslogs":{"data":"` + zip64(two) + `"}}`, []string{"a", "b"}},
		{"Kinesis", `{"Records":[{"kinesis":{"partitionKey":"1","data":"` + zip64(two) + `"},"eventSource":"aws:kinesis"},{"kinesis":{"data":"` + zip64(control) + `"}},{"kinesis":{"data":"` + zip64(subscribed("c")) + `"}}]}`, []string{"a", "b", "c"}},
		{"Firehose", `{"invocationId":"1","records":[{"recordId":"1","data":"` + zip64(two) + `"}]}`, []string{"a", "b"}},
		{"one after the other", string(logfiletest.Gzip(two)) + string(logfiletest.Gzip(subscribed("c"))), []string{"a", "b", "c"}},
		{"whether anybody listens", control, nil},
		{"a log file", string(logfiletest.Gzip(`{"Records":[` + line("a") + `]}`)), []string{"a"}},
		{"a record", line("a"), []string{"a"}},
		{"a log file with data in its records", `{"Records":[{"eventVersion":"1","eventID":"a","x":{"data":"y"}}]}`, []string{"a"}},
		{"nothing", "", []string{"fault: no records and no other value"}},
		{"no payload", "hello, there", []string{"fault: expected an object or array, found 'h'"}},
		{"broken gzip", string(logfiletest.Gzip(two)[:60]), []string{"fault: gzip: unexpected EOF"}},
		{"wrapped without end", nested(8), []string{"fault: more than 6 wrappings in one another"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, records(t, follow.Payload([]byte(c.data)))); d != "" {
				t.Error(d)
			}
		})
	}
}

func nested(n int) string {
	out := line("a")
	for range n {
		out = zip64(out)
	}
	return out
}

func TestLinesComeAsTheyAreWritten(t *testing.T) {
	in, out := io.Pipe()
	defer in.Close()
	next, stop := iter.Pull2(follow.Lines(in))
	defer stop()
	wrote := make(chan error, 4)
	for i, text := range []string{line("0") + "\n", zip64(subscribed("1")) + "\r\n", "\n" + `{"awslogs":{"data":"` + zip64(subscribed("2")) + `"}}` + "\n", line("3") + "\n"} {
		go func() {
			_, err := io.WriteString(out, text)
			wrote <- err
		}()
		item, err, ok := next()
		if err != nil || !ok || !bytes.Contains(item.Raw, []byte(fmt.Sprintf(`"eventID":"%d"`, i))) || item.Number != i {
			t.Fatalf("line %d: %q, %d, %v", i, item.Raw, item.Number, err)
		}
	}
	for range 4 {
		if err := <-wrote; err != nil {
			t.Error(err)
		}
	}
	out.Close()
	if _, _, ok := next(); ok {
		t.Error("there is more")
	}
}

func TestLines(t *testing.T) {
	for _, c := range []struct {
		name string
		in   io.Reader
		want []string
	}{
		{"a last line without its end", strings.NewReader(line("a") + "\n" + line("b")), []string{"a", "b"}},
		{"a last line that is cut", strings.NewReader(line("a") + "\n" + line("b")[:20]), []string{"a", "fault: expected the end of a string, found the end"}},
		{"a broken line", strings.NewReader(line("a") + "\nhello\n" + line("b")), []string{"a", "fault: expected an object or array, found 'h'", "b"}},
		{"a byte at a time", iotest.OneByteReader(strings.NewReader(line("a") + "\n" + subscribed("b", "c") + "\n")), []string{"a", "b", "c"}},
		{"gzip", bytes.NewReader(logfiletest.Gzip(line("a") + "\n" + line("b") + "\n")), []string{"a", "b"}},
		{"nothing", strings.NewReader(""), nil},
		{"empty lines", strings.NewReader("\n \n\t\r\n"), nil},
		{"a line too long", io.MultiReader(strings.NewReader(line("a")+"\n{\"x\":\""), &endless{n: 32 << 20}, strings.NewReader("\"}\n"+line("b"))), []string{"a", "fault: a line of more than 33554432 bytes", "b"}},
		{"a reader that fails", io.MultiReader(strings.NewReader(line("a")+"\n"), iotest.ErrReader(errors.New("a fault"))), []string{"a", "error: read records: a fault"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, records(t, follow.Lines(c.in))); d != "" {
				t.Error(d)
			}
		})
	}
}

// endless is n bytes of text.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	if e.n == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.n)
	for i := range p[:n] {
		p[i] = 'x'
	}
	e.n -= n
	return n, nil
}

func FuzzPayload(f *testing.F) {
	f.Add([]byte(subscribed("a")))
	f.Add([]byte(zip64(subscribed("a"))))
	f.Add([]byte(`{"awslogs":{"data":"` + zip64(subscribed("a")) + `"}}`))
	f.Add([]byte(`{"Records":[{"kinesis":{"data":"` + zip64(control) + `"}}]}`))
	f.Add([]byte(line("a") + "\n" + line("b")))
	f.Add([]byte(`[""`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, items := range []iter.Seq2[event.Item, error]{follow.Payload(data), follow.Lines(bytes.NewReader(data))} {
			n := 0
			for item, err := range items {
				if len(item.Raw) > event.MaxRecord {
					t.Errorf("a record of %d bytes", len(item.Raw))
				}
				if f := (*event.Fault)(nil); errors.As(err, &f) && f.Number != item.Number {
					t.Errorf("fault %d of item %d", f.Number, item.Number)
				} else if err != nil && f == nil {
					break // of the reader
				}
				if item.Number != n {
					t.Errorf("item %d has number %d", n, item.Number)
				}
				n++
			}
		}
	})
}
