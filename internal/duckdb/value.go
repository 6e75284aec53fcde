package duckdb

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/trailseal/trailseal/internal/dialect"
)

// plain is v as one of the types of answer.Result.
func plain(v any) (any, error) {
	switch v := v.(type) {
	case nil, string, int64, bool:
		return v, nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, nil // JSON has no such numbers
		}
		return v, nil
	case float32:
		return plain(float64(v))
	case time.Time:
		return v.UTC(), nil
	case int8:
		return int64(v), nil
	case int16:
		return int64(v), nil
	case int32:
		return int64(v), nil
	case uint8:
		return int64(v), nil
	case uint16:
		return int64(v), nil
	case uint32:
		return int64(v), nil
	case uint64:
		return plain(new(big.Int).SetUint64(v))
	case *big.Int:
		if v.IsInt64() {
			return v.Int64(), nil
		}
		return v.String(), nil
	case duckdb.Decimal:
		return v.Float64(), nil
	case []byte:
		return string(v), nil
	}
	b, err := json.Marshal(tree(v))
	return string(b), err
}

// tree is v with names as keys: DuckDB's maps may have any.
func tree(v any) any {
	switch v := v.(type) {
	case duckdb.Map:
		out := make(map[string]any, len(v))
		for k, x := range v {
			key, err := plain(k)
			if s, ok := key.(string); ok && err == nil {
				out[s] = tree(x)
			} else {
				b, _ := json.Marshal(key) // of a plain value
				out[string(b)] = tree(x)
			}
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
	p, err := plain(v)
	if err != nil {
		return nil
	}
	return p
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
