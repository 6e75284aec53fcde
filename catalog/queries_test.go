package catalog_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/dialect"
	"github.com/trailseal/trailseal/internal/dialect/dialecttest"
)

// row is an event: a value for each column's name.
type row = map[string]any

// queryCase asks one query about some events. The events that must not count are alike those that must, but for what the
// question turns on.
type queryCase struct {
	name   string
	params map[string]string
	rows   []row
	column string   // of the answer; event_id when empty
	want   []string // the values of that column, in the answer's order
}

// The period of the cases.
var (
	from = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	to   = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
)

// cases are those of all queries, by id.
func cases() map[string][]queryCase {
	all := map[string][]queryCase{}
	for _, theme := range []map[string][]queryCase{changeCases(), accessCases(), signInCases(), dataCases(), behaviourCases(), platformCases()} {
		for id, c := range theme {
			all[id] = append(all[id], c...)
		}
	}
	return all
}

// event is a row: a successful change by a role in account 111111111111, at noon of a Monday in the period, with changes
// made to it.
func event(id string, changes ...row) row {
	r := row{
		"event_id": id, "event_time": "2026-03-02T12:00:00Z", "event_version": "1.11", "event_type": "AwsApiCall", "event_category": "Management",
		"management_event": true, "read_only": false, "recipient_account_id": "111111111111", "aws_region": "eu-west-1", "log_state": "verified",
		"event_source": "ec2.amazonaws.com", "event_name": "CreateVpc", "source_ip_address": "198.51.100.7", "user_agent": "aws-sdk-go-v2/1.30",
	}
	for _, c := range append([]row{role("app")}, changes...) {
		for k, v := range c {
			r[k] = v
		}
	}
	return r
}

// role makes the caller a session of a role of account 111111111111.
func role(name string) row {
	return row{
		"user_identity_type": "AssumedRole", "user_identity_account_id": "111111111111",
		"user_identity_arn":  "arn:aws:sts::111111111111:assumed-role/" + name + "/session",
		"session_issuer_arn": "arn:aws:iam::111111111111:role/" + name, "session_issuer_type": "Role", "session_issuer_user_name": name,
		"user_identity_access_key_id": "ASIA" + strings.ToUpper(name),
	}
}

// user makes the caller an IAM user of account 111111111111 with an access key.
func user(name string) row {
	return row{
		"user_identity_type": "IAMUser", "user_identity_account_id": "111111111111", "user_identity_user_name": name,
		"user_identity_arn": "arn:aws:iam::111111111111:user/" + name, "user_identity_access_key_id": "AKIA" + strings.ToUpper(name),
		"session_issuer_arn": nil, "session_issuer_type": nil, "session_issuer_user_name": nil,
	}
}

// root makes the caller the root user of account 111111111111.
func root() row {
	return row{
		"user_identity_type": "Root", "user_identity_account_id": "111111111111", "user_identity_arn": "arn:aws:iam::111111111111:root",
		"user_identity_access_key_id": nil, "session_issuer_arn": nil, "session_issuer_type": nil, "session_issuer_user_name": nil,
	}
}

// service makes the caller an AWS service.
func service(name string) row {
	return row{
		"user_identity_type": "AWSService", "user_identity_invoked_by": name, "source_ip_address": name, "user_agent": name,
		"user_identity_account_id": nil, "user_identity_arn": nil, "user_identity_access_key_id": nil,
		"session_issuer_arn": nil, "session_issuer_type": nil, "session_issuer_user_name": nil,
	}
}

// call sets the call that was made.
func call(source, name string) row {
	return row{"event_source": source + ".amazonaws.com", "event_name": name}
}

// request sets what was asked for.
func request(json string) row { return row{"request_parameters": json} }

// response sets what was answered.
func response(json string) row { return row{"response_elements": json} }

// at sets the time.
func at(t string) row { return row{"event_time": t} }

// failed makes the call fail.
func failed(code string) row { return row{"error_code": code} }

func queries(t *testing.T) []catalog.Query {
	t.Helper()
	all, err := catalog.Queries()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// bound is a query with its parameters for the period of the cases.
func bound(t *testing.T, q catalog.Query, params map[string]string) string {
	t.Helper()
	values, err := q.Values(params)
	if err != nil {
		t.Fatal(err)
	}
	sql, err := q.Bind(from, to, values)
	if err != nil {
		t.Fatal(err)
	}
	return sql
}

// inWindow are the rows that the engine shows to a query.
func inWindow(t *testing.T, q catalog.Query, rows []row) []row {
	t.Helper()
	if q.Window == catalog.All {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
		at, err := time.Parse(time.RFC3339, r["event_time"].(string))
		if err != nil {
			t.Fatal(err)
		}
		return at.Before(from) || !at.Before(to)
	})
}

func TestCases(t *testing.T) {
	all := cases()
	for _, q := range queries(t) {
		if len(all[q.ID]) == 0 {
			t.Errorf("%s: it has no case", q.ID)
		}
		var rows, wanted int
		for _, c := range all[q.ID] {
			rows, wanted = rows+len(c.rows), wanted+len(c.want)
			t.Run(q.ID+"/"+c.name, func(t *testing.T) { run(t, q, c) })
		}
		if wanted == 0 || rows <= wanted && len(all[q.ID]) < 2 {
			t.Errorf("%s: it has no event that must appear, or none that must not", q.ID)
		}
		delete(all, q.ID)
	}
	for id := range all {
		t.Errorf("there is no query %q", id)
	}
}

// TestAccounts: a query for some accounts finds nothing of the others.
func TestAccounts(t *testing.T) {
	all := cases()
	for _, q := range queries(t) {
		if !slices.ContainsFunc(q.Params, func(p catalog.Param) bool { return p.Name == "accounts" }) {
			continue
		}
		c := all[q.ID][0]
		params := map[string]string{"accounts": "000000000000, 999999999998"}
		for name, v := range c.params {
			params[name] = v
		}
		result, err := dialecttest.Open(t, inWindow(t, q, c.rows)).Ask(t.Context(), bound(t, q, params))
		if err != nil {
			t.Fatal(err)
		}
		if rows := dialecttest.All(t, result); len(rows) > 0 {
			t.Errorf("%s: %v", q.ID, rows)
		}
	}
}

func run(t *testing.T, q catalog.Query, c queryCase) {
	db := dialecttest.Open(t, inWindow(t, q, c.rows))
	result, err := db.Ask(t.Context(), bound(t, q, c.params))
	if err != nil {
		t.Fatal(err)
	}
	columns := names(result)
	if diff := cmp.Diff(q.Columns, columns); diff != "" {
		t.Errorf("columns (-header +answer):\n%s", diff)
	}
	name := c.column
	if name == "" {
		name = "event_id"
	}
	// Several columns, with a plus between, are compared at once.
	var at []int
	for _, part := range strings.Split(name, "+") {
		i := slices.Index(columns, part)
		if i < 0 {
			t.Fatalf("there is no column %q", part)
		}
		at = append(at, i)
	}
	var got []string
	for _, r := range dialecttest.All(t, result) {
		var parts []string
		for _, i := range at {
			parts = append(parts, text(r[i]))
		}
		got = append(got, strings.Join(parts, "+"))
	}
	if diff := cmp.Diff(c.want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// names are the names of an answer's columns.
func names(r answer.Result) []string {
	var out []string
	for _, c := range r.Columns {
		out = append(out, c.Name)
	}
	return out
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case time.Time:
		return v.Format(time.RFC3339)
	}
	return fmt.Sprint(v)
}

// required are values for the parameters that a query has to be given.
func required(q catalog.Query) map[string]string {
	values := map[string]string{}
	for _, p := range q.Params {
		if p.Default != nil {
			continue
		}
		switch {
		case p.Name == "ip":
			values[p.Name] = "192.0.2.0/24"
		case p.Type == dialect.Time:
			values[p.Name] = "2026-03-10"
		case p.Type == dialect.Int:
			values[p.Name] = "1"
		case p.Type == dialect.Bool:
			values[p.Name] = "true"
		default:
			values[p.Name] = "x"
		}
	}
	return values
}

// TestNoEvents: no query finds anything where there is nothing, and each yields the columns that it promises.
func TestNoEvents(t *testing.T) {
	db := dialecttest.Open(t, nil)
	for _, q := range queries(t) {
		result, err := db.Ask(t.Context(), bound(t, q, required(q)))
		if err != nil {
			t.Errorf("%s: %v", q.ID, err)
			continue
		}
		if diff := cmp.Diff(q.Columns, names(result)); diff != "" {
			t.Errorf("%s: columns (-header +answer):\n%s", q.ID, diff)
		}
		if rows := dialecttest.All(t, result); len(rows) > 0 {
			t.Errorf("%s: %d rows", q.ID, len(rows))
		}
	}
}

// TestHostileEvents: nothing that a log can hold makes a query fail.
func TestHostileEvents(t *testing.T) {
	var rows []row
	seen := map[string]bool{}
	for _, cs := range cases() {
		for _, c := range cs {
			for _, r := range c.rows {
				key := fmt.Sprint(r["event_source"], r["event_name"])
				if seen[key] {
					continue
				}
				seen[key] = true
				for _, bad := range []string{"", "{", `"`, "[]", "null", `{"a":1`, "not JSON", `{"requestParameters":"\u0000"}`, "'; SELECT 1; --", strings.Repeat("[", 3000)} {
					rows = append(rows, event("", r, row{"request_parameters": bad, "response_elements": bad, "additional_event_data": bad, "service_event_details": bad, "resources": bad,
						"source_ip_address": bad, "user_agent": bad, "user_identity_arn": bad, "session_creation_date": bad}))
				}
			}
		}
	}
	rows = append(rows, row{}, row{"event_time": "2026-03-02T12:00:00Z"})
	db := dialecttest.Open(t, rows)
	for _, q := range queries(t) {
		result, err := db.Ask(t.Context(), bound(t, q, required(q)))
		if err != nil {
			t.Errorf("%s: %v", q.ID, err)
			continue
		}
		for _, err := range result.Rows {
			if err != nil {
				t.Errorf("%s: %v", q.ID, err)
			}
		}
	}
}

var trinoDir = flag.String("trino", "", "a folder to write every query to, with its defaults, as Trino gets it")

// TestTrino: every query that says so can be written for Trino.
func TestTrino(t *testing.T) {
	for _, q := range queries(t) {
		if !slices.Contains(q.Engines, catalog.Trino) {
			continue
		}
		sql, err := dialect.Trino(bound(t, q, required(q)), `"trailseal"."events"`)
		if err != nil {
			t.Errorf("%s: %v", q.ID, err)
			continue
		}
		if strings.Contains(sql, "ip_in_cidr") || strings.Contains(sql, "FROM events") {
			t.Errorf("%s: not written for Trino:\n%s", q.ID, sql)
		}
		if *trinoDir != "" {
			if err := os.WriteFile(filepath.Join(*trinoDir, q.ID+".sql"), []byte(sql), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
