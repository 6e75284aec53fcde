resource "aws_cloudwatch_log_group" "trail" {
  name              = "trailseal"
  retention_in_days = var.log_group_days
  kms_key_id        = aws_kms_alias.trail.arn

  lifecycle {
    prevent_destroy = true
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [tags, tags_all]
  }
}

resource "aws_cloudtrail" "main" {
  name                          = "trailseal"
  enable_logging                = true
  is_multi_region_trail         = true
  include_global_service_events = true
  is_organization_trail         = false
  enable_log_file_validation    = true

  s3_bucket_name             = aws_s3_bucket.logs.id
  kms_key_id                 = aws_kms_alias.trail.arn
  sns_topic_name             = aws_sns_topic.deliveries.name
  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.trail.arn}:*"
  cloud_watch_logs_role_arn  = aws_iam_role.cloudtrail_logs.arn

  advanced_event_selector {
    name = "management"

    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
  }

  advanced_event_selector {
    name = "s3"

    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }

    field_selector {
      field  = "resources.type"
      equals = ["AWS::S3::Object"]
    }

    field_selector {
      field       = "resources.ARN"
      starts_with = ["arn:aws:s3:::payments/"]
    }
  }

  insight_selector {
    insight_type = "ApiCallRateInsight"
  }

  lifecycle {
    prevent_destroy = true
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [tags, tags_all]
  }

  depends_on = [
    aws_s3_bucket_policy.logs,
    aws_iam_role_policy.cloudtrail_logs,
    aws_sns_topic_policy.deliveries,
  ]
}
