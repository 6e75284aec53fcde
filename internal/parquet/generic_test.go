package parquet_test

import (
	"bytes"
	"fmt"
	"io"

	pq "github.com/parquet-go/parquet-go"

	"github.com/trailseal/trailseal/internal/parquet"
)

// genericRead reads a file with the reader of parquet-go, a witness that shares no code with this package.
func genericRead(b []byte) ([]values, error) {
	f, err := pq.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	var table []values
	for _, e := range f.Metadata().Schema[1:] {
		c := values{Column: parquet.Column{Name: e.Name, ID: e.FieldID}}
		switch e.Type.V {
		case 0:
			c.Kind = parquet.Bool
		case 1:
			c.Kind = parquet.Int32
		case 2:
			c.Kind = parquet.Timestamp
		case 6:
			c.Kind = parquet.Bytes
		}
		table = append(table, c)
	}
	for _, g := range f.RowGroups() {
		for i, chunk := range g.ColumnChunks() {
			if err := genericColumn(&table[i], chunk.Pages()); err != nil {
				return nil, fmt.Errorf("%s: %w", table[i].Name, err)
			}
		}
	}
	return table, nil
}

func genericColumn(c *values, pages pq.Pages) error {
	defer func() { _ = pages.Close() }()
	for {
		page, err := pages.ReadPage()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		list := make([]pq.Value, page.NumValues())
		if n, err := page.Values().ReadValues(list); n != len(list) || err != nil && err != io.EOF {
			return fmt.Errorf("%d of %d values: %w", n, len(list), err)
		}
		for _, v := range list {
			if c.Kind == parquet.Bytes {
				var text []byte
				if !v.IsNull() {
					text = append([]byte{}, v.ByteArray()...)
				}
				c.text = append(c.text, text)
				continue
			}
			var n int64
			switch {
			case v.IsNull():
			case c.Kind == parquet.Bool && v.Boolean():
				n = 1
			case c.Kind == parquet.Int32:
				n = int64(v.Int32())
			case c.Kind == parquet.Timestamp:
				n = v.Int64()
			}
			c.numbers, c.null = append(c.numbers, n), append(c.null, v.IsNull())
		}
	}
}
