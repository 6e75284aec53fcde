-- title: Changes during a change freeze
-- question: What was changed during the freeze, and by whom?
-- criteria: soc2/CC8.1
-- window: all
-- param: freeze_from time  -- first moment of the freeze
-- param: freeze_to time  -- first moment after the freeze
-- param: accounts list = ''  -- accounts that were frozen; all when empty
-- param: allowed text = ''  -- pattern in the name of roles and sessions that may change things nevertheless
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, region, principal, actor, event_source, event_name, source_ip_address, user_agent, request_parameters, event_id

SELECT event_time, account, region, principal, coalesce(user_identity_arn, principal) AS actor, event_source, event_name, source_ip_address, user_agent, request_parameters, event_id
FROM events
WHERE event_time >= :freeze_from AND event_time < :freeze_to
  AND coalesce(read_only, FALSE) = FALSE AND error_code IS NULL
  AND coalesce(event_category, 'Management') = 'Management' AND coalesce(management_event, TRUE)
  AND coalesce(event_type, '') NOT IN ('AwsConsoleSignIn', 'AwsServiceEvent') AND coalesce(user_identity_type, '') <> 'AWSService'
  AND strpos(coalesce(session_issuer_arn, ''), ':role/aws-service-role/') = 0
  AND (:accounts.empty OR account IN :accounts)
  AND (:allowed.empty OR NOT regexp_like(coalesce(principal, '') || ' ' || coalesce(user_identity_arn, ''), :allowed))
ORDER BY event_time, event_id
LIMIT :limit
