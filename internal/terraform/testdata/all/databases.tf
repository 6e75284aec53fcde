resource "aws_db_parameter_group" "postgres16" {
  name   = "trailseal-postgres16"
  family = "postgres16"

  parameter {
    name         = "pgaudit.log"
    value        = "ddl,role,write"
    apply_method = "immediate"
  }

  parameter {
    name         = "shared_preload_libraries"
    value        = "pg_stat_statements,pgaudit"
    apply_method = "pending-reboot"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_rds_cluster_parameter_group" "aurora" {
  name   = "trailseal-aurora"
  family = "aurora-mysql8.0"

  parameter {
    name         = "server_audit_logging"
    value        = "1"
    apply_method = "immediate"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_db_option_group" "mariadb" {
  name                 = "trailseal-mariadb"
  engine_name          = "mariadb"
  major_engine_version = "10.11"

  option {
    option_name = "MARIADB_AUDIT_PLUGIN"

    option_settings {
      name  = "SERVER_AUDIT_EVENTS"
      value = "CONNECT,QUERY_DDL"
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}
