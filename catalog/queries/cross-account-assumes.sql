-- title: Roles assumed across accounts
-- question: Which roles were assumed from another account, by whom, and how often?
-- criteria: soc2/CC6.1, soc2/CC6.3, soc2/CC9.2
-- window: period
-- param: own list = ''  -- accounts of the organization; assumptions between two of them are then left out
-- columns: role_arn, role_account, caller_account, callers, assumed, denied, first_seen, last_seen

-- The same call stands in the log of both accounts, with one sharedEventID: it is counted once. What AWS services assume
-- is left out.
SELECT role_arn, role_account, caller_account, array_join(array_agg(DISTINCT caller ORDER BY caller), ', ') AS callers,
  count(DISTINCT call_id) FILTER (WHERE error_code IS NULL) AS assumed, count(DISTINCT call_id) FILTER (WHERE error_code IS NOT NULL) AS denied,
  min(event_time) AS first_seen, max(event_time) AS last_seen
FROM (
  SELECT role_arn, split_part(role_arn, ':', 5) AS role_account, caller_account, caller, error_code, call_id, event_time
  FROM (
    SELECT json_extract_scalar(request_parameters, '$.roleArn') AS role_arn, user_identity_account_id AS caller_account, principal AS caller,
      error_code, coalesce(shared_event_id, event_id) AS call_id, event_time
    FROM events
    WHERE event_source = 'sts.amazonaws.com' AND event_name = 'AssumeRole' AND coalesce(user_identity_type, '') <> 'AWSService'
  ) AS calls
) AS assumes
WHERE role_account <> caller_account
  AND (:own.empty OR role_account NOT IN :own OR caller_account NOT IN :own)
GROUP BY role_arn, role_account, caller_account
ORDER BY assumed DESC, role_arn, caller_account
