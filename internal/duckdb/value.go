package duckdb

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/trailseal/trailseal/internal/dialect"
)

// plain is v as one of the types of answer.Result.
func plain(v any) (any, error) {
	if s, ok := scalar(v); ok {
		return s, nil
	}
	b, err := json.Marshal(tree(v))
	return string(b), err
}

// scalar is v as one of the types of answer.Result, if it is a single value that has one.
func scalar(v any) (any, bool) {
	switch v := v.(type) {
	case nil, string, int64, bool:
		return v, true
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, true // JSON has no such numbers
		}
		return v, true
	case float32:
		return scalar(float64(v))
	case time.Time:
		return v.UTC(), true
	case int8:
		return int64(v), true
	case int16:
		return int64(v), true
	case int32:
		return int64(v), true
	case uint8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case uint32:
		return int64(v), true
	case uint64:
		return scalar(new(big.Int).SetUint64(v))
	case *big.Int:
		if v.IsInt64() {
			return v.Int64(), true
		}
		return v.String(), true
	case duckdb.Decimal:
		return v.Float64(), true
	case []byte:
		return string(v), true
	}
	return nil, false
}

// tree is v with names as keys: DuckDB's maps may have any.
func tree(v any) any {
	switch v := v.(type) {
	case duckdb.Map:
		out := make(map[string]any, len(v))
		for k, x := range v {
			key, ok := tree(k).(string)
			if !ok {
				key = fmt.Sprint(tree(k))
			}
			out[key] = tree(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = tree(x)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = tree(x)
		}
		return out
	}
	if s, ok := scalar(v); ok {
		return s
	}
	return v // an interval, an id: as encoding/json writes it
}

// inCIDR is the function ip_in_cidr(ip, cidr).
type inCIDR struct{}

// Config says what it takes and gives.
func (inCIDR) Config() duckdb.ScalarFuncConfig {
	text, err := duckdb.NewTypeInfo(duckdb.TYPE_VARCHAR)
	if err != nil {
		panic(err) // of a type that DuckDB has
	}
	boolean, err := duckdb.NewTypeInfo(duckdb.TYPE_BOOLEAN)
	if err != nil {
		panic(err)
	}
	return duckdb.ScalarFuncConfig{InputTypeInfos: []duckdb.TypeInfo{text, text}, ResultTypeInfo: boolean}
}

// Executor is what runs for each row.
func (inCIDR) Executor() duckdb.ScalarFuncExecutor {
	return duckdb.ScalarFuncExecutor{RowExecutor: func(args []driver.Value) (any, error) {
		ip, ok := args[0].(string)
		cidr, ok2 := args[1].(string)
		if !ok || !ok2 {
			return nil, nil
		}
		in, err := dialect.InCIDR(ip, cidr)
		if errors.Is(err, dialect.ErrNotAddress) {
			return nil, nil
		}
		return in, err
	}}
}
