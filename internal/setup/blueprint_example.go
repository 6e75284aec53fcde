package setup

// Example is a blueprint with every member, each with its default or an example.
const Example = `# What an account's audit logging is to be. Only name has to be there: leave out what you do not want to change.
name: acme                  # of everything that is made
region: eu-central-1        # of the trail and its alarms; default: the session's
regions: [eu-central-1]     # of AWS Config, Security Hub and GuardDuty; default: region
organization: false         # true: one trail for all accounts, made from the management account or a delegated administrator

trail:
  name: acme                # of a trail to adopt or make; default: the best that is there, else name
  insights: []              # ApiCallRateInsight, ApiErrorRateInsight: each costs
  delivery_topic: true      # an SNS notice of each delivery

key:
  arn: ""                   # of a key in the bucket's region; default: the trail's, else one is made: alias/acme

bucket:
  name: acme-cloudtrail-111122223333-eu-central-1
  account: "111122223333"   # of the log archive; default: the trail's account
  prefix: ""                # before AWSLogs/
  readers:                  # roles that may read, and nobody else; default: IAM decides
    - arn:aws:iam::111122223333:role/SecurityReaders
  break_glass: arn:aws:iam::111122223333:role/BreakGlass   # the one role that may delete; default: nobody
  access_log_bucket: acme-cloudtrail-111122223333-eu-central-1-access
  retention:
    hot_days: 400           # can be read at once
    total_days: 2557        # seven years; then log files expire
  object_lock:              # default: none
    mode: governance        # or compliance, which nobody can shorten, root neither
    days: 400
  mfa_delete: false         # true goes with neither retention nor object_lock, and root alone can turn it on

data_events:                # none by default: each event costs. all is every one, also those to come
  s3: [acme-customers, "arn:aws:s3:::acme-shared/exports/"]
  lambda: [pay]
  dynamodb: [orders]

alarms:
  detections: [cis-*]       # ids, or globs: trailseal detect list
  log_group: /aws/cloudtrail/acme
  retention_days: 400       # of the log group
  topic: acme-alarms
  email: [security@example.com]
  pagerduty: env:PAGERDUTY_URL   # names a secret: the https endpoint of PagerDuty's Amazon CloudWatch integration
  slack:                    # through AWS Chatbot
    workspace: T07EA123LEP
    channel: C07EZ1ABC23

config:
  enabled: true
  bucket: acme-config-111122223333-eu-central-1
  rules: [CLOUD_TRAIL_ENCRYPTION_ENABLED]   # beside those that are always there

security_hub:
  enabled: true
  standards: [cis-3.0.0]    # cis-1.2.0, cis-1.4.0, cis-3.0.0, cis-5.0.0, foundational

guardduty: false

databases:                  # of RDS
  - instance: orders        # PostgreSQL
    pgaudit: [ddl, role, write]
  - cluster: shop           # Aurora MySQL; MySQL and MariaDB are instances
    server_audit: [CONNECT, QUERY_DDL, QUERY_DCL]

auditor:
  role: acme-auditor        # reads the evidence; default: no role is made
  trusted: ["arn:aws:iam::111122223333:root"]
`
