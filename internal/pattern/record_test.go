package pattern

import (
	"errors"
	"strings"
	"testing"
)

func TestResetAtReadsOneObjectAfterTheOther(t *testing.T) {
	data := []byte(`{"Records":[{"a":1},{"a":{"b":"}"}} , {"a":3]`)
	a, err := ParsePath("a")
	if err != nil {
		t.Fatal(err)
	}
	var r Record
	for _, c := range []struct {
		start, end int
		raw        string
		kind       Type
	}{
		{12, 19, `{"a":1}`, Number},
		{20, 35, `{"a":{"b":"}"}}`, Object},
	} {
		end, err := r.ResetAt(data, c.start)
		if err != nil || end != c.end || string(r.Raw()) != c.raw || r.Lookup(a).Type() != c.kind {
			t.Errorf("at %d: %d %v %s %v", c.start, end, err, r.Raw(), r.Lookup(a).Type())
		}
	}
	for start, want := range map[int]string{
		38:        `byte 6: expected "," or "}", found "]"`,
		19:        `byte 0: expected an object, found ","`,
		len(data): `byte 0: expected an object, found the end`,
		1000:      `byte 0: expected an object, found the end`,
	} {
		if _, err := r.ResetAt(data, start); err == nil || err.Error() != want || r.Root().Type() != Absent {
			t.Errorf("at %d: want %s, got %v", start, want, err)
		}
	}
}

func TestResetAtIsBounded(t *testing.T) {
	long := `{"a":"` + strings.Repeat("x", MaxRecord-8) + `"}`
	var r Record
	if end, err := r.ResetAt([]byte(long+`{}`), 0); err != nil || end != MaxRecord {
		t.Errorf("%d %v", end, err)
	}
	if _, err := r.ResetAt([]byte(" "+`{"a":"`+strings.Repeat("x", MaxRecord-7)+`"}`), 1); !errors.Is(err, errTooLong) {
		t.Errorf("a record that is too long: %v", err)
	}
	// What is wrong before the bound is said as it is.
	if _, err := r.ResetAt([]byte(`{"a":x`+long), 0); err == nil || errors.Is(err, errTooLong) {
		t.Errorf("%v", err)
	}
}
