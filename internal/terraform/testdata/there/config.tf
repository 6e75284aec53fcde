resource "aws_config_configuration_recorder" "default" {
  name     = "default"
  role_arn = aws_iam_service_linked_role.config.arn

  recording_group {
    all_supported                 = true
    include_global_resource_types = true
  }

  lifecycle {
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [recording_mode]
  }
}

resource "aws_config_configuration_recorder_status" "default" {
  name       = aws_config_configuration_recorder.default.name
  is_enabled = true

  depends_on = [aws_config_delivery_channel.default]
}

resource "aws_config_delivery_channel" "default" {
  name           = "default"
  s3_bucket_name = aws_s3_bucket.access_logs.id
  s3_key_prefix  = "config"

  snapshot_delivery_properties {
    delivery_frequency = "TwentyFour_Hours"
  }

  depends_on = [aws_config_configuration_recorder.default, aws_s3_bucket_policy.access_logs]
}

resource "aws_config_config_rule" "cloudtrail_enabled" {
  name                        = "cloudtrail-enabled"
  maximum_execution_frequency = "TwentyFour_Hours"

  source {
    owner             = "AWS"
    source_identifier = "CLOUD_TRAIL_ENABLED"
  }

  lifecycle {
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [tags, tags_all, description, evaluation_mode]
  }

  depends_on = [aws_config_configuration_recorder.default, aws_config_delivery_channel.default]
}

resource "aws_config_config_rule" "log_group_retention" {
  name             = "log-group-retention"
  input_parameters = "{\"MinRetentionTime\":\"365\"}"

  source {
    owner             = "AWS"
    source_identifier = "CW_LOGGROUP_RETENTION_PERIOD_CHECK"
  }

  lifecycle {
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [tags, tags_all, description, evaluation_mode]
  }

  depends_on = [aws_config_configuration_recorder.default, aws_config_delivery_channel.default]
}

resource "aws_config_configuration_recorder" "default_2" {
  provider = aws.eu_west_1
  name     = "default"
  role_arn = aws_iam_service_linked_role.config.arn

  recording_group {
    all_supported                 = false
    include_global_resource_types = false

    exclusion_by_resource_types {
      resource_types = ["AWS::EC2::Volume"]
    }

    recording_strategy {
      use_only = "EXCLUSION_BY_RESOURCE_TYPES"
    }
  }

  recording_mode {
    recording_frequency = "DAILY"
  }

  lifecycle {
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [recording_mode[0].recording_mode_override]
  }
}
