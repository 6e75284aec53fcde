package investigate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/dialect"
	"github.com/trailseal/trailseal/internal/dialect/dialecttest"
)

// fixture is an engine over rows that a test writes, which counts questions.
type fixture struct {
	t     *testing.T
	db    *dialecttest.DB
	asked int
}

func (f *fixture) Between(ctx context.Context, from, to time.Time, sql string) (answer.Result, error) {
	f.asked++
	if err := dialect.Check(sql); err != nil {
		f.t.Errorf("not the SQL that both engines share: %v\n%s", err, sql)
	}
	return f.db.Between(ctx, from, to, sql)
}

func open(t *testing.T, rows ...row) *fixture {
	t.Helper()
	all := make([]map[string]any, len(rows))
	for i, r := range rows {
		all[i] = r
		if _, ok := r["event_id"]; !ok {
			r["event_id"] = fmt.Sprintf("e%d", i+1)
		}
	}
	return &fixture{t: t, db: dialecttest.Open(t, all)}
}

// row is one event.
type row map[string]any

const (
	hub    = "111111111111"
	prod   = "222222222222"
	beyond = "999999999999" // not in the lake
)

var day = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func at(minute int) time.Time { return day.Add(time.Duration(minute) * time.Minute) }

// ev is an event that changes something; more are further columns.
func ev(t time.Time, account, source, name string, more ...row) row {
	r := row{"event_time": t, "recipient_account_id": account, "aws_region": "eu-west-1", "event_source": source + ".amazonaws.com",
		"event_name": name, "event_type": "AwsApiCall", "read_only": false, "log_state": "verified", "source_ip_address": "203.0.113.10",
		"user_agent": "aws-cli/2.22.12 md/awscrt"}
	for _, m := range more {
		maps.Copy(r, m)
	}
	return r
}

func user(account, name, key string) row {
	return row{"user_identity_type": "IAMUser", "user_identity_principal_id": "AIDA" + strings.ToUpper(name) + "0000", "user_identity_account_id": account,
		"user_identity_arn": "arn:aws:iam::" + account + ":user/" + name, "user_identity_user_name": name, "user_identity_access_key_id": key}
}

// session is a role's session; created may be the zero time.
func session(account, role, name, key string, created time.Time) row {
	id := "AROA" + strings.ToUpper(role) + "000000"
	r := row{"user_identity_type": "AssumedRole", "user_identity_principal_id": id + ":" + name, "user_identity_account_id": account,
		"user_identity_arn":         "arn:aws:sts::" + account + ":assumed-role/" + role + "/" + name,
		"session_issuer_arn":        "arn:aws:iam::" + account + ":role/" + role,
		"session_issuer_type":       "Role",
		"session_issuer_account_id": account, "session_issuer_user_name": role, "session_issuer_principal_id": id}
	if key != "" {
		r["user_identity_access_key_id"] = key
	}
	if !created.IsZero() {
		r["session_creation_date"] = created.Format(time.RFC3339)
	}
	return r
}

func service(host string) row {
	return row{"user_identity_type": "AWSService", "user_identity_invoked_by": host, "source_ip_address": host, "user_agent": host}
}

func foreigner(account, principal string) row {
	return row{"user_identity_type": "AWSAccount", "user_identity_account_id": account, "user_identity_principal_id": principal}
}

// gave is what AssumeRole answers for the session.
func gave(account, role, name, key string) row {
	id := "AROA" + strings.ToUpper(role) + "000000"
	return row{
		"request_parameters": map[string]any{"roleArn": "arn:aws:iam::" + account + ":role/" + role, "roleSessionName": name},
		"response_elements": map[string]any{"credentials": map[string]any{"accessKeyId": key, "expiration": "Mar 2, 2026, 10:00:00 AM"},
			"assumedRoleUser": map[string]any{"assumedRoleId": id + ":" + name, "arn": "arn:aws:sts::" + account + ":assumed-role/" + role + "/" + name}},
		"resources": []any{map[string]any{"ARN": "arn:aws:iam::" + account + ":role/" + role, "accountId": account, "type": "AWS::IAM::Role"}},
	}
}

func shared(id string) row { return row{"shared_event_id": id} }
func id(s string) row      { return row{"event_id": s} }

func key(n int) string { return fmt.Sprintf("ASIA%012d", n) }

func inquire(t *testing.T, f *fixture, kind Kind, what string) Case {
	t.Helper()
	c, err := Investigate(t.Context(), f, Subject{kind, what}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func hasGap(c Case, kind string) bool {
	for _, g := range c.Gaps {
		if g.Kind == kind {
			return true
		}
	}
	return false
}

// broken is an engine that fails.
type broken struct{ err error }

func (b broken) Between(context.Context, time.Time, time.Time, string) (answer.Result, error) {
	return answer.Result{}, b.err
}

var errBroken = errors.New("the engine is down")
