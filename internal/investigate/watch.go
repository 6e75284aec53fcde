package investigate

// Effect is what a change does to what the log covers, or to what watches it.
type Effect string

// The effects, worst first.
const (
	Stopped       Effect = "stopped-logging"        // From and To say how long
	LogsDeleted   Effect = "logs-deleted"           // log files, or what held them
	Narrowed      Effect = "narrowed"               // some events are no longer recorded: Details say which
	MayStop       Effect = "may-stop-logging"       // delivery can fail from then on
	TamperOff     Effect = "tamper-evidence-off"    // no digests: a change of log files goes unseen
	LogsDeletable Effect = "logs-may-be-deleted"    // what kept log files from being deleted is gone
	Unreadable    Effect = "logs-may-be-unreadable" // the key that decrypts them is going
	AlarmLost     Effect = "alarm-lost"             // nobody may be told
	RecordingOff  Effect = "recording-stopped"      // AWS Config
	DetectionOff  Effect = "detection-off"          // GuardDuty, Security Hub, flow logs
	Exposed       Effect = "logs-may-be-read"       // by more people than before
	None          Effect = "none"
)

// Severity says how soon somebody should look.
type Severity string

// The severities.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
	Info     Severity = "info"
)

// Watched is a kind of thing that logging needs.
type Watched string

// The kinds of thing that are watched.
const (
	Trail        Watched = "trail"
	Store        Watched = "event-data-store"
	Bucket       Watched = "bucket"
	Key          Watched = "key"
	LogGroup     Watched = "log-group"
	Alarm        Watched = "alarm"
	Topic        Watched = "topic"
	DeliveryRole Watched = "role" // with which CloudTrail writes to the log group
	Config       Watched = "config"
	Organization Watched = "organization"
	Detection    Watched = "detection"
	FlowLog      Watched = "flow-log"
)

// rule is what one event name does.
type rule struct {
	service, name string
	watched       Watched
	effect        Effect
	severity      Severity
	// text is the sentence: "Did/do" and the rest, in which %s stands for the thing.
	text string
	// judge refines effect, severity and details by the request; nil: the rule says it all.
	judge func(*judging)
}

// criteria are the Trust Services Criteria that a change of this kind of thing concerns.
func (w Watched) criteria() []string {
	switch w {
	case Bucket, Key:
		return []string{"soc2/CC6.1", "soc2/CC7.2", "soc2/CC8.1"}
	case Alarm, Topic, LogGroup, DeliveryRole:
		return []string{"soc2/CC7.2", "soc2/CC7.3"}
	case Config, Detection, FlowLog:
		return []string{"soc2/CC7.1", "soc2/CC7.2"}
	}
	return []string{"soc2/CC7.2", "soc2/CC8.1"}
}

// watch is every event name that touches the logging, and what it does. Sources: the API references of the services, and
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html for the names that S3 logs.
var watch = [...]rule{
	{"cloudtrail", "CreateTrail", Trail, None, Info, "Made/make trail %s", judgeTrail},
	{"cloudtrail", "UpdateTrail", Trail, None, Medium, "Changed/change trail %s", judgeTrail},
	{"cloudtrail", "DeleteTrail", Trail, Stopped, Critical, "Deleted/delete trail %s", judgeStop},
	{"cloudtrail", "StopLogging", Trail, Stopped, Critical, "Stopped/stop the logging of trail %s", judgeStop},
	{"cloudtrail", "StartLogging", Trail, None, Info, "Started/start the logging of trail %s", nil},
	{"cloudtrail", "PutEventSelectors", Trail, None, Medium, "Changed/change which events trail %s records", judgeSelectors},
	{"cloudtrail", "PutInsightSelectors", Trail, None, Low, "Changed/change the Insights of trail %s", judgeInsights},
	{"cloudtrail", "PutEventConfiguration", Trail, None, Low, "Changed/change how events of %s are enriched", nil},
	{"cloudtrail", "AddTags", Trail, None, Info, "Tagged/tag %s", nil},
	{"cloudtrail", "RemoveTags", Trail, None, Info, "Untagged/untag %s", nil},
	{"cloudtrail", "PutResourcePolicy", Store, None, Medium, "Changed/change the resource policy of %s", nil},
	{"cloudtrail", "DeleteResourcePolicy", Store, None, Medium, "Deleted/delete the resource policy of %s", nil},
	{"cloudtrail", "CreateEventDataStore", Store, None, Info, "Made/make event data store %s", nil},
	{"cloudtrail", "UpdateEventDataStore", Store, None, Medium, "Changed/change event data store %s", judgeStore},
	{"cloudtrail", "DeleteEventDataStore", Store, LogsDeleted, High, "Deleted/delete event data store %s", nil},
	{"cloudtrail", "RestoreEventDataStore", Store, None, Info, "Restored/restore event data store %s", nil},
	{"cloudtrail", "StopEventDataStoreIngestion", Store, Stopped, High, "Stopped/stop event data store %s", judgeStop},
	{"cloudtrail", "StartEventDataStoreIngestion", Store, None, Info, "Started/start event data store %s", nil},
	{"cloudtrail", "CreateChannel", Store, None, Low, "Made/make channel %s", nil},
	{"cloudtrail", "UpdateChannel", Store, None, Low, "Changed/change channel %s", nil},
	{"cloudtrail", "DeleteChannel", Store, Narrowed, Medium, "Deleted/delete channel %s", nil},
	{"cloudtrail", "EnableFederation", Store, None, Low, "Opened/open event data store %s to Athena", nil},
	{"cloudtrail", "DisableFederation", Store, None, Low, "Closed/close event data store %s to Athena", nil},
	{"cloudtrail", "RegisterOrganizationDelegatedAdmin", Organization, None, High, "Let/let account %s manage the organization's trails", nil},
	{"cloudtrail", "DeregisterOrganizationDelegatedAdmin", Organization, None, High, "No longer let/no longer let account %s manage the organization's trails", nil},

	{"organizations", "EnableAWSServiceAccess", Organization, None, Low, "Gave/give %s access to the organization", nil},
	{"organizations", "DisableAWSServiceAccess", Organization, MayStop, Critical, "Took/take access to the organization from %s", nil},
	{"organizations", "RegisterDelegatedAdministrator", Organization, None, High, "Made/make an account delegated administrator: %s", nil},
	{"organizations", "DeregisterDelegatedAdministrator", Organization, None, High, "Removed/remove a delegated administrator: %s", nil},
	{"organizations", "RemoveAccountFromOrganization", Organization, Narrowed, High, "Removed/remove account %s from the organization", judgeLeave},
	{"organizations", "LeaveOrganization", Organization, Narrowed, High, "Took/take account %s out of the organization", judgeLeave},
	{"organizations", "CloseAccount", Organization, Narrowed, Medium, "Closed/close account %s", judgeLeave},
	{"organizations", "DeleteOrganization", Organization, Stopped, Critical, "Deleted/delete the organization %s", nil},
	{"organizations", "DisablePolicyType", Organization, None, High, "Turned off/turn off a type of organization policy: %s", nil},

	{"s3", "CreateBucket", Bucket, None, Info, "Made/make bucket %s", nil},
	{"s3", "DeleteBucket", Bucket, LogsDeleted, Critical, "Deleted/delete log bucket %s", nil},
	{"s3", "PutBucketPolicy", Bucket, MayStop, High, "Changed/change the policy of log bucket %s", judgePolicy},
	{"s3", "DeleteBucketPolicy", Bucket, MayStop, Critical, "Deleted/delete the policy of log bucket %s", nil},
	{"s3", "PutBucketAcl", Bucket, Exposed, High, "Changed/change the ACL of log bucket %s", nil},
	{"s3", "PutBucketVersioning", Bucket, None, Medium, "Changed/change the versioning of log bucket %s", judgeVersioning},
	{"s3", "PutBucketLifecycle", Bucket, None, Medium, "Changed/change the lifecycle of log bucket %s", judgeLifecycle},
	{"s3", "PutBucketLifecycleConfiguration", Bucket, None, Medium, "Changed/change the lifecycle of log bucket %s", judgeLifecycle},
	{"s3", "DeleteBucketLifecycle", Bucket, None, Low, "Deleted/delete the lifecycle of log bucket %s", nil},
	{"s3", "PutObjectLockConfiguration", Bucket, None, Medium, "Changed/change the object lock of log bucket %s", judgeLock},
	{"s3", "PutBucketObjectLockConfiguration", Bucket, None, Medium, "Changed/change the object lock of log bucket %s", judgeLock},
	{"s3", "PutBucketEncryption", Bucket, None, Medium, "Changed/change the encryption of log bucket %s", nil},
	{"s3", "DeleteBucketEncryption", Bucket, None, Medium, "Deleted/delete the encryption of log bucket %s", nil},
	{"s3", "PutBucketPublicAccessBlock", Bucket, None, Medium, "Changed/change the public access block of log bucket %s", judgePublic},
	{"s3", "PutPublicAccessBlock", Bucket, None, Medium, "Changed/change the public access block of log bucket %s", judgePublic},
	{"s3", "DeleteBucketPublicAccessBlock", Bucket, Exposed, High, "Deleted/delete the public access block of log bucket %s", nil},
	{"s3", "DeletePublicAccessBlock", Bucket, Exposed, High, "Deleted/delete the public access block of log bucket %s", nil},
	{"s3", "PutBucketLogging", Bucket, None, Medium, "Changed/change the access log of log bucket %s", judgeAccessLog},
	{"s3", "PutBucketOwnershipControls", Bucket, None, Medium, "Changed/change the object ownership of log bucket %s", nil},
	{"s3", "DeleteBucketOwnershipControls", Bucket, None, Medium, "Deleted/delete the object ownership of log bucket %s", nil},
	{"s3", "PutBucketReplication", Bucket, None, Medium, "Changed/change the replication of log bucket %s", nil},
	{"s3", "DeleteBucketReplication", Bucket, None, High, "Deleted/delete the replication of log bucket %s", nil},
	{"s3", "PutBucketNotification", Bucket, None, Low, "Changed/change the notifications of log bucket %s", nil},
	{"s3", "PutObjectRetention", Bucket, LogsDeletable, High, "Changed/change the retention of an object of log bucket %s", nil},
	{"s3", "PutObjectLegalHold", Bucket, LogsDeletable, Medium, "Changed/change the legal hold of an object of log bucket %s", nil},
	{"s3", "DeleteObject", Bucket, LogsDeleted, Critical, "Deleted/delete an object of log bucket %s", nil},
	{"s3", "DeleteObjects", Bucket, LogsDeleted, Critical, "Deleted/delete objects of log bucket %s", nil},
	{"s3", "PutObject", Bucket, LogsDeleted, Critical, "Wrote/write an object of log bucket %s", judgeWritten},
	{"s3", "CopyObject", Bucket, LogsDeleted, Critical, "Wrote/write an object of log bucket %s", judgeWritten},

	{"kms", "DisableKey", Key, Unreadable, Critical, "Disabled/disable key %s", judgeKey},
	{"kms", "EnableKey", Key, None, Info, "Enabled/enable key %s", nil},
	{"kms", "ScheduleKeyDeletion", Key, Unreadable, Critical, "Scheduled/schedule the deletion of key %s", judgeKey},
	{"kms", "CancelKeyDeletion", Key, None, Info, "Cancelled/cancel the deletion of key %s", nil},
	{"kms", "DeleteImportedKeyMaterial", Key, Unreadable, Critical, "Deleted/delete the material of key %s", judgeKey},
	{"kms", "PutKeyPolicy", Key, MayStop, High, "Changed/change the policy of key %s", nil},
	{"kms", "RevokeGrant", Key, MayStop, High, "Revoked/revoke a grant of key %s", nil},
	{"kms", "RetireGrant", Key, MayStop, Medium, "Retired/retire a grant of key %s", nil},
	{"kms", "DisableKeyRotation", Key, None, Medium, "Turned off/turn off the rotation of key %s", nil},
	{"kms", "EnableKeyRotation", Key, None, Info, "Turned on/turn on the rotation of key %s", nil},
	{"kms", "UpdateAlias", Key, MayStop, Medium, "Pointed/point an alias elsewhere: %s", nil},
	{"kms", "DeleteAlias", Key, MayStop, Medium, "Deleted/delete alias %s", nil},

	{"logs", "DeleteLogGroup", LogGroup, AlarmLost, Critical, "Deleted/delete log group %s", nil},
	{"logs", "DeleteLogStream", LogGroup, AlarmLost, High, "Deleted/delete a stream of log group %s", nil},
	{"logs", "PutRetentionPolicy", LogGroup, None, Medium, "Changed/change how long log group %s keeps events", judgeRetention},
	{"logs", "DeleteRetentionPolicy", LogGroup, None, Low, "Made/make log group %s keep events for ever", nil},
	{"logs", "PutMetricFilter", LogGroup, None, Medium, "Made or changed/make or change a metric filter of log group %s", judgeFilter},
	{"logs", "DeleteMetricFilter", LogGroup, AlarmLost, High, "Deleted/delete a metric filter of log group %s", judgeFilter},
	{"logs", "PutSubscriptionFilter", LogGroup, None, Low, "Made or changed/make or change a subscription filter of log group %s", judgeFilter},
	{"logs", "DeleteSubscriptionFilter", LogGroup, AlarmLost, High, "Deleted/delete a subscription filter of log group %s", judgeFilter},
	{"logs", "AssociateKmsKey", LogGroup, None, Low, "Encrypted/encrypt log group %s with another key", nil},
	{"logs", "DisassociateKmsKey", LogGroup, None, Medium, "Took/take the key from log group %s", nil},
	{"logs", "PutDataProtectionPolicy", LogGroup, None, Medium, "Masked/mask data in log group %s", nil},

	{"monitoring", "PutMetricAlarm", Alarm, None, Low, "Made or changed/make or change alarm %s", judgeAlarm},
	{"monitoring", "PutCompositeAlarm", Alarm, None, Low, "Made or changed/make or change alarm %s", judgeAlarm},
	{"monitoring", "DeleteAlarms", Alarm, AlarmLost, High, "Deleted/delete alarms %s", nil},
	{"monitoring", "DisableAlarmActions", Alarm, AlarmLost, High, "Silenced/silence alarms %s", nil},
	{"monitoring", "EnableAlarmActions", Alarm, None, Info, "Unsilenced/unsilence alarms %s", nil},
	{"monitoring", "SetAlarmState", Alarm, AlarmLost, Medium, "Set/set the state of alarm %s by hand", nil},

	{"sns", "DeleteTopic", Topic, AlarmLost, High, "Deleted/delete topic %s", nil},
	{"sns", "SetTopicAttributes", Topic, AlarmLost, Medium, "Changed/change topic %s", nil},
	{"sns", "Unsubscribe", Topic, AlarmLost, High, "Removed/remove subscription %s", nil},
	{"sns", "Subscribe", Topic, None, Low, "Subscribed/subscribe to topic %s", nil},
	{"sns", "SetSubscriptionAttributes", Topic, AlarmLost, Medium, "Changed/change subscription %s", nil},
	{"sns", "AddPermission", Topic, None, Medium, "Gave/give access to topic %s", nil},
	{"sns", "RemovePermission", Topic, AlarmLost, Medium, "Took/take access to topic %s away", nil},

	{"iam", "DeleteRole", DeliveryRole, AlarmLost, High, "Deleted/delete role %s, with which CloudTrail writes to the log group", nil},
	{"iam", "UpdateAssumeRolePolicy", DeliveryRole, AlarmLost, High, "Changed/change who may assume role %s, with which CloudTrail writes to the log group", nil},
	{"iam", "PutRolePolicy", DeliveryRole, AlarmLost, Medium, "Changed/change a policy of role %s, with which CloudTrail writes to the log group", nil},
	{"iam", "DeleteRolePolicy", DeliveryRole, AlarmLost, High, "Deleted/delete a policy of role %s, with which CloudTrail writes to the log group", nil},
	{"iam", "DetachRolePolicy", DeliveryRole, AlarmLost, High, "Detached/detach a policy from role %s, with which CloudTrail writes to the log group", nil},
	{"iam", "PutRolePermissionsBoundary", DeliveryRole, AlarmLost, High, "Bounded/bound role %s, with which CloudTrail writes to the log group", nil},

	{"config", "StopConfigurationRecorder", Config, RecordingOff, Critical, "Stopped/stop the configuration recorder %s", nil},
	{"config", "StartConfigurationRecorder", Config, None, Info, "Started/start the configuration recorder %s", nil},
	{"config", "DeleteConfigurationRecorder", Config, RecordingOff, Critical, "Deleted/delete the configuration recorder %s", nil},
	{"config", "PutConfigurationRecorder", Config, None, Medium, "Changed/change the configuration recorder %s", judgeRecorder},
	{"config", "PutDeliveryChannel", Config, None, Medium, "Changed/change the delivery channel %s of AWS Config", nil},
	{"config", "DeleteDeliveryChannel", Config, RecordingOff, High, "Deleted/delete the delivery channel %s of AWS Config", nil},
	{"config", "PutRetentionConfiguration", Config, None, Medium, "Changed/change how long AWS Config keeps history %s", nil},
	{"config", "DeleteRetentionConfiguration", Config, None, Low, "Deleted/delete how long AWS Config keeps history %s", nil},
	{"config", "DeleteConfigurationAggregator", Config, None, Medium, "Deleted/delete the aggregator %s of AWS Config", nil},

	{"guardduty", "DeleteDetector", Detection, DetectionOff, Critical, "Deleted/delete GuardDuty detector %s", nil},
	{"guardduty", "UpdateDetector", Detection, None, Medium, "Changed/change GuardDuty detector %s", judgeDetector},
	{"guardduty", "StopMonitoringMembers", Detection, DetectionOff, High, "Stopped/stop watching member accounts with GuardDuty detector %s", nil},
	{"guardduty", "DisassociateMembers", Detection, DetectionOff, High, "Parted/part member accounts from GuardDuty detector %s", nil},
	{"guardduty", "DeleteMembers", Detection, DetectionOff, High, "Removed/remove member accounts of GuardDuty detector %s", nil},
	{"guardduty", "DisassociateFromAdministratorAccount", Detection, DetectionOff, High, "Parted/part GuardDuty detector %s from its administrator", nil},
	{"guardduty", "DeletePublishingDestination", Detection, None, Medium, "Deleted/delete where GuardDuty detector %s publishes", nil},
	{"securityhub", "DisableSecurityHub", Detection, DetectionOff, High, "Turned off/turn off Security Hub %s", nil},
	{"securityhub", "BatchDisableStandards", Detection, DetectionOff, Medium, "Turned off/turn off standards of Security Hub %s", nil},
	{"securityhub", "DisassociateFromAdministratorAccount", Detection, DetectionOff, High, "Parted/part Security Hub %s from its administrator", nil},
	{"ec2", "DeleteFlowLogs", FlowLog, DetectionOff, Medium, "Deleted/delete flow logs %s", nil},
}
