resource "aws_guardduty_detector" "default" {
  enable                       = true
  finding_publishing_frequency = "FIFTEEN_MINUTES"

  lifecycle {
    prevent_destroy = true
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [tags, tags_all, datasources]
  }
}

resource "aws_securityhub_account" "default" {
  enable_default_standards = false

  lifecycle {
    prevent_destroy = true
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [enable_default_standards, auto_enable_controls, control_finding_generator]
  }
}

resource "aws_securityhub_standards_subscription" "cis_aws_foundations_benchmark_v_3_0_0" {
  standards_arn = "arn:aws:securityhub:${var.region}::standards/cis-aws-foundations-benchmark/v/3.0.0"

  depends_on = [aws_securityhub_account.default]
}
