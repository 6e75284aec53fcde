-- title: Changes to production in the audit period
-- question: Which changes were made to production, by whom, from where, and did they succeed?
-- criteria: soc2/CC8.1, soc2/CC7.2, soc2/CC6.8
-- window: period
-- param: accounts list = ''  -- production accounts; all when empty
-- param: pipelines text = '(?i)(github|gitlab|terraform|atlantis|spacelift|jenkins|circleci|buildkite|codebuild|codepipeline|pulumi|argocd|deploy)'  -- pattern in the name of roles and sessions of the delivery pipeline
-- param: include_failed bool = true  -- also those that had no effect
-- param: include_services bool = false  -- also what AWS services did by themselves
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, region, made_by, principal, actor, event_source, event_name, outcome, error_code, source_ip_address, request_parameters, event_id

-- A record that does not say whether it is a read is taken for a change. Sign-ins are no changes, and neither is what
-- happens to data: see console-sign-ins and bucket-reads-by-principal.
SELECT event_time, account, region, made_by, principal, actor, event_source, event_name, outcome, error_code, source_ip_address, request_parameters, event_id
FROM (
  SELECT event_time, account, region, principal, coalesce(user_identity_arn, principal) AS actor, event_source, event_name, error_code,
    source_ip_address, request_parameters, event_id,
    CASE WHEN error_code IS NULL THEN 'succeeded' WHEN error_code = 'Client.DryRunOperation' THEN 'dry run' ELSE 'failed' END AS outcome,
    CASE
      WHEN user_identity_type = 'AWSService' OR event_type = 'AwsServiceEvent' OR strpos(coalesce(session_issuer_arn, ''), ':role/aws-service-role/') > 0 THEN 'service'
      WHEN user_identity_type = 'Root' THEN 'root'
      WHEN session_credential_from_console = 'true' OR strpos(coalesce(session_issuer_arn, ''), '/AWSReservedSSO_') > 0
        OR user_identity_type IN ('SAMLUser', 'IdentityCenterUser') THEN 'person'
      WHEN NOT :pipelines.empty AND regexp_like(coalesce(principal, '') || ' ' || coalesce(user_identity_arn, ''), :pipelines) THEN 'pipeline'
      WHEN user_identity_type = 'IAMUser' THEN 'IAM user'
      ELSE 'workload'
    END AS made_by
  FROM events
  WHERE coalesce(read_only, FALSE) = FALSE
    AND coalesce(event_category, 'Management') = 'Management' AND coalesce(management_event, TRUE)
    AND coalesce(event_type, '') <> 'AwsConsoleSignIn'
    AND (:accounts.empty OR account IN :accounts)
) AS changes
WHERE (:include_failed OR outcome = 'succeeded') AND (:include_services OR made_by <> 'service')
ORDER BY event_time, event_id
LIMIT :limit
