package catalog_test

// behaviourCases are those of the questions about what is usual, and what is not.
func behaviourCases() map[string][]queryCase {
	const app, web = "arn:aws:iam::111111111111:role/app", "arn:aws:iam::111111111111:role/web"
	read := row{"read_only": true}
	return map[string][]queryCase{
		"first-seen-api-by-principal": {
			{name: "never before", rows: []row{
				event("old", call("s3", "ListBuckets"), at("2026-01-01T00:00:00Z")),
				event("again", call("s3", "ListBuckets")),
				event("1", call("iam", "CreateUser"), at("2026-03-03T00:00:00Z")),
				event("1 again", call("iam", "CreateUser"), at("2026-03-04T00:00:00Z"), failed("EntityAlreadyExists")),
				event("new principal", role("web"), call("s3", "ListBuckets")),
				event("service", service("config.amazonaws.com"), call("s3", "GetBucketAcl"), at("2026-01-01T00:00:00Z")),
				event("service 2", service("config.amazonaws.com"), call("s3", "GetBucketTagging")),
				event("after", call("iam", "DeleteUser"), at("2026-04-01T00:00:00Z")),
			}, column: "principal+event_name+calls+failed+first_event_id", want: []string{app + "+CreateUser+2+1+1"}},
			{name: "new principals too", rows: []row{event("1", role("web"), call("s3", "ListBuckets"))}, params: map[string]string{"include_new": "true"}, column: "principal", want: []string{web}},
		},
		"errors-by-principal": {{name: "counted", rows: []row{
			event("1", failed("ThrottlingException"), row{"error_message": "first"}),
			event("2", failed("ThrottlingException"), row{"error_message": "second"}, call("s3", "ListBuckets")),
			event("3", role("web"), failed("NoSuchBucket")),
			event("no: fine", role("fine")),
			event("no: dry run", role("dry"), failed("Client.DryRunOperation")),
		}, column: "principal+error_code+errors+kinds+sample_message", want: []string{app + "+ThrottlingException+2+2+second", web + "+NoSuchBucket+1+1+NULL"}}},
		"access-denied-by-principal": {{name: "in all words", rows: []row{
			event("1", failed("AccessDenied"), call("s3", "GetObject")),
			event("2", failed("Client.UnauthorizedOperation")),
			event("3", failed("VpceAccessDenied"), call("s3", "PutObject")),
			event("4", failed("KMS.AccessDeniedException"), call("kms", "Decrypt")),
			event("5", failed("NotAuthorized"), call("x", "Y")),
			event("no: another error", failed("ThrottlingException")),
			event("no: service", failed("AccessDenied"), service("config.amazonaws.com")),
			event("no: fine"),
		}, column: "event_name+error_code+refused", want: []string{"CreateVpc+Client.UnauthorizedOperation+1", "Decrypt+KMS.AccessDeniedException+1", "GetObject+AccessDenied+1", "PutObject+VpceAccessDenied+1", "Y+NotAuthorized+1"}}},
		"inactive-principals": {
			{name: "ninety days", rows: []row{
				event("1", at("2025-12-31T00:00:00Z")),
				event("1 before", at("2025-10-01T00:00:00Z")),
				event("no: active", role("web"), at("2025-10-01T00:00:00Z")),
				event("no: active still", role("web"), at("2026-01-02T00:00:00Z")),
				event("no: service", service("config.amazonaws.com"), at("2025-01-01T00:00:00Z")),
				event("after the period", at("2026-04-02T00:00:00Z")),
			}, column: "principal+days_inactive+events", want: []string{app + "+91+2"}},
			{name: "days", rows: []row{event("1", at("2026-03-01T00:00:00Z")), event("no", role("web"), at("2026-03-25T00:00:00Z"))}, params: map[string]string{"days": "10"}, column: "principal", want: []string{app}},
		},
		"top-talkers": {{name: "in order of events", rows: []row{
			event("1", role("web")), event("2", role("web"), read), event("3", role("web"), failed("AccessDenied")),
			event("4"),
			event("no: service", service("config.amazonaws.com")),
		}, column: "principal+events+changes+errors", want: []string{web + "+3+2+1", app + "+1+1+0"}}},
		"region-never-used-before": {{name: "first change", rows: []row{
			event("old", at("2026-01-01T00:00:00Z")),
			event("again"),
			event("read", row{"aws_region": "ap-south-1"}, read, at("2026-03-02T00:00:00Z")),
			event("1", row{"aws_region": "ap-south-1"}, at("2026-03-03T00:00:00Z")),
			event("failed", row{"aws_region": "sa-east-1"}, failed("AccessDenied")),
			event("service", row{"aws_region": "us-west-2"}, service("config.amazonaws.com")),
			event("linked", row{"aws_region": "us-west-2", "session_issuer_arn": "arn:aws:iam::111111111111:role/aws-service-role/x/y"}),
			event("service event", row{"aws_region": "us-west-2", "event_type": "AwsServiceEvent"}),
			event("new account", row{"recipient_account_id": "222222222222", "aws_region": "us-west-1"}),
		}, column: "account+region+events+first_event_id", want: []string{"111111111111+ap-south-1+1+1"}}},
		"session-activity": {
			{name: "of a role", params: map[string]string{"principal": app}, rows: []row{
				event("1", row{"session_creation_date": "2026-03-02T11:00:00Z", "session_mfa_authenticated": "true"}),
				event("2", call("s3", "ListBuckets"), read, at("2026-03-02T12:45:00Z"), row{"source_ip_address": "203.0.113.1", "session_creation_date": "2026-03-02T11:00:00Z"}),
				event("3", failed("AccessDenied"), row{"user_identity_access_key_id": "ASIAOTHER"}, at("2026-03-03T00:00:00Z")),
				event("no: another", role("web")),
			}, column: "access_key_id+events+changes+errors+minutes+addresses+kinds", want: []string{"ASIAAPP+2+1+0+45+198.51.100.7, 203.0.113.1+CreateVpc, ListBuckets", "ASIAOTHER+1+1+1+0+198.51.100.7+CreateVpc"}},
			{name: "of a session's name", params: map[string]string{"principal": "session"}, rows: []row{event("1"), event("no", user("ann"))}, column: "actor", want: []string{"arn:aws:sts::111111111111:assumed-role/app/session"}},
			{name: "of a user", params: map[string]string{"principal": "ann"}, rows: []row{event("1", user("ann")), event("no", user("anna"))}, column: "access_key_id", want: []string{"AKIAANN"}},
		},
		"ip-activity": {
			{name: "of a network", params: map[string]string{"ip": "198.51.100.0/24"}, rows: []row{
				event("1"), event("2", read, call("s3", "ListBuckets")),
				event("no: another", row{"source_ip_address": "198.51.101.7"}),
				event("no: service", service("config.amazonaws.com")),
			}, column: "source_ip_address+events+changes+kinds", want: []string{"198.51.100.7+2+1+CreateVpc, ListBuckets"}},
			{name: "of an address", params: map[string]string{"ip": "2001:db8::1"}, rows: []row{
				event("1", row{"source_ip_address": "2001:db8:0:0::1"}), event("no", row{"source_ip_address": "2001:db8::2"})},
				column: "source_ip_address", want: []string{"2001:db8:0:0::1"}},
		},
		"events-by-day": {{name: "days and accounts", rows: []row{
			event("1"), event("2", read, failed("AccessDenied"), row{"log_state": "pending"}),
			event("3", at("2026-03-01T00:00:00Z"), row{"recipient_account_id": "222222222222"}),
			event("no: before", at("2026-02-28T00:00:00Z")),
		}, column: "day+account+events+changes+errors+unverified", want: []string{"2026-03-01+222222222222+1+1+0+0", "2026-03-02+111111111111+2+1+1+1"}}},
	}
}
