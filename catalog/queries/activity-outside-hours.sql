-- title: Changes by people outside working hours
-- question: What did people change at night and on weekends?
-- criteria: soc2/CC7.2, soc2/CC6.1
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- param: from_hour int = 7  -- working hours begin, local time
-- param: to_hour int = 19  -- working hours end, local time
-- param: utc_offset int = 0  -- hours that local time is ahead of UTC
-- param: limit int = 1000  -- rows at most
-- columns: event_time, local_time, account, region, principal, actor, event_source, event_name, source_ip_address, user_agent, event_id

-- People: console sessions, roles of IAM Identity Center, IAM users with their own password or key, and root. An offset
-- does not follow summer time.
SELECT event_time, local_time, account, region, principal, actor, event_source, event_name, source_ip_address, user_agent, event_id
FROM (
  SELECT event_time, date_add('hour', :utc_offset, event_time) AS local_time, account, region, principal, coalesce(user_identity_arn, principal) AS actor, event_source, event_name,
    source_ip_address, user_agent, event_id
  FROM events
  WHERE coalesce(read_only, FALSE) = FALSE AND error_code IS NULL
    AND coalesce(event_category, 'Management') = 'Management' AND coalesce(management_event, TRUE)
    AND coalesce(event_type, '') <> 'AwsServiceEvent' AND user_identity_invoked_by IS NULL
    AND (session_credential_from_console = 'true' OR strpos(coalesce(session_issuer_arn, ''), '/AWSReservedSSO_') > 0 OR user_identity_type IN ('IAMUser', 'Root', 'IdentityCenterUser', 'SAMLUser'))
    AND (:accounts.empty OR account IN :accounts)
) AS calls
WHERE day_of_week(local_time) > 5 OR hour(local_time) < :from_hour OR hour(local_time) >= :to_hour
ORDER BY event_time, event_id
LIMIT :limit
