package finding_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/finding"
)

func TestEventOf(t *testing.T) {
	origin := event.Origin{Account: "999988887777", Region: "eu-west-3"}
	for _, c := range []struct {
		name, raw string
		want      finding.Event
	}{
		{"a record of a session", `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROAX:ci","arn":"arn:aws:sts::111122223333:assumed-role/deploy/ci",` +
			`"accountId":"111122223333","accessKeyId":"ASIAX","sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::111122223333:role/deploy"}}},` +
			`"eventTime":"2026-03-01T10:00:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.7",` +
			`"userAgent":"caf\u00e9","errorCode":"AccessDenied","eventID":"e-1","recipientAccountId":"111122223333"}`,
			finding.Event{ID: "e-1", Time: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC), Account: "111122223333", Region: "us-east-1", Source: "log.json.gz", Record: 7,
				State: event.Verified, Service: "iam.amazonaws.com", Name: "CreateUser", ErrorCode: "AccessDenied", Principal: "arn:aws:iam::111122223333:role/deploy",
				Identity: "arn:aws:sts::111122223333:assumed-role/deploy/ci", Type: "AssumedRole", AccessKey: "ASIAX", IP: "198.51.100.7", Agent: "café"}},
		{"a record that says nothing", `{}`,
			finding.Event{Account: "999988887777", Region: "eu-west-3", Source: "log.json.gz", Record: 7, State: event.Verified}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p event.Parser
			var r event.Record
			raw := []byte(c.raw)
			if err := p.Parse(raw, &r); err != nil {
				t.Fatal(err)
			}
			got := finding.EventOf(&r, "log.json.gz", 7, event.Verified, origin)
			clear(raw) // the event has texts of its own
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
