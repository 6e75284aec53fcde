package catalog_test

// signInCases are those of the questions about people at the door.
func signInCases() map[string][]queryCase {
	login := func(outcome, mfa string) row {
		r := row{"event_source": "signin.amazonaws.com", "event_name": "ConsoleLogin", "event_type": "AwsConsoleSignIn", "user_identity_access_key_id": nil,
			"response_elements": `{"ConsoleLogin":"` + outcome + `"}`}
		if mfa != "" {
			r["additional_event_data"] = `{"LoginTo":"https://console.aws.amazon.com/","MFAUsed":"` + mfa + `"}`
		}
		if outcome == "Failure" {
			r["error_message"] = "Failed authentication"
		}
		return r
	}
	identityCenter := row{"user_identity_type": "IdentityCenterUser", "user_identity_arn": nil, "session_issuer_arn": nil, "on_behalf_of_user_id": "u-1"}
	return map[string][]queryCase{
		"root-usage": {
			{name: "root itself", rows: []row{
				event("1", root(), login("Success", "Yes")),
				event("2", root(), login("Failure", "No")),
				event("3", root(), call("iam", "CreateAccessKey"), row{"session_credential_from_console": "true"}),
				event("4", root(), row{"user_identity_access_key_id": "AKIAROOT"}),
				event("5", root(), row{"event_type": nil, "user_identity_access_key_id": "ASIAROOT"}),
				event("6", row{"user_identity_type": "AssumedRole", "session_assumed_root": "true"}),
				event("no: service for root", root(), row{"user_identity_invoked_by": "autoscaling.amazonaws.com"}),
				event("no: service event", root(), row{"event_type": "AwsServiceEvent"}),
				event("no: user named root", user("root")),
			}, column: "event_id+means+outcome", want: []string{"1+sign-in+success", "2+sign-in+failure", "3+console+success", "4+access key+success", "5+session+success", "6+assumed root+success"}},
			{name: "the response tells", rows: []row{event("1", root(), login("Failure", "No"), row{"error_message": nil})}, column: "outcome", want: []string{"failure"}},
			{name: "MFA in capitals", rows: []row{event("1", root(), login("Success", "YES")), event("2", root(), login("Success", "No")), event("3", root(), row{"session_mfa_authenticated": "true"})},
				column: "event_id+mfa", want: []string{"1+yes", "2+no", "3+yes"}},
		},
		"console-sign-ins": {{name: "sign-ins and switches of role", rows: []row{
			event("1", user("ann"), login("Success", "Yes")),
			event("2", user("ann"), login("Failure", "No")),
			event("3", login("Success", "No")),
			event("4", call("signin", "SwitchRole"), response(`{"SwitchRole":"Success"}`)),
			event("no: another call", call("signin", "GetSigninToken")),
			event("no: another service", user("ann"), login("Success", "Yes"), row{"event_source": "example.amazonaws.com"}),
		}, column: "event_id+outcome+mfa", want: []string{"1+success+yes", "2+failure+no", "3+success+at the identity provider", "4+success+at the identity provider"}}},
		"sign-ins-without-mfa": {
			{name: "users and root", rows: []row{
				event("1", user("ann"), login("Success", "No")),
				event("2", user("ann"), login("Success", "")),
				event("3", root(), login("Success", "No")),
				event("no: with MFA", user("ann"), login("Success", "Yes")),
				event("no: in capitals", root(), login("Success", "YES")),
				event("no: refused", user("ann"), login("Failure", "No")),
				event("no: federated", login("Success", "No")),
			}, want: []string{"1", "2", "3"}},
			{name: "federated too", rows: []row{event("1", login("Success", "No"))}, params: map[string]string{"include_federated": "true"}, want: []string{"1"}},
		},
		"failed-sign-ins-by-source": {
			{name: "by address", rows: []row{
				event("1", user("ann"), login("Failure", "No")),
				event("2", user("bob"), login("Failure", "No")),
				event("3", user("ann"), login("Success", "Yes")),
				event("4", user("ann"), call("signin", "CheckMfa"), response(`{"CheckMfa":"Failure"}`), row{"source_ip_address": "203.0.113.1"}),
				event("5", identityCenter, call("signin", "CredentialVerification"), row{"service_event_details": `{"CredentialVerification":"Failed"}`, "source_ip_address": "203.0.113.2"}),
				event("no: succeeded", user("ann"), login("Success", "Yes"), row{"source_ip_address": "203.0.113.3"}),
			}, column: "source_ip_address+failures+successes+names", want: []string{"198.51.100.7+2+1+ann, bob", "203.0.113.1+1+0+ann", "203.0.113.2+1+0+u-1"}},
			{name: "at least", rows: []row{event("1", user("ann"), login("Failure", "No"))}, params: map[string]string{"minimum": "2"}, column: "source_ip_address", want: nil},
		},
		"sso-sign-ins": {{name: "Identity Center only", rows: []row{
			event("1", identityCenter, call("signin", "CredentialVerification"), row{"service_event_details": `{"CredentialVerification":"Failed"}`, "additional_event_data": `{"UserName":"ann","CredentialType":"TOTP"}`}),
			event("2", identityCenter, call("sso", "Federate"), row{"service_event_details": `{"role_name":"Admin","account_id":"222222222222"}`}),
			event("no: user", user("ann"), login("Success", "Yes")),
			event("no: administration", call("sso", "CreateAccountAssignment")),
		}, column: "event_id+user_name+outcome+role_account+credential", want: []string{"1+ann+failed+NULL+TOTP", "2+NULL+success+222222222222+NULL"}}},
		"mfa-device-changes": {{name: "devices", rows: []row{
			event("1", call("iam", "DeactivateMFADevice"), request(`{"userName":"ann","serialNumber":"arn:aws:iam::111111111111:mfa/ann"}`)),
			event("2", call("iam", "EnableMFADevice"), request(`{"userName":"bob","serialNumber":"arn:aws:iam::111111111111:mfa/bob"}`)),
			event("no: read", call("iam", "ListMFADevices"), row{"read_only": true}),
			event("no: another change", call("iam", "CreateUser"), request(`{"userName":"ann"}`)),
		}, column: "event_id+effect+user_name", want: []string{"1+taken away+ann", "2+added or changed+bob"}}},
		"password-policy-changes": {{name: "policy and passwords", rows: []row{
			event("1", call("iam", "UpdateAccountPasswordPolicy"), request(`{"minimumPasswordLength":8,"maxPasswordAge":90}`)),
			event("2", call("iam", "UpdateLoginProfile"), request(`{"userName":"ann"}`)),
			event("no: own", call("iam", "ChangePassword")),
			event("no: read", call("iam", "GetAccountPasswordPolicy"), row{"read_only": true}),
		}, column: "event_id+minimum_length+user_name", want: []string{"1+8+NULL", "2+NULL+ann"}}},
		"break-glass-use": {{name: "roles and users", params: map[string]string{"names": "emergency, rescue"}, rows: []row{
			event("1", role("emergency")),
			event("2", user("rescue")),
			event("3", call("sts", "AssumeRole"), request(`{"roleArn":"arn:aws:iam::222222222222:role/ops/emergency"}`), failed("AccessDenied")),
			event("no: another role", role("emergency-test")),
			event("no: another role assumed", call("sts", "AssumeRole"), request(`{"roleArn":"arn:aws:iam::222222222222:role/no-emergency"}`)),
			event("no: role written", call("iam", "GetRole"), request(`{"roleArn":"arn:aws:iam::222222222222:role/emergency"}`)),
		}, column: "event_id+name+outcome", want: []string{"1+emergency+succeeded", "2+rescue+succeeded", "3+emergency+failed"}}},
	}
}
