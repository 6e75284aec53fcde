-- title: Changes made by hand in the console
-- question: What did people change in the AWS console, past the delivery pipeline?
-- criteria: soc2/CC8.1, soc2/CC7.1
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: pipelines text = '(?i)(github|gitlab|terraform|atlantis|spacelift|jenkins|circleci|buildkite|codebuild|codepipeline|pulumi|argocd)'  -- pattern in the name of roles and sessions to leave out
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, region, principal, actor, event_source, event_name, evidence, source_ip_address, user_agent, request_parameters, event_id

-- Since eventVersion 1.08 a record says that its credentials come from the console; before, only the user agent tells.
-- What a service did in somebody's name (CloudFormation, for a stack) is left out: the call to that service is listed.
SELECT event_time, account, region, principal, actor, event_source, event_name, evidence, source_ip_address, user_agent, request_parameters, event_id
FROM (
  SELECT event_time, account, region, principal, coalesce(user_identity_arn, principal) AS actor, event_source, event_name,
    CASE
      WHEN session_credential_from_console = 'true' THEN 'console credentials'
      WHEN regexp_like(user_agent, '(?i)(^\[?s3console/|exec-env/cloudshell|console\.[a-z0-9.-]*amazonaws\.com|^signin\.amazonaws\.com|^\[?mozilla/)') THEN 'user agent'
    END AS evidence,
    source_ip_address, user_agent, request_parameters, event_id
  FROM events
  WHERE coalesce(read_only, FALSE) = FALSE AND error_code IS NULL
    AND coalesce(event_category, 'Management') = 'Management' AND coalesce(management_event, TRUE)
    AND coalesce(event_type, '') NOT IN ('AwsConsoleSignIn', 'AwsServiceEvent')
    AND coalesce(user_identity_type, '') <> 'AWSService' AND user_identity_invoked_by IS NULL
    AND (:accounts.empty OR account IN :accounts)
    AND (:pipelines.empty OR NOT regexp_like(coalesce(principal, '') || ' ' || coalesce(user_identity_arn, ''), :pipelines))
) AS changes
WHERE evidence IS NOT NULL
ORDER BY event_time, event_id
LIMIT :limit
