-- title: Use of break-glass access
-- question: When was emergency access used, by whom, and what was done with it?
-- criteria: soc2/CC6.1, soc2/CC6.3, soc2/CC7.4
-- window: period
-- param: names list  -- names of the roles and users for emergencies, without path
-- param: limit int = 1000  -- rows at most
-- columns: event_time, account, region, name, actor, event_source, event_name, outcome, source_ip_address, source_identity, event_id

SELECT event_time, account, region, name, actor, event_source, event_name, outcome, source_ip_address, source_identity, event_id
FROM (
  SELECT event_time, account, region, coalesce(user_identity_arn, principal) AS actor, event_source, event_name, source_ip_address,
    session_source_identity AS source_identity, event_id,
    CASE WHEN error_code IS NULL AND error_message IS NULL THEN 'succeeded' ELSE 'failed' END AS outcome,
    CASE
      WHEN session_issuer_user_name IN :names THEN session_issuer_user_name
      WHEN user_identity_user_name IN :names THEN user_identity_user_name
      WHEN event_source = 'sts.amazonaws.com' THEN regexp_extract(json_extract_scalar(request_parameters, '$.roleArn'), '[^/]+$')
    END AS name
  FROM events
) AS uses
WHERE name IN :names
ORDER BY event_time, event_id
LIMIT :limit
