package sample

import (
	"fmt"
	"time"
)

// The user agents of the organization.
const (
	browser      = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
	shellAgent   = "aws-cli/2.22.12 md/awscrt#0.22.0 ua/2.0 os/macos#24.1.0 md/arch#arm64 lang/python#3.12.6 md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/prompt#off"
	lambdaAgent  = "Boto3/1.35.63 md/Botocore#1.35.63 ua/2.0 os/linux#5.10.227-219.884.amzn2.x86_64 md/arch#aarch64 lang/python#3.12.7 md/pyimpl#CPython exec-env/AWS_Lambda_python3.12 cfg/retry-mode#legacy Botocore/1.35.63"
	goAgent      = "aws-sdk-go-v2/1.32.5 ua/2.1 os/linux lang/go#1.23.3 md/GOOS#linux md/GOARCH#arm64 exec-env/AWS_ECS_FARGATE api/ssm#1.56.0"
	ssmAgent     = "aws-sdk-go/1.55.5 (go1.22.6; linux; arm64) amazon-ssm-agent/3.3.987.0"
	terraform    = "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) terraform-provider-aws/5.76.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.32.5 ua/2.1 os/linux lang/go#1.23.3 md/GOOS#linux md/GOARCH#amd64"
	actionsAgent = "aws-sdk-js/3.699.0 ua/2.1 os/linux#6.8.0-1017-azure lang/js md/nodejs#20.18.1 exec-env/GitHubActions configure-aws-credentials-for-github-actions"
	vendorAgent  = "Skylens-Collector/4.2 Boto3/1.34.162 Botocore/1.34.162"
	backupAgent  = "Boto3/1.26.165 Python/3.9.2 Linux/5.10.0-28-amd64 Botocore/1.29.165"
)

const (
	vendorAccount = "888877776666" // Skylens, who watch the bill and the inventory
	vendorAddress = "198.51.100.77"
	backupAddress = "192.0.2.25" // the machine that runs svc-backup
	officeAddress = "203.0.113.10"
)

// person signs in through IAM Identity Center. In the first of the accounts (indices of Options.Accounts) they work
// each day, in the others now and then.
type person struct {
	name     string
	set      string // permission set
	address  string
	accounts []int
	calls    string
}

var people = []person{
	{"alice.martin", "AdministratorAccess", officeAddress, []int{0, 1, 2}, adminCalls + engineerCalls},
	{"ben.okafor", "PowerUserAccess", "203.0.113.41", []int{1, 2}, engineerCalls},
	{"chiara.rossi", "PowerUserAccess", officeAddress, []int{2, 1}, engineerCalls},
	{"dmitri.novak", "ReadOnlyAccess", "203.0.113.87", []int{1}, readerCalls},
	{"emi.tanaka", "SecurityAudit", officeAddress, []int{0, 1, 2}, auditorCalls},
	{"farid.haddad", "Billing", "203.0.113.132", []int{0}, billingCalls},
	{"greta.lindholm", "PowerUserAccess", officeAddress, []int{2}, engineerCalls},
	{"hugo.pereira", "ViewOnlyAccess", "203.0.113.154", []int{1, 2}, readerCalls},
}

const (
	adminCalls = `iam.ListRoles 3, iam.GetRole 4, iam.ListUsers 2, iam.ListAccessKeys 2, iam.ListMFADevices, iam.GetAccountSummary,
		iam.TagRole, iam.AttachRolePolicy, iam.DetachRolePolicy, iam.GenerateCredentialReport, iam.GetCredentialReport,
		organizations.DescribeOrganization 2, organizations.ListAccounts 2, organizations.ListPoliciesForTarget, cloudtrail.DescribeTrails 2,
		cloudtrail.GetTrailStatus, cloudtrail.ListPublicKeys, sso.ListPermissionSets, identitystore.ListUsers, servicequotas.ListServiceQuotas,
		kms.GetKeyPolicy, kms.GetKeyRotationStatus, s3.PutBucketPolicy, s3.PutBucketPublicAccessBlock, health.DescribeEvents, `
	engineerCalls = `ec2.DescribeInstances 10, ec2.DescribeVolumes 3, ec2.DescribeSecurityGroups 4, ec2.DescribeSecurityGroupRules 2, ec2.DescribeVpcs 2,
		ec2.DescribeSubnets 2, ec2.DescribeAddresses, ec2.DescribeRegions, ec2.DescribeAvailabilityZones, ec2.StopInstances, ec2.StartInstances,
		ec2.CreateTags, ec2.CreateVolume, ec2.AttachVolume, ec2.AuthorizeSecurityGroupIngress, ec2.RevokeSecurityGroupIngress, ec2.ModifyInstanceAttribute,
		s3.ListBuckets 5, s3.GetBucketLocation 4, s3.GetBucketPolicyStatus 2, s3.GetBucketTagging, s3.GetBucketLifecycle, s3.PutBucketTagging,
		s3.PutBucketLifecycle, s3.GetBucketVersioning 2, lambda.ListFunctions20150331 4, lambda.GetFunction20150331v2 5, lambda.GetPolicy20150331v2 2,
		lambda.UpdateFunctionConfiguration20150331v2, dynamodb.ListTables 3, dynamodb.DescribeTable 4, dynamodb.DescribeContinuousBackups,
		dynamodb.DescribeTimeToLive, dynamodb.UpdateTable, rds.DescribeDBInstances 4, rds.DescribeDBClusters 2, rds.DescribeDBSnapshots, rds.ModifyDBInstance,
		ecs.DescribeServices 5, ecs.DescribeTasks 4, ecs.ListTasks 3, ecs.DescribeClusters 2, ecs.RunTask, logs.DescribeLogGroups 5, logs.DescribeLogStreams 4,
		logs.StartQuery 3, logs.GetQueryResults 6, logs.FilterLogEvents 2, monitoring.DescribeAlarms 4, monitoring.GetMetricData 6, monitoring.ListMetrics 2,
		cloudformation.ListStacks, cloudformation.DescribeStacks 2, cloudformation.DescribeStackEvents, ssm.StartSession, ssm.TerminateSession,
		ssm.DescribeInstanceInformation, ssm.GetParameter 3, ssm.PutParameter, ssm.SendCommand, secretsmanager.ListSecrets 2, secretsmanager.DescribeSecret 2,
		secretsmanager.PutSecretValue, kms.ListAliases 3, kms.DescribeKey 2, kms.ListKeys, sqs.ListQueues, sns.ListTopics, events.ListRules,
		autoscaling.SetDesiredCapacity, autoscaling.UpdateAutoScalingGroup, elasticloadbalancing.DescribeLoadBalancers 2, elasticloadbalancing.DescribeTargetGroups 2,
		elasticloadbalancing.DescribeListeners, tagging.GetResources 2, athena.StartQueryExecution, athena.GetQueryExecution 2, glue.GetTable, acm.ListCertificates,
		wafv2.ListWebACLs, sts.GetCallerIdentity 2, route53.ListHostedZones 2, route53.ListResourceRecordSets 2, cloudfront.ListDistributions,
		cloudfront.CreateInvalidation, iam.ListRoles, iam.GetRole 2, iam.GetPolicy, iam.GetPolicyVersion, iam.PassRole, health.DescribeEventAggregates 2,
		!iam.CreateUser, !organizations.ListAccounts`
	readerCalls = `ec2.DescribeInstances 6, ec2.DescribeSecurityGroups 2, s3.ListBuckets 2, s3.GetBucketLocation 2, rds.DescribeDBInstances 3, lambda.ListFunctions20150331 2,
		ecs.DescribeServices 3, monitoring.DescribeAlarms 4, monitoring.GetMetricData 6, logs.DescribeLogGroups 2, elasticloadbalancing.DescribeTargetHealth 2,
		health.DescribeEventAggregates, support.DescribeTrustedAdvisorChecks, iam.ListRoles, !secretsmanager.GetSecretValue, !logs.StartQuery,
		!ec2.StopInstances, !ssm.GetParameter, !s3.GetBucketPolicy`
	auditorCalls = `guardduty.ListDetectors 2, guardduty.ListFindings 4, guardduty.GetFindings 4, guardduty.GetDetector, securityhub.GetFindings 4,
		access-analyzer.ListFindingsV2 2, config.DescribeConfigRules 2, config.GetComplianceDetailsByConfigRule 3, config.SelectResourceConfig,
		config.DescribeConfigurationRecorders, cloudtrail.LookupEvents 3, cloudtrail.DescribeTrails 2, cloudtrail.GetTrailStatus 2, cloudtrail.GetEventSelectors,
		s3.GetBucketPolicy 2, s3.GetBucketEncryption 2, s3.GetBucketPublicAccessBlock 2, s3.GetBucketAcl, ec2.DescribeSecurityGroups 2, ec2.DescribeFlowLogs,
		kms.GetKeyRotationStatus, iam.GenerateCredentialReport 2, iam.GetCredentialReport 2, iam.ListUsers 2, iam.ListMFADevices 2, iam.ListAccessKeys 2,
		iam.GetAccountPasswordPolicy, iam.GenerateServiceLastAccessedDetails, iam.ListPolicies, iam.GetAccessKeyLastUsed, !secretsmanager.GetSecretValue`
	billingCalls = `ce.GetCostAndUsage 6, organizations.ListAccounts 2, organizations.DescribeOrganization, health.DescribeEventAggregates,
		!ec2.DescribeInstances, !s3.ListBuckets, tagging.GetResources`
	vendorCalls = `ec2.DescribeInstances 4, ec2.DescribeVolumes 3, ec2.DescribeSnapshots, ec2.DescribeAddresses, ec2.DescribeRegions, ec2.DescribeImages,
		rds.DescribeDBInstances 2, rds.ListTagsForResource 2, autoscaling.DescribeAutoScalingGroups, elasticloadbalancing.DescribeLoadBalancers,
		monitoring.ListMetrics, monitoring.GetMetricData 3, tagging.GetResources 2, lambda.ListFunctions20150331, !s3.GetBucketPolicy, !kms.ListKeys`
	deployCalls = `ec2.DescribeVpcs 2, ec2.DescribeSubnets 2, ec2.DescribeSecurityGroups 3, ec2.DescribeRouteTables 2, ec2.DescribeLaunchTemplateVersions,
		ec2.CreateLaunchTemplateVersion, ec2.DescribeTags, ecs.DescribeTaskDefinition 2, ecs.RegisterTaskDefinition 3, ecs.UpdateService 3, ecs.DescribeServices 5,
		ecr.DescribeImages 2, lambda.GetFunction20150331v2 3, lambda.UpdateFunctionCode20150331v2 2, lambda.PublishVersion20150331, lambda.UpdateAlias20150331,
		dynamodb.DescribeTable 2, logs.CreateLogGroup, logs.PutRetentionPolicy, monitoring.PutMetricAlarm, events.PutRule, sqs.SetQueueAttributes, sns.Subscribe,
		elasticloadbalancing.DescribeTargetHealth 3, elasticloadbalancing.ModifyRule, ssm.GetParameter 2, kms.DescribeKey, s3.GetBucketPolicy, s3.GetBucketEncryption,
		autoscaling.DescribeAutoScalingGroups, cloudformation.CreateChangeSet, cloudformation.ExecuteChangeSet, secretsmanager.DescribeSecret, acm.ListCertificates`
	deployGlobalCalls = `iam.GetRole 4, iam.ListRolePolicies 2, iam.GetRolePolicy 2, iam.ListAttachedRolePolicies 3, iam.GetPolicy 2, iam.GetPolicyVersion 2,
		iam.GetInstanceProfile, iam.CreatePolicyVersion, iam.PutRolePolicy, iam.CreateRole, iam.AttachRolePolicy, iam.TagRole,
		route53.ListResourceRecordSets 2, route53.ChangeResourceRecordSets, route53.GetChange 2`
)

// directoryID is the person's id in the identity store.
func (p person) directoryID() string {
	return "3235" + string(appendID(nil, hash64(5, p.name), hexDigits, 4)) + "-" + uuid(hash64(6, p.name))[9:]
}

func (p person) role() string {
	return fmt.Sprintf("AWSReservedSSO_%s_%s", p.set, appendID(nil, hash64(7, p.set), hexDigits, 16))
}

const shiftLength = 8*time.Hour + 30*time.Minute

// shift is when a person signs in to an account on the day that begins at midnight, if at all.
func (g *generator) shift(p person, account int, day time.Time) (login time.Time, ok bool) {
	h := hash64(g.Seed, "shift", p.name, g.Accounts[account].ID, day.Format(time.DateOnly))
	chance := uint64(45)
	if account == p.accounts[0] {
		chance = 92
	}
	if d := day.Weekday(); d == time.Saturday || d == time.Sunday {
		chance /= 12
	}
	login = day.Add(6*time.Hour + 40*time.Minute + time.Duration(h>>20%7200)*time.Second)
	return login, h%100 < chance
}

// signedIn is a person's session in an account at a time: that of the shift, or an exceptional one.
func (g *generator) signedIn(p person, account int, at time.Time) (w *actor, onShift bool) {
	login, ok := g.shift(p, account, at.Truncate(24*time.Hour))
	onShift = ok && at.After(login.Add(time.Minute)) && at.Before(login.Add(shiftLength))
	if !onShift {
		login = at.Add(-15 * time.Minute)
	}
	return g.assumedRole(g.sessionOf(p, account, login), p.address, shellAgent), onShift
}

func (g *generator) sessionOf(p person, account int, login time.Time) *credentials {
	a := g.Accounts[account]
	return &credentials{account: a, path: "/aws-reserved/sso.amazonaws.com/" + g.HomeRegion + "/", role: p.role(), session: p.name,
		key: uniqueID("ASIA", 16, hash64(g.Seed, a.ID, p.name, login.Format(isoSecond))), created: login}
}
