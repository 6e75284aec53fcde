package app

import (
	"fmt"
	"io"
	"time"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/parquet"
)

// WriteParquet writes an answer as a Parquet file. A column whose values are of one kind keeps it; anything else is text.
func WriteParquet(w io.Writer, r answer.Result) error {
	const groupRows = 65536
	var columns []parquet.Column
	var out *parquet.Writer
	var rows [][]any
	flush := func() error {
		if out == nil {
			columns = kindsOf(r.Columns, rows)
			out = parquet.NewWriter(w, columns)
		}
		if len(rows) == 0 {
			return nil
		}
		out.Group(len(rows))
		for i, c := range columns {
			writeColumn(out, c.Kind, rows, i)
		}
		rows = rows[:0]
		return nil
	}
	for row, err := range r.Rows {
		if err != nil {
			return err
		}
		rows = append(rows, append([]any(nil), row...))
		if len(rows) == groupRows {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return out.Close()
}

// kindsOf chooses the columns' kinds: as the engine names the types, where they have one.
func kindsOf(columns []answer.Column, rows [][]any) []parquet.Column {
	out := make([]parquet.Column, len(columns))
	used := map[string]bool{}
	for i, c := range columns {
		name := c.Name
		for n := 2; used[name]; n++ {
			name = fmt.Sprintf("%s_%d", c.Name, n)
		}
		used[name] = true
		out[i] = parquet.Column{Name: name, ID: int32(i + 1), Kind: parquet.Bytes, Dictionary: true}
		switch c.Type {
		case "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "timestamp":
			out[i].Kind = parquet.Timestamp
		case "BOOLEAN", "boolean":
			out[i].Kind = parquet.Bool
		case "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UINTEGER", "USMALLINT", "UTINYINT", "bigint", "integer", "smallint", "tinyint":
			out[i].Kind = parquet.Int64
		case "DOUBLE", "FLOAT", "double", "float", "real":
			out[i].Kind = parquet.Double
		}
	}
	return out
}

func writeColumn(w *parquet.Writer, kind parquet.Kind, rows [][]any, i int) {
	switch kind {
	case parquet.Timestamp:
		w.Timestamp(func(row int) (int64, bool) {
			t, ok := rows[row][i].(time.Time)
			return t.UnixMicro(), ok
		})
	case parquet.Bool:
		w.Bool(func(row int) (bool, bool) {
			v, ok := rows[row][i].(bool)
			return v, ok
		})
	case parquet.Int64:
		w.Int64(func(row int) (int64, bool) {
			v, ok := rows[row][i].(int64)
			return v, ok
		})
	case parquet.Double:
		w.Double(func(row int) (float64, bool) {
			v, ok := rows[row][i].(float64)
			return v, ok
		})
	default:
		w.Bytes(func(row int) []byte {
			switch v := rows[row][i].(type) {
			case nil:
				return nil
			case string:
				return append([]byte{}, v...)
			default:
				return fmt.Append(nil, v)
			}
		})
	}
}
