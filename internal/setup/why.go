package setup

// The reasons, each once. Criteria are those of the Trust Services Criteria (soc2), the CIS Amazon Web Services Foundations
// Benchmark (cis-aws) and the controls of AWS Security Hub (securityhub). Costs are AWS's list prices of us-east-1 in US
// dollars; other regions differ a little.

const (
	costKey        = "AWS KMS: $1 a month, and $0.03 for 10,000 requests"
	costDataEvents = "CloudTrail: $0.10 for 100,000 data events"
	costManagement = "CloudTrail: the first copy of management events is free; each further copy $2.00 for 100,000 events"
	costLogs       = "CloudWatch Logs: $0.50 for each GB received and $0.03 a month for each GB kept"
	riskDecrypt    = "who reads it needs kms:Decrypt on the key"
)

// Buckets.
var (
	whyBucket       = reason{why: "CloudTrail, S3 and AWS Config deliver what is evidence into it.", meets: []string{"soc2/CC7.2"}, cost: "S3: about $0.023 a month for each GB"}
	whyPublicAccess = reason{why: "No policy and no access control list can make the log files public.",
		meets: []string{"soc2/CC6.1", "soc2/CC6.6", "cis-aws-3.0.0/2.1.4", "securityhub/CloudTrail.6", "securityhub/S3.8"}, risk: "who reads the bucket publicly no longer can"}
	whyOwnership = reason{why: "Access is by policy alone, and the bucket's owner owns every object.", meets: []string{"soc2/CC6.1", "securityhub/S3.12"},
		risk: "readers and writers whose access comes from an access control list lose it; S3 refuses the setting while such a list grants anything to others"}
	whyEncryption = reason{why: "Log files are encrypted with a key whose use is limited and logged.",
		meets: []string{"soc2/CC6.1", "soc2/CC6.7", "securityhub/S3.17"}, risk: riskDecrypt, cost: "AWS KMS: $0.03 for 10,000 requests"}
	whyBucketKey  = reason{why: "A bucket key spares a request to AWS KMS for each log file.", meets: []string{"soc2/CC6.1"}}
	whyPlain      = reason{why: "New objects are encrypted. S3 delivers access logs only where that is SSE-S3.", meets: []string{"soc2/CC6.1"}}
	whyVersioning = reason{why: "A log file that is overwritten or deleted can be had back.", meets: []string{"soc2/CC7.2", "soc2/A1.2", "securityhub/S3.14"},
		cost: "S3: noncurrent versions are stored too"}
	whyLock = reason{why: "Nobody can delete or overwrite a log file before its time is over.", meets: []string{"soc2/CC6.1", "soc2/CC7.2", "securityhub/S3.15"},
		risk: "no object written from then on can be deleted before its retention ends, whoever pays for it"}
	whyRetention = reason{why: "Log files last for the whole time that an auditor asks about.", meets: []string{"soc2/CC7.2", "soc2/C1.1"},
		cost: "S3: objects that would have been deleted or archived sooner are stored longer"}
	whyLifecycle = reason{why: "Log files move to cheaper storage after a time and are disposed of when nobody needs them.", meets: []string{"soc2/C1.1", "soc2/C1.2", "securityhub/S3.13"},
		risk: "S3 deletes what is older than the rule says, for good"}
	whyAccessLogs = reason{why: "Who read or changed log files is itself logged.",
		meets: []string{"soc2/CC7.2", "cis-aws-3.0.0/3.4", "securityhub/CloudTrail.7", "securityhub/S3.9"}, cost: "S3: the access logs are stored"}
	whyBucketPolicy = reason{why: "Only this trail writes log files, over TLS, and nobody deletes them.",
		meets: []string{"soc2/CC6.1", "soc2/CC6.6", "soc2/CC6.7", "cis-aws-3.0.0/2.1.1", "securityhub/S3.5"}}
	whyDelivery  = reason{why: "A Deny that CloudTrail's own requests meet stops the delivery of log files.", meets: []string{"soc2/CC7.2"}}
	whyMFADelete = reason{why: "A version can be deleted only with the code of root's MFA device.", meets: []string{"soc2/CC6.1", "cis-aws-3.0.0/2.1.2", "securityhub/S3.20"},
		risk: "it needs long-term access keys of root, which are to be deleted right after, and AWS allows no lifecycle beside it"}
)

// Keys.
var (
	whyKey        = reason{why: "Log files are encrypted with a key of the account's own.", meets: []string{"soc2/CC6.1", "cis-aws-3.0.0/3.5", "securityhub/CloudTrail.2"}, cost: costKey}
	whyAlias      = reason{why: "The key is found by its alias.", meets: []string{"soc2/CC6.1"}}
	whyKeyEnable  = reason{why: "While the key is disabled, CloudTrail delivers nothing.", meets: []string{"soc2/CC7.2", "soc2/CC6.1"}, risk: "somebody has disabled it, perhaps because it is known to others; a key that is to be deleted has to be kept first (kms:CancelKeyDeletion)"}
	whyRotation   = reason{why: "AWS KMS makes new key material every year and keeps the old.", meets: []string{"soc2/CC6.1", "cis-aws-3.0.0/3.6", "securityhub/KMS.4"}, cost: "AWS KMS: $1 a month more after each of the first two rotations"}
	whyKeyPolicy  = reason{why: "This trail, its log group and its alarms may use the key, and nobody else's.", meets: []string{"soc2/CC6.1", "soc2/CC6.3", "cis-aws-3.0.0/3.5"}}
	whyForeignKey = reason{why: "The policy of a key that AWS manages cannot be changed, so CloudTrail and CloudWatch cannot be let use it.", meets: []string{"soc2/CC6.1", "cis-aws-3.0.0/3.5", "securityhub/CloudTrail.2"}}
)

// The trail.
var (
	whyTrail        = reason{why: "What is done in the account is recorded.", meets: []string{"soc2/CC7.2", "cis-aws-3.0.0/3.1", "securityhub/CloudTrail.1", "securityhub/CloudTrail.3"}, cost: costManagement}
	whyMultiRegion  = reason{why: "An intruder may work in a region that nobody uses.", meets: []string{"soc2/CC7.2", "cis-aws-3.0.0/3.1", "securityhub/CloudTrail.1"}, cost: costManagement}
	whyGlobalEvents = reason{why: "IAM, STS and CloudFront are recorded in one region alone.", meets: []string{"soc2/CC7.2", "cis-aws-3.0.0/3.1", "securityhub/CloudTrail.1"}}
	whyValidation   = reason{why: "Digests show whether a log file was changed or deleted after its delivery.", meets: []string{"soc2/CC7.2", "soc2/PI1.3", "cis-aws-3.0.0/3.2", "securityhub/CloudTrail.4"}}
	whyOrganization = reason{why: "Every account of the organization is recorded, and none can stop it.", meets: []string{"soc2/CC7.2", "cis-aws-3.0.0/3.1"},
		risk: "the trail then belongs to the whole organization and every member account sees it", cost: costManagement}
	whyTrailKey = reason{why: "Log files are encrypted with a key whose use is limited and logged.", meets: []string{"soc2/CC6.1", "soc2/CC6.7", "cis-aws-3.0.0/3.5", "securityhub/CloudTrail.2"},
		risk: riskDecrypt, cost: "AWS KMS: $0.03 for 10,000 requests"}
	whyMoved     = reason{why: "The blueprint names another place than the trail delivers to.", meets: []string{"soc2/CC7.2"}}
	whyTrailLogs = reason{why: "Alarms see events within minutes only where CloudTrail also writes to a log group.", meets: []string{"soc2/CC7.2", "soc2/CC7.3", "cis-aws-1.4.0/3.4", "securityhub/CloudTrail.5"}, cost: costLogs}
	whyDelivered = reason{why: "A notice of each delivery lets whoever reads the log files begin at once.", meets: []string{"soc2/CC7.2"}, cost: "SNS: $0.50 for a million notices"}
	whySelectors = reason{why: "Reading and writing management events of every service are recorded, AWS KMS among them.", meets: []string{"soc2/CC7.2", "cis-aws-3.0.0/3.1", "securityhub/CloudTrail.1"}, cost: costManagement}
	whyData      = reason{why: "Who read and wrote the data itself is recorded.", meets: []string{"soc2/CC7.2", "soc2/CC6.1", "cis-aws-3.0.0/3.8", "cis-aws-3.0.0/3.9", "securityhub/S3.22", "securityhub/S3.23"}, cost: costDataEvents}
	whyInsights  = reason{why: "Unusual rates of calls and of errors are found.", meets: []string{"soc2/CC7.2"}, cost: "CloudTrail: $0.35 for 100,000 events that each type of insight looks at"}
	whyLogging   = reason{why: "A trail that does not log records nothing.", meets: []string{"soc2/CC7.2", "cis-aws-3.0.0/3.1", "securityhub/CloudTrail.1"}, cost: costManagement}
)

// Log group, alarms and who is told.
var (
	whyLogGroup     = reason{why: "Metric filters read the trail's events from it.", meets: []string{"soc2/CC7.2", "securityhub/CloudTrail.5"}, cost: costLogs}
	whyLogKey       = reason{why: "The events in the log group are encrypted with a key of the account's own.", meets: []string{"soc2/CC6.1", "soc2/CC6.7"}, risk: riskDecrypt}
	whyLogRetention = reason{why: "Events last for the whole time that an auditor asks about.", meets: []string{"soc2/CC7.2", "soc2/C1.1", "securityhub/CloudWatch.16"}, cost: "CloudWatch Logs: $0.03 a month for each GB"}
	whyLogClass     = reason{why: "A log group of the class Infrequent Access has no metric filters, and so no alarm sees its events.", meets: []string{"soc2/CC7.2"}}
	whyTopic        = reason{why: "Alarms and deliveries are told through it.", meets: []string{"soc2/CC7.3"}, cost: "SNS: $0.50 for a million notices; e-mail $2 for 100,000"}
	whyTopicKey     = reason{why: "What alarms tell is encrypted with a key that CloudWatch may use; AWS's own key for SNS does not let it.", meets: []string{"soc2/CC6.1", "soc2/CC6.7", "securityhub/SNS.1"},
		risk: "others that publish to the topic need kms:GenerateDataKey* and kms:Decrypt on the key"}
	whyTopicPolicy = reason{why: "The account's alarms, or this trail, may publish to the topic, and nobody else's.", meets: []string{"soc2/CC6.1", "soc2/CC7.3", "securityhub/SNS.4"}}
	whySubscribed  = reason{why: "Somebody is told when an alarm goes off.", meets: []string{"soc2/CC7.3", "soc2/CC7.4"}}
	whySlack       = reason{why: "Whoever is on duty sees alarms in the Slack channel.", meets: []string{"soc2/CC7.3", "soc2/CC7.4"}}
	whyFilter      = reason{why: "What the detection is about is counted as it happens.", meets: []string{"soc2/CC7.2", "soc2/CC7.3"}, cost: "CloudWatch: $0.30 a month for each metric"}
	whyAlarm       = reason{why: "One such event is enough to tell somebody.", meets: []string{"soc2/CC7.2", "soc2/CC7.3"}, cost: "CloudWatch: $0.10 a month for each alarm"}
	whyActions     = reason{why: "An alarm that tells nobody is none.", meets: []string{"soc2/CC7.3", "securityhub/CloudWatch.15", "securityhub/CloudWatch.17"}}
)

// AWS Config, Security Hub, GuardDuty, organization and roles.
var (
	whyRecorder    = reason{why: "What is configured how, and since when, is recorded.", meets: []string{"soc2/CC7.1", "soc2/CC8.1", "cis-aws-3.0.0/3.3", "securityhub/Config.1"}, cost: "AWS Config: $0.003 for each configuration item"}
	whyAllTypes    = reason{why: "A type of resource that is left out can change unseen.", meets: []string{"soc2/CC7.1", "soc2/CC8.1", "cis-aws-3.0.0/3.3", "securityhub/Config.1"}, cost: "AWS Config: $0.003 for each configuration item of the types that are added"}
	whyFrequency   = reason{why: "A change that is undone on the same day is recorded too.", meets: []string{"soc2/CC7.1", "soc2/CC8.1"}, cost: "AWS Config: $0.003 for each configuration item"}
	whyRecording   = reason{why: "A recorder that is stopped records nothing.", meets: []string{"soc2/CC7.1", "soc2/CC8.1", "cis-aws-3.0.0/3.3", "securityhub/Config.1"}, cost: "AWS Config: $0.003 for each configuration item"}
	whyChannel     = reason{why: "AWS Config keeps its history where it can be read.", meets: []string{"soc2/CC7.1", "soc2/CC8.1"}}
	whyRule        = reason{why: "AWS itself says whether the setting holds, today and for the whole period.", meets: []string{"soc2/CC7.1", "soc2/CC7.2"}, cost: "AWS Config: $0.001 for each evaluation"}
	whyHub         = reason{why: "The account is judged by a published standard all the time.", meets: []string{"soc2/CC7.1", "soc2/CC7.2", "cis-aws-3.0.0/4.16"}, cost: "Security Hub: $0.0010 for each check of a resource"}
	whyDetector    = reason{why: "Known ways of attack are looked for in the account's events and traffic.", meets: []string{"soc2/CC6.8", "soc2/CC7.1", "soc2/CC7.2", "securityhub/GuardDuty.1"}, cost: "GuardDuty: $4.00 for a million management events, and more for what else it looks at"}
	whyPublish     = reason{why: "A finding that comes again is told without delay.", meets: []string{"soc2/CC7.3"}}
	whyTrusted     = reason{why: "An organization's trail needs that CloudTrail may work in the organization's accounts.", meets: []string{"soc2/CC7.2"}, risk: "CloudTrail makes a service-linked role in every account of the organization"}
	whyRole        = reason{why: "The service works with a role that may do what it needs and no more.", meets: []string{"soc2/CC6.1", "soc2/CC6.3"}}
	whyTrustedRole = reason{why: "Only the service, and for this account's resources only, may assume the role.", meets: []string{"soc2/CC6.1", "soc2/CC6.3"}}
	whyRoleMay     = reason{why: "The role may do what it is for and no more.", meets: []string{"soc2/CC6.1", "soc2/CC6.3"}}
)

// Databases.
var (
	whyParameterGroup = reason{why: "The parameters of a default group cannot be changed.", meets: []string{"soc2/CC7.2"}}
	whyParameters     = reason{why: "The database says who did what in it.", meets: []string{"soc2/CC7.2", "soc2/CC6.1"},
		risk: "the audit log takes room and time in proportion to what it says; a static parameter works after a reboot only"}
	whyOptions = reason{why: "The database says who did what in it.", meets: []string{"soc2/CC7.2", "soc2/CC6.1"}, risk: "adding the plugin can interrupt the database for a moment"}
	whyGroups  = reason{why: "The database works with the group that has its audit log on.", meets: []string{"soc2/CC7.2"}}
	whyReboot  = reason{why: "Until then the audit log is not written.", meets: []string{"soc2/CC7.2"}, risk: "the database is away while it reboots"}
	whyExports = reason{why: "The audit log outlives the database and is kept where alarms see it.", meets: []string{"soc2/CC7.2", "securityhub/RDS.9"}, cost: costLogs}
)
