package sigma

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A call is a record of the usual shape, with more members behind.
func call(source, name string, more ...string) string {
	return `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ann","userName":"ann"},` +
		`"eventTime":"2030-01-02T03:04:05Z","eventSource":"` + source + `.amazonaws.com","eventName":"` + name + `","awsRegion":"eu-west-1",` +
		`"sourceIPAddress":"192.0.2.7","userAgent":"aws-cli/2.30","requestParameters":null,"responseElements":null,"eventType":"AwsApiCall"` +
		strings.Join(append([]string{""}, more...), ",") + `}`
}

// ruleCases are records for the rules of SigmaHQ by the names of their files: some that match, and the neighbours of these
// that do not.
func ruleCases() map[string]struct{ yes, no []string } {
	type cases = struct{ yes, no []string }
	one := func(yes, no string) cases { return cases{[]string{yes}, []string{no}} }
	const failed = `"errorCode":"AccessDenied"`
	assumed := func(arn, issuer string) string {
		return `"userIdentity":{"type":"AssumedRole","arn":"` + arn + `","sessionContext":{"sessionIssuer":{"type":"` + issuer + `"}}}`
	}
	policy := func(action string) string {
		return `"userAgent":"[S3 Browser/11.0 (https://s3browser.com)]","requestParameters":{"userName":"bob","policyDocument":"{\n  \"Statement\": [{\"Effect\": \"Allow\", \"Action\": [\"` +
			action + `\"], \"Resource\": [\"arn:aws:s3:::\u003cYOUR-BUCKET-NAME\u003e/*\"]}]}"}`
	}
	return map[string]cases{
		"aws_cloudtrail_bedrock_guardrail_deleted": one(call("bedrock", "DeleteGuardrail"), call("bedrock", "UpdateGuardrail")),
		"aws_cloudtrail_bedrock_guardrail_updated": one(call("bedrock", "UpdateGuardrail"), call("bedrock", "DeleteGuardrail")),
		"aws_cloudtrail_console_login_failed_authentication": one(
			call("signin", "ConsoleLogin", `"errorMessage":"Failed authentication"`), call("signin", "ConsoleLogin", `"errorMessage":"No username found in supplied account"`)),
		"aws_cloudtrail_console_login_success_without_mfa": one(
			call("signin", "ConsoleLogin", `"additionalEventData":{"MFAUsed":"No"}`, `"responseElements":{"ConsoleLogin":"Success"}`),
			call("signin", "ConsoleLogin", `"additionalEventData":{"MFAUsed":"Yes"}`, `"responseElements":{"ConsoleLogin":"Success"}`)),
		"aws_cloudtrail_guardduty_detector_deleted_or_updated": {
			[]string{call("guardduty", "DeleteDetector"), call("guardduty", "UpdateDetector", `"requestParameters":{"enable":false}`), call("guardduty", "DeleteDetector", `"errorCode":"Success"`)},
			[]string{call("guardduty", "UpdateDetector", `"requestParameters":{"enable":true}`), call("guardduty", "DeleteDetector", failed)}},
		"aws_cloudtrail_imds_malicious_usage": {
			[]string{call("s3", "ListBuckets", assumed("arn:aws:sts::111122223333:assumed-role/aws:ec2-instance/i-0", "Role"))},
			[]string{call("ssm", "UpdateInstanceInformation", assumed("arn:aws:sts::111122223333:assumed-role/aws:ec2-instance/i-0", "Role")),
				call("s3", "ListBuckets", assumed("arn:aws:sts::111122223333:assumed-role/App/aws:", "Role")),
				call("s3", "ListBuckets", assumed("arn:aws:sts::111122223333:assumed-role/aws:ec2-instance/i-0", "Role"), `"sourceIPAddress":"AWS Internal"`)}},
		"aws_cloudtrail_new_route_added":                      one(call("ec2", "CreateRoute"), call("ec2", "CreateRouteTable")),
		"aws_cloudtrail_pua_trufflehog":                       one(call("sts", "GetCallerIdentity", `"userAgent":"TRUFFLEHOG"`), call("sts", "GetCallerIdentity", `"userAgent":"TruffleHog/3"`)),
		"aws_cloudtrail_security_group_change_ingress_egress": one(call("ec2", "AuthorizeSecurityGroupIngress"), call("ec2", "CreateSecurityGroup")),
		"aws_cloudtrail_security_group_change_loadbalancer":   one(call("elasticloadbalancing", "SetSecurityGroups"), call("ec2", "SetSecurityGroups")),
		"aws_cloudtrail_ssm_malicious_usage":                  one(call("ssm", "SendCommand", `"errorCode":null`), call("ssm", "SendCommand", failed)),
		"aws_cloudtrail_vpc_flow_logs_deleted":                one(call("ec2", "DeleteFlowLogs"), call("ec2", "DeleteFlowLogs", failed)),
		"aws_console_getsignintoken":                          one(call("signin", "GetSigninToken"), call("signin", "GetSigninToken", `"userAgent":"Jersey/${project.version} (HttpUrlConnection 11)"`)),
		"aws_delete_identity":                                 one(call("ses", "DeleteIdentity"), call("ses", "DeleteIdentityPolicy")),
		"aws_disable_bucket_versioning": one(
			call("s3", "PutBucketVersioning", `"requestParameters":{"bucketName":"b","VersioningConfiguration":{"Status":"Suspended"}}`),
			call("s3", "PutBucketVersioning", `"requestParameters":{"bucketName":"b","VersioningConfiguration":{"Status":"Enabled"}}`)),
		"aws_ec2_disable_encryption": one(call("ec2", "DisableEbsEncryptionByDefault"), call("ec2", "EnableEbsEncryptionByDefault")),
		"aws_ec2_startup_script_change": one(
			call("ec2", "ModifyInstanceAttribute", `"requestParameters":{"attribute":"userData"}`), call("ec2", "ModifyInstanceAttribute", `"requestParameters":{"attribute":"ebsOptimized"}`)),
		"aws_ec2_vm_export_failure": {
			[]string{call("ec2", "CreateInstanceExportTask", `"responseElements":{"status":"ok"}`)},
			[]string{call("ec2", "CreateInstanceExportTask", failed), call("ec2", "CreateInstanceExportTask", `"errorMessage":"x"`),
				call("ec2", "CreateInstanceExportTask", `"responseElements":{"task":[{"state":"failure"}]}`)}},
		"aws_efs_fileshare_modified_or_deleted":              one(call("elasticfilesystem", "DeleteFileSystem"), call("elasticfilesystem", "DeleteMountTarget")),
		"aws_efs_fileshare_mount_modified_or_deleted":        one(call("elasticfilesystem", "DeleteMountTarget"), call("elasticfilesystem", "DeleteFileSystem")),
		"aws_elasticache_security_group_created":             one(call("elasticache", "CreateCacheSecurityGroup"), call("elasticache", "DeleteCacheSecurityGroup")),
		"aws_elasticache_security_group_modified_or_deleted": one(call("elasticache", "DeleteCacheSecurityGroup"), call("elasticache", "CreateCacheSecurityGroup")),
		"aws_guardduty_disruption":                           one(call("guardduty", "CreateIPSet"), call("guardduty", "UpdateIPSet")),
		"aws_iam_backdoor_users_keys": one(
			call("iam", "CreateAccessKey", `"responseElements":{"accessKey":{"userName":"bob"}}`), call("iam", "CreateAccessKey", `"userIdentity":{"arn":"x/responseElements.accessKey.userName"}`)),
		"aws_iam_s3browser_templated_s3_bucket_policy_creation": one(call("iam", "PutUserPolicy", policy("s3:GetObject")), call("iam", "PutUserPolicy", policy("s3:PutObject"))),
		"aws_iam_s3browser_user_or_accesskey_creation": one(
			call("iam", "CreateUser", `"userAgent":"S3 Browser/11"`), call("iam", "CreateUser", `"userAgent":"S3Browser/11"`)),
		"aws_lambda_function_url": one(call("lambda", "CreateFunctionUrlConfig"), call("lambda", "UpdateFunctionUrlConfig")),
		"aws_new_lambda_layer_attached": {
			[]string{call("lambda", "UpdateFunctionConfiguration20150331v2", `"requestParameters":{"layers":["arn:aws:lambda:eu-west-1:1:layer:x:1"]}`)},
			[]string{call("lambda", "UpdateFunctionConfiguration20150331v2", `"requestParameters":{"layers":[]}`), call("lambda", "UpdateFunctionConfiguration20150331v2", `"requestParameters":{}`)}},
		"aws_rds_change_master_password": one(
			call("rds", "ModifyDBInstance", `"responseElements":{"pendingModifiedValues":{"masterUserPassword":"****"}}`),
			call("rds", "ModifyDBInstance", `"responseElements":{"pendingModifiedValues":{"allocatedStorage":5}}`)),
		"aws_rds_dbcluster_actions": one(call("rds", "DeleteDBCluster"), call("rds", "DeleteDBInstance")),
		"aws_root_account_usage": one(
			call("s3", "ListBuckets", `"userIdentity":{"type":"Root"}`), call("s3", "ListBuckets", `"userIdentity":{"type":"Root"}`, `"eventType":"AwsServiceEvent"`)),
		"aws_route_53_domain_transferred_lock_disabled": one(call("route53", "DisableDomainTransferLock"), call("route53domains", "DisableDomainTransferLock")),
		"aws_s3_data_management_tampering":              one(call("s3", "PutBucketLogging"), call("s3", "PutBucketTagging")),
		"aws_securityhub_finding_evasion":               one(call("securityhub", "BatchUpdateFindings"), call("securityhub", "BatchImportFindings")),
		"aws_sso_idp_change":                            one(call("sso-directory", "EnableExternalIdPConfigurationForDirectory"), call("ds", "AssociateDirectory")),
		"aws_sts_assumerole_misuse":                     one(call("s3", "ListBuckets", assumed("a", "Role")), call("s3", "ListBuckets", assumed("a", "IAMUser"))),
		"aws_sts_getsessiontoken_misuse":                one(call("sts", "GetSessionToken"), call("sts", "GetSessionToken", `"userIdentity":{"type":"Root"}`)),
		"aws_susp_saml_activity": {
			[]string{call("sts", "AssumeRoleWithSAML"), call("iam", "UpdateSAMLProvider")},
			[]string{call("iam", "AssumeRoleWithSAML"), call("sts", "UpdateSAMLProvider")}},
	}
}

func TestCorpusRules(t *testing.T) {
	dir := filepath.Join(corpus(t), "sigma")
	for name, c := range ruleCases() {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(dir, name+".yml"))
			if err != nil {
				t.Fatal(err)
			}
			for _, event := range c.yes {
				hold(t, string(text), event, true)
			}
			for _, event := range c.no {
				hold(t, string(text), event, false)
			}
		})
	}
}
