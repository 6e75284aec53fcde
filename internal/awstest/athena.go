package awstest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Query is how a query goes: what GetQueryExecution answers, one after the other, the last for ever, and the results.
type Query struct {
	States []QueryState
	// Statement is DML, DDL or UTILITY; DML if empty. Results of DML begin with a header.
	Statement string
	Columns   []QueryColumn
	// Rows hold a string for each column, or nil for NULL.
	Rows [][]any
}

// QueryState is one look at a query.
type QueryState struct {
	State   string // QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED
	Reason  string
	Bytes   int64
	Seconds float64
}

// QueryColumn is a column of its results.
type QueryColumn struct{ Name, Type string }

// Athena is a fake of Amazon Athena, for one workgroup. It is an http.Handler that answers Athena's requests and
// hands others to Next. It knows no SQL: what a query does stands in Queries.
type Athena struct {
	Workgroup string // "primary" if empty
	// Configuration of the workgroup, as GetWorkGroup prints it.
	Configuration map[string]any
	// Queries by their SQL.
	Queries map[string]Query
	// PageSize is the most rows of one page, 1,000 if 0.
	PageSize int
	// Fail is asked for every request with the name of its operation, from many goroutines at a time.
	Fail func(operation string, r *http.Request) *Failure
	// Hold is called before an answer is written, with the name of the operation.
	Hold func(operation string)
	Next http.Handler

	mu      sync.Mutex
	counts  map[string]int
	started []Started
	tokens  map[string]string // IDs by ClientRequestToken
	looks   map[string]int
	stopped map[string]bool
}

// Started is a query as it was asked for.
type Started struct {
	SQL, Token, Workgroup, Database, Catalog, Output string
}

// Counts tells how many requests of each operation were asked.
func (a *Athena) Counts() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.counts)
}

// Started lists the queries that run or have run, without repeated tokens.
func (a *Athena) Started() []Started {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.started)
}

// Stopped reports whether the query that was started as number n, from 0, has been stopped.
func (a *Athena) Stopped(n int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stopped[queryID(n)]
}

func queryID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

type athenaRequest struct {
	ClientRequestToken    string
	QueryString           string
	QueryExecutionId      string
	WorkGroup             string
	NextToken             string
	MaxResults            int
	QueryExecutionContext struct{ Database, Catalog string }
	ResultConfiguration   struct{ OutputLocation string }
}

// ServeHTTP answers one request.
func (a *Athena) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonAthena.")
	if !ok {
		if a.Next == nil {
			http.NotFound(w, r)
			return
		}
		a.Next.ServeHTTP(w, r)
		return
	}
	a.mu.Lock()
	if a.counts == nil {
		a.counts, a.tokens, a.looks, a.stopped = map[string]int{}, map[string]string{}, map[string]int{}, map[string]bool{}
	}
	a.counts[operation]++
	a.mu.Unlock()
	if a.Fail != nil {
		if f := a.Fail(operation, r); f != nil {
			if !sleep(r, f.Delay) {
				return
			}
			if f.Reset {
				panic(http.ErrAbortHandler)
			}
			if f.Status != 0 {
				fail(w, r, f.Status, f.Code, f.Message)
				return
			}
		}
	}
	var in athenaRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		fail(w, r, http.StatusBadRequest, "SerializationException", err.Error())
		return
	}
	answer, refusal := a.answer(operation, in)
	if a.Hold != nil {
		a.Hold(operation)
	}
	if refusal != "" {
		fail(w, r, http.StatusBadRequest, "InvalidRequestException", refusal)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// answer is the body of the answer, or why there is none.
func (a *Athena) answer(operation string, in athenaRequest) (out map[string]any, refusal string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	group := a.Workgroup
	if group == "" {
		group = "primary"
	}
	if (operation == "GetWorkGroup" || operation == "StartQueryExecution") && in.WorkGroup != group {
		return nil, "WorkGroup " + in.WorkGroup + " is not found."
	}
	switch operation {
	case "GetWorkGroup":
		return map[string]any{"WorkGroup": map[string]any{"Name": group, "State": "ENABLED", "Configuration": a.Configuration}}, ""
	case "StartQueryExecution":
		return a.begin(in)
	}
	n := slices.IndexFunc(a.started, func(s Started) bool { return a.tokens[s.Token] == in.QueryExecutionId })
	if n < 0 {
		return nil, "QueryExecution " + in.QueryExecutionId + " was not found"
	}
	query := a.Queries[a.started[n].SQL]
	switch operation {
	case "GetQueryExecution":
		return map[string]any{"QueryExecution": a.look(in.QueryExecutionId, query, group)}, ""
	case "StopQueryExecution":
		a.stopped[in.QueryExecutionId] = true
		return map[string]any{}, ""
	case "GetQueryResults":
		return a.results(in, query)
	}
	return nil, "unknown operation"
}

func (a *Athena) begin(in athenaRequest) (map[string]any, string) {
	if len(in.ClientRequestToken) < 32 || len(in.ClientRequestToken) > 128 {
		return nil, "the token must have 32 to 128 characters"
	}
	if id, ok := a.tokens[in.ClientRequestToken]; ok {
		return map[string]any{"QueryExecutionId": id}, ""
	}
	if _, ok := a.Queries[in.QueryString]; !ok {
		return nil, "line 1:1: mismatched input"
	}
	id := queryID(len(a.started))
	a.tokens[in.ClientRequestToken] = id
	a.started = append(a.started, Started{in.QueryString, in.ClientRequestToken, in.WorkGroup,
		in.QueryExecutionContext.Database, in.QueryExecutionContext.Catalog, in.ResultConfiguration.OutputLocation})
	return map[string]any{"QueryExecutionId": id}, ""
}

func (a *Athena) look(id string, query Query, group string) map[string]any {
	state := query.States[min(a.looks[id], len(query.States)-1)]
	a.looks[id]++
	if a.stopped[id] {
		state = QueryState{State: "CANCELLED", Reason: "Query cancelled by user", Bytes: state.Bytes}
	}
	statement := query.Statement
	if statement == "" {
		statement = "DML"
	}
	status := map[string]any{"State": state.State, "SubmissionDateTime": 1772445600.5}
	if state.Reason != "" {
		status["StateChangeReason"] = state.Reason
	}
	return map[string]any{"QueryExecutionId": id, "StatementType": statement, "WorkGroup": group, "Status": status,
		"Statistics": map[string]any{"DataScannedInBytes": state.Bytes, "EngineExecutionTimeInMillis": int64(state.Seconds * 1000),
			"QueryQueueTimeInMillis": 20, "TotalExecutionTimeInMillis": int64(state.Seconds*1000) + 50}}
}

func (a *Athena) results(in athenaRequest, query Query) (map[string]any, string) {
	type datum struct {
		VarCharValue any `json:",omitempty"`
	}
	type row struct{ Data []datum }
	var rows []row
	columns := []map[string]any{}
	var header row
	for _, c := range query.Columns {
		header.Data = append(header.Data, datum{c.Name})
		columns = append(columns, map[string]any{"Name": strings.ToLower(c.Name), "Label": c.Name, "Type": c.Type, "Nullable": "UNKNOWN"})
	}
	if query.Statement == "" || query.Statement == "DML" {
		rows = append(rows, header)
	}
	for _, values := range query.Rows {
		var r row
		for _, v := range values {
			r.Data = append(r.Data, datum{v})
		}
		rows = append(rows, r)
	}
	size := a.PageSize
	if size == 0 {
		size = 1000
	}
	if in.MaxResults < 1 || in.MaxResults > 1000 {
		return nil, "MaxResults is out of bounds"
	}
	at, err := strconv.Atoi("0" + in.NextToken)
	if err != nil || at > len(rows) {
		return nil, "NextToken is invalid"
	}
	out := map[string]any{"UpdateCount": 0}
	end := min(at+min(size, in.MaxResults), len(rows))
	if end < len(rows) {
		out["NextToken"] = strconv.Itoa(end)
	}
	out["ResultSet"] = map[string]any{"Rows": rows[at:end], "ResultSetMetadata": map[string]any{"ColumnInfo": columns}}
	return out, ""
}
