resource "aws_kms_key" "trail" {
  description         = "CloudTrail's log files"
  enable_key_rotation = true
  is_enabled          = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "EnableRoot"
        Effect = "Allow"
        Principal = {
          AWS = "arn:aws:iam::${var.account_id}:root"
        }
        Action   = "kms:*"
        Resource = "*"
      },
      {
        Sid    = "AllowCloudTrailEncrypt"
        Effect = "Allow"
        Principal = {
          Service = "cloudtrail.amazonaws.com"
        }
        Action   = "kms:GenerateDataKey*"
        Resource = "*"
        Condition = {
          StringEquals = {
            "aws:SourceArn" = local.trail_arn
          }
        }
      },
      {
        Sid    = "ReadersDecrypt"
        Effect = "Allow"
        Principal = {
          AWS = var.readers
        }
        Action   = "kms:Decrypt"
        Resource = "*"
        Condition = {
          Null = {
            "kms:EncryptionContext:aws:cloudtrail:arn" = "false"
          }
        }
      },
      {
        Sid    = "AllowCloudWatchLogs"
        Effect = "Allow"
        Principal = {
          Service = "logs.${var.region}.amazonaws.com"
        }
        Action   = ["kms:Encrypt*", "kms:Decrypt*"]
        Resource = "*"
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = local.trail_log_group_arn
          }
        }
      },
    ]
  })

  lifecycle {
    prevent_destroy = true
    # It was there before: what Trailseal does not manage stays as it is.
    ignore_changes = [tags, tags_all]
  }
}

resource "aws_kms_alias" "trail" {
  name          = "alias/trailseal"
  target_key_id = aws_kms_key.trail.key_id
}
