package catalog_test

// platformCases are those of the questions about logging, security services and the organization.
func platformCases() map[string][]queryCase {
	read := row{"read_only": true}
	return map[string][]queryCase{
		"logging-changes": {
			{name: "of the trail and beside it", params: map[string]string{"bucket": "logs"}, rows: []row{
				event("1", call("cloudtrail", "StopLogging"), request(`{"name":"main"}`)),
				event("2", call("cloudtrail", "PutEventSelectors"), request(`{"trailName":"main"}`)),
				event("3", call("cloudtrail", "StartLogging"), request(`{"name":"main"}`)),
				event("4", call("cloudtrail", "DeleteTrail"), failed("AccessDenied")),
				event("5", call("s3", "PutBucketLifecycle"), request(`{"bucketName":"logs"}`)),
				event("6", call("logs", "DeleteLogGroup"), request(`{"logGroupName":"g"}`)),
				event("7", call("config", "StopConfigurationRecorder")),
				event("8", call("monitoring", "DeleteAlarms")),
				event("9", call("ec2", "DeleteFlowLogs")),
				event("91", call("cloudtrail", "StopLogging"), read),
				event("92", call("events", "DisableRule")),
				event("93", call("sns", "Unsubscribe")),
				event("94", call("wafv2", "DeleteLoggingConfiguration")),
				event("95", call("route53resolver", "DeleteResolverQueryLogConfig")),
				event("no: read", call("cloudtrail", "GetTrailStatus"), read),
				event("no: insight", call("cloudtrail", "StopLogging"), row{"event_category": "Insight"}),
				event("no: another bucket", call("s3", "PutBucketLifecycle"), request(`{"bucketName":"data"}`)),
				event("no: another service", call("example", "StopLogging")),
				event("no: log written", call("logs", "CreateLogStream")),
			}, column: "event_id+what+weakens", want: []string{"1+trail+true", "2+trail+true", "3+trail+false", "4+trail+true", "5+bucket of the logs+true", "6+log group+true",
				"7+configuration recorder+true", "8+alarm+true", "9+flow logs+true", "91+trail+true", "92+event rule+true", "93+alarm+true", "94+firewall log+true", "95+DNS log+true"}},
			{name: "with effect only", rows: []row{event("1", call("cloudtrail", "DeleteTrail")), event("no", call("cloudtrail", "DeleteTrail"), failed("AccessDenied"))}, params: map[string]string{"include_failed": "false"}, want: []string{"1"}},
			{name: "no bucket named", rows: []row{event("no", call("s3", "PutBucketLifecycle"), request(`{"bucketName":""}`)), event("1", call("cloudtrail", "UpdateTrail"))}, want: []string{"1"}},
		},
		"guardduty-config-securityhub-changes": {{name: "changes, not their own work", rows: []row{
			event("1", call("guardduty", "DeleteDetector")),
			event("2", call("securityhub", "EnableSecurityHub")),
			event("3", call("config", "DeleteConfigRule"), failed("AccessDenied")),
			event("no: findings", call("securityhub", "BatchImportFindings")),
			event("no: evaluations", call("config", "PutEvaluations")),
			event("no: service", call("config", "PutConfigRule"), service("securityhub.amazonaws.com")),
			event("no: read", call("guardduty", "ListDetectors"), read),
		}, column: "event_id+weakens", want: []string{"1+true", "2+false", "3+true"}},
			{name: "with effect only", rows: []row{event("1", call("guardduty", "DeleteDetector")), event("no", call("guardduty", "DeleteDetector"), failed("AccessDenied"))},
				params: map[string]string{"include_failed": "false"}, want: []string{"1"}}},
		"organization-changes": {{name: "accounts and policies", rows: []row{
			event("1", call("organizations", "AttachPolicy"), request(`{"policyId":"p-1","targetId":"ou-1"}`)),
			event("2", call("organizations", "LeaveOrganization"), failed("AccessDenied")),
			event("3", call("account", "EnableRegion")),
			event("no: read", call("organizations", "ListAccounts"), read),
			event("no: IAM", call("iam", "AttachRolePolicy")),
		}, column: "event_id+target+policy", want: []string{"1+ou-1+p-1", "2+NULL+NULL", "3+NULL+NULL"}},
			{name: "with effect only", rows: []row{event("1", call("organizations", "CloseAccount")), event("no", call("organizations", "CloseAccount"), failed("AccessDenied"))},
				params: map[string]string{"include_failed": "false"}, want: []string{"1"}}},
		"service-linked-and-delegated-admin-changes": {{name: "services and delegates", rows: []row{
			event("1", call("iam", "CreateServiceLinkedRole"), request(`{"aWSServiceName":"autoscaling.amazonaws.com"}`)),
			event("2", call("organizations", "RegisterDelegatedAdministrator"), request(`{"accountId":"222222222222","servicePrincipal":"config.amazonaws.com"}`)),
			event("3", call("securityhub", "EnableOrganizationAdminAccount"), request(`{"adminAccountId":"222222222222"}`)),
			event("no: role", call("iam", "CreateRole")),
			event("no: failed", call("organizations", "RegisterDelegatedAdministrator"), failed("AccessDenied")),
			event("no: read", call("organizations", "ListDelegatedAdministrators"), read),
			event("no: said to be a read", call("organizations", "EnableAWSServiceAccess"), read),
		}, column: "event_id+service+delegate_account", want: []string{"1+autoscaling.amazonaws.com+NULL", "2+config.amazonaws.com+222222222222", "3+securityhub.amazonaws.com+222222222222"}}},
		"unverified-events": {{name: "by file", rows: []row{
			event("1", row{"log_state": "failed", "log_file": "a"}),
			event("2", row{"log_state": "failed", "log_file": "a"}, read),
			event("3", row{"log_state": "unlisted", "log_file": "b"}),
			event("4", row{"log_state": nil, "log_file": "c"}),
			event("no: verified", row{"log_state": "verified", "log_file": "d"}),
		}, column: "log_state+log_file+events+changes", want: []string{"failed+a+2+1", "unknown+c+1+1", "unlisted+b+1+1"}}},
	}
}
