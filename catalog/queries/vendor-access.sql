-- title: Access by vendors
-- question: Which roles did vendors assume from their own accounts, and what did they do with them?
-- criteria: soc2/CC9.2, soc2/CC6.1, soc2/CC6.3
-- window: all
-- param: vendors list  -- accounts of the vendors
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, region, vendor_account, principal, actor, event_source, event_name, outcome, source_ip_address, event_id

-- A session is a vendor's by its access key, which AssumeRole gave to the vendor. Sessions last at most 12 hours, so the
-- half day before the period is looked at for them.
WITH sessions AS (
  SELECT json_extract_scalar(response_elements, '$.credentials.accessKeyId') AS access_key_id, min(user_identity_account_id) AS vendor_account
  FROM events
  WHERE event_source = 'sts.amazonaws.com' AND event_name IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity') AND error_code IS NULL
    AND user_identity_account_id IN :vendors
    AND event_time >= date_add('hour', -12, :from) AND event_time < :to
  GROUP BY json_extract_scalar(response_elements, '$.credentials.accessKeyId')
)
SELECT e.event_time, e.account, e.region, coalesce(sessions.vendor_account, e.user_identity_account_id) AS vendor_account, e.principal, coalesce(e.user_identity_arn, e.principal) AS actor,
  e.event_source, e.event_name, CASE WHEN e.error_code IS NULL THEN 'succeeded' ELSE 'failed' END AS outcome, e.source_ip_address, e.event_id
FROM events e LEFT JOIN sessions ON sessions.access_key_id = e.user_identity_access_key_id
WHERE e.event_time >= :from AND e.event_time < :to
  AND (sessions.access_key_id IS NOT NULL OR e.user_identity_account_id IN :vendors)
ORDER BY e.event_time, e.event_id
LIMIT :limit
