package parquet_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/trailseal/trailseal/internal/parquet"
)

// read returns a file as a table.
func read(b []byte) ([]values, error) {
	r, err := parquet.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	columns := r.Columns()
	table := make([]values, len(columns))
	for i, c := range columns {
		table[i].Column = c
	}
	for g := range r.Groups() {
		for i := range table {
			c := &table[i]
			var n int
			switch c.Kind {
			case parquet.Bytes:
				v, err := r.Bytes(g, i)
				if err != nil {
					return nil, err
				}
				c.text, n = append(c.text, v...), len(v)
			case parquet.Timestamp:
				v, valid, err := r.Timestamp(g, i)
				if err != nil {
					return nil, err
				}
				addNumbers(c, v, valid)
				n = len(v)
			case parquet.Int32:
				v, valid, err := r.Int32(g, i)
				if err != nil {
					return nil, err
				}
				addNumbers(c, v, valid)
				n = len(v)
			case parquet.Bool:
				v, valid, err := r.Bool(g, i)
				if err != nil {
					return nil, err
				}
				bits := make([]int8, len(v))
				for i := range v {
					if v[i] {
						bits[i] = 1
					}
				}
				addNumbers(c, bits, valid)
				n = len(v)
			}
			if n != r.Rows(g) {
				return nil, fmt.Errorf("%q has %d values in a group of %d rows", c.Name, n, r.Rows(g))
			}
		}
	}
	return table, nil
}

func addNumbers[T int8 | int32 | int64](c *values, v []T, valid []bool) {
	for i := range v {
		c.numbers, c.null = append(c.numbers, int64(v[i])), append(c.null, !valid[i])
	}
}

// differ returns the first difference between tables, which tells NULL from the empty text.
func differ(want, got []values) string {
	if d := cmp.Diff(columnsOf(want), columnsOf(got), cmpopts.IgnoreFields(parquet.Column{}, "Dictionary", "Bounds")); d != "" {
		return d
	}
	for i := range want {
		w, g := &want[i], &got[i]
		if w.len() != g.len() {
			return fmt.Sprintf("%s: %d rows, want %d", w.Name, g.len(), w.len())
		}
		for row := range w.len() {
			if w.Kind == parquet.Bytes {
				if (w.text[row] == nil) != (g.text[row] == nil) || !bytes.Equal(w.text[row], g.text[row]) {
					return fmt.Sprintf("%s, row %d: %.80q (NULL %v), want %.80q (NULL %v)", w.Name, row, g.text[row], g.text[row] == nil, w.text[row], w.text[row] == nil)
				}
			} else if w.null[row] != g.null[row] || !w.null[row] && w.numbers[row] != g.numbers[row] {
				return fmt.Sprintf("%s, row %d: %d (NULL %v), want %d (NULL %v)", w.Name, row, g.numbers[row], g.null[row], w.numbers[row], w.null[row])
			}
		}
	}
	return ""
}

// texts returns a column of Bytes; "NULL" stands for NULL.
func texts(name string, id int32, dictionary bool, list ...string) values {
	c := values{Column: parquet.Column{Name: name, ID: id, Kind: parquet.Bytes, Dictionary: dictionary, Bounds: true}}
	for _, v := range list {
		if v == "NULL" {
			c.text = append(c.text, nil)
		} else {
			c.text = append(c.text, []byte(v))
		}
	}
	return c
}

func numbers(name string, id int32, kind parquet.Kind, list ...int64) values {
	return values{Column: parquet.Column{Name: name, ID: id, Kind: kind, Bounds: true}, numbers: list, null: make([]bool, len(list))}
}

// repeat returns rows values that at gives.
func repeat(rows int, at func(row int) string) []string {
	list := make([]string, rows)
	for i := range list {
		list[i] = at(i)
	}
	return list
}

// tables are what must come back the same whoever reads it.
func tables() map[string][]values {
	nulls := func(rows int) []string { return repeat(rows, func(int) string { return "NULL" }) }
	many := func(name string, dictionary bool, at func(row int) string) values {
		return texts(name, 1, dictionary, repeat(70_000, at)...)
	}
	half := numbers("n", 3, parquet.Timestamp, 1, 2, 3, 4)
	half.null = []bool{true, false, false, true}
	none := numbers("none", 4, parquet.Int32, 0, 0, 0, 0)
	none.null = []bool{true, true, true, true}
	bits := numbers("b", 5, parquet.Bool, 0, 1, 1, 0)
	bits.null[2] = true
	return map[string][]values{
		"NULL and the empty text": {
			texts("plain", 1, false, "", "NULL", "x", "NULL", ""), texts("dictionary", 2, true, "", "NULL", "", "NULL", "")},
		"all NULL":                {texts("plain", 1, false, nulls(9)...), texts("dictionary", 2, true, nulls(9)...)},
		"all empty":               {texts("plain", 1, false, "", "", ""), texts("dictionary", 2, true, "", "", "")},
		"one row":                 {texts("plain", 1, false, "x"), texts("dictionary", 2, true, "x"), numbers("n", 3, parquet.Timestamp, 7)},
		"NUL bytes":               {texts("plain", 1, false, "a\x00b", "\x00", "\x00\x00"), texts("dictionary", 2, true, "\x00", "\x00", "")},
		"kinds":                   {half, none, bits, texts("t", -7, true, "a", "a", "a", "a")},
		"extreme numbers":         {numbers("n", 1, parquet.Timestamp, math.MaxInt64, math.MinInt64, 0, math.MinInt64, -1, math.MaxInt64), numbers("i", 2, parquet.Int32, math.MaxInt32, math.MinInt32, math.MaxInt32, 0, math.MinInt32, -1)},
		"a value of a megabyte":   {texts("plain", 1, false, "a", strings.Repeat("é\"", 1<<20/3), "NULL", strings.Repeat("z", 3<<20), "b"), texts("dictionary", 2, true, "a", strings.Repeat("z", 1<<20), "NULL", strings.Repeat("z", 1<<20), "b")},
		"one value for all":       {many("t", true, func(int) string { return "eu-central-1" })},
		"all different":           {many("t", true, func(row int) string { return fmt.Sprint(row) })},
		"runs":                    {many("t", true, func(row int) string { return fmt.Sprint(row / 1000) })},
		"runs and changes":        {many("t", true, func(row int) string { return fmt.Sprint(min(row%100, 77) * (row / 20_000 % 2)) })},
		"NULLs in runs":           {many("t", true, func(row int) string { return []string{"a", "NULL", "b"}[row/11_000%3] })},
		"NULLs in runs, plain":    {many("t", false, func(row int) string { return []string{"a", "NULL", "b"}[row/33_000%3] })},
		"a page of NULLs":         {many("t", true, func(row int) string { return []string{"a", "NULL"}[min(1, row/100)] })},
		"every third NULL, plain": {many("t", false, func(row int) string { return []string{"NULL", fmt.Sprint(row), ""}[row%3] })},
		"a dictionary too large":  {many("t", true, func(row int) string { return strings.Repeat("x", 100) + fmt.Sprint(row%30_000) })},
		"few long values":         {many("t", true, func(row int) string { return strings.Repeat(fmt.Sprint(row%300), 1000) })},
		"a hundred columns": func() (table []values) {
			for i := range 100 {
				table = append(table, texts(fmt.Sprintf("column %d", i), int32(1000*i), i%2 == 0, fmt.Sprint(i), "NULL", ""))
			}
			return table
		}(),
	}
}

func TestRoundTrip(t *testing.T) {
	for name, table := range tables() {
		t.Run(name, func(t *testing.T) {
			for _, group := range []int{1 << 20, 40_000, 2} {
				if table[0].len()/group > 1000 {
					continue
				}
				b := file(t, table, group)
				got, err := read(b)
				if err != nil {
					t.Fatal(err)
				}
				if d := differ(table, got); d != "" {
					t.Errorf("groups of %d: %s", group, d)
				}
				if got, err = genericRead(b); err != nil {
					t.Fatal(err)
				}
				if d := differ(table, got); d != "" {
					t.Errorf("groups of %d, read by parquet-go: %s", group, d)
				}
			}
		})
	}
}

func TestNoGroups(t *testing.T) {
	columns := []parquet.Column{{Name: "a", ID: 3, Kind: parquet.Bytes}}
	var b bytes.Buffer
	if err := parquet.NewWriter(&b, columns).Close(); err != nil {
		t.Fatal(err)
	}
	got, err := read(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(columns, columnsOf(got)); d != "" {
		t.Error(d)
	}
}

// TestReset holds that a Writer that was used, even one that failed, writes what a new one writes.
func TestReset(t *testing.T) {
	w := parquet.NewWriter(io.Discard, nil)
	for name, table := range tables() {
		var b bytes.Buffer
		w.Reset(&b, columnsOf(table))
		write(t, w, table, 40_000)
		if !bytes.Equal(file(t, table, 40_000), b.Bytes()) {
			t.Errorf("%s: another file", name)
		}
		w.Reset(io.Discard, columnsOf(table))
		w.Bool(nil)
		if err := w.Close(); !errors.Is(err, parquet.ErrOrder) {
			t.Errorf("%s: %v, want ErrOrder", name, err)
		}
	}
}

func TestOrder(t *testing.T) {
	text := func(int) []byte { return nil }
	columns := []parquet.Column{{Name: "a", Kind: parquet.Bytes}, {Name: "b", Kind: parquet.Bool}}
	for _, tc := range []struct {
		name string
		do   func(w *parquet.Writer)
		want string
	}{
		{"a column before the first group", func(w *parquet.Writer) { w.Bytes(text) }, "all have been written"},
		{"a column of another kind", func(w *parquet.Writer) { w.Group(1); w.Int32(nil) }, `"a" is of another kind`},
		{"a group too early", func(w *parquet.Writer) { w.Group(1); w.Bytes(text); w.Group(1) }, `group begun before column "b"`},
		{"closed too early", func(w *parquet.Writer) { w.Group(1); w.Bytes(text) }, `closed before column "b"`},
		{"a column too many", func(w *parquet.Writer) {
			w.Group(1)
			w.Bytes(text)
			w.Bool(func(int) (bool, bool) { return true, true })
			w.Bytes(text)
		}, "all have been written"},
		{"a group without rows", func(w *parquet.Writer) { w.Group(0) }, "row group of 0 rows"},
		{"a group of too many rows", func(w *parquet.Writer) { w.Group(1<<22 + 1) }, "row group of 4194305 rows"},
		{"a value too long", func(w *parquet.Writer) {
			w.Group(1)
			w.Bytes(func(int) []byte { return make([]byte, 64<<20+1) })
		}, `column "a": value of 67108865 bytes`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := parquet.NewWriter(io.Discard, columns)
			tc.do(w)
			if err := w.Close(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
	if err := parquet.NewWriter(io.Discard, []parquet.Column{{Name: "a"}}).Close(); err == nil {
		t.Error("a column without a kind is accepted")
	}
}

// TestText holds that what is not UTF-8 is refused, also where the values together would be.
func TestText(t *testing.T) {
	for _, list := range [][]string{{"a", "\xff"}, {"a\xc3", "\xa9b"}, {"\xed\xa0\x80"}, {"x", "x", "\xc3", "x", "x"}} {
		for _, dictionary := range []bool{false, true} {
			table := []values{texts("t", 1, dictionary, list...)}
			w := parquet.NewWriter(io.Discard, columnsOf(table))
			writeGroup(w, table, 0, len(list))
			if err := w.Close(); !errors.Is(err, parquet.ErrText) || !strings.Contains(err.Error(), `column "t"`) {
				t.Errorf("%q, dictionary %v: %v, want ErrText", list, dictionary, err)
			}
		}
	}
}

type failing struct{ after int }

func (f *failing) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestWriteError(t *testing.T) {
	table := cloudTrail(5_000, 3)
	for _, after := range []int{0, 300_000} {
		w := parquet.NewWriter(&failing{after}, columnsOf(table))
		writeGroup(w, table, 0, table[0].len())
		if err := w.Close(); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("after %d bytes: %v, want %v", after, err, io.ErrShortWrite)
		}
	}
}

// TestRandomTables writes tables of random shape.
func TestRandomTables(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		table := randomTable(rnd, 1+rnd.IntN(6), 1+rnd.IntN(3000))
		b := file(t, table, 1+rnd.IntN(3000))
		for name, reader := range map[string]func([]byte) ([]values, error){"own": read, "parquet-go": genericRead} {
			got, err := reader(b)
			if err != nil {
				t.Fatalf("seed %d, reader %s: %v", seed, name, err)
			}
			if d := differ(table, got); d != "" {
				t.Fatalf("seed %d, reader %s: %s", seed, name, d)
			}
		}
	}
}
