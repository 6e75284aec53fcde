# What is there already. These blocks can be removed once they have been applied.
import {
  to = aws_iam_role.cloudtrail_logs
  id = "trailseal-cloudtrail"
}

import {
  to = aws_iam_role_policy.cloudtrail_logs
  id = "trailseal-cloudtrail:write"
}

import {
  to = aws_kms_key.trail
  id = "0a1b2c3d-0000-4000-8000-000000000000"
}

import {
  to = aws_kms_alias.trail
  id = "alias/trailseal"
}

import {
  to = aws_s3_bucket.access_logs
  id = "trailseal-access-logs"
}

import {
  to = aws_s3_bucket_public_access_block.access_logs
  id = "trailseal-access-logs"
}

import {
  to = aws_s3_bucket_ownership_controls.access_logs
  id = "trailseal-access-logs"
}

import {
  to = aws_s3_bucket_server_side_encryption_configuration.access_logs
  id = "trailseal-access-logs"
}

import {
  to = aws_s3_bucket_versioning.access_logs
  id = "trailseal-access-logs"
}

import {
  to = aws_s3_bucket_lifecycle_configuration.access_logs
  id = "trailseal-access-logs"
}

import {
  to = aws_s3_bucket_policy.access_logs
  id = "trailseal-access-logs"
}

import {
  to = aws_s3_bucket.logs
  id = "trailseal-logs"
}

import {
  to = aws_s3_bucket_public_access_block.logs
  id = "trailseal-logs"
}

import {
  to = aws_s3_bucket_ownership_controls.logs
  id = "trailseal-logs"
}

import {
  to = aws_s3_bucket_server_side_encryption_configuration.logs
  id = "trailseal-logs"
}

import {
  to = aws_s3_bucket_versioning.logs
  id = "trailseal-logs"
}

import {
  to = aws_s3_bucket_object_lock_configuration.logs
  id = "trailseal-logs"
}

import {
  to = aws_s3_bucket_lifecycle_configuration.logs
  id = "trailseal-logs"
}

import {
  to = aws_s3_bucket_logging.logs
  id = "trailseal-logs"
}

import {
  to = aws_s3_bucket_policy.logs
  id = "trailseal-logs"
}

import {
  to = aws_cloudwatch_log_group.trail
  id = "trailseal"
}

import {
  to = aws_sns_topic.alarms
  id = "arn:aws:sns:us-east-1:123456789012:trailseal-alarms"
}

import {
  to = aws_sns_topic_policy.alarms
  id = "arn:aws:sns:us-east-1:123456789012:trailseal-alarms"
}

import {
  to = aws_sns_topic.deliveries
  id = "arn:aws:sns:us-east-1:123456789012:trailseal-deliveries"
}

import {
  to = aws_sns_topic_policy.deliveries
  id = "arn:aws:sns:us-east-1:123456789012:trailseal-deliveries"
}

import {
  to = aws_cloudtrail.main
  id = "arn:aws:cloudtrail:us-east-1:123456789012:trail/trailseal"
}

import {
  to = aws_sns_topic_subscription.alarms_email_security_example_com
  id = "arn:aws:sns:us-east-1:123456789012:trailseal-alarms:0a1b2c3d"
}

import {
  to = aws_iam_service_linked_role.config
  id = "arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
}

import {
  to = aws_config_configuration_recorder.default
  id = "default"
}

import {
  to = aws_config_configuration_recorder_status.default
  id = "default"
}

import {
  to = aws_config_delivery_channel.default
  id = "default"
}

import {
  to = aws_config_config_rule.cloudtrail_enabled
  id = "cloudtrail-enabled"
}

import {
  to = aws_config_config_rule.log_group_retention
  id = "log-group-retention"
}

import {
  to = aws_guardduty_detector.default
  id = "0a1b2c3d"
}

import {
  to = aws_iam_role.auditor
  id = "trailseal-auditor"
}

import {
  to = aws_iam_role_policy.auditor_list
  id = "trailseal-auditor:list"
}

import {
  to = aws_iam_role_policy.auditor_read
  id = "trailseal-auditor:read"
}

import {
  to = aws_iam_role_policy_attachment.auditor
  id = "trailseal-auditor/arn:aws:iam::aws:policy/SecurityAudit"
}

import {
  to = aws_s3_bucket.archive
  id = "archive"
}

import {
  to = aws_s3_bucket_versioning.archive
  id = "archive"
}

import {
  to = aws_s3_bucket_lifecycle_configuration.archive
  id = "archive"
}

import {
  to = aws_sns_topic_subscription.alarms_https_pagerduty
  id = "arn:aws:sns:us-east-1:123456789012:trailseal-alarms:0a1b2c3d"
}

import {
  to = aws_chatbot_slack_channel_configuration.trailseal
  id = "arn:aws:chatbot::123456789012:chat-configuration/slack-channel/trailseal"
}

import {
  to = aws_config_configuration_recorder.default_2
  id = "default"
}

import {
  to = aws_securityhub_account.default
  id = "123456789012"
}

import {
  to = aws_securityhub_standards_subscription.cis_aws_foundations_benchmark_v_3_0_0
  id = "arn:aws:securityhub:us-east-1:123456789012:subscription/cis-aws-foundations-benchmark/v/3.0.0"
}

import {
  to = aws_cloudwatch_log_metric_filter.detection["CIS-1.1-RootAccountUsage"]
  id = "trailseal:CIS-1.1-RootAccountUsage"
}

import {
  to = aws_cloudwatch_metric_alarm.detection["CIS-1.1-RootAccountUsage"]
  id = "CIS-1.1-RootAccountUsage"
}

import {
  to = aws_cloudwatch_log_metric_filter.detection["CIS-4.5-CloudTrailChanges"]
  id = "trailseal:CIS-4.5-CloudTrailChanges"
}

import {
  to = aws_cloudwatch_metric_alarm.detection["CIS-4.5-CloudTrailChanges"]
  id = "CIS-4.5-CloudTrailChanges"
}

import {
  to = aws_cloudwatch_log_metric_filter.detection["CIS-4.6-SignInFailures"]
  id = "trailseal:CIS-4.6-SignInFailures"
}

import {
  to = aws_cloudwatch_metric_alarm.detection["CIS-4.6-SignInFailures"]
  id = "CIS-4.6-SignInFailures"
}

import {
  to = aws_cloudwatch_log_metric_filter.trailseal_own
  id = "trailseal:own"
}

import {
  to = aws_cloudwatch_metric_alarm.own
  id = "own"
}
