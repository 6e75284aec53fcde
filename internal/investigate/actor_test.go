package investigate

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told is what a chain says, in short.
type told struct {
	State      State
	Kind, Name string
	Confidence Confidence
	Hops       string // event:link:confidence of each
}

func tell(a Actor) told {
	var hops []string
	for _, h := range a.Hops {
		hops = append(hops, h.EventID+":"+h.Link+":"+string(h.Confidence))
	}
	return told{a.State, a.Kind, a.Name, a.Confidence, strings.Join(hops, " ")}
}

func TestWhoReallyDidIt(t *testing.T) {
	const (
		sso      = "AWSReservedSSO_Admin_0123456789abcdef"
		provider = "arn:aws:iam::" + hub + ":oidc-provider/token.actions.githubusercontent.com"
	)
	reserved := row{"session_issuer_arn": "arn:aws:iam::" + hub + ":role/aws-reserved/sso.amazonaws.com/eu-west-1/" + sso}
	act := func(who row, more ...row) row {
		return ev(at(10), hub, "s3", "DeleteBucket", append([]row{who, id("act"), {"request_parameters": map[string]any{"bucketName": "ledger-books"}}}, more...)...)
	}
	for name, c := range map[string]struct {
		rows []row
		want told
		gap  string
	}{
		"a user with a long-lived key": {
			[]row{act(user(hub, "alice", "AKIA000000000001"))},
			told{Person, "iam-user", "alice", Proven, ""}, "",
		},
		"root": {
			[]row{act(row{"user_identity_type": "Root", "user_identity_account_id": hub, "user_identity_principal_id": hub, "user_identity_arn": "arn:aws:iam::" + hub + ":root"})},
			told{Root, "root", "root of " + hub, Proven, ""}, "",
		},
		"a service": {
			[]row{act(service("config.amazonaws.com"))},
			told{Service, "service", "config.amazonaws.com", Proven, ""}, "",
		},
		"an event that a service writes of itself": {
			[]row{act(row{"event_type": "AwsServiceEvent", "event_source": "kms.amazonaws.com"})},
			told{Service, "service", "kms.amazonaws.com", Proven, ""}, "",
		},
		"a service-linked role": {
			[]row{act(session(hub, "AWSServiceRoleForConfig", "describe", "", at(0)), row{"user_identity_invoked_by": "config.amazonaws.com",
				"session_issuer_arn": "arn:aws:iam::" + hub + ":role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"})},
			told{Service, "service-linked-role", "config.amazonaws.com", Proven, ""}, "",
		},
		"AssumeRole by a user, by key": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, "admin", "x", key(1)), id("assume")),
				act(session(hub, "admin", "x", key(1), at(0))),
			},
			told{Person, "iam-user", "alice", Proven, "assume:access-key-id:proven"}, "",
		},
		"AssumeRole by a user, by the session and its creation": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, "admin", "x", key(7)), id("assume")),
				ev(at(3), hub, "sts", "AssumeRole", user(hub, "bob", "AKIA000000000002"), gave(hub, "admin", "x", key(8)), id("later")),
				act(session(hub, "admin", "x", key(1), at(0).Add(time.Second))),
			},
			told{Person, "iam-user", "alice", Strong, "assume:session-and-creation:strong"}, "",
		},
		"a failed AssumeRole gives nothing": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, "admin", "x", key(1)), row{"error_code": "AccessDenied"}),
				act(session(hub, "admin", "x", key(1), at(0))),
			},
			told{Unknown, "session", "arn:aws:sts::" + hub + ":assumed-role/admin/x", Claimed, ""}, "hop-missing",
		},
		"three roles across two accounts": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, "first", "s1", key(1)), id("one")),
				ev(at(1), hub, "sts", "AssumeRole", session(hub, "first", "s1", key(1), at(0)), gave(prod, "second", "s2", key(2)), shared("sh"), id("two")),
				ev(at(1), prod, "sts", "AssumeRole", foreigner(hub, "AROAFIRST000000:s1"), gave(prod, "second", "s2", key(2)), shared("sh"), id("two-there")),
				ev(at(2), prod, "sts", "AssumeRole", session(prod, "second", "s2", key(2), at(1)), gave(hub, "third", "s3", key(3)), shared("sh3"), id("three")),
				ev(at(2), hub, "sts", "AssumeRole", foreigner(prod, "AROASECOND000000:s2"), gave(hub, "third", "s3", key(3)), shared("sh3"), id("three-there")),
				act(session(hub, "third", "s3", key(3), at(2))),
			},
			told{Person, "iam-user", "alice", Proven, "three:access-key-id:proven two:access-key-id:proven one:access-key-id:proven"}, "",
		},
		"the caller's record has no answer, and is found by sharedEventID": {
			[]row{
				ev(at(0), prod, "sts", "AssumeRole", user(prod, "alice", "AKIA000000000001"), shared("sh"), id("there")),
				ev(at(0), hub, "sts", "AssumeRole", foreigner(prod, "AIDAALICE0000"), gave(hub, "admin", "x", key(1)), shared("sh"), id("here")),
				act(session(hub, "admin", "x", key(1), at(0))),
			},
			told{Person, "iam-user", "alice", Proven, "here:access-key-id:proven there:shared-event-id:proven"}, "",
		},
		"the caller's unique id is known from another event": {
			[]row{
				ev(at(-600), prod, "s3", "ListBuckets", user(prod, "alice", "AKIA000000000001"), id("other")),
				ev(at(0), hub, "sts", "AssumeRole", foreigner(prod, "AIDAALICE0000"), gave(hub, "admin", "x", key(1)), shared("sh"), id("here")),
				act(session(hub, "admin", "x", key(1), at(0))),
			},
			told{Person, "iam-user", "alice", Strong, "here:access-key-id:proven other:principal-id:strong"}, "",
		},
		"the caller's account is not in the lake": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", foreigner(beyond, "AROAVENDOR000000:collector"), gave(hub, "vendor", "x", key(1)), shared("sh"), id("here")),
				act(session(hub, "vendor", "x", key(1), at(0))),
			},
			told{Unknown, "other-account", "AROAVENDOR000000:collector of account " + beyond, Claimed, "here:access-key-id:proven"}, "account-missing",
		},
		"the caller's record is missing, but its session is known": {
			[]row{
				ev(at(-5), prod, "sts", "AssumeRole", user(prod, "alice", "AKIA000000000001"), gave(prod, "first", "s1", key(5)), id("first")),
				ev(at(0), hub, "sts", "AssumeRole", foreigner(prod, "AROAFIRST000000:s1"), gave(hub, "admin", "x", key(1)), shared("sh"), id("here")),
				act(session(hub, "admin", "x", key(1), at(0))),
			},
			told{Person, "iam-user", "alice", Claimed, "here:access-key-id:proven first:session-and-time:claimed"}, "",
		},
		"SAML": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRoleWithSAML", row{"user_identity_type": "SAMLUser", "user_identity_principal_id": "xyz:alice@example.com",
					"user_identity_user_name": "alice@example.com", "user_identity_identity_provider": "okta"}, gave(hub, "admin", "alice", key(1)), id("saml")),
				act(session(hub, "admin", "alice", key(1), at(0))),
			},
			told{Person, "saml-user", "alice@example.com", Proven, "saml:access-key-id:proven"}, "",
		},
		"GitHub Actions": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRoleWithWebIdentity", row{"user_identity_type": "WebIdentityUser",
					"user_identity_principal_id": provider + ":sts.amazonaws.com:repo:larkfield/shop:ref:refs/heads/main",
					"user_identity_user_name":    "repo:larkfield/shop:ref:refs/heads/main", "user_identity_identity_provider": provider}, gave(hub, "deploy", "GitHubActions", key(1)), id("web")),
				act(session(hub, "deploy", "GitHubActions", key(1), at(0))),
			},
			told{Workload, "web-identity", "repo:larkfield/shop:ref:refs/heads/main", Proven, "web:access-key-id:proven"}, "",
		},
		"a token of a provider that nobody knows": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRoleWithWebIdentity", row{"user_identity_type": "WebIdentityUser", "user_identity_user_name": "subject-1",
					"user_identity_identity_provider": "login.example.com"}, gave(hub, "deploy", "x", key(1)), id("web")),
				act(session(hub, "deploy", "x", key(1), at(0))),
			},
			told{Unknown, "web-identity", "subject-1", Proven, "web:access-key-id:proven"}, "",
		},
		"Identity Center, with its assertion": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRoleWithSAML", row{"user_identity_type": "SAMLUser", "user_identity_user_name": "alice.martin",
					"user_identity_identity_provider": "AWSSSO_4d1c2b7a9e3f0856_DO_NOT_DELETE"}, gave(hub, sso, "alice.martin", key(1)), id("saml")),
				act(session(hub, sso, "alice.martin", key(1), at(0)), reserved),
			},
			told{Person, "identity-center-user", "alice.martin", Proven, "saml:access-key-id:proven"}, "",
		},
		"Identity Center, by the role that only it can give": {
			[]row{act(session(hub, sso, "alice.martin", key(1), at(0)), reserved)},
			told{Person, "identity-center-user", "alice.martin", Strong, ""}, "",
		},
		"a role that is only named as if it were Identity Center's": {
			[]row{act(session(hub, sso, "alice.martin", key(1), at(0)))},
			told{Unknown, "session", "arn:aws:sts::" + hub + ":assumed-role/" + sso + "/alice.martin", Claimed, ""}, "hop-missing",
		},
		"a user in the portal, named by a sign-in": {
			[]row{
				ev(at(0), hub, "signin", "UserAuthentication", row{"user_identity_type": "IdentityCenterUser", "on_behalf_of_user_id": "u-1",
					"additional_event_data": map[string]any{"UserName": "alice.martin"}}),
				act(row{"user_identity_type": "IdentityCenterUser", "on_behalf_of_user_id": "u-1", "user_identity_account_id": hub}),
			},
			told{Person, "identity-center-user", "alice.martin", Proven, ""}, "",
		},
		"a session on behalf of a user": {
			[]row{act(session(hub, "query", "x", key(1), at(0)), row{"on_behalf_of_user_id": "u-1"})},
			told{Person, "identity-center-user", "u-1", Strong, ""}, "",
		},
		"an EC2 instance": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", service("ec2.amazonaws.com"), gave(hub, "web", "i-0123456789abcdef0", key(1)), id("assume")),
				act(session(hub, "web", "i-0123456789abcdef0", key(1), at(0)), row{"session_ec2_role_delivery": "2.0"}),
			},
			told{Workload, "ec2-instance", "i-0123456789abcdef0", Proven, "assume:access-key-id:proven"}, "",
		},
		"an EC2 instance, by the metadata service": {
			[]row{act(session(hub, "web", "i-0123456789abcdef0", key(1), at(0)), row{"session_ec2_role_delivery": "2.0"})},
			told{Workload, "ec2-instance", "i-0123456789abcdef0", Strong, ""}, "",
		},
		"a session that is only named like an instance": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", user(hub, "mallory", "AKIA000000000009"), gave(hub, "web", "i-0123456789abcdef0", key(1)), id("assume")),
				act(session(hub, "web", "i-0123456789abcdef0", key(1), at(0))),
			},
			told{Person, "iam-user", "mallory", Proven, "assume:access-key-id:proven"}, "",
		},
		"a Lambda function": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", service("lambda.amazonaws.com"), gave(hub, "orders-role", "orders", key(1)), id("assume")),
				act(session(hub, "orders-role", "orders", key(1), at(0))),
			},
			told{Workload, "lambda-function", "orders", Proven, "assume:access-key-id:proven"}, "",
		},
		"a Lambda function, by whom AWS issued the credentials to": {
			[]row{act(session(hub, "orders-role", "orders", key(1), at(0)), row{"in_scope_of_issuer_type": "AWS::Lambda::Function",
				"in_scope_of_credentials_issued_to": "arn:aws:lambda:eu-west-1:" + hub + ":function:orders"})},
			told{Workload, "lambda-function", "arn:aws:lambda:eu-west-1:" + hub + ":function:orders", Strong, ""}, "",
		},
		"an ECS task": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", service("ecs-tasks.amazonaws.com"), gave(hub, "task", "7c1e", key(1)), id("assume")),
				act(session(hub, "task", "7c1e", key(1), at(0))),
			},
			told{Workload, "ecs-task", "7c1e", Proven, "assume:access-key-id:proven"}, "",
		},
		"AssumeRoot": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRoot", user(hub, "alice", "AKIA000000000001"), id("root"), row{"response_elements": map[string]any{"credentials": map[string]any{"accessKeyId": key(1)}}}),
				ev(at(10), prod, "s3", "DeleteBucketPolicy", id("act"), row{"user_identity_type": "Root", "user_identity_account_id": prod, "user_identity_principal_id": prod,
					"user_identity_arn": "arn:aws:iam::" + prod + ":root", "session_assumed_root": "true", "user_identity_access_key_id": key(1), "session_creation_date": "2026-03-02T09:00:00Z"}),
			},
			told{Person, "iam-user", "alice", Proven, "root:access-key-id:proven"}, "",
		},
		"GetFederationToken": {
			[]row{
				ev(at(0), hub, "sts", "GetFederationToken", user(hub, "alice", "AKIA000000000001"), id("fed"), row{"response_elements": map[string]any{
					"credentials": map[string]any{"accessKeyId": key(1)}, "federatedUser": map[string]any{"federatedUserId": hub + ":carol"}}}),
				act(row{"user_identity_type": "FederatedUser", "user_identity_principal_id": hub + ":carol", "user_identity_arn": "arn:aws:sts::" + hub + ":federated-user/carol",
					"user_identity_access_key_id": key(1), "session_issuer_type": "IAMUser", "session_issuer_arn": "arn:aws:iam::" + hub + ":user/alice", "session_creation_date": "2026-03-02T09:00:00Z"}),
			},
			told{Person, "iam-user", "alice", Proven, "fed:access-key-id:proven"}, "",
		},
		"a federated user whose issuer the session names": {
			[]row{act(row{"user_identity_type": "FederatedUser", "user_identity_principal_id": hub + ":carol", "user_identity_access_key_id": key(1),
				"session_issuer_type": "IAMUser", "session_issuer_arn": "arn:aws:iam::" + hub + ":user/alice"})},
			told{Person, "iam-user", "alice", Strong, ""}, "",
		},
		"GetSessionToken": {
			[]row{
				ev(at(0), hub, "sts", "GetSessionToken", user(hub, "alice", "AKIA000000000001"), id("mfa"), row{"response_elements": map[string]any{"credentials": map[string]any{"accessKeyId": key(1)}}}),
				act(user(hub, "alice", key(1)), row{"session_creation_date": "2026-03-02T09:00:00Z"}),
			},
			told{Person, "iam-user", "alice", Proven, "mfa:access-key-id:proven"}, "",
		},
		"a user in the console": {
			[]row{
				ev(at(0), hub, "signin", "ConsoleLogin", user(hub, "alice", ""), id("login"), row{"response_elements": map[string]any{"ConsoleLogin": "Success"}, "additional_event_data": map[string]any{"MFAUsed": "Yes"}}),
				act(user(hub, "alice", key(1)), row{"session_creation_date": "2026-03-02T09:00:00Z"}),
			},
			told{Person, "iam-user", "alice", Strong, "login:console-and-creation:strong"}, "",
		},
		"a role session moved on to the console": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, "admin", "x", key(1)), id("assume")),
				ev(at(1), hub, "signin", "GetSigninToken", session(hub, "admin", "x", key(1), at(0)), id("token"), row{"response_elements": map[string]any{"credentials": map[string]any{"accessKeyId": key(2)}}}),
				act(session(hub, "admin", "x", key(2), at(1))),
			},
			told{Person, "iam-user", "alice", Proven, "token:access-key-id:proven assume:access-key-id:proven"}, "",
		},
		"a role switched to in the console": {
			[]row{
				ev(at(0), hub, "signin", "SwitchRole", session(hub, "admin", "alice", "", time.Time{}), id("switch"), row{"response_elements": map[string]any{"SwitchRole": "Success"},
					"additional_event_data": map[string]any{"SwitchFrom": "arn:aws:iam::" + prod + ":user/alice"}}),
				act(session(hub, "admin", "alice", key(1), at(0))),
			},
			told{Person, "iam-user", "alice", Strong, "switch:console-and-creation:strong"}, "",
		},
		"no creation date and one candidate": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, "admin", "x", key(7)), id("assume")),
				act(session(hub, "admin", "x", "", time.Time{})),
			},
			told{Person, "iam-user", "alice", Claimed, "assume:session-and-time:claimed"}, "",
		},
		"two candidates": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, "admin", "x", key(7))),
				ev(at(1), hub, "sts", "AssumeRole", user(hub, "bob", "AKIA000000000002"), gave(hub, "admin", "x", key(8))),
				act(session(hub, "admin", "x", "", time.Time{})),
			},
			told{Unknown, "session", "arn:aws:sts::" + hub + ":assumed-role/admin/x", Claimed, ""}, "ambiguous",
		},
		"one key given twice": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, "admin", "x", key(1))),
				ev(at(0), hub, "sts", "AssumeRole", user(hub, "bob", "AKIA000000000002"), gave(hub, "admin", "x", key(1))),
				act(session(hub, "admin", "x", key(1), at(0))),
			},
			told{Unknown, "session", "arn:aws:sts::" + hub + ":assumed-role/admin/x", Claimed, ""}, "ambiguous",
		},
		"a circle": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", session(hub, "b", "y", key(2), at(0)), gave(hub, "a", "x", key(1)), id("one")),
				ev(at(0), hub, "sts", "AssumeRole", session(hub, "a", "x", key(1), at(0)), gave(hub, "b", "y", key(2)), id("two")),
				act(session(hub, "a", "x", key(1), at(0))),
			},
			told{Unknown, "session", "arn:aws:sts::" + hub + ":assumed-role/b/y", Claimed, "one:access-key-id:proven two:access-key-id:proven"}, "cycle",
		},
		"a missing hop with a source identity": {
			[]row{act(session(hub, "admin", "x", key(1), at(0)), row{"session_source_identity": "alice"})},
			told{Unknown, "source-identity", "alice", Claimed, ""}, "hop-missing",
		},
		"a masked key links nothing": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, "other", "z", "ASIA****************"), id("assume")),
				act(session(hub, "admin", "x", "ASIA****************", at(0))),
			},
			told{Unknown, "session", "arn:aws:sts::" + hub + ":assumed-role/admin/x", Claimed, ""}, "hop-missing",
		},
		"a creation date of long ago": {
			[]row{
				ev(at(0), hub, "sts", "AssumeRole", user(hub, "alice", "AKIA000000000001"), gave(hub, "admin", "x", key(1)), id("assume")),
				act(session(hub, "admin", "x", key(1), at(0)), row{"session_creation_date": "0001-01-01T00:00:00Z"}),
			},
			told{Person, "iam-user", "alice", Proven, "assume:access-key-id:proven"}, "",
		},
		"no time": {
			[]row{act(session(hub, "admin", "x", key(1), at(0)), row{"event_time": nil})},
			told{Unknown, "session", "arn:aws:sts::" + hub + ":assumed-role/admin/x", Claimed, ""}, "no-time",
		},
		"a time at the end of time": {
			[]row{act(session(hub, "admin", "x", key(1), time.Time{}), row{"event_time": time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)})},
			told{Unknown, "session", "arn:aws:sts::" + hub + ":assumed-role/admin/x", Claimed, ""}, "hop-missing",
		},
		"a time that RFC 3339 cannot write": {
			[]row{act(session(hub, "admin", "x", key(1), time.Time{}), row{"event_time": time.Date(10001, 1, 1, 0, 0, 0, 0, time.UTC)})},
			told{Unknown, "session", "arn:aws:sts::" + hub + ":assumed-role/admin/x", Claimed, ""}, "no-time",
		},
		"a time at its beginning": {
			[]row{act(session(hub, "admin", "x", key(1), time.Time{}), row{"event_time": time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC)})},
			told{Unknown, "session", "arn:aws:sts::" + hub + ":assumed-role/admin/x", Claimed, ""}, "hop-missing",
		},
		"nobody": {
			[]row{act(row{"user_identity_type": "Unknown"})},
			told{Unknown, "session", "nobody that the record names", Claimed, ""}, "hop-missing",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := inquire(t, open(t, c.rows...), OfEvent, "act")
			if got.Event == nil || len(got.Actors) == 0 {
				t.Fatalf("the event was not found: %+v", got.Gaps)
			}
			var a Actor
			for _, e := range got.Timeline {
				if e.EventID == "act" {
					for _, have := range got.Actors {
						if have.ID == e.Who.Actor {
							a = have
						}
					}
				}
			}
			if diff := cmp.Diff(c.want, tell(a)); diff != "" {
				t.Errorf("actor (-want +got):\n%s%+v", diff, a)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Error(err)
			}
			if (a.State == Unknown) != (a.Reason != "") {
				t.Errorf("state %s with the reason %q", a.State, a.Reason)
			}
			if c.gap != "" && !hasGap(got, c.gap) {
				t.Errorf("no gap of kind %s in %+v", c.gap, got.Gaps)
			}
		})
	}
}
