package cloud

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"

	"github.com/trailseal/trailseal/internal/answer"
)

const rowsPerPage = 1000 // the most that GetQueryResults gives

// result fetches the first page, which names the columns.
func (a *Athena) result(ctx context.Context, id string, header bool) (answer.Result, error) {
	first, next, err := a.page(ctx, id, nil)
	if err != nil {
		return answer.Result{}, err
	}
	var info []types.ColumnInfo
	if first.ResultSetMetadata != nil {
		info = first.ResultSetMetadata.ColumnInfo
	}
	rows := first.Rows
	if header && len(rows) > 0 && isHeader(rows[0], info) {
		rows = rows[1:]
	}
	columns := make([]answer.Column, len(info))
	for i, c := range info {
		columns[i] = answer.Column{Name: aws.ToString(c.Name), Type: aws.ToString(c.Type)}
	}
	return answer.Result{Columns: columns, Rows: a.rows(ctx, id, columns, rows, next)}, nil
}

// page fetches one page. next is nil after the last.
func (a *Athena) page(ctx context.Context, id string, at *string) (set *types.ResultSet, next *string, err error) {
	what := fmt.Sprintf("read results of query %q", id)
	out, err := a.client.GetQueryResults(ctx, &athena.GetQueryResultsInput{
		QueryExecutionId: &id, NextToken: at, MaxResults: aws.Int32(rowsPerPage)})
	switch {
	case err != nil:
		return nil, nil, athenaFault(ctx, what, err)
	case out.ResultSet == nil:
		return nil, nil, &fault{what: what, detail: "the answer holds no results"}
	case aws.ToString(out.NextToken) == "":
		return out.ResultSet, nil, nil
	case at != nil && *at == *out.NextToken:
		return nil, nil, &fault{what: what, detail: "the results go on, but not where"}
	}
	return out.ResultSet, out.NextToken, nil
}

// rows yields the rows of the first page and of those after it, which are fetched when they are reached.
func (a *Athena) rows(ctx context.Context, id string, columns []answer.Column, rows []types.Row, next *string) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		values := make([]any, len(columns))
		for {
			for _, row := range rows {
				if err := readRow(values, row, columns); err != nil {
					yield(nil, fmt.Errorf("read results of query %q: %w", id, err))
					return
				}
				if !yield(values, nil) {
					return
				}
			}
			if next == nil {
				return
			}
			set, after, err := a.page(ctx, id, next)
			if err != nil {
				yield(nil, err)
				return
			}
			rows, next = set.Rows, after
		}
	}
}

// isHeader reports whether a row holds the names of the columns, as the first row of a SELECT does.
func isHeader(row types.Row, info []types.ColumnInfo) bool {
	if len(row.Data) != len(info) {
		return false
	}
	for i, datum := range row.Data {
		// Athena keeps the names in lower case, and heads the column as the query writes it.
		if datum.VarCharValue == nil || !strings.EqualFold(*datum.VarCharValue, aws.ToString(info[i].Name)) {
			return false
		}
	}
	return true
}

// readRow fills values, one for each column.
func readRow(values []any, row types.Row, columns []answer.Column) error {
	if len(row.Data) != len(columns) {
		return fmt.Errorf("a row has %d values for %d columns", len(row.Data), len(columns))
	}
	for i, datum := range row.Data {
		if datum.VarCharValue == nil {
			values[i] = nil
			continue
		}
		value, err := convert(columns[i].Type, *datum.VarCharValue)
		if err != nil {
			return fmt.Errorf("column %q: %w", columns[i].Name, err)
		}
		values[i] = value
	}
	return nil
}

// convert makes a value of its text.
func convert(kind, text string) (any, error) {
	var value any
	var err error
	switch strings.ToLower(kind) {
	case "tinyint", "smallint", "int", "integer", "bigint":
		value, err = strconv.ParseInt(text, 10, 64)
	case "real", "float", "double":
		value, err = strconv.ParseFloat(text, 64)
	case "boolean":
		switch text {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		err = errors.New("neither true nor false")
	case "timestamp":
		value, err = time.Parse("2006-01-02 15:04:05.999999999", text)
	case "timestamp with time zone":
		return zoned(text)
	default:
		return text, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%q is no %s", cut(text, 100), kind)
	}
	return value, nil
}

// zoned reads a time with its zone, as in "2026-03-02 10:00:00.000 UTC", which may be an offset or a name.
func zoned(text string) (any, error) {
	at := strings.LastIndexByte(text, ' ')
	if at < 0 {
		return nil, fmt.Errorf("%q is no timestamp with time zone", cut(text, 100))
	}
	clock, zone := text[:at], text[at+1:]
	if t, err := time.Parse("2006-01-02 15:04:05.999999999 -07:00", clock+" "+zone); err == nil {
		return t.UTC(), nil
	}
	if _, err := time.Parse("2006-01-02 15:04:05.999999999", clock); err != nil {
		return nil, fmt.Errorf("%q is no timestamp with time zone", cut(text, 100))
	}
	if zone == "" || zone == "Local" {
		return text, nil // to Go, this machine's
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return text, nil
	}
	t, err := time.ParseInLocation("2006-01-02 15:04:05.999999999", clock, location)
	if err != nil {
		return nil, fmt.Errorf("%q is no timestamp with time zone", cut(text, 100))
	}
	return t.UTC(), nil
}

// oneLine puts a text in one line, without what would move a terminal's cursor.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// cut is the beginning of a text, of at most so many bytes and whole characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}
