package catalog

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/dialect"
)

// Query is a question with a name.
type Query struct {
	ID       string
	Title    string
	Question string
	Criteria []string // that an answer speaks to, as in soc2/CC6.1
	Window   Window
	Params   []Param // besides dialect.From and dialect.To, which every query has
	Columns  []string
	Engines  []Engine
	SQL      string // with its parameters, without the header
	File     string
}

// Window says which events a query is shown.
type Window string

// The windows.
const (
	Period Window = "period" // those of the period that is asked about
	All    Window = "all"    // the whole lake: the query looks at dialect.From and dialect.To itself
)

// Engine is what can run a query.
type Engine string

// The engines.
const (
	DuckDB Engine = "duckdb"
	Trino  Engine = "trino" // and Athena
)

// Param is a parameter of a query.
type Param struct {
	Name    string
	Type    dialect.Type
	Default dialect.Value // nil when the parameter has to be given
	Doc     string
}

//go:embed queries/*.sql
var embedded embed.FS

// ErrNoQuery says that there is no query of that name.
var ErrNoQuery = errors.New("no such query")

// Queries returns the queries that Trailseal comes with, in order of their ids.
func Queries() ([]Query, error) {
	dir, err := fs.Sub(embedded, "queries")
	if err != nil {
		return nil, err
	}
	return LoadQueries(dir)
}

// FindQuery returns the query of that id, of those that Trailseal comes with, or ErrNoQuery.
func FindQuery(id string) (Query, error) {
	all, err := Queries()
	if err != nil {
		return Query{}, err
	}
	for _, q := range all {
		if q.ID == id {
			return q, nil
		}
	}
	return Query{}, fmt.Errorf("query %q: %w", id, ErrNoQuery)
}

// Values reads the parameters that somebody typed, and adds the defaults of the others. A name that is none of the
// query's, a value that is not of its type, and a parameter that is missing are errors.
func (q Query) Values(typed map[string]string) (map[string]dialect.Value, error) {
	values := map[string]dialect.Value{}
	var names []string
	for _, p := range q.Params {
		names = append(names, p.Name)
		s, ok := typed[p.Name]
		switch {
		case !ok && p.Default == nil:
			return nil, fmt.Errorf("query %q: the parameter %q is missing (%s)", q.ID, p.Name, p.Doc)
		case !ok:
			values[p.Name] = p.Default
		default:
			v, err := p.Type.Parse(s)
			if err != nil {
				return nil, fmt.Errorf("query %q: parameter %q: %w", q.ID, p.Name, err)
			}
			values[p.Name] = v
		}
	}
	for name := range typed {
		if _, ok := values[name]; !ok {
			return nil, fmt.Errorf("query %q: there is no parameter %q: it has %s", q.ID, name, list(names))
		}
	}
	return values, nil
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Bind writes the query for the window from from on, before to, with the values of its parameters, as Values gives them.
func (q Query) Bind(from, to time.Time, values map[string]dialect.Value) (string, error) {
	all := map[string]dialect.Value{dialect.From: from, dialect.To: to}
	for name, v := range values {
		all[name] = v
	}
	sql, err := dialect.Bind(q.SQL, all)
	if err != nil {
		return "", fmt.Errorf("query %q: %w", q.ID, err)
	}
	return sql, nil
}
