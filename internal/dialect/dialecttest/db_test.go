package dialecttest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/duckdb"
)

func TestOpen(t *testing.T) {
	at := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	db := Open(t, []map[string]any{
		{
			"event_time": "2026-03-02T01:00:00+02:00", "recipient_account_id": "012345678901", "aws_region": "eu-west-1",
			"session_issuer_arn": "arn:aws:iam::012345678901:role/r", "user_identity_arn": "arn:aws:sts::012345678901:assumed-role/r/s",
			"request_parameters": map[string]any{"a": []any{1}}, "read_only": false, "log_record": 7, "source_ip_address": "10.1.2.3",
		},
		{"user_identity_invoked_by": "config.amazonaws.com", "account": "1", "source_ip_address": "config.amazonaws.com"},
	})
	result, err := db.Ask(t.Context(), `SELECT event_time, date, account, region, principal, request_parameters, read_only, log_record,
		error_code, json_extract_scalar(request_parameters, '$.a[0]'), count(*) OVER () * 5 / 4,
		ip_in_cidr(source_ip_address, '10.0.0.0/8') AS inside FROM events ORDER BY event_time`)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]any{
		{at, "2026-03-01", "012345678901", "eu-west-1", "arn:aws:iam::012345678901:role/r", `{"a":[1]}`, false, int64(7), nil, "1", int64(2), true},
		{nil, "1970-01-01", "1", "unknown", "config.amazonaws.com", nil, nil, nil, nil, nil, int64(2), nil},
	}
	if diff := cmp.Diff(want, All(t, result)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if got := result.Columns[11].Name + " " + result.Columns[11].Type; got != "inside BOOLEAN" {
		t.Errorf("column 11 is %s", got)
	}
}

func TestBetween(t *testing.T) {
	at := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	db := Open(t, []map[string]any{
		{"event_id": "before", "event_time": at.Add(-time.Second)}, {"event_id": "first", "event_time": at},
		{"event_id": "after", "event_time": at.Add(time.Hour)}, {"event_id": "untimed"},
	})
	for _, c := range []struct {
		from, to time.Time
		want     [][]any
	}{
		{at, at.Add(time.Hour), [][]any{{"first"}}},
		{time.Time{}, time.Time{}, [][]any{{"after"}, {"before"}, {"first"}, {"untimed"}}},
		{at, time.Time{}, [][]any{{"after"}, {"first"}}},
		{time.Time{}, at, [][]any{{"before"}}},
	} {
		result, err := db.Between(t.Context(), c.from, c.to, "SELECT event_id FROM events ORDER BY event_id")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, All(t, result)); diff != "" {
			t.Errorf("from %s to %s (-want +got):\n%s", c.from, c.to, diff)
		}
	}
}

func TestAskSaysWhatIsWrong(t *testing.T) {
	db := Open(t, nil)
	for sql, want := range map[string]error{
		"SELECT nothing FROM events":      duckdb.ErrSQL,
		"SELECT 1 FROM records":           duckdb.ErrRefused,
		"SELECT 1 FROM main.events":       duckdb.ErrRefused,
		"SELECT * FROM glob('*')":         duckdb.ErrRefused,
		"DELETE FROM events":              duckdb.ErrRefused,
		"CREATE TABLE t AS SELECT 1 AS n": duckdb.ErrRefused,
	} {
		if _, err := db.Ask(t.Context(), sql); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", sql, err, want)
		}
	}
}

func TestCells(t *testing.T) {
	for name, row := range map[string]map[string]any{
		"unknown column":  {"event_nam": "x"},
		"text for truth":  {"read_only": "true"},
		"number for text": {"event_name": 1},
		"no time":         {"event_time": "yesterday"},
	} {
		if _, err := cells(row); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
