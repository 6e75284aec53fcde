resource "aws_sns_topic" "alarms" {
  name              = "trailseal-alarms"
  kms_master_key_id = aws_kms_alias.trail.arn

  lifecycle {
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [
      tags,
      tags_all,
      display_name,
      delivery_policy,
      tracing_config,
      signature_version,
      http_success_feedback_role_arn,
      http_failure_feedback_role_arn,
      http_success_feedback_sample_rate,
    ]
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "AllowCloudWatchAlarms"
        Effect = "Allow"
        Principal = {
          Service = "cloudwatch.amazonaws.com"
        }
        Action   = "sns:Publish"
        Resource = aws_sns_topic.alarms.arn
        Condition = {
          ArnLike = {
            "aws:SourceArn" = "arn:aws:cloudwatch:${var.region}:${var.account_id}:alarm:*"
          }
          StringEquals = {
            "aws:SourceAccount" = var.account_id
          }
        }
      },
    ]
  })
}

resource "aws_sns_topic" "deliveries" {
  name              = "trailseal-deliveries"
  kms_master_key_id = aws_kms_alias.trail.arn

  lifecycle {
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [
      tags,
      tags_all,
      display_name,
      delivery_policy,
      tracing_config,
      signature_version,
      http_success_feedback_role_arn,
      http_failure_feedback_role_arn,
      http_success_feedback_sample_rate,
    ]
  }
}

resource "aws_sns_topic_policy" "deliveries" {
  arn = aws_sns_topic.deliveries.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "AWSCloudTrailSNSPolicy20131101"
        Effect = "Allow"
        Principal = {
          Service = "cloudtrail.amazonaws.com"
        }
        Action   = "SNS:Publish"
        Resource = aws_sns_topic.deliveries.arn
        Condition = {
          StringEquals = {
            "aws:SourceArn" = local.trail_arn
          }
        }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "alarms_email_security_example_com" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = "security@example.com"

  lifecycle {
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [
      raw_message_delivery,
      filter_policy,
      delivery_policy,
      redrive_policy,
      endpoint_auto_confirms,
      confirmation_timeout_in_minutes,
    ]
  }
}

resource "aws_sns_topic_subscription" "alarms_https_pagerduty" {
  topic_arn              = aws_sns_topic.alarms.arn
  protocol               = "https"
  endpoint               = var.alarms_https_pagerduty_endpoint
  endpoint_auto_confirms = true

  lifecycle {
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [
      raw_message_delivery,
      filter_policy,
      delivery_policy,
      redrive_policy,
      endpoint_auto_confirms,
      confirmation_timeout_in_minutes,
    ]
  }
}

resource "aws_chatbot_slack_channel_configuration" "trailseal" {
  configuration_name = "trailseal"
  slack_team_id      = "T07EA123LEP"
  slack_channel_id   = "C07EZ1ABC23"
  iam_role_arn       = "arn:aws:iam::${var.account_id}:role/slack"
  sns_topic_arns     = [aws_sns_topic.alarms.arn]

  lifecycle {
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [tags, logging_level, guardrail_policy_arns, user_authorization_required]
  }
}

locals {
  # What is looked for in the trail's log group: each is a metric filter, and an alarm on its metric.
  detections = {
    "CIS-1.1-RootAccountUsage" = {
      metric      = "RootAccountUsage"
      description = "Somebody used RootAccountUsage."
      pattern = chomp(<<-PATTERN
        {$.userIdentity.type="Root" && $.eventType !="AwsServiceEvent"}
      PATTERN
      )
    }

    "CIS-4.5-CloudTrailChanges" = {
      metric      = "CloudTrailChanges"
      description = "Somebody used CloudTrailChanges."
      pattern = chomp(<<-PATTERN
        {($.eventName=CreateTrail) || ($.eventName="UpdateTrail")}
      PATTERN
      )
    }

    "CIS-4.6-SignInFailures" = {
      metric      = "SignInFailures"
      description = "Somebody used SignInFailures."
      pattern = chomp(<<-PATTERN
        {($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}
      PATTERN
      )
    }
  }
}

resource "aws_cloudwatch_log_metric_filter" "detection" {
  for_each = local.detections

  name           = each.key
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = each.value.pattern

  metric_transformation {
    name          = each.value.metric
    namespace     = "LogMetrics"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "detection" {
  for_each = local.detections

  alarm_name        = each.key
  alarm_description = each.value.description

  namespace           = "LogMetrics"
  metric_name         = aws_cloudwatch_log_metric_filter.detection[each.key].metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"

  actions_enabled = true
  alarm_actions   = [aws_sns_topic.alarms.arn]

  lifecycle {
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [tags, tags_all, unit]
  }
}

resource "aws_cloudwatch_log_metric_filter" "trailseal_own" {
  name           = "own"
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = "{ $.eventName = Own }"

  metric_transformation {
    name      = "Own"
    namespace = "Own"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "own" {
  alarm_name = "own"

  namespace           = "Own"
  metric_name         = "Own"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 2
  datapoints_to_alarm = 1
  threshold           = 2.5
  comparison_operator = "GreaterThanThreshold"

  actions_enabled = true
  alarm_actions   = [aws_sns_topic.alarms.arn, "arn:aws:sns:${var.region}:${var.account_id}:oncall"]

  lifecycle {
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [tags, tags_all, unit]
  }
}
