-- title: Chains of roles
-- question: Which roles were assumed by a session of another role, and who is behind it?
-- criteria: soc2/CC6.1, soc2/CC6.3
-- window: period
-- param: accounts list = ''  -- only these accounts; all when empty
-- columns: from_role, to_role, assumed, denied, sessions, source_identities, first_seen, last_seen

SELECT from_role, to_role, count(*) FILTER (WHERE error_code IS NULL) AS assumed, count(*) FILTER (WHERE error_code IS NOT NULL) AS denied,
  array_join(array_agg(DISTINCT session ORDER BY session), ', ') AS sessions,
  array_join(array_agg(DISTINCT source_identity ORDER BY source_identity), ', ') AS source_identities,
  min(event_time) AS first_seen, max(event_time) AS last_seen
FROM (
  SELECT session_issuer_arn AS from_role, json_extract_scalar(request_parameters, '$.roleArn') AS to_role, error_code,
    regexp_extract(user_identity_arn, '[^/]+$') AS session, session_source_identity AS source_identity, event_time
  FROM events
  WHERE event_source = 'sts.amazonaws.com' AND event_name = 'AssumeRole' AND user_identity_type = 'AssumedRole'
    AND (:accounts.empty OR account IN :accounts)
) AS assumes
WHERE to_role <> from_role
GROUP BY from_role, to_role
ORDER BY assumed DESC, from_role, to_role
