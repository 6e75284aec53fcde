output "cloudtrail_logs_role_arn" {
  description = "ARN of the role."
  value       = aws_iam_role.cloudtrail_logs.arn
}

output "trail_key_arn" {
  description = "ARN of the key."
  value       = aws_kms_key.trail.arn
}

output "access_logs_bucket" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.access_logs.id
}

output "logs_bucket" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.logs.id
}

output "trail_log_group" {
  description = "Name of the log group."
  value       = aws_cloudwatch_log_group.trail.name
}

output "alarms_topic_arn" {
  description = "ARN of the topic."
  value       = aws_sns_topic.alarms.arn
}

output "deliveries_topic_arn" {
  description = "ARN of the topic."
  value       = aws_sns_topic.deliveries.arn
}

output "trail_arn" {
  description = "ARN of the trail."
  value       = aws_cloudtrail.main.arn
}

output "auditor_role_arn" {
  description = "ARN of the role."
  value       = aws_iam_role.auditor.arn
}

output "archive_bucket" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.archive.id
}
