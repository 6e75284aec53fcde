package dialect

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Value is what a parameter of a query may be: a string, a bool, an int, an int64, a time.Time or a []string.
type Value any

// Type is the type of a parameter.
type Type string

// The types of parameter.
const (
	Text Type = "text"
	List Type = "list" // of texts
	Int  Type = "int"
	Time Type = "time"
	Bool Type = "bool"
)

// maxValue bounds the text of a value, in bytes.
const maxValue = 64 << 10

// Parse reads a value as people type it: a list has commas between its texts, a time is RFC 3339 or a day in UTC, a bool
// is true or false.
func (t Type) Parse(s string) (Value, error) {
	switch t {
	case Text:
		return s, nil
	case List:
		list := []string{}
		for _, item := range strings.Split(s, ",") {
			if item = strings.TrimSpace(item); item != "" {
				list = append(list, item)
			}
		}
		return list, nil
	case Int:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a whole number", s)
		}
		return n, nil
	case Time:
		for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
			if at, err := time.Parse(layout, s); err == nil {
				return at.UTC(), nil
			}
		}
		return nil, fmt.Errorf("%q is neither a time such as 2026-01-02T15:04:05Z nor a day such as 2026-01-02", s)
	case Bool:
		if s != "true" && s != "false" {
			return nil, fmt.Errorf("%q is neither true nor false", s)
		}
		return s == "true", nil
	}
	return nil, fmt.Errorf("%q is not a type of parameter", string(t))
}

var (
	errNUL  = errors.New("it holds a NUL byte")
	errUTF8 = errors.New("it is not UTF-8")
	errLong = fmt.Errorf("it is longer than %d bytes", maxValue)
)

// Literal writes a value so that DuckDB and Trino both read it back, whatever it holds. Times are in UTC, to the
// microsecond. A list is in parentheses, to stand after IN; an empty one is a set without members.
func Literal(v Value) (string, error) {
	switch v := v.(type) {
	case string:
		switch {
		case len(v) > maxValue:
			return "", errLong
		case strings.IndexByte(v, 0) >= 0:
			return "", errNUL
		case !utf8.ValidString(v):
			return "", errUTF8
		}
		return "'" + strings.ReplaceAll(v, "'", "''") + "'", nil
	case bool:
		if v {
			return "TRUE", nil
		}
		return "FALSE", nil
	case int:
		return whole(int64(v)), nil
	case int64:
		return whole(v), nil
	case time.Time:
		v = v.UTC()
		if y := v.Year(); y < 1 || y > 9999 {
			return "", fmt.Errorf("the year %d is not within 1 and 9999", y)
		}
		return "TIMESTAMP '" + v.Truncate(time.Microsecond).Format("2006-01-02 15:04:05.999999") + "'", nil
	case []string:
		return set(v)
	}
	return "", fmt.Errorf("a %T cannot be a value", v)
}

// whole writes a negative number in parentheses: after a minus, its own would begin a comment.
func whole(n int64) string {
	switch {
	case n == math.MinInt64:
		return "(-9223372036854775807 - 1)"
	case n < 0:
		return "(" + strconv.FormatInt(n, 10) + ")"
	}
	return strconv.FormatInt(n, 10)
}

func set(list []string) (string, error) {
	if len(list) == 0 {
		return "(SELECT '' WHERE FALSE)", nil
	}
	var b strings.Builder
	for i, item := range list {
		s, err := Literal(item)
		if err != nil {
			return "", fmt.Errorf("item %d: %w", i, err)
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s)
	}
	return "(" + b.String() + ")", nil
}
