package catalog_test

// changeCases are those of the questions about what was changed.
func changeCases() map[string][]queryCase {
	console := row{"session_credential_from_console": "true", "user_agent": "Mozilla/5.0"}
	pipeline := row{"user_identity_arn": "arn:aws:sts::111111111111:assumed-role/github-deploy/run-1", "session_issuer_arn": "arn:aws:iam::111111111111:role/github-deploy"}
	linked := row{"session_issuer_arn": "arn:aws:iam::111111111111:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"}
	data := row{"event_category": "Data", "management_event": false}
	return map[string][]queryCase{
		"changes-to-production": {
			{name: "changes only", rows: []row{
				event("1"),
				event("2", row{"read_only": nil}),
				event("3", failed("AccessDenied")),
				event("no: read", row{"read_only": true}),
				event("no: data", data),
				event("no: sign-in", call("signin", "ConsoleLogin"), row{"event_type": "AwsConsoleSignIn"}),
				event("no: service", service("config.amazonaws.com")),
				event("no: service event", row{"event_type": "AwsServiceEvent"}),
				event("no: service-linked role", linked),
				event("no: before", at("2026-02-28T23:59:59Z")),
				event("no: after", at("2026-04-01T00:00:00Z")),
			}, want: []string{"1", "2", "3"}},
			{name: "who made them", rows: []row{
				event("1 person", console),
				event("2 person", row{"session_issuer_arn": "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_deploy_1"}),
				event("3 pipeline", pipeline),
				event("4 user", user("ann")),
				event("5 root", root()),
				event("6 workload"),
				event("7 service", linked),
			}, params: map[string]string{"include_services": "true"}, column: "made_by", want: []string{"person", "person", "pipeline", "IAM user", "root", "workload", "service"}},
			{name: "no pattern, no pipeline", rows: []row{event("1", pipeline)}, params: map[string]string{"pipelines": ""}, column: "made_by", want: []string{"workload"}},
			{name: "outcome", rows: []row{event("1"), event("2", failed("Client.DryRunOperation")), event("3", failed("ThrottlingException"))},
				column: "event_id+outcome", want: []string{"1+succeeded", "2+dry run", "3+failed"}},
			{name: "with effect only", rows: []row{event("1"), event("no", failed("Client.DryRunOperation")), event("no", failed("AccessDenied"))},
				params: map[string]string{"include_failed": "false"}, want: []string{"1"}},
			{name: "some accounts", rows: []row{event("1"), event("no", row{"recipient_account_id": "222222222222"})},
				params: map[string]string{"accounts": "111111111111,333333333333"}, want: []string{"1"}},
			{name: "in order, and no more than asked", rows: []row{event("c"), event("a"), event("b"), event("z", at("2026-03-02T11:00:00Z"))},
				params: map[string]string{"limit": "3"}, want: []string{"z", "a", "b"}},
		},
		"console-changes-by-people": {{name: "console only", rows: []row{
			event("1", console),
			event("2", row{"user_agent": "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.4]"}),
			event("3", row{"user_agent": "console.ec2.amazonaws.com"}),
			event("4", row{"user_agent": "aws-cli/2.17 exec-env/CloudShell"}),
			event("no: program"),
			event("no: pipeline", console, pipeline),
			event("no: for CloudFormation", console, row{"user_identity_invoked_by": "cloudformation.amazonaws.com"}),
			event("no: read", console, row{"read_only": true}),
			event("no: failed", console, failed("AccessDenied")),
			event("no: sign-in", console, row{"event_type": "AwsConsoleSignIn"}),
			event("no: data", console, data),
		}, column: "event_id+evidence", want: []string{"1+console credentials", "2+user agent", "3+user agent", "4+user agent"}}},
		"deletions": {
			{name: "successful ones", rows: []row{
				event("1", call("dynamodb", "DeleteTable"), row{"resources": `[{"ARN":"arn:aws:dynamodb:eu-west-1:111111111111:table/t","accountId":"111111111111"}]`}),
				event("2", call("ec2", "TerminateInstances")),
				event("3", call("kms", "ScheduleKeyDeletion")),
				event("no: failed", call("dynamodb", "DeleteTable"), failed("AccessDenied")),
				event("no: not deleted", call("dynamodb", "UpdateTable")),
				event("no: data", call("s3", "DeleteObject"), data),
				event("no: service", call("logs", "DeleteLogStream"), service("logs.amazonaws.com")),
			}, column: "event_id+resource", want: []string{"1+arn:aws:dynamodb:eu-west-1:111111111111:table/t", "2+NULL", "3+NULL"}},
			{name: "objects too", rows: []row{event("1", call("s3", "DeleteObject"), data)}, params: map[string]string{"include_data": "true"}, want: []string{"1"}},
		},
		"lambda-changes": {{name: "without the version in the name", rows: []row{
			event("1", call("lambda", "UpdateFunctionCode20150331v2"), request(`{"functionName":"pay"}`)),
			event("2", call("lambda", "CreateFunction20150331"), request(`{"functionName":"new","role":"arn:aws:iam::111111111111:role/r"}`)),
			event("3", call("lambda", "PutFunctionConcurrency"), request(`{"functionName":"pay"}`), failed("AccessDenied")),
			event("no: call of a function", call("lambda", "Invoke"), data),
			event("no: read", call("lambda", "GetFunction20150331v2"), row{"read_only": true}),
		}, column: "event_id+action+function_name", want: []string{"1+UpdateFunctionCode+pay", "2+CreateFunction+new", "3+PutFunctionConcurrency+pay"}}},
		"rds-changes": {{name: "by people and programs", rows: []row{
			event("1", call("rds", "ModifyDBInstance"), request(`{"dBInstanceIdentifier":"db","publiclyAccessible":true}`)),
			event("no: automatic", call("rds", "CreateDBSnapshot"), service("rds.amazonaws.com")),
			event("no: read", call("rds", "DescribeDBInstances"), row{"read_only": true}),
			event("no: data", call("rds", "ExecuteStatement"), data),
		}, column: "event_id+database+publicly_accessible", want: []string{"1+db+true"}}},
		"ec2-instances-launched": {{name: "what was launched", rows: []row{
			event("1", call("ec2", "RunInstances"), request(`{"iamInstanceProfile":{"name":"web"}}`),
				response(`{"instancesSet":{"items":[{"instanceId":"i-1","instanceType":"t3.micro","imageId":"ami-1"},{"instanceId":"i-2"}]}}`)),
			event("no: refused", call("ec2", "RunInstances"), failed("Client.UnauthorizedOperation")),
			event("no: dry run", call("ec2", "RunInstances"), failed("Client.DryRunOperation")),
			event("no: Auto Scaling", call("ec2", "RunInstances"), linked),
			event("no: started", call("ec2", "StartInstances")),
		}, column: "event_id+first_instance+instances+profile", want: []string{"1+i-1+2+web"}}},
		"change-freeze-violations": {{name: "within the freeze", params: map[string]string{"freeze_from": "2026-05-01", "freeze_to": "2026-05-03", "allowed": "github"}, rows: []row{
			event("1", at("2026-05-01T00:00:00Z")),
			event("2", at("2026-05-02T23:59:59Z"), console),
			event("no: before", at("2026-04-30T23:59:59Z")),
			event("no: after", at("2026-05-03T00:00:00Z")),
			event("no: allowed", at("2026-05-01T10:00:00Z"), pipeline),
			event("no: failed", at("2026-05-01T10:00:00Z"), failed("AccessDenied")),
			event("no: read", at("2026-05-01T10:00:00Z"), row{"read_only": true}),
			event("no: service-linked role", at("2026-05-01T10:00:00Z"), linked),
			event("no: service", at("2026-05-01T10:00:00Z"), service("rds.amazonaws.com")),
			event("no: service event", at("2026-05-01T10:00:00Z"), row{"event_type": "AwsServiceEvent"}),
			event("no: sign-in", at("2026-05-01T10:00:00Z"), row{"event_type": "AwsConsoleSignIn"}),
			event("no: data", at("2026-05-01T10:00:00Z"), data),
		}, want: []string{"1", "2"}}},
		"activity-outside-hours": {
			{name: "nights and weekends", rows: []row{
				event("1 Sunday", at("2026-03-01T12:00:00Z"), console),
				event("2 early", at("2026-03-02T06:59:59Z"), user("ann")),
				event("3 late", at("2026-03-02T19:00:00Z"), root()),
				event("no: at work", console),
				event("no: program", at("2026-03-01T12:00:00Z")),
				event("no: read", at("2026-03-01T12:00:00Z"), console, row{"read_only": true}),
				event("no: data", at("2026-03-01T12:00:00Z"), console, data),
				event("no: for a service", at("2026-03-01T12:00:00Z"), console, row{"user_identity_invoked_by": "cloudformation.amazonaws.com"}),
				event("no: service event", at("2026-03-01T12:00:00Z"), root(), row{"event_type": "AwsServiceEvent"}),
				event("no: failed", at("2026-03-01T12:00:00Z"), console, failed("AccessDenied")),
			}, want: []string{"1 Sunday", "2 early", "3 late"}},
			{name: "local time", rows: []row{
				event("1", at("2026-03-02T05:30:00Z"), console), // 06:30 there
				event("no", at("2026-03-02T06:30:00Z"), console),
			}, params: map[string]string{"utc_offset": "1"}, column: "event_id+local_time", want: []string{"1+2026-03-02T06:30:00Z"}},
		},
		"resource-history": {
			{name: "where it is named", params: map[string]string{"text": "sg-1"}, rows: []row{
				event("1", request(`{"groupId":"sg-1"}`)),
				event("2", response(`{"groupId":"sg-1"}`)),
				event("3", row{"resources": `[{"ARN":"arn:aws:ec2:eu-west-1:111111111111:security-group/sg-1"}]`}),
				event("4", request(`{"groupId":"sg-1"}`), failed("AccessDenied")),
				event("no: another", request(`{"groupId":"sg-2"}`)),
				event("no: read", request(`{"groupId":"sg-1"}`), row{"read_only": true}),
			}, column: "event_id+outcome", want: []string{"1+succeeded", "2+succeeded", "3+succeeded", "4+failed"}},
			{name: "no wildcards", params: map[string]string{"text": "a_b%"}, rows: []row{event("1", request(`{"n":"a_b%"}`)), event("no", request(`{"n":"axbyz"}`))}, want: []string{"1"}},
		},
	}
}
