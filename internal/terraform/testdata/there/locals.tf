# What a policy names before it is made.
locals {
  trail_arn           = "arn:aws:cloudtrail:${var.region}:${var.account_id}:trail/trailseal"
  trail_log_group_arn = "arn:aws:logs:${var.region}:${var.account_id}:log-group:trailseal"
}
