-- title: Sessions of a principal
-- question: When was this principal at work, from where, for how long, and what did it do?
-- criteria: soc2/CC7.2, soc2/CC7.3
-- window: period
-- param: principal text  -- ARN of a role, a user or a session, a user's name, or a session's name
-- param: limit int = 1000  -- rows at most
-- columns: access_key_id, actor, session_began, mfa, source_identity, first_event, last_event, minutes, events, changes, errors, addresses, kinds

SELECT access_key_id, actor, min(session_began) AS session_began, max(mfa) AS mfa, max(source_identity) AS source_identity, min(event_time) AS first_event, max(event_time) AS last_event,
  date_diff('minute', min(event_time), max(event_time)) AS minutes, count(*) AS events, count(*) FILTER (WHERE is_change) AS changes, count(error_code) AS errors,
  array_join(array_agg(DISTINCT source_ip_address ORDER BY source_ip_address), ', ') AS addresses, array_join(array_agg(DISTINCT event_name ORDER BY event_name), ', ') AS kinds
FROM (
  SELECT user_identity_access_key_id AS access_key_id, coalesce(user_identity_arn, principal) AS actor, session_creation_date AS session_began, session_mfa_authenticated AS mfa,
    session_source_identity AS source_identity, event_time, coalesce(read_only, FALSE) = FALSE AS is_change, error_code, source_ip_address, event_name
  FROM events
  WHERE principal = :principal OR user_identity_arn = :principal OR user_identity_user_name = :principal OR on_behalf_of_user_id = :principal
    OR user_identity_type = 'AssumedRole' AND regexp_extract(user_identity_arn, '[^/]+$') = :principal
) AS calls
GROUP BY access_key_id, actor
ORDER BY first_event, access_key_id, actor
LIMIT :limit
