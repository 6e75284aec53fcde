package event

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// told is what a caller learns of an input, item by item.
func told(items func(func(Item, error) bool), p *Parser, r *Record) (out []string) {
	for item, err := range items {
		line := fmt.Sprintf("%d %s %q ", item.Number, item.Wrapping, item.Raw)
		if err == nil && !item.Parsed {
			if perr := p.Parse(item.Raw, r); perr != nil {
				var f *Fault
				errors.As(perr, &f)
				line += fmt.Sprintf("refused at %d: %s", f.Offset, f.Reason)
				out = append(out, line)
				continue
			}
		}
		if err != nil {
			out = append(out, line+err.Error())
			continue
		}
		line += fmt.Sprint(r.HasTime, r.Time, r.ReadOnly, r.ManagementEvent, r.Reasons)
		for c, v := range r.Values {
			if v != nil {
				line += fmt.Sprintf(" %d=%q", c, v)
			}
		}
		out = append(out, line)
	}
	return out
}

func sameTold(t *testing.T, data []byte) (parsed int) {
	t.Helper()
	var p, q Parser
	var r, s Record
	want := told(Split(data), &p, &r)
	got := told(func(yield func(Item, error) bool) {
		for item, err := range q.Records(data, &s) {
			if item.Parsed {
				parsed++
			}
			if !yield(item, err) {
				return
			}
		}
	}, &q, &s)
	if len(want) != len(got) {
		t.Fatalf("%q: Records yields %d, Split %d:\n%s\n%s", data, len(got), len(want), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for i := range want {
		if want[i] != got[i] {
			t.Fatalf("%q: item %d\nRecords %s\nSplit   %s", data, i, got[i], want[i])
		}
	}
	return parsed
}

var fileTexts = []string{
	`{"Records":[]}`, `{"Records":[]}` + "\n", ` {"Records":[]}`, `{"Records" : []}`, `{"Records":[`, `{"Records":[]`, `{"Records":[]]`, `{"Records":[]}x`,
	`{"Records":[{"eventID":"a","eventTime":"2026-03-02T10:00:00Z"}]}`,
	`{"Records":[{"eventID":"a"},{"eventID":"b"}]}`, `{"Records":[ {"eventID":"a"} , {"eventID":"b"} ] } `,
	`{"Records":[{"eventID":"a"},{"eventID":"b"}],"more":1}`, `{"Records":[{"eventID":"a"},{"eventID":"b"}]}{"Records":[{"eventID":"c"}]}`,
	`{"Records":[{"eventID":"a"},{"eventID":"b"`, `{"Records":[{"eventID":"a"},`, `{"Records":[{"eventID":"a"},]}`, `{"Records":[{"eventID":"a"} {"eventID":"b"}]}`,
	`{"Records":[{"eventID":"a"},"no object",{"eventID":"b"}]}`, `{"Records":[{"eventID":"a"},{"eventID":tru},{"eventID":"b"}]}`,
	`{"Records":[{"eventID":"a","x":{"y":[1,2,{}]}},{"eventID":"b\u0041","userAgent":"\ud800"}]}`, `{"Records":[[{"eventID":"a"}]]}`, `{"Records":[{"Records":[{"eventID":"a"}]}]}`,
	`{"Records":{"eventID":"a"}}`, `{"Records":null}`, `{"Records":[null]}`,
}

func TestRecordsIsSplitAndParse(t *testing.T) {
	parsed := 0
	for _, text := range fileTexts {
		parsed += sameTold(t, []byte(text))
	}
	if parsed < 15 {
		t.Errorf("only %d records were parsed on the way", parsed)
	}
	var p Parser
	var r Record
	for range p.Records([]byte(fileTexts[9]), &r) {
		break // nobody wants more: nothing is yielded after it
	}
}

func FuzzRecords(f *testing.F) {
	for _, text := range fileTexts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) { sameTold(t, data) })
}
