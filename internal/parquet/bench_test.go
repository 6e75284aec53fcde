package parquet_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/trailseal/trailseal/internal/parquet"
)

// BenchmarkWrite writes a day of an account in a region; the classes of columns one by one, and all.
func BenchmarkWrite(b *testing.B) {
	all := cloudTrail(100_000, 1)
	of := func(keep func(c parquet.Column) bool) (part []values) {
		for _, c := range all {
			if keep(c.Column) {
				part = append(part, c)
			}
		}
		return part
	}
	id := func(c parquet.Column) bool { return c.Name == "event_id" || c.Name == "request_id" }
	for _, class := range []struct {
		name  string
		table []values
	}{
		{"all", all},
		{"json", of(func(c parquet.Column) bool { return c.Kind == parquet.Bytes && !c.Dictionary && !id(c) })},
		{"ids", of(id)},
		{"dictionary", of(func(c parquet.Column) bool { return c.Dictionary })},
		{"time", of(func(c parquet.Column) bool { return c.Kind == parquet.Timestamp })},
		{"int32", of(func(c parquet.Column) bool { return c.Kind == parquet.Int32 })},
		{"bool", of(func(c parquet.Column) bool { return c.Kind == parquet.Bool })},
	} {
		b.Run(class.name, func(b *testing.B) {
			rows := class.table[0].len()
			raw, size := 0, 0
			for _, c := range class.table {
				for _, v := range c.text {
					raw += len(v)
				}
				raw += 8 * len(c.numbers)
			}
			w := parquet.NewWriter(io.Discard, nil)
			b.SetBytes(int64(raw))
			b.ReportAllocs()
			for b.Loop() {
				n := counter(0)
				w.Reset(&n, columnsOf(class.table))
				write(b, w, class.table, rows)
				size = int(n)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
			b.ReportMetric(float64(size)/float64(rows), "B/row")
			b.ReportMetric(float64(raw)/float64(rows), "rawB/row")
		})
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// BenchmarkRead reads all columns of the same day.
func BenchmarkRead(b *testing.B) {
	const rows = 100_000
	f := file(b, cloudTrail(rows, 1), rows)
	b.SetBytes(int64(len(f)))
	for b.Loop() {
		r, err := parquet.Open(bytes.NewReader(f), int64(len(f)))
		if err != nil {
			b.Fatal(err)
		}
		for i, c := range r.Columns() {
			switch c.Kind {
			case parquet.Bytes:
				_, err = r.Bytes(0, i)
			case parquet.Timestamp:
				_, _, err = r.Timestamp(0, i)
			case parquet.Int32:
				_, _, err = r.Int32(0, i)
			case parquet.Bool:
				_, _, err = r.Bool(0, i)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}
