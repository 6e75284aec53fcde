provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]
}

provider "aws" {
  alias               = "eu_west_1"
  region              = "eu-west-1"
  allowed_account_ids = [var.account_id]
}

provider "aws" {
  alias               = "log_archive_eu_west_1"
  region              = "eu-west-1"
  allowed_account_ids = ["999988887777"]

  assume_role {
    role_arn = var.log_archive_role_arn
  }
}
