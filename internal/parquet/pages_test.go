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

	"github.com/trailseal/trailseal/internal/parquet"
)

// readPages reads some rows of every column of every group a page at a time, and compares them with the table, whose rows
// they are in order. want says which rows of a group.
func readPages(b []byte, table []values, want func(row int) bool) error {
	r, err := parquet.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	start := 0
	for g := range r.Groups() {
		for i, c := range r.Columns() {
			p, err := r.Pages(g, i, c.Kind)
			if err != nil {
				return err
			}
			for row := range r.Rows(g) {
				if !want(row) {
					continue
				}
				if c.Kind == parquet.Bytes {
					got, err := p.Bytes(row)
					if err != nil {
						return err
					}
					if len(table) > 0 && (!bytes.Equal(got, table[i].text[start+row]) || (got == nil) != (table[i].text[start+row] == nil)) {
						return fmt.Errorf("%s, row %d: %q, want %q", c.Name, row, got, table[i].text[start+row])
					}
					continue
				}
				got, valid, err := p.Number(row)
				if err != nil {
					return err
				}
				if len(table) > 0 && (valid == table[i].null[start+row] || valid && got != table[i].numbers[start+row]) {
					return fmt.Errorf("%s, row %d: %d, %v, want %d", c.Name, row, got, valid, table[i].numbers[start+row])
				}
			}
		}
		start += r.Rows(g)
	}
	return nil
}

func TestPagesAreTheColumn(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	every := func(int) bool { return true }
	tables := map[string][]values{"small": small(), "like a day of CloudTrail": cloudTrail(3000, 1), "several pages": randomTable(rnd, 6, 70_000)}
	for i := range 20 {
		tables[fmt.Sprint("random ", i)] = randomTable(rnd, 5, 1+rnd.IntN(300))
	}
	for name, table := range tables {
		b := file(t, table, 1+len(table[0].text)+len(table[0].numbers)/2)
		for which, want := range map[string]func(int) bool{
			"all": every, "some": func(row int) bool { return row%7 == 3 }, "few": func(row int) bool { return row%40_000 == 39_999 },
			"the first": func(row int) bool { return row == 0 }, "late": func(row int) bool { return row > 66_000 },
		} {
			if err := readPages(b, table, want); err != nil {
				t.Errorf("%s: %s: %v", name, which, err)
			}
		}
	}
}

func TestPagesOfDamagedFiles(t *testing.T) {
	table := small()
	b := file(t, table, 4)
	for at := range b {
		for bit := range 8 {
			damaged := bytes.Clone(b)
			damaged[at] ^= 1 << bit
			compare := table
			if at >= footerStart(b) {
				compare = nil
			}
			for _, want := range []func(int) bool{func(int) bool { return true }, func(row int) bool { return row%4 == 1 }} {
				err := readPages(damaged, compare, want)
				if err != nil && !errors.Is(err, parquet.ErrFormat) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("byte %d, bit %d: %v, want ErrFormat", at, bit, err)
				}
			}
		}
	}
}

func TestPagesGoForward(t *testing.T) {
	b := file(t, []values{numbers("n", 1, parquet.Int32, make([]int64, 70_000)...)}, 70_000)
	r, err := parquet.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Pages(0, 0, parquet.Int32)
	if err != nil {
		t.Fatal(err)
	}
	if _, valid, err := p.Number(69_999); err != nil || !valid {
		t.Errorf("the last row: %v, %v", valid, err)
	}
	if _, _, err := p.Number(0); err == nil || !strings.Contains(err.Error(), "ascending") {
		t.Errorf("a row before the page: %v", err)
	}
	if _, _, err := p.Number(70_000); !errors.Is(err, parquet.ErrFormat) {
		t.Errorf("a row that is not there: %v", err)
	}
	if _, err := r.Pages(0, 0, parquet.Bytes); err == nil {
		t.Error("read as another kind")
	}
}

func TestBoundsOfTheFooter(t *testing.T) {
	long := strings.Repeat("p", 80)
	unbounded := func(v values) values {
		v.Bounds = false
		return v
	}
	table := []values{
		texts("text", 1, true, "b", "d", "c", "NULL", long, "m"),
		numbers("time", 2, parquet.Timestamp, 7, math.MinInt64, 5, 9, 3, 4),
		unbounded(texts("unbounded", 3, true, "b", "d", "c", "NULL", "x", "y")),
		texts("nothing", 4, true, "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"),
	}
	b := file(t, table, 4)
	r, err := parquet.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name          string
		group, column int
		values        []string
		want          bool
	}{
		{"before", 0, 0, []string{"a"}, false},
		{"after", 0, 0, []string{"da"}, false},
		{"the least", 0, 0, []string{"b"}, true},
		{"the greatest", 0, 0, []string{"a", "d"}, true},
		{"of the other group", 0, 0, []string{"m"}, false},
		{"a bound that was cut", 1, 0, []string{long}, true},
		{"no values", 0, 0, nil, true},
		{"no bounds", 0, 2, []string{"a"}, true},
		{"all NULL", 0, 3, []string{"a"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := r.MayHold(c.group, c.column, c.values...); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
	type span struct {
		First, Last int64
		OK          bool
	}
	var got []span
	for _, at := range [][2]int{{0, 1}, {1, 1}, {0, 0}} {
		first, last, ok := r.Span(at[0], at[1])
		got = append(got, span{first, last, ok})
	}
	if diff := cmp.Diff([]span{{math.MinInt64, 9, true}, {3, 4, true}, {}}, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzPages reads some rows of any bytes.
func FuzzPages(f *testing.F) {
	f.Add(file(f, small(), 4), uint8(1))
	f.Add(file(f, small(), 2), uint8(3))
	f.Add([]byte("PAR1\x00\x00\x00\x00PAR1"), uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, every uint8) {
		err := readPages(b, nil, func(row int) bool { return row < 1<<12 && row%(int(every)+1) == 0 })
		if err != nil && !errors.Is(err, parquet.ErrFormat) {
			t.Errorf("%v, want ErrFormat", err)
		}
	})
}
