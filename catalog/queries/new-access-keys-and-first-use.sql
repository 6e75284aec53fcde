-- title: New access keys and their first use
-- question: Which access keys were made, by whom, for whom, and when and from where were they first used?
-- criteria: soc2/CC6.1, soc2/CC6.2
-- window: all
-- param: accounts list = ''  -- only these accounts; all when empty
-- columns: created, account, access_key_id, user_name, creator, created_from, first_used, first_used_from, first_call, hours_to_first_use, uses, event_id

WITH made AS (
  SELECT event_time AS created, account, json_extract_scalar(response_elements, '$.accessKey.accessKeyId') AS access_key_id,
    coalesce(json_extract_scalar(response_elements, '$.accessKey.userName'), json_extract_scalar(request_parameters, '$.userName'), user_identity_type) AS user_name,
    coalesce(user_identity_arn, principal) AS creator, source_ip_address AS created_from, event_id
  FROM events
  WHERE event_source = 'iam.amazonaws.com' AND event_name = 'CreateAccessKey' AND error_code IS NULL
    AND event_time >= :from AND event_time < :to
    AND (:accounts.empty OR account IN :accounts)
), used AS (
  SELECT user_identity_access_key_id AS access_key_id, min(event_time) AS first_used, count(*) AS uses,
    min_by(source_ip_address, CAST(event_time AS varchar) || event_id) AS first_used_from,
    min_by(event_name, CAST(event_time AS varchar) || event_id) AS first_call
  FROM events
  WHERE user_identity_access_key_id IN (SELECT access_key_id FROM made) AND event_time >= :from AND event_time < :to
  GROUP BY user_identity_access_key_id
)
SELECT made.created, made.account, made.access_key_id, made.user_name, made.creator, made.created_from, used.first_used, used.first_used_from,
  used.first_call, date_diff('hour', made.created, used.first_used) AS hours_to_first_use, coalesce(used.uses, 0) AS uses, made.event_id
FROM made LEFT JOIN used ON used.access_key_id = made.access_key_id
ORDER BY made.created, made.event_id
