package dialecttest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

func TestAskSaysWhatIsWrong(t *testing.T) {
	db := Open(t, nil)
	if _, err := db.Ask(t.Context(), "SELECT nothing FROM events"); err == nil {
		t.Error("no error for a column that does not exist")
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
