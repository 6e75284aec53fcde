package pattern

import "testing"

func TestLookup(t *testing.T) {
	var r Record
	if err := r.Reset([]byte(`{"a":{"b.c":[{"d":1}],"e":{"f":"x"}},"n":null}`)); err != nil {
		t.Fatal(err)
	}
	path := func(text string) Path {
		p, err := ParsePath(text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, tt := range []struct {
		name string
		got  Value
		want Type
	}{
		{"nested", r.Lookup(path("a.e.f")), String},
		{"from a value", r.Lookup(path("a")).Lookup(path("e.f")), String},
		{"names with dots", r.Lookup(Names("a", "b.c")), Array},
		{"dots are no names", r.Lookup(Names("a.e")), Absent},
		{"null", r.Lookup(Names("n")), Null},
		{"below a scalar", r.Lookup(Names("n", "x")), Absent},
		{"below nothing", Value{}.Lookup(Names("n")), Absent},
		{"no names", r.Lookup(Names()), Object},
	} {
		if got := tt.got.Type(); got != tt.want {
			t.Errorf("%s: want %v, got %v", tt.name, tt.want, got)
		}
	}
}

func TestDecimal(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"1", "1.0", 0},
		{"-2", "1", -1},
		{"1e3", "999.9", 1},
		{"123456789012345678901", "123456789012345678902", -1},
	} {
		a, aOK := ParseDecimal([]byte(tt.a), true)
		b, bOK := ParseDecimal([]byte(tt.b), true)
		if got := a.Compare(b); got != tt.want || !aOK || !bOK {
			t.Errorf("%s, %s: want %d, got %d %t %t", tt.a, tt.b, tt.want, got, aOK, bOK)
		}
	}
	for _, text := range []string{"", "x", "1 ", "1e3"} {
		if _, ok := ParseDecimal([]byte(text), false); ok {
			t.Errorf("%q is a number", text)
		}
	}
}
