variable "region" {
  description = "Region of the trail and its alarms."
  type        = string
  default     = "us-east-1"
}

variable "account_id" {
  description = "Account of the trail. The provider refuses to work in any other."
  type        = string
  default     = "123456789012"
}

variable "organization_id" {
  description = "Organization whose trail it is."
  type        = string
  default     = "o-exampleorgid"
}

variable "readers" {
  description = "ARNs of those who may read the log files."
  type        = list(string)
  default     = ["arn:aws:iam::123456789012:role/investigators"]
}

variable "break_glass_arn" {
  description = "ARN of the role that may delete log files."
  type        = string
  default     = "arn:aws:iam::123456789012:role/break-glass"
}

variable "log_archive_role_arn" {
  description = "ARN of the role with which Terraform works in account 999988887777."
  type        = string
}

variable "hot_days" {
  description = "Days after which log files move to a cheaper storage class."
  type        = number
  default     = 400

  validation {
    condition     = var.hot_days >= 365
    error_message = "An audit looks back over a year: keep them for 365 days at least."
  }
}

variable "retention_days" {
  description = "Days after which log files expire."
  type        = number
  default     = 2557

  validation {
    condition     = var.retention_days >= 365
    error_message = "An audit looks back over a year: keep them for 365 days at least."
  }
}

variable "log_group_days" {
  description = "Days for which CloudWatch Logs keeps the trail's events."
  type        = number
  default     = 400

  validation {
    condition     = var.log_group_days >= 365
    error_message = "An audit looks back over a year: keep them for 365 days at least."
  }
}

variable "alarms_https_pagerduty_endpoint" {
  description = "Endpoint of the https subscription pagerduty of topic trailseal-alarms. It is a secret: whoever has it can write there."
  type        = string
  sensitive   = true
}
