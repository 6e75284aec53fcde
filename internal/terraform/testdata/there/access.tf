resource "aws_iam_role" "cloudtrail_logs" {
  name        = "trailseal-cloudtrail"
  description = "CloudTrail writes to CloudWatch Logs with it."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "cloudtrail.amazonaws.com"
        }
        Action = "sts:AssumeRole"
        Condition = {
          StringEquals = {
            "aws:SourceArn" = local.trail_arn
          }
        }
      },
    ]
  })

  lifecycle {
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [tags, tags_all, permissions_boundary]
  }
}

resource "aws_iam_role_policy" "cloudtrail_logs" {
  name = "write"
  role = aws_iam_role.cloudtrail_logs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Write"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.trail.arn}:log-stream:${var.account_id}_CloudTrail_${var.region}*"
      },
    ]
  })
}

resource "aws_iam_service_linked_role" "config" {
  aws_service_name = "config.amazonaws.com"

  lifecycle {
    prevent_destroy = true
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [tags, tags_all, description, custom_suffix]
  }
}

resource "aws_iam_role" "auditor" {
  name                 = "trailseal-auditor"
  path                 = "/audit/"
  max_session_duration = 7200

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          AWS = "arn:aws:iam::${var.account_id}:root"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })

  lifecycle {
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [tags, tags_all, permissions_boundary]
  }
}

resource "aws_iam_role_policy" "auditor_list" {
  name = "list"
  role = aws_iam_role.auditor.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "List"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.logs.arn
      },
    ]
  })
}

resource "aws_iam_role_policy" "auditor_read" {
  name = "read"
  role = aws_iam_role.auditor.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Decrypt"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = aws_kms_alias.trail.arn
      },
      {
        Sid      = "Trail"
        Effect   = "Allow"
        Action   = "cloudtrail:GetTrailStatus"
        Resource = local.trail_arn
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "auditor" {
  role       = aws_iam_role.auditor.name
  policy_arn = "arn:aws:iam::aws:policy/SecurityAudit"
}
